/*
 * leaf_copy.h
 *	  A scan of leaf pages, and the edges that it copies from a page.
 *
 * Edges are copied while the page is locked.  Their visibility is looked up
 * later.
 */
#ifndef KG_GRAPH_LEAF_COPY_H
#define KG_GRAPH_LEAF_COPY_H

#include "postgres.h"
#include "lib/stringinfo.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/leaf_pages.h"
#include "graph/adjacency/sorted_keys.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_columns.h"

/* No page has more edges. */
#define KG_LEAF_EDGES MaxTIDsPerBTreePage

typedef struct KgLeafScan
{
	KgLeafPages pages;
	KgSortedKeys sorted;
	const KgGraph *graph;
	TupleDesc	desc;
	const KgEdgeQuery *query;	/* tests that edges must pass here, or NULL */
	bool		outgoing;
	bool		other;			/* with a dictionary, or for rows alone */
	bool		by_type;		/* is the second key the type, ascending? Then
								 * types that are not needed are skipped. */
	bool		filter;			/* by type or a time */
	AttrNumber	expired;		/* a column that is null in edges that are
								 * known now; 0: they all are, or what was
								 * known at a time is asked for */
	bool		nulls;			/* may an end be null? */
	bool		details;		/* the type and the weight are asked for */
	bool		ignore_dead;	/* pass over entries marked as dead */
	bool		started;		/* has "pages" begun with a list of keys? */
	Size		max_found;		/* if more texts than this belong on a page,
								 * all its texts are looked up in the
								 * dictionary */
	int32		type_of_all;	/* if no column has it */
	KgIndexColumn to;			/* columns; not set if rows alone are asked
								 * for */
	KgIndexColumn id;
	KgIndexColumn type;
	KgIndexColumn weight;
	KgIndexColumn valid_from;
	KgIndexColumn valid_to;
	KgIndexColumn recorded_at;
	KgIndexColumn expired_at;

	const KgNodeSet *visited;	/* or NULL */
	int32		jump_type;		/* the next type that is needed of the node,
								 * on a later page; or PG_INT32_MIN */
	ptrdiff_t	to_next;		/* distance in memory to the next page, or 0 */
	KgEdge	   *edges;			/* the edges of the page */
	KgEdge	   *own_edges;		/* memory that the scan frees */
	int			n;

	/* With a dictionary: keys at the other end, unless they are integers. */
	int			to_table;
	const char **far;
	char	   *far_bytes;
	Size		far_used;
	KgKeyColumns *far_key;		/* keys of several columns, copied to "far"
								 * (key_columns.h), or NULL */
	StringInfoData json;		/* the keys made of these copies */
} KgLeafScan;

/* Copies a tuple of this node, and the key at its other end. */
extern void kg_leaf_copy_tuple(KgLeafScan *scan, IndexTuple itup, int64 from);

/*
 * Merges the current page, which is locked, with the nodes; returns the first
 * node that may have more edges to the right of the page.
 */
extern Size kg_leaf_copy_by_key(KgLeafScan *scan, IndexTuple high_key);

/*
 * Called if the node "next" goes on to the right of this page.  Decides where:
 * at the right sibling, at the next type that is needed, which may be further
 * away, or nowhere, if no further type is needed.
 */
extern void kg_leaf_find_overflow(KgLeafScan *scan, IndexTuple high_key);

#endif							/* KG_GRAPH_LEAF_COPY_H */
