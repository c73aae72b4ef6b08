/*
 * leaf_ranked.h
 *	  Copies edges from a leaf page whose keys stand for their ranks.
 */
#ifndef KG_GRAPH_LEAF_RANKED_H
#define KG_GRAPH_LEAF_RANKED_H

#include "graph/adjacency/leaf_copy.h"

/*
 * Merges the current page, which is locked, with the nodes' ranks; returns the
 * first node that may have more edges to the right of the page.
 */
extern Size kg_leaf_copy_by_rank(KgLeafScan *scan, IndexTuple high_key);

/*
 * Chooses for n nodes whose keys are texts: they are found on pages by
 * comparisons, or all texts of a page are looked up in the dictionary; in the
 * latter case the nodes may not even be sorted.
 */
extern void kg_leaf_choose_for_texts(KgLeafScan *scan, Size n);

#endif							/* KG_GRAPH_LEAF_RANKED_H */
