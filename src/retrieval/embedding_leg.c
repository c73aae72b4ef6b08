/*
 * embedding_leg.c
 *	  Nodes and observations whose embeddings are nearest to the question's.
 *
 * Each query is what a user would write, so that an index of kg_hnsw serves,
 * with the columns that it has for filters.
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/embedding.h"
#include "retrieval/leg_query.h"
#include "retrieval/legs.h"

typedef struct EmbeddingSearch
{
	DestReceiver pub;
	const KgSearchRequest *request;
	const KgSearchTable *table; /* that is searched now */
	bool		several;		/* distances of several columns are compared */
	bool		cosine;
	KgHits	   *hits;
} EmbeddingSearch;

/* (id, distance, kind) */
static bool
receive_nearest(TupleTableSlot *slot, DestReceiver *self)
{
	EmbeddingSearch *search = (EmbeddingSearch *) self;
	const KgGraph *graph = search->request->graph;
	MemoryContext old;
	KgHitKind	kind;
	int64		id;
	double		distance;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0])
		return true;
	distance = DatumGetFloat8(slot->tts_values[1]);
	/* A vector of zeros has no angle to any other: it is not near. */
	if (!isfinite(distance))
		return true;
	old = MemoryContextSwitchTo(search->request->context);
	kind = DatumGetInt32(slot->tts_values[2]);
	id = graph->keys == NULL || kind == KG_HIT_OBSERVATION ? DatumGetInt64(slot->tts_values[0]) :
		kg_keys_intern(graph, search->table->number, slot->tts_values[0]);
	kg_hits_add(search->hits, kind, id, search->cosine ? 1 - distance : 0 - distance);
	MemoryContextSwitchTo(old);
	return true;
}

/* The distance as an expression, and whether it is the cosine's. */
static char *
add_distance(EmbeddingSearch *search, KgLegQuery *query, Relation rel, const char *alias,
			 const char *name)
{
	const KgGraph *graph = search->request->graph;
	KgEmbeddingColumn column = kg_embedding_column(graph, rel, name);
	const char *op = search->several ? kg_embedding_metric_operator(graph->metric, column.type) :
	kg_embedding_operator(graph, rel, &column);

	search->cosine = strlen(op) > 3 && strcmp(op + strlen(op) - 3, "<=>") == 0;
	appendStringInfo(&query->sql, "(%s.%s OPERATOR(%s) ", alias, quote_identifier(name), op);
	kg_leg_query_arg(query, column.type, kg_embedding_value(&column, search->request->embedding));
	appendStringInfoString(&query->sql, ")::pg_catalog.float8");
	return psprintf("%s.%s OPERATOR(%s) $%d", alias, quote_identifier(name), op, query->nargs);
}

static void
finish_query(EmbeddingSearch *search, KgLegQuery *query, const char *distance)
{
	kg_receiver_init(&search->pub, receive_nearest);
	appendStringInfo(&query->sql, " ORDER BY %s LIMIT %d", distance,
					 search->request->legs[KG_LEG_EMBEDDING].limit);
	/* How many rows pass decides whether an index pays. */
	query->custom = kg_leg_query_is_filtered(search->request);
	kg_leg_query_run(query, &search->pub);
}

static void
search_nodes(EmbeddingSearch *search)
{
	const KgSearchRequest *request = search->request;
	const KgSearchTable *table = search->table;
	KgLegQuery	query;
	char	   *distance;

	kg_leg_query_init(&query, request, kg_leg_names[KG_LEG_EMBEDDING]);
	appendStringInfo(&query.sql, "SELECT %s, ", table->key);
	distance = add_distance(search, &query, table->rel, "e", table->nodes->embedding);
	if (table->content == NULL)
		appendStringInfo(&query.sql, ", %d", KG_HIT_ENTITY);
	else
		appendStringInfo(&query.sql, ", CASE WHEN e.%s IS NOT NULL THEN %d ELSE %d END",
						 table->content, KG_HIT_PASSAGE, KG_HIT_ENTITY);
	appendStringInfo(&query.sql, " FROM %s AS e WHERE e.%s IS NOT NULL", table->from,
					 quote_identifier(table->nodes->embedding));
	kg_leg_query_add_wanted_kinds(&query, table);
	kg_leg_query_add_wanted(&query, table);
	finish_query(search, &query, distance);
}

static void
search_observations(EmbeddingSearch *search)
{
	const KgSearchRequest *request = search->request;
	const KgGraph *graph = request->graph;
	Relation	rel = kg_graph_open(graph, graph->schema, graph->tables[KG_OBSERVATION]);
	KgLegQuery	query;
	char	   *distance;

	search->table = &request->tables[0];
	kg_leg_query_init(&query, request, kg_leg_names[KG_LEG_EMBEDDING]);
	appendStringInfoString(&query.sql, "SELECT o.id, ");
	distance = add_distance(search, &query, rel, "o", "embedding");
	appendStringInfo(&query.sql, ", %d FROM %s AS o", KG_HIT_OBSERVATION, kg_quoted_relation(rel));
	if (request->hidden_rows || kg_leg_query_is_filtered(request))
		appendStringInfo(&query.sql, " JOIN %s AS e ON e.id OPERATOR(pg_catalog.=) o.entity",
						 search->table->from);
	appendStringInfoString(&query.sql, " WHERE o.embedding IS NOT NULL");
	kg_leg_query_add_observation_times(&query);
	kg_leg_query_add_wanted(&query, search->table);
	finish_query(search, &query, distance);
	table_close(rel, NoLock);
}

/* Is this table of nodes searched? */
static bool
is_searched(const KgSearchRequest *request, const KgSearchTable *table)
{
	return table->wanted && table->nodes->embedding != NULL &&
		(request->kinds[KG_HIT_ENTITY] ||
		 (request->kinds[KG_HIT_PASSAGE] && table->content != NULL));
}

void
kg_embedding_leg(const KgSearchRequest *request, KgHits *hits)
{
	EmbeddingSearch search = {.request = request,.hits = hits};
	int			searched = request->kinds[KG_HIT_OBSERVATION];

	for (int i = 0; i < request->ntables; i++)
		searched += is_searched(request, &request->tables[i]);
	search.several = searched > 1;
	for (int i = 0; i < request->ntables; i++)
	{
		search.table = &request->tables[i];
		if (is_searched(request, search.table))
			search_nodes(&search);
	}
	if (request->kinds[KG_HIT_OBSERVATION])
		search_observations(&search);
	kg_hits_rank(hits, request->legs[KG_LEG_EMBEDDING].limit, false);
}
