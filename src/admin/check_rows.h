/*
 * check_rows.h
 *	  Compares the rows of a table with what an index has of them, as amcheck's
 *	  heapallindexed does with a b-tree.
 */
#ifndef KG_CHECK_ROWS_H
#define KG_CHECK_ROWS_H

#include "postgres.h"
#include "utils/relcache.h"

#include "ann/core/check_state.h"
#include "ann/core/index.h"

typedef struct KgRowsCheck KgRowsCheck;

/*
 * Opens the table, of which the caller has a lock as of the index, and takes the
 * snapshot whose rows must be in the index: before the index's pages are read.
 * Sorts entries within so many kB.
 */
extern KgRowsCheck *kg_rows_check_new(Relation heap, Relation index, int memory);

/* An entry of the index, as KgCheckReporter.row tells it. */
extern void kg_rows_check_add(KgRowsCheck *check, KgTid tid, uint32 node);

/*
 * Reads the table, as its owner, and reports each row that the index lacks, each
 * whose node has another vector or another value of a filter column, and how many
 * have nodes to which no edges lead from the entry points.
 */
extern void kg_rows_check_end(KgRowsCheck *check, KgStore *store, const KgIndex *index,
							  const KgCheckReporter *reporter);

#endif							/* KG_CHECK_ROWS_H */
