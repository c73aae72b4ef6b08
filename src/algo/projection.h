/*
 * projection.h
 *	  What all algorithms have in common: their arguments, the graph in
 *	  memory, and their rows.
 */
#ifndef KG_ALGO_PROJECTION_H
#define KG_ALGO_PROJECTION_H

#include "postgres.h"
#include "fmgr.h"
#include "nodes/execnodes.h"

#include "algo/budget.h"
#include "algo/csr.h"
#include "algo/nodes.h"
#include "algo/source.h"
#include "graph/adjacency.h"
#include "graph/graph.h"

/* The arguments of a function that are named the same in all of them. */
typedef enum KgShape
{
	/* types text[], as_of timestamptz, graph text */
	KG_PLAIN = 0,
	/* direction text before these */
	KG_DIRECTED = 1,
	/* weighted boolean between as_of and graph */
	KG_WEIGHTED = 2
} KgShape;

/* A row has so many columns at most, and so many of them name nodes. */
#define KG_MAX_COLUMNS 8
#define KG_MAX_KEYS 2

typedef struct KgProjection
{
	KgGraph    *graph;
	KgEdgeQuery query;			/* direction: KG_BOTH if there is no argument */
	KgBudget	budget;
	KgNodes		nodes;
	KgCsr		csr;			/* once it is built */
	ReturnSetInfo *result;
	int			nkeys;			/* columns that repeat a node as its address */
	int			key_of[KG_MAX_KEYS];	/* the columns with those nodes */
} KgProjection;

/*
 * Reads the last arguments of the function and prepares its result.  "shape"
 * is a set of KgShape.
 */
extern void kg_projection_begin(KgProjection *p, FunctionCallInfo fcinfo, int shape);

/* A number that must be there and within bounds. */
extern double kg_number_argument(FunctionCallInfo fcinfo, int argno, const char *name,
								 double least, double greatest);

/*
 * Reads the nodes, for algorithms that need no rows.  What they need
 * themselves, in bytes for each node, is checked beforehand.
 */
extern void kg_projection_read_nodes(KgProjection *p, Size node_bytes);

/* Gives the edges between the nodes to the function, by number. */
typedef void (*KgArcTaker) (void *arg, uint32 source, uint32 target, float8 weight);
extern void kg_projection_read_edges(KgProjection *p, KgArcTaker take, void *arg);

/*
 * Reads nodes and edges into p->csr: arcs from source to target if the
 * direction is out, from target to source if it is in, and both if it is
 * both, though a loop is a single arc.
 *
 * The algorithm's own needs, in bytes for each node and each arc, are checked
 * beforehand along with those of the graph.
 */
extern void kg_projection_build(KgProjection *p, Size node_bytes, Size arc_bytes);

/* Frees the graph. */
extern void kg_projection_end(KgProjection *p);

/*
 * Adds a row to the result: the values of all columns but the last ones, "key"
 * and "other_key", which are the addresses of "entity" and "other".
 */
extern void kg_projection_put(KgProjection *p, Datum *values);

/* A row (entity, value) for each node. */
extern void kg_projection_put_scores(KgProjection *p, const double *scores);
extern void kg_projection_put_counts(KgProjection *p, const uint64 *counts);

/*
 * A row (entity, group) for each node, where groups[v] < n is any label.  A
 * group is called after its least entity.
 */
extern void kg_projection_put_groups(KgProjection *p, const uint32 *groups);

#endif							/* KG_ALGO_PROJECTION_H */
