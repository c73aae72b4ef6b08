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

#include "algo/projection/budget.h"
#include "algo/projection/csr.h"
#include "algo/projection/nodes.h"
#include "algo/projection/random.h"
#include "algo/projection/source.h"
#include "graph/adjacency/adjacency.h"
#include "graph/catalog/graph.h"

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
	Size		later_node_bytes;	/* see kg_projection_build */
	Size		later_arc_bytes;
	ReturnSetInfo *result;
	int			nkeys;			/* columns that repeat a node as its address */
	int			key_of[KG_MAX_KEYS];	/* the columns with those nodes */
} KgProjection;

/*
 * Reads the last arguments of the function and prepares its result.  "shape"
 * is a set of KgShape.
 */
extern void kg_projection_begin(KgProjection *p, FunctionCallInfo fcinfo, int shape);

/* The same for a function that returns a single value, not rows. */
extern void kg_projection_begin_scalar(KgProjection *p, FunctionCallInfo fcinfo, int shape);

/* A number that must be there and within bounds. */
extern double kg_number_argument(FunctionCallInfo fcinfo, int argno, const char *name,
								 double least, double greatest);

/* "samples integer": how many, at least 1; or -1 for null, which stands for all. */
extern int	kg_samples_argument(FunctionCallInfo fcinfo, int argno);

/*
 * So many of the nodes, chosen at random, or all of them in order, to start
 * from; how many these are in *n.  The array has room for all: 4 bytes a node.
 */
extern uint32 *kg_projection_sources(KgProjection *p, int samples, KgRandom *random, uint32 *n);

/*
 * Reads the nodes, for algorithms that need no rows.  What they need
 * themselves, in bytes for each node, is checked beforehand.
 */
extern void kg_projection_read_nodes(KgProjection *p, Size node_bytes);

/* A notice if some of the nodes that the caller has named are not there. */
extern void kg_projection_notice_missing(const KgProjection *p, const int64 *ids, int n);

/* Gives the edges between the nodes to the function, by number. */
typedef void (*KgArcTaker) (void *arg, uint32 source, uint32 target, float8 weight);
extern void kg_projection_read_edges(KgProjection *p, KgArcTaker take, void *arg);

/*
 * Reads nodes and edges into p->csr: arcs from source to target if the
 * direction is out, from target to source if it is in, and both if it is
 * both, though a loop is a single arc.
 *
 * The algorithm's own needs, in bytes for each node and each arc, are checked
 * beforehand along with those of the graph; so are those in p->later_node_bytes
 * and p->later_arc_bytes, of an algorithm that frees some before it needs others.
 */
extern void kg_projection_build(KgProjection *p, Size node_bytes, Size arc_bytes);

/* Frees the graph. */
extern void kg_projection_end(KgProjection *p);

/*
 * Adds a row to the result: the values of all columns but the last ones: "key",
 * and "other_key" and the like, which are the addresses of "entity", "other"
 * and so on.
 */
extern void kg_projection_put(KgProjection *p, Datum *values);

/* The same, but values from number "nknown" on are null. */
extern void kg_projection_put_known(KgProjection *p, Datum *values, int nknown);

/* A row (entity, value) for each node. */
extern void kg_projection_put_scores(KgProjection *p, const double *scores);
extern void kg_projection_put_counts(KgProjection *p, const uint64 *counts);

/*
 * A row (entity, group) for each node, where groups[v] < n is any label.  A
 * group is called after its least entity.
 */
extern void kg_projection_put_groups(KgProjection *p, const uint32 *groups);

#endif							/* KG_ALGO_PROJECTION_H */
