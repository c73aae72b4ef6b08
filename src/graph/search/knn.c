/*
 * knn.c
 *	  kg.knn: the entities whose embeddings are nearest to a vector.
 *
 * The distance operator depends on the graph, so kg.knn runs the query that a
 * user would write for it.  The planner deals with privileges, policies and the
 * choice of an index as in any query.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/arguments.h"
#include "graph/search/embedding.h"
#include "types/vector.h"

enum
{
	ARG_QUERY,
	ARG_K,
	ARG_TYPES,
	NUM_ARGS
};

typedef struct KnnRow
{
	int64		node;
	float8		distance;
} KnnRow;

/* A search in progress. */
typedef struct Knn
{
	DestReceiver pub;
	const KgGraph *graph;
	int			table;			/* the node table that is searched now */
	bool		several;		/* several tables: rows are kept and sorted */
	KnnRow	   *rows;
	Size		nrows;
	Size		capacity;
	ReturnSetInfo *result;
	const Vector *query;
	Oid			argtypes[NUM_ARGS];
	Datum		args[NUM_ARGS];
	bool		nulls[NUM_ARGS];
} Knn;

static void
put_row(Knn *knn, int64 node, float8 distance)
{
	Datum		values[3];
	bool		nulls[3] = {false, false, true};

	values[0] = kg_node_integer(knn->graph, node, &nulls[0]);
	values[1] = Float8GetDatum(distance);
	values[2] = kg_node_key(knn->graph, node, &nulls[2]);
	tuplestore_putvalues(knn->result->setResult, knn->result->setDesc, values,
						 nulls);
}

static void
keep_row(Knn *knn, int64 node, float8 distance)
{
	if (knn->nrows == knn->capacity)
	{
		knn->capacity *= 2;
		knn->rows = repalloc_huge(knn->rows, knn->capacity * sizeof(KnnRow));
	}
	knn->rows[knn->nrows].node = node;
	knn->rows[knn->nrows++].distance = distance;
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	Knn		   *knn = (Knn *) self;
	float8		distance;
	int64		node;

	slot_getallattrs(slot);
	/* A row whose key is null is no node. */
	if (slot->tts_isnull[0])
		return true;
	node = knn->graph->keys == NULL ? DatumGetInt64(slot->tts_values[0]) :
		kg_keys_intern(knn->graph, knn->table, slot->tts_values[0]);
	distance = DatumGetFloat8(slot->tts_values[1]);
	if (knn->several)
		keep_row(knn, node, distance);
	else
		put_row(knn, node, distance);
	return true;
}

/* The query; $1: the vector, $2: the limit, $3: ids of types. */
static char *
knn_query(const Knn *knn, Relation entity, const KgEmbeddingColumn *column)
{
	const KgGraph *graph = knn->graph;
	const KgNodeTable *table = &graph->node_tables[knn->table];
	const char *embedding = quote_identifier(table->embedding);
	StringInfoData sql;
	char	   *distance;

	/* One metric for several tables, whose distances are compared. */
	distance = psprintf("e.%s OPERATOR(%s) $1", embedding,
						knn->several ? kg_embedding_metric_operator(graph->metric, column->type) :
						kg_embedding_operator(graph, entity, column));
	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT %s, (%s)::pg_catalog.float8 FROM %s AS e"
					 " WHERE e.%s IS NOT NULL%s ORDER BY %s LIMIT $2",
					 kg_key_sql(table, "e", table->key), distance,
					 kg_quoted_relation(entity), embedding,
					 knn->nulls[ARG_TYPES] ? "" :
					 " AND e.type OPERATOR(pg_catalog.=) ANY ($3)",
					 distance);
	return sql.data;
}

static void
search_table(Knn *knn, int table)
{
	const KgNodeTable *nodes = &knn->graph->node_tables[table];
	Relation	entity = kg_graph_open(knn->graph, nodes->schema, nodes->table);
	KgEmbeddingColumn column = kg_embedding_column(knn->graph, entity, nodes->embedding);

	kg_graph_key(knn->graph, entity, nodes->key);
	knn->argtypes[ARG_QUERY] = column.type;
	knn->args[ARG_QUERY] = kg_embedding_value(&column, knn->query);
	knn->table = table;
	SPI_connect();
	/* A custom plan, as k decides whether an index pays. */
	kg_run_plan(kg_plan(knn_query(knn, entity, &column), NUM_ARGS,
						knn->argtypes,
						CURSOR_OPT_CUSTOM_PLAN),
				NUM_ARGS, knn->argtypes, knn->args, knn->nulls, &knn->pub);
	SPI_finish();
	table_close(entity, NoLock);
}

static int
compare_rows(const void *a, const void *b)
{
	const KnnRow *x = a;
	const KnnRow *y = b;
	int			order = float8_cmp_internal(x->distance, y->distance);

	return order != 0 ? order : (x->node > y->node) - (x->node < y->node);
}

/*
 * The node tables that have embeddings and this label (NULL: any).  Returns
 * their number.
 */
static int
choose_tables(const KgGraph *graph, const char *label, int *tables)
{
	bool		any_embedding = false;
	int			n = 0;

	for (int i = 0; i < graph->nnode_tables; i++)
	{
		const KgNodeTable *table = &graph->node_tables[i];

		if (table->embedding == NULL)
			continue;
		any_embedding = true;
		if (label == NULL || strcmp(table->label, label) == 0)
			tables[n++] = i;
	}
	if (!any_embedding)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no node table of graph \"%s\" has embeddings",
						graph->name),
				 errhint("Name the column when you register the graph: {\"table\": ..., \"embedding\": ...}")));
	return n;
}

/* The ids of the type with this name, as an array; empty if there is none. */
static Datum
type_argument(const KgGraph *graph, Datum name)
{
	ArrayType  *names = construct_array(&name, 1, TEXTOID, -1, false,
										TYPALIGN_INT);
	int			n;
	int32	   *types = kg_find_types(graph, KG_ENTITY_TYPE, names, &n);
	Datum	   *ids = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		ids[i] = Int32GetDatum(types[i]);
	return PointerGetDatum(construct_array(ids, n, INT4OID, sizeof(int32), true,
										   TYPALIGN_INT));
}

static void
search(Knn *knn, const int *tables, int ntables, int k)
{
	knn->several = ntables > 1;
	knn->capacity = 64;
	knn->rows = palloc(knn->capacity * sizeof(KnnRow));
	for (int t = 0; t < ntables; t++)
		search_table(knn, tables[t]);
	qsort(knn->rows, knn->nrows, sizeof(KnnRow), compare_rows);
	for (Size i = 0; i < knn->nrows && (k < 0 || i < (Size) k); i++)
		put_row(knn, knn->rows[i].node, knn->rows[i].distance);
}

PG_FUNCTION_INFO_V1(kg_knn);

/*
 * knn(query vector, k integer, type text, graph text)
 *	returns (entity bigint, distance float8, key text)
 */
Datum
kg_knn(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, 3);
	int			k = kg_limit_argument(fcinfo, 1, "k");
	bool		any_type = PG_ARGISNULL(2);
	bool		by_label = !any_type && graph->registered;
	int		   *tables = palloc(graph->nnode_tables * sizeof(int));
	int			ntables;
	Knn			knn = {0};

	InitMaterializedSRF(fcinfo, 0);
	ntables = choose_tables(graph, by_label ?
							text_to_cstring(PG_GETARG_TEXT_PP(2)) : NULL,
							tables);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	kg_receiver_init(&knn.pub, receive_row);
	knn.graph = graph;
	knn.result = (ReturnSetInfo *) fcinfo->resultinfo;
	knn.query = PG_GETARG_VECTOR_P(0);
	knn.argtypes[ARG_K] = INT8OID;
	knn.args[ARG_K] = Int64GetDatum(k);
	knn.nulls[ARG_K] = k < 0;
	knn.argtypes[ARG_TYPES] = INT4ARRAYOID;
	knn.nulls[ARG_TYPES] = any_type || by_label;
	if (!knn.nulls[ARG_TYPES])
		knn.args[ARG_TYPES] = type_argument(graph, PG_GETARG_DATUM(2));
	search(&knn, tables, ntables, k);
	return (Datum) 0;
}
