/*
 * pending.c
 *	  The list of pending rows.
 *
 * The meta page's lock protects which pages the list has: who changes that holds
 * it exclusively; who goes to the first or the last page holds it shared until
 * that page is locked.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "ann/layout/free_space.h"
#include "ann/layout/pending.h"

static void
put_entry(const KgLayout *layout, Page page, const KgPendingEntry *entry)
{
	KgPendingPage *list = page_pending(page);

	memcpy(page_pending_entry(layout, page, (int) list->count), entry,
		   kg_pending_bytes(layout));
	list->count++;
	((PageHeader) page)->pd_lower = (uint16)
		((char *) page_pending_entry(layout, page, (int) list->count) - (char *) page);
}

static bool
is_full(const KgLayout *layout, Page page)
{
	return page_pending(page)->count >= (uint32) kg_pending_per_page(layout);
}

/* Appends to the last page; false if there is none, or it is full. */
static bool
try_append(KgStore *store, const KgPendingEntry *entry)
{
	BlockNumber block = page_meta(kg_store_read(store, KG_META_BLOCK,
												PAGE_META))->pending_tail;
	KgEdit		edit;
	Page		page;

	if (block == KG_META_BLOCK)
	{
		kg_store_done(store);
		return false;
	}

	/* The meta page stays locked until then: the page is still the list's. */
	kg_edit_begin(&edit, store);
	page = kg_edit_page(&edit, block, PAGE_PENDING);
	kg_store_done(store);
	if (is_full(store->layout, page))
	{
		kg_edit_abort(&edit);
		return false;
	}
	put_entry(store->layout, page, entry);
	kg_edit_commit(&edit);
	return true;
}

/*
 * Adds a page, unless another insert has, with the entry.  Returns the pages of
 * the list, or 0.
 */
static uint32
append_on_new_page(KgStore *store, const KgPendingEntry *entry)
{
	KgEdit		edit;
	Page		meta_page;
	KgMetaPage *meta;
	Page		last = NULL;
	Page		page;
	BlockNumber block;
	uint32		pages;

	kg_edit_begin(&edit, store);
	meta_page = kg_edit_page(&edit, KG_META_BLOCK, PAGE_META);
	meta = page_meta(meta_page);
	if (meta->pending_tail != KG_META_BLOCK)
		last = kg_edit_page(&edit, meta->pending_tail, PAGE_PENDING);
	if (last && !is_full(store->layout, last))
	{
		kg_edit_abort(&edit);
		return 0;
	}
	page = kg_edit_new_page(&edit, PAGE_PENDING, &block);
	((PageHeader) page)->pd_lower += sizeof(KgPendingPage);
	page_pending(page)->number = meta->pending_number++;
	put_entry(store->layout, page, entry);
	if (last)
		page_opaque(last)->next = block;
	else
		meta->pending_head = block;
	meta->pending_tail = block;
	pages = ++meta->pending_pages;

	/* an index that was made before there was a list has a shorter meta page */
	((PageHeader) meta_page)->pd_lower = Max(((PageHeader) meta_page)->pd_lower,
											 SizeOfPageHeaderData + sizeof(KgMetaPage));
	kg_edit_commit(&edit);
	return pages;
}

uint32
kg_pending_append(KgStore *store, const KgPendingEntry *entry)
{
	uint32		pages = 0;

	while (pages == 0 && !try_append(store, entry))
		pages = append_on_new_page(store, entry);
	return pages;
}

void
kg_pending_take(KgEdit *edit, const KgPendingPlace *place)
{
	Page		page = kg_edit_page(edit, place->block, PAGE_PENDING);
	KgPendingEntry *entry = page_pending_entry(edit->store->layout, page, place->i);

	if (entry->state != PENDING_WAITS)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has pending row %d of block %u, which was merged before",
						kg_store_name(edit->store), place->i, place->block),
				 errhint("Please REINDEX it.")));
	entry->state = PENDING_GONE;
}

static bool
any_waits(const KgLayout *layout, Page page)
{
	for (int i = 0; i < page_pending_count(layout, page); i++)
		if (page_pending_entry(layout, page, i)->state == PENDING_WAITS)
			return true;
	return false;
}

bool
kg_pending_free_head(KgStore *store)
{
	KgEdit		edit;
	KgMetaPage *meta;
	Page		page = NULL;
	BlockNumber block;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	block = meta->pending_head;
	if (block != KG_META_BLOCK)
		page = kg_edit_page(&edit, block, PAGE_PENDING);
	if (page == NULL || any_waits(store->layout, page))
	{
		kg_edit_abort(&edit);
		return false;
	}
	if (block == meta->pending_tail)
		meta->pending_head = meta->pending_tail = KG_META_BLOCK;
	else
		meta->pending_head = page_opaque(page)->next;
	meta->pending_pages--;
	kg_free_space_free_page(meta, page, block);
	kg_edit_commit(&edit);
	return true;
}

/*
 * Reading the list.
 */

/*
 * The first page of the list, locked before the meta page is let go, so that it
 * is not freed meanwhile.  NULL if there is none.
 */
static Page
read_head(KgStore *store, BlockNumber *block)
{
	KgStore		ahead;
	Page		page;

	*block = page_meta(kg_store_read(store, KG_META_BLOCK, PAGE_META))->pending_head;
	if (*block == KG_META_BLOCK)
	{
		kg_store_done(store);
		return NULL;
	}
	ahead = *store;
	page = kg_store_read(&ahead, *block, PAGE_PENDING);
	kg_store_done(store);
	*store = ahead;
	return page;
}

/* The page behind the one that was read last, if it is still that. */
static Page
read_next(KgStore *store, const KgPendingReader *reader)
{
	Page		page = kg_store_read_if(store, reader->next, PAGE_PENDING);

	if (page && page_pending(page)->number == reader->number + 1)
		return page;
	if (page)
		kg_store_done(store);
	return NULL;
}

/* Error unless the page comes after the one before. */
static void
check_number(KgStore *store, const KgPendingReader *reader, Page page)
{
	if (reader->begun && page_pending(page)->number <= reader->number)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has page %u of pending rows after page %u at block %u",
						kg_store_name(store), page_pending(page)->number,
						reader->number, reader->block),
				 errhint("Please REINDEX it.")));
}

Page
kg_pending_next(KgStore *store, KgPendingReader *reader)
{
	Page		page = NULL;

	CHECK_FOR_INTERRUPTS();
	if (reader->begun && reader->next == InvalidBlockNumber)
		return NULL;
	if (reader->begun && (page = read_next(store, reader)) != NULL)
		reader->block = reader->next;
	else
		page = read_head(store, &reader->block);
	if (page == NULL)
		reader->next = InvalidBlockNumber;
	else
	{
		check_number(store, reader, page);
		reader->number = page_pending(page)->number;
		reader->next = page_opaque(page)->next;
	}
	reader->begun = true;
	return page;
}
