/*
 * candidates.h
 *	  The nodes that may become a new node's neighbours.
 */
#ifndef KG_CANDIDATES_H
#define KG_CANDIDATES_H

#include "ann/core/inserter.h"

/* Memory for candidates, and what searches do with the nodes that they expand. */
extern void kg_candidates_init(KgInserter *inserter, const KgLayout *layout);

/* Searches for the row's neighbours, with filters in its group, too. */
extern void kg_candidates_search(KgInserter *inserter);

/* The position of a node among the candidates, or -1. */
extern int	kg_candidates_find(const KgInserter *inserter, uint32 node);

/*
 * Makes the candidates' vectors relative to the row's frame.  Adds their
 * differences from the row to the row there, so that near ones stay exact.
 */
extern void kg_candidates_align(KgInserter *inserter);

/* Sorts the first count candidates by key. */
extern void kg_candidates_sort(KgInserter *inserter, int count);

#endif							/* KG_CANDIDATES_H */
