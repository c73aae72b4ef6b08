/*
 * showing.c
 *	  Looks up what is shown of results: names, contents, paths.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/memory.h"
#include "graph/catalog/plans.h"
#include "retrieval/leg_query.h"
#include "retrieval/showing.h"

typedef struct Shown
{
	DestReceiver pub;
	KgShowing  *showing;
	int			table;
} Shown;

static KgShown *
add_shown(KgShowing *showing, KgHitKind kind, int64 id)
{
	KgShown    *shown;

	if (showing->n == showing->capacity)
	{
		showing->capacity = Max(32, 2 * showing->capacity);
		showing->shown = showing->shown == NULL ?
			palloc(showing->capacity * sizeof(KgShown)) :
			repalloc_huge(showing->shown, showing->capacity * sizeof(KgShown));
	}
	shown = &showing->shown[showing->n++];
	memset(shown, 0, sizeof(*shown));
	shown->kind = kind;
	shown->id = shown->entity = id;
	return shown;
}

static char *
text_or_null(TupleTableSlot *slot, int column)
{
	return slot->tts_isnull[column] ? NULL : TextDatumGetCString(slot->tts_values[column]);
}

/* (key, name, content) */
static bool
receive_node(TupleTableSlot *slot, DestReceiver *self)
{
	Shown	   *shown = (Shown *) self;
	const KgGraph *graph = shown->showing->request->graph;
	MemoryContext old = MemoryContextSwitchTo(shown->showing->request->context);
	KgShown    *node;
	int64		id;

	slot_getallattrs(slot);
	id = graph->keys == NULL ? DatumGetInt64(slot->tts_values[0]) :
		kg_keys_intern(graph, shown->table, slot->tts_values[0]);
	node = add_shown(shown->showing, slot->tts_isnull[2] ? KG_HIT_ENTITY : KG_HIT_PASSAGE, id);
	node->name = text_or_null(slot, 1);
	node->content = text_or_null(slot, 2);
	MemoryContextSwitchTo(old);
	return true;
}

/* (id, entity, content) */
static bool
receive_observation(TupleTableSlot *slot, DestReceiver *self)
{
	KgShowing  *showing = ((Shown *) self)->showing;
	MemoryContext old = MemoryContextSwitchTo(showing->request->context);
	KgShown    *observation;

	slot_getallattrs(slot);
	observation = add_shown(showing, KG_HIT_OBSERVATION, DatumGetInt64(slot->tts_values[0]));
	observation->entity = DatumGetInt64(slot->tts_values[1]);
	observation->content = text_or_null(slot, 2);
	MemoryContextSwitchTo(old);
	return true;
}

/* (id, type) */
static bool
receive_relation(TupleTableSlot *slot, DestReceiver *self)
{
	KgShowing  *showing = ((Shown *) self)->showing;
	MemoryContext old = MemoryContextSwitchTo(showing->request->context);

	slot_getallattrs(slot);
	showing->relations[showing->nrelations].id = DatumGetInt64(slot->tts_values[0]);
	showing->relations[showing->nrelations++].type = text_or_null(slot, 1);
	MemoryContextSwitchTo(old);
	return true;
}

static void
look_up_observations(KgShowing *showing, const KgResult *results, int n)
{
	const KgSearchRequest *request = showing->request;
	const KgGraph *graph = request->graph;
	Shown		shown = {.showing = showing};
	int64	   *ids = palloc(Max(n, 1) * sizeof(int64));
	int			nids = 0;
	Relation	rel;
	KgLegQuery	query;

	for (int i = 0; i < n; i++)
	{
		if (results[i].kind == KG_HIT_OBSERVATION)
			ids[nids++] = results[i].id;
	}
	if (nids == 0)
		return;
	rel = kg_graph_open(graph, graph->schema, graph->tables[KG_OBSERVATION]);
	kg_receiver_init(&shown.pub, receive_observation);
	kg_leg_query_init(&query, request, "results");
	appendStringInfo(&query.sql, "SELECT o.id, o.entity, o.content FROM %s AS o"
					 " WHERE o.id OPERATOR(pg_catalog.=) ANY (", kg_quoted_relation(rel));
	kg_leg_query_arg(&query, INT8ARRAYOID, PointerGetDatum(kg_keys_array(graph, 0, ids, nids)));
	appendStringInfoChar(&query.sql, ')');
	kg_leg_query_run(&query, &shown.pub);
	table_close(rel, NoLock);
}

static void
look_up_nodes(KgShowing *showing, const int64 *nodes, int n)
{
	const KgSearchRequest *request = showing->request;
	Shown		shown = {.showing = showing};

	kg_receiver_init(&shown.pub, receive_node);
	for (int i = 0; i < request->ntables && n > 0; i++)
	{
		const KgSearchTable *table = &request->tables[i];
		KgLegQuery	query;

		shown.table = i;
		kg_leg_query_init(&query, request, "results");
		kg_leg_query_value(&query, kg_key_array_type(table->nodes->kind),
						   PointerGetDatum(kg_keys_array(request->graph, i, nodes, n)));
		appendStringInfo(&query.sql, "SELECT %s, %s, %s%s FROM %s AS e WHERE %s", table->key,
						 table->name, table->content == NULL ? "NULL" : "e.",
						 table->content == NULL ? "::pg_catalog.text" : table->content,
						 table->from, kg_key_among_sql(table->nodes, "e", table->nodes->key));
		kg_leg_query_run(&query, &shown.pub);
	}
}

static void
look_up_relations(KgShowing *showing, const int64 *ids, int n)
{
	const KgSearchRequest *request = showing->request;
	const KgGraph *graph = request->graph;
	Shown		shown = {.showing = showing};
	char	   *relation;
	char	   *type;
	KgLegQuery	query;

	showing->relations = palloc(Max(n, 1) * sizeof(KgShownRelation));
	if (n == 0 || graph->registered)
		return;
	relation = kg_graph_quoted_table(graph, KG_RELATION);
	type = kg_graph_quoted_table(graph, KG_RELATION_TYPE);
	kg_receiver_init(&shown.pub, receive_relation);
	kg_leg_query_init(&query, request, "results");
	appendStringInfo(&query.sql, "SELECT r.id, t.name FROM %s AS r JOIN %s AS t"
					 " ON t.id OPERATOR(pg_catalog.=) r.type"
					 " WHERE r.id OPERATOR(pg_catalog.=) ANY (", relation, type);
	kg_leg_query_arg(&query, INT8ARRAYOID, PointerGetDatum(kg_keys_array(graph, 0, ids, n)));
	appendStringInfoChar(&query.sql, ')');
	kg_leg_query_run(&query, &shown.pub);
}

/* Adds the nodes and relations of a result's path to what is looked up. */
static void
add_path(KgShowing *showing, const KgResult *result, KgNodeList *nodes, KgNodeList *relations)
{
	const KgShown *shown = kg_showing_find(showing, result->kind, result->id);
	int64		node = shown == NULL ? result->id : shown->entity;
	int			n;
	KgAreaStep *steps;

	kg_node_list_append(nodes, node);
	if (result->hits[KG_LEG_GRAPH] == NULL)
		return;
	steps = kg_graph_area_path(showing->findings->area, node, &n);
	for (int i = 0; i < n; i++)
	{
		kg_node_list_append(nodes, steps[i].from);
		if (!steps[i].edge.id_is_null)
			kg_node_list_append(relations, steps[i].edge.id);
	}
}

KgShowing *
kg_showing_create(const KgSearchRequest *request, const KgFindings *findings,
				  const KgResult *results, int n)
{
	KgShowing  *showing = palloc0(sizeof(KgShowing));
	KgMemory	memory;
	KgNodeList	nodes;
	KgNodeList	relations;

	showing->request = request;
	showing->findings = findings;
	kg_memory_init(&memory, 0, NULL);
	kg_node_list_init(&nodes, &memory);
	kg_node_list_init(&relations, &memory);
	look_up_observations(showing, results, n);
	for (int i = 0; i < n; i++)
		add_path(showing, &results[i], &nodes, &relations);
	kg_node_list_sort(&nodes, true);
	kg_node_list_sort(&relations, true);
	look_up_nodes(showing, nodes.nodes, nodes.n);
	look_up_relations(showing, relations.nodes, relations.n);
	return showing;
}

const KgShown *
kg_showing_find(const KgShowing *showing, KgHitKind kind, int64 id)
{
	for (int i = 0; i < showing->n; i++)
	{
		const KgShown *shown = &showing->shown[i];

		if (shown->id == id && (shown->kind == KG_HIT_OBSERVATION) == (kind == KG_HIT_OBSERVATION))
			return shown;
	}
	return NULL;
}

const char *
kg_showing_type(const KgShowing *showing, const KgArcEdge *edge)
{
	const KgGraph *graph = showing->request->graph;

	if (graph->registered)
		return graph->edge_tables[edge->table].type;
	for (int i = 0; i < showing->nrelations && !edge->id_is_null; i++)
	{
		if (showing->relations[i].id == edge->id)
			return showing->relations[i].type;
	}
	return NULL;
}
