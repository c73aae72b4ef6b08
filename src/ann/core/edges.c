/*
 * edges.c
 *	  Choosing a node's neighbours, and writing them into its slot.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/edges.h"
#include "simd/simd.h"

/*
 * A neighbour occludes another if the squared distance between the two, times
 * this, is less than the other's from the node (DiskANN's alpha, NeurIPS 2019,
 * which multiplies the distance itself: 1.1).
 */
#define ALPHA 1.2f

/*
 * Where nodes share a list, instead: the rule of the relative neighbourhood graph, and
 * while the list has room, the same with laxer ones.
 */
#define ALPHAS_OF_PAGES 4
static const float alphas_of_pages[ALPHAS_OF_PAGES] = {1.0f, 1.2f, 1.45f, 1.75f};

/* One in so many of a list may be edges that name their ends. */
#define NAMED_PART 2

/* Does a neighbour occlude a candidate?  Of equal vectors one is enough. */
static bool
occludes(const KgLayout *layout, const KgNeighbor *neighbor,
		 const KgNeighbor *candidate, float alpha)
{
	float		apart = kg_geometry(layout)->apart(layout, candidate->vector,
												   neighbor->vector);

	return candidate->l2sq > alpha * apart || apart == 0;
}

void
kg_edges_mark_group(const KgLayout *layout, KgNeighbor *candidates, int count,
					uint32 word)
{
	int			wanted = kg_group_edges(layout);

	for (int i = 0; i < count && wanted > 0; i++)
	{
		KgNeighbor *candidate = &candidates[i];

		if (candidate->words[0] != word)
			continue;
		candidate->occluded = false;
		for (int j = 0; j < i && !candidate->occluded; j++)
			candidate->occluded = candidates[j].grouped &&
				occludes(layout, &candidates[j], candidate, ALPHA);
		candidate->grouped = !candidate->occluded;
		wanted -= candidate->grouped;
	}
	/* then the nearest of the others, still marked as occluded */
	for (int i = 0; i < count && wanted > 0; i++)
		if (candidates[i].words[0] == word && !candidates[i].grouped)
		{
			candidates[i].grouped = true;
			wanted--;
		}
}

/*
 * Goes through candidates, those behind the first chosen ones, and moves such as none
 * chosen before occludes behind these, all in order.  Sets how many are chosen; returns how
 * many candidates were seen.
 */
static int
select_unoccluded(const KgLayout *layout, KgNeighbor *candidates, int count, float alpha,
				  int *chosen)
{
	int			next;

	for (next = *chosen; next < count && *chosen < layout->max_degree; next++)
	{
		KgNeighbor	candidate = candidates[next];

		if (!candidate.grouped)
			candidate.occluded = false;
		for (int i = 0; i < *chosen && !candidate.occluded && !candidate.grouped; i++)
			candidate.occluded = occludes(layout, &candidates[i], &candidate, alpha);
		if (candidate.occluded)
		{
			candidates[next].occluded = true;
			continue;
		}
		memmove(&candidates[*chosen + 1], &candidates[*chosen],
				sizeof(KgNeighbor) * (next - *chosen));
		candidates[(*chosen)++] = candidate;
	}
	return next;
}

/*
 * Candidates [0, next) are neighbours, but those that must stay and are behind replace the
 * last others.
 */
static int
select_kept(const KgLayout *layout, KgNeighbor *candidates, int count, int next)
{
	int			position;

	next = Min(next, layout->max_degree);
	position = next;
	for (int i = next; i < count; i++)
	{
		KgNeighbor	candidate = candidates[i];

		if (!candidate.pinned && !candidate.grouped)
			continue;
		do
			position--;
		while (candidates[position].pinned || candidates[position].grouped);
		candidate.occluded |= !candidate.grouped;
		candidates[i] = candidates[position];
		candidates[position] = candidate;
	}
	return next;
}

int
kg_edges_select(const KgLayout *layout, KgNeighbor *candidates, int count)
{
	int			chosen = 0;
	int			next = select_unoccluded(layout, candidates, count, ALPHA, &chosen);

	return select_kept(layout, candidates, count, next);
}

int
kg_edges_select_of_page(const KgLayout *layout, KgNeighbor *candidates, int count)
{
	int			first = 0;
	int			chosen = 0;

	for (int round = 0; round < ALPHAS_OF_PAGES; round++)
	{
		(void) select_unoccluded(layout, candidates, count, alphas_of_pages[round], &chosen);
		if (round == 0)
			first = chosen;
	}
	for (int i = first; i < chosen; i++)
		candidates[i].occluded = true;
	return select_kept(layout, candidates, count, count);
}

void
kg_edge_work_init(KgEdgeWork *work, const KgLayout *layout)
{
	Size		floats = sizeof(float) * layout->shape.dim;

	work->layout = layout;
	work->vector = palloc(floats);
	work->owner.vector = palloc(floats);
	work->owner.whole = palloc(floats);
	work->owner.scratch = palloc(floats);
	work->frame = palloc(kg_frame_bytes(layout));
	kg_query_init(&work->own_query);
}

void
kg_edge_work_set(KgEdgeWork *work, KgStore *store, const NodeSlot *slot)
{
	const KgLayout *layout = work->layout;
	KgOwner    *owner = &work->owner;

	kg_frame_read(store, slot_frame(slot), work->frame);
	owner->unit = work->frame->unit;
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, owner->vector);
	kg_geometry(layout)->own(layout, owner);
	if (layout->metric != KG_METRIC_IP)
		return;
	for (int i = 0; i < layout->shape.dim; i++)
		owner->whole[i] = work->frame->centre[i] +
			owner->unit * owner->vector[i];
}

void
kg_edges_put(const KgLayout *layout, NodeSlot *slot, int i,
			 const KgOwner *owner, const KgNeighbor *neighbor)
{
	float		r2 = kg_geometry(layout)->put_code(layout, slot, i, owner,
												   neighbor);

	slot_neighbors(layout, slot)[i] = neighbor->node;
	slot_factor_r2(layout, slot)[i] = kg_bf16_from_f32(r2) |
		(neighbor->pinned ? SLOT_PINNED : 0);
	slot_set_occluded(layout, slot, i, neighbor->occluded);
	if (kg_layout_has_hubs(layout))
		slot_nearness(layout, slot)[i] = kg_bf16_from_f32(neighbor->l2sq) |
			(neighbor->named ? SLOT_NAMED : 0);
	for (int j = 0; j < layout->filters; j++)
		slot_words(layout, slot, j)[i] = neighbor->words[j];
}

void
kg_edges_remove(const KgLayout *layout, NodeSlot *slot, int i)
{
	int			last = --slot->degree;

	slot_neighbors(layout, slot)[i] = slot_neighbors(layout, slot)[last];
	slot_factor_a(layout, slot)[i] = slot_factor_a(layout, slot)[last];
	slot_factor_b(layout, slot)[i] = slot_factor_b(layout, slot)[last];
	slot_factor_r2(layout, slot)[i] = slot_factor_r2(layout, slot)[last];
	if (kg_layout_has_hubs(layout))
		slot_nearness(layout, slot)[i] = slot_nearness(layout, slot)[last];
	slot_set_occluded(layout, slot, i, slot_occluded(layout, slot, last));
	for (int j = 0; j < layout->filters; j++)
		slot_words(layout, slot, j)[i] = slot_words(layout, slot, j)[last];
	memmove(slot_code(layout, slot, i), slot_code(layout, slot, last),
			layout->row_bytes);
}

/* The neighbours of a node that is offered a new one, in internal units. */
typedef struct Neighborhood
{
	float		key[KG_MAX_DEGREE]; /* the neighbours' keys, from the node */
	float		r2[KG_MAX_DEGREE];	/* squared distances from the node, or
									 * from the nearest of its page */
	float		to_new[KG_MAX_DEGREE];	/* and, estimated, from the new one */
	bool		occluded[KG_MAX_DEGREE];
	bool		same[KG_MAX_DEGREE];	/* of the node's group */
	int			same_count;
	int			pinned;			/* edges that must stay */

	/* the new one's */
	float		new_key;
	float		new_r2;
	bool		new_occluded;
	bool		new_same;
} Neighborhood;

/* Among which neighbours a new one competes. */
typedef enum Scope
{
	SCOPE_ALL,
	SCOPE_GROUP,				/* those of the node's group */
	SCOPE_OTHERS				/* the others: the group's edges stay */
} Scope;

static inline bool
in_scope(const Neighborhood *hood, int i, Scope scope)
{
	return scope == SCOPE_ALL || hood->same[i] == (scope == SCOPE_GROUP);
}

/*
 * The most pinned edges of a node.  Under inner product a few long vectors
 * would hold most of them, but all other nodes want to be their neighbours.
 */
static int
most_pinned(const KgLayout *layout)
{
	return layout->metric == KG_METRIC_IP ? layout->max_degree / 4 :
		layout->max_degree;
}

/*
 * The neighbour that a full list gives up for a new one, which must be taken
 * if so it says; -1 if it refuses the new one.
 */
static int
find_victim(const KgLayout *layout, const NodeSlot *slot,
			const Neighborhood *hood, Scope scope, bool must)
{
	const float *key = hood->key;
	const uint16 *r2 = slot_factor_r2(layout, slot);
	int			degree = slot->degree;
	int			farthest = -1;
	int			occluded = -1;

	for (int i = 0; i < degree; i++)
	{
		if ((r2[i] & SLOT_PINNED) || slot_named(layout, slot, i) ||
			!in_scope(hood, i, scope))
			continue;
		if (hood->occluded[i] && (occluded < 0 || key[i] > key[occluded]))
			occluded = i;
		if (farthest < 0 || key[i] > key[farthest])
			farthest = i;
	}
	if (must)
		return occluded >= 0 ? occluded : farthest;
	if (hood->new_occluded)
		return occluded >= 0 && hood->new_key < key[occluded] ? occluded : -1;
	if (occluded >= 0)
		return occluded;
	return farthest >= 0 && hood->new_key < key[farthest] ? farthest : -1;
}

/*
 * Squared distances of neighbours, from the node, or from the nearest of those that
 * share the list.  Under inner product, where they tell lengths, always from the
 * vector that stands with the list.
 */
static void
read_r2(const KgLayout *layout, const NodeSlot *slot, float unit, float *r2)
{
	const uint16 *factors = kg_edges_by_nearness(layout) ? slot_nearness(layout, slot) :
	slot_factor_r2(layout, slot);
	int			degree = slot->degree;

	for (int i = 0; i < degree; i++)
		r2[i] = kg_bf16_to_f32(factors[i] & ~(SLOT_PINNED | SLOT_NAMED)) * (unit * unit);
}

/*
 * Under inner product the node's own codes give its products with the
 * neighbours, these the neighbours' lengths, and so the squared distances.
 */
static void
look_by_ip(KgEdgeWork *work, KgStore *store, const NodeSlot *slot,
		   KgQuery *query, Neighborhood *hood)
{
	float		norm = (float) query->norm;
	float		own_norm = slot->length;

	kg_edge_work_set(work, store, slot);
	kg_query_set_stored(&work->own_query, store, slot_frame(slot),
						work->frame, work->owner.vector);
	kg_query_estimate(&work->own_query, slot, -own_norm, hood->key);
	for (int i = 0; i < slot->degree; i++)
	{
		float		square;

		hood->key[i] *= own_norm;
		square = hood->r2[i] - 2 * hood->key[i] - own_norm * own_norm;
		hood->to_new[i] = Max(norm * norm + square +
							  2 * norm * hood->to_new[i], 0);
	}
	hood->new_key *= norm;
}

/* The best key of those of the page's nodes that live, or else of its hub. */
static float
nearest_key(const KgLayout *layout, const NodeSlot *hub, KgQuery *query, float hub_key)
{
	float		nearest = INFINITY;

	for (int i = 0; i < layout->members; i++)
	{
		const NodeSlot *member = hub_member(layout, hub, i);

		if (member->state == NODE_LIVE)
			nearest = Min(nearest, kg_query_best_key(query, member,
													 kg_query_key(query, member)));
	}
	return isfinite(nearest) ? nearest : hub_key;
}

/* Which neighbours are of the node's group. */
static void
look_at_group(const KgLayout *layout, const NodeSlot *slot, const KgOffer *offer,
			  Neighborhood *hood)
{
	uint32		own;

	hood->new_same = false;
	hood->same_count = 0;
	if (layout->filters == 0)
		return;
	own = slot_own_words(layout, slot)[0];
	hood->new_same = offer->words[0] == own;
	for (int i = 0; i < slot->degree; i++)
	{
		hood->same[i] = slot_words(layout, slot, 0)[i] == own;
		hood->same_count += hood->same[i];
	}
}

/* Fills in the neighbourhood; false if the new one is a neighbour already. */
static bool
look_around(KgEdgeWork *work, KgStore *store, const NodeSlot *slot,
			const KgOffer *offer, KgQuery *query, Neighborhood *hood)
{
	const KgLayout *layout = work->layout;
	const KgFrameView *view = kg_query_view_vector(query, slot_frame(slot));
	int			degree = slot->degree;
	int			pinned = 0;
	float		unit = view->unit;
	float		key;

	if (kg_edges_find_end(layout, slot, offer->node) >= 0)
		return false;
	for (int i = 0; i < degree; i++)
	{
		pinned += slot_pinned(layout, slot, i);
		hood->occluded[i] = slot_occluded(layout, slot, i);
	}
	hood->pinned = pinned;
	look_at_group(layout, slot, offer, hood);
	key = kg_query_key(query, slot);
	hood->new_key = kg_query_best_key(query, slot, key);
	if (kg_edges_by_nearness(layout))
		hood->new_key = nearest_key(layout, slot, query, hood->new_key);
	hood->new_r2 = hood->new_key;
	if (layout->metric == KG_METRIC_IP)
		hood->new_r2 = kg_scalar_l2sq(layout->storage, view->q,
									  slot_vector(layout, slot),
									  layout->shape.dim) * (unit * unit);
	read_r2(layout, slot, unit, hood->r2);
	kg_query_estimate(query, slot, key, hood->to_new);
	if (layout->metric == KG_METRIC_IP)
		look_by_ip(work, store, slot, query, hood);
	else
		memcpy(hood->key, hood->r2, sizeof(float) * slot->degree);
	return true;
}

/*
 * Only neighbours that are not occluded occlude others, and an occluded new
 * node occludes none: otherwise estimates would prune too much.
 */
static void
find_occluded(const NodeSlot *slot, Scope scope, Neighborhood *hood)
{
	int			degree = slot->degree;

	hood->new_occluded = false;
	for (int i = 0; i < degree && !hood->new_occluded; i++)
		hood->new_occluded = !hood->occluded[i] &&
			(scope != SCOPE_GROUP || hood->same[i]) &&
			((hood->key[i] < hood->new_key &&
			  ALPHA * hood->to_new[i] < hood->new_r2) ||
			 (hood->r2[i] == 0 && hood->new_r2 == 0));
	if (hood->new_occluded)
		return;
	for (int i = 0; i < degree; i++)
		if (in_scope(hood, i, scope) && hood->key[i] > hood->new_key &&
			ALPHA * hood->to_new[i] < hood->r2[i])
			hood->occluded[i] = true;
}

/*
 * The place for a new neighbour: behind the others, or that of a victim; -1 if
 * it is refused.  A node that has no more edges to its group than are kept for
 * it lets the group compete for those, and all other nodes for the others.
 */
static int
find_place(const KgLayout *layout, const NodeSlot *slot, bool pinned,
		   Neighborhood *hood)
{
	int			reserved = kg_group_edges(layout);
	bool		full = slot->degree == layout->max_degree;
	int			place = slot->degree;

	if (reserved == 0 || hood->same_count > reserved)
	{
		find_occluded(slot, SCOPE_ALL, hood);
		return full ? find_victim(layout, slot, hood, SCOPE_ALL, pinned) : place;
	}
	if (hood->new_same)
	{
		bool		short_of = hood->same_count < reserved;

		find_occluded(slot, SCOPE_GROUP, hood);
		if (full)
			place = find_victim(layout, slot, hood,
								short_of ? SCOPE_OTHERS : SCOPE_GROUP, short_of);
		if (place >= 0)
			return place;
	}
	find_occluded(slot, SCOPE_OTHERS, hood);
	return full ? find_victim(layout, slot, hood, SCOPE_OTHERS, pinned) : slot->degree;
}

bool
kg_edges_offer(KgEdgeWork *work, KgStore *store, NodeSlot *slot,
			   const KgOffer *offer, KgQuery *query)
{
	const KgLayout *layout = work->layout;
	KgNeighbor	neighbor = {
		.node = offer->node,.pinned = offer->pinned,.named = offer->named,.error = offer->error
	};
	Neighborhood hood;
	int			place;

	if (!look_around(work, store, slot, offer, query, &hood))
		return false;
	if (offer->pinned && hood.pinned >= most_pinned(layout))
		return false;
	place = find_place(layout, slot, offer->pinned || offer->named, &hood);
	if (place < 0)
		return false;
	slot->degree = Max(slot->degree, place + 1);

	for (int i = 0; i < slot->degree && !hood.new_occluded; i++)
		if (i != place && hood.occluded[i])
			slot_set_occluded(layout, slot, i, true);
	neighbor.occluded = hood.new_occluded;
	neighbor.vector = work->vector;
	memcpy(neighbor.words, offer->words, sizeof(neighbor.words));
	memcpy(work->vector, kg_query_view_vector(query, slot_frame(slot))->q,
		   sizeof(float) * layout->shape.dim);
	kg_edge_work_set(work, store, slot);
	neighbor.l2sq = hood.new_r2 / (work->owner.unit * work->owner.unit);
	kg_edges_put(layout, slot, place, &work->owner, &neighbor);
	return true;
}

void
kg_edges_come_nearer(const KgLayout *layout, NodeSlot *hub, KgQuery *query)
{
	uint16	   *nearness = slot_nearness(layout, hub);
	float		unit = kg_query_view(query, slot_frame(hub))->unit;
	float		estimates[KG_MAX_DEGREE];

	if (!kg_edges_by_nearness(layout))
		return;
	kg_query_estimate(query, hub, kg_query_key(query, hub), estimates);
	for (int i = 0; i < hub->degree; i++)
	{
		float		l2sq = Max(estimates[i], 0) / (unit * unit);

		if (l2sq < kg_bf16_to_f32(nearness[i] & ~SLOT_NAMED))
			nearness[i] = kg_bf16_from_f32(l2sq) | (nearness[i] & SLOT_NAMED);
	}
}

int
kg_edges_find_end(const KgLayout *layout, const NodeSlot *slot, uint32 node)
{
	for (int i = 0; i < Min(slot->degree, layout->max_degree); i++)
		if (same_end(layout, slot_neighbors(layout, slot)[i], node))
			return i;
	return -1;
}

bool
kg_edges_pin(const KgLayout *layout, NodeSlot *slot, uint32 node)
{
	int			i = kg_edges_find_end(layout, slot, node);

	if (i >= 0)
		slot_factor_r2(layout, slot)[i] |= SLOT_PINNED;
	return i >= 0;
}

bool
kg_edges_name(KgEdgeWork *work, KgStore *store, NodeSlot *slot, const KgOffer *offer,
			  KgQuery *query)
{
	const KgLayout *layout = work->layout;
	KgOffer		named = *offer;
	int			i = kg_edges_find_end(layout, slot, offer->node);
	int			count = 0;

	for (int j = 0; j < slot->degree; j++)
		count += j != i && slot_named(layout, slot, j);
	if (count >= layout->max_degree / NAMED_PART)
		return false;
	if (i >= 0)
	{
		if (slot_named(layout, slot, i) && slot_neighbors(layout, slot)[i] != offer->node)
			return false;

		/*
		 * nor is it refused below: its place is free, and a pin less is
		 * counted
		 */
		named.pinned = slot_pinned(layout, slot, i);
		kg_edges_remove(layout, slot, i);
	}
	named.named = true;
	return kg_edges_offer(work, store, slot, &named, query);
}

bool
kg_edges_unpin(const KgLayout *layout, NodeSlot *slot, uint32 node)
{
	int			i = kg_edges_find_end(layout, slot, node);

	if (i < 0 || !slot_pinned(layout, slot, i))
		return false;
	slot_factor_r2(layout, slot)[i] &= ~SLOT_PINNED;
	return true;
}
