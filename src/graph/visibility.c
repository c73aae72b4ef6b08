/*
 * visibility.c
 *	  Which edges are visible: by the visibility map at once, by the heap
 *	  later and in its order.
 *
 * The map is read after the index, while the index page is pinned, for the
 * reasons that IndexOnlyNext gives: VACUUM cannot remove the index's entries,
 * and so not reuse their rows, before the pin is gone.
 *
 * The heap needs no such care, since the snapshot is an MVCC snapshot: a row
 * that has taken the place of one that was removed is too new for it.  So
 * these visits wait.  Most of the edges lead to nodes that another edge has
 * reached by then; the others are looked up page by page.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/visibilitymap.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/rel.h"

#include "graph/visibility.h"
#include "recent.h"

/* Heap blocks on a page of the visibility map. */
#define BLOCKS_A_MAP_PAGE \
	((BLCKSZ - MAXALIGN(SizeOfPageHeaderData)) * (BITS_PER_BYTE / BITS_PER_HEAPBLOCK))

/* Heap pages that are pinned at once. */
#define HEAP_PAGES 16

/* An eighth of work_mem is for edges that are put off, within bounds. */
#define MIN_PUT_OFF 256
#define MAX_PUT_OFF 65536

#define ST_SORT sort_by_row
#define ST_ELEMENT_TYPE KgEdge
#define ST_COMPARE(a, b) ItemPointerCompare(&(a)->row, &(b)->row)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

void
kg_visibility_init(KgVisibility *visibility, Relation heap, Snapshot snapshot)
{
	Size		share = (Size) work_mem * 1024 / 8 / sizeof(KgEdge);
	int			i;

	visibility->heap = heap;
	visibility->snapshot = snapshot;
	visibility->serializable = IsolationIsSerializable();
	for (i = 0; i < KG_MAP_PAGES; i++)
		visibility->maps[i].buffer = InvalidBuffer;
	visibility->put_off = NULL;
	visibility->nput_off = 0;
	visibility->max_put_off = Max(MIN_PUT_OFF, Min(share, MAX_PUT_OFF));
}

/* Pins the map's page of this block; false if there is none yet. */
static pg_noinline bool
pin_map(KgVisibility *visibility, KgMapPage *map, BlockNumber block)
{
	if (BufferIsValid(map->buffer))
		ReleaseBuffer(map->buffer);
	map->buffer = InvalidBuffer;
	(void) visibilitymap_get_status(visibility->heap, block, &map->buffer);
	if (!BufferIsValid(map->buffer))
		return false;
	map->number = block / BLOCKS_A_MAP_PAGE;
	map->bits = (const volatile uint8 *) PageGetContents(BufferGetPage(map->buffer));
	return true;
}

/* visibilitymap_get_status, for many blocks in turn on several map pages */
static inline bool
is_all_visible(KgVisibility *visibility, BlockNumber block)
{
	BlockNumber number = block / BLOCKS_A_MAP_PAGE;
	uint32		bit = block % BLOCKS_A_MAP_PAGE * BITS_PER_HEAPBLOCK;
	KgMapPage  *map = &visibility->maps[number % KG_MAP_PAGES];

	if (unlikely(!BufferIsValid(map->buffer) || map->number != number) &&
		!pin_map(visibility, map, block))
		return false;
	return (map->bits[bit / BITS_PER_BYTE] >> (bit % BITS_PER_BYTE)) & VISIBILITYMAP_ALL_VISIBLE;
}

static bool
put_off(KgVisibility *visibility, const KgEdge *edge, KgEdgeSink *sink)
{
	if (visibility->put_off == NULL)
		visibility->put_off = palloc_extended(visibility->max_put_off * sizeof(KgEdge),
											  MCXT_ALLOC_HUGE);
	if (visibility->nput_off == visibility->max_put_off)
	{
		visibility->nput_off = sink->wanted(sink, visibility->put_off, visibility->nput_off);
		if (visibility->nput_off > visibility->max_put_off / 4 * 3 &&
			!kg_take_put_off(visibility, sink))
			return false;
	}
	visibility->put_off[visibility->nput_off++] = *edge;
	return true;
}

bool
kg_take_visible(KgVisibility *visibility, KgEdge *edges, int n, KgEdgeSink *sink)
{
	int			nvisible = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		BlockNumber block = ItemPointerGetBlockNumber(&edges[i].row);

		if (!is_all_visible(visibility, block))
		{
			if (!put_off(visibility, &edges[i], sink))
				return false;
			continue;
		}
		/* The heap would have locked the tuple. */
		if (visibility->serializable)
			PredicateLockPage(visibility->heap, block, visibility->snapshot);
		edges[nvisible++] = edges[i];
	}
	return nvisible == 0 || sink->take(sink, edges, nvisible);
}

/* Is there a visible row at this place, or in its HOT chain? */
static bool
row_is_visible(const KgVisibility *visibility, Buffer buffer, const KgEdge *edge)
{
	ItemPointerData row = edge->row;
	HeapTupleData tuple;
	bool		found;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	found = heap_hot_search_buffer(&row, visibility->heap, buffer, visibility->snapshot,
								   &tuple, NULL, true);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	return found;
}

/*
 * Pins the heap pages of the first edges, up to HEAP_PAGES, and lets what is
 * needed of them come into the cache.  Returns how many edges are covered.
 */
static int
pin_heap_pages(KgVisibility *visibility, const KgEdge *edges, int n, Buffer *buffers)
{
	BlockNumber pinned = InvalidBlockNumber;
	int			npages = 0;
	int			count;
	int			page = -1;
	int			i;

	for (count = 0; count < n; count++)
	{
		BlockNumber block = ItemPointerGetBlockNumber(&edges[count].row);
		char	   *start;

		if (block != pinned)
		{
			if (npages == HEAP_PAGES)
				break;
			buffers[npages++] = kg_read_buffer(visibility->heap, block, NULL);
			pinned = block;
			kg_prefetch(BufferGetPage(buffers[npages - 1]));
		}
		start = BufferGetPage(buffers[npages - 1]);
		kg_prefetch(start + SizeOfPageHeaderData +
					sizeof(ItemIdData) * ItemPointerGetOffsetNumber(&edges[count].row));
	}
	for (; npages < HEAP_PAGES; npages++)
		buffers[npages] = InvalidBuffer;

	/* A pointer may have changed by the time it is used; it is but a hint. */
	pinned = InvalidBlockNumber;
	for (i = 0; i < count; i++)
	{
		Page		heap_page;
		OffsetNumber offset = ItemPointerGetOffsetNumber(&edges[i].row);

		if (ItemPointerGetBlockNumber(&edges[i].row) != pinned)
		{
			pinned = ItemPointerGetBlockNumber(&edges[i].row);
			page++;
		}
		heap_page = BufferGetPage(buffers[page]);
		kg_prefetch((char *) heap_page + ItemIdGetOffset(PageGetItemId(heap_page, offset)));
	}
	return count;
}

/* Looks up edges whose pages are pinned. */
static bool
take_rows(KgVisibility *visibility, KgEdge *edges, int n, const Buffer *buffers,
		  KgEdgeSink *sink)
{
	BlockNumber block = InvalidBlockNumber;
	int			page = -1;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (ItemPointerGetBlockNumber(&edges[i].row) != block)
		{
			block = ItemPointerGetBlockNumber(&edges[i].row);
			heap_page_prune_opt(visibility->heap, buffers[++page]);
		}
		/* One of those before may have reached the same node. */
		if (sink->wanted(sink, &edges[i], 1) > 0 &&
			row_is_visible(visibility, buffers[page], &edges[i]) &&
			!sink->take(sink, &edges[i], 1))
			return false;
	}
	return true;
}

bool
kg_take_put_off(KgVisibility *visibility, KgEdgeSink *sink)
{
	KgEdge	   *edges = visibility->put_off;
	int			n = visibility->nput_off;
	bool		go_on = true;
	int			start;
	int			count;

	if (n == 0)
		return true;
	visibility->nput_off = 0;
	n = sink->wanted(sink, edges, n);
	sort_by_row(edges, n);
	for (start = 0; start < n && go_on; start += count)
	{
		Buffer		buffers[HEAP_PAGES];
		int			i;

		CHECK_FOR_INTERRUPTS();
		count = pin_heap_pages(visibility, edges + start, n - start, buffers);
		go_on = take_rows(visibility, edges + start, count, buffers, sink);
		for (i = 0; i < HEAP_PAGES && BufferIsValid(buffers[i]); i++)
			ReleaseBuffer(buffers[i]);
	}
	return go_on;
}

void
kg_visibility_end(KgVisibility *visibility)
{
	int			i;

	for (i = 0; i < KG_MAP_PAGES; i++)
	{
		if (BufferIsValid(visibility->maps[i].buffer))
			ReleaseBuffer(visibility->maps[i].buffer);
		visibility->maps[i].buffer = InvalidBuffer;
	}
	visibility->nput_off = 0;
}
