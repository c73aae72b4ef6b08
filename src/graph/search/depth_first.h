/*
 * depth_first.h
 *	  Depth-first search: all paths from a node, one after the other.
 */
#ifndef KG_GRAPH_DEPTH_FIRST_H
#define KG_GRAPH_DEPTH_FIRST_H

#include "postgres.h"

#include "graph/search/path.h"

/*
 * The search is at one path at a time.  kg_depth_first_next goes to the next
 * one, which is the current path and one step more if kg_depth_first_deeper
 * was called.  Steps from a node are ordered by the nodes that they lead to,
 * then by the ids of their edges.
 *
 * The search keeps the current path and, for each node of it, the steps that it
 * has not taken yet.
 */
typedef struct KgDepthFirst
{
	KgEdgeSink	sink;
	KgAdjacency *adj;
	KgMemory   *memory;
	bool		weighted;
	int			length;			/* of the path, in edges */
	KgStep	   *steps;			/* of the path */
	Size		capacity;
	KgStep	   *pending;		/* not yet taken, the next one last */
	Size		npending;
	Size		pending_capacity;
	KgNodeList	frames;			/* for each node of the path, where its steps
								 * start in "pending" */
	bool		started;
	uint64		before;			/* nodes that other searches have visited in
								 * the same memory */

	/* May the path go on with this edge?  It may turn out invisible. */
	bool		(*wanted) (struct KgDepthFirst *dfs, const KgEdge *edge);
	void	   *arg;			/* for "wanted" */
} KgDepthFirst;

typedef bool (*KgDepthFirstWanted) (KgDepthFirst *dfs, const KgEdge *edge);

/* Starts at a node, along the edges (forward) or against them. */
extern void kg_depth_first_begin(KgDepthFirst *dfs, KgPathSearch *search,
								 int64 node, bool forward);

/* The first path has no edges.  Returns false after the last path. */
extern bool kg_depth_first_next(KgDepthFirst *dfs);

/* Lets the paths follow that continue the current one. */
extern void kg_depth_first_deeper(KgDepthFirst *dfs);

/* Frees what the search holds. */
extern void kg_depth_first_end(KgDepthFirst *dfs);

/* Is the node on the path? */
extern bool kg_depth_first_has(const KgDepthFirst *dfs, int64 node);

#endif							/* KG_GRAPH_DEPTH_FIRST_H */
