/*
 * near_pages.c
 *	  The pages that are near any of some vectors, where nodes share lists.
 *
 * One search for all nodes of a page costs a fraction of one for each: these would read
 * the same pages.  Each of the vectors has pages that wait to be read, the nearest first,
 * and they take turns.  A page that is read counts for all of them.  But what its list
 * leads to is estimated for two alone: the one whose turn it was, and the one that found
 * most of its nodes near.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/candidates.h"
#include "ann/core/entry_search.h"
#include "ann/core/near_pages.h"
#include "simd/simd.h"

#define HEAP_NAME waiting
#define HEAP_ELEMENT KgCandidate
#define HEAP_KEY key
#include "lib/binary_heap.h"

#define HEAP_NAME nearest
#define HEAP_ELEMENT float
#define HEAP_ARG void
#define HEAP_KEY_OF(a) (a)
#define HEAP_SET_POSITION(a, i) ((void) 0)
#include "lib/binary_heap.h"

#define ST_SORT sort_waiting
#define ST_ELEMENT_TYPE KgCandidate
#define ST_COMPARE(a, b) ((a)->key < (b)->key ? -1 : (a)->key > (b)->key)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* Pages that may wait for one of the vectors. */
#define MOST_WAITING 512

/* Nodes within the reach of a vector: this part of ef_construction. */
#define REACH_PART 2

/* Vectors for which a page's list is estimated, at most. */
#define MOST_SCANS 2

/* Candidates whose keys there is room for at first. */
#define FIRST_CANDIDATES 512

KgNearPages *
kg_near_pages_get(KgInserter *inserter)
{
	const KgLayout *layout = &inserter->index->layout;
	MemoryContext old_context;
	KgNearPages *near;

	if (inserter->near_pages)
		return inserter->near_pages;
	old_context = MemoryContextSwitchTo(inserter->query.context);
	near = inserter->near_pages = palloc0(sizeof(KgNearPages));
	near->queries = palloc0(sizeof(KgNearQuery) * layout->members);
	for (int i = 0; i < layout->members; i++)
	{
		kg_query_init(&near->queries[i].query);
		near->queries[i].waiting = palloc(sizeof(KgCandidate) * MOST_WAITING);
	}
	kg_visited_init(&near->read, CurrentMemoryContext);
	near->node = palloc(sizeof(float) * layout->shape.dim);
	near->vectors = palloc(sizeof(float) * layout->shape.dim * layout->members);
	near->key_capacity = FIRST_CANDIDATES;
	near->keys = palloc(sizeof(float) * layout->members * near->key_capacity);
	MemoryContextSwitchTo(old_context);
	return near;
}

/*
 * Pages that wait.
 */

static inline void
offer_page(KgNearPages *near, KgNearQuery *query, BlockNumber page, float key)
{
	KgCandidate waiting = {key, page};

	/* NaN and infinity lead somewhere, too, but last */
	if (unlikely(!(key < FLT_MAX)))
		waiting.key = FLT_MAX;
	if (kg_visited_has(&near->read, page))
		return;
	if (unlikely(query->waiting_count == MOST_WAITING))
	{
		/* in order, they are a heap */
		sort_waiting(query->waiting, MOST_WAITING);
		query->waiting_count /= 2;
	}
	waiting_push(query->waiting, query->waiting_count++, waiting);
}

/* Offers what a hub's list leads to, as a query sees it. */
static void
offer_list(KgNearPages *near, const KgLayout *layout, const NodeSlot *hub,
		   KgNearQuery *query)
{
	const uint32 *neighbors = slot_neighbors(layout, hub);
	float		estimates[KG_MAX_DEGREE];
	float		limit = query->reach;
	int			degree = Min(hub->degree, layout->max_degree);

	kg_query_estimate(&query->query, hub, kg_query_key(&query->query, hub), estimates);
	for (int i = 0; i < degree; i++)
		if (estimates[i] < limit)
			offer_page(near, query, node_block(layout, neighbors[i]), estimates[i]);
}

static void
offer_entries(KgInserter *inserter)
{
	KgNearPages *near = inserter->near_pages;
	KgNearQuery *query = &near->queries[0];
	KgNearEntry entries[KG_SEARCH_ENTRIES];
	int			count = kg_entries_nearest(&inserter->index->entries, &query->query,
										   NULL, entries);

	for (int i = 0; i < count; i++)
		offer_page(near, query, node_block(&inserter->index->layout, entries[i].node),
				   entries[i].key);
}

/* The page that is to be read for a query; InvalidBlockNumber: none is near enough. */
static BlockNumber
next_page(KgNearPages *near, KgNearQuery *query)
{
	while (query->waiting_count > 0 && query->waiting[0].key < query->reach)
	{
		KgCandidate next = waiting_pop(query->waiting, query->waiting_count--);

		if (kg_visited_add(&near->read, next.node))
			return next.node;
	}
	query->waiting_count = 0;
	return InvalidBlockNumber;
}

/*
 * The page at hand.
 */

/* Keeps a key among so many of the least; returns the last of them, or infinity. */
static inline float
keep_key(float *keys, int *count, int most, float key)
{
	if (*count == most)
		(void) nearest_pop(keys, (*count)--, NULL);
	nearest_push(keys, (*count)++, -key, NULL);
	return *count == most ? -keys[0] : INFINITY;
}

/* Notes the node at hand where it comes in view; false if it does nowhere. */
static bool
note_node(KgNearPages *near)
{
	bool		entered = false;

	for (int i = 0; i < near->count; i++)
		entered |= near->apart[i] < near->limit[i];
	if (!entered)
		return false;
	for (int i = 0; i < near->count; i++)
	{
		KgNearQuery *query = &near->queries[i];
		float		key = near->apart[i];

		if (!(key < near->limit[i]))
			continue;
		query->entered++;
		near->limit[i] = keep_key(query->view, &query->view_count, KG_NEAR_VIEW, key);
		if (key < query->reach)
			query->reach = keep_key(query->close, &query->close_count, near->reach, key);
	}
	return true;
}

/* Looks at the vectors from a frame. */
static void
set_frame(KgNearPages *near, int frame, int dim)
{
	if (frame == near->frame)
		return;
	for (int i = 0; i < near->count; i++)
	{
		const KgFrameView *view = kg_query_view(&near->queries[i].query, frame);

		memcpy(near->vectors + (Size) i * dim, view->q, sizeof(float) * dim);
		near->unit = view->unit;
	}
	near->frame = frame;
}

/* Makes a node a candidate if it comes in view of any of the queries. */
static void
look_at_node(KgInserter *inserter, const NodeSlot *slot, uint32 node)
{
	KgNearPages *near = inserter->near_pages;
	const KgLayout *layout = &inserter->index->layout;
	int			dim = layout->shape.dim;
	float		square;

	set_frame(near, slot_frame(slot), dim);
	square = near->unit * near->unit;
	kg_scalar_decode(layout->storage, slot_vector(layout, slot), dim, near->node);
	kg_simd->l2sq_rows_f32(near->node, near->vectors, dim, near->count, dim, near->apart);
	for (int i = 0; i < near->count; i++)
		near->apart[i] = kg_optimistic_l2sq(near->apart[i] * square, slot->error);
	if (!note_node(near))
		return;
	if (inserter->count == near->key_capacity)
	{
		near->key_capacity *= 2;
		near->keys = repalloc_huge(near->keys, sizeof(float) * layout->members *
								   near->key_capacity);
	}
	memcpy(near->keys + (Size) inserter->count * layout->members, near->apart,
		   sizeof(float) * near->count);
	kg_candidates_add(inserter, slot, node, near->apart[0]);
}

/*
 * Offers the page's list to the query that it was read for, if it brought that a node, and
 * to the others that it brought most nodes.
 */
static void
offer_to_nearest(KgNearPages *near, const KgLayout *layout, const NodeSlot *hub, int reader)
{
	KgNearQuery *nearest = &near->queries[reader];

	for (int scans = 0; scans < MOST_SCANS; scans++)
	{
		if (nearest->entered > 0)
		{
			offer_list(near, layout, hub, nearest);
			nearest->entered = 0;
		}
		for (int i = 0; i < near->count; i++)
			if (near->queries[i].entered > nearest->entered)
				nearest = &near->queries[i];
	}
}

static void
read_page(KgInserter *inserter, BlockNumber page, int reader)
{
	KgNearPages *near = inserter->near_pages;
	const KgLayout *layout = &inserter->index->layout;
	uint32		first = page * layout->per_page;
	const NodeSlot *slot = kg_store_read_node(inserter->store, first);
	const NodeSlot *hub = node_list_slot(layout, slot, first);

	for (int i = 0; i < near->count; i++)
		near->queries[i].entered = 0;
	if (hub->state != NODE_FREE && page == near->start)
		for (int i = 0; i < near->count; i++)
			offer_list(near, layout, hub, &near->queries[i]);
	else if (hub->state != NODE_FREE)
	{
		for (int i = 0; i < layout->per_page; i++)
			if (hub_member(layout, hub, i)->state == NODE_LIVE)
				look_at_node(inserter, hub_member(layout, hub, i), first + i);
		offer_to_nearest(near, layout, hub, reader);
	}
	kg_store_done(inserter->store);
}

/*
 * The search.
 */

static void
begin_search(KgInserter *inserter, BlockNumber start)
{
	KgNearPages *near = inserter->near_pages;

	kg_visited_reset(&near->read);
	for (int i = 0; i < near->count; i++)
	{
		KgNearQuery *query = &near->queries[i];

		query->waiting_count = query->view_count = query->close_count = 0;
		query->reach = near->limit[i] = INFINITY;
	}
	near->frame = -1;
	near->reach = Max(Min(inserter->index->ef_construction / REACH_PART, KG_NEAR_VIEW), 1);
	near->start = start;
	inserter->count = 0;
	inserter->handover_count = 0;
	inserter->open_count = 0;
	if (start != InvalidBlockNumber)
		offer_page(near, &near->queries[0], start, -FLT_MAX);
	offer_entries(inserter);
}

/* Takes a page for each query that has one near enough; returns how many. */
static int
next_pages(KgNearPages *near, BlockNumber *pages, int *readers)
{
	int			count = 0;

	for (int i = 0; i < near->count; i++)
	{
		pages[count] = next_page(near, &near->queries[i]);
		readers[count] = i;
		count += pages[count] != InvalidBlockNumber;
	}
	return count;
}

void
kg_near_pages_search(KgInserter *inserter, BlockNumber start)
{
	KgNearPages *near = inserter->near_pages;
	int			per_page = inserter->index->layout.per_page;
	BlockNumber pages[KG_MAX_MEMBERS + 1];
	int			readers[KG_MAX_MEMBERS + 1];
	int			count;

	begin_search(inserter, start);
	while ((count = next_pages(near, pages, readers)) > 0)
		for (int i = 0; i < count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (i + 1 < count)
				kg_store_prefetch_node(inserter->store, pages[i + 1] * per_page);
			read_page(inserter, pages[i], readers[i]);
		}
}

void
kg_near_pages_measure(KgInserter *inserter, int query)
{
	const KgNearPages *near = inserter->near_pages;
	const KgLayout *layout = &inserter->index->layout;

	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *candidate = &inserter->expanded[i];

		candidate->vector = inserter->vectors + (Size) i * layout->shape.dim;
		candidate->key = candidate->l2sq = near->keys[(Size) i * layout->members + query];
	}
}

void
kg_near_pages_align(KgInserter *inserter, int frame)
{
	inserter->frame = frame;
	kg_near_pages_measure(inserter, 0);
	kg_candidates_align(inserter, &inserter->near_pages->queries[0].query);
	for (int i = 0; i < inserter->count; i++)
		inserter->expanded[i].frame = frame;
}

int
kg_near_pages_nearest(KgInserter *inserter, int query, KgNeighbor *nearest)
{
	const KgNearPages *near = inserter->near_pages;
	int			members = inserter->index->layout.members;
	float		limit = near->limit[query];
	float		unit = kg_query_view(&near->queries[query].query, inserter->frame)->unit;
	KgCandidate order[KG_NEAR_VIEW];
	int			count = 0;

	/* equal ones may be more than are in view */
	for (int i = 0; i < inserter->count && count < KG_NEAR_VIEW; i++)
	{
		order[count].key = near->keys[(Size) i * members + query];
		order[count].node = i;
		count += order[count].key <= limit;
	}
	sort_waiting(order, count);
	for (int i = 0; i < count; i++)
	{
		nearest[i] = inserter->expanded[order[i].node];
		nearest[i].key = order[i].key;
		nearest[i].l2sq = order[i].key / (unit * unit);
	}
	return count;
}
