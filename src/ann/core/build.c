/*
 * build.c
 *	  CREATE INDEX.
 *
 * A sample of the table gives the space's unit and the frame of the data as a
 * whole.  Then one process or several insert rows, one by one or, where nodes share
 * lists, in groups of near ones.  The newest pages are in memory, as many as fit in
 * maintenance_work_mem, and the others in shared buffers.  If all pages, or all rows
 * to be grouped, will not fit, rows are in spatial order first, so that each row's
 * neighbours come with it, or just before.  Nothing is WAL-logged until the end; then the
 * whole index is logged once.
 */
#include "postgres.h"

#include <math.h>

#include "access/generic_xlog.h"
#include "access/tableam.h"
#include "access/xloginsert.h"
#include "catalog/index.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

#include "ann/core/access_method.h"
#include "ann/core/build.h"
#include "ann/core/build_parallel.h"
#include "ann/core/build_rows.h"
#include "ann/core/calibrate.h"

/* Table blocks that are sampled; a table with no more is read whole. */
#define SAMPLE_BLOCKS 1000

/* The part of sampled sparse vectors whose elements all find room. */
#define MOST_ROWS 0.99

/* Fewer sampled rows say little about the centre of all rows. */
#define MIN_CENTRE_ROWS 100

/* The meta page, a map of frames, and a frame, which may take two pages. */
#define FIRST_PAGES 4

/*
 * Where rows are in spatial order: the part of memory for pages that is for ordering them or, in
 * batches, for their files; one row in so many is inserted before the others, but no more than
 * fill a part of the pages in memory.  Groups of few rows are wide.
 */
#define ORDER_PART 4
#define LEAST_FIRST_PART 32
#define LEAST_FIRST_PART_GROUPED 256
#define FIRST_ROWS_PART 2

/* Memory for rows that a sample of a part of the table may have missed. */
#define LEAST_BATCH_MEMORY (16 * 1024 * 1024)

/* The layout of the new index, and sums of the sample. */
typedef struct Build
{
	Relation	heap;
	Relation	rel;
	IndexInfo  *info;
	const KgColumn *column;
	KgLayout	layout;
	int			ef_construction;
	KgStore		store;			/* for the first pages */

	double	   *sum;			/* dims: of vectors, of length 1 under cosine */
	int			dims;			/* layout.dims; of sparse vectors, those of
								 * their projections */
	int64		elements[KG_SPARSE_MOST + 1];	/* sparse vectors with so
												 * many, or more */
	double		square_sum;		/* of their norms */
	int64		sampled;
	int64		sampled_rows;	/* that have vectors, one or many */
	int64		sampled_vectors;	/* of all of these, zeros too */
	double		sampled_part;	/* of the table */
	KgRowSample *sample;
	MemoryContext row_context;
} Build;

/* As the user says, or by the kind of vectors; of pages, what fits. */
static int
wanted_m(const KgOptions *options, bool sparse)
{
	if (options && options->m > 0)
		return options->m;
	return sparse ? KG_DEFAULT_M_SPARSE : KG_DEFAULT_M;
}

/* Fills in a request; an error if options contradict the column. */
static KgLayoutRequest
request_layout(const KgOptions *options, const KgLayoutColumn *column)
{
	bool		pages = column->method && column->method->pages;
	KgLayoutRequest request = {
		.dims = column->dims,.metric = column->metric,
		.max_degree = pages ? 0 : 2 * wanted_m(options, column->sparse > 0),
		.storage = KG_STORAGE_AUTO,.filters = column->filters,
		.sparse = column->sparse,.pages = pages
	};

	if (options && kg_metric_of_bits(column->metric) &&
		(options->storage != KG_STORAGE_AUTO || options->code_bits > 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"storage\" and \"code_bits\" are for vectors of numbers, not for bit strings")));
	if (!options)
		return request;
	request.storage = options->storage;
	request.code_bits = options->code_bits;
	request.code_dims = options->code_dims;
	if (pages)
	{
		request.max_degree = options->neighbors;
		request.members = options->members;
	}
	return request;
}

static const char *
method_name(const KgLayoutColumn *column)
{
	return column->method ? column->method->name : "kg_hnsw";
}

KgLayout
kg_plan_layout(const KgOptions *options, const KgLayoutColumn *column)
{
	KgLayoutRequest request = request_layout(options, column);
	KgLayout	layout;
	int			max_dims;

	if (column->dims > kg_metric_max_dims(column->metric) && column->sparse == 0)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("column cannot have more than %d dimensions for a %s index, and has %d",
						kg_metric_max_dims(column->metric), method_name(column),
						column->dims)));
	while (!kg_layout_solve(&request, &layout, &max_dims))
	{
		if (request.sparse >= 2 * KG_SPARSE_LEAST)
		{
			request.sparse /= 2;
			continue;
		}
		if (column->sparse > 0)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("nodes of sparse vectors do not fit on a page with these options")));
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("column cannot have more than %d dimensions for a %s index with these options, and has %d",
						max_dims, method_name(column), column->dims)));
	}
	return layout;
}

/*
 * Elements of a sparse vector that a node has room for: nearly all sampled rows
 * have no more.  Rows with more are judged by their largest ones.
 */
static int
wanted_elements(const Build *build)
{
	int64		fewer = 0;
	int			elements = 0;

	if (build->sampled == 0)
		return KG_SPARSE_DEFAULT;
	while (elements < KG_SPARSE_MOST &&
		   (fewer += build->elements[elements]) < build->sampled * MOST_ROWS)
		elements++;
	elements = TYPEALIGN(KG_SPARSE_LEAST, elements);
	return Max(elements, KG_SPARSE_LEAST);
}

static void
plan_layout(Build *build)
{
	KgOptions  *options = (KgOptions *) build->rel->rd_options;
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(build->rel), 0);
	int			dims = attribute->atttypmod;
	KgFilterColumns filters;
	KgLayoutColumn column;

	build->column = kg_column_get(build->rel);
	kg_filter_columns_get(build->rel, &filters);
	if (dims < 0 || getBaseType(attribute->atttypid) == VARBITOID)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column does not have dimensions"),
				 errhint("Declare them, as in %s(384)%s, or index an expression that is cast to such a type.",
						 build->column->type_name, build->column->vectors ? "[]" : "")));
	column.method = kg_access_method(build->rel->rd_indam->amoptions);
	column.metric = build->column->metric;
	column.dims = dims;
	column.filters = filters.count;
	column.sparse = build->column->sparse ? wanted_elements(build) : 0;
	build->layout = kg_plan_layout(options, &column);
	build->ef_construction = options ? options->ef_construction :
		KG_DEFAULT_EF_CONSTRUCTION;
}

/* Tells the user what such long vectors cost: neighbours or precision. */
static void
note_layout(const Build *build)
{
	KgOptions  *options = (KgOptions *) build->rel->rd_options;
	KgStorage	storage = options ? options->storage : KG_STORAGE_AUTO;
	int			m = wanted_m(options, false);
	const KgLayout *layout = &build->layout;

	const KgAccessMethod *method = kg_access_method(build->rel->rd_indam->amoptions);

	/* pgvector says nothing, and has no options to change it */
	int			level = method && !method->pages ? DEBUG1 : NOTICE;

	if (!kg_layout_has_hubs(layout) && layout->max_degree < 2 * m - m / 4)
		ereport(level,
				(errmsg("%s keeps at most %d neighbors of a node instead of %d, so that vectors of %d dimensions fit on a page",
						kg_access_method_name(build->rel), layout->max_degree, 2 * m,
						layout->dims)));
	if (storage == KG_STORAGE_AUTO && kg_storage_is_coarse(layout->storage))
		ereport(level,
				(errmsg("%s stores vectors of %d dimensions as %s, so that they fit on a page",
						kg_access_method_name(build->rel), layout->dims,
						kg_storage_names[layout->storage]),
				 errdetail("Scans read more rows of the table to put them in order.")));
}

/*
 * The sample.
 */

static void
sample_vector(Build *build, const float *x)
{
	double		norm = 0;
	double		scale = 1;

	for (int i = 0; i < build->dims; i++)
		norm += (double) x[i] * x[i];
	norm = sqrt(norm);
	if (build->layout.metric == KG_METRIC_COSINE)
	{
		scale = norm > 0 ? 1 / norm : 0;
		norm *= scale;
	}
	if (norm > 0)
	{
		for (int i = 0; i < build->dims; i++)
			build->sum[i] += x[i] * scale;
		build->square_sum += norm * norm;
		build->sampled++;
	}
}

/* The projection of a sparse vector counts for the space. */
static void
sample_sparse(Build *build, const KgSparseValue *value)
{
	double		y[KG_SPARSE_DIMS];
	float		x[KG_SPARSE_DIMS];

	kg_sparse_project(value, 1, y);
	for (int i = 0; i < KG_SPARSE_DIMS; i++)
		x[i] = (float) y[i];
	sample_vector(build, x);
	build->elements[Min(value->count, KG_SPARSE_MOST)]++;
}

static void
sample_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull,
		   bool alive, void *arg)
{
	Build	   *build = arg;
	MemoryContext old_context;
	KgRowVectors vectors;

	if (isnull[0])
		return;
	old_context = MemoryContextSwitchTo(build->row_context);
	vectors = kg_column_vectors(build->column, values[0], build->layout.dims);
	for (int i = 0; i < vectors.count; i++)
	{
		if (build->column->sparse)
			sample_sparse(build, vectors.x[i]);
		else if (kg_layout_has_frames(&build->layout))
			sample_vector(build, vectors.x[i]);
		kg_row_sample_add(build->sample, &build->layout, vectors.x[i]);
	}
	build->sampled_rows++;
	build->sampled_vectors += vectors.count;
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(build->row_context);
}

static void
sample_table(Build *build, Size memory)
{
	BlockNumber blocks = RelationGetNumberOfBlocks(build->heap);
	BlockSamplerData sampler;

	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE,
								 KG_BUILD_PHASE_SAMPLE);
	build->row_context = AllocSetContextCreate(CurrentMemoryContext,
											   "kg_hnsw build sample",
											   ALLOCSET_DEFAULT_SIZES);
	build->dims = build->column->sparse ? KG_SPARSE_DIMS : build->layout.dims;
	build->sum = palloc0(sizeof(double) * build->dims);
	build->sample = kg_row_sample_new(memory);
	build->sampled_part = blocks > SAMPLE_BLOCKS ? (double) SAMPLE_BLOCKS / blocks : 1;
	BlockSampler_Init(&sampler, blocks, SAMPLE_BLOCKS, 0);
	while (BlockSampler_HasMore(&sampler))
	{
		CHECK_FOR_INTERRUPTS();
		/* rows of any visibility will do, but CONCURRENTLY has a snapshot */
		table_index_build_range_scan(build->heap, build->rel, build->info,
									 false, !build->info->ii_Concurrent, false,
									 BlockSampler_Next(&sampler), 1,
									 sample_row, build, NULL);
	}
}

/*
 * The first pages.
 */

/*
 * The root of the mean squared distance of the sample from its mean, or from
 * the origin if the sample is too small for a mean.
 */
static double
sample_spread(const Build *build)
{
	double		square = build->square_sum / build->sampled;

	if (build->sampled < MIN_CENTRE_ROWS)
		return sqrt(square);
	for (int i = 0; i < build->dims; i++)
		square -= build->sum[i] * build->sum[i] /
			((double) build->sampled * build->sampled);
	return sqrt(Max(square, 0));
}

/* The space's unit; 0 if the sample has no vector but zeros. */
static float
sample_unit(const Build *build)
{
	if (!kg_layout_has_frames(&build->layout))
		return 1;
	if (build->sampled == 0)
		return 0;
	return build->layout.metric == KG_METRIC_COSINE ? 1 :
		kg_space_unit(sample_spread(build));
}

/*
 * The frame of the data as a whole, around the sample's mean.  Inner products
 * gain nothing by it.
 */
static void
write_default_frame(Build *build)
{
	const KgLayout *layout = &build->layout;
	KgIndex    *index;
	KgFrame    *frame;
	float	   *mean;
	double	   *y;

	if (build->sampled < MIN_CENTRE_ROWS || layout->metric == KG_METRIC_IP ||
		kg_frames_max(layout) == 1)
		return;
	index = kg_index_load(&build->store, CurrentMemoryContext, false);
	frame = palloc0(kg_frame_bytes(layout));
	mean = palloc(sizeof(float) * build->dims);
	y = palloc(sizeof(double) * layout->shape.dim);
	for (int i = 0; i < build->dims; i++)
		mean[i] = (float) (build->sum[i] / build->sampled);
	kg_space_map_point(&index->space, mean, y);
	for (int i = 0; i < layout->shape.dim; i++)
		frame->centre[i] = (float) y[i];
	frame->unit = kg_space_unit(sample_spread(build) / index->space.unit);
	(void) kg_frame_add(&build->store, frame, true);
}

/* Writes the first pages to memory. */
static void
write_first_pages(Build *build, KgBuildMemory *memory)
{
	kg_store_init(&build->store, build->rel, &build->layout);
	build->store.memory = memory;
	if (!kg_build_memory_reserve(memory, FIRST_PAGES *
								 (1 + kg_layout_side_pages(&build->layout))))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory for the first pages of index \"%s\"",
						RelationGetRelationName(build->rel))));
	kg_index_create(&build->store, build->ef_construction,
					sample_unit(build));
	write_default_frame(build);
}

/* The whole build. */

static double
table_rows(Relation heap)
{
	BlockNumber pages;
	double		rows;
	double		all_visible;

	estimate_rel_size(heap, NULL, &pages, &rows, &all_visible);
	return rows;
}

/* Nodes that there will be, if no vectors are equal. */
static double
expected_nodes(const Build *build)
{
	return build->sampled_vectors / build->sampled_part;
}

/* Bytes that the index's pages will take in memory. */
static double
planned_memory(const Build *build)
{
	double		pages = expected_nodes(build) / build->layout.per_page + 128;

	return kg_layout_with_side_pages(&build->layout, pages) * BLCKSZ;
}

/* Bytes of all rows that are put on pages together, and some more; 0: rows come one by one. */
static double
batch_of_all(const Build *build)
{
	const KgLayout *layout = &build->layout;

	return !kg_layout_has_hubs(layout) ? 0 :
		(expected_nodes(build) * 1.1 + 1) * kg_row_batch_bytes(layout, layout->dims);
}

/*
 * Makes the builder put rows in spatial order: as its pages will not fit in memory or, where
 * nodes share lists, not all rows do.  Returns how much of the memory is for pages.
 */
static Size
plan_order(const Build *build, KgBuilder *builder, Size limit, int processes)
{
	const KgLayout *layout = &build->layout;
	bool		batches = kg_layout_has_hubs(layout);
	Size		memory = limit / ORDER_PART;
	double		least_part = batches ? LEAST_FIRST_PART_GROUPED : LEAST_FIRST_PART;
	double		batch = batch_of_all(build);
	double		nodes = expected_nodes(build);
	double		first = (double) (limit - memory) / BLCKSZ * layout->per_page / FIRST_ROWS_PART;

	if (batches)
		builder->order =
			kg_spatial_order_of_batches(layout, memory / processes, nodes,
										kg_builder_batch_capacity(builder, layout, processes));
	else
		builder->order = kg_spatial_order_new(layout, memory / processes, nodes / processes,
											  kg_row_sample_bytes(build->sample, layout));
	builder->first_part = (uint32) Min(Max(nodes / first, least_part), PG_INT32_MAX);
	ereport(NOTICE,
			(errmsg("%s index \"%s\" will not fit into maintenance_work_mem",
					kg_access_method_name(builder->rel),
					RelationGetRelationName(builder->rel)),
			 errdetail("Rows are put in spatial order first, and building takes longer."),
			 errhint("A maintenance_work_mem of about %.0f MB would hold it.",
					 (batch + Max(planned_memory(build), batch)) / (1024 * 1024) + 2)));
	return limit - memory;
}

/* The pages, and what is needed to insert rows; workers, if there are any. */
static KgParallelBuild *
begin_build(Build *build, KgBuilder *builder, Size limit)
{
	/* where nodes share lists, it is enough if all rows fit into the batch */
	bool		fits = kg_layout_has_hubs(&build->layout) ?
	batch_of_all(build) <= builder->batch_memory :
	planned_memory(build) <= limit;
	Size		memory_for_pages = (Size) Min(planned_memory(build), (double) limit);
	int			workers = kg_parallel_build_workers(builder->heap, builder->rel,
													memory_for_pages);
	KgParallelBuild *parallel = NULL;
	KgBuildMemory *memory;

	if (!fits)
		limit = plan_order(build, builder, limit, workers + 1);
	if (workers > 0)
		parallel = kg_parallel_build_begin(builder, workers, limit,
										   &builder->shared, &memory);
	if (parallel == NULL)
		memory = kg_build_memory_create(limit);
	write_first_pages(build, memory);
	kg_builder_init(builder, memory);
	if (builder->order)
		kg_spatial_order_begin(builder->order, &builder->index->space, build->sample);
	else
		kg_row_sample_free(build->sample);
	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE,
								 builder->order || builder->batch ?
								 KG_BUILD_PHASE_ORDER : KG_BUILD_PHASE_INSERT);
	pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_TOTAL,
								 (int64) builder->expected_rows);
	return parallel;
}

/*
 * Memory for rows that are put on pages together, all of them or half of the limit; in
 * a parallel build it is shared out.
 */
static Size
planned_batch(const Build *build, Size limit)
{
	double		needed = ceil(batch_of_all(build));

	if (needed > 0 && build->sampled_part < 1)
		needed = Max(needed, LEAST_BATCH_MEMORY);
	return needed < limit / 2 ? (Size) needed : limit / 2;
}

IndexBuildResult *
kg_ambuild(Relation heap, Relation rel, IndexInfo *info)
{
	IndexBuildResult *result = palloc(sizeof(IndexBuildResult));
	Build	   *build = palloc0(sizeof(Build));
	KgBuilder  *builder = palloc0(sizeof(KgBuilder));
	Size		limit = (Size) maintenance_work_mem * 1024;
	KgParallelBuild *parallel;

	/* TRUNCATE rebuilds an index that this backend may have cached. */
	if (rel->rd_amcache)
		pfree(rel->rd_amcache);
	rel->rd_amcache = NULL;

	build->heap = builder->heap = heap;
	build->rel = builder->rel = rel;
	build->info = builder->info = info;
	builder->leader = true;
	builder->expected_rows = table_rows(heap);
	plan_layout(build);
	sample_table(build, limit / ORDER_PART);
	if (build->column->sparse)
		plan_layout(build);
	note_layout(build);
	builder->batch_memory = planned_batch(build, limit);
	limit -= builder->batch_memory;
	parallel = begin_build(build, builder, limit);
	result->heap_tuples = parallel ?
		kg_parallel_build_run(parallel, builder) :
		kg_builder_scan(builder, NULL);
	result->index_tuples = builder->rows;
	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE,
								 KG_BUILD_PHASE_CALIBRATE);
	kg_index_refresh(builder->index, &builder->store);
	(void) kg_calibrate(&builder->store, builder->index, NULL, limit);

	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE,
								 KG_BUILD_PHASE_WRITE);
	kg_builder_flush(builder, MAIN_FORKNUM);
	if (parallel)
		kg_parallel_build_end(parallel);
	if (RelationNeedsWAL(rel))
		log_newpage_range(rel, MAIN_FORKNUM, 0,
						  RelationGetNumberOfBlocks(rel), true);
	return result;
}

/*
 * The init fork of an unlogged index.  Generic WAL logs nothing for an
 * unlogged relation, so its pages are logged whole.
 */
void
kg_ambuildempty(Relation rel)
{
	Build	   *build = palloc0(sizeof(Build));
	KgBuilder  *builder = palloc0(sizeof(KgBuilder));

	build->rel = builder->rel = rel;
	plan_layout(build);
	write_first_pages(build, kg_build_memory_create(0));
	builder->store = build->store;
	kg_builder_flush(builder, INIT_FORKNUM);
	log_newpage_range(rel, INIT_FORKNUM, 0,
					  RelationGetNumberOfBlocksInFork(rel, INIT_FORKNUM),
					  true);
}
