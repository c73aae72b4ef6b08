/*
 * free_space.c
 *	  Space that is found again.
 *
 * Rows go to the first page of a chain of pages with free space.  A page that is
 * found full leaves the chain; VACUUM puts pages that it emptied in part back,
 * and those that it emptied altogether into the chain of free pages, from
 * which kg_edit_new_page() takes them for whatever use.
 *
 * The meta page's lock protects which pages a chain has: who changes that
 * holds it exclusively; who follows a chain holds it shared until the page it
 * leads to is locked.  So nobody meets a page that has become another.
 */
#include "postgres.h"

#include "ann/layout/free_space.h"

void
kg_free_space_count(Page page, int *used, int *total)
{
	if (page_opaque(page)->kind == PAGE_LIST)
	{
		*used = (int) page_list(page)->count;
		*total = KG_LIST_TIDS;
		return;
	}
	*used = 0;
	*total = KG_CHUNKS_PER_PAGE;
	for (int i = 0; i < KG_CHUNKS_PER_PAGE; i++)
		*used += page_chunk(page, i)->count > 0;
}

void
kg_free_space_push(KgMetaPage *meta, KgFreeSpaceUse use, Page page, BlockNumber block)
{
	BlockNumber head = meta->free_space[use];

	*page_free_space_link(page) = head == InvalidBlockNumber ? block : head;
	meta->free_space[use] = block;
}

void
kg_free_space_unlink(KgMetaPage *meta, KgFreeSpaceUse use, Page previous,
					 BlockNumber previous_block, Page page, BlockNumber block)
{
	BlockNumber next = page_free_space_next(page, block);

	if (previous == NULL)
		meta->free_space[use] = next;
	else
		*page_free_space_link(previous) = next == InvalidBlockNumber ?
			previous_block : next;
	*page_free_space_link(page) = InvalidBlockNumber;
}

void
kg_free_space_free_page(KgMetaPage *meta, Page page, BlockNumber block)
{
	kg_page_init(page, PAGE_FREE);
	page_opaque(page)->next = meta->free;
	meta->free = block;
}

/* A page that is to be the first of a list's. */
static void
start_list_page(KgStore *store, KgMetaPage *meta, KgListKind kind, Page page,
				BlockNumber block)
{
	BlockNumber head = meta->lists[kind];
	KgListPage *list = page_list(page);

	list->kind = kind;
	if (head != InvalidBlockNumber)
	{
		list->number = page_list(kg_store_read(store, head, PAGE_LIST))->number + 1;
		kg_store_done(store);
	}
	list->free_space = InvalidBlockNumber;
	page_opaque(page)->next = head;
	meta->lists[kind] = block;
}

void
kg_free_space_make(KgStore *store, KgFreeSpaceUse use)
{
	for (;;)
	{
		KgEdit		edit;
		KgMetaPage *meta;
		Page		page;
		BlockNumber block;
		int			used;
		int			total;

		kg_edit_begin(&edit, store);
		meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
		block = meta->free_space[use];
		if (block == InvalidBlockNumber)
		{
			page = kg_edit_new_page(&edit, free_space_page_kind(use), &block);
			if (use != FREE_SPACE_CHUNKS)
				start_list_page(store, meta, (KgListKind) use, page, block);
			kg_free_space_push(meta, use, page, block);
			kg_edit_commit(&edit);
			return;
		}
		page = kg_edit_page(&edit, block, free_space_page_kind(use));
		kg_free_space_count(page, &used, &total);
		if (used < total)
		{
			kg_edit_abort(&edit);
			return;
		}
		kg_free_space_unlink(meta, use, NULL, InvalidBlockNumber, page, block);
		kg_edit_commit(&edit);
	}
}
