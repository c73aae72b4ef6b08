/*
 * edge_sql.c
 *	  Parts of queries on edge tables, whose alias is r.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "graph/adjacency/edge_sql.h"
#include "graph/catalog/columns.h"

/*
 * Appends a weight as double precision.  A number out of range is infinite or
 * 0, as in readers that run no queries, and no error.
 */
static void
append_weight(StringInfo sql, Relation rel, const char *column)
{
	const char *weight = quote_identifier(column);

	if (kg_column_type(rel, get_attnum(RelationGetRelid(rel), column)) != NUMERICOID)
	{
		appendStringInfo(sql, ", r.%s::pg_catalog.float8", weight);
		return;
	}
	appendStringInfo(sql, ", CASE WHEN pg_catalog.abs(r.%1$s) OPERATOR(pg_catalog.>) 1.7976931348623157e308"
					 " THEN pg_catalog.sign(r.%1$s)::pg_catalog.float8 OPERATOR(pg_catalog.*) 'Infinity'"
					 " WHEN pg_catalog.abs(r.%1$s) OPERATOR(pg_catalog.<) 2.5e-324 THEN 0"
					 " ELSE r.%1$s::pg_catalog.float8 END", weight);
}

void
kg_append_edge_details(StringInfo sql, const KgGraph *graph, Relation rel,
					   const KgEdgeTable *edges, const KgEdgeQuery *query)
{
	if (query->typed && edges->type_column != NULL)
		appendStringInfo(sql, ", r.%s::pg_catalog.%s", quote_identifier(edges->type_column),
						 graph->registered ? "text" : "int4");
	else
		appendStringInfoString(sql, ", NULL::pg_catalog.text");
	if (edges->weight != NULL)
		append_weight(sql, rel, edges->weight);
	else
		appendStringInfoString(sql, ", NULL::pg_catalog.float8");
}

void
kg_append_edge_conditions(StringInfo sql, const KgEdgeTable *edges,
						  const KgEdgeQuery *query, int types)
{
	int			as_of = types + 1;
	int			known_at = types + 2;

	if (!query->any_type)
		appendStringInfo(sql, " AND r.%s%s OPERATOR(pg_catalog.=) ANY ($%d)",
						 quote_identifier(edges->type_column),
						 query->type_names != NULL ? "::pg_catalog.text" : "", types);
	if (!query->any_time && edges->valid_from != NULL)
		appendStringInfo(sql, " AND (r.%1$s IS NULL OR r.%1$s OPERATOR(pg_catalog.<=) $%2$d)",
						 quote_identifier(edges->valid_from), as_of);
	if (!query->any_time && edges->valid_to != NULL)
		appendStringInfo(sql, " AND (r.%1$s IS NULL OR r.%1$s OPERATOR(pg_catalog.>) $%2$d)",
						 quote_identifier(edges->valid_to), as_of);
	if (edges->expired_at != NULL && !query->known_then)
		appendStringInfo(sql, " AND r.%s IS NULL", quote_identifier(edges->expired_at));
	else if (edges->expired_at != NULL)
		appendStringInfo(sql, " AND (r.%1$s IS NULL OR r.%1$s OPERATOR(pg_catalog.>) $%2$d)",
						 quote_identifier(edges->expired_at), known_at);
	if (edges->recorded_at != NULL && query->known_then)
		appendStringInfo(sql, " AND (r.%1$s IS NULL OR r.%1$s OPERATOR(pg_catalog.<=) $%2$d)",
						 quote_identifier(edges->recorded_at), known_at);
}

Datum
kg_edge_types_array(const KgGraph *graph, const KgEdgeQuery *query, Oid *type, bool *isnull)
{
	Datum	   *types = palloc(Max(query->ntypes, 1) * sizeof(Datum));

	*type = graph->registered ? TEXTARRAYOID : INT4ARRAYOID;
	*isnull = query->any_type;
	if (query->any_type)
		return (Datum) 0;
	for (int i = 0; i < query->ntypes; i++)
		types[i] = graph->registered ? CStringGetTextDatum(query->type_names[i]) :
			Int32GetDatum(query->types[i]);
	if (graph->registered)
		return PointerGetDatum(construct_array(types, query->ntypes, TEXTOID, -1, false,
											   TYPALIGN_INT));
	return PointerGetDatum(construct_array(types, query->ntypes, INT4OID, sizeof(int32), true,
										   TYPALIGN_INT));
}
