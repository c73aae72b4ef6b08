/*
 * room.h
 *	  Space that is found again: pages with room for further rows, and pages
 *	  that are free for any use.
 *
 * All of it is WAL-logged, so that neither a crash nor a promotion loses any.
 * Free slots of node pages are the free space map's instead: see place.c.
 */
#ifndef KG_ROOM_H
#define KG_ROOM_H

#include "ann/layout/store.h"

/* The link of a PAGE_CHUNKS or PAGE_LIST page in its chain. */
static inline BlockNumber *
page_room_link(Page page)
{
	return page_opaque(page)->kind == PAGE_LIST ? &page_list(page)->room :
		&page_opaque(page)->next;
}

static inline bool
page_in_room_chain(Page page)
{
	return *page_room_link(page) != InvalidBlockNumber;
}

/* The page behind this one in the chain, or InvalidBlockNumber. */
static inline BlockNumber
page_room_next(Page page, BlockNumber block)
{
	BlockNumber link = *page_room_link(page);

	return link == block ? InvalidBlockNumber : link;
}

static inline KgPageKind
room_page_kind(KgRoomUse use)
{
	return use == ROOM_CHUNKS ? PAGE_CHUNKS : PAGE_LIST;
}

/* What a PAGE_CHUNKS or PAGE_LIST page holds, and what it could. */
extern void kg_room_count(Page page, int *used, int *total);

/*
 * Sees to it that the chain's first page has room: lets go of those that have
 * none, and adds a page if need be.  By the time that the caller looks, it may
 * be full again.
 */
extern void kg_room_make(KgStore *store, KgRoomUse use);

/*
 * Puts a page before the others of the chain, as part of an edit that has it
 * and the meta page.
 */
extern void kg_room_push(KgMetaPage *meta, KgRoomUse use, Page page,
						 BlockNumber block);

/*
 * Takes a page out of the chain, as part of an edit that has it, the one
 * before it (NULL: the meta page) and the meta page.
 */
extern void kg_room_unlink(KgMetaPage *meta, KgRoomUse use, Page previous,
						   BlockNumber previous_block, Page page,
						   BlockNumber block);

/*
 * Makes a page free for any use, as part of an edit that has it and the meta
 * page.  No other page may lead to it.
 */
extern void kg_room_free_page(KgMetaPage *meta, Page page, BlockNumber block);

#endif							/* KG_ROOM_H */
