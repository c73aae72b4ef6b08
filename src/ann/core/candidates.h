/*
 * candidates.h
 *	  The nodes that may become a new node's neighbours.
 */
#ifndef KG_CANDIDATES_H
#define KG_CANDIDATES_H

#include "ann/core/inserter.h"

/* Memory for candidates, and what searches do with the nodes that they expand. */
extern void kg_candidates_init(KgInserter *inserter, const KgLayout *layout);

/* Forgets all candidates, and makes room for so many. */
extern void kg_candidates_clear(KgInserter *inserter, int capacity);

/* Keeps a node as a candidate.  Its vector is relative to its own frame. */
extern void kg_candidates_add(KgInserter *inserter, const NodeSlot *slot, uint32 node,
							  float key);

/*
 * Searches for the neighbours of a query, which is set to the row, with ef nodes
 * in view; with filters in the row's group, too.
 */
extern void kg_candidates_search(KgInserter *inserter, KgQuery *query, int ef);

/*
 * Sets the candidates' keys and squared distances anew, from another query.  Their
 * vectors are relative to their own frames.
 */
extern void kg_candidates_measure(KgInserter *inserter, KgQuery *query);

/* The position of a node among the candidates, or -1. */
extern int	kg_candidates_find(const KgInserter *inserter, uint32 node);

/*
 * Makes the candidates' vectors relative to inserter->frame.  Adds their
 * differences from the query, which they were measured from, to it there, so that
 * near ones stay exact.
 */
extern void kg_candidates_align(KgInserter *inserter, KgQuery *query);

/* Sorts the first count candidates by key. */
extern void kg_candidates_sort(KgInserter *inserter, int count);

#endif							/* KG_CANDIDATES_H */
