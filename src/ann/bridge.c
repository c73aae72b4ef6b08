/*
 * bridge.c
 *	  Leading walks past nodes that are to be freed.
 *
 * A live node with dead neighbours takes the nearest of their neighbours
 * instead, by the dead nodes' own estimates, so that few pages are read.  A
 * node that counted on an edge from a dead one is adopted by another.
 */
#include "postgres.h"

#include <math.h>

#include "commands/vacuum.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "ann/bridge.h"
#include "ann/edges.h"
#include "ann/entries.h"
#include "ann/walk.h"
#include "simd/simd.h"

/* A live node with dead neighbours, copied from its page. */
typedef struct Bridge
{
	uint32		node;
	NodeSlot   *slot;			/* copy */
	float	   *own;			/* its vector */
	KgCodeQuery code;			/* prepared for it */
	KgNeighbor	candidates[KG_MAX_M];	/* by distance */
	int			count;
	int			room;			/* candidates wanted */
} Bridge;

static bool
is_neighbor(const KgLayout *layout, const NodeSlot *slot, uint32 node)
{
	for (int i = 0; i < slot->degree; i++)
		if (slot_neighbors(layout, slot)[i] == node)
			return true;
	return false;
}

/* Keeps the nearest candidates, each once. */
static void
bridge_candidate(Bridge *bridge, uint32 node, float l2sq)
{
	int			at = bridge->count;

	for (int i = 0; i < bridge->count; i++)
		if (bridge->candidates[i].node == node)
			return;
	if (bridge->count == bridge->room)
	{
		if (l2sq >= bridge->candidates[--at].l2sq)
			return;
	}
	else
		bridge->count++;
	for (; at > 0 && bridge->candidates[at - 1].l2sq > l2sq; at--)
		bridge->candidates[at] = bridge->candidates[at - 1];
	bridge->candidates[at].node = node;
	bridge->candidates[at].l2sq = l2sq;
}

/* Takes a dead node's neighbours as candidates, by its estimates. */
static void
bridge_over(const KgBridgePass *pass, Bridge *bridge, uint32 dead)
{
	const KgLayout *layout = pass->layout;
	float		estimates[KG_MAX_M];
	const NodeSlot *slot = kg_store_read_node(pass->store, dead);
	float		l2sq = kg_scalar_l2sq(layout->storage, bridge->own,
									  slot_vector(layout, slot),
									  layout->shape.dim);

	kg_walk_estimate(layout, &bridge->code, slot, l2sq, estimates);
	for (int i = 0; i < slot->degree; i++)
	{
		uint32		node = slot_neighbors(layout, slot)[i];

		if (node != bridge->node && !kg_seen_has(pass->dead, node) &&
			!is_neighbor(layout, bridge->slot, node))
			bridge_candidate(bridge, node, estimates[i]);
	}
	kg_store_done(pass->store);
}

/* Reads a candidate's vector and true distance; false if it is not live. */
static bool
bridge_read(const KgBridgePass *pass, Bridge *bridge, KgNeighbor *candidate)
{
	const KgLayout *layout = pass->layout;
	const NodeSlot *slot = kg_store_read_node(pass->store, candidate->node);
	bool		live = slot->state == NODE_LIVE;

	candidate->generation = slot->generation;
	candidate->kept = false;
	candidate->vector = palloc(sizeof(float) * layout->shape.dim);
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, candidate->vector);
	candidate->l2sq = kg_scalar_l2sq(layout->storage, bridge->own,
									 slot_vector(layout, slot),
									 layout->shape.dim);
	kg_store_done(pass->store);
	return live;
}

/* Replaces a node's edges to dead nodes. */
static void
write_bridge(const KgBridgePass *pass, Bridge *bridge)
{
	const KgLayout *layout = pass->layout;
	float	   *scratch = palloc(sizeof(float) * layout->shape.dim);
	KgEdit		edit;
	Page		page;
	NodeSlot   *slot;

	kg_edit_begin(&edit, pass->store);
	page = kg_edit_page(&edit, node_block(layout, bridge->node), PAGE_NODES);
	slot = node_slot(layout, page, bridge->node);
	for (int i = slot->degree - 1; i >= 0; i--)
		if (kg_seen_has(pass->dead, slot_neighbors(layout, slot)[i]))
			kg_edges_remove(layout, slot, i);
	for (int i = 0; i < bridge->count; i++)
	{
		kg_code_query(&layout->shape, bridge->candidates[i].vector,
					  &bridge->code);
		kg_edges_offer(layout, slot, &bridge->candidates[i], &bridge->code,
					   scratch);
	}
	kg_edit_commit(&edit);
}

static void
bridge_node(const KgBridgePass *pass, uint32 node, const NodeSlot *copy)
{
	const KgLayout *layout = pass->layout;
	Bridge	   *bridge = palloc(sizeof(Bridge));
	int			live = 0;

	bridge->node = node;
	bridge->slot = (NodeSlot *) copy;
	bridge->own = palloc(sizeof(float) * layout->shape.dim);
	bridge->code.lut = palloc(kg_code_lut_bytes(&layout->shape));
	bridge->count = 0;
	bridge->room = 0;
	kg_scalar_decode(layout->storage, slot_vector(layout, copy),
					 layout->shape.dim, bridge->own);
	kg_code_query(&layout->shape, bridge->own, &bridge->code);

	/* As many candidates as edges are lost. */
	for (int i = 0; i < copy->degree; i++)
		if (kg_seen_has(pass->dead, slot_neighbors(layout, copy)[i]))
			bridge->room++;
	for (int i = 0; i < copy->degree; i++)
		if (kg_seen_has(pass->dead, slot_neighbors(layout, copy)[i]))
			bridge_over(pass, bridge, slot_neighbors(layout, copy)[i]);
	for (int i = 0; i < bridge->count; i++)
	{
		KgNeighbor	candidate = bridge->candidates[i];

		if (bridge_read(pass, bridge, &candidate))
			bridge->candidates[live++] = candidate;
	}
	bridge->count = live;
	write_bridge(pass, bridge);
}

/*
 * Adoption: a node that counted on an edge from a dead node finds another
 * that keeps one to it, the nearest of its own neighbours that can, or else
 * becomes an entry point.
 */

/* Offers an orphan to a node, which must keep it; true if it does. */
static bool
adopt(const KgBridgePass *pass, uint32 node, const KgNeighbor *orphan,
	  const KgCodeQuery *code, float *scratch)
{
	const KgLayout *layout = pass->layout;
	KgNeighbor	offer = *orphan;
	KgEdit		edit;
	Page		page;
	NodeSlot   *slot;
	bool		taken = false;

	kg_edit_begin(&edit, pass->store);
	page = kg_edit_page(&edit, node_block(layout, node), PAGE_NODES);
	slot = node_slot(layout, page, node);
	if (slot->state == NODE_LIVE)
	{
		offer.kept = true;
		offer.l2sq = kg_scalar_l2sq(layout->storage, orphan->vector,
									slot_vector(layout, slot),
									layout->shape.dim);
		taken = kg_edges_offer(layout, slot, &offer, code, scratch) ||
			kg_edges_keep(layout, slot, orphan->node);
	}
	if (taken)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
	return taken;
}

/* Makes a node an entry point, as no other node leads to it. */
static void
make_entry(const KgBridgePass *pass, const KgNeighbor *orphan)
{
	KgEntry    *entry = kg_entry_new(pass->layout, orphan->node,
									 orphan->vector);
	KgEdit		edit;
	Page		page;

	kg_edit_begin(&edit, pass->store);
	page = kg_edit_page(&edit, KG_META_BLOCK, PAGE_META);
	kg_entries_add(&edit, page_meta(page), -1, entry);
	kg_edit_commit(&edit);
}

static void
find_adopter(const KgBridgePass *pass, uint32 node)
{
	const KgLayout *layout = pass->layout;
	float	   *scratch = palloc(sizeof(float) * layout->shape.dim);
	NodeSlot   *copy = palloc(layout->slot_size);
	KgNeighbor	orphan = {.node = node};
	KgCodeQuery code;
	float		r2[KG_MAX_M];
	bool		tried[KG_MAX_M] = {false};

	memcpy(copy, kg_store_read_node(pass->store, node), layout->slot_size);
	kg_store_done(pass->store);
	if (copy->state != NODE_LIVE)
		return;
	orphan.vector = palloc(sizeof(float) * layout->shape.dim);
	code.lut = palloc(kg_code_lut_bytes(&layout->shape));
	kg_scalar_decode(layout->storage, slot_vector(layout, copy),
					 layout->shape.dim, orphan.vector);
	kg_code_query(&layout->shape, orphan.vector, &code);
	kg_simd->f16_to_f32(slot_factor_r2(layout, copy), r2, copy->degree);

	for (int n = 0; n < copy->degree; n++)
	{
		int			nearest = 0;

		for (int i = 1; i < copy->degree; i++)
			if (!tried[i] &&
				(tried[nearest] || fabsf(r2[i]) < fabsf(r2[nearest])))
				nearest = i;
		tried[nearest] = true;
		if (!kg_seen_has(pass->dead, slot_neighbors(layout, copy)[nearest]) &&
			adopt(pass, slot_neighbors(layout, copy)[nearest], &orphan, &code,
				  scratch))
			return;
	}
	make_entry(pass, &orphan);
}

/* For each node that counts on an edge from this dead one. */
static void
release_kept(const KgBridgePass *pass, const NodeSlot *dead)
{
	for (int i = 0; i < dead->degree; i++)
	{
		uint32		node = slot_neighbors(pass->layout, dead)[i];

		if (slot_kept(pass->layout, dead, i) &&
			!kg_seen_has(pass->dead, node))
			find_adopter(pass, node);
	}
}

static bool
has_dead_neighbor(const KgBridgePass *pass, const NodeSlot *slot)
{
	for (int i = 0; i < slot->degree; i++)
		if (kg_seen_has(pass->dead,
						slot_neighbors(pass->layout, slot)[i]))
			return true;
	return false;
}

void
kg_bridge_pass(const KgBridgePass *pass)
{
	const KgLayout *layout = pass->layout;
	char	   *copy = palloc(BLCKSZ);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_hnsw bridge",
												  ALLOCSET_DEFAULT_SIZES);

	for (BlockNumber block = KG_META_BLOCK + 1; block < pass->pages; block++)
	{
		Page		page;

		vacuum_delay_point(false);
		page = kg_store_read_if(pass->store, block, PAGE_NODES);
		if (page == NULL)
			continue;
		memcpy(copy, page, BLCKSZ);
		kg_store_done(pass->store);

		for (int i = 0; i < layout->per_page; i++)
		{
			NodeSlot   *slot = page_slot(layout, (Page) copy, i);
			MemoryContext old_context;

			old_context = MemoryContextSwitchTo(context);
			if (slot->state == NODE_LIVE && has_dead_neighbor(pass, slot))
				bridge_node(pass, block * layout->per_page + i, slot);
			else if (slot->state == NODE_DEAD)
				release_kept(pass, slot);
			MemoryContextSwitchTo(old_context);
			MemoryContextReset(context);
		}
	}
	MemoryContextDelete(context);
	pfree(copy);
}
