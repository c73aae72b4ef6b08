/*
 * edges.c
 *	  Which neighbours a node keeps, and writing them into its slot.
 */
#include "postgres.h"

#include "ann/edges.h"
#include "ann/walk.h"
#include "simd/simd.h"

/* The largest finite float16. */
#define F16_MAX 65504.0f

int
kg_edges_select(const KgLayout *layout, KgNeighbor *candidates, int count)
{
	int			kept = 0;
	int			seen;

	/* candidates[0, kept) are chosen, [kept, seen) occluded, both in order */
	for (seen = 0; seen < count && kept < layout->m; seen++)
	{
		KgNeighbor	candidate = candidates[seen];

		candidate.occluded = false;
		for (int i = 0; i < kept && !candidate.occluded; i++)
			candidate.occluded = candidate.l2sq >
				kg_simd->l2sq_f32(candidate.vector, candidates[i].vector,
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
	return Min(seen, layout->m);
}

static uint16
factor_to_f16(float x)
{
	return kg_f16_from_f32(Max(Min(x, F16_MAX), -F16_MAX));
}

void
kg_edges_put(const KgLayout *layout, NodeSlot *slot, int i, const float *own,
			 const KgNeighbor *neighbor)
{
	KgCodeFactors factors = kg_code_encode(&layout->shape, neighbor->vector,
										   own, slot_code(layout, slot, i));

	slot_neighbors(layout, slot)[i] = neighbor->node;
	slot_factor_a(layout, slot)[i] = factor_to_f16(factors.a);
	slot_factor_b(layout, slot)[i] = factor_to_f16(factors.b);
	slot_factor_r2(layout, slot)[i] = factor_to_f16(factors.r2);
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

/*
 * The neighbour that a full list gives up for a new one at l2sq; -1 if the
 * new one is the one to do without.
 */
static int
find_victim(const KgLayout *layout, const NodeSlot *slot, const float *r2,
			const bool *occluded, const KgNeighbor *neighbor)
{
	int			farthest = 0;
	int			victim = -1;

	for (int i = 0; i < slot->degree; i++)
	{
		if (occluded[i] && (victim < 0 || r2[i] > r2[victim]))
			victim = i;
		if (r2[i] > r2[farthest])
			farthest = i;
	}
	if (neighbor->occluded)
		return victim >= 0 && neighbor->l2sq < r2[victim] ? victim : -1;
	if (victim >= 0)
		return victim;
	return neighbor->l2sq < r2[farthest] ? farthest : -1;
}

bool
kg_edges_offer(const KgLayout *layout, NodeSlot *slot,
			   const KgNeighbor *neighbor, const KgCodeQuery *code,
			   bool force, float *own)
{
	KgNeighbor	entry = *neighbor;
	float		to_neighbors[KG_MAX_M];
	float		r2[KG_MAX_M];
	bool		occluded[KG_MAX_M];
	int			place = slot->degree;

	kg_walk_estimate(layout, code, slot, neighbor->l2sq, to_neighbors);
	kg_simd->f16_to_f32(slot_factor_r2(layout, slot), r2, slot->degree);

	/*
	 * Only neighbours that are kept for themselves occlude, and an occluded
	 * newcomer occludes nobody: otherwise estimates would prune too much.
	 */
	entry.occluded = false;
	for (int i = 0; i < slot->degree; i++)
	{
		if (slot_neighbors(layout, slot)[i] == neighbor->node)
			return false;
		occluded[i] = slot_occluded(layout, slot, i);
		if (!occluded[i] && r2[i] < neighbor->l2sq &&
			to_neighbors[i] < neighbor->l2sq)
			entry.occluded = true;
	}
	if (!entry.occluded)
		for (int i = 0; i < slot->degree; i++)
			if (r2[i] > neighbor->l2sq && to_neighbors[i] < r2[i])
				occluded[i] = true;

	if (slot->degree == layout->m)
	{
		place = find_victim(layout, slot, r2, occluded, &entry);
		if (place < 0 && !force)
			return false;
		if (place < 0)
		{
			place = 0;
			for (int i = 1; i < slot->degree; i++)
				if (occluded[i] != occluded[place] ? occluded[i] :
					r2[i] > r2[place])
					place = i;
		}
	}
	else
		slot->degree++;

	for (int i = 0; i < slot->degree; i++)
		if (i != place)
			slot_set_occluded(layout, slot, i, occluded[i]);
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, own);
	kg_edges_put(layout, slot, place, own, &entry);
	return true;
}
