/*
 * leaf_copy.h
 *	  A scan of leaf pages, and the edges that it copies from a page.
 *
 * The copy is taken while the page is locked.  Visibility is found out later.
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
	const KgEdgeQuery *query;	/* what edges are tested for here, or NULL */
	bool		outgoing;
	bool		other;			/* a dictionary, or rows alone */
	bool		by_type;		/* is the second key the type, ascending?
								 * Types are skipped that are not needed. */
	bool		filter;			/* by type or time */
	bool		nulls;			/* may an end be null? */
	bool		details;		/* the type and the weight are asked for */
	bool		ignore_dead;	/* pass over entries marked as dead */
	bool		started;		/* are there keys? */
	Size		max_found;		/* more texts on a page than this are looked
								 * up in the dictionary */
	int32		type_of_all;	/* unless there is a column for it */
	KgIndexColumn to;			/* these not if rows alone are asked for */
	KgIndexColumn id;
	KgIndexColumn type;
	KgIndexColumn weight;
	KgIndexColumn valid_from;
	KgIndexColumn valid_to;

	const KgNodeSet *visited;	/* or NULL */
	int32		jump_type;		/* where the rest of a node is, or
								 * PG_INT32_MIN */
	ptrdiff_t	to_next;		/* from this page to the next in memory, or 0 */
	KgEdge	   *edges;			/* those of the page */
	KgEdge	   *own_edges;		/* to be freed */
	int			n;

	/* With a dictionary: keys at the other end, unless they are integers. */
	int			to_table;
	const char **far;
	char	   *far_bytes;
	Size		far_used;
	KgKeyColumns *far_key;		/* of several columns, of which "far" are
								 * copies (key_columns.h), or NULL */
	StringInfoData json;		/* for the keys that they make */
} KgLeafScan;

/* Copies what the search needs of a tuple of this node, with its key at the other end. */
extern void kg_leaf_copy_tuple(KgLeafScan *scan, IndexTuple itup, int64 from);

/*
 * Merges the current page, which is locked, with the nodes; returns the first
 * node of which there may be more to the right of the page.
 */
extern Size kg_leaf_copy_by_key(KgLeafScan *scan, IndexTuple high_key);

/*
 * The tuples of a node go on to the right of this page.  Those of types that
 * are needed may be further away, or there may be none.
 */
extern void kg_leaf_find_overflow(KgLeafScan *scan, IndexTuple high_key);

#endif							/* KG_GRAPH_LEAF_COPY_H */
