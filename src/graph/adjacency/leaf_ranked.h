/*
 * leaf_ranked.h
 *	  Copies edges from a leaf page whose keys stand for their ranks.
 */
#ifndef KG_GRAPH_LEAF_RANKED_H
#define KG_GRAPH_LEAF_RANKED_H

#include "graph/adjacency/leaf_copy.h"

/*
 * Merges the current page, which is locked, with the nodes' ranks; returns the first
 * node of which there may be more to the right of the page.
 */
extern Size kg_leaf_copy_by_rank(KgLeafScan *scan, IndexTuple high_key);

/*
 * Texts are found by comparisons, or looked up in the dictionary page by page, if
 * not even sorted: chooses for so many nodes.
 */
extern void kg_leaf_choose_for_texts(KgLeafScan *scan, Size n);

#endif							/* KG_GRAPH_LEAF_RANKED_H */
