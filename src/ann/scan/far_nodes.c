/*
 * far_nodes.c
 *	  Nodes that a search met farther away than it goes.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/scan/far_nodes.h"

#define INITIAL_CAPACITY 512

void
kg_far_nodes_reset(KgFarNodes *far)
{
	far->count = 0;
	far->least_key = INFINITY;
	far->most_error = 0;
}

void
kg_far_nodes_begin(KgFarNodes *far, const KgQuery *query)
{
	kg_far_nodes_reset(far);
	far->frame = query->views[0].frame;
	far->capacity = INITIAL_CAPACITY;
	far->nodes = palloc(sizeof(uint32) * far->capacity);
}

bool
kg_far_nodes_add(KgFarNodes *far, const NodeSlot *slot, uint32 node, float key)
{
	if (slot_frame(slot) != far->frame || !isfinite(key) || !isfinite(slot->error))
		return false;
	if (far->count == far->capacity)
	{
		far->capacity *= 2;
		far->nodes = repalloc_huge(far->nodes, sizeof(uint32) * far->capacity);
	}
	far->nodes[far->count++] = node;
	far->least_key = Min(far->least_key, key);
	far->most_error = Max(far->most_error, slot->error);
	return true;
}

double
kg_far_nodes_bound(const KgFarNodes *far, KgQuery *query)
{
	KgStored	farthest = {
		.frame = far->frame,.storage = query->layout.storage,.error = far->most_error
	};

	return far->count == 0 ? INFINITY :
		query->geometry->lower(query, &farthest, far->least_key);
}
