/*
 * explain.c
 *	  kg.explain_traverse: which reader a traversal would use, and why.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/catalog.h"
#include "graph/search/arguments.h"

/* Why no faster reader can serve: a text datum, one reason a line. */
static Datum
problems(const KgAdjacency *adj, bool *isnull)
{
	StringInfoData text;
	ListCell   *lc;

	*isnull = adj->problems == NIL;
	initStringInfo(&text);
	foreach(lc, adj->problems)
	{
		if (text.len > 0)
			appendStringInfoChar(&text, '\n');
		appendStringInfoString(&text, lfirst(lc));
	}
	return CStringGetTextDatum(text.data);
}

static void
put_direction(ReturnSetInfo *result, const KgAdjacency *adj, bool outgoing)
{
	const KgReader *reader = adj->reader;
	Relation	index = reader->index ? reader->index(adj, outgoing) : NULL;
	Datum		values[5] = {0};
	bool		nulls[5] = {false, false, false, index == NULL};

	values[0] = CStringGetTextDatum(kg_quoted_relation(adj->edge_rel));
	values[1] = CStringGetTextDatum(outgoing ? "out" : "in");
	values[2] = CStringGetTextDatum(reader->name);
	if (index != NULL)
		values[3] = CStringGetTextDatum(kg_quoted_relation(index));
	values[4] = problems(adj, &nulls[4]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_table(ReturnSetInfo *result, const KgAdjacency *adj)
{
	if (adj->query->direction & KG_OUT)
		put_direction(result, adj, true);
	if (adj->query->direction & KG_IN)
		put_direction(result, adj, false);
}

PG_FUNCTION_INFO_V1(kg_check_known_times);

/*
 * check_known_at(types text[], graph text): the error of known_at, for
 * functions in SQL.  They call this first, as kg.check_graph.
 */
Datum
kg_check_known_times(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, 1);
	KgEdgeQuery query = {.any_type = PG_ARGISNULL(0),.known_then = true};
	Datum	   *names;
	bool	   *nulls;
	int			n = 0;

	if (!query.any_type)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT,
						  &names, &nulls, &n);
	query.type_names = palloc(Max(n, 1) * sizeof(char *));
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			query.type_names[query.ntypes++] = TextDatumGetCString(names[i]);
	}
	for (int i = 0; i < graph->nedge_tables; i++)
	{
		const KgEdgeTable *edges = &graph->edge_tables[i];
		Relation	rel;

		if (!kg_wants_edge_table(graph, edges, &query))
			continue;
		rel = kg_graph_open(graph, edges->schema, edges->table);
		kg_check_known_at(graph, kg_graph_edges_of(graph, edges, rel), &query);
		table_close(rel, NoLock);
	}
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(kg_explain_traverse);

/*
 * explain_traverse(direction text, types text[], as_of timestamptz,
 *					graph text, properties jsonb, filter text,
 *					known_at timestamptz)
 *	returns (edges text, leads text, reader text, index text, why text)
 */
Datum
kg_explain_traverse(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, 3);
	ReturnSetInfo *result;
	KgEdgeQuery query;
	KgAdjacency *adj;
	KgAdjacency **parts;
	int			nparts;

	kg_query_arguments(fcinfo, 0, graph, &query);
	kg_edge_filter_arguments(fcinfo, 4, &query);
	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	adj = kg_adjacency_open(graph, &query);
	parts = kg_adjacency_parts(adj, &nparts);
	for (int i = 0; i < nparts; i++)
		put_table(result, parts[i]);
	kg_adjacency_close(adj);
	return (Datum) 0;
}
