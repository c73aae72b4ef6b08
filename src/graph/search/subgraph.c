/*
 * subgraph.c
 *	  kg.subgraph: the surroundings of some entities, as jsonb.
 *
 * A breadth-first search finds the nodes; then all of them are expanded once
 * more for the edges between them.  SQL reads their other columns.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "graph/adjacency/edge_types.h"
#include "graph/catalog/catalog.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/arguments.h"
#include "graph/search/traverse.h"
#include "graph/search/wanted.h"

typedef struct Subgraph
{
	KgBreadthFirst search;
	KgNodeList	nodes;			/* by depth */
	KgNodeList	depths;			/* for each node */
} Subgraph;

static void
add_node(KgBreadthFirst *search, int64 node, int depth, const KgEdge *edge)
{
	Subgraph   *subgraph = (Subgraph *) search;

	kg_node_list_append(&subgraph->nodes, node);
	kg_node_list_append(&subgraph->depths, depth);
}

/* The edges between the nodes. */
typedef struct EdgeList
{
	KgEdgeSink	sink;
	KgMemory   *memory;
	const KgNodeList *nodes;	/* ascending */
	KgEdge	   *edges;
	Size		n;
	Size		capacity;
} EdgeList;

static int
edge_list_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	EdgeList   *list = (EdgeList *) sink;

	return kg_want_among(list->nodes->nodes, list->nodes->n, edges, n);
}

static bool
edge_list_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	EdgeList   *list = (EdgeList *) sink;

	for (int i = 0; i < n; i++)
	{
		if (list->n == list->capacity)
			list->edges = kg_memory_enlarge(list->memory, list->edges,
											&list->capacity,
											sizeof(KgEdge));
		list->edges[list->n++] = edges[i];
	}
	return true;
}

/* Runs a query for one jsonb array; returns "array" and this one joined. */
static Datum
append_json(Datum array, const char *sql, int nargs, Oid *argtypes, Datum *args)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	Datum		found;
	bool		isnull;
	int			result;

	SPI_connect();
	result = kg_execute_plan(kg_plan(sql, nargs, argtypes, 0), args);
	if (result != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read a subgraph: %s",
			 SPI_result_code_string(result));
	found = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
						  &isnull);
	old = MemoryContextSwitchTo(context);
	found = PointerGetDatum(PG_DETOAST_DATUM_COPY(found));
	MemoryContextSwitchTo(old);
	SPI_finish();
	if (JB_ROOT_COUNT(DatumGetJsonbP(array)) == 0)
		return found;
	return DirectFunctionCall2(jsonb_concat, array, found);
}

static Datum
empty_json(void)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum("[]"));
}

static bool
is_readable(Relation rel, AttrNumber attno)
{
	Oid			relid = RelationGetRelid(rel);

	return pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		(attno != InvalidAttrNumber &&
		 pg_attribute_aclcheck(relid, attno, GetUserId(),
							   ACL_SELECT) == ACLCHECK_OK);
}

/*
 * Appends the row e of a node table as jsonb, or the columns of it that the
 * current user may read.
 */
static void
append_row(StringInfo sql, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);

	if (is_readable(rel, InvalidAttrNumber))
	{
		appendStringInfoString(sql, "pg_catalog.to_jsonb(e.*)");
		return;
	}
	appendStringInfoString(sql, "(pg_catalog.jsonb_build_object()");
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && is_readable(rel, att->attnum))
			appendStringInfo(sql,
							 " OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(%s, e.%s)",
							 quote_literal_cstr(NameStr(att->attname)),
							 quote_identifier(NameStr(att->attname)));
	}
	appendStringInfoChar(sql, ')');
}

/* The query for nodes of a table; $1: keys, $2: depths, $3: addresses. */
static char *
node_query(const KgGraph *graph, const KgNodeTable *table)
{
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&sql);
	appendStringInfoString(&sql,
						   "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object("
						   "'id', coalesce(pg_catalog.to_jsonb(u.address), pg_catalog.to_jsonb(u.key)),"
						   " 'depth', u.depth, ");
	if (!graph->registered)
		appendStringInfo(&sql,
						 "'type', t.name, 'name', e.name, 'properties', e.properties)"
						 " ORDER BY u.depth, u.key), '[]')"
						 " FROM unnest($1, $2, $3) AS u(key, depth, address)"
						 " JOIN %s AS e ON e.id OPERATOR(pg_catalog.=) u.key"
						 " LEFT JOIN %s AS t ON t.id OPERATOR(pg_catalog.=) e.type",
						 kg_graph_quoted_table(graph, KG_ENTITY),
						 kg_graph_quoted_table(graph, KG_ENTITY_TYPE));
	else
	{
		Relation	rel = kg_graph_open(graph, table->schema, table->table);
		bool		named = table->name != NULL &&
		is_readable(rel, kg_graph_column(graph, rel, table->name));

		appendStringInfo(&sql, "'type', %s::pg_catalog.text, 'name', %s%s::pg_catalog.text, 'properties', ",
						 quote_literal_cstr(table->label),
						 named ? "e." : "", named ?
						 quote_identifier(table->name) : "NULL");
		append_row(&sql, rel);
		foreach(lc, kg_key_columns(table->key))
		{
			appendStringInfo(&sql,
							 " OPERATOR(pg_catalog.-) %s::pg_catalog.text",
							 quote_literal_cstr(lfirst(lc)));
		}
		table_close(rel, NoLock);
		if (table->name)
			appendStringInfo(&sql,
							 " OPERATOR(pg_catalog.-) %s::pg_catalog.text",
							 quote_literal_cstr(table->name));
		if (table->embedding)
			appendStringInfo(&sql,
							 " OPERATOR(pg_catalog.-) %s::pg_catalog.text",
							 quote_literal_cstr(table->embedding));
		appendStringInfo(&sql, ") ORDER BY u.depth, u.key), '[]')"
						 " FROM unnest($1, $2, $3) AS u(key, depth, address)"
						 " JOIN %s.%s AS e ON %s",
						 quote_identifier(table->schema),
						 quote_identifier(table->table),
						 kg_key_is_sql(table, "e", table->key, "u.key"));
	}
	return sql.data;
}

/* Appends the nodes of one table to an array. */
static Datum
append_nodes(Datum json, const KgGraph *graph, int table,
			 const Subgraph *subgraph)
{
	Size		n = subgraph->nodes.n;
	int64	   *members = palloc(Max(n, 1) * sizeof(int64));
	Datum	   *depths = palloc(Max(n, 1) * sizeof(Datum));
	Datum	   *addresses = palloc(Max(n, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(n, 1) * sizeof(bool));
	bool	   *no_nulls = palloc0(Max(n, 1) * sizeof(bool));
	Oid			argtypes[3] = {
		kg_key_array_type(graph->node_tables[table].kind), INT4ARRAYOID,
		TEXTARRAYOID
	};
	Datum		args[3];
	int			nmembers = 0;

	for (Size i = 0; i < n; i++)
	{
		const int64 *node = &subgraph->nodes.nodes[i];
		ArrayType  *keys = kg_keys_array(graph, table, node, 1);

		if (ARR_NDIM(keys) > 0)
		{
			members[nmembers] = *node;
			depths[nmembers] = Int32GetDatum(subgraph->depths.nodes[i]);
			addresses[nmembers] = kg_node_key(graph, *node, &nulls[nmembers]);
			nmembers++;
		}
		pfree(keys);
	}
	if (nmembers == 0)
		return json;
	args[0] = PointerGetDatum(kg_keys_array(graph, table, members, nmembers));
	args[1] = kg_make_array(depths, no_nulls, nmembers, INT4OID);
	args[2] = kg_make_array(addresses, nulls, nmembers, TEXTOID);
	return append_json(json, node_query(graph, &graph->node_tables[table]), 3,
					   argtypes, args);
}

/* The edges of a graph made by kg.create_graph, read from its table. */
static Datum
relations_json(const KgGraph *graph, const EdgeList *list)
{
	Oid			argtypes[] = {INT8ARRAYOID};
	Datum	   *ids = palloc_extended(Max(list->n, 1) * sizeof(Datum),
									  MCXT_ALLOC_HUGE);
	bool	   *nulls = palloc_extended(Max(list->n, 1) * sizeof(bool),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Datum		args[1];

	for (Size i = 0; i < list->n; i++)
		ids[i] = Int64GetDatum(list->edges[i].id);
	args[0] = kg_make_array(ids, nulls, list->n, INT8OID);
	return append_json(empty_json(),
					   psprintf("SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object("
								"'id', r.id, 'source', r.source, 'target', r.target, 'type', t.name,"
								" 'weight', r.weight, 'properties', r.properties,"
								" 'valid_from', CASE WHEN r.valid_from"
								" OPERATOR(pg_catalog.<>) '-infinity' THEN r.valid_from END,"
								" 'valid_to', CASE WHEN r.valid_to"
								" OPERATOR(pg_catalog.<>) 'infinity' THEN r.valid_to END)"
								" ORDER BY r.id), '[]')"
								" FROM %s AS r LEFT JOIN %s AS t ON t.id OPERATOR(pg_catalog.=) r.type"
								" WHERE r.id OPERATOR(pg_catalog.=) ANY ($1)",
								kg_graph_quoted_table(graph, KG_RELATION),
								kg_graph_quoted_table(graph, KG_RELATION_TYPE)),
					   1, argtypes, args);
}

enum
{
	EDGE_ID,
	EDGE_SOURCE,
	EDGE_TARGET,
	EDGE_TYPE,
	EDGE_WEIGHT,
	NUM_EDGE_COLUMNS
};

/* The edges of a registered graph, from the values that the reader gave. */
static Datum
registered_edges_json(const KgGraph *graph, const EdgeList *list)
{
	bool		by_key = graph->keys == NULL;
	Oid			types[NUM_EDGE_COLUMNS] = {INT8OID, TEXTOID, TEXTOID, TEXTOID,
	FLOAT8OID};
	Oid			argtypes[NUM_EDGE_COLUMNS];
	Datum	   *values[NUM_EDGE_COLUMNS];
	bool	   *nulls[NUM_EDGE_COLUMNS];
	Datum		args[NUM_EDGE_COLUMNS];

	if (by_key)
		types[EDGE_SOURCE] = types[EDGE_TARGET] = INT8OID;
	for (int column = 0; column < NUM_EDGE_COLUMNS; column++)
	{
		values[column] = palloc_extended(Max(list->n, 1) * sizeof(Datum),
										 MCXT_ALLOC_HUGE);
		nulls[column] = palloc_extended(Max(list->n, 1) * sizeof(bool),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	}
	for (Size i = 0; i < list->n; i++)
	{
		const KgEdge *edge = &list->edges[i];

		values[EDGE_ID][i] = Int64GetDatum(edge->id);
		nulls[EDGE_ID][i] = edge->id_is_null;
		if (by_key)
		{
			values[EDGE_SOURCE][i] = Int64GetDatum(edge->from);
			values[EDGE_TARGET][i] = Int64GetDatum(edge->to);
		}
		else
		{
			values[EDGE_SOURCE][i] = kg_node_key(graph, edge->from,
												 &nulls[EDGE_SOURCE][i]);
			values[EDGE_TARGET][i] = kg_node_key(graph, edge->to,
												 &nulls[EDGE_TARGET][i]);
		}
		values[EDGE_TYPE][i] = kg_edge_type_name(graph, edge,
												 &nulls[EDGE_TYPE][i]);
		values[EDGE_WEIGHT][i] = Float8GetDatum(edge->weight);
		nulls[EDGE_WEIGHT][i] = edge->weight_is_null;
	}
	for (int column = 0; column < NUM_EDGE_COLUMNS; column++)
	{
		args[column] = kg_make_array(values[column], nulls[column], list->n,
									 types[column]);
		argtypes[column] = get_array_type(types[column]);
	}
	return append_json(empty_json(),
					   by_key ?
					   "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object("
					   "'id', u.id, 'source', u.source, 'target', u.target, 'type', u.type, 'weight', u.weight)"
					   " ORDER BY u.source, u.target, u.type, u.id), '[]')"
					   " FROM unnest($1, $2, $3, $4, $5) AS u(id, source, target, type, weight)" :
					   "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object("
					   "'id', u.id, 'source', u.source, 'target', u.target, 'type', u.type, 'weight', u.weight)"
					   " ORDER BY u.source COLLATE \"C\", u.target COLLATE \"C\", u.type COLLATE \"C\", u.id), '[]')"
					   " FROM unnest($1, $2, $3, $4, $5) AS u(id, source, target, type, weight)",
					   NUM_EDGE_COLUMNS, argtypes, args);
}

PG_FUNCTION_INFO_V1(kg_subgraph);

/*
 * subgraph(start anycompatible, max_depth integer, direction text,
 *			types text[], as_of timestamptz, max_nodes integer, graph text,
 *			properties jsonb, filter text, known_at timestamptz)
 *	returns (nodes jsonb, edges jsonb, truncated boolean)
 */
Datum
kg_subgraph(PG_FUNCTION_ARGS)
{
	Subgraph	subgraph = {{{0}}};
	KgBreadthFirst *search = &subgraph.search;
	EdgeList	edges = {{edge_list_wanted, edge_list_take,.only_known = true}};
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);
	KgEdgeQuery query;
	KgEdgeQuery between_query;
	KgAdjacency *adj;
	KgAdjacency *between;
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};
	int64	   *start;
	Size		nstart;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	search->max_depth = kg_limit_argument(fcinfo, 1, "max_depth");
	search->max_nodes = kg_limit_argument(fcinfo, 5, "max_nodes");
	search->visit = add_node;
	kg_query_arguments(fcinfo, 2, graph, &query);
	kg_edge_filter_arguments(fcinfo, 7, &query);
	/* Each edge comes once, from its source, in any direction of the search. */
	between_query = query;
	between_query.direction = KG_OUT;
	between_query.weighted = between_query.typed = true;
	between_query.as_readable = true;
	adj = kg_adjacency_open(graph, &query);
	between = kg_adjacency_open(graph, &between_query);
	start = kg_start_argument(fcinfo, adj, &nstart);

	kg_breadth_first_init(search, adj);
	kg_node_list_init(&subgraph.nodes, &search->memory);
	kg_node_list_init(&subgraph.depths, &search->memory);
	kg_breadth_first(search, adj, start, nstart);

	values[0] = empty_json();
	for (int table = 0; table < graph->nnode_tables; table++)
		values[0] = append_nodes(values[0], graph, table, &subgraph);

	kg_node_list_sort(&subgraph.nodes, false);
	edges.memory = &search->memory;
	edges.nodes = &subgraph.nodes;
	kg_adjacency_expand(between, subgraph.nodes.nodes, subgraph.nodes.n,
						&edges.sink);
	values[1] = graph->registered ? registered_edges_json(graph, &edges) :
		relations_json(graph, &edges);
	values[2] = BoolGetDatum(search->truncated);

	kg_memory_reset(&search->memory);
	kg_adjacency_close(between);
	kg_adjacency_close(adj);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
