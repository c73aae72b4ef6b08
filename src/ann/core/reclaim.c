/*
 * reclaim.c
 *	  VACUUM's last pass: makes emptied space available again.
 *
 * Only VACUUM takes pages out of the middle of a chain or out of a list, or
 * makes them free, and only one VACUUM runs at a time.  Meanwhile inserts take
 * the first page of a chain out when it is full, and put new ones before it.
 * So each step looks again under its locks.  It leaves pages that have changed
 * to the next VACUUM; nothing is lost.
 */
#include "postgres.h"

#include "ann/core/reclaim.h"
#include "ann/layout/free_space.h"

/* Pages get rows again when an eighth of their space is free. */
#define SPACE_PART 8

static bool
page_is_empty(Page page)
{
	int			used;
	int			total;

	kg_free_space_count(page, &used, &total);
	return used == 0;
}

static bool
page_has_space(Page page)
{
	int			used;
	int			total;

	kg_free_space_count(page, &used, &total);
	return total - used >= total / SPACE_PART;
}

/*
 * A list's first page stays even when it is empty: new pages count on from its
 * number.
 */
static bool
is_list_head(const KgMetaPage *meta, KgFreeSpaceUse use, BlockNumber block)
{
	return use != FREE_SPACE_CHUNKS && meta->lists[use] == block;
}

/*
 * Error when a chain has had more pages than the index: a damaged one may lead back.
 * Pages that come meanwhile are put before those that are still to come.
 */
static void
count_down(const KgStore *store, BlockNumber *rest, BlockNumber block)
{
	if ((*rest)-- == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a chain of pages that leads back to block %u",
						kg_store_name(store), block),
				 errhint("Please REINDEX it.")));
}

/* Chains of pages with free space. */

/* A list page's number, which does not change while the list has the page. */
static uint32
list_number(KgStore *store, BlockNumber block)
{
	uint32		number = page_list(kg_store_read(store, block, PAGE_LIST))->number;

	kg_store_done(store);
	return number;
}

/*
 * Must block be locked before previous?  Two pages of a list are locked from
 * its head on, as scans lock them, and a chain has another order.
 */
static bool
lock_before(KgStore *store, KgFreeSpaceUse use, BlockNumber previous,
			BlockNumber block)
{
	return use != FREE_SPACE_CHUNKS && previous != InvalidBlockNumber &&
		list_number(store, block) > list_number(store, previous);
}

/*
 * Takes an empty page out of its chain: the one after previous or, if that is
 * InvalidBlockNumber, the first.  False if it stays.
 */
static bool
unlink_empty(KgStore *store, KgFreeSpaceUse use, BlockNumber previous,
			 BlockNumber block)
{
	KgPageKind	kind = free_space_page_kind(use);
	bool		first = lock_before(store, use, previous, block);
	KgEdit		edit;
	KgMetaPage *meta;
	Page		before = NULL;
	Page		page = NULL;
	BlockNumber link;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	link = meta->free_space[use];
	if (first)
		page = kg_edit_page(&edit, block, kind);
	if (previous != InvalidBlockNumber)
	{
		before = kg_edit_page(&edit, previous, kind);
		link = page_free_space_next(before, previous);
	}
	if (!first)
		page = kg_edit_page(&edit, block, kind);
	if (link != block || !page_in_free_space_chain(page) || !page_is_empty(page) ||
		is_list_head(meta, use, block))
	{
		kg_edit_abort(&edit);
		return false;
	}
	kg_free_space_unlink(meta, use, before, previous, page, block);
	kg_edit_commit(&edit);
	return true;
}

static void
reclaim_chain(KgStore *store, KgFreeSpaceUse use)
{
	BlockNumber rest;
	BlockNumber previous = InvalidBlockNumber;
	BlockNumber block = page_meta(kg_store_read(store, KG_META_BLOCK,
												PAGE_META))->free_space[use];

	kg_store_done(store);
	rest = kg_store_pages(store);
	while (block != InvalidBlockNumber)
	{
		Page		page;
		bool		empty;
		BlockNumber next;

		kg_store_vacuum_delay(store);
		count_down(store, &rest, block);
		page = kg_store_read(store, block, free_space_page_kind(use));
		empty = page_is_empty(page);
		next = page_free_space_next(page, block);
		kg_store_done(store);
		if (!empty || !unlink_empty(store, use, previous, block))
			previous = block;
		block = next;
	}
}

/*
 * Lists of rows without a node.
 */

/*
 * Takes an empty page, the one after previous, out of its list and makes it
 * free.  False if it stays.
 */
static bool
free_list_page(KgStore *store, BlockNumber previous, BlockNumber block)
{
	KgEdit		edit;
	KgMetaPage *meta;
	Page		before;
	Page		page = kg_store_read(store, block, PAGE_LIST);
	bool		empty = page_is_empty(page) && !page_in_free_space_chain(page);

	kg_store_done(store);
	if (!empty)
		return false;
	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	before = kg_edit_page(&edit, previous, PAGE_LIST);
	page = kg_edit_page(&edit, block, PAGE_LIST);
	page_opaque(before)->next = page_opaque(page)->next;
	kg_free_space_free_page(meta, page, block);
	kg_edit_commit(&edit);
	return true;
}

static void
reclaim_list(KgStore *store, KgListKind kind)
{
	BlockNumber rest;
	BlockNumber previous = page_meta(kg_store_read(store, KG_META_BLOCK,
												   PAGE_META))->lists[kind];

	kg_store_done(store);
	rest = kg_store_pages(store);
	while (previous != InvalidBlockNumber)
	{
		BlockNumber next;

		kg_store_vacuum_delay(store);
		count_down(store, &rest, previous);
		next = page_opaque(kg_store_read(store, previous, PAGE_LIST))->next;
		kg_store_done(store);
		if (next == InvalidBlockNumber)
			break;
		if (!free_list_page(store, previous, next))
			previous = next;
	}
}

void
kg_reclaim_chains(KgStore *store)
{
	for (KgFreeSpaceUse use = 0; use < FREE_SPACE_USES; use++)
		reclaim_chain(store, use);
	for (KgListKind kind = 0; kind < LIST_KINDS; kind++)
		reclaim_list(store, kind);
}

/*
 * Pages one by one.
 */

typedef enum PageFate
{
	PAGE_STAYS,
	PAGE_BECOMES_FREE,
	PAGE_GETS_ROWS				/* joins its chain of free space */
} PageFate;

/* Decides what becomes of a page, which is locked. */
static PageFate
page_fate(Page page)
{
	KgPageKind	kind;

	if (PageIsNew(page))
		return PAGE_BECOMES_FREE;
	kind = page_opaque(page)->kind;
	if ((kind != PAGE_CHUNKS && kind != PAGE_LIST) || page_in_free_space_chain(page))
		return PAGE_STAYS;
	if (kind == PAGE_LIST && page_list(page)->kind >= LIST_KINDS)
		return PAGE_STAYS;		/* kg.index_check reports it */

	/* An empty page of a list is its first, or the next VACUUM frees it. */
	if (kind == PAGE_CHUNKS && page_is_empty(page))
		return PAGE_BECOMES_FREE;
	return page_has_space(page) ? PAGE_GETS_ROWS : PAGE_STAYS;
}

/*
 * Changes a page as page_fate() said before the page was unlocked.  It is in
 * no chain, so nobody has put rows there since.
 */
static void
change_page(KgStore *store, BlockNumber block, KgPageKind kind, PageFate fate)
{
	KgEdit		edit;
	KgMetaPage *meta;
	Page		page;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	page = kg_edit_page_if(&edit, block, kind);
	if (page == NULL || (kind != PAGE_FREE && page_fate(page) != fate))
	{
		kg_edit_abort(&edit);
		return;
	}
	if (fate == PAGE_BECOMES_FREE)
		kg_free_space_free_page(meta, page, block);
	else
		kg_free_space_push(meta, kind == PAGE_CHUNKS ? FREE_SPACE_CHUNKS :
						   (KgFreeSpaceUse) page_list(page)->kind, page, block);
	kg_edit_commit(&edit);
}

void
kg_reclaim_page(KgStore *store, BlockNumber block)
{
	Page		page;
	KgPageKind	kind;
	PageFate	fate;

	if (side_block(store->layout, block))
		return;
	page = kg_store_read_any(store, block);
	kind = PageIsNew(page) ? PAGE_FREE : page_opaque(page)->kind;
	fate = page_fate(page);
	kg_store_done(store);
	if (fate != PAGE_STAYS)
		change_page(store, block, kind, fate);
}
