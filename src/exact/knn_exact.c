/*
 * knn_exact.c
 *	  kg.knn_exact and kg.knn_exact_join: exact nearest neighbours of an array,
 *	  or of a column, of vectors.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "exact/column.h"
#include "exact/search.h"
#include "types/dense_type.h"
#include "types/vector.h"

#define KNN_COLUMNS 6
#define JOIN_COLUMNS 8

/* Rows that a cursor over queries fetches at a time. */
#define FETCH_ROWS 100

/* The rows to search, as both functions are told of them. */
typedef struct Source
{
	Oid			relid;
	char	   *column;
	Oid			type;			/* of the column */
	KgExact    *exact;
	ReturnSetInfo *result;
} Source;

/* Which row a query is. */
typedef struct QueryRow
{
	char	   *key;			/* or NULL */
	Oid			table;
	ItemPointerData tid;
} QueryRow;

static void
reject_null(FunctionCallInfo fcinfo, int argno, const char *name)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/*
 * Reads the arguments 0 and 1, the relation and its column; and from the given
 * position on k, the metric and the column of keys.
 */
static void
open_source(FunctionCallInfo fcinfo, int k_argno, Source *source)
{
	KgExactRequest request = {0};
	char	   *key = NULL;

	reject_null(fcinfo, 0, "relation");
	reject_null(fcinfo, 1, "embedding");
	reject_null(fcinfo, k_argno, "k");
	reject_null(fcinfo, k_argno + 1, "metric");
	source->relid = PG_GETARG_OID(0);
	source->column = NameStr(*PG_GETARG_NAME(1));
	source->type = kg_exact_column(source->relid, source->column,
								   &request.dims);
	request.type = source->type;
	request.k = PG_GETARG_INT32(k_argno);
	if (request.k < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be at least 1, but is %d", request.k)));
	request.metric =
		kg_exact_metric(text_to_cstring(PG_GETARG_TEXT_PP(k_argno + 1)));
	if (!PG_ARGISNULL(k_argno + 2))
		key = NameStr(*PG_GETARG_NAME(k_argno + 2));
	request.keys = key != NULL;
	request.sql = kg_exact_select(source->relid, source->column,
								  source->type, key);
	InitMaterializedSRF(fcinfo, 0);
	source->result = (ReturnSetInfo *) fcinfo->resultinfo;
	source->exact = kg_exact_new(&request);
}

/* Columns of a result that both functions have. */
static void
row_columns(int rank, const KgExactRow *row, Datum *values, bool *nulls)
{
	values[0] = Int32GetDatum(rank);
	values[1] = Float8GetDatum(row->distance);
	nulls[2] = row->key == NULL;
	values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(row->key);
	values[3] = ObjectIdGetDatum(row->table);
	values[4] = PointerGetDatum(&row->tid);
}

/* Puts the queries' results; their numbers are those of the array. */
static void
put_numbered(Source *source, const int *numbers, int count)
{
	Datum		values[KNN_COLUMNS];
	bool		nulls[KNN_COLUMNS] = {false};

	kg_exact_run(source->exact);
	for (int query = 0; query < count; query++)
	{
		KgExactRow *rows;
		int			n = kg_exact_result(source->exact, query, &rows);

		values[0] = Int32GetDatum(numbers[query]);
		for (int i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			row_columns(i + 1, &rows[i], values + 1, nulls + 1);
			tuplestore_putvalues(source->result->setResult,
								 source->result->setDesc, values, nulls);
			if (!nulls[3])
				pfree(DatumGetPointer(values[3]));
		}
	}
	kg_exact_reset(source->exact);
}

/* An element of the array as the column's values are stored. */
static Datum
column_value(const Source *source, Datum element)
{
	Vector	   *query = DatumGetVector(element);

	return PointerGetDatum(kg_dense_type(source->type)->from_floats(query->x,
																	query->dim));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_knn_exact);

/*
 * knn_exact(relation regclass, embedding name, queries vector[], k integer,
 *			 metric text, key name)
 *	returns (query, rank, distance, row_key, row_table, row_tid)
 */
Datum
kg_knn_exact(PG_FUNCTION_ARGS)
{
	Source		source;
	ArrayIterator iterator;
	Datum		element;
	bool		isnull;
	int			number = 0;
	int			count = 0;
	int		   *numbers;

	open_source(fcinfo, 3, &source);
	if (kg_dense_type(source.type) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("queries are of type %s, but the rows of type %s",
						"vector", format_type_be(source.type)),
				 errhint("kg.knn_exact_join takes queries of a table.")));
	if (PG_ARGISNULL(2))
		return (Datum) 0;
	iterator = array_create_iterator(PG_GETARG_ARRAYTYPE_P(2), 0, NULL);
	numbers = palloc(sizeof(int) *
					 Max(1, ArrayGetNItems(ARR_NDIM(PG_GETARG_ARRAYTYPE_P(2)),
										   ARR_DIMS(PG_GETARG_ARRAYTYPE_P(2)))));
	while (array_iterate(iterator, &element, &isnull))
	{
		Datum		query;

		CHECK_FOR_INTERRUPTS();
		number++;
		if (isnull)
			continue;
		query = column_value(&source, element);
		if (!kg_exact_add(source.exact, query))
		{
			put_numbered(&source, numbers, count);
			count = 0;
			(void) kg_exact_add(source.exact, query);
		}
		numbers[count++] = number;
		if (DatumGetPointer(query) != DatumGetPointer(element))
			pfree(DatumGetPointer(query));
	}
	put_numbered(&source, numbers, count);
	return (Datum) 0;
}

/* A join in progress. */
typedef struct KnnJoin
{
	Source		source;
	QueryRow   *queries;		/* of this pass */
	int			count;
	int			capacity;
	MemoryContext context;		/* of their keys, reset after each pass */
} KnnJoin;

static void
put_joined(KnnJoin *join)
{
	Source	   *source = &join->source;
	Datum		values[JOIN_COLUMNS];
	bool		nulls[JOIN_COLUMNS] = {false};
	MemoryContext old;

	kg_exact_run(source->exact);
	old = MemoryContextSwitchTo(join->context);
	for (int query = 0; query < join->count; query++)
	{
		const QueryRow *from = &join->queries[query];
		KgExactRow *rows;
		int			n = kg_exact_result(source->exact, query, &rows);

		nulls[0] = from->key == NULL;
		values[0] = nulls[0] ? (Datum) 0 : CStringGetTextDatum(from->key);
		values[1] = ObjectIdGetDatum(from->table);
		values[2] = PointerGetDatum(&from->tid);
		for (int i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			row_columns(i + 1, &rows[i], values + 3, nulls + 3);
			tuplestore_putvalues(source->result->setResult,
								 source->result->setDesc, values, nulls);
			if (!nulls[5])
				pfree(DatumGetPointer(values[5]));
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(join->context);
	join->count = 0;
	kg_exact_reset(source->exact);
}

/* Adds a row that the cursor over queries has fetched. */
static void
add_joined(KnnJoin *join, HeapTuple tuple, TupleDesc desc)
{
	QueryRow   *row;
	Datum		query;
	bool		isnull;
	MemoryContext old;

	query = SPI_getbinval(tuple, desc, 3, &isnull);
	if (!kg_exact_add(join->source.exact, query))
	{
		put_joined(join);
		(void) kg_exact_add(join->source.exact, query);
	}
	if (join->count == join->capacity)
	{
		join->capacity *= 2;
		join->queries = repalloc_huge(join->queries,
									  sizeof(QueryRow) * join->capacity);
	}
	row = &join->queries[join->count++];
	row->table = DatumGetObjectId(SPI_getbinval(tuple, desc, 1, &isnull));
	row->tid = *(ItemPointer) DatumGetPointer(SPI_getbinval(tuple, desc, 2, &isnull));
	old = MemoryContextSwitchTo(join->context);
	row->key = desc->natts > 3 ? SPI_getvalue(tuple, desc, 4) : NULL;
	MemoryContextSwitchTo(old);
}

/* Reads the queries. */
static void
read_queries(KnnJoin *join, const char *sql)
{
	SPIPlanPtr	plan;
	Portal		portal;

	SPI_connect();
	plan = SPI_prepare(sql, 0, NULL);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", sql,
			 SPI_result_code_string(SPI_result));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	for (;;)
	{
		SPITupleTable *table;
		uint64		n;

		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		table = SPI_tuptable;
		n = SPI_processed;
		for (uint64 i = 0; i < n; i++)
			add_joined(join, table->vals[i], table->tupdesc);
		SPI_freetuptable(table);
		if (n == 0)
			break;
	}
	put_joined(join);
	SPI_cursor_close(portal);
	SPI_finish();
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_knn_exact_join);

/*
 * knn_exact_join(relation regclass, embedding name, query_relation regclass,
 *				  query_embedding name, k integer, metric text, key name,
 *				  query_key name)
 *	returns (query, query_table, query_tid, rank, distance, row_key, row_table,
 *			 row_tid)
 */
Datum
kg_knn_exact_join(PG_FUNCTION_ARGS)
{
	KnnJoin		join = {0};
	char	   *column;
	char	   *key = NULL;
	Oid			relid;

	reject_null(fcinfo, 2, "query_relation");
	reject_null(fcinfo, 3, "query_embedding");
	open_source(fcinfo, 4, &join.source);
	relid = PG_GETARG_OID(2);
	column = NameStr(*PG_GETARG_NAME(3));
	if (!PG_ARGISNULL(7))
		key = NameStr(*PG_GETARG_NAME(7));

	join.capacity = FETCH_ROWS;
	join.queries = palloc(sizeof(QueryRow) * join.capacity);
	join.context = AllocSetContextCreate(CurrentMemoryContext,
										 "kg.knn_exact_join, keys of queries",
										 ALLOCSET_DEFAULT_SIZES);
	read_queries(&join, kg_exact_select(relid, column, join.source.type, key));
	return (Datum) 0;
}
