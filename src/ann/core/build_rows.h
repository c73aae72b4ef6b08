/*
 * build_rows.h
 *	  Inserting a table's rows into an index that is being built.  Each process
 *	  of a build does this.
 */
#ifndef KG_BUILD_ROWS_H
#define KG_BUILD_ROWS_H

#include "postgres.h"
#include "access/tableam.h"
#include "commands/progress.h"
#include "nodes/execnodes.h"
#include "port/atomics.h"

#include "ann/core/row_batch.h"
#include "ann/core/column.h"
#include "ann/core/filter_column.h"
#include "ann/core/insert.h"
#include "ann/core/spatial_order.h"
#include "ann/layout/build_memory.h"

/* Phases that pg_stat_progress_create_index shows, after "initializing". */
#define KG_BUILD_PHASE_SAMPLE 2
#define KG_BUILD_PHASE_ORDER 3
#define KG_BUILD_PHASE_INSERT 4
#define KG_BUILD_PHASE_CHOOSE 5
#define KG_BUILD_PHASE_CALIBRATE 6
#define KG_BUILD_PHASE_WRITE 7

/* What the processes of a parallel build share. */
typedef struct KgBuildShared
{
	Oid			heap;
	Oid			index;
	bool		concurrent;		/* CREATE INDEX CONCURRENTLY */
	int			processes;		/* at most, the leader included */
	double		expected_rows;	/* of the table */
	bool		ordered;		/* rows are deferred */
	uint32		first_part;		/* as in KgBuilder */
	Size		batch_memory;	/* as KgBuilder's, of each process */

	/*
	 * A process holds this shared while it inserts a row, and exclusively to
	 * move pages from memory to buffers.
	 */
	LWLock		flush_lock;
	bool		flushed;		/* all pages moved; protected by flush_lock */

	pg_atomic_uint64 rows;		/* indexed, by all */
	pg_atomic_uint64 heap_rows; /* scanned, by workers that are done */
	pg_atomic_uint64 ordered_rows;	/* of those deferred, inserted by all */
	pg_atomic_uint64 chosen;	/* the last page whose list is chosen again */
} KgBuildShared;

typedef struct KgBuilder
{
	Relation	heap;
	Relation	rel;
	IndexInfo  *info;
	const KgColumn *column;
	KgFilterColumns filters;
	KgBuildShared *shared;		/* or NULL: one process builds */
	bool		leader;			/* reports progress */
	KgStore		store;
	KgIndex    *index;
	KgInserter *inserter;
	KgRowBatch *batch;			/* where nodes share lists, or NULL */
	Size		batch_memory;	/* bytes that it may take, of this process */
	MemoryContext row_context;
	uint64		rows;			/* indexed, by this process */
	double		expected_rows;	/* of the table, for messages */

	/*
	 * Rows that are deferred, to be inserted in spatial order, but for one in
	 * first_part; NULL: none are.
	 */
	KgSpatialOrder *order;
	uint32		first_part;
} KgBuilder;

/* Rows of the batch of each of so many processes that share batch_memory. */
extern int	kg_builder_batch_capacity(const KgBuilder *builder, const KgLayout *layout,
									  int processes);

/*
 * Prepares to insert into the index whose first pages are in memory.  The
 * caller set heap, rel, info, shared, leader and batch_memory.
 */
extern void kg_builder_init(KgBuilder *builder, KgBuildMemory *memory);

/*
 * Inserts the rows of a scan (NULL: a new one of the whole table).  Returns
 * how many rows were scanned.
 */
extern double kg_builder_scan(KgBuilder *builder, TableScanDesc scan);

/* Moves the pages from memory, if they are still there, to a fork. */
extern void kg_builder_flush(KgBuilder *builder, ForkNumber fork);

#endif							/* KG_BUILD_ROWS_H */
