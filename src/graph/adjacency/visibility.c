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

#include "graph/adjacency/heap_rows.h"
#include "graph/adjacency/visibility.h"

/* A quarter of work_mem is for edges that are deferred, within bounds. */
#define MIN_PUT_OFF 256
#define MAX_PUT_OFF (1 << 20)
#define PUT_OFF_SIZE (sizeof(KgEdge) + 2 * sizeof(int64))

/* Room for so many at first. */
#define FIRST_PUT_OFF 1024

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
	visibility->deferred = NULL;
	visibility->ndeferred = 0;
	visibility->room = 0;
	visibility->max_deferred = Max(MIN_PUT_OFF, Min(share, MAX_PUT_OFF));
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
	map->number = block / KG_BLOCKS_A_MAP_PAGE;
	map->bits = (const volatile uint8 *) PageGetContents(BufferGetPage(map->buffer));
	return true;
}

/* visibilitymap_get_status, for many blocks in turn on several map pages */
static inline bool
is_all_visible(KgVisibility *visibility, BlockNumber block)
{
	BlockNumber number = block / KG_BLOCKS_A_MAP_PAGE;
	KgMapPage  *map = &visibility->maps[number % KG_MAP_PAGES];

	if (unlikely(!BufferIsValid(map->buffer) || map->number != number) &&
		!pin_map(visibility, map, block))
		return false;
	return kg_map_shows_all_visible(map->bits, block);
}

/* Makes room for another edge, if that is allowed. */
static pg_noinline void
enlarge_put_off(KgVisibility *visibility)
{
	int			room = Min(Max(2 * visibility->room, FIRST_PUT_OFF), visibility->max_deferred);

	if (visibility->deferred == NULL)
		visibility->deferred = palloc(room * sizeof(KgEdge));
	else if (room > visibility->room)
		visibility->deferred = repalloc(visibility->deferred, room * sizeof(KgEdge));
	visibility->room = room;
}

static bool
deferred(KgVisibility *visibility, const KgEdge *edge, KgEdgeSink *sink)
{
	if (visibility->ndeferred == visibility->room)
		enlarge_put_off(visibility);
	if (visibility->ndeferred == visibility->max_deferred)
	{
		visibility->ndeferred = sink->wanted(sink, visibility->deferred, visibility->ndeferred);
		if (visibility->ndeferred > visibility->max_deferred / 4 * 3 &&
			!kg_take_deferred(visibility, sink))
			return false;
	}
	visibility->deferred[visibility->ndeferred++] = *edge;
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
			if (!deferred(visibility, &edges[i], sink))
				return false;
			continue;
		}
		/* The heap would have locked the tuple. */
		if (visibility->serializable)
			PredicateLockPage(visibility->heap, block, visibility->snapshot);
		if (nvisible < i)
			edges[nvisible] = edges[i];
		nvisible++;
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

bool
kg_take_deferred(KgVisibility *visibility, KgEdgeSink *sink)
{
	KgEdge	   *edges = visibility->deferred;
	KgHeapRows	rows;
	bool		go_on = true;
	int			n;
	int			i;

	if (visibility->ndeferred == 0)
		return true;
	n = sink->wanted(sink, edges, visibility->ndeferred);
	visibility->ndeferred = 0;
	kg_heap_rows_begin(&rows, visibility->heap, &edges->row, sizeof(KgEdge), n);
	for (i = 0; i < n && go_on; i++)
	{
		KgEdge	   *edge = &edges[kg_heap_rows_nth(&rows, i)];

		kg_heap_rows_expect(&rows, i);
		/* One of those before may have visited the same node. */
		if (sink->wanted(sink, edge, 1) > 0 &&
			row_is_visible(visibility, kg_heap_rows_pin(&rows, i), edge))
			go_on = sink->take(sink, edge, 1);
	}
	kg_heap_rows_end(&rows);
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
	visibility->ndeferred = 0;
}

void
kg_visibility_close(KgVisibility *visibility)
{
	if (visibility->deferred == NULL)
		return;
	pfree(visibility->deferred);
	visibility->deferred = NULL;
	visibility->room = 0;
}
