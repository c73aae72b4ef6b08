/*
 * join.h
 *	  Where nodes share lists: a row on a page that has nodes.
 */
#ifndef KG_JOIN_H
#define KG_JOIN_H

#include "ann/core/inserter.h"

/*
 * The squared distance within which a page's centre is near the row: that of the last of
 * as many nearest candidates as a page has nodes, and more if many slots around are free.
 * Infinity if there are fewer candidates.  They were not aligned yet.
 */
extern float kg_join_distance(const KgInserter *inserter);

/*
 * Adds the row's node to a page that has a live one, and the last candidates that were
 * kept as near, so many, to the page's list.  KG_NO_NODE if the page has no room by now.
 */
extern uint32 kg_join_page(KgInserter *inserter, KgTid tid, BlockNumber block, int near);

/*
 * The same for the page with the nearest centre, among those with room that the row's
 * search saw and that are no farther than a squared distance; then tells other pages of
 * the node.  False if there is none.
 */
extern bool kg_join_near_page(KgInserter *inserter, KgTid tid, float most, int near);

#endif							/* KG_JOIN_H */
