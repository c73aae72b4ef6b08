/*
 * depth_first.h
 *	  Depth-first walk: all paths from a node, one after the other.
 */
#ifndef KG_GRAPH_DEPTH_FIRST_H
#define KG_GRAPH_DEPTH_FIRST_H

#include "postgres.h"

#include "graph/search/path.h"

/*
 * The walk is at a path.  kg_depth_first_next goes to the next one, which is longer
 * by one step if kg_depth_first_deeper was called; the order of steps from a node is
 * that of the nodes they lead to and, of several relations, of their ids.
 *
 * Kept are the path and, for each of its nodes, the steps not yet taken.
 */
typedef struct KgDepthFirst
{
	KgEdgeSink	sink;
	KgAdjacency *adj;
	KgMemory   *memory;
	bool		weighted;
	int			length;			/* of the path, in relations */
	KgStep	   *steps;			/* of the path */
	Size		capacity;
	KgStep	   *pending;		/* not yet taken, the next one last */
	Size		npending;
	Size		pending_capacity;
	KgNodeList	frames;			/* where in "pending" those of each node of
								 * the path start */
	bool		started;
	uint64		before;			/* nodes that other searches have visited */

	/* May the path go on with this edge?  It need not be visible. */
	bool		(*wanted) (struct KgDepthFirst *dfs, const KgEdge *edge);
	void	   *arg;			/* for "wanted" */
} KgDepthFirst;

typedef bool (*KgDepthFirstWanted) (KgDepthFirst *dfs, const KgEdge *edge);

/* From a node, along the edges or against them. */
extern void kg_depth_first_begin(KgDepthFirst *dfs, KgPathSearch *search, int64 node, bool forward);

/* The first path is that of no relations.  Returns false after the last. */
extern bool kg_depth_first_next(KgDepthFirst *dfs);

/* Longer paths than the current one are to follow it. */
extern void kg_depth_first_deeper(KgDepthFirst *dfs);

/* Gives back what the walk has kept. */
extern void kg_depth_first_end(KgDepthFirst *dfs);

/* Is the node on the path? */
extern bool kg_depth_first_has(const KgDepthFirst *dfs, int64 node);

#endif							/* KG_GRAPH_WALK_H */
