/*
 * traverse.h
 *	  Breadth-first search from any number of start nodes.
 */
#ifndef KG_GRAPH_TRAVERSE_H
#define KG_GRAPH_TRAVERSE_H

#include "postgres.h"

#include "fmgr.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/memory.h"

/* A search in progress: the first member of a struct of the caller's. */
typedef struct KgBreadthFirst
{
	KgEdgeSink	sink;

	/* The caller sets these: */
	int			max_depth;		/* -1: no limit */
	int			max_nodes;		/* -1: no limit */

	/*
	 * Gets each node when it is visited, with the edge that leads to it, NULL
	 * for a start node.  It must not run SQL.
	 */
	void		(*visit) (struct KgBreadthFirst *search, int64 node, int depth,
						  const KgEdge *edge);

	KgMemory	memory;
	KgNodeSet	visited;
	KgNodeList	frontier;		/* nodes at this depth */
	KgNodeList	next;			/* nodes at depth + 1 */
	int			depth;
	int			nvisited;
	bool		truncated;		/* there are more than max_nodes nodes */
} KgBreadthFirst;

/* Sets up the rest of the struct; the caller resets search->memory. */
extern void kg_breadth_first_init(KgBreadthFirst *search, KgAdjacency *adj);

/* Searches level by level. */
extern void kg_breadth_first(KgBreadthFirst *search, KgAdjacency *adj,
							 const int64 *start, int nstart);

/*
 * Searches as the arguments of kg.traverse say; those of kg.neighborhood are the
 * same.  The caller sets search->visit before and resets search->memory after.
 * Returns the names of the readers.
 */
extern const char *kg_breadth_first_as_asked(KgBreadthFirst *search, FunctionCallInfo fcinfo,
											 KgGraph *graph);

extern PGDLLEXPORT Datum kg_traverse(PG_FUNCTION_ARGS);

/* Installs the planner's hook for the scan of kg.traverse (traverse_scan.c). */
extern void kg_traverse_scan_init(void);

#endif							/* KG_GRAPH_TRAVERSE_H */
