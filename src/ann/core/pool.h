/*
 * pool.h
 *	  The pool of a search: the ef best nodes by estimate.
 */
#ifndef KG_POOL_H
#define KG_POOL_H

#include "ann/core/overflow.h"
#include "ann/core/search_state.h"

/* In the pool: the node was expanded. Node numbers leave this bit free. */
#define EXPANDED 0x80000000u

#define NODE_MASK 0x7fffffffu

/*
 * Candidates with this key or a higher one do not enter the pool, nor do those
 * beyond which the search pauses.
 */
static inline float
pool_limit(const KgSearch *search)
{
	return search->pool_count == search->ef ?
		Min(search->pool[search->pool_count - 1].key, search->stop_beyond) :
		search->stop_beyond;
}

/* Inserts a candidate that is below pool_limit(). */
static inline void
pool_insert(KgSearch *search, float key, uint32 node)
{
	KgCandidate *pool = search->pool;
	int			low = 0;
	int			high = search->pool_count;
	int			moved;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (pool[middle].key <= key)
			low = middle + 1;
		else
			high = middle;
	}
	moved = search->pool_count - low;
	if (search->pool_count == search->ef)
	{
		KgCandidate *last = &pool[search->pool_count - 1];

		if (!(last->node & EXPANDED))
		{
			kg_overflow_add(search, last->key, last->node | KG_EVICTED);
			if (unlikely(search->continued))
				kg_visited_unexpand(&search->visited, last->node);
		}
		moved--;
	}
	else
		search->pool_count++;
	memmove(pool + low + 1, pool + low, moved * sizeof(KgCandidate));
	pool[low].key = key;
	pool[low].node = node;
	if (low < search->pool_cursor)
		search->pool_cursor = low;
}

/*
 * The nearest node of the pool that was not expanded; KG_NO_NODE if there is
 * none, or none that is near enough.
 */
static inline uint32
pool_next(KgSearch *search)
{
	KgCandidate *pool = search->pool;

	while (search->pool_cursor < search->pool_count)
	{
		KgCandidate *candidate = &pool[search->pool_cursor];

		if (!(candidate->node & EXPANDED) && candidate->key > search->stop_beyond)
		{
			search->paused = true;
			return KG_NO_NODE;
		}
		search->pool_cursor++;
		if (candidate->node & EXPANDED)
			continue;
		candidate->node |= EXPANDED;
		search->candidate_key = candidate->key;
		return candidate->node & NODE_MASK;
	}
	return KG_NO_NODE;
}

/* The position of a node that was not expanded; -1 if it is not in the pool. */
static inline int
pool_find(const KgSearch *search, uint32 node)
{
	for (int i = 0; i < search->pool_count; i++)
		if (search->pool[i].node == node)
			return i;
	return -1;
}

/* Takes such a node out of the pool; false if it is not there. */
static inline bool
pool_remove(KgSearch *search, uint32 node)
{
	KgCandidate *pool = search->pool;
	int			i = pool_find(search, node);

	if (i < 0)
		return false;
	search->pool_count--;
	memmove(pool + i, pool + i + 1, sizeof(KgCandidate) * (search->pool_count - i));
	if (i < search->pool_cursor)
		search->pool_cursor--;
	return true;
}

#endif							/* KG_POOL_H */
