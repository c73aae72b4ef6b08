/*
 * search.c
 *	  Best-first search through the graph, one page a hop.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/entry_search.h"
#include "ann/core/overflow.h"
#include "ann/core/page_search.h"
#include "ann/core/search.h"

/* In the pool: the node was expanded. Node numbers leave this bit free. */
#define EXPANDED 0x80000000u

#define NODE_MASK 0x7fffffffu

#define INITIAL_BRIDGES 1024

/* More are not remembered: the farthest would hardly be expanded. */
#define MOST_BRIDGES (1 << 20)

#define HEAP_NAME bridge
#define HEAP_ELEMENT KgCandidate
#define HEAP_KEY key
#include "lib/binary_heap.h"

void
kg_search_init(KgSearch *search)
{
	memset(search, 0, sizeof(KgSearch));
	search->context = CurrentMemoryContext;
	kg_visited_init(&search->visited, CurrentMemoryContext);
}

/*
 * The pool.
 */

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

/* Asks for the node that is expanded next, unless a nearer one turns up. */
static inline void
pool_prefetch(KgSearch *search)
{
	if (search->pool_cursor < search->pool_count &&
		!(search->pool[search->pool_cursor].node & EXPANDED))
		kg_store_prefetch_node(search->store,
							   search->pool[search->pool_cursor].node);
}

/*
 * When pages come from disk: asks for those of the nearest nodes that were not
 * expanded, each once.
 */
static inline void
pool_read_ahead(KgSearch *search)
{
	int			wanted = kg_store_read_ahead(search->store);

	for (int i = search->pool_cursor; i < search->pool_count && wanted > 0; i++)
	{
		uint32		node = search->pool[i].node;
		BlockNumber block;

		if (node & EXPANDED)
			continue;
		wanted--;
		block = node_block(&search->layout, node);
		if (search->asked[block % KG_SEARCH_ASKED] == block)
			continue;
		search->asked[block % KG_SEARCH_ASKED] = block;
		kg_store_ask(search->store, block);
	}
}

/* Takes a node out of the pool; false if it is not there. */
static bool
pool_remove(KgSearch *search, uint32 node)
{
	KgCandidate *pool = search->pool;

	for (int i = 0; i < search->pool_count; i++)
	{
		if (pool[i].node != node)
			continue;
		search->pool_count--;
		memmove(pool + i, pool + i + 1,
				sizeof(KgCandidate) * (search->pool_count - i));
		if (i < search->pool_cursor)
			search->pool_cursor--;
		return true;
	}
	return false;
}

/* Offers the neighbours of a node with this key to the pool. */
static inline void
offer_neighbors(KgSearch *search, const NodeSlot *slot, float key,
				const float *estimates)
{
	const uint32 *neighbors = slot_neighbors(&search->layout, slot);
	const uint16 *factors = slot_factor_b(&search->layout, slot);
	uint16		noise = kg_query_noise(search->query, slot, key);
	float		limit = pool_limit(search);
	int			degree = slot->degree;

	for (int i = 0; i < degree; i++)
	{
		if (!(estimates[i] < limit))
		{
			kg_overflow_add(search, estimates[i], neighbors[i]);
			continue;
		}
		switch (kg_visited_meet(&search->visited, neighbors[i],
								kg_estimate_noise(noise, factors[i])))
		{
			case MET_NOISIER:
				(void) pool_remove(search, neighbors[i]);
				/* FALLTHROUGH */
			case MET_NEW:
				pool_insert(search, estimates[i], neighbors[i]);
				limit = pool_limit(search);
				break;
			case MET_BEFORE:
				break;
		}
	}
}

/*
 * Bridges.
 */

static void
bridges_make_capacity(KgSearch *search)
{
	int64		capacity = Max(search->bridge_capacity * 2, INITIAL_BRIDGES);

	if (search->bridges)
		search->bridges = repalloc_huge(search->bridges, capacity * sizeof(KgCandidate));
	else
		search->bridges = MemoryContextAlloc(search->context,
											 capacity * sizeof(KgCandidate));
	search->bridge_capacity = capacity;
}

static void
bridge_add(KgSearch *search, float key, uint32 node)
{
	KgCandidate bridge = {.key = key,.node = node};

	/*
	 * Estimates of extreme vectors may be infinite, or NaN.  All bridges are
	 * below the limit of a pool that is not full, or they would never end.
	 */
	if (!(key < FLT_MAX))
		bridge.key = FLT_MAX;
	if (search->bridge_count == MOST_BRIDGES)
		return;
	if (search->bridge_count == search->bridge_capacity)
		bridges_make_capacity(search);
	search->bridges[search->bridge_count] = bridge;
	bridge_sift_up(search->bridges, search->bridge_count++);
}

/*
 * May a node that does not pass be a bridge?  Which of them may is the same for
 * all searches, and independent of where they are.
 */
static inline bool
may_bridge(const KgFilterPlan *plan, uint32 node, uint32 group)
{
	if (plan->in_group)
		return kg_filter_in_group(plan->filter, group);
	return plan->stride <= 1 ||
		((node * UINT64CONST(0x9e3779b97f4a7c15)) >> 40) % plan->stride == 0;
}

/* Is a node that was not expanded in the pool? */
static bool
pool_has(const KgSearch *search, uint32 node)
{
	for (int i = 0; i < search->pool_count; i++)
		if (search->pool[i].node == node)
			return true;
	return false;
}

static bool
is_bridge(const KgSearch *search, uint32 node)
{
	for (int64 i = 0; i < search->bridge_count; i++)
		if (search->bridges[i].node == node)
			return true;
	return false;
}

/* Takes note of a node that passes or, else, may be a bridge. */
static void
meet(KgSearch *search, KgCandidate candidate, uint16 noise, bool passes)
{
	KgMet		met;

	if (passes && !(candidate.key < pool_limit(search)))
	{
		kg_overflow_add(search, candidate.key, candidate.node);
		return;
	}
	met = kg_visited_meet(&search->visited, candidate.node, noise);
	if (met == MET_BEFORE)
		return;

	/*
	 * The words of an edge may be those of a node that is gone (README,
	 * "Concurrency"), so that two edges say different things of a node.  It
	 * waits in one place only, or it would be expanded twice.
	 */
	if (!passes)
	{
		if (met == MET_NEW || !pool_has(search, candidate.node))
			bridge_add(search, candidate.key, candidate.node);
		return;
	}
	if (met == MET_NOISIER && !pool_remove(search, candidate.node) &&
		is_bridge(search, candidate.node))
		return;
	pool_insert(search, candidate.key, candidate.node);
	if (search->bridging)
		search->vain = 0;
}

/*
 * offer_neighbors() with a filter.  Does the rate count at which these
 * neighbours pass?
 */
static void
offer_filtered(KgSearch *search, const NodeSlot *slot, float key,
			   const float *estimates, bool counts)
{
	const KgLayout *layout = &search->layout;
	const KgFilterPlan *plan = &search->plan;
	const uint32 *neighbors = slot_neighbors(layout, slot);
	const uint32 *groups = slot_words(layout, slot, 0);
	const uint16 *factors = slot_factor_b(layout, slot);
	uint16		noise = kg_query_noise(search->query, slot, key);
	bool		passes[KG_MAX_DEGREE];
	int			degree = slot->degree;

	kg_filter_mark(plan->filter, groups, layout->max_degree, degree, passes);
	for (int i = 0; i < degree; i++)
	{
		KgCandidate candidate = {.key = estimates[i],.node = neighbors[i]};

		if (counts && (!plan->in_group || passes[i] ||
					   kg_filter_in_group(plan->filter, groups[i])))
		{
			search->met++;
			search->met_passing += passes[i];
		}
		if (passes[i] || may_bridge(plan, neighbors[i], groups[i]))
			meet(search, candidate, kg_estimate_noise(noise, factors[i]), passes[i]);
	}
}

/*
 * The next node to expand, with a filter: the nearest of the pool and the
 * bridges.  Bridges beyond all that the pool has lead to nothing better.
 */
static uint32
next_filtered(KgSearch *search)
{
	KgCandidate *pool = search->pool;

	search->bridging = false;
	while (search->bridge_count > 0 && search->vain < search->plan.patience &&
		   search->bridges[0].key < pool_limit(search))
	{
		int			at = search->pool_cursor;
		KgCandidate bridge;

		while (at < search->pool_count && (pool[at].node & EXPANDED))
			at++;
		if (at < search->pool_count && pool[at].key <= search->bridges[0].key)
			break;
		bridge = bridge_pop(search->bridges, search->bridge_count--);
		search->candidate_key = bridge.key;
		if (!kg_visited_expand(&search->visited, bridge.node))
			continue;
		search->bridging = true;
		search->vain++;
		return bridge.node;
	}
	return pool_next(search);
}

/* Offers what a slot's list leads to.  key is that of the slot's vector. */
static inline void
expand_list(KgSearch *search, const NodeSlot *slot, uint32 node, float key,
			const float *estimates)
{
	if (search->expand_list)
		search->expand_list(search, slot, node, estimates);
	if (!search->plan.filter)
		offer_neighbors(search, slot, key, estimates);
}

/* Expands a node that has a list of its own. */
static inline void
expand_slot(KgSearch *search, const NodeSlot *slot, uint32 node)
{
	float		key;
	float		estimates[KG_MAX_DEGREE];

	search->hops++;
	if (slot->state == NODE_FREE)
		return;
	key = kg_query_key(search->query, slot);
	kg_query_estimate(search->query, slot, key, estimates);
	search->expand(search, slot, node, key);
	expand_list(search, slot, node, key, estimates);
	if (search->plan.filter)
		offer_filtered(search, slot, key, estimates,
					   kg_filter_passes(search->plan.filter,
										slot_own_words(&search->layout, slot)));
}

/* Takes the nodes of a page out of the pool, the first of which is given. */
static void
pool_remove_page(KgSearch *search, uint32 first)
{
	KgCandidate *pool = search->pool;
	uint32		end = first + search->layout.per_page;
	int			cursor = search->pool_cursor;
	int			count = 0;

	for (int i = 0; i < search->pool_count; i++)
	{
		uint32		node = pool[i].node & NODE_MASK;

		if (node < first || node >= end)
			pool[count++] = pool[i];
		else if (i < cursor)
			search->pool_cursor--;
	}
	search->pool_count = count;
}

/* Expands a node of a page: true if it entered the pool. */
static bool
expand_member(KgSearch *search, const NodeSlot *slot, uint32 node)
{
	const KgFilter *filter = search->plan.filter;
	float		key;

	(void) kg_visited_meet(&search->visited, node, KG_MOST_NOISE);
	(void) kg_visited_expand(&search->visited, node);
	if (slot->state != NODE_LIVE || (node == search->without && node != 0))
		return false;
	key = kg_query_key(search->query, slot);
	search->counts = key < pool_limit(search) &&
		(!filter || kg_filter_passes(filter, slot_own_words(&search->layout, slot)));
	if (search->counts)
	{
		search->hops++;
		pool_insert(search, key, node | EXPANDED);
	}
	search->expand(search, slot, node, key);
	return search->counts;
}

/* Expands all nodes of a page, and the list that they share. */
static void
expand_page(KgSearch *search, const NodeSlot *slot, uint32 node)
{
	const KgLayout *layout = &search->layout;
	const NodeSlot *hub = node_list_slot(layout, slot, node);
	uint32		first = node - node % layout->per_page;
	int			entered = 0;
	float		key;
	float		estimates[KG_MAX_DEGREE];

	pool_remove_page(search, first);
	for (int i = 0; i < layout->per_page; i++)
		entered += expand_member(search, hub_member(layout, hub, i), first + i);
	if (entered == 0)
		search->hops++;
	if (hub->state == NODE_FREE)
		return;
	if (search->bridging && entered > 0)
		search->vain = 0;
	key = kg_query_key(search->query, hub);
	kg_query_estimate(search->query, hub, key, estimates);
	expand_list(search, hub, node, key, estimates);
	if (search->plan.filter)
		offer_filtered(search, hub, key, estimates, entered > 0);
}

static void
expand_node(KgSearch *search, uint32 node)
{
	const NodeSlot *slot;

	(void) kg_visited_expand(&search->visited, node);
	kg_overflow_reserve(search);
	pool_read_ahead(search);
	slot = kg_store_read_node(search->store, node);
	pool_prefetch(search);
	search->expansions++;
	if (likely(!kg_layout_has_hubs(&search->layout)))
		expand_slot(search, slot, node);
	else
		expand_page(search, slot, node);
	kg_store_done(search->store);
}

/* Expands nodes until the whole pool is expanded, or the search pauses. */
static void
search_pool(KgSearch *search)
{
	bool		filtered = search->plan.filter != NULL;
	uint32		node;

	search->paused = false;
	while ((node = filtered ? next_filtered(search) :
			pool_next(search)) != KG_NO_NODE)
	{
		CHECK_FOR_INTERRUPTS();
		expand_node(search, node);
	}
	if (search->pool_count > 0 && !search->paused)
		search->horizon = Max(search->horizon,
							  search->pool[search->pool_count - 1].key);
}

/*
 * Where searches begin.
 */

static void
note_background(KgSearch *search, const KgNearEntry *nearest, int count)
{
	if (count > 0)
		search->background = nearest[count - 1].key;
}

/* Giants are expanded first, wherever they are estimated to be. */
static void
begin(KgSearch *search, const KgIndex *index)
{
	const KgEntryTable *table = &index->entries;
	KgNearEntry nearest[KG_SEARCH_ENTRIES];
	int			count;

	for (int i = 0; i < Min(table->giant_count, search->ef); i++)
	{
		uint32		giant = table->nodes[table->giants[i]];

		if (kg_visited_meet(&search->visited, giant, KG_MOST_NOISE) == MET_NEW)
			pool_insert(search, -FLT_MAX, giant);
	}
	count = kg_entries_nearest(table, search->query, NULL, nearest);
	note_background(search, nearest, count);
	for (int i = 0; i < count && search->pool_count < search->ef; i++)
		if (kg_visited_meet(&search->visited, nearest[i].node,
							nearest[i].noise) == MET_NEW)
			pool_insert(search, nearest[i].key, nearest[i].node);
}

/* The nearest entry points among those that pass, or among all. */
static void
begin_at_entries(KgSearch *search, const KgEntryTable *table, bool passing)
{
	KgNearEntry nearest[KG_SEARCH_ENTRIES];
	int			count = kg_entries_nearest(table, search->query,
										   passing ? &search->plan : NULL, nearest);

	note_background(search, nearest, count);
	for (int i = 0; i < count; i++)
	{
		KgCandidate candidate = {.key = nearest[i].key,.node = nearest[i].node};
		const uint32 *words = nearest[i].words;

		if (search->pool_count < search->ef ||
			!kg_filter_passes(search->plan.filter, words))
			meet(search, candidate, nearest[i].noise,
				 kg_filter_passes(search->plan.filter, words));
	}
}

/*
 * With a filter: at entry points that pass, wherever they are, since the query
 * may be far from all rows that do; and at all others near the query, unless
 * the search stays in a group.
 */
static void
begin_filtered(KgSearch *search, const KgIndex *index)
{
	const KgFilterPlan *plan = &search->plan;

	for (int i = 0; i < plan->start_count && search->pool_count < search->ef; i++)
		if (kg_visited_meet(&search->visited, plan->starts[i], KG_MOST_NOISE) == MET_NEW)
			pool_insert(search, -FLT_MAX, plan->starts[i]);
	begin_at_entries(search, &index->entries, true);
	if (!plan->in_group)
		begin_at_entries(search, &index->entries, false);
}

void
kg_search_start(KgSearch *search, const KgIndex *index, KgStore *store,
				KgQuery *query, int ef)
{
	if (search->pool_capacity < ef)
	{
		if (search->pool)
			pfree(search->pool);
		search->pool = MemoryContextAllocHuge(search->context,
											  sizeof(KgCandidate) * ef);
		search->pool_capacity = ef;
	}
	search->layout = index->layout;
	search->store = store;
	search->query = query;
	search->ef = ef;
	search->pool_count = 0;
	search->pool_cursor = 0;
	search->overflow_count = 0;
	search->overflow_heaped = 0;
	search->continued = false;
	search->horizon = -INFINITY;
	search->background = 0;
	search->hops = 0;
	search->expansions = 0;
	search->counts = true;
	search->bridge_count = 0;
	search->bridging = false;
	search->vain = 0;
	search->passed = 0;
	search->met = 0;
	search->met_passing = 0;
	search->stop_beyond = INFINITY;
	memset(search->asked, 0xff, sizeof(search->asked));
	kg_visited_reset(&search->visited);
	if (kg_searches_pages(search))
	{
		kg_page_search_start(search, index);
		return;
	}
	if (search->without != 0)
		(void) kg_visited_meet(&search->visited, search->without, 1);

	if (search->plan.filter)
		begin_filtered(search, index);
	else
		begin(search, index);
	search_pool(search);
}

/*
 * May a node of the overflow enter the pool?  Not if it was or will be
 * expanded: another estimate brought it into the pool after this one.
 */
static bool
may_enter(KgSearch *search, uint32 node)
{
	if (!(node & KG_EVICTED) &&
		kg_visited_meet(&search->visited, node, KG_MOST_NOISE) != MET_NEW)
		return false;
	return kg_visited_expand(&search->visited, node & NODE_MASK);
}

/*
 * Puts back into the overflow what a pause left in the pool: by now nearer ones
 * may be there.  What does not fit into memory is left to the sweep.
 */
static void
pool_put_back(KgSearch *search)
{
	if (!kg_overflow_make_room(search, search->pool_count))
		return;
	for (int i = search->pool_cursor; i < search->pool_count; i++)
	{
		KgCandidate *candidate = &search->pool[i];

		if (candidate->node & EXPANDED)
			continue;
		if (search->overflow_count == search->overflow_capacity)
			return;
		kg_overflow_add(search, candidate->key, candidate->node | KG_EVICTED);
		if (search->continued)
			kg_visited_unexpand(&search->visited, candidate->node);
	}
}

bool
kg_search_continue(KgSearch *search, int ef)
{
	Assert(ef <= search->pool_capacity);
	if (kg_searches_pages(search))
		return kg_page_search_continue(search, ef);
	if (search->paused)
		pool_put_back(search);

	/*
	 * Every node of the pool was expanded, or put back: its positions are
	 * free. Nodes that enter it now are marked as expanded, since the
	 * overflow may have them twice: they entered the pool by a better
	 * estimate after an eviction.
	 */
	search->ef = ef;
	search->continued = true;
	search->paused = false;
	search->pool_count = 0;
	search->pool_cursor = 0;

	kg_overflow_make_heap(search);
	while (search->overflow_heaped > 0 && search->pool_count < search->ef &&
		   search->overflow[0].key <= search->stop_beyond)
	{
		KgCandidate best = kg_overflow_take(search);

		if (may_enter(search, best.node))
		{
			search->pool[search->pool_count].key = best.key;
			search->pool[search->pool_count].node = best.node & NODE_MASK;
			search->pool_count++;
		}
	}
	if (search->pool_count > 0 || search->bridge_count > 0)
	{
		if (search->pool_count == 0)
			search->vain = 0;
		search_pool(search);
		return true;
	}
	search->paused = search->overflow_count > 0;
	return search->paused;
}
