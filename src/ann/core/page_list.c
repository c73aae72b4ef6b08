/*
 * page_list.c
 *	  Which neighbours a page keeps whose nodes share a list.
 *
 * Candidates are what is near one of the page's nodes, chosen for each as a node's
 * neighbours are.  The list is chosen among all of these by how far they are from the
 * nearest of the nodes, not from the page's centre: what is nearest to a mean of vectors is
 * near to none of them in particular.
 *
 * A list that was chosen when the graph was small, or for nodes that are gone, has far
 * neighbours, and what others offered it since was judged by estimates.  So a build chooses
 * all lists again when all pages are there, and VACUUM those of pages that many nodes have
 * joined since (refresh.c).
 */
#include "postgres.h"

#include "ann/core/candidates.h"
#include "ann/core/near_pages.h"
#include "ann/core/page_list.h"
#include "simd/simd.h"

/* Of each of the page's nodes, so many others are candidates, chosen among so many. */
#define NEAR_A_MEMBER 40
#define VIEW_OF_A_MEMBER KG_NEAR_VIEW

/* Candidates of a member, the first ones, whose pages may name it. */
#define NEAR_TO_NAME 8

void
kg_page_list_init(KgInserter *inserter, const KgLayout *layout)
{
	inserter->near = palloc(sizeof(KgNeighbor) * layout->members * NEAR_A_MEMBER);
	inserter->near_vectors = palloc(sizeof(float) * layout->shape.dim *
									layout->members * NEAR_A_MEMBER);
}

/* Keeps those of a member's candidates, which are sorted, that are chosen for it. */
static void
keep(KgInserter *inserter, KgNeighbor *candidates, int count)
{
	const KgLayout *layout = &inserter->index->layout;
	int			chosen = kg_edges_select(layout, candidates, Min(count, VIEW_OF_A_MEMBER));

	for (int i = 0; i < Min(chosen, NEAR_A_MEMBER); i++)
	{
		int			at = inserter->near_count++;
		KgNeighbor *near = &inserter->near[at];

		*near = candidates[i];
		near->occluded = false;
		near->frame = inserter->frame;
		near->vector = inserter->near_vectors + (Size) at * layout->shape.dim;
		memcpy(near->vector, candidates[i].vector, sizeof(float) * layout->shape.dim);
	}
}

void
kg_page_list_keep(KgInserter *inserter)
{
	kg_candidates_align(inserter, &inserter->query);
	kg_candidates_sort(inserter, inserter->count);
	keep(inserter, inserter->expanded, inserter->count);
}

void
kg_page_list_keep_of(KgInserter *inserter, int query)
{
	KgNeighbor	nearest[VIEW_OF_A_MEMBER];
	int			count = kg_near_pages_nearest(inserter, query, nearest);

	keep(inserter, nearest, count);
}

void
kg_page_list_one_of_a_page(KgInserter *inserter)
{
	const KgLayout *layout = &inserter->index->layout;
	int			count = 0;

	kg_candidates_sort(inserter, inserter->count);
	if (inserter->pages.table == NULL && inserter->pages.bitmap == NULL)
		kg_visited_init(&inserter->pages, inserter->query.context);
	kg_visited_reset(&inserter->pages);
	for (int i = 0; i < inserter->count; i++)
		if (kg_visited_add(&inserter->pages, node_block(layout, inserter->expanded[i].node)))
			inserter->expanded[count++] = inserter->expanded[i];
	inserter->count = count;
}

void
kg_page_list_take_kept(KgInserter *inserter)
{
	int			dim = inserter->index->layout.shape.dim;

	kg_candidates_clear(inserter, inserter->near_count);
	for (int i = 0; i < inserter->near_count; i++)
	{
		inserter->expanded[i] = inserter->near[i];
		inserter->expanded[i].vector = inserter->vectors + (Size) i * dim;
		memcpy(inserter->expanded[i].vector, inserter->near[i].vector, sizeof(float) * dim);
	}
	inserter->count = inserter->near_count;
	kg_page_list_one_of_a_page(inserter);
	kg_candidates_measure(inserter, &inserter->centre);
}

/*
 * Measures the candidates, which are aligned, from the nearest of the members.  Under
 * inner product, which has no triangles, the centre stands for all.
 */
static void
measure_from_members(KgInserter *inserter)
{
	const KgLayout *layout = &inserter->index->layout;
	float		unit = kg_query_view_vector(&inserter->centre, inserter->frame)->unit;

	if (!kg_edges_by_nearness(layout))
		return;
	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *candidate = &inserter->expanded[i];
		float		nearest = INFINITY;

		for (int j = 0; j < inserter->member_count; j++)
			nearest = Min(nearest, kg_simd->l2sq_f32(inserter->members[j].vector,
													 candidate->vector, layout->shape.dim));
		candidate->key = kg_optimistic_l2sq(nearest * (unit * unit), candidate->error);
		candidate->l2sq = candidate->key / (unit * unit);
	}
}

int
kg_page_list_choose(KgInserter *inserter)
{
	kg_candidates_align(inserter, &inserter->centre);
	measure_from_members(inserter);
	kg_candidates_sort(inserter, inserter->count);
	return kg_edges_select_of_page(&inserter->index->layout, inserter->expanded,
								   inserter->count);
}

/*
 * Choosing a list again.
 */

/* Sets a query to what a slot stores. */
static void
set_query(KgInserter *inserter, KgQuery *query, const NodeSlot *slot)
{
	const KgLayout *layout = &inserter->index->layout;

	kg_frame_read(inserter->store, slot_frame(slot), inserter->work.frame);
	kg_scalar_decode(layout->storage, slot_vector(layout, slot), layout->shape.dim,
					 inserter->decoded);
	kg_query_set_stored(query, inserter->store, slot_frame(slot), inserter->work.frame,
						inserter->decoded);
}

/* Leaves out candidates on the page itself. */
static void
drop_page(KgInserter *inserter, BlockNumber block)
{
	const KgLayout *layout = &inserter->index->layout;
	int			count = 0;

	for (int i = 0; i < inserter->count; i++)
		if (node_block(layout, inserter->expanded[i].node) != block)
			inserter->expanded[count++] = inserter->expanded[i];
	inserter->count = count;
}

/* Takes a node of the page as one of its members. */
static void
take_member(KgInserter *inserter, KgQuery *query, const NodeSlot *slot, const NodeSlot *hub)
{
	KgMember   *member = &inserter->members[inserter->member_count++];

	set_query(inserter, query, slot);
	memcpy(member->vector, kg_query_view_vector(query, slot_frame(hub))->q,
		   sizeof(float) * inserter->index->layout.shape.dim);
}

/* Searches for what is near a node of the page. */
static void
search_near(KgInserter *inserter, const NodeSlot *slot, const NodeSlot *hub,
			BlockNumber block)
{
	const KgLayout *layout = &inserter->index->layout;

	take_member(inserter, &inserter->query, slot, hub);
	inserter->frame = slot_frame(slot);
	memcpy(inserter->words, slot_own_words(layout, slot), sizeof(uint32) * layout->filters);
	kg_candidates_search(inserter, &inserter->query, inserter->index->ef_construction);
	drop_page(inserter, block);
	kg_page_list_keep(inserter);
}

/* The edge whose end is farthest of those that may go, or -1. */
static int
find_farthest(const KgLayout *layout, const NodeSlot *hub)
{
	const uint16 *nearness = slot_nearness(layout, hub);
	int			farthest = -1;

	/* squares of bfloat16 sort as their bits do */
	for (int i = 0; i < hub->degree; i++)
		if (!slot_pinned(layout, hub, i) && !slot_named(layout, hub, i) &&
			(farthest < 0 || nearness[i] > nearness[farthest]))
			farthest = i;
	return farthest;
}

/*
 * Makes the first degree candidates a hub's neighbours.  Edges that it had fill what room is
 * left; pinned and named ones, which others count on, stay as they are.
 */
static void
replace_edges(KgInserter *inserter, NodeSlot *hub, int degree)
{
	const KgLayout *layout = &inserter->index->layout;
	int			count = 0;

	for (int i = 0; i < degree; i++)
	{
		int			at = kg_edges_find_end(layout, hub, inserter->expanded[i].node);

		if (at >= 0 && (slot_pinned(layout, hub, at) || slot_named(layout, hub, at)))
			continue;
		if (at >= 0)
			kg_edges_remove(layout, hub, at);
		inserter->expanded[count++] = inserter->expanded[i];
	}
	while (hub->degree + count > layout->max_degree)
	{
		int			farthest = find_farthest(layout, hub);

		if (farthest >= 0)
			kg_edges_remove(layout, hub, farthest);
		else
			count = layout->max_degree - hub->degree;
	}
	for (int i = 0; i < hub->degree; i++)
		slot_set_occluded(layout, hub, i, true);
	kg_edge_work_set(&inserter->work, inserter->store, hub);
	for (int i = 0; i < count; i++)
		kg_edges_put(layout, hub, hub->degree++, &inserter->work.owner,
					 &inserter->expanded[i]);
}

/* Does an edge of the page of a near node lead to the node, for its sake? */
static bool
names(KgInserter *inserter, const KgNeighbor *at, uint32 node)
{
	const KgLayout *layout = &inserter->index->layout;
	const NodeSlot *slot = kg_store_read_node(inserter->store, at->node);
	const NodeSlot *list = node_list_slot(layout, slot, at->node);
	int			i = kg_edges_find_end(layout, list, node);
	bool		named = i >= 0 && slot_named(layout, list, i) &&
	slot_neighbors(layout, list)[i] == node;

	kg_store_done(inserter->store);
	return named;
}

/* Makes it do so; false if it cannot. */
static bool
name_at(KgInserter *inserter, const KgNeighbor *at, const KgOffer *offer, KgQuery *query)
{
	const KgLayout *layout = &inserter->index->layout;
	KgEdit		edit;
	Page		page;
	NodeSlot   *slot;
	bool		named;

	kg_edit_begin(&edit, inserter->store);
	page = kg_edit_page(&edit, node_block(layout, at->node), PAGE_NODES);
	slot = node_slot(layout, page, at->node);
	named = slot->state == NODE_LIVE && slot->generation == at->generation &&
		kg_edges_name(&inserter->work, inserter->store, node_list_slot(layout, slot, at->node),
					  offer, query);
	if (named)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
	return named;
}

/* Sees to it that one of these names a node. */
static void
name_member(KgInserter *inserter, const KgNeighbor *near, int count, const KgOffer *offer,
			KgQuery *query)
{
	bool		named = false;

	for (int i = 0; i < count && !named; i++)
		named = names(inserter, &near[i], offer->node);
	for (int i = 0; i < count && !named; i++)
		named = name_at(inserter, &near[i], offer, query);
}

/*
 * A list has one edge to a page, to the node that is nearest.  A node that is so to no
 * list would be met only by way of its page's others, which may be far from it.  So each
 * is named: it is the end of an edge from the page of a node near it.
 */
static void
name_members(KgInserter *inserter, const NodeSlot *hub, BlockNumber block, const int *ends)
{
	const KgLayout *layout = &inserter->index->layout;
	int			member = 0;
	int			first = 0;

	for (int i = 0; i < layout->per_page; i++)
	{
		const NodeSlot *slot = hub_member(layout, hub, i);
		KgOffer		offer = {
			.node = block * layout->per_page + i,.error = slot->error
		};

		if (slot->state != NODE_LIVE)
			continue;
		memcpy(offer.words, slot_own_words(layout, slot), sizeof(uint32) * layout->filters);
		name_member(inserter, inserter->near + first, Min(ends[member] - first, NEAR_TO_NAME),
					&offer, &inserter->near_pages->queries[member].query);
		first = ends[member++];
	}
}

/* Finds candidates for the list of a page, and measures them from its centre. */
static void
find_candidates(KgInserter *inserter, const NodeSlot *hub, BlockNumber block, int *ends)
{
	const KgLayout *layout = &inserter->index->layout;
	bool		together = kg_near_pages_suits(layout);
	KgNearPages *near = together ? kg_near_pages_get(inserter) : NULL;

	for (int i = 0; i < layout->per_page; i++)
	{
		const NodeSlot *slot = hub_member(layout, hub, i);

		if (slot->state != NODE_LIVE)
			continue;
		if (together)
			take_member(inserter, &near->queries[inserter->member_count].query, slot, hub);
		else
			search_near(inserter, slot, hub, block);
	}
	if (together && inserter->member_count > 0)
	{
		near->count = inserter->member_count;
		kg_near_pages_search(inserter, block);
		kg_near_pages_align(inserter, slot_frame(hub));
		for (int i = 0; i < near->count; i++)
		{
			kg_page_list_keep_of(inserter, i);
			ends[i] = inserter->near_count;
		}
	}
	kg_page_list_take_kept(inserter);
}

void
kg_page_list_choose_again(KgInserter *inserter, KgIndex *index, KgStore *store,
						  BlockNumber block, int least_joined)
{
	const KgLayout *layout = &index->layout;
	Page		page = kg_store_read_if(store, block, PAGE_NODES);
	Page		copy;
	const NodeSlot *hub;
	NodeSlot   *changed;
	KgEdit		edit;
	int			ends[KG_MAX_MEMBERS];
	int			degree;

	if (page == NULL)
		return;
	copy = memcpy(palloc(BLCKSZ), page, BLCKSZ);
	kg_store_done(store);
	hub = page_hub(copy);
	inserter->index = index;
	inserter->store = store;
	inserter->work.layout = layout;
	inserter->near_count = inserter->member_count = 0;
	if (hub->state != NODE_LIVE || hub->generation < least_joined)
		return;
	set_query(inserter, &inserter->centre, hub);
	find_candidates(inserter, hub, block, ends);
	inserter->frame = slot_frame(hub);
	degree = kg_page_list_choose(inserter);

	kg_edit_begin(&edit, store);
	changed = page_hub(kg_edit_page(&edit, block, PAGE_NODES));
	if (changed->state == NODE_LIVE && changed->frame == hub->frame &&
		memcmp(slot_vector(layout, changed), slot_vector(layout, hub),
			   layout->vector_bytes) == 0)
	{
		replace_edges(inserter, changed, degree);
		changed->generation -= hub->generation;
		kg_edit_commit(&edit);
	}
	else
		kg_edit_abort(&edit);
	if (kg_near_pages_suits(layout))
		name_members(inserter, hub, block, ends);
}
