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

#include "graph/adjacency/adjacency.h"
#include "pg/visibility_map.h"

typedef struct KgVisibility
{
	Relation	heap;
	Snapshot	snapshot;
	bool		serializable;	/* leave predicate locks */
	KgVisibilityMap map;

	KgEdge	   *deferred;		/* edges that the heap decides on */
	int			ndeferred;
	int			capacity;		/* of "deferred" */
	int			max_deferred;
} KgVisibility;

extern void kg_visibility_init(KgVisibility *visibility, Relation heap, Snapshot snapshot);

/*
 * Gives those edges to the sink whose rows are on all-visible pages, and puts
 * the others off.  The caller has read the edges from the index before, and
 * still pins their page.  Returns false if the sink had enough.
 */
extern bool kg_take_visible(KgVisibility *visibility, KgEdge *edges, int n,
							KgEdgeSink *sink);

/*
 * Gives those edges to the sink that were deferred, are still wanted, and have
 * a visible row.  Returns false if the sink had enough.
 */
extern bool kg_take_deferred(KgVisibility *visibility, KgEdgeSink *sink);

/* Releases pins and forgets what was deferred. */
extern void kg_visibility_end(KgVisibility *visibility);

/* Gives its memory back. */
extern void kg_visibility_close(KgVisibility *visibility);

#endif							/* KG_GRAPH_VISIBILITY_H */
