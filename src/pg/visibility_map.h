/*
 * visibility_map.h
 *	  Bits of the visibility map for many blocks, at less cost than
 *	  visibilitymap_get_status's for each.
 */
#ifndef KG_PG_VISIBILITY_MAP_H
#define KG_PG_VISIBILITY_MAP_H

#include "postgres.h"
#include "access/visibilitymapdefs.h"
#include "storage/block.h"
#include "storage/buf.h"
#include "storage/bufpage.h"
#include "utils/relcache.h"

StaticAssertDecl(BITS_PER_HEAPBLOCK == 2 && VISIBILITYMAP_ALL_VISIBLE == 1,
				 "of the two bits of a block the lower says all-visible");

/* Heap blocks on a page of the visibility map. */
#define KG_BLOCKS_A_MAP_PAGE \
	((BLCKSZ - MAXALIGN(SizeOfPageHeaderData)) * (BITS_PER_BYTE / BITS_PER_HEAPBLOCK))

/* Does the map's page of this block, given its contents, say all-visible? */
static inline bool
kg_map_shows_all_visible(const volatile uint8 *bits, BlockNumber block)
{
	uint32		bit = block % KG_BLOCKS_A_MAP_PAGE * BITS_PER_HEAPBLOCK;

	return (bits[bit / BITS_PER_BYTE] >> (bit % BITS_PER_BYTE)) & VISIBILITYMAP_ALL_VISIBLE;
}

/* Pages of the map that stay pinned: 4 GB of heap. */
#define KG_MAP_PAGES 16

typedef struct KgMapPage
{
	Buffer		buffer;			/* pinned, or invalid */
	BlockNumber number;			/* which page of the map */
	const volatile uint8 *bits;
} KgMapPage;

typedef struct KgVisibilityMap
{
	Relation	heap;
	KgMapPage	pages[KG_MAP_PAGES];
} KgVisibilityMap;

extern void kg_visibility_map_init(KgVisibilityMap *map, Relation heap);

/* Releases the pins.  The map may be used again. */
extern void kg_visibility_map_release(KgVisibilityMap *map);

/* Pins the map's page of this block; false if there is none yet. */
extern bool kg_visibility_map_pin(KgVisibilityMap *map, KgMapPage *page, BlockNumber block);

/*
 * Is the block all-visible?  As with visibilitymap_get_status, the answer may
 * be out of date: the caller pins the index page that led to the block.
 */
static inline bool
kg_is_all_visible(KgVisibilityMap *map, BlockNumber block)
{
	BlockNumber number = block / KG_BLOCKS_A_MAP_PAGE;
	KgMapPage  *page = &map->pages[number % KG_MAP_PAGES];

	if (unlikely(page->buffer == InvalidBuffer || page->number != number) &&
		!kg_visibility_map_pin(map, page, block))
		return false;
	return kg_map_shows_all_visible(page->bits, block);
}

#endif							/* KG_PG_VISIBILITY_MAP_H */
