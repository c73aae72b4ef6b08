/*
 * pending_rows.h
 *	  Pending rows of a scan: all that were in the list when the scan began.
 *
 * A scan reads the list before anything of the graph.  A row that is merged after
 * that is met in the graph as well, and left out there, by its TID.  A row that is
 * not in the list any more is in the graph that the scan is going to read.
 */
#ifndef KG_PENDING_ROWS_H
#define KG_PENDING_ROWS_H

#include "ann/layout/pending.h"
#include "ann/scan/found.h"

typedef struct KgPendingRows
{
	MemoryContext context;
	KgFound		found;			/* those that may qualify and were not handed
								 * out; they have no node */
	KgTid	   *table;			/* TIDs of these and of those handed out, by
								 * hash; unused places are not valid */
	uint32		size;			/* of the table, a power of two; 0: no rows */
	int64		count;			/* in the table */
} KgPendingRows;

/* No rows yet; memory will be the current context's. */
extern void kg_pending_rows_init(KgPendingRows *rows);

/* Forgets all. */
extern void kg_pending_rows_reset(KgPendingRows *rows);

/*
 * Adds a row with the bound of its distance.  Of a row with many vectors, only once.
 */
extern void kg_pending_rows_add(KgPendingRows *rows, KgTid tid, double bound);

/* Drops from an array of TIDs those that were added; returns how many are left. */
extern int	kg_pending_rows_drop(const KgPendingRows *rows, KgTid *tids, int count);

/* The heap that has the node or row with the lower bound; NULL if both are empty. */
static inline KgFound *
kg_pending_rows_nearest(KgPendingRows *rows, KgFound *nodes)
{
	if (likely(rows->found.count == 0))
		return nodes->count > 0 ? nodes : NULL;
	if (nodes->count == 0)
		return &rows->found;
	return nodes->nodes[0].bound <= rows->found.nodes[0].bound ? nodes : &rows->found;
}

#endif							/* KG_PENDING_ROWS_H */
