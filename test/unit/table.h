/*
 * table.h
 *	  A table in plain memory with an index on plain pages (pages.h), for tests
 *	  of the core of src/ann: rows come, go and are searched for, by tasks at
 *	  once if need be (tasks.h), and VACUUM removes them as a server's does.
 *
 * Each function ends the program by shim_fail() if the index does not do what
 * it should: a row is found twice, or not at all; its bound is above its
 * distance; VACUUM does not remove each row that is dead.
 *
 * A row is known by its TID, which other rows take when VACUUM is over.
 */
#ifndef KG_TABLE_H
#define KG_TABLE_H

#include "ann/core/filter.h"
#include "ann/core/insert.h"
#include "pages.h"

/* A row's vector, instead of a number in the table's pool. */
#define NULL_VECTOR (-1)
#define ZERO_VECTOR (-2)

#define MAX_ROWS 20000
#define MAX_SCANS 16

typedef enum RowState
{
	ROW_UNUSED,					/* no row has the TID */
	ROW_COMING,					/* it is being inserted */
	ROW_THERE,
	ROW_GONE					/* deleted, or its insert was rolled back */
} RowState;

/* A row of many vectors has so many at most, which follow one another in the pool. */
#define MAX_VECTORS 4

typedef struct Row
{
	RowState	state;
	int			vector;
	int			vectors;		/* of many; 1 if there is one, or none */
	int			entries;		/* that were made for these */
	uint32		words[KG_MAX_FILTERS];
	bool		doubtful;		/* a VACUUM that was to remove it was
								 * cancelled */
	uint64		born;			/* on the table's clock; UINT64_MAX: never */
	uint64		died;			/* likewise */
} Row;

typedef struct TableOptions
{
	int			dims;
	KgMetric	metric;
	KgStorage	storage;
	int			m;
	int			ef_construction;
	int			pool;			/* vectors that rows may have */
	int			filters;		/* columns of filters */
	int			values;			/* that the first may have, besides NULL */
	bool		alike;			/* hashes of its values begin with 20 zeros */
	bool		many;			/* vectors a row */
	int			sparse;			/* elements of a sparse vector that a node has
								 * room for; 0: dense */
	int			members;		/* nodes of a page that share a list; 0: none
								 * do */
} TableOptions;

typedef struct Table
{
	TableOptions options;
	KgLayout	layout;
	int			pending_part;	/* so many inserts of eight go to the list of
								 * pending rows */
	Pages	   *pages;
	float	   *pool;			/* options.pool x options.dims; bit strings at
								 * the start of as much memory; sparse vectors
								 * with their zeros */
	Row			rows[MAX_ROWS];
	int			row_count;		/* TIDs that were ever used */
	int			unused[MAX_ROWS];	/* of them not used now */
	int			unused_count;
	uint64		clock;
	uint64		snapshots[MAX_SCANS];	/* of scans; UINT64_MAX: none */
	MemoryContext context;
} Table;

/* A backend: what it keeps of the index, and memory. */
typedef struct Session
{
	Table	   *table;
	KgStore		store;
	KgIndex    *index;
	KgInserter *inserter;
	MemoryContext context;
	MemoryContext work;			/* reset after each call */
} Session;

/* A table whose vectors are normally distributed around some centres. */
extern Table *table_create(const TableOptions *options);
extern void table_free(Table *table);
extern const float *table_vector(const Table *table, int vector);

/* A vector as the index takes it: itself, or of a sparse one its elements, palloc'd. */
extern const void *table_elements(const Table *table, const float *x);

/* A vector that is near one of the pool, into x, which has room for one. */
extern void table_near(const Table *table, int vector, float *x);

/* What the operator returns for two vectors, but for its rounding. */
extern double table_distance(const Table *table, const float *x, const float *y);

/* The vector of a row's node, one of many. */
extern const float *table_row_vector(const Table *table, const Row *row, int i);

extern KgTid table_row_tid(int row);

/* The number of the row with this TID, which one must have had. */
extern int	table_tid_row(const Table *table, KgTid tid);

/* In the current memory context, which it must not outlive. */
extern Session *session_create(Table *table);

/* The index, as kg_index_open() has it. */
extern KgIndex *session_open(Session *session);

/* Inserts a row, with random words; its transaction ends so.  Returns the row's number. */
extern int	session_insert(Session *session, int vector, bool commits);

/* Inserts rows with these vectors together, as a build does; their transaction commits. */
extern void session_insert_rows(Session *session, const int *vectors, int count);

/* Where nodes share lists: chooses that of a page again, as the end of a build does. */
extern void session_choose_again(Session *session, BlockNumber block);

/*
 * Where nodes share lists, but not under inner product: all nodes but such a part are the
 * ends of edges whose codes are theirs; edges that name their ends are.
 */
extern void table_check_names(const Table *table, double part);

/* All of them; nothing where nodes have lists of their own. */
extern void session_choose_all_again(Session *session);

/*
 * Inserts each vector of the pool: one by one, and where nodes share lists half of them
 * with others that are near.  Then merges the list of pending rows.
 */
extern void session_insert_pool(Session *session);

/* Scans for some vector of the pool; with filters often, for a random one each time. */
extern void session_scan_often(Session *session);

/* Deletes a row. */
extern void table_delete(Table *table, int row);

/* The word of a value of the first filter, by number. */
extern uint32 table_value(const Table *table, uint32 value);

/* Words for a row; NULLs among them. */
extern void table_random_words(const Table *table, uint32 *words);

/* Conditions that rows may meet; in the current memory context. */
extern void table_random_filter(const Table *table, KgFilter *filter);

/* Some row that is there, or -1. */
extern int	table_any_row(const Table *table);

/*
 * Removes the rows that no scan can see any more.  cancel: gives up somewhere,
 * unless it is over before.
 */
extern void session_vacuum(Session *session, bool cancel);

/* Merges the list of pending rows; after another that merges, or instead of it. */
extern void session_merge(Session *session, bool wait);

/*
 * Reads all rows in the order of their distance from a vector of the pool:
 * first the graph, beginning with the ef nearest nodes, then all pages.  With
 * filters mostly those that pass a random one, by any of the ways to find them.
 */
extern void session_scan(Session *session, int vector, int ef);

/*
 * The nearest nodes' rows, at most count of them, by the graph alone; returns
 * how many there are.
 */
extern int	session_nearest(Session *session, const float *x, int ef,
							int *rows, int count);

/* What table_check() counts. */
typedef struct TableCheck
{
	int			nodes;			/* live ones */
	int			dead;			/* dead ones */
	int			rows;			/* of all that the index has */
	int			pending;		/* of them, in the list of pending rows */
	int			stray_edges;	/* of live nodes, to slots that are free */
	int			dead_edges;		/* of live nodes, to dead ones */
	int			unkept;			/* live nodes that are no entry points and
								 * that no live node keeps an edge to */
} TableCheck;

/*
 * Nobody changes the index now: each row that is there or gone stands in it
 * once (or not, if it is doubtful), with a node that stores its vector as
 * exactly as it says, and what
 * kg.index_check knows of holds.
 */
extern void session_check(Session *session, TableCheck *check);

#endif							/* KG_TABLE_H */
