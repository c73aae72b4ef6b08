/*
 * index_check.c
 *	  kg.index_check: walks everything and reports each broken invariant.
 *
 * Inserts wait meanwhile (ShareLock); scans do not.
 */
#include "postgres.h"

#include "access/relation.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "admin/index_open.h"
#include "ann/copies.h"
#include "ann/entries.h"
#include "ann/index.h"
#include "ann/seen.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_index_check);

typedef struct Check
{
	ReturnSetInfo *result;
	KgStore		store;
	KgLayout	layout;
	BlockNumber pages;			/* of the index */
	char	   *kinds;			/* of each page */
	KgSeen		chunks;			/* pieces of overflow lists met so far */
} Check;

static void report(Check *check, BlockNumber block, const char *format,...)
			pg_attribute_printf(3, 4);

/* Adds a row to the result. */
static void
report(Check *check, BlockNumber block, const char *format,...)
{
	StringInfoData problem;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	initStringInfo(&problem);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&problem, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&problem, needed);
	}
	values[0] = Int64GetDatum(block);
	values[1] = CStringGetTextDatum(problem.data);
	tuplestore_putvalues(check->result->setResult, check->result->setDesc,
						 values, nulls);
	pfree(problem.data);
}

/* Remembers the kind of each page; a crash may leave empty ones. */
static void
check_kinds(Check *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
	{
		Buffer		buffer;
		Page		page;

		CHECK_FOR_INTERRUPTS();
		buffer = ReadBuffer(check->store.rel, block);
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		page = BufferGetPage(buffer);
		if (!PageIsNew(page))
		{
			KgPageOpaque *opaque = page_opaque(page);

			if (PageGetSpecialSize(page) != sizeof(KgPageOpaque) ||
				opaque->page_id != KG_PAGE_ID ||
				opaque->kind < PAGE_META || opaque->kind >= PAGE_KINDS)
				report(check, block, "page is not one of kg_hnsw");
			else if ((opaque->kind == PAGE_META) != (block == KG_META_BLOCK) ||
					 (opaque->kind == PAGE_COPIES) != copy_block(&check->layout, block))
				report(check, block, "page of kind %d is in the wrong place",
					   opaque->kind);
			else
				check->kinds[block] = opaque->kind;
		}
		UnlockReleaseBuffer(buffer);
	}
}

static bool
page_is(const Check *check, BlockNumber block, KgPageKind kind)
{
	return block < check->pages && check->kinds[block] == (char) kind;
}

/* The overflow list of a node, whose page is locked. */
static void
check_chunks(Check *check, BlockNumber block, uint32 node, uint32 number)
{
	KgStore		chunks = check->store;

	while (number != KG_NO_CHUNK)
	{
		KgChunk    *chunk;
		uint32		next;

		if (!page_is(check, chunk_block(number), PAGE_CHUNKS))
		{
			report(check, block, "overflow list of node %u leads to block %u, which has none",
				   node, chunk_block(number));
			return;
		}
		if (!kg_seen_add(&check->chunks, number))
		{
			report(check, block, "overflow list of node %u shares chunk %u",
				   node, number);
			return;
		}
		chunk = page_chunk(kg_store_read(&chunks, chunk_block(number),
										 PAGE_CHUNKS),
						   number % KG_CHUNKS_PER_PAGE);
		if (chunk->count == 0 || chunk->count > KG_CHUNK_TIDS)
			report(check, block, "overflow list of node %u has a chunk of %u rows",
				   node, chunk->count);
		for (int i = 0; i < Min(chunk->count, KG_CHUNK_TIDS); i++)
			if (!tid_valid(chunk->tids[i]))
				report(check, block, "overflow list of node %u has a row without a TID",
					   node);
		next = chunk->next;
		kg_store_done(&chunks);
		number = next;
	}
}

/* A node's finer copy, on pages of its own. */
static void
check_copy(Check *check, BlockNumber block, uint32 node)
{
	int			blocks;
	BlockNumber first = kg_copy_first_block(&check->layout, node, &blocks);

	for (int i = 0; i < blocks; i++)
		if (!page_is(check, first + i, PAGE_COPIES))
			report(check, block, "copy of node %u should be on block %u, which has none",
				   node, first + i);
}

static void
check_node(Check *check, BlockNumber block, uint32 node, const NodeSlot *slot)
{
	const uint32 *neighbors = slot_neighbors(&check->layout, slot);

	if (slot->state > NODE_DEAD)
	{
		report(check, block, "node %u has state %u", node, slot->state);
		return;
	}
	if (slot->state == NODE_FREE)
		return;
	if (slot->degree > check->layout.max_degree)
	{
		report(check, block, "node %u has %u neighbours, more than %d",
			   node, slot->degree, check->layout.max_degree);
		return;
	}
	if (slot->state == NODE_LIVE && !tid_valid(slot->tid))
		report(check, block, "node %u has no row", node);
	if (slot->state == NODE_DEAD && slot->chunk != KG_NO_CHUNK)
		report(check, block, "dead node %u has an overflow list", node);
	if (!(slot->error >= 0) || !(slot->square >= 0))
		report(check, block, "node %u has error bound %g and square %g",
			   node, slot->error, slot->square);
	for (int i = 0; i < slot->degree; i++)
	{
		if (neighbors[i] == node)
			report(check, block, "node %u is its own neighbour", node);
		if (!page_is(check, node_block(&check->layout, neighbors[i]),
					 PAGE_NODES))
			report(check, block, "node %u has neighbour %u, which is on no page of nodes",
				   node, neighbors[i]);
		for (int j = 0; j < i; j++)
			if (neighbors[i] == neighbors[j])
				report(check, block, "node %u has neighbour %u twice",
					   node, neighbors[i]);
	}
	if (check->layout.copy_bytes > 0)
		check_copy(check, block, node);
	check_chunks(check, block, node, slot->chunk);
}

static void
check_nodes(Check *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
	{
		Page		page;

		CHECK_FOR_INTERRUPTS();
		if (check->kinds[block] != PAGE_NODES)
			continue;
		page = kg_store_read(&check->store, block, PAGE_NODES);
		for (int i = 0; i < check->layout.per_page; i++)
			check_node(check, block, block * check->layout.per_page + i,
					   page_slot(&check->layout, page, i));
		kg_store_done(&check->store);
	}
}

/* Chunks in use that no node's list has. */
static void
check_lost_chunks(Check *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
	{
		Page		page;

		if (check->kinds[block] != PAGE_CHUNKS)
			continue;
		page = kg_store_read(&check->store, block, PAGE_CHUNKS);
		for (int i = 0; i < KG_CHUNKS_PER_PAGE; i++)
			if (page_chunk(page, i)->count > 0 &&
				!kg_seen_has(&check->chunks, block * KG_CHUNKS_PER_PAGE + i))
				report(check, block, "chunk %d belongs to no node", i);
		kg_store_done(&check->store);
	}
}

static void
check_list(Check *check, BlockNumber block)
{
	for (BlockNumber length = 0; block != InvalidBlockNumber; length++)
	{
		Page		page;
		KgListPage *list;

		if (!page_is(check, block, PAGE_LIST) || length > check->pages)
		{
			report(check, block, "a list of rows without a node leads astray");
			return;
		}
		page = kg_store_read(&check->store, block, PAGE_LIST);
		list = page_list(page);
		if (list->count > KG_LIST_TIDS)
			report(check, block, "list page has %u rows, more than %d",
				   list->count, KG_LIST_TIDS);
		else
			for (uint32 i = 0; i < list->count; i++)
				if (!tid_valid(list->tids[i]))
					report(check, block, "list page has a row without a TID");
		block = page_opaque(page)->next;
		kg_store_done(&check->store);
	}
}

/* An entry point, copied from its page, which has this frame. */
static void
check_entry(Check *check, BlockNumber block, const KgFrame *frame,
			const KgEntry *entry)
{
	const KgLayout *layout = &check->layout;
	const NodeSlot *slot;

	if (!page_is(check, node_block(layout, entry->node), PAGE_NODES))
	{
		report(check, block, "entry point %u is on no page of nodes",
			   entry->node);
		return;
	}
	slot = kg_store_read_node(&check->store, entry->node);
	if (slot->state == NODE_FREE)
		report(check, block, "entry point %u is a free slot", entry->node);
	else
	{
		double	   *y = palloc(sizeof(double) * layout->shape.dim);

		kg_slot_position(&check->store, slot, y);
		if (!kg_entry_is_of(layout, frame, entry, y))
			report(check, block, "entry point %u has another code than its node",
				   entry->node);
		pfree(y);
	}
	kg_store_done(&check->store);
}

static void
check_entries(Check *check, const KgMetaPage *meta)
{
	const KgLayout *layout = &check->layout;
	int			per_page = kg_entries_per_page(layout);
	int			max = kg_entries_max(layout);
	char	   *copy = palloc(BLCKSZ);
	KgFrame    *frame = palloc(kg_frame_bytes(layout));

	if (meta->entry_count > (uint32) max)
		report(check, KG_META_BLOCK, "meta page has %u entry points, more than %d",
			   meta->entry_count, max);
	for (int i = 0; i < Min((int) meta->entry_count, max); i++)
	{
		BlockNumber block = meta->entry_pages[i / per_page];

		if (!page_is(check, block, PAGE_ENTRIES))
		{
			report(check, KG_META_BLOCK, "entry point %d is on block %u, which has none",
				   i, block);
			continue;
		}
		if (i % per_page == 0)
		{
			memcpy(copy, kg_store_read(&check->store, block, PAGE_ENTRIES),
				   BLCKSZ);
			kg_store_done(&check->store);
			kg_frame_read(&check->store, kg_entry_page_frame((Page) copy),
						  frame);
		}
		check_entry(check, block, frame,
					kg_entry_on(layout, (Page) copy, i % per_page));
	}
	pfree(frame);
	pfree(copy);
}

static void
check_meta(Check *check)
{
	KgMetaPage	meta;

	kg_index_read_meta(&check->store, &meta);
	check_entries(check, &meta);
	if (meta.chunks != InvalidBlockNumber &&
		!page_is(check, meta.chunks, PAGE_CHUNKS))
		report(check, KG_META_BLOCK, "block %u is no page of overflow lists",
			   meta.chunks);
	for (int i = 0; i < LIST_KINDS; i++)
		check_list(check, meta.lists[i]);
}

Datum
kg_index_check(PG_FUNCTION_ARGS)
{
	Relation	rel = kg_admin_index_open(PG_GETARG_OID(0), ShareLock);
	Check	   *check = palloc0(sizeof(Check));

	InitMaterializedSRF(fcinfo, 0);
	check->result = (ReturnSetInfo *) fcinfo->resultinfo;
	check->layout = kg_index_open(rel, &check->store)->layout;
	check->store.layout = &check->layout;
	check->pages = RelationGetNumberOfBlocks(rel);
	check->kinds = palloc_extended(check->pages,
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	kg_seen_init(&check->chunks, CurrentMemoryContext);

	check_kinds(check);
	check_meta(check);
	check_nodes(check);
	check_lost_chunks(check);
	relation_close(rel, ShareLock);
	return (Datum) 0;
}
