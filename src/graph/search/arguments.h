/*
 * arguments.h
 *	  Arguments that functions on graphs share.
 */
#ifndef KG_GRAPH_ARGUMENTS_H
#define KG_GRAPH_ARGUMENTS_H

#include "postgres.h"
#include "fmgr.h"
#include "utils/array.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/graph.h"

/* "graph text": the graph of that name; an error if there is none. */
extern KgGraph *kg_graph_argument(FunctionCallInfo fcinfo, int argno);

/*
 * "max_something integer": returns the limit, or -1 (no limit) for null.  A
 * negative limit is an error.
 */
extern int	kg_limit_argument(FunctionCallInfo fcinfo, int argno,
							  const char *name);

/*
 * An argument that is one of some words; any other word, or null, is an error.
 */
typedef struct KgWords
{
	const char *argument;		/* its name */
	const char *noun;			/* for the error: unknown ... */
	const char *hint;
	const char *words[4];		/* NULL after the last one */
} KgWords;

/* "something text": the index of the word in words->words. */
extern int	kg_word_argument(FunctionCallInfo fcinfo, int argno,
							 const KgWords *words);

/* A one-dimensional array of this element type; elements may be null. */
extern Datum kg_make_array(Datum *values, bool *nulls, int n, Oid type);

/* A notice that the result has more rows than "max_something" allows. */
extern void kg_notice_cut_off(const char *name, int limit);

/*
 * "direction text, types text[], as_of timestamptz" and, as the last argument
 * of the function, "known_at timestamptz": fills in the query.  Type names are
 * looked up as the current user.  A name that does not exist, or that the user
 * cannot see, matches nothing.
 */
extern void kg_query_arguments(FunctionCallInfo fcinfo, int argno,
							   const KgGraph *graph, KgEdgeQuery *query);

/* The same without a direction (both). */
extern void kg_filter_arguments(FunctionCallInfo fcinfo, int argno,
								const KgGraph *graph, KgEdgeQuery *query);

/*
 * "properties jsonb, filter text": adds them to a query that one of the two
 * functions above has filled in.
 */
extern void kg_edge_filter_arguments(FunctionCallInfo fcinfo, int argno,
									 KgEdgeQuery *query);

/* The same query in the opposite direction, for a search from the target. */
extern KgEdgeQuery kg_reverse_query(const KgEdgeQuery *query);

/*
 * The ids of the types with these names, looked up in KG_ENTITY_TYPE or
 * KG_RELATION_TYPE as the current user.  The array is ascending, distinct and
 * palloc'd; *n is its length.
 */
extern int32 *kg_find_types(const KgGraph *graph, KgTable table,
							ArrayType *names,
							int *n);

/*
 * "nodes anycompatible": one node or an array of nodes without nulls.  A node
 * is given as an integer, as a uuid or as an address in text (keys.h).  Returns
 * their numbers, palloc'd; *n is how many.
 *
 * The SQL argument is polymorphic because PostgreSQL could not choose between
 * overloads for bigint[] and text[] when it meets a literal like '{1,2}'.
 */
extern int64 *kg_nodes_argument(FunctionCallInfo fcinfo, int argno,
								const char *name,
								const KgGraph *graph, int *n);

/*
 * "start anycompatible", argument 0: the start nodes that exist, ascending and
 * distinct; *n is their number, 0 for null.  A notice says if some do not
 * exist.
 */
extern int64 *kg_start_argument(FunctionCallInfo fcinfo, KgAdjacency *adj,
								Size *n);

/* "node anycompatible": a single node, not null. */
extern int64 kg_node_argument(FunctionCallInfo fcinfo, int argno,
							  const char *name,
							  const KgGraph *graph);

#endif							/* KG_GRAPH_ARGUMENTS_H */
