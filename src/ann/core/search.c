/*
 * walk.c
 *	  The walk through the graph: best-first, one page a hop.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/search.h"

/* In the pool: the node was visited. Node numbers leave this bit free. */
#define VISITED 0x80000000u

/*
 * In the rest: the node is in the seen set, because it once was in the pool.
 * Others of the rest are not, and may stand there several times.
 */
#define EVICTED 0x80000000u

#define NODE_MASK 0x7fffffffu


#define INITIAL_REST 4096

#define HEAP_NAME rest
#define HEAP_ELEMENT KgCandidate
#define HEAP_KEY key
#include "lib/binary_heap.h"

void
kg_walk_init(KgWalk *walk)
{
	memset(walk, 0, sizeof(KgWalk));
	walk->context = CurrentMemoryContext;
	kg_seen_init(&walk->seen, CurrentMemoryContext);
}

/*
 * What did not fit into the pool.
 */

static int
compare_candidates(const void *a, const void *b, void *arg)
{
	float		x = ((const KgCandidate *) a)->key;
	float		y = ((const KgCandidate *) b)->key;

	return x < y ? -1 : x > y;
}

/* Makes room, or drops the farther half when memory is used up. */
static void
rest_make_room(KgWalk *walk)
{
	int64		room = walk->rest_room ? walk->rest_room * 2 : INITIAL_REST;

	if (room * sizeof(KgCandidate) > walk->memory_limit && walk->rest_room > 0)
	{
		qsort_interruptible(walk->rest, walk->rest_count, sizeof(KgCandidate),
							compare_candidates, NULL);
		walk->rest_count /= 2;
		walk->rest_heaped = walk->rest_count;
		return;
	}
	if (walk->rest)
		walk->rest = repalloc_huge(walk->rest, room * sizeof(KgCandidate));
	else
		walk->rest = MemoryContextAlloc(walk->context,
										room * sizeof(KgCandidate));
	walk->rest_room = room;
}

/*
 * Makes room for what a visit may add: each neighbour, and as many nodes that
 * leave the pool.  Not while a page is locked, since sorting takes its time.
 */
static inline void
rest_reserve(KgWalk *walk)
{
	if (walk->memory_limit > 0 && unlikely(walk->rest_room - walk->rest_count <
										   2 * walk->layout.max_degree))
		rest_make_room(walk);
}

static inline void
rest_add(KgWalk *walk, float key, uint32 node)
{
	if (walk->memory_limit == 0)
		return;
	Assert(walk->rest_count < walk->rest_room);
	walk->rest[walk->rest_count].key = key;
	walk->rest[walk->rest_count].node = node;
	walk->rest_count++;
}

/*
 * The pool.
 */

/* The distance from which on a candidate has no place in the pool. */
static inline float
pool_limit(const KgWalk *walk)
{
	return walk->pool_count == walk->ef ?
		walk->pool[walk->pool_count - 1].key : INFINITY;
}

/* Inserts a candidate that is below pool_limit(). */
static inline void
pool_insert(KgWalk *walk, float key, uint32 node)
{
	KgCandidate *pool = walk->pool;
	int			low = 0;
	int			high = walk->pool_count;
	int			moved;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (pool[middle].key <= key)
			low = middle + 1;
		else
			high = middle;
	}
	moved = walk->pool_count - low;
	if (walk->pool_count == walk->ef)
	{
		KgCandidate *last = &pool[walk->pool_count - 1];

		if (!(last->node & VISITED))
		{
			rest_add(walk, last->key, last->node | EVICTED);
			if (unlikely(walk->continued))
				kg_seen_unsettle(&walk->seen, last->node);
		}
		moved--;
	}
	else
		walk->pool_count++;
	memmove(pool + low + 1, pool + low, moved * sizeof(KgCandidate));
	pool[low].key = key;
	pool[low].node = node;
	if (low < walk->pool_cursor)
		walk->pool_cursor = low;
}

/* The nearest node of the pool that was not visited; KG_NO_NODE if none. */
static inline uint32
pool_next(KgWalk *walk)
{
	KgCandidate *pool = walk->pool;

	while (walk->pool_cursor < walk->pool_count)
	{
		KgCandidate *candidate = &pool[walk->pool_cursor++];

		if (candidate->node & VISITED)
			continue;
		candidate->node |= VISITED;
		return candidate->node & NODE_MASK;
	}
	return KG_NO_NODE;
}

/* Asks for the node that is visited next, unless a nearer one turns up. */
static inline void
pool_prefetch(KgWalk *walk)
{
	if (walk->pool_cursor < walk->pool_count &&
		!(walk->pool[walk->pool_cursor].node & VISITED))
		kg_store_prefetch_node(walk->store,
							   walk->pool[walk->pool_cursor].node);
}

/*
 * When pages come from disk: asks for those of the nearest nodes that were not
 * visited, each once.
 */
static inline void
pool_read_ahead(KgWalk *walk)
{
	int			wanted = kg_store_read_ahead(walk->store);

	for (int i = walk->pool_cursor; i < walk->pool_count && wanted > 0; i++)
	{
		uint32		node = walk->pool[i].node;
		BlockNumber block;

		if (node & VISITED)
			continue;
		wanted--;
		block = node_block(&walk->layout, node);
		if (walk->asked[block % KG_WALK_ASKED] == block)
			continue;
		walk->asked[block % KG_WALK_ASKED] = block;
		kg_store_ask(walk->store, block);
	}
}

/* Takes a node out of the pool, if it is there. */
static void
pool_remove(KgWalk *walk, uint32 node)
{
	KgCandidate *pool = walk->pool;

	for (int i = 0; i < walk->pool_count; i++)
	{
		if (pool[i].node != node)
			continue;
		walk->pool_count--;
		memmove(pool + i, pool + i + 1,
				sizeof(KgCandidate) * (walk->pool_count - i));
		if (i < walk->pool_cursor)
			walk->pool_cursor--;
		return;
	}
}

/* Offers the neighbours of a node with this key to the pool. */
static inline void
offer_neighbors(KgWalk *walk, const NodeSlot *slot, float key,
				const float *estimates)
{
	const uint32 *neighbors = slot_neighbors(&walk->layout, slot);
	const uint16 *factors = slot_factor_b(&walk->layout, slot);
	uint16		noise = kg_query_noise(walk->query, slot, key);
	float		limit = pool_limit(walk);
	int			degree = slot->degree;

	for (int i = 0; i < degree; i++)
	{
		if (!(estimates[i] < limit))
		{
			rest_add(walk, estimates[i], neighbors[i]);
			continue;
		}
		switch (kg_seen_meet(&walk->seen, neighbors[i],
							 kg_estimate_noise(noise, factors[i])))
		{
			case MET_NOISIER:
				pool_remove(walk, neighbors[i]);
				/* FALLTHROUGH */
			case MET_NEW:
				pool_insert(walk, estimates[i], neighbors[i]);
				limit = pool_limit(walk);
				break;
			case MET_BEFORE:
				break;
		}
	}
}

static void
visit_node(KgWalk *walk, uint32 node)
{
	const NodeSlot *slot;
	float		key;
	float		estimates[KG_MAX_DEGREE];

	(void) kg_seen_settle(&walk->seen, node);
	rest_reserve(walk);
	pool_read_ahead(walk);
	slot = kg_store_read_node(walk->store, node);
	pool_prefetch(walk);
	walk->hops++;
	if (slot->state != NODE_FREE)
	{
		key = kg_query_key(walk->query, slot);
		kg_query_estimate(walk->query, slot, key, estimates);
		walk->visit(walk, slot, node, key, estimates);
		offer_neighbors(walk, slot, key, estimates);
	}
	kg_store_done(walk->store);
}

/* Visits until the whole pool was. */
static void
walk_pool(KgWalk *walk)
{
	uint32		node;

	while ((node = pool_next(walk)) != KG_NO_NODE)
	{
		CHECK_FOR_INTERRUPTS();
		visit_node(walk, node);
	}
	if (walk->pool_count > 0)
		walk->horizon = Max(walk->horizon,
							walk->pool[walk->pool_count - 1].key);
}

void
kg_walk_start(KgWalk *walk, const KgIndex *index, KgStore *store,
			  KgQuery *query, int ef)
{
	KgNearEntry nearest[KG_WALK_ENTRIES];
	int			entries;

	if (walk->pool_room < ef)
	{
		if (walk->pool)
			pfree(walk->pool);
		walk->pool = MemoryContextAllocHuge(walk->context,
											sizeof(KgCandidate) * ef);
		walk->pool_room = ef;
	}
	walk->layout = index->layout;
	walk->store = store;
	walk->query = query;
	walk->ef = ef;
	walk->pool_count = 0;
	walk->pool_cursor = 0;
	walk->rest_count = 0;
	walk->rest_heaped = 0;
	walk->continued = false;
	walk->horizon = -INFINITY;
	walk->hops = 0;
	memset(walk->asked, 0xff, sizeof(walk->asked));
	kg_seen_reset(&walk->seen);

	for (int i = 0; i < Min(index->entries.giant_count, ef); i++)
	{
		uint32		giant = index->entries.nodes[index->entries.giants[i]];

		if (kg_seen_meet(&walk->seen, giant, KG_MOST_NOISE) == MET_NEW)
			pool_insert(walk, -FLT_MAX, giant);
	}
	entries = kg_entries_nearest(&index->entries, query, nearest);
	for (int i = 0; i < entries && walk->pool_count < ef; i++)
		if (kg_seen_meet(&walk->seen, nearest[i].node,
						 nearest[i].noise) == MET_NEW)
			pool_insert(walk, nearest[i].key, nearest[i].node);
	walk_pool(walk);
}

/*
 * May a node of the rest enter the pool?  Not if it was visited, or will be:
 * an estimate brought it there after this one was put aside.
 */
static bool
may_enter(KgWalk *walk, uint32 node)
{
	if (!(node & EVICTED) &&
		kg_seen_meet(&walk->seen, node, KG_MOST_NOISE) != MET_NEW)
		return false;
	return kg_seen_settle(&walk->seen, node & NODE_MASK);
}

bool
kg_walk_continue(KgWalk *walk)
{
	KgCandidate *rest = walk->rest;
	int64		count = walk->rest_count;

	/*
	 * Every node of the pool was visited: its places are free.  Nodes that
	 * enter it now are settled, since they may stand in the rest twice: they
	 * entered the pool by a better estimate after they had been evicted.
	 */
	walk->continued = true;
	walk->pool_count = 0;
	walk->pool_cursor = 0;

	for (int64 i = walk->rest_heaped; i < count; i++)
		rest_sift_up(rest, i);
	while (count > 0 && walk->pool_count < walk->ef)
	{
		KgCandidate best = rest_pop(rest, count--);
		uint32		node = best.node & NODE_MASK;

		if (may_enter(walk, best.node))
		{
			walk->pool[walk->pool_count].key = best.key;
			walk->pool[walk->pool_count].node = node;
			walk->pool_count++;
		}
	}
	walk->rest_count = count;
	walk->rest_heaped = count;
	if (walk->pool_count == 0)
		return false;
	walk_pool(walk);
	return true;
}
