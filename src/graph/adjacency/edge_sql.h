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
 * Appends ", type, weight".  The type is an integer, or text in registered
 * graphs, and null unless the query is "typed"; the weight is double
 * precision.
 */
extern void kg_append_edge_details(StringInfo sql, const KgGraph *graph, Relation rel,
								   const KgEdgeTable *edges, const KgEdgeQuery *query);

/*
 * Appends " AND ..." for types and times of the query.  "types" is the number
 * of the first of three parameters: types, as_of and known_at.
 */
extern void kg_append_edge_conditions(StringInfo sql, const KgEdgeTable *edges,
									  const KgEdgeQuery *query, int types);

/* The query's types as a parameter, its type, and whether it is null. */
extern Datum kg_edge_types_array(const KgGraph *graph, const KgEdgeQuery *query,
								 Oid *type, bool *isnull);

#endif							/* KG_GRAPH_EDGE_SQL_H */
