/*
 * overflow.h
 *	  The overflow of a search: candidates that do not fit into what it has of the best.
 */
#ifndef KG_OVERFLOW_H
#define KG_OVERFLOW_H

#include <float.h>

#include "ann/core/search_state.h"

/*
 * In the overflow: the node is in the visited set, because it once was among the
 * best.  Other nodes need not be, and may stand there several times.
 */
#define KG_EVICTED 0x80000000u

/* Enlarges the overflow, or drops its farther half if memory is used up. */
extern void kg_overflow_make_capacity(KgSearch *search);

/*
 * Makes room for candidates that leave the search, as far as memory goes; false if there
 * is no overflow.
 */
extern bool kg_overflow_make_room(KgSearch *search, int64 candidates);

/*
 * Makes a heap of those candidates of the overflow that are near enough.  The
 * others stand behind it.
 */
extern void kg_overflow_make_heap(KgSearch *search);

/* Takes the nearest candidate of the heap out of the overflow. */
extern KgCandidate kg_overflow_take(KgSearch *search);

/*
 * Enlarges it for what expanding a node may add: its neighbours, and as many
 * nodes that leave the pool.  Not while a page is locked: sorting takes time.
 */
static inline void
kg_overflow_reserve(KgSearch *search)
{
	if (search->memory_limit > 0 && unlikely(search->overflow_capacity - search->overflow_count <
											 2 * search->layout.max_degree +
											 search->layout.per_page))
		kg_overflow_make_capacity(search);
}

static inline void
kg_overflow_add(KgSearch *search, float key, uint32 node)
{
	if (search->memory_limit == 0)
		return;
	Assert(search->overflow_count < search->overflow_capacity);

	/* NaN and infinity lead somewhere, too, but last */
	if (unlikely(!(key < FLT_MAX)))
		key = FLT_MAX;
	search->overflow[search->overflow_count].key = key;
	search->overflow[search->overflow_count].node = node;
	search->overflow_count++;
}

#endif							/* KG_OVERFLOW_H */
