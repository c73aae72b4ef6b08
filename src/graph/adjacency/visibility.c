/*
 * visibility.c
 *	  Which edges are visible: by the visibility map at once, by the heap
 *	  later and in its order.
 *
 * The map is read after the index, while the index page is pinned, for the
 * reasons that IndexOnlyNext gives: VACUUM cannot remove entries from a page
 * that is pinned, and so cannot reuse their rows.
 *
 * The heap needs no pin on the index, since the snapshot is an MVCC snapshot:
 * if VACUUM removes a row and another takes its place, that is too new to be
 * visible. So visits to the heap are deferred.  By then the search has visited
 * most of the other ends through other edges; the remaining edges are looked
 * up page by page.
 *
 * A query that asks what was known at a time looks at the row of each edge that
 * it wants, if the index does not tell when edges were recorded.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/visibilitymap.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/rel.h"

#include "graph/adjacency/heap_rows.h"
#include "graph/adjacency/visibility.h"
#include "graph/catalog/columns.h"

/* Deferred edges take a quarter of work_mem at most, within these bounds. */
#define MIN_DEFERRED 256
#define MAX_DEFERRED (1 << 20)
#define DEFERRED_SIZE (sizeof(KgEdge) + 2 * sizeof(int64))

/* The first capacity of the array of deferred edges. */
#define FIRST_DEFERRED 1024

void
kg_visibility_init(KgVisibility *visibility, Relation heap, Snapshot snapshot)
{
	Size		share = (Size) work_mem * 1024 / 4 / DEFERRED_SIZE;

	visibility->heap = heap;
	visibility->snapshot = snapshot;
	visibility->serializable = IsolationIsSerializable();
	visibility->recorded_at = 0;
	kg_visibility_map_init(&visibility->map, heap);
	visibility->deferred = NULL;
	visibility->ndeferred = 0;
	visibility->capacity = 0;
	visibility->max_deferred = Max(MIN_DEFERRED, Min(share, MAX_DEFERRED));
}

void
kg_visibility_known_at(KgVisibility *visibility, AttrNumber recorded_at, TimestampTz known_at)
{
	visibility->recorded_at = recorded_at;
	visibility->recorded_type = kg_column_type(visibility->heap, recorded_at);
	visibility->known_at = known_at;
}

/* Enlarges the array of deferred edges, up to max_deferred. */
static pg_noinline void
enlarge_deferred(KgVisibility *visibility)
{
	int			capacity = Min(Max(2 * visibility->capacity, FIRST_DEFERRED),
							   visibility->max_deferred);

	if (visibility->deferred == NULL)
		visibility->deferred = palloc(capacity * sizeof(KgEdge));
	else if (capacity > visibility->capacity)
		visibility->deferred = repalloc(visibility->deferred, capacity * sizeof(KgEdge));
	visibility->capacity = capacity;
}

static bool
defer(KgVisibility *visibility, const KgEdge *edge, KgEdgeSink *sink)
{
	if (visibility->ndeferred == visibility->capacity)
		enlarge_deferred(visibility);
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

	for (int i = 0; i < n; i++)
	{
		BlockNumber block = ItemPointerGetBlockNumber(&edges[i].row);

		if (visibility->recorded_at != 0 || !kg_is_all_visible(&visibility->map, block))
		{
			if (!defer(visibility, &edges[i], sink))
				return false;
			continue;
		}
		/* A visit to the heap would have locked the tuple. */
		if (visibility->serializable)
			PredicateLockPage(visibility->heap, block, visibility->snapshot);
		if (nvisible < i)
			edges[nvisible] = edges[i];
		nvisible++;
	}
	return nvisible == 0 || sink->take(sink, edges, nvisible);
}

/* Was the row recorded in time?  Null is no bound. */
static bool
row_is_known(const KgVisibility *visibility, HeapTuple tuple)
{
	bool		isnull;
	Datum		value;

	if (visibility->recorded_at == 0)
		return true;
	value = heap_getattr(tuple, visibility->recorded_at, RelationGetDescr(visibility->heap),
						 &isnull);
	return isnull || visibility->known_at >= kg_time(value, visibility->recorded_type);
}

/*
 * Is there a visible row at this position, or in its HOT chain, and was it
 * recorded in time?
 */
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
	/* The pin keeps the tuple where it is. */
	return found && row_is_known(visibility, &tuple);
}

bool
kg_take_deferred(KgVisibility *visibility, KgEdgeSink *sink)
{
	KgEdge	   *edges = visibility->deferred;
	KgHeapRows	rows;
	bool		go_on = true;
	int			n;

	if (visibility->ndeferred == 0)
		return true;
	n = sink->wanted(sink, edges, visibility->ndeferred);
	visibility->ndeferred = 0;
	kg_heap_rows_begin(&rows, visibility->heap, &edges->row, sizeof(KgEdge), n);
	for (int i = 0; i < n && go_on; i++)
	{
		KgEdge	   *edge = &edges[kg_heap_rows_nth(&rows, i)];

		kg_heap_rows_expect(&rows, i);
		/* An edge before this one may have led to the same node. */
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
	kg_visibility_map_release(&visibility->map);
	visibility->ndeferred = 0;
}

void
kg_visibility_close(KgVisibility *visibility)
{
	if (visibility->deferred == NULL)
		return;
	pfree(visibility->deferred);
	visibility->deferred = NULL;
	visibility->capacity = 0;
}
