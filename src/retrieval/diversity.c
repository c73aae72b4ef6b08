/*
 * diversity.c
 *	  Results that differ from each other.
 *
 * J. Carbonell, J. Goldstein, "The use of MMR, diversity-based reranking for
 * reordering documents and producing summaries", SIGIR 1998.
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/embedding.h"
#include "retrieval/fusion.h"
#include "retrieval/leg_query.h"
#include "types/dense_type.h"

/* Among how many results it chooses k. */
#define CHOICE 4

typedef struct Embeddings
{
	DestReceiver pub;
	const KgSearchRequest *request;
	const KgResult *results;
	int			n;
	float	  **vectors;		/* of length 1; NULL: none */
	int		   *dimensions;
	bool		observations;
	int			table;
	const KgDenseType *type;
} Embeddings;

/* Keeps a copy of length 1. */
static void
keep_vector(Embeddings *embeddings, int i, Datum value)
{
	const void *stored = PG_DETOAST_DATUM(value);
	int			dim = (VARSIZE(stored) - embeddings->type->header_bytes) /
	embeddings->type->element_bytes;
	float	   *x = palloc(dim * sizeof(float));
	double		norm = 0;

	embeddings->type->to_floats(stored, x);
	for (int d = 0; d < dim; d++)
		norm += (double) x[d] * x[d];
	for (int d = 0; d < dim && norm > 0; d++)
		x[d] /= sqrt(norm);
	embeddings->vectors[i] = x;
	embeddings->dimensions[i] = dim;
}

/* (id, embedding) */
static bool
receive_embedding(TupleTableSlot *slot, DestReceiver *self)
{
	Embeddings *embeddings = (Embeddings *) self;
	const KgGraph *graph = embeddings->request->graph;
	MemoryContext old = MemoryContextSwitchTo(embeddings->request->context);
	int64		id;

	slot_getallattrs(slot);
	id = graph->keys == NULL || embeddings->observations ? DatumGetInt64(slot->tts_values[0]) :
		kg_keys_intern(graph, embeddings->table, slot->tts_values[0]);
	for (int i = 0; i < embeddings->n; i++)
	{
		const KgResult *result = &embeddings->results[i];

		if (result->id == id &&
			(result->kind == KG_HIT_OBSERVATION) == embeddings->observations)
			keep_vector(embeddings, i, slot->tts_values[1]);
	}
	MemoryContextSwitchTo(old);
	return true;
}

/* Where embeddings are, and which rows are asked for. */
typedef struct Column
{
	Relation	rel;
	const char *alias;
	const char *id;				/* expression */
	const char *name;			/* of the column */
	const char *condition;		/* with $1, */
	Oid			type;			/* of this type */
	Datum		ids;
} Column;

static void
read_column(Embeddings *embeddings, const Column *column)
{
	const char *name = quote_identifier(column->name);
	KgLegQuery	query;

	embeddings->type = kg_dense_type(kg_embedding_column(embeddings->request->graph, column->rel,
														 column->name).type);
	kg_leg_query_init(&query, embeddings->request, "diversity");
	kg_leg_query_value(&query, column->type, column->ids);
	appendStringInfo(&query.sql, "SELECT %s, %s.%s FROM %s AS %s WHERE %s AND %s.%s IS NOT NULL",
					 column->id, column->alias, name, kg_quoted_relation(column->rel),
					 column->alias, column->condition, column->alias, name);
	kg_leg_query_run(&query, &embeddings->pub);
}

/* The ids of the results that are observations, or that are none. */
static int64 *
result_ids(const Embeddings *embeddings, int *n)
{
	int64	   *ids = palloc(Max(embeddings->n, 1) * sizeof(int64));

	*n = 0;
	for (int i = 0; i < embeddings->n; i++)
	{
		const KgResult *result = &embeddings->results[i];

		if ((result->kind == KG_HIT_OBSERVATION) == embeddings->observations)
			ids[(*n)++] = result->id;
	}
	return ids;
}

static void
read_nodes(Embeddings *embeddings)
{
	const KgSearchRequest *request = embeddings->request;
	int			n;
	int64	   *ids = result_ids(embeddings, &n);

	for (int i = 0; i < request->ntables && n > 0; i++)
	{
		const KgSearchTable *table = &request->tables[i];
		const KgNodeTable *nodes = table->nodes;
		Column		column = {.rel = table->rel,.alias = "e",.id = table->key};

		if (nodes->embedding == NULL)
			continue;
		embeddings->table = i;
		column.name = nodes->embedding;
		column.condition = kg_key_among_sql(nodes, "e", nodes->key);
		column.type = kg_key_array_type(nodes->kind);
		column.ids = PointerGetDatum(kg_keys_array(request->graph, i, ids, n));
		read_column(embeddings, &column);
	}
}

static void
read_observations(Embeddings *embeddings)
{
	const KgGraph *graph = embeddings->request->graph;
	Column		column = {.alias = "o",.id = "o.id",.name = "embedding",.type = INT8ARRAYOID};
	int64	   *ids;
	int			n;

	embeddings->observations = true;
	ids = result_ids(embeddings, &n);
	if (n == 0)
		return;
	column.rel = kg_graph_open(graph, graph->schema, graph->tables[KG_OBSERVATION]);
	column.condition = "o.id OPERATOR(pg_catalog.=) ANY ($1)";
	column.ids = PointerGetDatum(kg_keys_array(graph, 0, ids, n));
	read_column(embeddings, &column);
	table_close(column.rel, NoLock);
}

/* The cosine of two results' embeddings; 0 if one has none. */
static double
similarity(const Embeddings *embeddings, int a, int b)
{
	double		sum = 0;

	if (embeddings->vectors[a] == NULL || embeddings->vectors[b] == NULL ||
		embeddings->dimensions[a] != embeddings->dimensions[b])
		return 0;
	for (int d = 0; d < embeddings->dimensions[a]; d++)
		sum += embeddings->vectors[a][d] * embeddings->vectors[b][d];
	return sum;
}

/*
 * Chooses one result after the other: that with the most of its score, scaled
 * to 1 for the best, less its resemblance to those that were chosen.
 */
static int
choose(const Embeddings *embeddings, KgResult *results, int k)
{
	double		lambda = 1 - embeddings->request->diversity;
	double		best_score = results[0].score > 0 ? results[0].score : 1;
	double	   *nearest = palloc0(embeddings->n * sizeof(double));
	bool	   *taken = palloc0(embeddings->n * sizeof(bool));
	KgResult   *chosen = palloc(embeddings->n * sizeof(KgResult));
	int			n = Min(k, embeddings->n);

	for (int c = 0; c < n; c++)
	{
		int			best = -1;
		double		best_value = 0;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < embeddings->n; i++)
		{
			double		value = lambda * results[i].score / best_score -
			embeddings->request->diversity * nearest[i];

			if (!taken[i] && (best < 0 || value > best_value))
			{
				best = i;
				best_value = value;
			}
		}
		taken[best] = true;
		chosen[c] = results[best];
		for (int i = 0; i < embeddings->n; i++)
			nearest[i] = Max(nearest[i], similarity(embeddings, i, best));
	}
	memcpy(results, chosen, n * sizeof(KgResult));
	return n;
}

int
kg_diversify(const KgSearchRequest *request, KgResult *results, int n)
{
	Embeddings	embeddings = {.request = request,.results = results};
	int			k = request->k < 0 ? n : request->k;

	if (request->diversity == 0 || n == 0)
		return Min(k, n);
	embeddings.n = request->k < 0 ? n : Min((int64) CHOICE * Max(k, 1), n);
	embeddings.vectors = palloc0(embeddings.n * sizeof(float *));
	embeddings.dimensions = palloc0(embeddings.n * sizeof(int));
	kg_receiver_init(&embeddings.pub, receive_embedding);
	read_nodes(&embeddings);
	if (!request->graph->registered)
		read_observations(&embeddings);
	return choose(&embeddings, results, k);
}
