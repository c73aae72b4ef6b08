/*
 * value_repair.h
 *	  VACUUM's care for the lists of values (values.h).
 */
#ifndef KG_VALUE_REPAIR_H
#define KG_VALUE_REPAIR_H

#include "ann/core/visited.h"
#include "ann/layout/store.h"

/*
 * Takes dead nodes out of the lists of a page.  A list that does not have all
 * nodes of its value gets a live neighbour of the dead one in its place, so
 * that searches still find a way in.  Nothing if the page is of another kind.
 * VACUUM calls this before it frees the nodes.
 */
extern void kg_values_repair_page(KgStore *store, BlockNumber block,
								  const KgVisited *dead);

#endif							/* KG_VALUE_REPAIR_H */
