/*
 * source.h
 *	  Reads the nodes and edges of a graph, for algorithms.
 *
 * Algorithms use tables only through these functions.
 */
#ifndef KG_ALGO_SOURCE_H
#define KG_ALGO_SOURCE_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/graph.h"

/* Called for each row.  Must not run SQL. */
typedef void (*KgNodeTaker) (void *arg, int64 id);
typedef void (*KgEdgeTaker) (void *arg, int64 source, int64 target,
							 float8 weight);

/*
 * Reads the entities that the current user sees with the active snapshot, in no
 * particular order.  A view may give the same id more than once.
 *
 * Errors: the table is missing; permission denied.
 */
extern void kg_source_nodes(const KgGraph *graph, KgNodeTaker take, void *arg);

/*
 * Reads the relations that the current user sees, of the query's types and
 * time, in no particular order; the query's direction does not matter.  Without
 * query->weighted the weight is 1, and a null weight is 1.  The ends may be
 * entities that the current user does not see.
 *
 * Errors: as above; a weight that is negative, infinite or not a number.
 */
extern void kg_source_edges(const KgGraph *graph, const KgEdgeQuery *query,
							KgEdgeTaker take, void *arg);

/* Raises an error unless a weight is finite and not negative. */
extern void kg_check_weight(const KgGraph *graph, int64 source, int64 target,
							float8 weight);

/*
 * Estimates of the numbers of entities and relations that these functions read;
 * -1 where no estimate is good enough to refuse a graph for its size.
 */
extern double kg_source_count_nodes(const KgGraph *graph);
extern double kg_source_count_edges(const KgGraph *graph,
									const KgEdgeQuery *query);

#endif							/* KG_ALGO_SOURCE_H */
