/*
 * duplicates.c
 *	  Heap TIDs beyond a node's first.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "ann/layout/duplicates.h"
#include "ann/layout/free_space.h"

/* What became of an attempt to add a row under one set of locks. */
typedef enum AddResult
{
	ADD_DONE,
	ADD_GONE,					/* the node is not what it was */
	ADD_NO_SPACE
} AddResult;

KgChunk *
kg_duplicates_chunk(const KgStore *store, Page page, uint32 number)
{
	KgChunk    *chunk = page_chunk(page, number % KG_CHUNKS_PER_PAGE);

	if (chunk->count == 0 || chunk->count > KG_CHUNK_TIDS)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a list of equal vectors with %u rows in chunk %u at block %u",
						kg_store_name(store), chunk->count, number, chunk_block(number)),
				 errhint("Please REINDEX it.")));
	return chunk;
}

void
kg_duplicates_check_chain(const KgStore *store, KgChunkChain *chain, uint32 number)
{
	if (chain->steps > 0 && number == chain->mark)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a list of equal vectors that leads back to chunk %u at block %u",
						kg_store_name(store), number, chunk_block(number)),
				 errhint("Please REINDEX it.")));
	if (++chain->steps >= chain->limit)
	{
		chain->mark = number;
		chain->steps = 1;
		chain->limit = Max(chain->limit * 2, 8);
	}
}

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
		return ADD_NO_SPACE;
	}

	page = kg_edit_page(&edit, try_block, PAGE_CHUNKS);
	if (slot->chunk != KG_NO_CHUNK && chunk_block(slot->chunk) == try_block)
		chunk = kg_duplicates_chunk(store, page, slot->chunk);
	if (chunk == NULL || chunk->count == KG_CHUNK_TIDS)
	{
		free = free_chunk(page);
		if (free < 0)
		{
			kg_edit_abort(&edit);
			return ADD_NO_SPACE;
		}
		chunk = page_chunk(page, free);
		chunk->next = slot->chunk;
		slot->chunk = try_block * KG_CHUNKS_PER_PAGE + free;
	}
	chunk->tids[chunk->count++] = row->tid;
	slot->frame |= SLOT_SHARED;
	slot->error = Max(slot->error, row->error);
	slot->length = Max(slot->length, row->length);
	if (row->pending)
		kg_pending_take(&edit, row->pending);
	kg_edit_commit(&edit);
	return ADD_DONE;
}

/*
 * The same with the first page that has room.  Until that is locked the meta
 * page is, so that the page is still one of chunks: else it could be a page of
 * nodes by now, and be locked out of order.
 */
static AddResult
try_add_with_space(KgStore *store, const KgDuplicate *row)
{
	KgStore		meta = *store;
	BlockNumber block = page_meta(kg_store_read(&meta, KG_META_BLOCK,
												PAGE_META))->free_space[FREE_SPACE_CHUNKS];
	AddResult	result = ADD_NO_SPACE;

	if (block != InvalidBlockNumber)
		result = try_add(store, row, block);
	kg_store_done(&meta);
	return result;
}

bool
kg_duplicates_add(KgStore *store, const KgDuplicate *row)
{
	AddResult	result = try_add(store, row, InvalidBlockNumber);

	while (result == ADD_NO_SPACE)
	{
		result = try_add_with_space(store, row);
		if (result == ADD_NO_SPACE)
			kg_free_space_make(store, FREE_SPACE_CHUNKS);
	}
	return result == ADD_DONE;
}

KgTid *
kg_duplicates_read(KgStore *store, uint32 chunk_number, KgTid *tids, int *count,
				   int *capacity)
{
	/* The caller's page stays locked: this reads with a store of its own. */
	KgStore		chunks = *store;
	KgChunkChain chain = {0};

	while (chunk_number != KG_NO_CHUNK)
	{
		Page		page = kg_store_read(&chunks, chunk_block(chunk_number),
										 PAGE_CHUNKS);
		KgChunk    *chunk = kg_duplicates_chunk(store, page, chunk_number);

		kg_duplicates_check_chain(store, &chain, chunk_number);
		if (*count + KG_CHUNK_TIDS > *capacity)
		{
			*capacity = Max(*capacity * 2, 8 * KG_CHUNK_TIDS);
			tids = tids ? repalloc_huge(tids, sizeof(KgTid) * *capacity) :
				palloc(sizeof(KgTid) * *capacity);
		}
		memcpy(tids + *count, chunk->tids, sizeof(KgTid) * chunk->count);
		*count += chunk->count;
		chunk_number = chunk->next;
		kg_store_done(&chunks);
	}
	store->reads = chunks.reads;
	return tids;
}

/* Adds a row to the first page of a list that has room; false if it is full. */
static bool
try_list(KgStore *store, KgListKind kind, KgTid tid)
{
	BlockNumber block = page_meta(kg_store_read(store, KG_META_BLOCK,
												PAGE_META))->free_space[kind];
	KgEdit		edit;
	KgListPage *list;

	if (block == InvalidBlockNumber)
	{
		kg_store_done(store);
		return false;
	}

	/* The meta page stays locked until then: the page is still the list's. */
	kg_edit_begin(&edit, store);
	list = page_list(kg_edit_page(&edit, block, PAGE_LIST));
	kg_store_done(store);
	if (list->count == KG_LIST_TIDS)
	{
		kg_edit_abort(&edit);
		return false;
	}
	list->tids[list->count++] = tid;
	kg_edit_commit(&edit);
	return true;
}

void
kg_list_add(KgStore *store, KgListKind kind, KgTid tid)
{
	while (!try_list(store, kind, tid))
		kg_free_space_make(store, (KgFreeSpaceUse) kind);
}

/*
 * Reading a list.
 */

void
kg_list_begin(KgListReader *reader, KgStore *store, KgListKind kind)
{
	reader->kind = kind;
	reader->last = UINT32_MAX;
	reader->next = page_meta(kg_store_read(store, KG_META_BLOCK,
										   PAGE_META))->lists[kind];
	kg_store_done(store);
}

/* Error unless the page is of this list. */
static void
check_list_kind(const KgStore *store, const KgListReader *reader, Page page,
				BlockNumber block)
{
	if (page_list(page)->kind != (uint32) reader->kind)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a page of list %u in list %d at block %u",
						kg_store_name(store),
						page_list(page)->kind, reader->kind, block),
				 errhint("Please REINDEX it.")));
}

void
kg_list_check_number(const KgStore *store, Page page, uint64 *number, BlockNumber block)
{
	if (page_list(page)->number >= *number)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has page %u of a list of rows after page %u at block %u",
						kg_store_name(store), page_list(page)->number, (uint32) *number, block),
				 errhint("Please REINDEX it.")));
	*number = page_list(page)->number;
}

/*
 * The next page to read, found from the list's head on.  Each page is locked
 * before the one that leads to it is let go, so that none can leave the list
 * meanwhile.
 */
static Page
find_again(KgStore *store, KgListReader *reader)
{
	BlockNumber block = page_meta(kg_store_read(store, KG_META_BLOCK,
												PAGE_META))->lists[reader->kind];
	uint64		number = (uint64) UINT32_MAX + 1;

	while (block != InvalidBlockNumber)
	{
		KgStore		ahead = *store;
		Page		page = kg_store_read(&ahead, block, PAGE_LIST);

		kg_store_done(store);
		*store = ahead;
		check_list_kind(store, reader, page, block);
		kg_list_check_number(store, page, &number, block);
		if (page_list(page)->number < reader->last)
			return page;
		block = page_opaque(page)->next;
	}
	kg_store_done(store);
	return NULL;
}

Page
kg_list_next(KgStore *store, KgListReader *reader)
{
	Page		page;

	CHECK_FOR_INTERRUPTS();
	if (reader->next == InvalidBlockNumber)
		return NULL;
	page = kg_store_read_if(store, reader->next, PAGE_LIST);
	if (page)
		kg_page_check(page, PAGE_LIST, reader->next, kg_store_name(store));
	if (page && (page_list(page)->kind != (uint32) reader->kind ||
				 page_list(page)->number >= reader->last))
	{
		kg_store_done(store);
		page = NULL;
	}
	if (page == NULL)
		page = find_again(store, reader);
	if (page == NULL)
	{
		reader->next = InvalidBlockNumber;
		return NULL;
	}
	reader->last = page_list(page)->number;
	reader->next = page_opaque(page)->next;
	return page;
}
