/*
 * source.h
 *	  Where a projection's nodes and edges come from.
 *
 * All that algorithms know of tables is behind these functions.
 */
#ifndef KG_ALGO_SOURCE_H
#define KG_ALGO_SOURCE_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/graph.h"

/* Called for each row; must not run SQL. */
typedef void (*KgNodeTaker) (void *arg, int64 id);
typedef void (*KgEdgeTaker) (void *arg, int64 source, int64 target, float8 weight);

/*
 * The entities that the current user sees with the active snapshot, in no
 * particular order.  A view may give the same id more than once.
 *
 * Errors: the table is missing; permission denied.
 */
extern void kg_source_nodes(const KgGraph *graph, KgNodeTaker take, void *arg);

/*
 * The relations that the current user sees, of the query's types and time, in
 * no particular order; its direction does not matter.  Without query->weighted
 * and where it is null, the weight is 1.  It is not checked here that the
 * ends are visible.
 *
 * Errors: as above; a weight that is negative, infinite or not a number.
 */
extern void kg_source_edges(const KgGraph *graph, const KgEdgeQuery *query,
							KgEdgeTaker take, void *arg);

/* An error unless a weight is finite and not negative. */
extern void kg_check_weight(const KgGraph *graph, int64 source, int64 target, float8 weight);

/*
 * About how many entities and relations these would give, or -1 if a guess
 * would not be good enough to refuse a graph for its size.
 */
extern double kg_source_count_nodes(const KgGraph *graph);
extern double kg_source_count_edges(const KgGraph *graph, const KgEdgeQuery *query);

#endif							/* KG_ALGO_SOURCE_H */
