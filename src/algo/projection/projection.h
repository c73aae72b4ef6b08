/*
 * projection.h
 *	  The common parts of all algorithms: arguments, the graph in memory, and
 *	  rows of the result.
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

/* The last arguments of a function, which all algorithms have in common. */
typedef enum KgShape
{
	/* types text[], as_of timestamptz, graph text, known_at timestamptz */
	KG_PLAIN = 0,
	/* direction text before these */
	KG_DIRECTED = 1,
	/* weighted boolean between as_of and graph */
	KG_WEIGHTED = 2
} KgShape;

/* Limits of a row: all columns, and columns that name nodes. */
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
	int			nkeys;			/* columns with the key of a node */
	int			key_of[KG_MAX_KEYS];	/* the columns of these nodes */
} KgProjection;

/*
 * Reads the last arguments of the function and prepares its result.  "shape"
 * is a set of KgShape.
 */
extern void kg_projection_begin(KgProjection *p, FunctionCallInfo fcinfo,
								int shape);

/* The same for a function that returns a single value, not rows. */
extern void kg_projection_begin_scalar(KgProjection *p, FunctionCallInfo fcinfo,
									   int shape);

/* A number; an error if it is null or out of bounds. */
extern double kg_number_argument(FunctionCallInfo fcinfo, int argno,
								 const char *name,
								 double least, double greatest);

/* "samples integer": at least 1, or -1 for null, which means all. */
extern int	kg_samples_argument(FunctionCallInfo fcinfo, int argno);

/*
 * An array of source nodes: *n of them, "samples" chosen at random or, if
 * samples is -1, all in order.  It always takes 4 bytes for each node.
 */
extern uint32 *kg_projection_sources(KgProjection *p, int samples,
									 KgRandom *random, uint32 *n);

/*
 * Reads the nodes, for algorithms that need no rows.  An error beforehand
 * unless they fit with node_bytes more for each node.
 */
extern void kg_projection_read_nodes(KgProjection *p, Size node_bytes);

/* Raises a notice if some nodes that the caller named do not exist. */
extern void kg_projection_notice_missing(const KgProjection *p,
										 const int64 *ids, int n);

/* Calls a function for each edge between the nodes, with their numbers. */
typedef void (*KgArcTaker) (void *arg, uint32 source, uint32 target,
							float8 weight);
extern void kg_projection_read_edges(KgProjection *p, KgArcTaker take,
									 void *arg);

/*
 * Reads nodes and edges into p->csr: arcs from source to target if the
 * direction is out, from target to source if it is in, and both if it is
 * both, though a loop is a single arc.
 *
 * An error beforehand unless the graph fits with node_bytes more for each node
 * and arc_bytes more for each arc.  An algorithm that frees these before it
 * needs others sets p->later_node_bytes and p->later_arc_bytes as well.
 */
extern void kg_projection_build(KgProjection *p, Size node_bytes,
								Size arc_bytes);

/* Frees the graph. */
extern void kg_projection_end(KgProjection *p);

/*
 * Adds a row to the result.  "values" are all columns without the last ones,
 * the keys of nodes: "key" for "entity", "other_key" for "other" and so on.
 */
extern void kg_projection_put(KgProjection *p, Datum *values);

/* The same, but values from number "nknown" on are null. */
extern void kg_projection_put_known(KgProjection *p, Datum *values, int nknown);

/* A row (entity, value) for each node. */
extern void kg_projection_put_scores(KgProjection *p, const double *scores);
extern void kg_projection_put_counts(KgProjection *p, const uint64 *counts);

/*
 * A row (entity, group) for each node; groups[v] < n is any label.  The result
 * names a group by its least entity.
 */
extern void kg_projection_put_groups(KgProjection *p, const uint32 *groups);

#endif							/* KG_ALGO_PROJECTION_H */
