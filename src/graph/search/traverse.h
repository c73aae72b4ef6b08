/*
 * traverse.h
 *	  Breadth-first search from any number of nodes.
 */
#ifndef KG_GRAPH_TRAVERSE_H
#define KG_GRAPH_TRAVERSE_H

#include "postgres.h"

#include "fmgr.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/memory.h"

/* Embed it as the first member of a struct of your own. */
typedef struct KgBreadthFirst
{
	KgEdgeSink	sink;
	int			max_depth;		/* given; -1: no limit */
	int			max_nodes;		/* given; -1: no limit */

	/*
	 * Given: gets each node as it is visited, with the edge that reaches it,
	 * NULL for a start node.  It must not run SQL.
	 */
	void		(*put) (struct KgBreadthFirst *search, int64 node, int depth,
						const KgEdge *edge);

	KgMemory	memory;
	KgNodeSet	visited;
	KgNodeList	frontier;		/* nodes at this depth */
	KgNodeList	next;			/* nodes at depth + 1 */
	int			depth;
	int			nvisited;
	bool		truncated;		/* there is a node beyond max_nodes */
} KgBreadthFirst;

/* Makes search->memory, for the caller to reset, and what is in it. */
extern void kg_breadth_first_init(KgBreadthFirst *search, KgAdjacency *adj);

/* Searches by whole levels. */
extern void kg_breadth_first(KgBreadthFirst *search, KgAdjacency *adj,
							 const int64 *start, int nstart);

/*
 * Searches by the arguments of kg.traverse, which kg.neighborhood has as well.
 * search->put is given; search->memory is for the caller to reset.  Returns the
 * names of the readers.
 */
extern const char *kg_breadth_first_as_asked(KgBreadthFirst *search, FunctionCallInfo fcinfo,
											 KgGraph *graph);

extern PGDLLEXPORT Datum kg_traverse(PG_FUNCTION_ARGS);

/* Has the planner scan it without a tuplestore (traverse_scan.c). */
extern void kg_traverse_scan_init(void);

#endif							/* KG_GRAPH_TRAVERSE_H */
