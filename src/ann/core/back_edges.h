/*
 * back_edges.h
 *	  The edges from a new node's neighbours to it.
 */
#ifndef KG_BACK_EDGES_H
#define KG_BACK_EDGES_H

#include "ann/core/inserter.h"

/*
 * Offers back edges to the neighbours of a node, expanded[0, degree) in the
 * order of choice.  Sets accepted and pinned.
 */
extern void kg_back_edges_tell(KgInserter *inserter, uint32 node, int degree);

/*
 * Offers a node, to which inserter->query is set, to the lists of count neighbours,
 * on distinct pages where nodes share lists; sorts these.  Those that are marked as
 * pinned must pin the edge.  Sets inserter->accepted and inserter->pinned if any
 * takes it so.
 */
extern void kg_back_edges_offer(KgInserter *inserter, KgNeighbor *neighbors,
								int count, uint32 node);

/*
 * Where none of the neighbours has room for one more edge that stays: pins the node's
 * at one of those that such edges lead to from top.  At last one of them has no such
 * edges, and so has room.  Sets inserter->pinned.
 */
extern void kg_back_edges_pin_below(KgInserter *inserter, const KgNeighbor *top,
									uint32 node);

#endif							/* KG_BACK_EDGES_H */
