/*
 * visibility.h
 *	  Which edges are visible: by the visibility map at once, by the heap
 *	  later and in its order.
 */
#ifndef KG_GRAPH_VISIBILITY_H
#define KG_GRAPH_VISIBILITY_H

#include "postgres.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "graph/adjacency/adjacency.h"
#include "pg/visibility_map.h"

typedef struct KgVisibility
{
	Relation	heap;
	Snapshot	snapshot;
	bool		serializable;	/* leave predicate locks */
	AttrNumber	recorded_at;	/* if the index lacks this column of the heap,
								 * rows of edges are asked for it; else 0 */
	Oid			recorded_type;
	TimestampTz known_at;
	KgVisibilityMap map;

	KgEdge	   *deferred;		/* edges that the heap decides on */
	int			ndeferred;
	int			capacity;		/* of "deferred" */
	int			max_deferred;
} KgVisibility;

extern void kg_visibility_init(KgVisibility *visibility, Relation heap, Snapshot snapshot);

/*
 * From now on, edges also need a row that was recorded at "known_at" or before,
 * by this column.
 */
extern void kg_visibility_known_at(KgVisibility *visibility, AttrNumber recorded_at,
								   TimestampTz known_at);

/*
 * Gives the sink the edges whose rows are on all-visible pages, and defers the
 * others, or all if rows are asked for when they were recorded.  The caller has
 * read the edges from an index page before, and still pins that page.  Returns
 * false if the sink needs no more edges.
 */
extern bool kg_take_visible(KgVisibility *visibility, KgEdge *edges, int n,
							KgEdgeSink *sink);

/*
 * Gives the sink the deferred edges that are still wanted and have a visible
 * row. Returns false if the sink needs no more edges.
 */
extern bool kg_take_deferred(KgVisibility *visibility, KgEdgeSink *sink);

/* Releases pins and forgets deferred edges. */
extern void kg_visibility_end(KgVisibility *visibility);

/* Frees the memory. */
extern void kg_visibility_close(KgVisibility *visibility);

#endif							/* KG_GRAPH_VISIBILITY_H */
