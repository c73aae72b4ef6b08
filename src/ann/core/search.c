/*
 * search.c
 *	  Best-first search through the graph, one page a hop.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/bridges.h"
#include "ann/core/overflow.h"
#include "ann/core/page_search.h"
#include "ann/core/pool.h"
#include "ann/core/search.h"

void
kg_search_init(KgSearch *search)
{
	memset(search, 0, sizeof(KgSearch));
	search->context = CurrentMemoryContext;
	kg_visited_init(&search->visited, CurrentMemoryContext);
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
		KgMet		met;

		if (!(estimates[i] < limit))
		{
			kg_overflow_add(search, estimates[i], neighbors[i]);
			continue;
		}
		met = kg_visited_meet(&search->visited, neighbors[i],
							  kg_estimate_noise(noise, factors[i]));
		if (met == MET_BEFORE)
			continue;
		if (met == MET_NOISIER)
			(void) pool_remove(search, neighbors[i]);
		pool_insert(search, estimates[i], neighbors[i]);
		limit = pool_limit(search);
	}
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
		kg_bridges_offer(search, slot, key, estimates,
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
		kg_bridges_offer(search, hub, key, estimates, entered > 0);
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
	while ((node = filtered ? kg_bridges_next(search) :
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
	if (count > 0)
		search->background = nearest[count - 1].key;
	for (int i = 0; i < count && search->pool_count < search->ef; i++)
		if (kg_visited_meet(&search->visited, nearest[i].node,
							nearest[i].noise) == MET_NEW)
			pool_insert(search, nearest[i].key, nearest[i].node);
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
	search->entry_count = 0;
	search->astray = false;
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
		kg_bridges_begin(search, index);
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
