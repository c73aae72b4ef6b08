/*
 * search.c
 *	  kg.search and kg.explain_search.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "graph/catalog/keys.h"
#include "retrieval/fusion.h"
#include "retrieval/legs.h"
#include "retrieval/read_request.h"
#include "retrieval/showing.h"
#include "retrieval/why.h"

enum
{
	COLUMN_ENTITY,
	COLUMN_KEY,
	COLUMN_KIND,
	COLUMN_NAME,
	COLUMN_SCORE,
	COLUMN_OBSERVATION,
	COLUMN_CONTENT,
	COLUMN_FIRST_LEG,			/* a rank and a score for each leg */
	COLUMN_WHY = COLUMN_FIRST_LEG + 2 * KG_LEGS,
	NUM_COLUMNS
};

/* Runs the legs that have something to go by. */
static void
run_legs(const KgSearchRequest *request, KgFindings *findings)
{
	bool		graph = kg_leg_runs(request, KG_LEG_GRAPH);

	memset(findings, 0, sizeof(*findings));
	for (int leg = 0; leg < KG_LEGS; leg++)
		kg_hits_init(&findings->hits[leg]);
	findings->words = palloc0(request->ntables * KG_HIT_KINDS * sizeof(KgTextWords));
	if (request->embedding != NULL && kg_leg_runs(request, KG_LEG_EMBEDDING))
		kg_embedding_leg(request, &findings->hits[KG_LEG_EMBEDDING]);
	if (request->query != NULL && kg_leg_runs(request, KG_LEG_TEXT))
		kg_text_leg(request, &findings->hits[KG_LEG_TEXT], findings->words);
	/* The graph leg starts from what the question names. */
	if (request->query != NULL && (graph || kg_leg_runs(request, KG_LEG_NAME)))
		kg_name_leg(request, &findings->hits[KG_LEG_NAME], &findings->names, &findings->named);
	if (!kg_leg_runs(request, KG_LEG_NAME))
		findings->hits[KG_LEG_NAME].n = 0;
	if (graph && (findings->named.n > 0 || request->nseeds > 0))
		findings->area = kg_graph_leg(request, &findings->named,
									  &findings->words[KG_HIT_PASSAGE],
									  &findings->hits[KG_LEG_GRAPH]);
}

static void
put_result(ReturnSetInfo *rsinfo, const KgShowing *showing, const KgResult *result)
{
	const KgGraph *graph = showing->request->graph;
	const KgShown *shown = kg_showing_find(showing, result->kind, result->id);
	const KgShown *node = shown == NULL ? NULL :
	kg_showing_find(showing, KG_HIT_ENTITY, shown->entity);
	Datum		values[NUM_COLUMNS] = {0};
	bool		nulls[NUM_COLUMNS] = {0};

	/* Of an observation whose entity is hidden nothing is shown either. */
	if (node == NULL)
		return;
	values[COLUMN_ENTITY] = kg_node_integer(graph, shown->entity, &nulls[COLUMN_ENTITY]);
	values[COLUMN_KEY] = kg_node_key(graph, shown->entity, &nulls[COLUMN_KEY]);
	values[COLUMN_KIND] = CStringGetTextDatum(kg_kind_names[result->kind]);
	nulls[COLUMN_NAME] = node->name == NULL;
	if (node->name != NULL)
		values[COLUMN_NAME] = CStringGetTextDatum(node->name);
	values[COLUMN_SCORE] = Float8GetDatum(result->score);
	nulls[COLUMN_OBSERVATION] = result->kind != KG_HIT_OBSERVATION;
	values[COLUMN_OBSERVATION] = Int64GetDatum(result->id);
	nulls[COLUMN_CONTENT] = shown->content == NULL;
	if (shown->content != NULL)
		values[COLUMN_CONTENT] = CStringGetTextDatum(shown->content);
	for (int leg = 0; leg < KG_LEGS; leg++)
	{
		int			column = COLUMN_FIRST_LEG + 2 * leg;
		const KgHit *hit = result->hits[leg];

		nulls[column] = nulls[column + 1] = hit == NULL;
		values[column] = Int32GetDatum(hit == NULL ? 0 : hit->rank);
		values[column + 1] = Float8GetDatum(hit == NULL ? 0 : hit->score);
	}
	values[COLUMN_WHY] = kg_why(showing, result);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Searches; rows go to rsinfo, unless that is NULL. */
static void
search(KgSearchRequest *request, ReturnSetInfo *rsinfo)
{
	KgFindings	findings;
	KgResult   *results;
	KgShowing  *showing;
	int			n;

	kg_search_request_kinds(request);
	run_legs(request, &findings);
	results = kg_fuse(request, findings.hits, &n);
	n = kg_diversify(request, results, n);
	showing = kg_showing_create(request, &findings, results, n);
	for (int i = 0; i < n && rsinfo != NULL; i++)
		put_result(rsinfo, showing, &results[i]);
	kg_search_request_close(request);
}

PG_FUNCTION_INFO_V1(kg_search);

/*
 * search(query text, embedding vector, k integer, graph text, kinds text[],
 *		  types text[], filter text, seeds anycompatible, legs jsonb,
 *		  fusion text, diversity float8, as_of timestamptz,
 *		  known_at timestamptz)
 */
Datum
kg_search(PG_FUNCTION_ARGS)
{
	KgSearchRequest *request = kg_search_request(fcinfo);

	InitMaterializedSRF(fcinfo, 0);
	search(request, (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

typedef struct PlanRows
{
	KgPlanLines pub;
	ReturnSetInfo *rsinfo;
} PlanRows;

static void
put_plan_line(KgPlanLines *lines, const char *leg, const char *text)
{
	ReturnSetInfo *rsinfo = ((PlanRows *) lines)->rsinfo;
	Datum		values[2] = {CStringGetTextDatum(leg), CStringGetTextDatum(text)};
	bool		nulls[2] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(kg_explain_search);

/* explain_search(the same) returns (leg text, line text) */
Datum
kg_explain_search(PG_FUNCTION_ARGS)
{
	PlanRows	rows = {.pub = {.put = put_plan_line}};
	KgSearchRequest *request = kg_search_request(fcinfo);

	InitMaterializedSRF(fcinfo, 0);
	rows.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	request->lines = &rows.pub;
	search(request, NULL);
	return (Datum) 0;
}
