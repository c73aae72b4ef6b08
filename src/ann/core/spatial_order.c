/*
 * spatial_order.c
 *	  The rows of a build, in spatial order.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/barrier.h"
#include "storage/buffile.h"
#include "storage/sharedfileset.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "ann/core/bisect.h"
#include "ann/core/flat_row.h"
#include "ann/core/spatial_order.h"

/* Pieces that are cut no more: about as many rows as stand on a page. */
#define LEAF 8

/* Sampled vectors that a cell wants. */
#define SAMPLED_A_CELL 8

/* An open file: its buffer, and a little. */
#define FILE_BYTES (BLCKSZ + 256)

/* Of the memory, for open files; for the rows of a cell, on average. */
#define FILES_PART 0.25
#define CELL_PART 0.5

/* Cells of rows that are expected to fit in memory: the estimate may be low. */
#define LEAST_DEPTH 4

/* Cells that make a batch. */
#define CELLS_A_BATCH 8

/* What processes share; the cuts follow the array. */
typedef struct SharedOrder
{
	SharedFileSet files;
	Barrier		barrier;		/* until all rows are there */
	pg_atomic_uint32 taken;		/* files, by all */
	int			processes;
	int			depth;
	Size		memory;			/* of one process */
	uint64		batch_rows;
	Size		cuts;			/* where they are, in bytes from here */
	uint64		written[FLEXIBLE_ARRAY_MEMBER]; /* rows of each process and
												 * cell */
} SharedOrder;

struct KgSpatialOrder
{
	const KgLayout *layout;
	const KgSpace *space;
	Size		memory;
	int			dims;			/* of points */
	int			depth;
	uint64		batch_rows;		/* that leave together; 0: rows leave in order */
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

	/* rows in files, one for each cell of each process */
	BufFile   **files;			/* this process's, or NULL: all in memory */
	int			processes;
	int			process;
	SharedOrder *shared;
	uint64	   *written;
	uint32		taken;			/* files, unless shared */
	uint32		next;			/* of those that this process has taken */
	uint32		end;
	BufFile    *reading;
	char		reading_name[MAXPGPATH];	/* if shared */
	uint64		left;			/* rows of it */
	KgFlatRow  *head;			/* of the row that is read next, if has_head */
	bool		has_head;
	bool		complete;
	KgSparseValue sparse;		/* of the row that left last */
};

/* As many cells as are wanted, if there is memory for their files. */
static int
choose_depth(double memory, double wanted)
{
	int			depth = 0;

	while (depth < KG_MAX_CUTS_DEPTH &&
		   FILE_BYTES * ((Size) 2 << depth) < memory &&
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
	order->head = palloc(offsetof(KgFlatRow, x));
	order->context = CurrentMemoryContext;
	order->row_context = GenerationContextCreate(CurrentMemoryContext, "kg build rows",
												 ALLOCSET_DEFAULT_SIZES);
	order->processes = 1;
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

/* Files of all cells, none of which exists yet. */
static void
begin_files(KgSpatialOrder *order)
{
	order->files = MemoryContextAllocZero(order->context,
										  sizeof(BufFile *) * ((Size) 1 << order->depth));
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
	if (!order->shared)
	{
		order->cuts = MemoryContextAllocHuge(order->context,
											 kg_cuts_size(order->dims, depth));
		order->written = MemoryContextAllocZero(order->context,
												sizeof(uint64) * ((Size) 1 << depth));
	}
	order->depth = depth;
	if (order->shared)
		order->shared->depth = depth;
	points.x = x = make_points(order, kg_row_sample_rows(sample), points.count);
	kg_cuts_make(order->cuts, &points, depth);
	pfree(x);
	kg_row_sample_free(sample);
	if (order->shared || order->batch_rows > 0)
		begin_files(order);
}

/*
 * Files.
 */

static void
name_file(char *name, int process, int cell)
{
	snprintf(name, MAXPGPATH, "%d.%d", process, cell);
}

static BufFile *
file_of(KgSpatialOrder *order, int cell)
{
	MemoryContext old_context;
	char		name[MAXPGPATH];

	if (order->files[cell])
		return order->files[cell];
	old_context = MemoryContextSwitchTo(order->context);
	name_file(name, order->process, cell);
	order->files[cell] = order->shared ?
		BufFileCreateFileSet(&order->shared->files.fs, name) :
		BufFileCreateTemp(false);
	MemoryContextSwitchTo(old_context);
	return order->files[cell];
}

/* Writes a row to its cell's file. */
static void
write_row(KgSpatialOrder *order, const KgFlatRow *flat)
{
	KgRow		row = kg_flat_row_read(order->layout, flat, &order->sparse);
	int			cell;

	kg_point_make(order->space, row.x, order->y, order->point);
	cell = kg_cuts_find(order->cuts, order->point);
	BufFileWrite(file_of(order, cell), (void *) flat, flat->size);
	order->written[(order->process << order->depth) + cell]++;
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
flat_of_size(KgSpatialOrder *order, uint32 size)
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
	flat = flat_of_size(order, size);
	kg_flat_row_write(order->layout, row, flat);
	write_row(order, flat);
}

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
	if (order->shared == NULL)
		return;
	for (int cell = 0; cell < 1 << order->depth; cell++)
	{
		if (order->files[cell] == NULL)
			continue;
		BufFileExportFileSet(order->files[cell]);
		BufFileClose(order->files[cell]);
		order->files[cell] = NULL;
	}
	if (!order->complete)
		BarrierArriveAndWait(&order->shared->barrier,
							 WAIT_EVENT_PARALLEL_CREATE_INDEX_SCAN);
	BarrierDetach(&order->shared->barrier);
	order->complete = true;
}

/* Rows that all processes have put into a cell. */
static uint64
rows_of_cell(const KgSpatialOrder *order, uint32 cell)
{
	uint64		rows = 0;

	for (int i = 0; i < order->processes; i++)
		rows += order->written[((Size) i << order->depth) + cell];
	return rows;
}

/*
 * The end of the files that are taken from this one on: the next one's, or that of
 * as many cells as make a batch.  Those of a cell, one of each process, follow each
 * other.
 */
static uint32
files_to_take(const KgSpatialOrder *order, uint32 first)
{
	uint32		cell = first / order->processes;
	uint64		rows;

	if (order->batch_rows == 0)
		return first + 1;
	rows = rows_of_cell(order, cell++);
	while (cell < (uint32) 1 << order->depth &&
		   (rows += rows_of_cell(order, cell)) <= order->batch_rows)
		cell++;
	return cell * order->processes;
}

/* Takes the next files; false if there are none. */
static bool
take_files(KgSpatialOrder *order)
{
	uint32		all = (uint32) order->processes << order->depth;
	uint32		first = order->shared ? pg_atomic_read_u32(&order->shared->taken) :
	order->taken;
	uint32		end;

	do
	{
		if (first >= all)
			return false;
		end = files_to_take(order, first);
	} while (order->shared &&
			 !pg_atomic_compare_exchange_u32(&order->shared->taken, &first, end));
	order->taken = order->end = end;
	order->next = first;
	return true;
}

/*
 * Opens the next file that has rows; false if there is none or, where rows leave in
 * batches, none of this one.
 */
static bool
open_next(KgSpatialOrder *order)
{
	for (;;)
	{
		uint32		cell;
		int			process;

		if (order->next == order->end && (order->batch_rows > 0 || !take_files(order)))
			return false;
		cell = order->next / order->processes;
		process = order->next++ % order->processes;
		order->left = order->written[((Size) process << order->depth) + cell];
		if (order->left == 0)
			continue;
		if (order->shared)
		{
			name_file(order->reading_name, process, cell);
			order->reading = BufFileOpenFileSet(&order->shared->files.fs,
												order->reading_name, O_RDONLY, false);
			return true;
		}
		order->reading = order->files[cell];
		order->files[cell] = NULL;
		if (BufFileSeek(order->reading, 0, 0, SEEK_SET) != 0)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not rewind a temporary file of an index build: %m")));
		return true;
	}
}

/* Closes the file that was read, and removes it. */
static void
close_file(KgSpatialOrder *order)
{
	BufFileClose(order->reading);
	order->reading = NULL;
	if (order->shared)
		BufFileDeleteFileSet(&order->shared->files.fs, order->reading_name, true);
}

static void
read_bytes(KgSpatialOrder *order, void *to, Size size)
{
	if (BufFileRead(order->reading, to, size) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read %zu bytes of a temporary file of an index build: %m",
						size)));
}

/* Reads rows of the file into memory, as many as fit. */
static void
read_rows(KgSpatialOrder *order)
{
	forget_rows(order);
	while (order->left > 0)
	{
		KgFlatRow  *flat;

		CHECK_FOR_INTERRUPTS();
		if (!order->has_head)
			read_bytes(order, order->head, offsetof(KgFlatRow, x));
		flat = add_to_memory(order, order->head->size);
		order->has_head = flat == NULL;
		if (order->has_head)
			return;
		memcpy(flat, order->head, offsetof(KgFlatRow, x));
		read_bytes(order, flat->x, flat->size - offsetof(KgFlatRow, x));
		order->left--;
	}
}

/* Puts further rows of the files in order; false if there are none. */
static bool
load_rows(KgSpatialOrder *order)
{
	MemoryContext old_context = MemoryContextSwitchTo(order->context);
	bool		found = order->reading != NULL || open_next(order);

	if (found)
	{
		read_rows(order);
		if (order->left == 0)
			close_file(order);
		order_rows(order);
	}
	MemoryContextSwitchTo(old_context);
	return found;
}

bool
kg_spatial_order_next_batch(KgSpatialOrder *order)
{
	return take_files(order);
}

/* The next row of the batch's files. */
static bool
next_of_batch(KgSpatialOrder *order, KgRow *row)
{
	MemoryContext old_context = MemoryContextSwitchTo(order->context);
	KgFlatRow  *flat;

	while (order->left == 0)
	{
		if (order->reading)
			close_file(order);
		if (!open_next(order))
		{
			MemoryContextSwitchTo(old_context);
			return false;
		}
	}
	read_bytes(order, order->head, offsetof(KgFlatRow, x));
	flat = flat_of_size(order, order->head->size);
	memcpy(flat, order->head, offsetof(KgFlatRow, x));
	read_bytes(order, flat->x, flat->size - offsetof(KgFlatRow, x));
	order->left--;
	*row = kg_flat_row_read(order->layout, flat, &order->sparse);
	MemoryContextSwitchTo(old_context);
	return true;
}

bool
kg_spatial_order_next(KgSpatialOrder *order, KgRow *row)
{
	if (order->batch_rows > 0)
		return next_of_batch(order, row);
	while (order->position == order->count)
		if (order->files == NULL || !load_rows(order))
			return false;
	*row = kg_flat_row_read(order->layout,
							order->rows[order->order[order->position++]],
							&order->sparse);
	return true;
}

uint64
kg_spatial_order_rows(const KgSpatialOrder *order)
{
	Size		files = (Size) order->processes << order->depth;
	uint64		rows = 0;

	if (order->files == NULL)
		return order->count;
	for (Size i = 0; i < files; i++)
		rows += order->written[i];
	return rows;
}

void
kg_spatial_order_free(KgSpatialOrder *order)
{
	if (order->reading)
		close_file(order);
	for (int cell = 0; order->files && cell < 1 << order->depth; cell++)
		if (order->files[cell])
			BufFileClose(order->files[cell]);
	MemoryContextDelete(order->row_context);
}

/*
 * Sharing.
 */

/* Where the cuts are, behind the array. */
static Size
cuts_offset(int processes, int depth)
{
	return MAXALIGN(offsetof(SharedOrder, written) +
					sizeof(uint64) * ((Size) processes << depth));
}

Size
kg_spatial_order_shared_size(const KgSpatialOrder *order, int processes)
{
	return cuts_offset(processes, order->depth) +
		kg_cuts_size(order->dims, order->depth);
}

/* The part of shared memory that order uses. */
static void
use_shared(KgSpatialOrder *order, SharedOrder *shared, int process)
{
	order->shared = shared;
	order->process = process;
	order->processes = shared->processes;
	order->written = shared->written;
	order->cuts = (KgCuts *) ((char *) shared + shared->cuts);
	order->complete = BarrierAttach(&shared->barrier) > 0;
}

void
kg_spatial_order_share(KgSpatialOrder *order, void *space, int processes,
					   dsm_segment *segment)
{
	SharedOrder *shared = space;

	memset(shared, 0, kg_spatial_order_shared_size(order, processes));
	SharedFileSetInit(&shared->files, segment);
	BarrierInit(&shared->barrier, 0);
	pg_atomic_init_u32(&shared->taken, 0);
	shared->processes = processes;
	shared->batch_rows = order->batch_rows;
	shared->memory = order->memory;
	shared->cuts = cuts_offset(processes, order->depth);
	use_shared(order, shared, processes - 1);
}

KgSpatialOrder *
kg_spatial_order_attach(void *space, int process, dsm_segment *segment,
						const KgSpace *index_space)
{
	SharedOrder *shared = space;
	KgSpatialOrder *order = new_order(index_space->layout, shared->memory);

	SharedFileSetAttach(&shared->files, segment);
	order->space = index_space;
	order->depth = shared->depth;
	order->batch_rows = shared->batch_rows;
	use_shared(order, shared, process);
	begin_files(order);
	return order;
}

bool
kg_spatial_order_is_complete(const KgSpatialOrder *order)
{
	return order->complete;
}
