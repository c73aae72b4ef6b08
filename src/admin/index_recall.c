/*
 * index_recall.c
 *	  kg.index_recall: recall, pages and time of an index's queries now.
 *
 * Queries are a sample of the table's own rows, or of a column that the user
 * names.  Each runs as a user would run it.  The exact answer comes after
 * all of them, by the same snapshot.  A row's own hit says nothing of the index:
 * then one more row is asked for, and the row itself is left out on both sides.
 *
 * A row counts as found if it is no farther than the k-th of the exact answer,
 * so rows at the same distance may stand for each other.
 */
#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "admin/index_open.h"
#include "admin/index_query.h"
#include "admin/sees_all_rows.h"
#include "ann/core/column.h"
#include "ann/scan/scan_state.h"
#include "exact/column.h"
#include "exact/search.h"
#include "types/dense_type.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_index_recall);

#define RECALL_COLUMNS 9
#define MAX_SAMPLE 100000
#define MAX_K 10000

/* The sample is the same in each call, so that settings can be compared. */
#define SAMPLE_SEED 1

/* A query of the sample, and what the index answered. */
typedef struct RecallQuery
{
	Datum		vector;
	Oid			table;			/* its row */
	ItemPointerData tid;
	KgExactRow *rows;
	int			count;
	uint64		pages;
	uint64		nodes;
	double		us;
	double		recall;			/* negative: there is no row to find */
} RecallQuery;

typedef struct Recall
{
	KgIndexQuery index;
	KgExactMetric metric;
	int			k;
	bool		own;			/* queries are the table's rows */
	RecallQuery *queries;
	int			count;
	MemoryContext context;
} Recall;

/* Takes a random sample of the rows that it receives (Vitter's algorithm R). */
typedef struct SampleReceiver
{
	DestReceiver receiver;
	Recall	   *recall;
	int			size;
	uint64		received;
	pg_prng_state random;
} SampleReceiver;

/* Takes the rows of one query. */
typedef struct AnswerReceiver
{
	DestReceiver receiver;
	RecallQuery *query;
	int			limit;
} AnswerReceiver;

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
receiver_nothing(DestReceiver *self)
{
}

static DestReceiver
make_receiver(bool (*receive) (TupleTableSlot *slot, DestReceiver *self))
{
	return (DestReceiver)
	{
		.receiveSlot = receive,.rStartup = receiver_startup,
			.rShutdown = receiver_nothing,.rDestroy = receiver_nothing,
			.mydest = DestTuplestore	/* any but DestNone and DestSPI */
	};
}

static bool
receive_sample(TupleTableSlot *slot, DestReceiver *self)
{
	SampleReceiver *sample = (SampleReceiver *) self;
	Recall	   *recall = sample->recall;
	uint64		at = sample->received;
	RecallQuery *query;
	MemoryContext old;
	Datum		vector;

	slot_getallattrs(slot);
	if (slot->tts_isnull[2])
		return true;
	sample->received++;
	if (at >= (uint64) sample->size)
		at = pg_prng_uint64_range(&sample->random, 0, at);
	if (at >= (uint64) sample->size)
		return true;
	query = &recall->queries[at];
	if (at < (uint64) recall->count)
		pfree(DatumGetPointer(query->vector));
	else
		recall->count++;
	old = MemoryContextSwitchTo(recall->context);
	vector = PointerGetDatum(PG_DETOAST_DATUM(slot->tts_values[2]));
	if (DatumGetPointer(vector) == DatumGetPointer(slot->tts_values[2]))
		vector = datumCopy(vector, false, -1);
	MemoryContextSwitchTo(old);
	query->vector = vector;
	query->table = DatumGetObjectId(slot->tts_values[0]);
	query->tid = *(ItemPointer) DatumGetPointer(slot->tts_values[1]);
	return true;
}

/* Runs a query of SQL with the active snapshot. */
static void
take_sample(Recall *recall, const char *sql, int size)
{
	SampleReceiver sample = {
		.receiver = make_receiver(receive_sample),
		.recall = recall,.size = size
	};
	SPIExecuteOptions options = {.read_only = true,.dest = &sample.receiver};

	recall->queries = palloc0(sizeof(RecallQuery) * size);
	pg_prng_seed(&sample.random, SAMPLE_SEED);
	SPI_connect();
	if (SPI_execute_extended(sql, &options) != SPI_OK_SELECT)
		elog(ERROR, "could not read a sample of queries");
	SPI_finish();
}

static bool
receive_answer(TupleTableSlot *slot, DestReceiver *self)
{
	AnswerReceiver *answer = (AnswerReceiver *) self;
	KgExactRow *row;

	slot_getallattrs(slot);
	/* rows without a vector come last */
	if (slot->tts_isnull[2] || answer->query->count == answer->limit)
		return true;
	row = &answer->query->rows[answer->query->count++];
	row->table = DatumGetObjectId(slot->tts_values[0]);
	row->tid = *(ItemPointer) DatumGetPointer(slot->tts_values[1]);
	row->distance = DatumGetFloat8(slot->tts_values[2]);
	return true;
}

/* Runs a query by the index, and takes its time. */
static void
run_query(Recall *recall, SPIPlanPtr plan, RecallQuery *query)
{
	AnswerReceiver answer = {
		.receiver = make_receiver(receive_answer),
		.query = query,.limit = recall->k + recall->own
	};
	SPIExecuteOptions options = {.read_only = true,.dest = &answer.receiver};
	instr_time	start;
	instr_time	end;

	query->rows = MemoryContextAllocZero(recall->context,
										 sizeof(KgExactRow) * answer.limit);
	options.params = makeParamList(1);
	options.params->params[0].value = query->vector;
	options.params->params[0].isnull = false;
	options.params->params[0].pflags = PARAM_FLAG_CONST;
	options.params->params[0].ptype = recall->index.type;
	kg_last_scan.index = InvalidOid;

	INSTR_TIME_SET_CURRENT(start);
	if (SPI_execute_plan_extended(plan, &options) != SPI_OK_SELECT)
		elog(ERROR, "could not run a query by index \"%s\"",
			 recall->index.index_name);
	INSTR_TIME_SET_CURRENT(end);

	/* another session may have changed the table, and with it the plan */
	if (kg_last_scan.index != recall->index.index)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("a query did not use index \"%s\"",
						recall->index.index_name)));
	INSTR_TIME_SUBTRACT(end, start);
	query->us = INSTR_TIME_GET_DOUBLE(end) * 1e6;
	query->pages = kg_last_scan.pages;
	query->nodes = kg_last_scan.hops + kg_last_scan.swept;
}

static void
run_queries(Recall *recall)
{
	KgForcedIndex forced;

	SPI_connect();
	kg_index_query_begin(&recall->index, &forced);
	PG_TRY();
	{
		SPIPlanPtr	plan = kg_index_query_plan(&recall->index);

		for (int i = 0; i < recall->count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			run_query(recall, plan, &recall->queries[i]);
		}
	}
	PG_FINALLY();
	{
		kg_index_query_end(&forced);
	}
	PG_END_TRY();
	SPI_finish();
}

/*
 * Leaves out the query's own row, or the last one if it is not among them and
 * there is one too many.  Returns how many are left.
 */
static int
leave_out_own(const Recall *recall, const RecallQuery *query, KgExactRow *rows,
			  int count)
{
	if (!recall->own)
		return count;
	for (int i = 0; i < count; i++)
	{
		if (rows[i].table == query->table &&
			ItemPointerEquals(&rows[i].tid, (ItemPointer) &query->tid))
		{
			memmove(rows + i, rows + i + 1,
					sizeof(KgExactRow) * (count - i - 1));
			return count - 1;
		}
	}
	return Min(count, recall->k);
}

/* Sets a query's recall by the exact answer. */
static void
set_recall(const Recall *recall, RecallQuery *query, KgExactRow *exact, int count)
{
	int			found = 0;

	count = leave_out_own(recall, query, exact, count);
	query->count = leave_out_own(recall, query, query->rows, query->count);
	query->recall = -1;
	if (count == 0)
		return;
	for (int i = 0; i < query->count; i++)
	{
		if (float8_le(query->rows[i].distance, exact[count - 1].distance))
			found++;
	}
	query->recall = (double) Min(found, count) / count;
}

/* The exact answers of the queries that were added, from the first on. */
static void
compare(Recall *recall, KgExact *exact, int first, int end)
{
	kg_exact_run(exact);
	for (int i = first; i < end; i++)
	{
		KgExactRow *rows;
		int			count = kg_exact_result(exact, i - first, &rows);

		set_recall(recall, &recall->queries[i], rows, count);
	}
	kg_exact_reset(exact);
}

static void
compare_all(Recall *recall)
{
	KgExactRequest request = {
		.sql = recall->index.rows,
		.type = recall->index.type,
		.dims = -1,
		.metric = recall->metric,
		.k = recall->k + recall->own,
	};
	KgExact    *exact = kg_exact_new(&request);
	int			first = 0;

	for (int i = 0; i < recall->count; i++)
	{
		if (kg_exact_add(exact, recall->queries[i].vector))
			continue;
		compare(recall, exact, first, i);
		(void) kg_exact_add(exact, recall->queries[i].vector);
		first = i;
	}
	compare(recall, exact, first, recall->count);
}

static int
compare_doubles(const void *a, const void *b)
{
	return float8_cmp_internal(*(const double *) a, *(const double *) b);
}

/* A figure in parts of one, so that it shows no more digits than it has. */
static Datum
figure(double x, double parts)
{
	return Float8GetDatum(rint(x * parts) / parts);
}

/* The element that a share of n sorted ones, rounded up, do not exceed. */
static double
percentile(const double *sorted, int n, double share)
{
	return sorted[Max((int) ceil(share * n), 1) - 1];
}

/* The figures, without k and with nulls if there was no query. */
static void
summarize(const Recall *recall, Datum *values, bool *nulls)
{
	double	   *recalls = palloc(sizeof(double) * Max(recall->count, 1));
	double	   *times = palloc(sizeof(double) * Max(recall->count, 1));
	double		recall_sum = 0;
	double		pages = 0;
	double		nodes = 0;
	int			n = 0;

	for (int i = 0; i < recall->count; i++)
	{
		const RecallQuery *query = &recall->queries[i];

		if (query->recall < 0)
			continue;
		recall_sum += query->recall;
		pages += query->pages;
		nodes += query->nodes;
		recalls[n] = query->recall;
		times[n++] = query->us;
	}
	values[0] = Int32GetDatum(n);
	for (int i = 1; i < RECALL_COLUMNS - 1; i++)
		nulls[i] = n == 0;
	if (n == 0)
		return;
	qsort(recalls, n, sizeof(double), compare_doubles);
	qsort(times, n, sizeof(double), compare_doubles);
	values[1] = figure(recall_sum / n, 10000);
	values[2] = figure(percentile(recalls, n, 0.05), 10000);
	values[3] = figure(recalls[0], 10000);
	/* They count rows that a policy hides, too. */
	nulls[4] = nulls[5] = !kg_sees_all_rows(recall->index.table);
	values[4] = figure(pages / n, 10);
	values[5] = figure(nodes / n, 10);
	values[6] = figure(percentile(times, n, 0.50), 10);
	values[7] = figure(percentile(times, n, 0.99), 10);
}

/* An argument between 1 and a maximum. */
static int
count_argument(FunctionCallInfo fcinfo, int argno, const char *name, int max)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	if (PG_GETARG_INT32(argno) < 1 || PG_GETARG_INT32(argno) > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 1 and %d, but is %d", name, max,
						PG_GETARG_INT32(argno))));
	return PG_GETARG_INT32(argno);
}

/* The query that returns queries: the table's rows, or the user's. */
static const char *
sample_sql(FunctionCallInfo fcinfo, Recall *recall)
{
	recall->own = PG_ARGISNULL(3);
	if (PG_ARGISNULL(3) != PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query_relation and query_embedding must be given together")));
	if (recall->own)
		return recall->index.rows;
	return kg_exact_select(PG_GETARG_OID(3), NameStr(*PG_GETARG_NAME(4)),
						   recall->index.type, NULL);
}

/*
 * index_recall(index regclass, sample integer, INOUT k integer,
 *				query_relation regclass, query_embedding name)
 *	returns (k, queries, recall, recall_p5, recall_min, pages, nodes, p50_us,
 *			 p99_us)
 */
Datum
kg_index_recall(PG_FUNCTION_ARGS)
{
	Recall		recall = {.context = CurrentMemoryContext};
	int			sample = count_argument(fcinfo, 1, "sample", MAX_SAMPLE);
	Relation	index;
	const char *sql;
	TupleDesc	desc;
	Datum		values[RECALL_COLUMNS];
	bool		nulls[RECALL_COLUMNS] = {false};

	recall.k = count_argument(fcinfo, 2, "k", MAX_K);
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("index must not be null")));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	index = kg_admin_index_open(PG_GETARG_OID(0), AccessShareLock);
	if (!index->rd_index->indisvalid)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("index \"%s\" is not valid",
						RelationGetRelationName(index)),
				 errhint("REINDEX makes it valid.")));
	if (kg_column_get(index)->vectors)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("kg.index_recall cannot measure index \"%s\", which has many vectors a row",
						RelationGetRelationName(index)),
				 errhint("Compare ORDER BY with enable_indexscan on and off.")));
	recall.metric = kg_exact_metric(kg_metric_names[kg_column_get(index)->metric]);
	recall.index = kg_index_query(index, recall.k + PG_ARGISNULL(3));
	sql = sample_sql(fcinfo, &recall);
	relation_close(index, NoLock);

	take_sample(&recall, sql, sample);
	if (recall.count > 0)
	{
		run_queries(&recall);
		compare_all(&recall);
	}
	values[0] = Int32GetDatum(recall.k);
	summarize(&recall, values + 1, nulls + 1);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
