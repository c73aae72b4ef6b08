/*
 * traverse.h
 *	  Breadth-first search from any number of nodes.
 */
#ifndef KG_GRAPH_TRAVERSE_H
#define KG_GRAPH_TRAVERSE_H

#include "postgres.h"

#include "graph/adjacency.h"
#include "graph/memory.h"

/* Embed it as the first member of a struct of your own. */
typedef struct KgBreadthFirst
{
	KgEdgeSink	sink;
	int			max_depth;		/* given; -1: no limit */
	int			max_nodes;		/* given; -1: no limit */

	/*
	 * Given: gets each node as it is reached, with the edge that reaches it,
	 * NULL for a start node.  It must not run SQL.
	 */
	void		(*put) (struct KgBreadthFirst *search, int64 node, int depth,
						const KgEdge *edge);

	KgMemory	memory;
	KgNodeSet	reached;
	KgNodeList	frontier;		/* nodes at this depth */
	KgNodeList	next;			/* nodes at depth + 1 */
	int			depth;
	int			nreached;
	bool		truncated;		/* there is a node beyond max_nodes */
} KgBreadthFirst;

/* Makes search->memory, for the caller to reset, and what is in it. */
extern void kg_breadth_first_init(KgBreadthFirst *search, KgAdjacency *adj);

/* Searches by whole levels. */
extern void kg_breadth_first(KgBreadthFirst *search, KgAdjacency *adj,
							 const int64 *start, int nstart);

#endif							/* KG_GRAPH_TRAVERSE_H */
