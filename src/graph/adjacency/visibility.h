/*
 * visibility.h
 *	  Which edges are visible: by the visibility map at once, by the heap
 *	  later and in its order.
 */
#ifndef KG_GRAPH_VISIBILITY_H
#define KG_GRAPH_VISIBILITY_H

#include "postgres.h"
#include "access/visibilitymapdefs.h"
#include "storage/block.h"
#include "storage/buf.h"
#include "storage/bufpage.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "graph/adjacency/adjacency.h"

/* Heap blocks on a page of the visibility map. */
#define KG_BLOCKS_A_MAP_PAGE \
	((BLCKSZ - MAXALIGN(SizeOfPageHeaderData)) * (BITS_PER_BYTE / BITS_PER_HEAPBLOCK))

/* What the map's page of this block, whose contents are given, says of it. */
static inline bool
kg_map_shows_all_visible(const volatile uint8 *bits, BlockNumber block)
{
	uint32		bit = block % KG_BLOCKS_A_MAP_PAGE * BITS_PER_HEAPBLOCK;

	return (bits[bit / BITS_PER_BYTE] >> (bit % BITS_PER_BYTE)) & VISIBILITYMAP_ALL_VISIBLE;
}

/* So many pages of the map are kept at hand: 4 GB of heap. */
#define KG_MAP_PAGES 16

typedef struct KgMapPage
{
	Buffer		buffer;			/* pinned, or invalid */
	BlockNumber number;			/* which page of the map */
	const volatile uint8 *bits;
} KgMapPage;

typedef struct KgVisibility
{
	Relation	heap;
	Snapshot	snapshot;
	bool		serializable;	/* leave predicate locks */
	KgMapPage	maps[KG_MAP_PAGES];

	KgEdge	   *deferred;		/* edges that the heap decides on */
	int			ndeferred;
	int			room;			/* of so many there */
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
