/*
 * knn.c
 *	  kg.knn: the entities whose embeddings are nearest to a vector.
 *
 * The distance operator depends on the graph, so kg.knn runs the query that a
 * user would write for it.  The planner deals with privileges, policies and the
 * choice of an index as in any query.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/genam.h"
#include "access/stratnum.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/arguments.h"
#include "types/dense_type.h"
#include "types/type_oid.h"
#include "types/vector.h"

enum
{
	ARG_QUERY,
	ARG_K,
	ARG_TYPES,
	NUM_ARGS
};

/* The column of embeddings. */
typedef struct EmbeddingColumn
{
	AttrNumber	attno;
	Oid			type;
	int32		dimensions;		/* -1: any */
} EmbeddingColumn;

/* The qualified name of an operator, for OPERATOR(...). */
static char *
qualified_operator(Oid op)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(op));
	Form_pg_operator form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", op);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	name = psprintf("%s.%s", quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return name;
}

/* The operator of a metric that stands beside the embeddings' type. */
static char *
metric_operator(const char *metric, Oid type)
{
	const char *name = NULL;

	if (strcmp(metric, "l2") == 0)
		name = "<->";
	else if (strcmp(metric, "ip") == 0)
		name = "<#>";
	else if (strcmp(metric, "cosine") == 0)
		name = "<=>";
	else
		elog(ERROR, "unknown metric \"%s\" in kg.graph", metric);
	return qualified_operator(kg_type_operator(type, name));
}

/*
 * The operator by whose distances the index returns rows in order; NULL if the
 * index has none for this column or does not hold all rows.
 */
static char *
index_operator(Relation index, const EmbeddingColumn *column)
{
	Oid			op;

	if (!index->rd_index->indisvalid || !index->rd_indam->amcanorderbyop ||
		index->rd_index->indkey.values[0] != column->attno ||
		RelationGetIndexPredicate(index) != NIL)
		return NULL;
	op = get_opfamily_member(index->rd_opfamily[0], index->rd_opcintype[0],
							 column->type, 1);
	if (!OidIsValid(op) ||
		!OidIsValid(get_op_opfamily_sortfamily(op, index->rd_opfamily[0])))
		return NULL;
	return qualified_operator(op);
}

/*
 * The operator to order by: that of the graph's metric, unless the embeddings
 * have indexes, but none for it.  Then the oldest index decides.
 */
static const char *
distance_operator(const KgGraph *graph, Relation entity,
				  const EmbeddingColumn *column)
{
	const char *declared = metric_operator(graph->metric, column->type);
	const char *chosen = NULL;
	List	   *indexes = RelationGetIndexList(entity);
	ListCell   *lc;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);
		const char *op = index_operator(index, column);

		index_close(index, AccessShareLock);
		if (op != NULL && (chosen == NULL || strcmp(op, declared) == 0))
			chosen = op;
	}
	list_free(indexes);
	return chosen != NULL ? chosen : declared;
}

static EmbeddingColumn
embedding_column(const KgGraph *graph, const KgNodeTable *table,
				 Relation entity)
{
	EmbeddingColumn column;
	Form_pg_attribute att;

	column.attno = kg_graph_column(graph, entity, table->embedding);
	att = TupleDescAttr(RelationGetDescr(entity), column.attno - 1);
	column.type = att->atttypid;
	column.dimensions = att->atttypmod;
	if (kg_dense_type(column.type) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("embeddings of graph \"%s\" are of type %s",
						graph->name,
						format_type_be(column.type)),
				 errdetail("kg.knn knows %s, and those of pgvector's types.",
						   kg_dense_type_names)));
	return column;
}

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
knn_query(const Knn *knn, Relation entity, const EmbeddingColumn *column)
{
	const KgGraph *graph = knn->graph;
	const KgNodeTable *table = &graph->node_tables[knn->table];
	const char *embedding = quote_identifier(table->embedding);
	StringInfoData sql;
	char	   *distance;

	/* One metric for several tables, whose distances are compared. */
	distance = psprintf("e.%s OPERATOR(%s) $1", embedding,
						knn->several ? metric_operator(graph->metric, column->type) :
						distance_operator(graph, entity, column));
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

/* The query as a value of the embeddings' type. */
static void
set_query(Knn *knn, const EmbeddingColumn *column)
{
	const Vector *query = knn->query;

	if (column->dimensions > 0 && query->dim != column->dimensions)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("different vector dimensions %d and %d",
						column->dimensions, query->dim)));
	knn->argtypes[ARG_QUERY] = column->type;
	knn->args[ARG_QUERY] =
		PointerGetDatum(kg_dense_type(column->type)->from_floats(query->x,
																 query->dim));
}

static void
search_table(Knn *knn, int table)
{
	const KgNodeTable *nodes = &knn->graph->node_tables[table];
	Relation	entity = kg_graph_open(knn->graph, nodes->schema, nodes->table);
	EmbeddingColumn column = embedding_column(knn->graph, nodes, entity);

	kg_graph_key(knn->graph, entity, nodes->key);
	set_query(knn, &column);
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
