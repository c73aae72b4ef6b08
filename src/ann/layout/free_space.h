/*
 * free_space.h
 *	  Space that is found again: pages with free space for further rows, and pages
 *	  that are free for any use.
 *
 * All of it is WAL-logged, so that neither a crash nor a promotion loses any.
 * Free slots of node pages are the free space map's instead: see allocate.c.
 */
#ifndef KG_FREE_SPACE_H
#define KG_FREE_SPACE_H

#include "ann/layout/store.h"

/* The link of a PAGE_CHUNKS or PAGE_LIST page in its chain. */
static inline BlockNumber *
page_free_space_link(Page page)
{
	return page_opaque(page)->kind == PAGE_LIST ? &page_list(page)->free_space :
		&page_opaque(page)->next;
}

static inline bool
page_in_free_space_chain(Page page)
{
	return *page_free_space_link(page) != InvalidBlockNumber;
}

/* The page behind this one in the chain, or InvalidBlockNumber. */
static inline BlockNumber
page_free_space_next(Page page, BlockNumber block)
{
	BlockNumber link = *page_free_space_link(page);

	return link == block ? InvalidBlockNumber : link;
}

static inline KgPageKind
free_space_page_kind(KgFreeSpaceUse use)
{
	return use == FREE_SPACE_CHUNKS ? PAGE_CHUNKS : PAGE_LIST;
}

/* What a PAGE_CHUNKS or PAGE_LIST page holds, and what it could. */
extern void kg_free_space_count(Page page, int *used, int *total);

/*
 * Sees to it that the chain's first page has room: lets go of those that have
 * none, and adds a page if need be.  By the time that the caller looks, it may
 * be full again.
 */
extern void kg_free_space_make(KgStore *store, KgFreeSpaceUse use);

/*
 * Puts a page before the others of the chain, as part of an edit that has it
 * and the meta page.
 */
extern void kg_free_space_push(KgMetaPage *meta, KgFreeSpaceUse use, Page page,
							   BlockNumber block);

/*
 * Takes a page out of the chain, as part of an edit that has it, the one
 * before it (NULL: the meta page) and the meta page.
 */
extern void kg_free_space_unlink(KgMetaPage *meta, KgFreeSpaceUse use, Page previous,
								 BlockNumber previous_block, Page page,
								 BlockNumber block);

/*
 * Makes a page free for any use, as part of an edit that has it and the meta
 * page.  No other page may lead to it.
 */
extern void kg_free_space_free_page(KgMetaPage *meta, Page page, BlockNumber block);

#endif							/* KG_FREE_SPACE_H */
