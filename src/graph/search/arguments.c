/*
 * arguments.c
 *	  Arguments that functions on graphs share.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/filter.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/arguments.h"
#include "graph/search/notices.h"

KgGraph *
kg_graph_argument(FunctionCallInfo fcinfo, int argno)
{
	KgGraph    *graph;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("graph must not be null")));
	graph = kg_graph_get(text_to_cstring(PG_GETARG_TEXT_PP(argno)));
	kg_graph_resolve(graph);
	return graph;
}

int
kg_limit_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	int			limit;

	if (PG_ARGISNULL(argno))
		return -1;
	limit = PG_GETARG_INT32(argno);
	if (limit < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative, but is %d", name, limit),
				 errhint("Null stands for no limit.")));
	return limit;
}

Datum
kg_make_array(Datum *values, bool *nulls, int n, Oid type)
{
	int			lower = 1;
	int16		length;
	bool		by_value;
	char		alignment;

	if (n == 0)
		return PointerGetDatum(construct_empty_array(type));
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &n, &lower,
											  type,
											  length, by_value, alignment));
}

void
kg_notice_cut_off(const char *name, int limit)
{
	ereport(NOTICE,
			(errmsg("the result is cut off at %s = %d", name, limit),
			 errhint("Null stands for no limit.")));
}

static void
reject_null_elements(ArrayType *array, const char *name)
{
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not contain nulls", name)));
}

/* The number of the node that a value of this type stands for. */
static int64
node_number(const KgGraph *graph, const char *name, Oid type, Datum value)
{
	Oid			output;
	bool		is_varlena;

	type = getBaseType(type);
	if (graph->nnode_tables == 1 && graph->node_tables[0].by_sql &&
		(kg_is_key_by_sql(type) || kg_is_integer(type)))
	{
		getTypeOutputInfo(type, &output, &is_varlena);
		return kg_node_lookup(graph, OidOutputFunctionCall(output, value));
	}
	if (graph->keys != NULL &&
		(type == INT2OID || type == INT4OID || type == INT8OID))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s cannot be of type %s in graph \"%s\"", name,
						format_type_be(type),
						graph->name),
				 graph->nnode_tables > 1 ?
				 errhint("Nodes are given as text, such as '%s:1', because there are several node tables.",
						 graph->node_tables[0].label) :
				 errhint("Nodes are given by their keys, which are of type %s.",
						 format_type_be(graph->node_tables[0].types[0]))));
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return DatumGetInt64(value);
		case TEXTOID:
		case VARCHAROID:
		case UUIDOID:
			getTypeOutputInfo(type, &output, &is_varlena);
			return kg_node_lookup(graph, OidOutputFunctionCall(output, value));
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("%s cannot be of type %s", name,
							format_type_be(type)),
					 errhint("Nodes are given as integers, as uuids or as text.")));
	}
}

/*
 * Is it an array in text form, such as '{1,2}'?  An untyped literal comes as
 * text, since the argument may also be a single node.
 */
static bool
is_array_literal(Oid type, Datum value)
{
	text	   *literal;

	if (type != TEXTOID)
		return false;
	literal = DatumGetTextPP(value);
	return VARSIZE_ANY_EXHDR(literal) > 0 && *VARDATA_ANY(literal) == '{';
}

static ArrayType *
parse_array(Datum literal)
{
	Oid			input;
	Oid			element;

	getTypeInputInfo(TEXTARRAYOID, &input, &element);
	return DatumGetArrayTypeP(OidInputFunctionCall(input,
												   TextDatumGetCString(literal),
												   element, -1));
}

int64 *
kg_nodes_argument(FunctionCallInfo fcinfo, int argno, const char *name,
				  const KgGraph *graph, int *n)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argno);
	Datum		value = PG_GETARG_DATUM(argno);
	ArrayType  *array;
	Datum	   *datums;
	int64	   *nodes;
	int16		length;
	bool		by_value;
	char		alignment;

	if (is_array_literal(type, value))
		array = parse_array(value);
	else if (!type_is_array(type))
	{
		nodes = palloc(sizeof(int64));
		nodes[0] = node_number(graph, name, type, value);
		*n = 1;
		return nodes;
	}
	else
		array = DatumGetArrayTypeP(value);
	reject_null_elements(array, name);
	type = ARR_ELEMTYPE(array);
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(array, type, length, by_value, alignment, &datums, NULL,
					  n);
	nodes = palloc_extended(Max(*n, 1) * sizeof(int64), MCXT_ALLOC_HUGE);
	for (int i = 0; i < *n; i++)
		nodes[i] = node_number(graph, name, type, datums[i]);
	pfree(datums);
	return nodes;
}

/* Are nodes texts of any form, so that one may look like an array? */
static bool
has_text_nodes(const KgGraph *graph)
{
	return graph->keys != NULL && graph->nnode_tables == 1 &&
		graph->node_tables[0].kind == KG_KEY_TEXT &&
		!graph->node_tables[0].by_sql;
}

int64
kg_node_argument(FunctionCallInfo fcinfo, int argno, const char *name,
				 const KgGraph *graph)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argno);
	Datum		value = PG_GETARG_DATUM(argno);

	if (type_is_array(type) ||
		(is_array_literal(type, value) && !has_text_nodes(graph)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must be a single entity, not an array", name),
				 errhint("Call the function for each: FROM unnest(...) AS e, LATERAL kg.function(e, ...).")));
	return node_number(graph, name, type, value);
}

int64 *
kg_start_argument(FunctionCallInfo fcinfo, KgAdjacency *adj, Size *n)
{
	int64	   *nodes;
	int			ngiven;

	*n = 0;
	if (PG_ARGISNULL(0))
		return NULL;
	nodes = kg_nodes_argument(fcinfo, 0, "start", kg_adjacency_graph(adj),
							  &ngiven);
	*n = kg_distinct_nodes(nodes, ngiven);
	*n = kg_existing_or_notice(adj, nodes, *n);
	return nodes;
}

int
kg_word_argument(FunctionCallInfo fcinfo, int argno, const KgWords *words)
{
	char	   *word;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", words->argument),
				 errhint("%s", words->hint)));
	word = text_to_cstring(PG_GETARG_TEXT_PP(argno));
	for (int i = 0; words->words[i] != NULL; i++)
	{
		if (strcmp(word, words->words[i]) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s \"%s\"", words->noun, word),
			 errhint("%s", words->hint)));
}

static int
compare_int32(const void *a, const void *b)
{
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	return (x > y) - (x < y);
}

int32 *
kg_find_types(const KgGraph *graph, KgTable table, ArrayType *names, int *n)
{
	Oid			argtypes[] = {TEXTARRAYOID};
	Datum		args[] = {PointerGetDatum(names)};
	MemoryContext context = CurrentMemoryContext;
	int32	   *types;
	char	   *sql;
	int			result;

	reject_null_elements(names, "types");
	SPI_connect();
	sql = psprintf("SELECT DISTINCT t.id::pg_catalog.int4 FROM %s AS t"
				   " WHERE t.name OPERATOR(pg_catalog.=) ANY ($1)",
				   kg_graph_quoted_table(graph, table));
	result = kg_execute_plan(kg_plan(sql, 1, argtypes, 0), args);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not look up types: %s",
			 SPI_result_code_string(result));

	types = MemoryContextAllocHuge(context,
								   Max(SPI_processed, 1) * sizeof(int32));
	*n = 0;
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		id = SPI_getbinval(SPI_tuptable->vals[i],
									   SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			types[(*n)++] = DatumGetInt32(id);
	}
	SPI_finish();
	qsort(types, *n, sizeof(int32), compare_int32);
	return types;
}

/* The names of types: registered graphs have no ids for them. */
static char **
type_names(ArrayType *array, int *n)
{
	Datum	   *datums;
	char	  **names;

	reject_null_elements(array, "types");
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &datums, NULL,
					  n);
	names = palloc(Max(*n, 1) * sizeof(char *));
	for (int i = 0; i < *n; i++)
		names[i] = TextDatumGetCString(datums[i]);
	return names;
}

/* Is each of these types the type of a whole edge table? */
static bool
are_types_of_tables(const KgGraph *graph, char **names, int n)
{
	int			found = 0;
	int			j;

	for (int i = 0; i < n; i++)
	{
		for (j = 0; j < graph->nedge_tables; j++)
		{
			if (graph->edge_tables[j].type != NULL &&
				strcmp(graph->edge_tables[j].type, names[i]) == 0)
				break;
		}
		found += j < graph->nedge_tables;
	}
	return found == n;
}

static void
find_types_argument(ArrayType *array, const KgGraph *graph, KgEdgeQuery *query)
{
	int			n;
	char	  **names = type_names(array, &n);

	if (graph->registered)
	{
		query->type_names = names;
		query->ntypes = n;
		if (!are_types_of_tables(graph, names, n))
			kg_notice_unknown_types(graph, names, n);
		return;
	}
	query->types = kg_find_types(graph, KG_RELATION_TYPE, array,
								 &query->ntypes);
	if (query->ntypes < n)
		kg_notice_unknown_types(graph, names, n);
}

void
kg_filter_arguments(FunctionCallInfo fcinfo, int argno, const KgGraph *graph,
					KgEdgeQuery *query)
{
	memset(query, 0, sizeof(*query));
	query->direction = KG_BOTH;
	query->any_type = PG_ARGISNULL(argno);
	if (!query->any_type)
		find_types_argument(PG_GETARG_ARRAYTYPE_P(argno), graph, query);
	query->any_time = PG_ARGISNULL(argno + 1);
	if (!query->any_time)
		query->as_of = PG_GETARG_TIMESTAMPTZ(argno + 1);
	query->known_then = !PG_ARGISNULL(PG_NARGS() - 1);
	if (query->known_then)
		query->known_at = PG_GETARG_TIMESTAMPTZ(PG_NARGS() - 1);
}

void
kg_query_arguments(FunctionCallInfo fcinfo, int argno, const KgGraph *graph,
				   KgEdgeQuery *query)
{
	static const KgWords words = {
		"direction", "direction", "Use 'out', 'in' or 'both'.",
		{"out", "in", "both"}
	};
	static const KgDirection directions[] = {KG_OUT, KG_IN, KG_BOTH};
	KgDirection direction = directions[kg_word_argument(fcinfo, argno, &words)];

	kg_filter_arguments(fcinfo, argno + 1, graph, query);
	query->direction = direction;
}

void
kg_edge_filter_arguments(FunctionCallInfo fcinfo, int argno, KgEdgeQuery *query)
{
	if (!PG_ARGISNULL(argno))
		query->properties = PG_GETARG_JSONB_P(argno);
	if (!PG_ARGISNULL(argno + 1))
	{
		query->filter = text_to_cstring(PG_GETARG_TEXT_PP(argno + 1));
		kg_check_filter(query->filter);
	}
}

KgEdgeQuery
kg_reverse_query(const KgEdgeQuery *query)
{
	KgEdgeQuery reverse = *query;

	reverse.direction = ((query->direction & KG_OUT) ? KG_IN : 0) |
		((query->direction & KG_IN) ? KG_OUT : 0);
	return reverse;
}
