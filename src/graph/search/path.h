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

/* A node of a path and the relation that leads to it from the node before. */
typedef struct KgStep
{
	int64		node;
	int64		edge;
	float8		weight;			/* of the relation; 1 if weights do not count */
	int			table;			/* edge table of the relation */
	bool		edge_is_null;	/* as that of step 0 is */
} KgStep;

/* steps[0] is the source, steps[length] the target. */
typedef struct KgPath
{
	int			length;			/* relations */
	KgStep	   *steps;
} KgPath;

/*
 * What a search passes by as if it were not there: nodes, and steps from the
 * source.
 */
typedef struct KgBans
{
	KgNodeSet	nodes;
	int64		source;
	const KgStep **steps;
	int			nsteps;
} KgBans;

/* Ascending and distinct. */
typedef struct KgNodes
{
	int64	   *nodes;
	Size		n;
} KgNodes;

/* What a search for paths is given. */
typedef struct KgPathSearch
{
	const KgGraph *graph;
	KgEdgeQuery query;
	KgEdgeQuery reverse_query;
	KgAdjacency *forward;		/* leads away from the source */
	KgAdjacency *backward;		/* leads away from the target */
	KgNodes		sources;		/* a path leads from one of these */
	KgNodes		targets;		/* to one of these; none: to any node */
	bool		weighted;
	int			max_depth;		/* -1: no limit */
	const KgBans *bans;			/* or NULL */
	KgMemory	memory;
} KgPathSearch;

/* Where the arguments of a function are. */
typedef struct KgPathArguments
{
	int			max_depth;		/* 0: there is none, as of "weighted" */
	int			direction;		/* then types, as_of */
	int			graph;			/* then properties, filter */
	int			weighted;
	bool		sets;			/* may the ends be arrays? */
	bool		rows;			/* no argument: as in KgEdgeQuery */
} KgPathArguments;

/*
 * Opens the graph for a search between the arguments 0 and 1.  Returns false
 * if there is nothing to be found, because an end is null or not there; a
 * target that is null stands for all if "any_target".  Of arrays, nodes that
 * are not there are left out.
 */
extern bool kg_path_search_open(KgPathSearch *search, FunctionCallInfo fcinfo,
								const KgPathArguments *arguments, bool any_target);
extern void kg_path_search_close(KgPathSearch *search);

/* An edge that the sink is given as a step to its other end; "weighted" as in the search. */
extern KgStep kg_edge_step(const KgEdgeSink *sink, const KgEdge *edge, bool weighted);

/* Is it the relation of the step that the sink is given? */
static inline bool
kg_is_edge_of(const KgStep *step, const KgEdgeSink *sink, const KgEdge *edge)
{
	return step->edge == edge->id && step->table == sink->table &&
		step->edge_is_null == edge->id_is_null;
}

/* The weight of an edge, 1 if null; negative or no number is an error. */
extern float8 kg_edge_weight(const KgEdge *edge);

/*
 * Moves those edges that the sink is given to the front that are not banned,
 * and returns their number.  "bans" may be NULL.
 */
extern int	kg_bans_apply(const KgBans *bans, const KgEdgeSink *sink, KgEdge *edges, int n);

/* The path of no relations at this node. */
extern KgPath *kg_path_of_node(int64 node);

/* The first node from this place in the sources on that is a target; their number: none. */
extern Size kg_common_end(const KgPathSearch *search, Size i);

/* Gets paths one by one, each valid during the call; false: no more. */
typedef bool (*KgPutPath) (void *arg, const KgPath *path);

/* The sum of all weights. */
extern float8 kg_path_cost(const KgPath *path);

/* Rows of a result, each a path: nodes, relations, length, cost, keys. */
typedef struct KgPathRows
{
	ReturnSetInfo *result;
	const KgGraph *graph;
	MemoryContext context;		/* for one row */
	int			max_paths;		/* -1: no limit */
	int			npaths;
	bool		with_cost;		/* is there such a column? */
} KgPathRows;

extern void kg_path_rows_begin(KgPathRows *rows, FunctionCallInfo fcinfo,
							   const KgPathSearch *search);

/* A KgPutPath that adds a row, or says that the result is cut off. */
extern bool kg_put_path_row(void *rows, const KgPath *path);

#endif							/* KG_GRAPH_PATH_H */
