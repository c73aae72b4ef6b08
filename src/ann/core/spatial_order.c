/*
 * spatial_order.c
 *	  The rows of a build, in spatial order.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/bisect.h"
#include "ann/core/cell_files.h"
#include "ann/core/flat_row.h"
#include "ann/core/spatial_order.h"

/* Pieces that are cut no more: about as many rows as stand on a page. */
#define LEAF 8

/* Sampled vectors that a cell wants. */
#define SAMPLED_A_CELL 8

/* Of the memory, for open files; for the rows of a cell, on average. */
#define FILES_PART 0.25
#define CELL_PART 0.5

/* Cells of rows that are expected to fit in memory: the estimate may be low. */
#define LEAST_DEPTH 4

/* Cells that make a batch. */
#define CELLS_A_BATCH 8

/* What processes share; the cuts and the files follow. */
typedef struct SharedOrder
{
	int			depth;
	Size		memory;			/* of one process */
	uint64		batch_rows;
	Size		cuts;			/* where they are, in bytes from here */
	Size		files;
} SharedOrder;

struct KgSpatialOrder
{
	const KgLayout *layout;
	const KgSpace *space;
	Size		memory;
	uint64		batch_rows;		/* that leave together; 0: rows leave in order */
	int			dims;			/* of points */
	int			depth;
	KgCuts	   *cuts;
	double	   *y;				/* scratch */
	float	   *point;
	KgFlatRow  *flat;
	uint32		flat_size;

	/* rows in memory, and in which order they leave */
	MemoryContext context;
	MemoryContext row_context;
	KgFlatRow **rows;
	uint32		count;
	uint32		capacity;
	Size		used;
	uint32	   *order;
	uint32		position;

	KgCellFiles *files;			/* or NULL: all are in memory */
	SharedOrder *shared;
	KgSparseValue sparse;		/* of the row that left last */
};

/* As many cells as are wanted, if there is memory for their files. */
static int
choose_depth(double memory, double wanted)
{
	int			depth = 0;

	while (depth < KG_MAX_CUTS_DEPTH &&
		   KG_CELL_FILE_BYTES * ((Size) 2 << depth) < memory &&
		   (depth < LEAST_DEPTH || (1 << depth) < wanted))
		depth++;
	return depth;
}

static KgSpatialOrder *
new_order(const KgLayout *layout, Size memory)
{
	KgSpatialOrder *order = palloc0(sizeof(KgSpatialOrder));

	order->layout = layout;
	order->memory = memory;
	order->dims = kg_point_dims(layout);
	order->y = palloc(sizeof(double) * layout->shape.dim);
	order->point = palloc(sizeof(float) * order->dims);
	order->context = CurrentMemoryContext;
	order->row_context = GenerationContextCreate(CurrentMemoryContext, "kg build rows",
												 ALLOCSET_DEFAULT_SIZES);
	return order;
}

KgSpatialOrder *
kg_spatial_order_new(const KgLayout *layout, Size memory, double rows, double row_bytes)
{
	KgSpatialOrder *order = new_order(layout, memory);

	order->depth = choose_depth(memory * FILES_PART,
								rows * row_bytes / (memory * CELL_PART));
	return order;
}

KgSpatialOrder *
kg_spatial_order_of_batches(const KgLayout *layout, Size memory, double rows,
							uint64 batch_rows)
{
	KgSpatialOrder *order = new_order(layout, memory);

	order->batch_rows = batch_rows;
	order->depth = choose_depth(memory, rows * CELLS_A_BATCH / batch_rows);
	return order;
}

/* The points of rows: count times dims floats. */
static float *
make_points(KgSpatialOrder *order, KgFlatRow **rows, uint32 count)
{
	float	   *points = MemoryContextAllocHuge(order->context, Max(count, 1) *
												sizeof(float) * order->dims);

	for (uint32 i = 0; i < count; i++)
	{
		KgRow		row = kg_flat_row_read(order->layout, rows[i], &order->sparse);

		kg_point_make(order->space, row.x, order->y, points + (Size) i * order->dims);
	}
	return points;
}

/* Rows go to files from now on. */
static void
begin_files(KgSpatialOrder *order)
{
	MemoryContext old_context = MemoryContextSwitchTo(order->context);

	order->files = kg_cell_files_new(order->depth);
	MemoryContextSwitchTo(old_context);
}

void
kg_spatial_order_begin(KgSpatialOrder *order, const KgSpace *space, KgRowSample *sample)
{
	KgPoints	points = {.count = kg_row_sample_count(sample),.dims = order->dims};
	int			depth = order->depth;
	float	   *x;

	order->space = space;
	while (depth > 0 && ((uint32) SAMPLED_A_CELL << depth) > points.count)
		depth--;
	order->depth = depth;
	if (order->shared)
	{
		order->shared->depth = depth;
		kg_cell_files_set_depth(order->files, depth);
	}
	else
		order->cuts = MemoryContextAllocHuge(order->context,
											 kg_cuts_size(order->dims, depth));
	points.x = x = make_points(order, kg_row_sample_rows(sample), points.count);
	kg_cuts_make(order->cuts, &points, depth);
	pfree(x);
	kg_row_sample_free(sample);
	if (order->batch_rows > 0 && !order->files)
		begin_files(order);
}

/*
 * Rows come.
 */

/* Writes a row to its cell's file. */
static void
write_row(KgSpatialOrder *order, const KgFlatRow *flat)
{
	KgRow		row = kg_flat_row_read(order->layout, flat, &order->sparse);

	kg_point_make(order->space, row.x, order->y, order->point);
	kg_cell_files_put(order->files, kg_cuts_find(order->cuts, order->point), flat);
}

/* Takes the rows out of memory. */
static void
forget_rows(KgSpatialOrder *order)
{
	MemoryContextReset(order->row_context);
	order->rows = NULL;
	order->order = NULL;
	order->count = order->capacity = order->position = 0;
	order->used = 0;
}

static void
spill(KgSpatialOrder *order)
{
	begin_files(order);
	for (uint32 i = 0; i < order->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		write_row(order, order->rows[i]);
	}
	forget_rows(order);
}

/* Memory for one more row of this size; NULL if it is full. */
static KgFlatRow *
add_to_memory(KgSpatialOrder *order, uint32 size)
{
	Size		bytes = size + KG_ROW_OVERHEAD + sizeof(float) * order->dims;

	if (order->count > 0 && order->used + bytes > order->memory * (1 - FILES_PART))
		return NULL;
	if (order->count == order->capacity)
	{
		order->capacity = Max(order->capacity * 2, 1024);
		order->rows = order->rows == NULL ?
			MemoryContextAllocHuge(order->row_context,
								   sizeof(KgFlatRow *) * order->capacity) :
			repalloc_huge(order->rows, sizeof(KgFlatRow *) * order->capacity);
	}
	order->used += bytes;
	return order->rows[order->count++] = MemoryContextAlloc(order->row_context, size);
}

/* Memory for one row of this size that is not kept. */
static KgFlatRow *
row_in_passing(KgSpatialOrder *order, uint32 size)
{
	if (size > order->flat_size)
	{
		if (order->flat)
			pfree(order->flat);
		order->flat = MemoryContextAlloc(order->context, size);
		order->flat_size = size;
	}
	return order->flat;
}

void
kg_spatial_order_put(KgSpatialOrder *order, const KgRow *row)
{
	uint32		size = kg_flat_row_size(order->layout, row->x);
	KgFlatRow  *flat;

	if (order->files == NULL)
	{
		flat = add_to_memory(order, size);
		if (flat)
		{
			kg_flat_row_write(order->layout, row, flat);
			return;
		}
		spill(order);
	}
	flat = row_in_passing(order, size);
	kg_flat_row_write(order->layout, row, flat);
	write_row(order, flat);
}

/*
 * Rows leave.
 */

/* Puts the rows in memory in order. */
static void
order_rows(KgSpatialOrder *order)
{
	MemoryContext old_context = MemoryContextSwitchTo(order->row_context);
	KgPoints	points = {.count = order->count,.dims = order->dims};
	float	   *x = make_points(order, order->rows, order->count);

	points.x = x;
	order->order = palloc_extended(sizeof(uint32) * Max(order->count, 1), MCXT_ALLOC_HUGE);
	kg_bisect_order(&points, LEAF, order->order);
	order->position = 0;
	pfree(x);
	MemoryContextSwitchTo(old_context);
}

void
kg_spatial_order_finish(KgSpatialOrder *order)
{
	if (order->files == NULL)
		order_rows(order);
	else
		kg_cell_files_finish(order->files);
}

/* Reads rows of files into memory, as many as fit; false if there are none. */
static bool
load_rows(KgSpatialOrder *order)
{
	const KgFlatRow *head;

	while ((head = kg_cell_files_peek(order->files)) == NULL)
		if (!kg_cell_files_take(order->files, 0))
			return false;
	forget_rows(order);
	while ((head = kg_cell_files_peek(order->files)) != NULL)
	{
		KgFlatRow  *flat = add_to_memory(order, head->size);

		CHECK_FOR_INTERRUPTS();
		if (flat == NULL)
			break;
		kg_cell_files_read(order->files, flat);
	}
	order_rows(order);
	return true;
}

bool
kg_spatial_order_next_batch(KgSpatialOrder *order, uint64 *rows)
{
	bool		found = kg_cell_files_take(order->files, order->batch_rows);

	*rows = found ? kg_cell_files_taken_rows(order->files) : 0;
	return found;
}

/* The next row of a batch; NULL if there is none. */
static const KgFlatRow *
next_of_batch(KgSpatialOrder *order)
{
	const KgFlatRow *head = kg_cell_files_peek(order->files);
	KgFlatRow  *flat;

	if (head == NULL)
		return NULL;
	flat = row_in_passing(order, head->size);
	kg_cell_files_read(order->files, flat);
	return flat;
}

/* The next row of all, in order; NULL if there is none. */
static const KgFlatRow *
next_in_order(KgSpatialOrder *order)
{
	while (order->position == order->count)
		if (order->files == NULL || !load_rows(order))
			return NULL;
	return order->rows[order->order[order->position++]];
}

bool
kg_spatial_order_next(KgSpatialOrder *order, KgRow *row)
{
	const KgFlatRow *flat = order->batch_rows > 0 ? next_of_batch(order) :
	next_in_order(order);

	if (flat)
		*row = kg_flat_row_read(order->layout, flat, &order->sparse);
	return flat != NULL;
}

uint64
kg_spatial_order_rows(const KgSpatialOrder *order)
{
	return order->files ? kg_cell_files_rows(order->files) : order->count;
}

void
kg_spatial_order_free(KgSpatialOrder *order)
{
	if (order->files)
		kg_cell_files_free(order->files);
	MemoryContextDelete(order->row_context);
}

/*
 * Sharing.
 */

/* Where the files are, behind the cuts. */
static Size
files_offset(const KgSpatialOrder *order)
{
	return MAXALIGN(MAXALIGN(sizeof(SharedOrder)) + kg_cuts_size(order->dims, order->depth));
}

Size
kg_spatial_order_shared_size(const KgSpatialOrder *order, int processes)
{
	return files_offset(order) + kg_cell_files_shared_size(order->depth, processes);
}

static void
use_shared(KgSpatialOrder *order, SharedOrder *shared, KgCellFiles *files)
{
	order->shared = shared;
	order->cuts = (KgCuts *) ((char *) shared + shared->cuts);
	order->files = files;
}

void
kg_spatial_order_share(KgSpatialOrder *order, void *space, int processes,
					   dsm_segment *segment)
{
	SharedOrder *shared = space;

	shared->depth = order->depth;
	shared->memory = order->memory;
	shared->batch_rows = order->batch_rows;
	shared->cuts = MAXALIGN(sizeof(SharedOrder));
	shared->files = files_offset(order);
	use_shared(order, shared, kg_cell_files_share((char *) space + shared->files, order->depth,
												  processes, segment));
}

KgSpatialOrder *
kg_spatial_order_attach(void *space, int process, dsm_segment *segment,
						const KgSpace *index_space)
{
	SharedOrder *shared = space;
	KgSpatialOrder *order = new_order(index_space->layout, shared->memory);

	order->space = index_space;
	order->depth = shared->depth;
	order->batch_rows = shared->batch_rows;
	use_shared(order, shared, kg_cell_files_attach((char *) space + shared->files, process,
												   segment));
	return order;
}

bool
kg_spatial_order_is_complete(const KgSpatialOrder *order)
{
	return order->files && kg_cell_files_are_complete(order->files);
}
