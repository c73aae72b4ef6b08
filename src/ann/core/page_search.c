/*
 * page_search.c
 *	  The search through pages whose nodes share lists, without a filter.
 *
 * What core/search does with nodes, this does with pages.  It expands the same ones, in the
 * same order: the page with the best estimate, until none is better than the ef-th nearest of
 * the nodes met.  But a list of pages leads to four times as many, of which a tenth are
 * expanded, so that a sorted pool would cost more than all else.  Pages wait in a heap, once
 * it is long without the farther ones; of the nodes met, a second heap keeps the keys.
 * The visited set has pages.  A page that waits, and is met by a better estimate, waits twice.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/entry_search.h"
#include "ann/core/overflow.h"
#include "ann/core/page_search.h"

#define HEAP_NAME waiting
#define HEAP_ELEMENT KgCandidate
#define HEAP_KEY key
#include "lib/binary_heap.h"

#define HEAP_NAME entered
#define HEAP_ELEMENT float
#define HEAP_ARG void
#define HEAP_KEY_OF(a) (a)
#define HEAP_SET_POSITION(a, i) ((void) 0)
#include "lib/binary_heap.h"

#define SELECT_NAME select_nearest
#define SELECT_ELEMENT KgCandidate
#define SELECT_KEY key
#include "lib/quickselect.h"

/*
 * Pages that may wait, for each that may be expanded: a page brings two nodes at least, or
 * else few pages are near.
 */
#define PART_THAT_WAITS 2
#define LEAST_THAT_WAIT 64

/* Candidates with this key or a higher one are of no interest for now. */
static inline float
limit_of(const KgSearch *search)
{
	return Min(search->bound, search->stop_beyond);
}

/*
 * Pages that wait.
 */

static int
most_waiting(const KgSearch *search)
{
	return Max(search->ef / PART_THAT_WAITS, LEAST_THAT_WAIT);
}

/* Moves all but the first into the overflow.  What memory has no room for is forgotten. */
static void
evict(KgSearch *search, int first)
{
	if (kg_overflow_make_room(search, search->waiting_count - first))
		for (int i = first; i < search->waiting_count &&
			 search->overflow_count < search->overflow_capacity; i++)
			kg_overflow_add(search, search->waiting[i].key,
							search->waiting[i].node | KG_EVICTED);
	search->waiting_count = first;
}

/* When too many pages wait, the farther ones leave. */
static void
drop_far(KgSearch *search)
{
	int			most = most_waiting(search);

	if (search->waiting_count < 2 * most)
		return;
	select_nearest(search->waiting, search->waiting_count, most);
	for (int i = 1; i < most; i++)
		waiting_sift_up(search->waiting, i);
	search->bound = Min(search->bound, search->waiting[most].key);
	evict(search, most);
}

/* Makes room for so many more. */
static void
make_room(KgSearch *search, int more)
{
	int			needed = search->waiting_count + more;

	if (needed <= search->waiting_capacity)
		return;
	search->waiting_capacity = Max(needed, search->waiting_capacity * 2);
	if (search->waiting)
		search->waiting = repalloc_huge(search->waiting,
										sizeof(KgCandidate) * search->waiting_capacity);
	else
		search->waiting = MemoryContextAllocHuge(search->context, sizeof(KgCandidate) *
												 search->waiting_capacity);
}

/* Lets a page wait, for which there is room. */
static inline void
push(KgSearch *search, float key, uint32 node)
{
	KgCandidate page = {key, node};

	waiting_push(search->waiting, search->waiting_count++, page);
}

/* Meets a page by one of its nodes. */
static inline void
meet(KgSearch *search, float key, uint32 node)
{
	if (kg_visited_meet_nearer(&search->visited, node_block(&search->layout, node),
							   key) != MET_BEFORE)
		push(search, key, node);
}

/* A node of the page that is expanded next; KG_NO_NODE if none is near enough. */
static uint32
next_page(KgSearch *search)
{
	while (search->waiting_count > 0)
	{
		KgCandidate next = search->waiting[0];

		if (next.key > search->stop_beyond)
		{
			search->paused = true;
			return KG_NO_NODE;
		}
		if (next.key >= search->bound)
			return KG_NO_NODE;
		(void) waiting_pop(search->waiting, search->waiting_count--);
		if (!kg_visited_expand(&search->visited, node_block(&search->layout, next.node)))
			continue;
		search->candidate_key = next.key;
		return next.node;
	}
	return KG_NO_NODE;
}

/* When pages come from disk: asks for those that are likely to be next, each once. */
static void
read_ahead(KgSearch *search)
{
	int			wanted = Min(kg_store_read_ahead(search->store), search->waiting_count);

	for (int i = 0; i < wanted; i++)
	{
		BlockNumber block = node_block(&search->layout, search->waiting[i].node);

		if (search->asked[block % KG_SEARCH_ASKED] == block)
			continue;
		search->asked[block % KG_SEARCH_ASKED] = block;
		kg_store_ask(search->store, block);
	}
}

/*
 * The page that is expanded.
 */

/* Notes the key of a node: of the nearest, the ef-th one is as far as the search goes. */
static void
enter(KgSearch *search, float key)
{
	search->hops++;
	if (search->entered_count == search->ef)
		(void) entered_pop(search->entered, search->entered_count--, NULL);
	entered_push(search->entered, search->entered_count++, -key, NULL);
	if (search->entered_count == search->ef)
		search->bound = Min(search->bound, -search->entered[0]);
}

/* Expands the nodes of a page.  If none is near enough, the page counts for one. */
static void
expand_nodes(KgSearch *search, const NodeSlot *hub, uint32 first)
{
	const KgLayout *layout = &search->layout;
	uint64		before = search->hops;

	for (int i = 0; i < layout->per_page; i++)
	{
		const NodeSlot *slot = hub_member(layout, hub, i);
		float		key;

		if (slot->state != NODE_LIVE || (first + i == search->without && search->without != 0))
			continue;
		key = kg_query_key(search->query, slot);
		search->counts = key < limit_of(search);
		if (search->counts)
			enter(search, key);
		search->expand(search, slot, first + i, key);
	}
	if (search->hops == before)
		search->hops++;
}

/* Offers what a list leads to. */
static void
offer_list(KgSearch *search, const NodeSlot *hub, const float *estimates)
{
	const uint32 *neighbors = slot_neighbors(&search->layout, hub);
	float		limit = limit_of(search);
	int			degree = Min(hub->degree, search->layout.max_degree);

	for (int i = 0; i < degree; i++)
	{
		if (estimates[i] < limit)
			meet(search, estimates[i], neighbors[i]);
		else
			kg_overflow_add(search, estimates[i], neighbors[i]);
	}
}

/*
 * Is it the page of the node that is passed over?  A query that is no row has no list that
 * was chosen for it, nor nodes put beside it: calibration goes without the list, so that
 * what is promised is found.
 */
static inline bool
lacks_list(const KgSearch *search, uint32 node)
{
	return search->without != 0 && same_end(&search->layout, node, search->without);
}

static void
expand_page(KgSearch *search, uint32 node)
{
	const KgLayout *layout = &search->layout;
	const NodeSlot *hub;
	float		estimates[KG_MAX_DEGREE];
	float		key;

	drop_far(search);
	make_room(search, layout->max_degree);
	kg_overflow_reserve(search);
	read_ahead(search);
	hub = node_list_slot(layout, kg_store_read_node(search->store, node), node);
	if (search->waiting_count > 0)
		kg_store_prefetch_node(search->store, search->waiting[0].node);
	search->expansions++;
	expand_nodes(search, hub, node - node % layout->per_page);
	if (hub->state != NODE_FREE && !lacks_list(search, node))
	{
		key = kg_query_key(search->query, hub);
		kg_query_estimate(search->query, hub, key, estimates);
		if (search->expand_list)
			search->expand_list(search, hub, node, estimates);
		offer_list(search, hub, estimates);
	}
	kg_store_done(search->store);
}

/*
 * The search.
 */

static void
run(KgSearch *search)
{
	uint32		node;

	search->paused = false;
	while ((node = next_page(search)) != KG_NO_NODE)
	{
		CHECK_FOR_INTERRUPTS();
		expand_page(search, node);
	}
	if (search->entered_count > 0 && !search->paused)
		search->horizon = Max(search->horizon, -search->entered[0]);
}

/* No page waits, and no node was met. */
static void
begin(KgSearch *search)
{
	search->waiting_count = 0;
	search->entered_count = 0;
	search->bound = INFINITY;
	if (search->entered_capacity >= search->ef)
		return;
	if (search->entered)
		pfree(search->entered);
	search->entered = MemoryContextAllocHuge(search->context, sizeof(float) * search->ef);
	search->entered_capacity = search->ef;
}

/* Giants first, wherever they are estimated to be. */
void
kg_page_search_start(KgSearch *search, const KgIndex *index)
{
	const KgEntryTable *table = &index->entries;
	KgNearEntry nearest[KG_SEARCH_ENTRIES];
	int			count;

	begin(search);
	make_room(search, table->giant_count + KG_SEARCH_ENTRIES);
	for (int i = 0; i < Min(table->giant_count, search->ef); i++)
		meet(search, -FLT_MAX, table->nodes[table->giants[i]]);
	count = kg_entries_nearest(table, search->query, NULL, nearest);
	if (count > 0)
		search->background = nearest[count - 1].key;
	for (int i = 0; i < Min(count, search->ef); i++)
		meet(search, nearest[i].key, nearest[i].node);
	run(search);
}

/* Lets the nearest of the overflow wait, but those that were met by a better estimate. */
static void
refill(KgSearch *search)
{
	kg_overflow_make_heap(search);
	while (search->overflow_heaped > 0 && search->waiting_count < search->ef &&
		   search->overflow[0].key <= search->stop_beyond)
	{
		KgCandidate best = kg_overflow_take(search);

		make_room(search, 1);
		if (best.node & KG_EVICTED)
			push(search, best.key, best.node & ~KG_EVICTED);
		else
			meet(search, best.key, best.node);
	}
}

/*
 * Pages that wait go into the overflow, where nearer ones may be by now.  What does not
 * fit into memory is left to the sweep.
 */
bool
kg_page_search_continue(KgSearch *search, int ef)
{
	evict(search, 0);
	search->ef = ef;
	search->continued = true;
	search->paused = false;
	begin(search);
	refill(search);
	if (search->waiting_count > 0)
	{
		run(search);
		return true;
	}
	search->paused = search->overflow_count > 0;
	return search->paused;
}
