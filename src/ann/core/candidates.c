/*
 * candidates.c
 *	  The nodes that may become a new node's neighbours: what searches for the
 *	  row's vector expand.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/candidates.h"
#include "ann/layout/values.h"
#include "simd/simd.h"

#define INITIAL_EXPANDED 256

/*
 * The search of the group keeps so many nodes in view for each of the group's
 * edges, and begins at the nearest of the group that the first search saw.  If
 * it saw few, it begins with some of the value's list, too.
 */
#define GROUP_VIEW 2
#define FEW_GROUP_STARTS 4
#define LISTED_GROUP_STARTS 8

/* Doubles the memory for candidates. */
static void
grow(KgInserter *inserter, const KgLayout *layout)
{
	inserter->capacity *= 2;
	inserter->expanded = repalloc_huge(inserter->expanded,
									   sizeof(KgNeighbor) * inserter->capacity);
	inserter->sorted = repalloc_huge(inserter->sorted,
									 sizeof(KgNeighbor) * inserter->capacity);
	inserter->positions = repalloc_huge(inserter->positions,
										sizeof(KgPosition) * inserter->capacity);
	inserter->hashes = repalloc_huge(inserter->hashes,
									 sizeof(uint32) * inserter->capacity);
	inserter->vectors = repalloc_huge(inserter->vectors, sizeof(float) *
									  inserter->capacity * layout->shape.dim);
}

void
kg_candidates_clear(KgInserter *inserter, int capacity)
{
	inserter->count = 0;
	while (inserter->capacity < capacity)
		grow(inserter, &inserter->index->layout);
}

void
kg_candidates_add(KgInserter *inserter, const NodeSlot *slot, uint32 node, float key)
{
	const KgLayout *layout = &inserter->index->layout;
	KgNeighbor *expanded;

	if (inserter->count == inserter->capacity)
		grow(inserter, layout);
	expanded = &inserter->expanded[inserter->count];
	expanded->node = node;
	expanded->generation = slot->generation;
	expanded->frame = slot_frame(slot);
	expanded->occluded = false;
	expanded->pinned = false;
	expanded->named = false;
	expanded->grouped = false;
	memcpy(expanded->words, slot_own_words(layout, slot),
		   sizeof(uint32) * layout->filters);
	expanded->key = key;
	expanded->error = slot->error;
	expanded->length = slot->length;
	inserter->hashes[inserter->count] = slot->hash;
	if (inserter->sparse && slot->hash == inserter->query.hash &&
		memcmp(inserter->sparse, slot_sparse(layout, slot),
			   kg_sparse_bytes(layout->sparse)) != 0)
		inserter->hashes[inserter->count] = ~slot->hash;	/* not equal */
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, inserter->vectors +
					 (Size) inserter->count * layout->shape.dim);
	inserter->count++;
}

/* Notes the neighbours of a node that are of the row's group. */
static void
note_group(KgInserter *inserter, const KgLayout *layout, const NodeSlot *slot,
		   const float *estimates)
{
	const uint32 *words = slot_words(layout, slot, 0);
	KgCandidate *noted = inserter->noted;
	int			degree = slot->degree;

	for (int i = 0; i < degree; i++)
	{
		KgCandidate candidate = {.key = estimates[i],.node = slot_neighbors(layout, slot)[i]};
		int			at = 0;

		if (words[i] != inserter->words[0] ||
			(inserter->noted_count == GROUP_STARTS &&
			 candidate.key >= noted[GROUP_STARTS - 1].key))
			continue;
		while (at < inserter->noted_count && noted[at].node != candidate.node)
			at++;
		if (at < inserter->noted_count)
			continue;
		at = inserter->noted_count < GROUP_STARTS ? inserter->noted_count++ :
			GROUP_STARTS - 1;
		for (; at > 0 && noted[at - 1].key > candidate.key; at--)
			noted[at] = noted[at - 1];
		noted[at] = candidate;
	}
}

/* Keeps an expanded node. */
static void
expand(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
	if (slot->state == NODE_LIVE && search->counts)
		kg_candidates_add(search->expand_arg, slot, node,
						  kg_query_best_key(search->query, slot, key));
}

/* Notes a page that has room for a further node. */
static void
note_open_page(KgInserter *inserter, const KgLayout *layout, const NodeSlot *hub,
			   uint32 node)
{
	const KgFrameView *view;
	KgOpenPage *open = &inserter->open[inserter->open_count];
	int			free = 0;

	if (hub->state != NODE_LIVE || inserter->open_count == MOST_OPEN_PAGES)
		return;
	for (int i = 0; i < layout->per_page; i++)
		free += hub_member(layout, hub, i)->state == NODE_FREE;
	inserter->slots += layout->per_page;
	inserter->free_slots += free;
	if (free == 0)
		return;
	view = kg_query_view_vector(inserter->search.query, slot_frame(hub));
	open->block = node_block(layout, node);
	open->l2sq = kg_scalar_l2sq(layout->storage, view->q, slot_vector(layout, hub),
								layout->shape.dim) * (view->unit * view->unit);
	inserter->open_count++;
}

/* Keeps pinned edges of an expanded node that may be taken over. */
static void
note_handovers(KgSearch *search, const NodeSlot *slot, uint32 node,
			   const float *estimates)
{
	KgInserter *inserter = search->expand_arg;
	const KgLayout *layout = &search->layout;
	const uint16 *r2 = slot_factor_r2(layout, slot);
	int			degree = slot->degree;
	float		unit;

	unit = kg_query_view(search->query, slot_frame(slot))->unit;
	for (int i = 0; i < degree; i++)
	{
		KgHandover	handover;

		if (!(r2[i] & SLOT_PINNED))
			continue;
		handover.holder = node;
		handover.child = slot_neighbors(layout, slot)[i];
		handover.l2sq = kg_bf16_to_f32(r2[i] & ~SLOT_PINNED) * (unit * unit);
		if (estimates[i] < handover.l2sq &&
			inserter->handover_count < Min(MAX_HANDOVERS,
										   layout->max_degree / 2))
			inserter->handovers[inserter->handover_count++] = handover;
	}
}

/* Looks at the list of an expanded node, or of its page. */
static void
expand_list(KgSearch *search, const NodeSlot *slot, uint32 node,
			const float *estimates)
{
	KgInserter *inserter = search->expand_arg;
	const KgLayout *layout = &search->layout;

	if (kg_layout_has_hubs(layout))
		note_open_page(inserter, layout, slot, node);
	else if (slot->state == NODE_LIVE && layout->metric != KG_METRIC_IP)
		note_handovers(search, slot, node, estimates);
	if (kg_group_edges(layout) > 0)
		note_group(inserter, layout, slot, estimates);
}

/* The position of a node among the candidates, or -1. */
int
kg_candidates_find(const KgInserter *inserter, uint32 node)
{
	for (int i = 0; i < inserter->count; i++)
		if (inserter->expanded[i].node == node)
			return i;
	return -1;
}

/* Keeps a node that the search of the group expands. */
static void
expand_group(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
	KgInserter *inserter = search->expand_arg;

	if (slot->state == NODE_LIVE &&
		slot_own_words(&search->layout, slot)[0] == inserter->words[0] &&
		kg_candidates_find(inserter, node) < 0)
		kg_candidates_add(inserter, slot, node,
						  kg_query_best_key(search->query, slot, key));
}

/*
 * Each node counts on one pinned edge to it, which should start at the node
 * that is nearest to it: else nodes between the two ends hide it from
 * searches.  So the new node takes over pinned edges to nodes that it is
 * nearer to.  The search chose them by estimates; here are the distances.
 */
static void
check_handovers(KgInserter *inserter)
{
	int			taken = 0;

	for (int i = 0; i < inserter->handover_count; i++)
	{
		KgHandover	handover = inserter->handovers[i];
		int			child = kg_candidates_find(inserter, handover.child);

		if (child < 0)
		{
			const NodeSlot *slot = kg_store_read_node(inserter->store,
													  handover.child);

			if (slot->state == NODE_LIVE)
			{
				child = inserter->count;
				kg_candidates_add(inserter, slot, handover.child,
								  kg_query_best_key(&inserter->query, slot,
													kg_query_key(&inserter->query,
																 slot)));
			}
			kg_store_done(inserter->store);
		}
		if (child < 0 || inserter->expanded[child].pinned ||
			inserter->expanded[child].key >= handover.l2sq)
			continue;
		inserter->expanded[child].pinned = true;
		inserter->handovers[taken++] = handover;
	}
	inserter->handover_count = taken;
}

void
kg_candidates_init(KgInserter *inserter, const KgLayout *layout)
{
	inserter->capacity = INITIAL_EXPANDED;
	inserter->expanded = palloc(sizeof(KgNeighbor) * inserter->capacity);
	inserter->sorted = palloc(sizeof(KgNeighbor) * inserter->capacity);
	inserter->positions = palloc(sizeof(KgPosition) * inserter->capacity);
	inserter->hashes = palloc(sizeof(uint32) * inserter->capacity);
	inserter->vectors = palloc_extended(sizeof(float) * layout->shape.dim *
										inserter->capacity, MCXT_ALLOC_HUGE);
	kg_search_init(&inserter->search);
	inserter->search.expand = expand;
	inserter->search.expand_list = expand_list;
	inserter->search.expand_arg = inserter;
	if (layout->filters > 0)
	{
		kg_search_init(&inserter->group_search);
		inserter->group_search.expand = expand_group;
		inserter->group_search.expand_arg = inserter;
	}
}

/* Squared distances to all candidates, in internal units squared. */
static void
measure_candidates(KgInserter *inserter, KgQuery *query)
{
	int			dim = inserter->index->layout.shape.dim;

	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *expanded = &inserter->expanded[i];
		KgFrameView *view;

		expanded->vector = inserter->vectors + (Size) i * dim;
		expanded->l2sq = expanded->key;
		if (inserter->index->layout.metric == KG_METRIC_IP)
		{
			view = kg_query_view_vector(query, expanded->frame);
			expanded->l2sq = kg_simd->l2sq_f32(view->q, expanded->vector, dim) *
				(view->unit * view->unit);
		}
	}
}

/*
 * Searches the row's group for neighbours there, unless the first search has
 * expanded enough of it anyway.
 */
static void
search_group(KgInserter *inserter)
{
	KgIndex    *index = inserter->index;
	const KgLayout *layout = &index->layout;
	int			wanted = kg_group_edges(layout) * GROUP_VIEW;
	KgCondition condition = {
		.kind = CONDITION_RANGE,.low = inserter->words[0],.high = inserter->words[0]
	};
	KgFilter	filter = {.count = 1,.conditions = &condition};
	KgFilterPlan *plan = &inserter->group_search.plan;
	uint32		starts[GROUP_STARTS + LISTED_GROUP_STARTS];
	KgValueList list;
	int			members = 0;

	for (int i = 0; i < inserter->count; i++)
		members += inserter->expanded[i].words[0] == inserter->words[0];
	if (members >= wanted)
		return;
	kg_filter_find_group(&filter);
	plan->filter = &filter;
	plan->in_group = true;
	plan->stride = 1;
	plan->starts = starts;
	plan->start_count = inserter->noted_count;
	for (int i = 0; i < inserter->noted_count; i++)
		starts[i] = inserter->noted[i].node;
	if (inserter->noted_count < FEW_GROUP_STARTS)
	{
		kg_values_read(inserter->store, index->values, inserter->words[0], &list);
		for (int i = 0; i < Min(list.count, LISTED_GROUP_STARTS); i++)
			starts[plan->start_count++] = list.nodes[i];
	}
	kg_search_start(&inserter->group_search, index, inserter->store,
					&inserter->query, wanted);
}

void
kg_candidates_search(KgInserter *inserter, KgQuery *query, int ef)
{
	KgIndex    *index = inserter->index;

	inserter->count = 0;
	inserter->noted_count = 0;
	inserter->open_count = 0;
	inserter->slots = inserter->free_slots = 0;
	inserter->handover_count = 0;
	kg_search_start(&inserter->search, index, inserter->store, query, ef);
	check_handovers(inserter);
	if (kg_group_edges(&index->layout) > 0)
		search_group(inserter);
	measure_candidates(inserter, query);
}

static inline int
compare_positions(const KgPosition *x, const KgPosition *y)
{
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

#define ST_SORT sort_positions
#define ST_ELEMENT_TYPE KgPosition
#define ST_COMPARE(a, b) compare_positions(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Sorts the first count candidates by key.  Their positions are sorted, since
 * these are smaller.
 */
void
kg_candidates_sort(KgInserter *inserter, int count)
{
	for (int i = 0; i < count; i++)
	{
		inserter->positions[i].key = inserter->expanded[i].key;
		inserter->positions[i].node = inserter->expanded[i].node;
		inserter->positions[i].from = i;
	}
	sort_positions(inserter->positions, count);
	for (int i = 0; i < count; i++)
		inserter->sorted[i] = inserter->expanded[inserter->positions[i].from];
	memcpy(inserter->expanded, inserter->sorted, sizeof(KgNeighbor) * count);
}

void
kg_candidates_measure(KgInserter *inserter, KgQuery *query)
{
	const KgLayout *layout = &inserter->index->layout;

	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *expanded = &inserter->expanded[i];
		KgFrameView *view = kg_query_view_vector(query, expanded->frame);
		float		l2sq = kg_simd->l2sq_f32(view->q, expanded->vector,
											 layout->shape.dim) *
		(view->unit * view->unit);

		expanded->l2sq = l2sq;
		if (layout->metric == KG_METRIC_IP)
			expanded->key = (float) -(view->centre_ip + (double) view->unit *
									  kg_simd->ip_f32(query->direction, expanded->vector,
													  layout->shape.dim));
		else
			expanded->l2sq = expanded->key = kg_optimistic_l2sq(l2sq, expanded->error);
	}
}

/*
 * Makes the candidates' vectors relative to the row's frame.  Adds their
 * differences from the row to the row there, so that near ones stay exact.
 */
void
kg_candidates_align(KgInserter *inserter, KgQuery *query)
{
	int			dim = inserter->index->layout.shape.dim;
	float		unit = kg_query_view_vector(query, inserter->frame)->unit;

	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *expanded = &inserter->expanded[i];
		const float *row;
		const float *from;
		float		scale;

		expanded->l2sq /= unit * unit;
		if (expanded->frame == inserter->frame)
			continue;
		kg_query_view_vector(query, expanded->frame);
		row = kg_query_view_vector(query, inserter->frame)->q;
		from = kg_query_view(query, expanded->frame)->q;
		scale = kg_query_view(query, expanded->frame)->unit / unit;
		for (int j = 0; j < dim; j++)
			expanded->vector[j] = row[j] + (expanded->vector[j] - from[j]) * scale;
	}
}
