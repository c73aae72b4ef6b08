/*
 * path.h
 *	  Paths, and the searches for them.
 */
#ifndef KG_GRAPH_PATH_H
#define KG_GRAPH_PATH_H

#include "postgres.h"
#include "fmgr.h"
#include "nodes/execnodes.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/memory.h"

/* A node of a path and the edge that leads to it from the node before. */
typedef struct KgStep
{
	int64		node;
	int64		edge;
	float8		weight;			/* of the edge; 1 in a search without weights */
	int			table;			/* edge table */
	bool		edge_is_null;	/* the edge has no id; or there is none, as in
								 * step 0 */
} KgStep;

/* steps[0] is the source, steps[length] the target. */
typedef struct KgPath
{
	int			length;			/* in edges */
	KgStep	   *steps;
} KgPath;

/* Nodes, and steps from the source, that a search must not use. */
typedef struct KgBans
{
	KgNodeSet	nodes;
	int64		source;
	const KgStep **steps;
	int			nsteps;
} KgBans;

/* An array of nodes, ascending and distinct. */
typedef struct KgNodes
{
	int64	   *nodes;
	Size		n;
} KgNodes;

/* The input of a search for paths, and its memory. */
typedef struct KgPathSearch
{
	const KgGraph *graph;
	KgEdgeQuery query;
	KgEdgeQuery reverse_query;
	KgAdjacency *forward;		/* for steps away from the source */
	KgAdjacency *backward;		/* for steps away from the target */
	KgNodes		sources;		/* where paths begin */
	KgNodes		targets;		/* where paths end; none: at any node */
	bool		weighted;
	int			max_depth;		/* -1: no limit */
	const KgBans *bans;			/* or NULL */
	KgMemory	memory;
} KgPathSearch;

/* The positions of a function's arguments, and two properties of it. */
typedef struct KgPathArguments
{
	int			max_depth;		/* 0: the function has none */
	int			direction;		/* then types, as_of */
	int			graph;			/* then properties, filter */
	int			weighted;		/* 0: the function has none */
	bool		sets;			/* source and target may be arrays */
	bool		rows;			/* see KgEdgeQuery */
} KgPathArguments;

/*
 * Opens the graph for a search between the source and the target, arguments 0
 * and 1.  Returns false if there can be no path because an end is null or does
 * not exist.  With "any_target", a null target stands for all nodes.  Nodes in
 * arrays that do not exist are left out.
 */
extern bool kg_path_search_open(KgPathSearch *search, FunctionCallInfo fcinfo,
								const KgPathArguments *arguments,
								bool any_target);
extern void kg_path_search_close(KgPathSearch *search);

/* The step to the other end of an edge that the sink gets. */
extern KgStep kg_edge_step(const KgEdgeSink *sink, const KgEdge *edge,
						   bool weighted);

/* Is the edge that the sink gets the one of this step? */
static inline bool
kg_is_edge_of(const KgStep *step, const KgEdgeSink *sink, const KgEdge *edge)
{
	return step->edge == edge->id && step->table == sink->table &&
		step->edge_is_null == edge->id_is_null;
}

/* The weight of an edge, 1 if null; a negative weight or NaN is an error. */
extern float8 kg_edge_weight(const KgEdge *edge);

/* The same without the check, for edges that may not be visible. */
static inline float8
kg_unchecked_weight(const KgEdge *edge)
{
	return edge->weight_is_null ? 1 : edge->weight;
}

/*
 * For "wanted" of a sink: moves the edges that are not banned to the front and
 * returns their number.  "bans" may be NULL.
 */
extern int	kg_bans_apply(const KgBans *bans, const KgEdgeSink *sink,
						  KgEdge *edges, int n);

/* A path of this length, palloc'd; steps are zero, step 0 without an edge. */
extern KgPath *kg_path_new(int length);

/* The path of no edges at this node. */
extern KgPath *kg_path_of_node(int64 node);

/*
 * The index of the first source from the i-th on that is a target, too; the
 * number of sources if there is none.
 */
extern Size kg_common_end(const KgPathSearch *search, Size i);

/* Gets paths one by one, valid during the call; returns false to stop. */
typedef bool (*KgPutPath) (void *arg, const KgPath *path);

/* The sum of all weights. */
extern float8 kg_path_cost(const KgPath *path);

/* A result whose rows are paths: nodes, relations, length, cost, keys. */
typedef struct KgPathRows
{
	ReturnSetInfo *result;
	const KgGraph *graph;
	MemoryContext context;		/* for one row */
	int			max_paths;		/* -1: no limit */
	int			npaths;
	bool		with_cost;		/* the result has the column */
} KgPathRows;

extern void kg_path_rows_begin(KgPathRows *rows, FunctionCallInfo fcinfo,
							   const KgPathSearch *search);

/* A KgPutPath that adds a row, or says that max_paths cuts the result off. */
extern bool kg_put_path_row(void *rows, const KgPath *path);

#endif							/* KG_GRAPH_PATH_H */
