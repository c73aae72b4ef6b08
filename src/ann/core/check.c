/*
 * check.c
 *	  Checks a whole index and reports each broken invariant.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/check.h"
#include "ann/core/check_filters.h"
#include "ann/core/check_pending.h"
#include "ann/core/entries.h"
#include "ann/core/index.h"
#include "ann/layout/copies.h"
#include "ann/layout/free_space.h"

/* Remembers the kind of each page; a crash may leave empty ones. */
static void
check_kinds(KgCheck *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
	{
		Page		page;

		CHECK_FOR_INTERRUPTS();
		page = kg_store_read_any(&check->store, block);
		if (!PageIsNew(page))
		{
			KgPageOpaque *opaque = page_opaque(page);

			if (!kg_page_is_sound(page) ||
				opaque->page_id != KG_PAGE_ID ||
				opaque->kind < PAGE_META || opaque->kind >= PAGE_KINDS)
				kg_check_report(check, block, "page is not one of kg_hnsw");
			else if ((opaque->kind == PAGE_META) != (block == KG_META_BLOCK) ||
					 (opaque->kind == side_kind(&check->layout)) !=
					 side_block(&check->layout, block))
				kg_check_report(check, block, "page of kind %d is in the wrong place",
								opaque->kind);
			else
				check->kinds[block] = opaque->kind;
		}
		kg_store_done(&check->store);
	}
}

/* Checks the TID of a row; block is the page that has it. */
static void
check_tid(KgCheck *check, BlockNumber block, uint32 node, KgTid tid)
{
	if (tid_valid(tid))
		check->reporter->row(check->reporter->arg, tid, node);
	else
		kg_check_report(check, block, "a row has no TID");
}

/* The overflow list of a node, whose page is locked. */
static void
check_chunks(KgCheck *check, BlockNumber block, uint32 node, uint32 number)
{
	KgStore		chunks = check->store;

	while (number != KG_NO_CHUNK)
	{
		KgChunk    *chunk;
		uint32		next;

		if (!kg_check_page_is(check, chunk_block(number), PAGE_CHUNKS))
		{
			kg_check_report(check, block, "overflow list of node %u leads to block %u, which has none",
							node, chunk_block(number));
			return;
		}
		if (!kg_visited_add(&check->chunks, number))
		{
			kg_check_report(check, block, "overflow list of node %u shares chunk %u",
							node, number);
			return;
		}
		chunk = page_chunk(kg_store_read(&chunks, chunk_block(number),
										 PAGE_CHUNKS),
						   number % KG_CHUNKS_PER_PAGE);
		if (chunk->count == 0 || chunk->count > KG_CHUNK_TIDS)
			kg_check_report(check, block, "overflow list of node %u has a chunk of %u rows",
							node, chunk->count);
		for (int i = 0; i < Min(chunk->count, KG_CHUNK_TIDS); i++)
			check_tid(check, chunk_block(number), node, chunk->tids[i]);
		next = chunk->next;
		kg_store_done(&chunks);
		number = next;
	}
}

/* A node's finer copy, on pages of its own. */
static void
check_copy(KgCheck *check, BlockNumber block, uint32 node)
{
	int			blocks;
	BlockNumber first = kg_copy_first_block(&check->layout, node, &blocks);

	for (int i = 0; i < blocks; i++)
		if (!kg_check_page_is(check, first + i, PAGE_COPIES))
			kg_check_report(check, block, "copy of node %u should be on block %u, which has none",
							node, first + i);
}

/* The list of a node or, where nodes share lists, of its page. */
static void
check_edges(KgCheck *check, BlockNumber block, uint32 node, const NodeSlot *slot)
{
	const KgLayout *layout = &check->layout;
	const uint32 *neighbors = slot_neighbors(layout, slot);

	if (slot->degree > layout->max_degree)
	{
		kg_check_report(check, block, "node %u has %u neighbours, more than %d",
						node, slot->degree, layout->max_degree);
		return;
	}
	for (int i = 0; i < slot->degree; i++)
	{
		if (same_end(layout, neighbors[i], node))
			kg_check_report(check, block, "node %u is its own neighbour", node);
		if (!kg_check_page_is(check, node_block(layout, neighbors[i]), PAGE_NODES))
			kg_check_report(check, block, "node %u has neighbour %u, which is on no page of nodes",
							node, neighbors[i]);
		for (int j = 0; j < i; j++)
			if (same_end(layout, neighbors[i], neighbors[j]))
				kg_check_report(check, block, "node %u has neighbour %u twice",
								node, neighbors[i]);
	}
}

static void
check_node(KgCheck *check, BlockNumber block, uint32 node, const NodeSlot *slot)
{
	if (slot->state > NODE_DEAD)
	{
		kg_check_report(check, block, "node %u has state %u", node, slot->state);
		return;
	}
	if (slot->state == NODE_FREE)
		return;
	if (slot->state == NODE_LIVE)
		check_tid(check, block, node, slot->tid);
	if (slot->state == NODE_DEAD && slot->chunk != KG_NO_CHUNK)
		kg_check_report(check, block, "dead node %u has an overflow list", node);
	if (!(slot->error >= 0) || !(slot->length >= 0))
		kg_check_report(check, block, "node %u has error bound %g and length %g",
						node, slot->error, slot->length);
	if (check->layout.sparse > 0 &&
		!kg_sparse_is_sound(slot_sparse(&check->layout, slot), check->layout.sparse))
		kg_check_report(check, block, "node %u has elements of a sparse vector that are out of order",
						node);
	if (!kg_layout_has_hubs(&check->layout))
		check_edges(check, block, node, slot);
	if (check->layout.copy_bytes > 0)
		check_copy(check, block, node);
	check_chunks(check, block, node, slot->chunk);
}

/* The hub of a page says whether any of its nodes is live, and has their list. */
static void
check_hub(KgCheck *check, BlockNumber block, Page page)
{
	const KgLayout *layout = &check->layout;
	const NodeSlot *hub = page_hub(page);
	PGAlignedBlock copy;

	memcpy(copy.data, page, BLCKSZ);
	page_update_hub(layout, (Page) copy.data);
	if (hub->state != page_hub((Page) copy.data)->state)
		kg_check_report(check, block, "hub has state %u, and its nodes are of state %u",
						hub->state, page_hub((Page) copy.data)->state);
	else if (hub->state == NODE_FREE && hub->degree > 0)
		kg_check_report(check, block, "page without nodes has %u neighbours", hub->degree);
	else
		check_edges(check, block, block * layout->per_page, hub);
}

static void
check_nodes(KgCheck *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
	{
		Page		page;

		CHECK_FOR_INTERRUPTS();
		if (check->kinds[block] != PAGE_NODES)
			continue;
		page = kg_store_read(&check->store, block, PAGE_NODES);
		if (kg_layout_has_hubs(&check->layout))
			check_hub(check, block, page);
		for (int i = 0; i < check->layout.per_page; i++)
			check_node(check, block, block * check->layout.per_page + i,
					   page_slot(&check->layout, page, i));
		kg_store_done(&check->store);
	}
}

/* Finds chunks that are in use but in no node's list. */
static void
check_lost_chunks(KgCheck *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
	{
		Page		page;

		if (check->kinds[block] != PAGE_CHUNKS)
			continue;
		page = kg_store_read(&check->store, block, PAGE_CHUNKS);
		for (int i = 0; i < KG_CHUNKS_PER_PAGE; i++)
			if (page_chunk(page, i)->count > 0 &&
				!kg_visited_has(&check->chunks, block * KG_CHUNKS_PER_PAGE + i))
				kg_check_report(check, block, "chunk %d belongs to no node", i);
		kg_store_done(&check->store);
	}
}

static void
check_list(KgCheck *check, const KgMetaPage *meta, KgListKind kind)
{
	BlockNumber block = meta->lists[kind];
	uint32		last = UINT32_MAX;

	while (block != InvalidBlockNumber)
	{
		Page		page;
		KgListPage *list;

		if (!kg_check_page_is(check, block, PAGE_LIST) ||
			!kg_visited_add(&check->listed, block))
		{
			kg_check_report(check, block, "a list of rows without a node leads to a page of another kind or list");
			return;
		}
		page = kg_store_read(&check->store, block, PAGE_LIST);
		list = page_list(page);
		if (list->kind != (uint32) kind || list->number >= last)
			kg_check_report(check, block, "page %u of list %u is in list %d after page %u",
							list->number, list->kind, kind, last);
		last = list->number;
		if (list->count > KG_LIST_TIDS)
			kg_check_report(check, block, "list page has %u rows, more than %d",
							list->count, KG_LIST_TIDS);
		else
			for (uint32 i = 0; i < list->count; i++)
				check_tid(check, block, KG_NO_NODE, list->tids[i]);
		block = page_opaque(page)->next;
		kg_store_done(&check->store);
	}
}

/*
 * Space: the chains of pages with free space, the chain of free pages, and
 * pages that should be in one of these or in a list but are not.
 */

static void
check_free_space(KgCheck *check, const KgMetaPage *meta, KgFreeSpaceUse use)
{
	BlockNumber block = meta->free_space[use];

	while (block != InvalidBlockNumber)
	{
		Page		page;
		BlockNumber link;

		if (!kg_check_page_is(check, block, free_space_page_kind(use)) ||
			!kg_visited_add(&check->linked, block))
		{
			kg_check_report(check, block, "a chain of pages with free space leads to a page of another kind or chain");
			return;
		}
		page = kg_store_read(&check->store, block, free_space_page_kind(use));
		link = *page_free_space_link(page);
		if (use != FREE_SPACE_CHUNKS && page_list(page)->kind != (uint32) use)
			kg_check_report(check, block, "page of list %u is in the chain of list %d",
							page_list(page)->kind, use);
		if (link == InvalidBlockNumber)
			kg_check_report(check, block, "a chain of pages with free space does not end");
		block = page_free_space_next(page, block);
		kg_store_done(&check->store);
	}
}

static void
check_free(KgCheck *check, const KgMetaPage *meta)
{
	BlockNumber block = meta->free;

	while (block != InvalidBlockNumber)
	{
		if (!kg_check_page_is(check, block, PAGE_FREE) ||
			!kg_visited_add(&check->linked, block))
		{
			kg_check_report(check, block, "the chain of free pages leads to a page of another kind or chain");
			return;
		}
		block = page_opaque(kg_store_read(&check->store, block,
										  PAGE_FREE))->next;
		kg_store_done(&check->store);
	}
}

/* Space that nobody will find again, not even VACUUM. */
static void
check_lost_pages(KgCheck *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
	{
		char		kind = check->kinds[block];

		CHECK_FOR_INTERRUPTS();
		if (kind == PAGE_FREE && !kg_visited_has(&check->linked, block))
			kg_check_report(check, block, "free page is in no chain");
		if (kind == PAGE_LIST && !kg_visited_has(&check->listed, block))
			kg_check_report(check, block, "page of a list is in none");
		if (kind == PAGE_LIST || kind == PAGE_CHUNKS)
		{
			Page		page = kg_store_read(&check->store, block, kind);

			if (page_in_free_space_chain(page) &&
				!kg_visited_has(&check->linked, block))
				kg_check_report(check, block, "page with free space is in no chain");
			kg_store_done(&check->store);
		}
	}
}

/* An entry point, copied from its page, which has this frame. */
static void
check_entry(KgCheck *check, BlockNumber block, const KgFrame *frame,
			const KgEntry *entry)
{
	const KgLayout *layout = &check->layout;
	const NodeSlot *slot;

	if (!kg_check_page_is(check, node_block(layout, entry->node), PAGE_NODES))
	{
		kg_check_report(check, block, "entry point %u is on no page of nodes",
						entry->node);
		return;
	}
	slot = kg_store_read_node(&check->store, entry->node);
	if (slot->state == NODE_FREE)
		kg_check_report(check, block, "entry point %u is a free slot", entry->node);
	else
	{
		KgNodeData	node = {.node = entry->node};

		node.y = palloc(sizeof(double) * layout->shape.dim);
		memcpy(node.words, slot_own_words(layout, slot),
			   sizeof(uint32) * layout->filters);
		kg_slot_position(&check->store, slot, node.y);
		if (!kg_entry_is_of(layout, frame, entry, &node))
			kg_check_report(check, block, "entry point %u has another code than its node",
							entry->node);
		pfree(node.y);
	}
	kg_store_done(&check->store);
}

static void
check_entries(KgCheck *check, const KgMetaPage *meta)
{
	const KgLayout *layout = &check->layout;
	int			per_page = kg_entries_per_page(layout);
	int			max = kg_entries_max(layout);
	char	   *copy = palloc(BLCKSZ);
	KgFrame    *frame = palloc(kg_frame_bytes(layout));

	if (meta->entry_count > (uint32) max)
		kg_check_report(check, KG_META_BLOCK, "meta page has %u entry points, more than %d",
						meta->entry_count, max);
	for (int i = 0; i < Min((int) meta->entry_count, max); i++)
	{
		BlockNumber block = meta->entry_pages[i / per_page];

		if (!kg_check_page_is(check, block, PAGE_ENTRIES))
		{
			kg_check_report(check, KG_META_BLOCK, "entry point %d is on block %u, which has none",
							i, block);
			continue;
		}
		if (i % per_page == 0)
		{
			memcpy(copy, kg_store_read(&check->store, block, PAGE_ENTRIES),
				   BLCKSZ);
			kg_store_done(&check->store);
			kg_frame_read(&check->store, *kg_entry_page_frame((Page) copy),
						  frame);
		}
		check_entry(check, block, frame,
					kg_entry_on(layout, (Page) copy, i % per_page));
	}
	pfree(frame);
	pfree(copy);
}

/*
 * Frames.
 */

/* The map leads to pages of frames as far as there are frames, and no farther. */
static bool
check_frame_map(KgCheck *check, int used)
{
	BlockNumber block = frame_map_block(&check->layout);

	for (int first = 0; first == 0 || block != InvalidBlockNumber; first += KG_MAP_BLOCKS)
	{
		Page		page;
		const BlockNumber *map;
		bool		sound = true;

		if (!kg_check_page_is(check, block, PAGE_FRAME_MAP) ||
			!kg_visited_add(&check->listed, block))
		{
			kg_check_report(check, block, "the map of frames leads to a page of another kind, or back");
			return false;
		}
		page = kg_store_read(&check->store, block, PAGE_FRAME_MAP);
		map = (const BlockNumber *) PageGetContents(page);
		for (int i = 0; i < KG_MAP_BLOCKS && sound; i++)
			sound = first + i < used ? kg_check_page_is(check, map[i], PAGE_FRAMES) :
				map[i] == InvalidBlockNumber;
		if (!sound)
			kg_check_report(check, block, "the map does not lead to the pages of %d frames",
							used);
		block = page_opaque(page)->next;
		kg_store_done(&check->store);
		if (!sound)
			return false;
	}
	return true;
}

static void
check_frames(KgCheck *check, const KgMetaPage *meta)
{
	const KgLayout *layout = &check->layout;
	KgFrame    *frame = palloc(kg_frame_bytes(layout));

	if (!check_frame_map(check, kg_frame_map_used(layout, meta->frame_count)))
		return;
	for (int i = KG_ORIGIN_FRAME + 1; i < meta->frame_count; i++)
	{
		int			exponent;
		bool		sound;

		kg_frame_read(&check->store, i, frame);
		sound = frexp(frame->unit, &exponent) == 0.5;
		for (int j = 0; j < layout->shape.dim; j++)
			sound &= isfinite(frame->centre[j]) != 0;
		if (!sound)
			kg_check_report(check, KG_META_BLOCK, "frame %d has unit %g, or a centre that is no vector",
							i, frame->unit);
	}
	if (meta->default_frame >= Max(meta->frame_count, 1))
		kg_check_report(check, KG_META_BLOCK, "the frame of the data is %u of %u",
						meta->default_frame, meta->frame_count);
	pfree(frame);
}

/* Returns where the map of values begins. */
static BlockNumber
check_meta(KgCheck *check)
{
	KgMetaPage	meta;

	kg_index_read_meta(&check->store, &meta);
	check_frames(check, &meta);
	check_entries(check, &meta);
	for (int i = 0; i < LIST_KINDS; i++)
		check_list(check, &meta, i);
	for (int i = 0; i < FREE_SPACE_USES; i++)
		check_free_space(check, &meta, i);
	check_free(check, &meta);
	kg_check_pending(check, &meta);
	check_lost_pages(check);
	return meta.values;
}

void
kg_check(const KgStore *store, const KgCheckReporter *reporter)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_hnsw check",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	KgCheck    *check = palloc0(sizeof(KgCheck));
	BlockNumber root;

	check->reporter = reporter;
	check->store = *store;
	check->layout = *store->layout;
	check->store.layout = &check->layout;
	check->pages = kg_store_pages(store);
	check->kinds = palloc_extended(check->pages,
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	kg_visited_init(&check->chunks, context);
	kg_visited_init(&check->listed, context);
	kg_visited_init(&check->linked, context);
	kg_visited_init(&check->values, context);
	kg_visited_init(&check->valued, context);

	check_kinds(check);
	root = check_meta(check);
	check_nodes(check);
	check_lost_chunks(check);
	kg_check_filters(check, root);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}
