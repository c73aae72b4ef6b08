/*
 * knn.c
 *	  kg.knn: the entities whose embeddings are nearest to a vector.
 *
 * Which operator says "near" depends on the graph, so this makes the query
 * that a user would write for it; privileges, policies and the choice of an
 * index are the planner's business as in any query.
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
#include "executor/tstoreReceiver.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "graph/arguments.h"
#include "graph/graph.h"
#include "graph/plans.h"
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

static const char *
metric_operator(const char *metric)
{
	if (strcmp(metric, "l2") == 0)
		return "kg.<->";
	if (strcmp(metric, "ip") == 0)
		return "kg.<#>";
	if (strcmp(metric, "cosine") == 0)
		return "kg.<=>";
	elog(ERROR, "unknown metric \"%s\" in kg.graph", metric);
}

/* The operator as OPERATOR(...) takes it. */
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

/*
 * The operator by which the index returns rows in order, if it has one for
 * this column and holds all rows; else NULL.
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
 * The operator to order by: the graph's metric, unless the embeddings have
 * indexes and all are for others, of which the oldest counts then.
 */
static const char *
distance_operator(const KgGraph *graph, Relation entity, const EmbeddingColumn *column)
{
	const char *declared = metric_operator(graph->metric);
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
embedding_column(const KgGraph *graph, Relation entity)
{
	EmbeddingColumn column;
	Form_pg_attribute att;

	column.attno = get_attnum(RelationGetRelid(entity), "embedding");
	if (column.attno == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table %s of graph \"%s\" has no column \"embedding\"",
						kg_graph_quoted_table(graph, KG_ENTITY), graph->name)));
	att = TupleDescAttr(RelationGetDescr(entity), column.attno - 1);
	column.type = att->atttypid;
	column.dimensions = att->atttypmod;
	return column;
}

/* The query: $1 the vector, $2 how many, $3 ids of types. */
static char *
knn_query(const KgGraph *graph, Relation entity, const EmbeddingColumn *column, bool any_type)
{
	StringInfoData sql;
	char	   *distance;

	if (column->type != kg_type("vector") && column->type != kg_type("halfvec"))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("embeddings of graph \"%s\" are of type %s", graph->name,
						format_type_be(column->type)),
				 errdetail("kg.knn knows kg.vector and kg.halfvec.")));
	distance = psprintf("e.embedding OPERATOR(%s) $1::%s",
						distance_operator(graph, entity, column),
						column->type == kg_type("vector") ? "kg.vector" : "kg.halfvec");
	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT e.id::pg_catalog.int8, (%s)::pg_catalog.float8 FROM %s AS e"
					 " WHERE e.embedding IS NOT NULL%s ORDER BY %s LIMIT $2",
					 distance, kg_graph_quoted_table(graph, KG_ENTITY),
					 any_type ? "" : " AND e.type OPERATOR(pg_catalog.=) ANY ($3)", distance);
	return sql.data;
}

/* The type of this name as an array of ids, of which there may be none. */
static Datum
type_argument(const KgGraph *graph, Datum name)
{
	ArrayType  *names = construct_array(&name, 1, TEXTOID, -1, false, TYPALIGN_INT);
	int			n;
	int32	   *types = kg_find_types(graph, KG_ENTITY_TYPE, names, &n);
	Datum	   *ids = palloc(Max(n, 1) * sizeof(Datum));
	int			i;

	for (i = 0; i < n; i++)
		ids[i] = Int32GetDatum(types[i]);
	return PointerGetDatum(construct_array(ids, n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(kg_knn);

/*
 * knn(query vector, k integer, type text, graph text)
 *	returns (entity bigint, distance float8)
 */
Datum
kg_knn(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, 3);
	int			k = kg_limit_argument(fcinfo, 1, "k");
	Relation	entity = kg_graph_open_table(graph, KG_ENTITY);
	EmbeddingColumn column = embedding_column(graph, entity);
	char	   *sql = knn_query(graph, entity, &column, PG_ARGISNULL(2));
	Oid			argtypes[NUM_ARGS] = {kg_type("vector"), INT8OID, INT4ARRAYOID};
	Datum		args[NUM_ARGS];
	bool		nulls[NUM_ARGS] = {false, k < 0, PG_ARGISNULL(2)};
	ReturnSetInfo *result;
	DestReceiver *dest;
	Vector	   *query;

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	if (PG_ARGISNULL(0))
	{
		table_close(entity, NoLock);
		return (Datum) 0;
	}
	query = PG_GETARG_VECTOR_P(0);
	if (column.dimensions > 0 && query->dim != column.dimensions)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("different vector dimensions %d and %d", column.dimensions, query->dim)));
	args[ARG_QUERY] = PointerGetDatum(query);
	args[ARG_K] = Int64GetDatum(k);
	args[ARG_TYPES] = nulls[ARG_TYPES] ? (Datum) 0 : type_argument(graph, PG_GETARG_DATUM(2));

	dest = CreateTuplestoreDestReceiver();
	SetTuplestoreDestReceiverParams(dest, result->setResult,
									result->econtext->ecxt_per_query_memory, false, NULL, NULL);
	SPI_connect();
	/* Whether an index pays depends on k. */
	kg_run_plan(kg_plan(sql, NUM_ARGS, argtypes, CURSOR_OPT_CUSTOM_PLAN),
				NUM_ARGS, argtypes, args, nulls, dest);
	SPI_finish();
	dest->rDestroy(dest);
	table_close(entity, NoLock);
	return (Datum) 0;
}
