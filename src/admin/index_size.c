/*
 * index_size.c
 *	  kg.estimate_index_size: the size of an index before it is built.
 */
#include "postgres.h"

#include <math.h>

#include "access/amapi.h"
#include "access/htup_details.h"
#include "catalog/index.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "ann/core/access_method.h"
#include "ann/core/build.h"
#include "ann/core/entries.h"
#include "ann/layout/frames.h"
#include "ann/layout/values.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_estimate_index_size);

#define SIZE_COLUMNS 8

static KgMetric
metric_by_name(const char *name)
{
	for (KgMetric metric = KG_METRIC_L2; metric < KG_METRICS; metric++)
		if (strcmp(name, kg_metric_names[metric]) == 0)
			return metric;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized metric \"%s\"", name),
			 errhint("Valid metrics are \"l2\", \"ip\", \"cosine\", \"l1\", \"hamming\" and \"jaccard\".")));
}

/*
 * Fills in the access method of that name, and returns options as its CREATE INDEX takes
 * them, each an element "name=value".
 */
static KgOptions *
parse_options(const char *name, Datum options, KgLayoutColumn *column)
{
	const IndexAmRoutine *am;

	if (strcmp(name, "kg_hnsw") != 0 && strcmp(name, "kg_diskann") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized access method \"%s\"", name),
				 errhint("Valid access methods are \"kg_hnsw\" and \"kg_diskann\".")));
	am = GetIndexAmRoutineByAmId(get_index_am_oid(name, false), false);
	column->method = kg_access_method(am->amoptions);
	if (column->method && column->method->pages && column->metric > KG_METRIC_COSINE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s has no indexes of metric \"%s\"", name, kg_metric_names[column->metric]),
				 errhint("kg_hnsw has.")));
	return (KgOptions *) am->amoptions(options, true);
}

/* Of the lists of values, if each row has a value of its own. */
static int64
value_pages(int filters, int64 rows)
{
	if (filters == 0)
		return 0;
	/* pages split in two are two thirds full, as a b-tree's are (Yao 1978) */
	return 2 + (int64) (rows / (KG_VALUE_ENTRIES * log(2)));
}

static void
check_arguments(int64 rows, KgMetric metric, int dims, int filters)
{
	if (rows < 0 || rows > (int64) KG_MAX_NODES)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of rows must be between 0 and %lld, not %lld",
						(long long) KG_MAX_NODES, (long long) rows)));
	if (dims < 1 || dims > kg_metric_max_dims(metric))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("dimensions must be between 1 and %d, not %d",
						kg_metric_max_dims(metric), dims)));
	if (filters < 0 || filters > KG_MAX_FILTERS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of filters must be between 0 and %d, not %d",
						KG_MAX_FILTERS, filters)));
}

Datum
kg_estimate_index_size(PG_FUNCTION_ARGS)
{
	int64		rows = PG_GETARG_INT64(0);
	int			dims = PG_GETARG_INT32(1);
	KgMetric	metric = metric_by_name(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	int			filters = PG_GETARG_INT32(4);
	KgLayoutColumn column = {0};
	const KgOptions *options;
	TupleDesc	desc;
	KgLayout	layout;
	int			per_page;
	int64		pages;
	double		row_bytes;
	Datum		values[SIZE_COLUMNS];
	bool		nulls[SIZE_COLUMNS] = {0};
	int			i = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_arguments(rows, metric, dims, filters);
	column.metric = metric;
	column.dims = dims;
	column.filters = filters;
	options = parse_options(text_to_cstring(PG_GETARG_TEXT_PP(5)), PG_GETARG_DATUM(3), &column);
	layout = kg_plan_layout(options, &column);

	/*
	 * the meta page; the map of frames and a frame; entry points; nodes; with
	 * filters the lists of values, which are shorter if values have many rows
	 */
	per_page = kg_entries_per_page(&layout);
	pages = 1 + (int64)
		kg_layout_with_side_pages(&layout,
								  1 +
								  (metric == KG_METRIC_IP || !kg_layout_has_frames(&layout) ? 0 :
								   kg_frame_pages(&layout)) +
								  (int64) ceil(kg_entries_expected(&layout, rows) /
											   per_page) +
								  value_pages(filters, rows) +
								  (rows + layout.per_page - 1) / layout.per_page);
	row_bytes = (double) BLCKSZ / layout.per_page;
	if (layout.group_pages > 0)
		row_bytes *= (double) layout.group_pages /
			(layout.group_pages - kg_layout_side_pages(&layout));

	values[i++] = Int64GetDatum(pages * BLCKSZ);
	values[i++] = Float8GetDatum(row_bytes);
	values[i++] = Int32GetDatum(layout.per_page);
	values[i++] = CStringGetTextDatum(kg_storage_names[layout.storage]);
	values[i++] = Int32GetDatum(layout.shape.bits);
	values[i++] = Int32GetDatum(layout.shape.code_dims);
	values[i++] = Int32GetDatum(layout.max_degree / 2);
	values[i++] = Int32GetDatum(layout.max_degree);
	Assert(i == SIZE_COLUMNS);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
