/*
 * repair.c
 *	  VACUUM's repair pass: leads searches past the nodes that it will free.
 *
 * A live node with dead neighbours takes the nearest of their neighbours
 * instead, by the dead nodes' own estimates, so that few pages are read.  A
 * pinned edge of a dead node gets another holder.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/edges.h"
#include "ann/core/entries.h"
#include "ann/core/index.h"
#include "ann/core/reach.h"
#include "ann/core/repair.h"

/* The nearest of those that may replace dead neighbours. */
typedef struct Candidates
{
	KgCandidate nodes[KG_MAX_DEGREE];	/* by key */
	int			count;
	int			capacity;		/* so many are wanted */
} Candidates;

/* A live node with dead neighbours. */
typedef struct Repair
{
	uint32		node;
	const NodeSlot *slot;		/* copy */
	KgQuery		query;			/* set to its vector */
	Candidates	nearest;
	Candidates	group;			/* of its group, if it lost such edges */
} Repair;

/* Sets a query to what a slot stores. */
static void
set_query(const KgRepairPass *pass, KgQuery *query, const NodeSlot *slot)
{
	const KgLayout *layout = pass->layout;
	float	   *vector = palloc(sizeof(float) * layout->shape.dim);

	if (pass->last->number != slot_frame(slot))
	{
		kg_frame_read(pass->store, slot_frame(slot), pass->last->frame);
		pass->last->number = slot_frame(slot);
	}
	kg_query_init(query);
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, vector);
	kg_query_set_stored(query, pass->store, slot_frame(slot),
						pass->last->frame, vector);
}

/* Is what an edge leads to dead: the node or, where nodes share lists, its page? */
static bool
is_dead(const KgRepairPass *pass, uint32 node)
{
	return kg_layout_has_hubs(pass->layout) ?
		kg_visited_has(pass->dead_pages, node_block(pass->layout, node)) :
		kg_visited_has(pass->dead, node);
}

/* A page to change, and the list of one of its nodes. */
static NodeSlot *
edit_list(const KgRepairPass *pass, KgEdit *edit, uint32 node)
{
	const KgLayout *layout = pass->layout;
	Page		page;

	kg_edit_begin(edit, pass->store);
	page = kg_edit_page(edit, node_block(layout, node), PAGE_NODES);
	return node_list_slot(layout, node_slot(layout, page, node), node);
}

static bool
has_candidate(const KgLayout *layout, const Candidates *candidates, uint32 node)
{
	for (int i = 0; i < candidates->count; i++)
		if (same_end(layout, candidates->nodes[i].node, node))
			return true;
	return false;
}

/* Is neighbour i of a slot of this node's group? */
static bool
is_of_group(const KgRepairPass *pass, const NodeSlot *slot, int i,
			const NodeSlot *node)
{
	return kg_group_edges(pass->layout) > 0 && slot_words(pass->layout, slot, 0)[i] ==
		slot_own_words(pass->layout, node)[0];
}

/* Keeps the nearest candidates, each once. */
static void
keep_candidate(const KgLayout *layout, Candidates *candidates, uint32 node, float key)
{
	KgCandidate *nodes = candidates->nodes;
	int			at = candidates->count;

	if (candidates->capacity == 0 || has_candidate(layout, candidates, node))
		return;
	if (candidates->count == candidates->capacity)
	{
		if (key >= nodes[--at].key)
			return;
	}
	else
		candidates->count++;
	for (; at > 0 && nodes[at - 1].key > key; at--)
		nodes[at] = nodes[at - 1];
	nodes[at].node = node;
	nodes[at].key = key;
}

/* Takes a dead node's neighbours as candidates, by its estimates. */
static void
repair_over(const KgRepairPass *pass, Repair *repair, uint32 dead)
{
	const KgLayout *layout = pass->layout;
	float		estimates[KG_MAX_DEGREE];
	const NodeSlot *slot = node_list_slot(layout, kg_store_read_node(pass->store, dead),
										  dead);

	kg_query_estimate(&repair->query, slot, kg_query_key(&repair->query, slot),
					  estimates);
	for (int i = 0; i < slot->degree; i++)
	{
		uint32		node = slot_neighbors(layout, slot)[i];

		if (same_end(layout, node, repair->node) || is_dead(pass, node) ||
			kg_edges_find_end(layout, repair->slot, node) >= 0)
			continue;
		keep_candidate(layout, &repair->nearest, node, estimates[i]);
		if (is_of_group(pass, slot, i, repair->slot))
			keep_candidate(layout, &repair->group, node, estimates[i]);
	}
	kg_store_done(pass->store);
}

/* Sets a query to a candidate's vector; false if it is not live. */
static bool
repair_read(const KgRepairPass *pass, KgOffer *offer, KgQuery *query)
{
	/* The query reads frames with the pass's store. */
	KgStore		nodes = *pass->store;
	const NodeSlot *slot = page_live_end(pass->layout, kg_store_read_node(&nodes, offer->node),
										 &offer->node);
	bool		live = slot->state == NODE_LIVE;

	offer->error = slot->error;
	memcpy(offer->words, slot_own_words(pass->layout, slot),
		   sizeof(uint32) * pass->layout->filters);
	if (live)
		set_query(pass, query, slot);
	kg_store_done(&nodes);
	return live;
}

/*
 * Replaces a node's edges to dead nodes by count candidates, to which queries
 * are set.
 */
static void
write_repair(const KgRepairPass *pass, const Repair *repair, KgQuery *queries,
			 const KgOffer *offers, int count)
{
	const KgLayout *layout = pass->layout;
	KgEdgeWork	work;
	KgEdit		edit;
	NodeSlot   *slot;

	kg_edge_work_init(&work, layout);
	slot = edit_list(pass, &edit, repair->node);
	for (int i = slot->degree - 1; i >= 0; i--)
		if (is_dead(pass, slot_neighbors(layout, slot)[i]))
			kg_edges_remove(layout, slot, i);
	for (int i = 0; i < count; i++)
		kg_edges_offer(&work, pass->store, slot, &offers[i], &queries[i]);
	kg_edit_commit(&edit);
}

static void
repair_node(const KgRepairPass *pass, uint32 node, const NodeSlot *copy)
{
	const KgLayout *layout = pass->layout;
	Repair	   *repair = palloc0(sizeof(Repair));
	KgQuery    *queries;
	KgOffer    *offers;
	int			most;
	int			live = 0;

	repair->node = node;
	repair->slot = copy;
	set_query(pass, &repair->query, copy);

	/* As many candidates as edges are lost. */
	for (int i = 0; i < copy->degree; i++)
		if (is_dead(pass, slot_neighbors(layout, copy)[i]))
		{
			repair->nearest.capacity++;
			repair->group.capacity += is_of_group(pass, copy, i, copy);
		}
	repair->group.capacity = Min(repair->group.capacity, kg_group_edges(layout));
	for (int i = 0; i < copy->degree; i++)
		if (is_dead(pass, slot_neighbors(layout, copy)[i]))
			repair_over(pass, repair, slot_neighbors(layout, copy)[i]);
	most = repair->nearest.count + repair->group.count;
	queries = palloc(sizeof(KgQuery) * Max(most, 1));
	offers = palloc0(sizeof(KgOffer) * Max(most, 1));
	for (int i = 0; i < most; i++)
	{
		int			in_group = i - repair->nearest.count;

		offers[live].node = in_group < 0 ? repair->nearest.nodes[i].node :
			repair->group.nodes[in_group].node;
		if (in_group >= 0 && has_candidate(layout, &repair->nearest, offers[live].node))
			continue;
		if (repair_read(pass, &offers[live], &queries[live]))
			live++;
	}
	write_repair(pass, repair, queries, offers, live);
}

/*
 * Pinned edges of dead nodes: the node that such an edge leads to gets a new
 * holder, the nearest of its own neighbours that can be one, or else becomes a
 * permanent entry point.
 */

/* Makes a node the holder of an edge to another; true if it can be that. */
static bool
pin_edge_to(const KgRepairPass *pass, uint32 node, const KgOffer *offer,
			KgQuery *query)
{
	const KgLayout *layout = pass->layout;
	KgEdgeWork	work;
	KgEdit		edit;
	NodeSlot   *slot;
	bool		taken = false;

	kg_edge_work_init(&work, layout);
	slot = edit_list(pass, &edit, node);
	if (slot->state == NODE_LIVE)
		taken = kg_edges_offer(&work, pass->store, slot, offer, query) ||
			kg_edges_pin(layout, slot, offer->node);
	if (taken)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
	return taken;
}

/* Where a new permanent entry point goes: -1 to the end, or to the least of others. */
static bool
find_entry_place(const KgRepairPass *pass, int *position)
{
	KgMetaPage	meta;
	KgEntryTable table;

	*position = -1;
	kg_index_read_meta(pass->store, &meta);
	if ((int) meta.entry_count < kg_entries_max(pass->layout))
		return true;
	kg_entries_read_all(pass->store, &meta, &table);
	*position = table.lowest;
	return table.lowest >= 0 && !kg_entry_is_permanent(&table, table.lowest);
}

/* Makes a node a permanent entry point; false if all that there may be are that. */
static bool
make_entry(const KgRepairPass *pass, uint32 node, KgQuery *query)
{
	const KgLayout *layout = pass->layout;
	KgNodeData	data = {.y = palloc(sizeof(double) * layout->shape.dim)};
	KgEntry    *entry;
	KgEdit		edit;
	Page		page;
	int			position;

	if (!find_entry_place(pass, &position))
		return false;
	kg_query_need_y(query);
	kg_node_read(pass->store, node, &data);
	kg_edit_begin(&edit, pass->store);
	page = kg_edit_page(&edit, KG_META_BLOCK, PAGE_META);
	kg_entries_add(&edit, page_meta(page), position, &data,
				   kg_entries_priority(layout, node, query->norm) + KG_PERMANENT,
				   &entry);
	kg_edit_commit(&edit);
	return true;
}

/* A live node that is to have a holder. */
typedef struct Unreachable
{
	KgOffer		offer;			/* an edge to it */
	KgQuery		query;			/* set to its vector */
	const NodeSlot *list;		/* a copy of its list, or its page's */
} Unreachable;

/* False if neither the node nor, where nodes share lists, any of its page is live. */
static bool
read_unreachable(const KgRepairPass *pass, uint32 node, Unreachable *unreachable)
{
	const KgLayout *layout = pass->layout;
	Page		page = palloc(BLCKSZ);
	const NodeSlot *slot;

	memcpy(page, kg_store_read(pass->store, node_block(layout, node), PAGE_NODES), BLCKSZ);
	kg_store_done(pass->store);
	slot = page_live_end(layout, node_slot(layout, page, node), &node);
	if (slot->state != NODE_LIVE)
		return false;
	unreachable->list = node_list_slot(layout, slot, node);
	set_query(pass, &unreachable->query, slot);
	memset(&unreachable->offer, 0, sizeof(KgOffer));
	unreachable->offer.pinned = true;
	unreachable->offer.node = node;
	unreachable->offer.error = slot->error;
	memcpy(unreachable->offer.words, slot_own_words(layout, slot),
		   sizeof(uint32) * layout->filters);
	return true;
}

/*
 * Gives it a holder: the nearest of its neighbours that can be one and, if reach is
 * given, is met.  False if there is none.
 */
static bool
find_holder(const KgRepairPass *pass, Unreachable *unreachable, const KgReach *reach)
{
	const KgLayout *layout = pass->layout;
	const NodeSlot *list = unreachable->list;
	bool		tried[KG_MAX_DEGREE] = {false};

	for (int n = 0; n < list->degree; n++)
	{
		const uint16 *r2 = slot_factor_r2(layout, list);
		int			nearest = 0;
		uint32		neighbor;

		/* squares of bfloat16 sort as their bits do */
		for (int i = 1; i < list->degree; i++)
			if (!tried[i] && (tried[nearest] || (r2[i] & ~SLOT_PINNED) <
							  (r2[nearest] & ~SLOT_PINNED)))
				nearest = i;
		tried[nearest] = true;
		neighbor = slot_neighbors(layout, list)[nearest];
		if (!is_dead(pass, neighbor) && (reach == NULL || kg_reach_has(reach, neighbor)) &&
			pin_edge_to(pass, neighbor, &unreachable->offer, &unreachable->query))
			return true;
	}
	return false;
}

/*
 * Finds new holders for a dead node's pinned edges, near their ends.  If one has none,
 * another leads to it: kg_attach_pass() has seen to that.
 */
static void
release_kept(const KgRepairPass *pass, const NodeSlot *dead)
{
	for (int i = 0; i < dead->degree; i++)
	{
		uint32		node = slot_neighbors(pass->layout, dead)[i];
		Unreachable unreachable;

		if (slot_pinned(pass->layout, dead, i) && !is_dead(pass, node) &&
			read_unreachable(pass, node, &unreachable))
			(void) find_holder(pass, &unreachable, NULL);
	}
}

static bool
has_dead_neighbor(const KgRepairPass *pass, const NodeSlot *slot)
{
	for (int i = 0; i < slot->degree; i++)
		if (is_dead(pass, slot_neighbors(pass->layout, slot)[i]))
			return true;
	return false;
}

/* Does an edge name a node that is dead, of a page that is not? */
static bool
names_dead(const KgRepairPass *pass, const NodeSlot *list, int i)
{
	uint32		node = slot_neighbors(pass->layout, list)[i];

	return slot_named(pass->layout, list, i) && kg_visited_has(pass->dead, node) &&
		!is_dead(pass, node);
}

/*
 * Edges that name a node that will be freed, of a page that stays, do so no more: the node
 * that takes the slot is another one.
 */
static void
unname_dead(const KgRepairPass *pass, uint32 node, const NodeSlot *copy)
{
	KgEdit		edit;
	NodeSlot   *list;
	bool		any = false;

	for (int i = 0; i < copy->degree && !any; i++)
		any = names_dead(pass, copy, i);
	if (!any)
		return;
	list = edit_list(pass, &edit, node);
	for (int i = 0; i < list->degree; i++)
		if (names_dead(pass, list, i))
			slot_nearness(pass->layout, list)[i] &= ~SLOT_NAMED;
	kg_edit_commit(&edit);
}

static void
begin_pass(KgRepairPass *pass)
{
	pass->last = palloc(sizeof(KgLastFrame));
	pass->last->number = -1;
	pass->last->frame = palloc(kg_frame_bytes(pass->layout));
}

static void
end_pass(KgRepairPass *pass)
{
	pfree(pass->last->frame);
	pfree(pass->last);
}

void
kg_repair_pass(KgRepairPass *pass)
{
	const KgLayout *layout = pass->layout;
	char	   *copy = palloc(BLCKSZ);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_hnsw bridge",
												  ALLOCSET_DEFAULT_SIZES);

	begin_pass(pass);
	for (BlockNumber block = KG_META_BLOCK + 1; block < pass->pages; block++)
	{
		Page		page;

		kg_store_vacuum_delay(pass->store);
		page = kg_store_read_if(pass->store, block, PAGE_NODES);
		if (page == NULL)
			continue;
		memcpy(copy, page, BLCKSZ);
		kg_store_done(pass->store);

		for (int i = 0; i < page_lists(layout); i++)
		{
			NodeSlot   *slot = page_list_slot(layout, (Page) copy, i);
			MemoryContext old_context;

			old_context = MemoryContextSwitchTo(context);
			if (slot->state == NODE_LIVE)
				unname_dead(pass, block * layout->per_page + i, slot);
			if (slot->state == NODE_LIVE && has_dead_neighbor(pass, slot))
				repair_node(pass, block * layout->per_page + i, slot);
			else if (slot->state == NODE_DEAD)
				release_kept(pass, slot);
			MemoryContextSwitchTo(old_context);
			MemoryContextReset(context);
		}
	}
	MemoryContextDelete(context);
	end_pass(pass);
	pfree(copy);
}

/*
 * Reach.  Pinned edges lead from the first node to all others, as each node was pinned
 * by some that a search had found.  Inserts keep it so: who hands a pinned edge over
 * pins the node that takes it.  But nodes that go take their edges along, and a new
 * holder may be one to which only its own ward leads.
 */

/* Gives holders to nodes that are not met or, if so told, makes them entry points. */
static void
attach_nodes(KgRepairPass *pass, KgReach *reach, bool as_entries)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "kg attached node",
												  ALLOCSET_DEFAULT_SIZES);
	uint32		node = 0;

	while ((node = kg_reach_next_unmet(reach, node)) != KG_NO_NODE)
	{
		MemoryContext old_context = MemoryContextSwitchTo(context);
		Unreachable unreachable;
		bool		attached;

		kg_store_vacuum_delay(pass->store);
		attached = read_unreachable(pass, node, &unreachable) &&
			(find_holder(pass, &unreachable, reach) ||
			 (as_entries && make_entry(pass, unreachable.offer.node, &unreachable.query)));
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(context);
		if (attached)
			kg_reach_meet(reach, node);
		else
			node++;
	}
	MemoryContextDelete(context);
}

void
kg_attach_pass(KgRepairPass *pass, bool repaired)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "kg reach",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	KgReach		reach;

	begin_pass(pass);
	kg_reach_init(&reach, pass->store, true, false);
	kg_reach_scan(&reach);
	attach_nodes(pass, &reach, false);
	/* short vectors are left to the sweep: see README, "Inner product" */
	if (repaired && pass->layout->metric != KG_METRIC_IP)
		attach_nodes(pass, &reach, true);
	end_pass(pass);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}
