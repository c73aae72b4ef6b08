/*
 * refresh.c
 *	  Choosing the lists of pages anew, where nodes share lists.
 *
 * A list was chosen around the nodes that its page began with.  As others join and
 * these go, what the new ones offer competes with edges that were chosen for nodes
 * that are gone.  So VACUUM chooses the list of such a page anew, as a build does: from
 * a search for each node of now.  Pinned edges stay.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/candidates.h"
#include "ann/core/insert.h"
#include "ann/core/members.h"
#include "ann/core/refresh.h"

/* A list is chosen anew when this part of a page's nodes, one in so many, has joined. */
#define JOINED_PART 2

/* Leaves out the candidates that stand on a page. */
static void
leave_out_page(KgInserter *inserter, BlockNumber block)
{
	const KgLayout *layout = &inserter->index->layout;
	int			count = 0;

	for (int i = 0; i < inserter->count; i++)
	{
		float	   *vector = inserter->vectors + (Size) count * layout->shape.dim;

		if (node_block(layout, inserter->expanded[i].node) == block)
			continue;
		if (i > count)
			memcpy(vector, inserter->expanded[i].vector, sizeof(float) * layout->shape.dim);
		inserter->expanded[count] = inserter->expanded[i];
		inserter->expanded[count++].vector = vector;
	}
	inserter->count = count;
}

/* Keeps what is near each live node of a page, which is a copy. */
static void
keep_near_members(KgInserter *inserter, BlockNumber block, Page page)
{
	KgIndex    *index = inserter->index;
	const KgLayout *layout = &index->layout;
	double	   *y = palloc(sizeof(double) * layout->shape.dim);

	inserter->near_count = 0;
	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);

		if (slot->state != NODE_LIVE)
			continue;
		kg_slot_position(inserter->store, slot, y);
		kg_query_set_position(&inserter->query, index, inserter->store, y);
		memcpy(inserter->words, slot_own_words(layout, slot),
			   sizeof(uint32) * layout->filters);
		kg_candidates_search(inserter, &inserter->query, index->ef_construction);
		leave_out_page(inserter, block);
		inserter->frame = slot_frame(slot);
		kg_members_keep_near(inserter);
	}
}

/* Keeps the end of a pinned edge: a live node of its page, unless none is. */
static void
keep_end(KgInserter *inserter, uint32 node)
{
	const KgLayout *layout = &inserter->index->layout;
	const NodeSlot *slot = kg_store_read_node(inserter->store, node);
	const NodeSlot *hub = node_list_slot(layout, slot, node);
	int			at = inserter->near_count;
	KgNeighbor *near = &inserter->near[at];

	for (int i = 0; i < layout->per_page && slot->state != NODE_LIVE; i++)
	{
		slot = hub_member(layout, hub, i);
		node += i - node % layout->per_page;
	}
	if (slot->state == NODE_LIVE)
	{
		memset(near, 0, sizeof(KgNeighbor));
		near->node = node;
		near->generation = slot->generation;
		near->frame = slot_frame(slot);
		near->pinned = true;
		memcpy(near->words, slot_own_words(layout, slot), sizeof(uint32) * layout->filters);
		near->error = slot->error;
		near->length = slot->length;
		near->vector = inserter->near_vectors + (Size) at * layout->shape.dim;
		kg_scalar_decode(layout->storage, slot_vector(layout, slot), layout->shape.dim,
						 near->vector);
		inserter->near_count++;
	}
	kg_store_done(inserter->store);
}

/* Keeps the ends of a hub's pinned edges, and marks those that are kept. */
static void
keep_pinned(KgInserter *inserter, const NodeSlot *hub)
{
	const KgLayout *layout = &inserter->index->layout;
	int			count = inserter->near_count;

	for (int i = 0; i < hub->degree; i++)
	{
		uint32		node = slot_neighbors(layout, hub)[i];
		bool		found = false;

		if (!slot_pinned(layout, hub, i))
			continue;
		for (int j = 0; j < count; j++)
			if (same_end(layout, inserter->near[j].node, node))
				found = inserter->near[j].pinned = true;
		if (!found)
			keep_end(inserter, node);
	}
}

/* Chooses the edges of a hub, a copy, among what was kept; returns how many. */
static int
choose_edges(KgInserter *inserter, const NodeSlot *hub)
{
	KgIndex    *index = inserter->index;
	double	   *y = palloc(sizeof(double) * index->layout.shape.dim);

	kg_slot_position(inserter->store, hub, y);
	kg_query_set_position(&inserter->centre, index, inserter->store, y);
	kg_members_take_near(inserter);
	kg_candidates_measure(inserter, &inserter->centre);
	kg_members_keep_one_of_a_page(inserter);
	inserter->frame = slot_frame(hub);
	kg_candidates_align(inserter, &inserter->centre);
	kg_candidates_sort(inserter, inserter->count);
	return kg_edges_select(&index->layout, inserter->expanded, inserter->count);
}

/* Writes them, unless the hub is no longer as it was. */
static void
write_edges(KgInserter *inserter, BlockNumber block, const NodeSlot *copy, int degree)
{
	const KgLayout *layout = &inserter->index->layout;
	KgEdit		edit;
	NodeSlot   *hub;

	kg_edit_begin(&edit, inserter->store);
	hub = page_hub(kg_edit_page(&edit, block, PAGE_NODES));
	if (memcmp(hub, copy, layout->hub_size) != 0)
	{
		kg_edit_abort(&edit);
		return;
	}
	kg_edge_work_set(&inserter->work, inserter->store, hub);
	hub->generation = 0;
	hub->degree = 0;
	for (int i = 0; i < degree; i++)
		kg_edges_put(layout, hub, hub->degree++, &inserter->work.owner,
					 &inserter->expanded[i]);
	kg_edit_commit(&edit);
}

static void
refresh_page(KgInserter *inserter, BlockNumber block, Page copy)
{
	const KgLayout *layout = &inserter->index->layout;
	Page		page = kg_store_read_if(inserter->store, block, PAGE_NODES);
	const NodeSlot *hub = page_hub(copy);

	if (page == NULL)
		return;
	memcpy(copy, page, BLCKSZ);
	kg_store_done(inserter->store);
	if (hub->state != NODE_LIVE || hub->generation * JOINED_PART < layout->members)
		return;
	keep_near_members(inserter, block, copy);
	keep_pinned(inserter, hub);
	write_edges(inserter, block, hub, choose_edges(inserter, hub));
}

void
kg_refresh_lists(KgStore *store, KgIndex *index)
{
	KgInserter *inserter = kg_inserter_new(&index->layout);
	Page		copy = palloc(BLCKSZ);
	BlockNumber pages = kg_store_pages(store);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_diskann refresh",
												  ALLOCSET_DEFAULT_SIZES);

	inserter->index = index;
	inserter->store = store;
	inserter->work.layout = &index->layout;
	for (BlockNumber block = KG_META_BLOCK + 1; block < pages; block++)
	{
		MemoryContext old_context = MemoryContextSwitchTo(context);

		kg_store_vacuum_delay(store);
		refresh_page(inserter, block, copy);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}
