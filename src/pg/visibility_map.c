/*
 * visibility_map.c
 *	  Pages of the visibility map that stay pinned.
 */
#include "postgres.h"

#include "access/visibilitymap.h"
#include "storage/bufmgr.h"

#include "pg/visibility_map.h"

void
kg_visibility_map_init(KgVisibilityMap *map, Relation heap)
{
	map->heap = heap;
	for (int i = 0; i < KG_MAP_PAGES; i++)
		map->pages[i].buffer = InvalidBuffer;
}

pg_noinline bool
kg_visibility_map_pin(KgVisibilityMap *map, KgMapPage *page, BlockNumber block)
{
	if (BufferIsValid(page->buffer))
		ReleaseBuffer(page->buffer);
	page->buffer = InvalidBuffer;
	(void) visibilitymap_get_status(map->heap, block, &page->buffer);
	if (!BufferIsValid(page->buffer))
		return false;
	page->number = block / KG_BLOCKS_A_MAP_PAGE;
	page->bits = (const volatile uint8 *) PageGetContents(BufferGetPage(page->buffer));
	return true;
}

void
kg_visibility_map_release(KgVisibilityMap *map)
{
	for (int i = 0; i < KG_MAP_PAGES; i++)
	{
		if (BufferIsValid(map->pages[i].buffer))
			ReleaseBuffer(map->pages[i].buffer);
		map->pages[i].buffer = InvalidBuffer;
	}
}
