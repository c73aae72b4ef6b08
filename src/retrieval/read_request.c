/*
 * read_request.c
 *	  The arguments of kg.search, and the graph's tables made ready for it.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tupdesc.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type_d.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "tsearch/ts_cache.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/filter.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/plans.h"
#include "graph/search/arguments.h"
#include "retrieval/leg_options.h"
#include "retrieval/leg_query.h"
#include "retrieval/read_request.h"

enum
{
	ARG_QUERY,
	ARG_EMBEDDING,
	ARG_K,
	ARG_GRAPH,
	ARG_KINDS,
	ARG_TYPES,
	ARG_FILTER,
	ARG_SEEDS,
	ARG_LEGS,
	ARG_FUSION,
	ARG_DIVERSITY,
	ARG_AS_OF,
	ARG_KNOWN_AT
};

/*
 * The configuration that made the column "words", from its generation
 * expression; invalid if the table has no such column.  *folded: is it of
 * kg.fold_text, as it is in all graphs but those that await kg.upgrade_graph?
 */
static Oid
words_language(Relation rel, bool *folded)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; desc->constr != NULL && i < desc->constr->num_defval; i++)
	{
		const AttrDefault *expression = &desc->constr->defval[i];
		FuncExpr   *call;

		if (strcmp(NameStr(TupleDescAttr(desc, expression->adnum - 1)->attname), "words") != 0)
			continue;
		call = stringToNode(expression->adbin);
		if (!IsA(call, FuncExpr) || !IsA(linitial(call->args), Const))
			continue;
		*folded = IsA(lsecond(call->args), FuncExpr) &&
			strcmp(get_func_name(lsecond_node(FuncExpr, call->args)->funcid), "fold_text") == 0;
		return DatumGetObjectId(linitial_node(Const, call->args)->constvalue);
	}
	return InvalidOid;
}

static void
find_language(KgSearchRequest *request)
{
	if (request->graph->registered)
	{
		request->language = getTSCurrentConfig(true);
		return;
	}
	request->language = words_language(request->tables[0].rel, &request->folded);
	if (!OidIsValid(request->language))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("graph \"%s\" has no words to search", request->graph->name),
				 errdetail("It was made before kg had text search."),
				 errhint("Its owner adds them with SELECT kg.upgrade_graph(%s).",
						 quote_literal_cstr(request->graph->name))));
}

static void
open_table(const KgSearchRequest *request, KgSearchTable *table, int number)
{
	const KgNodeTable *nodes = &request->graph->node_tables[number];

	table->nodes = nodes;
	table->number = number;
	table->rel = kg_graph_open(request->graph, nodes->schema, nodes->table);
	kg_graph_key(request->graph, table->rel, nodes->key);
	kg_graph_column(request->graph, table->rel, nodes->name);
	if (request->graph->registered)
		kg_graph_column(request->graph, table->rel, nodes->content);
	table->from = kg_quoted_relation(table->rel);
	table->key = kg_key_sql(nodes, "e", nodes->key);
	table->name = nodes->name == NULL ? psprintf("(%s)::pg_catalog.text", table->key) :
		psprintf("e.%s::pg_catalog.text", quote_identifier(nodes->name));
	if (!request->graph->registered)
		table->content = "content";
	else if (nodes->content != NULL)
		table->content = quote_identifier(nodes->content);
	table->wanted = true;
}

/* May policies, a view or a foreign server hide rows that others see? */
static bool
may_hide_rows(Relation rel)
{
	char		kind = rel->rd_rel->relkind;

	return (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE &&
			kind != RELKIND_MATVIEW) ||
		check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED;
}

void
kg_search_request_open(KgSearchRequest *request)
{
	request->ntables = request->graph->nnode_tables;
	request->tables = palloc0(request->ntables * sizeof(KgSearchTable));
	for (int i = 0; i < request->ntables; i++)
	{
		open_table(request, &request->tables[i], i);
		request->tables[i].hidden_rows = may_hide_rows(request->tables[i].rel);
		request->hidden_rows |= request->tables[i].hidden_rows;
	}
	find_language(request);
}

static char **
text_elements(Datum array, const char *name, int *n)
{
	Datum	   *datums;
	bool	   *nulls;
	char	  **texts;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &datums, &nulls, n);
	texts = palloc(Max(*n, 1) * sizeof(char *));
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain nulls", name)));
		texts[i] = TextDatumGetCString(datums[i]);
	}
	return texts;
}

static void
read_types(KgSearchRequest *request, Datum types)
{
	char	  **labels;
	int			n;

	request->any_type = false;
	if (!request->graph->registered)
	{
		int32	   *found = kg_find_types(request->graph, KG_ENTITY_TYPE,
										  DatumGetArrayTypeP(types), &n);
		Datum	   *ids = palloc(Max(n, 1) * sizeof(Datum));

		for (int i = 0; i < n; i++)
			ids[i] = Int32GetDatum(found[i]);
		request->types = kg_make_array(ids, NULL, n, INT4OID);
		return;
	}
	labels = text_elements(types, "types", &n);
	for (int t = 0; t < request->ntables; t++)
	{
		KgSearchTable *table = &request->tables[t];

		table->wanted = false;
		for (int i = 0; i < n; i++)
			table->wanted |= strcmp(table->nodes->label, labels[i]) == 0;
	}
}

typedef struct AnyRow
{
	DestReceiver pub;
	bool		found;
} AnyRow;

static bool
receive_any_row(TupleTableSlot *slot, DestReceiver *self)
{
	((AnyRow *) self)->found = true;
	return true;
}

/* Has a table passages that the caller can see? */
static bool
has_passages(const KgSearchRequest *request, const KgSearchTable *table)
{
	AnyRow		any = {0};
	KgLegQuery	query;

	if (table->content == NULL)
		return false;
	kg_receiver_init(&any.pub, receive_any_row);
	kg_leg_query_init(&query, request, "kinds");
	/* In order of the key, or the planner would trust to find one among all. */
	appendStringInfo(&query.sql, "SELECT 1 FROM %s AS e WHERE e.%s IS NOT NULL%s LIMIT 1",
					 table->from, table->content,
					 request->graph->registered ? "" : " ORDER BY e.id");
	kg_leg_query_run(&query, &any.pub);
	return any.found;
}

/* Passages if the graph has any, else entities and observations. */
static void
choose_kinds(KgSearchRequest *request)
{
	bool		passages = false;

	for (int i = 0; i < request->ntables && !passages; i++)
		passages = has_passages(request, &request->tables[i]);
	request->kinds[KG_HIT_PASSAGE] = passages;
	request->kinds[KG_HIT_ENTITY] = !passages;
	request->kinds[KG_HIT_OBSERVATION] = !passages;
}

static void
read_kinds(KgSearchRequest *request, Datum kinds)
{
	int			n;
	char	  **names = text_elements(kinds, "kinds", &n);

	for (int i = 0; i < n; i++)
	{
		int			kind = 0;

		while (kind < KG_HIT_KINDS && strcmp(kg_kind_names[kind], names[i]) != 0)
			kind++;
		if (kind == KG_HIT_KINDS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown kind \"%s\"", names[i]),
					 errhint("Kinds are 'passage', 'entity' and 'observation'.")));
		else
			request->kinds[kind] = true;
	}
}

static void
read_filter(KgSearchRequest *request, Datum filter)
{
	request->filter = TextDatumGetCString(filter);
	kg_check_filter(request->filter);
	for (int i = 0; i < request->ntables; i++)
	{
		if (request->tables[i].wanted)
			kg_check_filter_query(psprintf("SELECT 1 FROM %s AS e WHERE %s",
										   request->tables[i].from, request->filter),
								  request->filter, NULL, 0);
	}
}

static void
read_number(FunctionCallInfo fcinfo, int argno, const char *name, double *value)
{
	if (PG_ARGISNULL(argno))
		return;
	*value = PG_GETARG_FLOAT8(argno);
	if (!(*value >= 0 && *value <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and 1, not %g", name, *value)));
}

static void
read_fusion(KgSearchRequest *request, FunctionCallInfo fcinfo)
{
	static const KgWords words = {
		"fusion", "fusion", "Use 'ranks' or 'scores'.", {"ranks", "scores"}
	};

	request->fusion = kg_word_argument(fcinfo, ARG_FUSION, &words);
}

static void
read_edges(KgSearchRequest *request, FunctionCallInfo fcinfo)
{
	KgEdgeQuery *edges = &request->edges;

	edges->direction = KG_BOTH;
	edges->any_type = true;
	edges->any_time = PG_ARGISNULL(ARG_AS_OF);
	if (!edges->any_time)
		edges->as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	edges->known_then = !PG_ARGISNULL(ARG_KNOWN_AT);
	if (edges->known_then)
		edges->known_at = PG_GETARG_TIMESTAMPTZ(ARG_KNOWN_AT);
}

/* What is given as text and vectors. */
static void
read_question(KgSearchRequest *request, FunctionCallInfo fcinfo)
{
	if (!PG_ARGISNULL(ARG_QUERY))
		request->query = text_to_cstring(PG_GETARG_TEXT_PP(ARG_QUERY));
	if (!PG_ARGISNULL(ARG_EMBEDDING))
		request->embedding = PG_GETARG_VECTOR_P(ARG_EMBEDDING);
	if (!PG_ARGISNULL(ARG_SEEDS))
		request->seeds = kg_nodes_argument(fcinfo, ARG_SEEDS, "seeds", request->graph,
										   &request->nseeds);
}

KgSearchRequest *
kg_search_request(FunctionCallInfo fcinfo)
{
	KgSearchRequest *request = palloc0(sizeof(KgSearchRequest));

	request->context = CurrentMemoryContext;
	request->graph = kg_graph_argument(fcinfo, ARG_GRAPH);
	request->k = kg_limit_argument(fcinfo, ARG_K, "k");
	request->any_type = true;
	read_edges(request, fcinfo);
	read_fusion(request, fcinfo);
	read_number(fcinfo, ARG_DIVERSITY, "diversity", &request->diversity);
	kg_leg_options_default(request);
	if (!PG_ARGISNULL(ARG_LEGS))
		kg_leg_options_read(request, PG_GETARG_JSONB_P(ARG_LEGS));
	kg_search_request_open(request);
	if (!PG_ARGISNULL(ARG_TYPES))
		read_types(request, PG_GETARG_DATUM(ARG_TYPES));
	if (!PG_ARGISNULL(ARG_FILTER))
		read_filter(request, PG_GETARG_DATUM(ARG_FILTER));
	read_question(request, fcinfo);
	if (!PG_ARGISNULL(ARG_KINDS))
		read_kinds(request, PG_GETARG_DATUM(ARG_KINDS));
	return request;
}

void
kg_search_request_kinds(KgSearchRequest *request)
{
	if (!request->kinds[KG_HIT_PASSAGE] && !request->kinds[KG_HIT_ENTITY] &&
		!request->kinds[KG_HIT_OBSERVATION])
		choose_kinds(request);
	if (request->graph->registered)
		request->kinds[KG_HIT_OBSERVATION] = false;
}

void
kg_search_request_close(KgSearchRequest *request)
{
	for (int i = 0; i < request->ntables; i++)
		table_close(request->tables[i].rel, NoLock);
}
