/*
 * edge_sql.h
 *	  Parts of queries on edge tables, whose alias is r.
 */
#ifndef KG_GRAPH_EDGE_SQL_H
#define KG_GRAPH_EDGE_SQL_H

#include "postgres.h"
#include "lib/stringinfo.h"

#include "graph/adjacency/adjacency.h"

/*
 * ", type, weight": an integer, or a text in registered graphs, null unless the
 * query is for types; and a real.
 */
extern void kg_append_edge_details(StringInfo sql, const KgGraph *graph, Relation rel,
								   const KgEdgeTable *edges, const KgEdgeQuery *query);

/* " AND ..." for types and time of the query; the numbers are of parameters. */
extern void kg_append_edge_conditions(StringInfo sql, const KgEdgeTable *edges,
									  const KgEdgeQuery *query, int types, int as_of);

/* The parameter for the query's types, its type and whether it is null. */
extern Datum kg_edge_types_array(const KgGraph *graph, const KgEdgeQuery *query,
								 Oid *type, bool *isnull);

#endif							/* KG_GRAPH_EDGE_SQL_H */
