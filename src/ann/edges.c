/*
 * edges.c
 *	  Which neighbours a node keeps, and writing them into its slot.
 */
#include "postgres.h"

#include <math.h>

#include "ann/edges.h"
#include "ann/walk.h"
#include "simd/simd.h"

/*
 * A neighbour occludes another if it is nearer to it than the node itself is
 * by this factor of the squared distance (DiskANN's alpha, NeurIPS 2019, of
 * the distance itself: 1.1).
 */
#define ALPHA 1.2f

int
kg_edges_select(const KgLayout *layout, KgNeighbor *candidates, int count)
{
	int			kept = 0;
	int			seen;
	int			place;

	/* candidates[0, kept) are chosen, [kept, seen) occluded, both in order */
	for (seen = 0; seen < count && kept < layout->m; seen++)
	{
		KgNeighbor	candidate = candidates[seen];

		candidate.occluded = false;
		for (int i = 0; i < kept && !candidate.occluded; i++)
			candidate.occluded = candidate.l2sq >
				ALPHA * kg_simd->l2sq_f32(candidate.vector, candidates[i].vector,
										  layout->shape.dim);
		if (candidate.occluded)
		{
			candidates[seen].occluded = true;
			continue;
		}
		memmove(&candidates[kept + 1], &candidates[kept],
				sizeof(KgNeighbor) * (seen - kept));
		candidates[kept++] = candidate;
	}

	/* Those between are occluded, and stand in order of distance. */
	seen = Min(seen, layout->m);
	place = seen;
	for (int i = seen; i < count; i++)
	{
		KgNeighbor	candidate = candidates[i];

		if (!candidate.kept)
			continue;
		do
			place--;
		while (candidates[place].kept);
		candidate.occluded = true;
		candidates[i] = candidates[place];
		candidates[place] = candidate;
	}
	return seen;
}

void
kg_edges_put(const KgLayout *layout, NodeSlot *slot, int i, const float *own,
			 const KgNeighbor *neighbor)
{
	KgCodeFactors factors = kg_code_encode(&layout->shape, neighbor->vector,
										   own, slot_code(layout, slot, i));

	slot_neighbors(layout, slot)[i] = neighbor->node;
	slot_factor_a(layout, slot)[i] = kg_code_factor(factors.a);
	slot_factor_b(layout, slot)[i] = kg_code_factor(factors.b);
	slot_factor_r2(layout, slot)[i] = kg_code_factor(factors.r2) |
		(neighbor->kept ? SLOT_KEPT : 0);
	slot_set_occluded(layout, slot, i, neighbor->occluded);
}

void
kg_edges_remove(const KgLayout *layout, NodeSlot *slot, int i)
{
	int			last = --slot->degree;

	slot_neighbors(layout, slot)[i] = slot_neighbors(layout, slot)[last];
	slot_factor_a(layout, slot)[i] = slot_factor_a(layout, slot)[last];
	slot_factor_b(layout, slot)[i] = slot_factor_b(layout, slot)[last];
	slot_factor_r2(layout, slot)[i] = slot_factor_r2(layout, slot)[last];
	slot_set_occluded(layout, slot, i, slot_occluded(layout, slot, last));
	memmove(slot_code(layout, slot, i), slot_code(layout, slot, last),
			layout->row_bytes);
}

/* What a node knows of its neighbours when a new one is offered. */
typedef struct Neighborhood
{
	float		r2[KG_MAX_M];	/* squared distances, from the node */
	float		to_new[KG_MAX_M];	/* and, estimated, from the new one */
	bool		occluded[KG_MAX_M];
} Neighborhood;

/*
 * The neighbour that a full list gives up for a new one; -1 if the new one is
 * the one to do without.
 */
static int
find_victim(const KgLayout *layout, const NodeSlot *slot,
			const Neighborhood *hood, const KgNeighbor *neighbor)
{
	const float *r2 = hood->r2;
	int			farthest = -1;
	int			occluded = -1;

	for (int i = 0; i < slot->degree; i++)
	{
		if (slot_kept(layout, slot, i))
			continue;
		if (hood->occluded[i] && (occluded < 0 || r2[i] > r2[occluded]))
			occluded = i;
		if (farthest < 0 || r2[i] > r2[farthest])
			farthest = i;
	}
	if (neighbor->kept)
		return occluded >= 0 ? occluded : farthest;
	if (neighbor->occluded)
		return occluded >= 0 && neighbor->l2sq < r2[occluded] ? occluded : -1;
	if (occluded >= 0)
		return occluded;
	return farthest >= 0 && neighbor->l2sq < r2[farthest] ? farthest : -1;
}

/* Fills in the neighbourhood; false if the new one is a neighbour already. */
static bool
look_around(const KgLayout *layout, const NodeSlot *slot,
			const KgCodeQuery *code, KgNeighbor *entry, Neighborhood *hood)
{
	kg_walk_estimate(layout, code, slot, entry->l2sq, hood->to_new);
	kg_simd->f16_to_f32(slot_factor_r2(layout, slot), hood->r2, slot->degree);

	/*
	 * Only neighbours that are kept for themselves occlude, and an occluded
	 * newcomer occludes nobody: otherwise estimates would prune too much.
	 */
	entry->occluded = false;
	for (int i = 0; i < slot->degree; i++)
	{
		if (slot_neighbors(layout, slot)[i] == entry->node)
			return false;
		hood->r2[i] = fabsf(hood->r2[i]);
		hood->occluded[i] = slot_occluded(layout, slot, i);
		if (!hood->occluded[i] && hood->r2[i] < entry->l2sq &&
			ALPHA * hood->to_new[i] < entry->l2sq)
			entry->occluded = true;
	}
	if (!entry->occluded)
		for (int i = 0; i < slot->degree; i++)
			if (hood->r2[i] > entry->l2sq && ALPHA * hood->to_new[i] < hood->r2[i])
				hood->occluded[i] = true;
	return true;
}

bool
kg_edges_offer(const KgLayout *layout, NodeSlot *slot,
			   const KgNeighbor *neighbor, const KgCodeQuery *code,
			   float *own)
{
	KgNeighbor	entry = *neighbor;
	Neighborhood hood;
	int			place = slot->degree;

	if (!look_around(layout, slot, code, &entry, &hood))
		return false;
	if (slot->degree == layout->m)
	{
		place = find_victim(layout, slot, &hood, &entry);
		if (place < 0)
			return false;
	}
	else
		slot->degree++;

	for (int i = 0; i < slot->degree; i++)
		if (i != place)
			slot_set_occluded(layout, slot, i, hood.occluded[i]);
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, own);
	kg_edges_put(layout, slot, place, own, &entry);
	return true;
}

bool
kg_edges_keep(const KgLayout *layout, NodeSlot *slot, uint32 node)
{
	for (int i = 0; i < slot->degree; i++)
		if (slot_neighbors(layout, slot)[i] == node)
		{
			slot_factor_r2(layout, slot)[i] |= SLOT_KEPT;
			return true;
		}
	return false;
}

bool
kg_edges_release(const KgLayout *layout, NodeSlot *slot, uint32 node)
{
	for (int i = 0; i < slot->degree; i++)
		if (slot_neighbors(layout, slot)[i] == node &&
			slot_kept(layout, slot, i))
		{
			slot_factor_r2(layout, slot)[i] &= ~SLOT_KEPT;
			return true;
		}
	return false;
}
