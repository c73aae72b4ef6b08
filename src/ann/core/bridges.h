/*
 * bridges.h
 *	  A search with a filter (search->plan).  The README ("Filters") has the rules.
 */
#ifndef KG_BRIDGES_H
#define KG_BRIDGES_H

#include "ann/core/search_state.h"

/*
 * Begins at entry points that pass, wherever they are, since the query may be
 * far from all rows that do; and at all others near the query, unless the search
 * stays in a group.
 */
extern void kg_bridges_begin(KgSearch *search, const KgIndex *index);

/*
 * The next node to expand, KG_NO_NODE if there is none that is near enough: the
 * nearest of the pool and the bridges.  Bridges beyond all that the pool has lead
 * to nothing better.
 */
extern uint32 kg_bridges_next(KgSearch *search);

/*
 * Offers the neighbours in a slot's list: those that pass to the pool, some others
 * as bridges.  key is that of the slot's vector.  Does the rate count at which
 * these neighbours pass?
 */
extern void kg_bridges_offer(KgSearch *search, const NodeSlot *slot, float key,
							 const float *estimates, bool counts);

#endif							/* KG_BRIDGES_H */
