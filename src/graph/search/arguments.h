/*
 * arguments.h
 *	  The arguments that the functions on graphs have in common.
 */
#ifndef KG_GRAPH_ARGUMENTS_H
#define KG_GRAPH_ARGUMENTS_H

#include "postgres.h"
#include "fmgr.h"
#include "utils/array.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/graph.h"

/* "graph text": the graph of that name. */
extern KgGraph *kg_graph_argument(FunctionCallInfo fcinfo, int argno);

/*
 * "max_something integer": a number that is not negative, or -1 for null,
 * which stands for no limit.
 */
extern int	kg_limit_argument(FunctionCallInfo fcinfo, int argno, const char *name);

/* An array of this type, with nulls. */
extern Datum kg_make_array(Datum *values, bool *nulls, int n, Oid type);

/* Tells the caller that there are more rows than "max_something" allows. */
extern void kg_notice_cut_off(const char *name, int limit);

/*
 * "direction text, types text[], as_of timestamptz": fills in the query.
 * Names of types are looked up as the current user; a name that is not there,
 * or not visible, matches nothing.
 */
extern void kg_query_arguments(FunctionCallInfo fcinfo, int argno,
							   const KgGraph *graph, KgEdgeQuery *query);

/* The same without a direction: "types text[], as_of timestamptz". */
extern void kg_filter_arguments(FunctionCallInfo fcinfo, int argno,
								const KgGraph *graph, KgEdgeQuery *query);

/*
 * "properties jsonb, filter text": added to the query that one of the above
 * has filled in.
 */
extern void kg_edge_filter_arguments(FunctionCallInfo fcinfo, int argno, KgEdgeQuery *query);

/* The query against its direction, for searches from the other end. */
extern KgEdgeQuery kg_reverse_query(const KgEdgeQuery *query);

/*
 * The ids of the types of these names, in KG_ENTITY_TYPE or KG_RELATION_TYPE,
 * looked up as the current user: ascending and distinct, palloc'd; their
 * number in *n.
 */
extern int32 *kg_find_types(const KgGraph *graph, KgTable table, ArrayType *names,
							int *n);

/*
 * "nodes anycompatible", an array of nodes or a single one: nodes as integers, as uuids or as addresses in
 * text (keys.h), without nulls.  The numbers are palloc'd; how many in *n.
 * Declare it polymorphic, not bigint[] and text[] overloads: between these
 * PostgreSQL could not choose for a literal like '{1,2}'.
 */
extern int64 *kg_nodes_argument(FunctionCallInfo fcinfo, int argno, const char *name,
								const KgGraph *graph, int *n);

/* "node anycompatible", not null: a single one. */
extern int64 kg_node_argument(FunctionCallInfo fcinfo, int argno, const char *name,
							  const KgGraph *graph);

#endif							/* KG_GRAPH_ARGUMENTS_H */
