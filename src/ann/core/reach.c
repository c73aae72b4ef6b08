/*
 * reach.c
 *	  Which nodes the graph's edges lead to from the entry points.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/core/entries.h"
#include "ann/core/reach.h"

#define FIRST_CAPACITY 1024

void
kg_reach_init(KgReach *reach, KgStore *store, bool pinned, bool past_dead)
{
	Size		bytes;

	memset(reach, 0, sizeof(KgReach));
	reach->store = store;
	reach->pages = kg_store_pages(store);
	reach->pinned = pinned;
	reach->past_dead = past_dead;
	bytes = (Size) reach->pages * store->layout->per_page / 8 + 1;
	reach->met = palloc_extended(bytes, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	reach->live = palloc_extended(bytes, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	reach->capacity = FIRST_CAPACITY;
	reach->waiting = palloc(sizeof(uint32) * reach->capacity);
}

static inline bool
has_bit(const uint8 *bits, uint32 node)
{
	return (bits[node / 8] >> (node % 8)) & 1;
}

static inline void
set_bit(uint8 *bits, uint32 node)
{
	bits[node / 8] |= 1 << (node % 8);
}

/* Where nodes share lists, the first of a page stands for all of it. */
static uint32
end_of(const KgLayout *layout, uint32 node)
{
	return kg_layout_has_hubs(layout) ? node - node % layout->per_page : node;
}

bool
kg_reach_has(const KgReach *reach, uint32 node)
{
	uint32		end = end_of(reach->store->layout, node);

	return node_block(reach->store->layout, end) < reach->pages &&
		has_bit(reach->met, end);
}

static void
note(KgReach *reach, uint32 node)
{
	const KgLayout *layout = reach->store->layout;
	uint32		end = end_of(layout, node);

	/* pages that came meanwhile, and those that a damaged edge leads to */
	if (node_block(layout, end) >= reach->pages || kg_reach_has(reach, end))
		return;
	set_bit(reach->met, end);
	if (end >= reach->position)
		return;
	if (reach->count == reach->capacity)
	{
		reach->capacity *= 2;
		reach->waiting = repalloc_huge(reach->waiting, sizeof(uint32) * reach->capacity);
	}
	reach->waiting[reach->count++] = end;
}

/* Meets what the list of a node that was met leads to; the page is locked. */
static void
follow(KgReach *reach, const NodeSlot *list)
{
	const KgLayout *layout = reach->store->layout;

	if (list->state != NODE_LIVE && !(list->state == NODE_DEAD && reach->past_dead))
		return;
	for (int i = 0; i < Min(list->degree, layout->max_degree); i++)
		if (!reach->pinned || slot_pinned(layout, list, i))
			note(reach, slot_neighbors(layout, list)[i]);
}

static void
follow_waiting(KgReach *reach)
{
	const KgLayout *layout = reach->store->layout;

	while (reach->count > 0)
	{
		uint32		node = reach->waiting[--reach->count];
		Page		page;

		kg_store_vacuum_delay(reach->store);
		page = kg_store_read_if(reach->store, node_block(layout, node), PAGE_NODES);
		if (page == NULL)
			continue;
		follow(reach, node_list_slot(layout, node_slot(layout, page, node), node));
		kg_store_done(reach->store);
	}
}

void
kg_reach_meet(KgReach *reach, uint32 node)
{
	note(reach, node);
	follow_waiting(reach);
}

/*
 * Where pinned edges count, from the permanent entry points on, if there are any: an
 * insert may drop others.
 */
static void
note_entries(KgReach *reach)
{
	KgMetaPage	meta;
	KgEntryTable table;

	kg_entries_read_all(reach->store, &meta, &table);
	for (int i = 0; i < table.count; i++)
		if (!reach->pinned || table.permanent == 0 || kg_entry_is_permanent(&table, i))
			note(reach, table.nodes[i]);
}

void
kg_reach_scan(KgReach *reach)
{
	const KgLayout *layout = reach->store->layout;

	note_entries(reach);

	for (BlockNumber block = 0; block < reach->pages; block++)
	{
		Page		page;

		kg_store_vacuum_delay(reach->store);
		page = kg_store_read_if(reach->store, block, PAGE_NODES);
		for (int i = 0; i < page_lists(layout) && page; i++)
		{
			uint32		node = block * layout->per_page + i;
			const NodeSlot *list = page_list_slot(layout, page, i);

			reach->position = node + 1;
			if (list->state == NODE_LIVE)
				set_bit(reach->live, node);
			if (has_bit(reach->met, node))
				follow(reach, list);
		}
		if (page)
			kg_store_done(reach->store);
		reach->position = (block + 1) * layout->per_page;
		follow_waiting(reach);
	}
}

uint32
kg_reach_next_unmet(const KgReach *reach, uint32 node)
{
	uint64		end = (uint64) reach->pages * reach->store->layout->per_page;

	for (uint64 i = node; i < end; i++)
	{
		if (i % 8 == 0 && (reach->live[i / 8] & ~reach->met[i / 8]) == 0)
			i += 7;
		else if (has_bit(reach->live, i) && !has_bit(reach->met, i))
			return i;
	}
	return KG_NO_NODE;
}
