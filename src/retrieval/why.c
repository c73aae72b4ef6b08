/*
 * why.c
 *	  Why a result was found.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "graph/catalog/keys.h"
#include "retrieval/why.h"

static void
append_text_or_null(StringInfo json, const char *text)
{
	if (text == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, text);
}

/* The words of the question that a text has. */
static void
append_words(StringInfo json, const KgShowing *showing, const KgResult *result)
{
	const KgGraph *graph = showing->request->graph;
	int			table = result->kind == KG_HIT_OBSERVATION ? 0 : kg_keys_table(graph, result->id);
	const KgTextWords *words = &showing->findings->words[table * KG_HIT_KINDS + result->kind];
	bool		first = true;

	appendStringInfoString(json, "\"text\":[");
	for (int i = 0; i < words->n && i < 64; i++)
	{
		if ((result->hits[KG_LEG_TEXT]->detail & (UINT64CONST(1) << i)) == 0)
			continue;
		if (!first)
			appendStringInfoChar(json, ',');
		first = false;
		escape_json(json, pnstrdup(words->terms[i].lexeme, words->terms[i].length));
	}
	appendStringInfoChar(json, ']');
}

static void
append_node(StringInfo json, const KgShowing *showing, const char *end, int64 node)
{
	const KgGraph *graph = showing->request->graph;
	const KgShown *shown = kg_showing_find(showing, KG_HIT_ENTITY, node);
	char	   *key = kg_node_name(graph, node);

	appendStringInfo(json, "\"%s\":", end);
	if (graph->keys == NULL)
		appendStringInfoString(json, key);
	else
		escape_json(json, key);
	appendStringInfo(json, ",\"%s_name\":", end);
	append_text_or_null(json, shown == NULL ? NULL : shown->name);
}

static void
append_step(StringInfo json, const KgShowing *showing, const KgAreaStep *step)
{
	int64		source = step->edge.outgoing ? step->from : step->node;
	int64		target = step->edge.outgoing ? step->node : step->from;

	appendStringInfoChar(json, '{');
	append_node(json, showing, "source", source);
	appendStringInfoString(json, ",\"type\":");
	append_text_or_null(json, kg_showing_type(showing, &step->edge));
	appendStringInfoChar(json, ',');
	append_node(json, showing, "target", target);
	if (!step->edge.id_is_null)
		appendStringInfo(json, ",\"relation\":" INT64_FORMAT, step->edge.id);
	appendStringInfoChar(json, '}');
}

/* The seed, and the path from there. */
static void
append_graph(StringInfo json, const KgShowing *showing, const KgResult *result)
{
	const KgShown *shown = kg_showing_find(showing, result->kind, result->id);
	int64		node = shown->entity;
	int			n;
	KgAreaStep *steps = kg_graph_area_path(showing->findings->area, node, &n);

	appendStringInfoString(json, "\"graph\":{");
	append_node(json, showing, "seed", n == 0 ? node : steps[0].from);
	appendStringInfoString(json, ",\"path\":[");
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoChar(json, ',');
		append_step(json, showing, &steps[i]);
	}
	appendStringInfoString(json, "]}");
}

Datum
kg_why(const KgShowing *showing, const KgResult *result)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	if (result->hits[KG_LEG_TEXT] != NULL)
		append_words(&json, showing, result);
	if (result->hits[KG_LEG_NAME] != NULL)
	{
		appendStringInfoString(&json, json.len > 1 ? ",\"name\":" : "\"name\":");
		escape_json(&json, list_nth(showing->findings->names, result->hits[KG_LEG_NAME]->detail));
	}
	if (result->hits[KG_LEG_GRAPH] != NULL)
	{
		if (json.len > 1)
			appendStringInfoChar(&json, ',');
		append_graph(&json, showing, result);
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}
