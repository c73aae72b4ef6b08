/*
 * traverse.h
 *	  Breadth-first search from any number of start nodes.
 */
#ifndef KG_GRAPH_TRAVERSE_H
#define KG_GRAPH_TRAVERSE_H

#include "postgres.h"

#include "fmgr.h"
#include "nodes/execnodes.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/memory.h"
#include "graph/search/frontier.h"

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
	KgFrontier	frontier;
	int			depth;			/* of the nodes in the frontier */
	int			nvisited;
	bool		truncated;		/* there are more than max_nodes nodes */
} KgBreadthFirst;

/* Sets up the rest of the struct; the caller resets search->memory. */
extern void kg_breadth_first_init(KgBreadthFirst *search, KgAdjacency *adj);

/* Searches level by level from these nodes, as of kg_start_argument. */
extern void kg_breadth_first(KgBreadthFirst *search, KgAdjacency *adj,
							 const int64 *start, Size nstart);

/*
 * Searches as the arguments of kg.traverse say; those of kg.neighborhood are
 * the same.  The caller sets search->visit before and resets search->memory
 * after.  Returns the names of the readers.
 */
extern const char *kg_breadth_first_as_asked(KgBreadthFirst *search,
											 FunctionCallInfo fcinfo,
											 KgGraph *graph);

/* A row of kg.traverse or kg.traverse_page. */
typedef struct KgTraverseRow
{
	int64		node;
	int64		parent;
	int64		edge;
	int32		depth;
	bool		has_parent;		/* false for a start node */
	bool		has_edge;		/* false if the edge has no id, too */
} KgTraverseRow;

/* The row of a node that is visited by an edge, NULL for a start node. */
static inline KgTraverseRow
kg_traverse_row(int64 node, int depth, const KgEdge *edge)
{
	KgTraverseRow row = {.node = node,.depth = depth};

	if (edge != NULL)
	{
		row.parent = edge->from;
		row.edge = edge->id;
		row.has_parent = true;
		row.has_edge = !edge->id_is_null;
	}
	return row;
}

/* Adds the row to the result of a function. */
extern void kg_put_traverse_row(ReturnSetInfo *result, const KgGraph *graph,
								const KgTraverseRow *row);

extern PGDLLEXPORT Datum kg_traverse(PG_FUNCTION_ARGS);

/* Installs the planner's hook for the scan of kg.traverse (traverse_scan.c). */
extern void kg_traverse_scan_init(void);

#endif							/* KG_GRAPH_TRAVERSE_H */
