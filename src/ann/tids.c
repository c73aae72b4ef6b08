/*
 * tids.c
 *	  Heap TIDs beyond a node's first.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "ann/index.h"
#include "ann/tids.h"

/* What became of an attempt to add a row under one set of locks. */
typedef enum AddResult
{
	ADD_DONE,
	ADD_GONE,					/* the node is not what it was */
	ADD_NO_ROOM
} AddResult;

/* A chunk of the page that is not in use, or -1. */
static int
free_chunk(Page page)
{
	for (int i = 0; i < KG_CHUNKS_PER_PAGE; i++)
		if (page_chunk(page, i)->count == 0)
			return i;
	return -1;
}

/*
 * Tries to add the row to the node's first chunk, or to a new chunk on the
 * page tried: the first chunk's own, or else another.
 */
static AddResult
try_add(KgStore *store, const KgDuplicate *row, BlockNumber try_block)
{
	const KgLayout *layout = store->layout;
	KgEdit		edit;
	Page		page;
	NodeSlot   *slot;
	KgChunk    *chunk = NULL;
	int			free;

	kg_edit_begin(&edit, store);
	page = kg_edit_page(&edit, node_block(layout, row->node), PAGE_NODES);
	slot = node_slot(layout, page, row->node);
	if (slot->state != NODE_LIVE || slot->generation != row->generation ||
		slot->hash != row->hash)
	{
		kg_edit_abort(&edit);
		return ADD_GONE;
	}

	if (try_block == InvalidBlockNumber && slot->chunk != KG_NO_CHUNK)
		try_block = chunk_block(slot->chunk);
	if (try_block == InvalidBlockNumber)
	{
		kg_edit_abort(&edit);
		return ADD_NO_ROOM;
	}

	page = kg_edit_page(&edit, try_block, PAGE_CHUNKS);
	if (slot->chunk != KG_NO_CHUNK && chunk_block(slot->chunk) == try_block)
		chunk = page_chunk(page, slot->chunk % KG_CHUNKS_PER_PAGE);
	if (chunk == NULL || chunk->count == KG_CHUNK_TIDS)
	{
		free = free_chunk(page);
		if (free < 0)
		{
			kg_edit_abort(&edit);
			return ADD_NO_ROOM;
		}
		chunk = page_chunk(page, free);
		chunk->next = slot->chunk;
		slot->chunk = try_block * KG_CHUNKS_PER_PAGE + free;
	}
	chunk->tids[chunk->count++] = row->tid;
	slot->frame |= SLOT_SHARED;
	slot->error = Max(slot->error, row->error);
	slot->square = Max(slot->square, row->square);
	kg_edit_commit(&edit);
	return ADD_DONE;
}

/* Adds a page of free chunks and makes it the one to try. */
static BlockNumber
add_chunk_page(KgStore *store)
{
	KgEdit		edit;
	KgMetaPage *meta;
	BlockNumber block;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	kg_edit_new_page(&edit, PAGE_CHUNKS, &block);
	meta->chunks = block;
	kg_edit_commit(&edit);
	return block;
}

bool
kg_tids_add(KgStore *store, const KgDuplicate *row)
{
	AddResult	result = try_add(store, row, InvalidBlockNumber);
	KgMetaPage	meta;

	if (result == ADD_NO_ROOM)
	{
		kg_index_read_meta(store, &meta);
		if (meta.chunks != InvalidBlockNumber)
			result = try_add(store, row, meta.chunks);
	}
	while (result == ADD_NO_ROOM)
		result = try_add(store, row, add_chunk_page(store));
	return result == ADD_DONE;
}

KgTid *
kg_tids_read(KgStore *store, uint32 chunk_number, KgTid *tids, int *count,
			 int *room)
{
	/* The caller's page stays locked: this reads with a store of its own. */
	KgStore		chunks = *store;

	while (chunk_number != KG_NO_CHUNK)
	{
		Page		page = kg_store_read(&chunks, chunk_block(chunk_number),
										 PAGE_CHUNKS);
		KgChunk    *chunk = page_chunk(page,
									   chunk_number % KG_CHUNKS_PER_PAGE);

		if (*count + KG_CHUNK_TIDS > *room)
		{
			*room = Max(*room * 2, 8 * KG_CHUNK_TIDS);
			tids = tids ? repalloc_huge(tids, sizeof(KgTid) * *room) :
				palloc(sizeof(KgTid) * *room);
		}
		memcpy(tids + *count, chunk->tids, sizeof(KgTid) * chunk->count);
		*count += chunk->count;
		chunk_number = chunk->next;
		kg_store_done(&chunks);
	}
	store->reads = chunks.reads;
	return tids;
}

/* Puts a new page at the head of a list, unless somebody else just did. */
static void
add_list_page(KgStore *store, KgListKind kind, BlockNumber old_head)
{
	KgEdit		edit;
	KgMetaPage *meta;
	Page		page;
	BlockNumber block;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	if (meta->lists[kind] != old_head)
	{
		kg_edit_abort(&edit);
		return;
	}
	page = kg_edit_new_page(&edit, PAGE_LIST, &block);
	page_opaque(page)->next = old_head;
	meta->lists[kind] = block;
	kg_edit_commit(&edit);
}

void
kg_list_add(KgStore *store, KgListKind kind, KgTid tid)
{
	for (;;)
	{
		KgMetaPage	meta;
		BlockNumber head;

		kg_index_read_meta(store, &meta);
		head = meta.lists[kind];
		if (head != InvalidBlockNumber)
		{
			KgEdit		edit;
			KgListPage *list;

			kg_edit_begin(&edit, store);
			list = page_list(kg_edit_page(&edit, head, PAGE_LIST));
			if (list->count < KG_LIST_TIDS)
			{
				list->tids[list->count++] = tid;
				kg_edit_commit(&edit);
				return;
			}
			kg_edit_abort(&edit);
		}
		add_list_page(store, kind, head);
	}
}
