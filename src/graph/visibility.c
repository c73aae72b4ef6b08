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

/* A quarter of work_mem is for edges that are put off, within bounds. */
#define MIN_PUT_OFF 256
#define MAX_PUT_OFF (1 << 20)
#define PUT_OFF_SIZE (sizeof(KgEdge) + 2 * sizeof(int64))

/* Room for so many at first. */
#define FIRST_PUT_OFF 1024

/*
 * Rows are expected in batches: their pages two batches ahead, they themselves
 * one ahead.  Each is a miss in the translation buffer, whose page walks
 * overlap as long as no locked instruction stands between them.
 */
#define EXPECT_BATCH 16

void
kg_visibility_init(KgVisibility *visibility, Relation heap, Snapshot snapshot)
{
	Size		share = (Size) work_mem * 1024 / 4 / PUT_OFF_SIZE;
	int			i;

	visibility->heap = heap;
	visibility->snapshot = snapshot;
	visibility->serializable = IsolationIsSerializable();
	for (i = 0; i < KG_MAP_PAGES; i++)
		visibility->maps[i].buffer = InvalidBuffer;
	visibility->put_off = NULL;
	visibility->nput_off = 0;
	visibility->room = 0;
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

/* Makes room for another edge, if that is allowed. */
static pg_noinline void
enlarge_put_off(KgVisibility *visibility)
{
	int			room = Min(Max(2 * visibility->room, FIRST_PUT_OFF), visibility->max_put_off);

	if (visibility->put_off == NULL)
		visibility->put_off = palloc(room * sizeof(KgEdge));
	else if (room > visibility->room)
		visibility->put_off = repalloc(visibility->put_off, room * sizeof(KgEdge));
	visibility->room = room;
}

static bool
put_off(KgVisibility *visibility, const KgEdge *edge, KgEdgeSink *sink)
{
	if (visibility->nput_off == visibility->room)
		enlarge_put_off(visibility);
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

/* The edges that were put off, in the order of their rows' pages. */
typedef struct PutOff
{
	KgVisibility *visibility;
	int			n;
	int64	   *order;			/* block and place in put_off */
	int64	   *memory;			/* of the order, and to sort it */
} PutOff;

static inline KgEdge *
nth_edge(const PutOff *edges, int i)
{
	return &edges->visibility->put_off[(uint32) edges->order[i]];
}

static void
order_by_page(PutOff *edges)
{
	const KgEdge *put_off = edges->visibility->put_off;
	int			i;

	edges->memory = palloc(2 * edges->n * sizeof(int64));
	for (i = 0; i < edges->n; i++)
		edges->memory[i] =
			(int64) ((uint64) ItemPointerGetBlockNumber(&put_off[i].row) << 32 | i);
	edges->order = kg_sort_int64(edges->memory, edges->memory + edges->n, edges->n, 32);
}

static inline const char *
row_identifier(const char *page, const KgEdge *edge)
{
	OffsetNumber offset = ItemPointerGetOffsetNumber(&edge->row);

	return page + SizeOfPageHeaderData + (Min(offset, MaxHeapTuplesPerPage) - 1) * sizeof(ItemIdData);
}

/* Lets a batch of pages come into the cache. */
static void
expect_pages(const PutOff *edges, int from)
{
	int			to = Min(from + EXPECT_BATCH, edges->n);
	int			i;

	for (i = from; i < to; i++)
	{
		const KgEdge *edge = nth_edge(edges, i);
		const char *page = kg_expect_block(edges->visibility->heap,
										   ItemPointerGetBlockNumber(&edge->row));

		if (page == NULL)
			continue;
		kg_prefetch(page);
		kg_prefetch(row_identifier(page, edge));
	}
}

/*
 * And the rows themselves.  Where a page was seen last there may be another by
 * now, so that nothing is made of what is read.
 */
static void
expect_rows(const PutOff *edges, int from)
{
	int			to = Min(from + EXPECT_BATCH, edges->n);
	int			i;

	for (i = from; i < to; i++)
	{
		const KgEdge *edge = nth_edge(edges, i);
		Buffer		recent = kg_recent_buffer(edges->visibility->heap,
											  ItemPointerGetBlockNumber(&edge->row));
		const char *page;

		if (recent <= 0)
			continue;
		page = BufferGetPage(recent);
		kg_prefetch(page + ItemIdGetOffset((const ItemIdData *) row_identifier(page, edge)));
	}
}

/* Visits the rows and gives what is visible to the sink, until it has enough. */
static bool
take_in_order(const PutOff *edges, KgEdgeSink *sink)
{
	Relation	heap = edges->visibility->heap;
	Buffer		buffer = InvalidBuffer;
	BlockNumber pinned = InvalidBlockNumber;
	bool		go_on = true;
	int			i;

	expect_pages(edges, 0);
	expect_pages(edges, EXPECT_BATCH);
	expect_rows(edges, 0);
	for (i = 0; i < edges->n && go_on; i++)
	{
		KgEdge	   *edge = nth_edge(edges, i);
		BlockNumber block = ItemPointerGetBlockNumber(&edge->row);

		if (i % EXPECT_BATCH == 0)
		{
			expect_pages(edges, i + 2 * EXPECT_BATCH);
			expect_rows(edges, i + EXPECT_BATCH);
		}
		/* One of those before may have reached the same node. */
		if (sink->wanted(sink, edge, 1) == 0)
			continue;
		if (block != pinned)
		{
			CHECK_FOR_INTERRUPTS();
			if (BufferIsValid(buffer))
				ReleaseBuffer(buffer);
			buffer = kg_read_buffer(heap, block, NULL);
			pinned = block;
			heap_page_prune_opt(heap, buffer);
		}
		if (row_is_visible(edges->visibility, buffer, edge))
			go_on = sink->take(sink, edge, 1);
	}
	if (BufferIsValid(buffer))
		ReleaseBuffer(buffer);
	return go_on;
}

bool
kg_take_put_off(KgVisibility *visibility, KgEdgeSink *sink)
{
	PutOff		edges = {visibility};
	bool		go_on;

	if (visibility->nput_off == 0)
		return true;
	edges.n = sink->wanted(sink, visibility->put_off, visibility->nput_off);
	visibility->nput_off = 0;
	order_by_page(&edges);
	go_on = take_in_order(&edges, sink);
	pfree(edges.memory);
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

void
kg_visibility_close(KgVisibility *visibility)
{
	if (visibility->put_off == NULL)
		return;
	pfree(visibility->put_off);
	visibility->put_off = NULL;
	visibility->room = 0;
}
