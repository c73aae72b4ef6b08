/*
 * build_rows.c
 *	  Inserting a table's rows into an index that is being built.
 */
#include "postgres.h"

#include <limits.h>

#include "access/genam.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/core/access_method.h"
#include "ann/core/build_rows.h"
#include "ann/core/page_list.h"
#include "ann/layout/duplicates.h"

/*
 * New pages that one row may add: one of nodes, one of entry points, one of
 * chunks and one of a list; for each of two frames (the row's, the entry
 * points') two, and one of the map.  With filters a page of lists may have to be
 * split once for each bit of a hash.  Side pages may come before each.  Where nodes
 * share lists, rows come a page at a time.
 */
#define PAGES_OF_SPLITS 40
#define PAGES_OF_A_ROW(layout) \
	((10 + ((layout)->filters > 0 ? PAGES_OF_SPLITS : 0)) * \
	 (1 + kg_layout_side_pages(layout)) * (layout)->members)

/* Rows of a batch at least, if they take no more than so much memory. */
#define LEAST_ROWS 1024
#define LEAST_ROWS_MEMORY (8 * 1024 * 1024)

int
kg_builder_batch_capacity(const KgBuilder *builder, const KgLayout *layout, int processes)
{
	Size		row_bytes = kg_row_batch_bytes(layout, layout->dims);
	Size		least = Min((Size) LEAST_ROWS, LEAST_ROWS_MEMORY / row_bytes);
	Size		rows = Max(builder->batch_memory / processes / row_bytes, least);

	return Max((int) Min(rows, INT_MAX / 2), layout->members);
}

static KgRowBatch *
new_batch(const KgBuilder *builder)
{
	const KgLayout *layout = &builder->index->layout;

	return kg_row_batch_new(layout, layout->dims,
							kg_builder_batch_capacity(builder, layout, 1));
}

void
kg_builder_init(KgBuilder *builder, KgBuildMemory *memory)
{
	KgBuildShared *shared = builder->shared;

	if (shared)
		builder->batch_memory = shared->batch_memory;
	builder->column = kg_column_get(builder->rel);
	kg_filter_columns_get(builder->rel, &builder->filters);
	kg_store_init(&builder->store, builder->rel, NULL);
	builder->store.wal = false;
	builder->store.parallel = builder->shared != NULL;
	/* A process that begins late may find that others flushed the pages. */
	if (shared)
		LWLockAcquire(&shared->flush_lock, LW_SHARED);
	builder->store.memory = shared && shared->flushed ? NULL : memory;
	builder->index = kg_index_load(&builder->store, CurrentMemoryContext,
								   true);
	if (shared)
		LWLockRelease(&shared->flush_lock);
	builder->inserter = kg_inserter_new(&builder->index->layout);
	if (kg_layout_has_hubs(&builder->index->layout))
		builder->batch = new_batch(builder);
	builder->row_context = AllocSetContextCreate(CurrentMemoryContext,
												 "kg_hnsw build row",
												 ALLOCSET_DEFAULT_SIZES);
}

/* Writes the oldest pages in memory, up to end, to a fork. */
static void
write_pages(KgBuilder *builder, ForkNumber fork, BlockNumber end)
{
	KgBuildMemory *memory = builder->store.memory;

	for (BlockNumber block = kg_build_memory_first(memory); block < end; block++)
	{
		Buffer		buffer;

		CHECK_FOR_INTERRUPTS();
		buffer = ReadBufferExtended(builder->rel, fork, P_NEW,
									RBM_ZERO_AND_LOCK, NULL);
		Assert(BufferGetBlockNumber(buffer) == block);
		memcpy(BufferGetPage(buffer), kg_build_memory_page(memory, block), BLCKSZ);
		MarkBufferDirty(buffer);
		UnlockReleaseBuffer(buffer);
	}
}

void
kg_builder_flush(KgBuilder *builder, ForkNumber fork)
{
	KgStore    *store = &builder->store;

	if (store->memory == NULL)
		return;
	write_pages(builder, fork, kg_build_memory_pages(store->memory));
	kg_build_memory_free(store->memory);
	store->memory = NULL;
}

/*
 * Says that memory was too small, and how much would have been enough, if it was
 * not known from the beginning.
 */
static void
report_full(KgBuilder *builder, uint64 rows)
{
	Size		used = (Size) kg_build_memory_pages(builder->store.memory) * BLCKSZ;
	double		needed = 0;

	if (builder->order || kg_build_memory_first(builder->store.memory) > 0)
		return;
	if (rows > 0)
		needed = Max(builder->expected_rows, rows) / rows * used +
			(double) builder->batch_memory * (builder->shared ? builder->shared->processes : 1);
	ereport(NOTICE,
			(errmsg("%s graph no longer fits into maintenance_work_mem after " UINT64_FORMAT " rows",
					kg_access_method_name(builder->rel), rows),
			 errdetail("Building continues in shared buffers, more slowly."),
			 errhint("A maintenance_work_mem of about %.0f MB would hold it.",
					 needed / (1024 * 1024) + 2)));
}

/*
 * Makes room in memory for so many pages: the oldest ones go to buffers, or all
 * if memory is tiny.  No other process uses pages.
 */
static void
make_room(KgBuilder *builder, int pages, uint64 rows)
{
	KgStore    *store = &builder->store;

	report_full(builder, rows);
	while (!kg_build_memory_reserve(store->memory, pages))
	{
		BlockNumber end = kg_build_memory_oldest(store->memory, pages);

		if (end == InvalidBlockNumber)
		{
			kg_builder_flush(builder, MAIN_FORKNUM);
			return;
		}
		write_pages(builder, MAIN_FORKNUM, end);
		kg_build_memory_advance(store->memory, end);
	}
}

/*
 * Before a row, or a vector of it: makes room in memory if that might not hold the row's
 * pages.  In a parallel build, holds the flush lock (shared) until end_row().
 */
static void
begin_row(KgBuilder *builder)
{
	KgBuildShared *shared = builder->shared;
	KgStore    *store = &builder->store;
	int			pages = PAGES_OF_A_ROW(store->layout);

	if (shared == NULL)
	{
		if (store->memory && !kg_build_memory_reserve(store->memory, pages))
			make_room(builder, pages, builder->rows);
		return;
	}

	pages *= shared->processes;
	for (;;)
	{
		LWLockAcquire(&shared->flush_lock, LW_SHARED);
		if (shared->flushed)
			store->memory = NULL;
		if (store->memory == NULL || kg_build_memory_reserve(store->memory, pages))
			break;
		LWLockRelease(&shared->flush_lock);

		/*
		 * Whoever has it first makes room for all; others look again.  To
		 * wait for it would be to wait until all who have found room are out
		 * at once.
		 */
		if (!LWLockAcquireOrWait(&shared->flush_lock, LW_EXCLUSIVE))
			continue;
		if (!shared->flushed)
		{
			make_room(builder, pages, pg_atomic_read_u64(&shared->rows));
			shared->flushed = store->memory == NULL;
		}
		LWLockRelease(&shared->flush_lock);
	}
	kg_index_refresh(builder->index, store);
}

static void
end_row(KgBuilder *builder)
{
	if (builder->shared)
		LWLockRelease(&builder->shared->flush_lock);
}

static void
count_row(KgBuilder *builder)
{
	uint64		rows = ++builder->rows;

	if (builder->shared)
		rows = pg_atomic_add_fetch_u64(&builder->shared->rows, 1);
	if (builder->leader)
		pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE,
									 (int64) rows);
}

static void
show_phase(const KgBuilder *builder, int phase)
{
	if (builder->leader)
		pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, phase);
}

/* Rows that are near each other. */
static void
insert_group(const KgRow *rows, int count, void *arg)
{
	KgBuilder  *builder = arg;
	MemoryContext old_context = MemoryContextSwitchTo(builder->row_context);

	CHECK_FOR_INTERRUPTS();
	show_phase(builder, KG_BUILD_PHASE_INSERT);
	begin_row(builder);
	kg_insert_rows(builder->inserter, builder->index, &builder->store, rows, count);
	end_row(builder);
	for (int i = 0; i < count; i++)
		count_row(builder);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(builder->row_context);
}

/* Inserts the rows of the batch. */
static void
insert_batch(KgBuilder *builder)
{
	show_phase(builder, KG_BUILD_PHASE_ORDER);
	kg_row_batch_hand_out(builder->batch, insert_group, builder);
}

/* Adds a row to the batch, of which all are inserted when there are so many. */
static void
add_to_batch(KgBuilder *builder, const KgRow *row, int most)
{
	kg_row_batch_add(builder->batch, row, row->x);
	if (builder->batch->count == most)
		insert_batch(builder);
}

static void
insert_vector(KgBuilder *builder, const KgRow *row)
{
	CHECK_FOR_INTERRUPTS();
	begin_row(builder);
	kg_insert_row(builder->inserter, builder->index, &builder->store, row);
	end_row(builder);
}

/* Is a row one of those that are inserted at once, whatever its place? */
static bool
goes_first(const KgBuilder *builder, KgTid tid)
{
	uint32		hash = hash_bytes((const unsigned char *) &tid, sizeof(tid));

	return hash % builder->first_part == 0;
}

static void
take_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull,
		 bool alive, void *arg)
{
	KgBuilder  *builder = arg;
	KgStore    *store = &builder->store;
	MemoryContext old_context = MemoryContextSwitchTo(builder->row_context);
	KgRow		row = {.tid = tid_from_pointer(tid)};
	KgRowVectors vectors = {0};
	bool		deferred;

	/* Before any lock: this may read TOAST. */
	if (!isnull[0])
		vectors = kg_column_vectors(builder->column, values[0],
									builder->index->layout.dims);
	kg_filter_words(&builder->filters, values, isnull, row.words);
	deferred = builder->order && !goes_first(builder, row.tid);

	if (builder->batch && vectors.count > 0)
	{
		row.x = vectors.x[0];
		if (deferred)
			kg_spatial_order_put(builder->order, &row);
		MemoryContextSwitchTo(old_context);
		if (!deferred)
			add_to_batch(builder, &row, builder->batch->capacity);
		MemoryContextReset(builder->row_context);
		return;
	}
	for (int i = 0; i < vectors.count; i++)
	{
		row.x = vectors.x[i];
		if (deferred)
			kg_spatial_order_put(builder->order, &row);
		else
			insert_vector(builder, &row);
	}
	if (vectors.count == 0)
	{
		begin_row(builder);
		kg_list_add(store, isnull[0] ? LIST_NULLS : LIST_UNDIRECTED, row.tid);
		end_row(builder);
	}
	count_row(builder);

	MemoryContextSwitchTo(old_context);
	MemoryContextReset(builder->row_context);
}

/* Inserts the rows that were deferred, those of a region of the space together. */
static void
insert_regions(KgBuilder *builder)
{
	KgRowBatch *batch = builder->batch;
	uint64		rows;
	KgRow		row;

	while (kg_spatial_order_next_batch(builder->order, &rows))
	{
		/* equal parts, if the region has too many */
		uint64		parts = (rows + batch->capacity - 1) / batch->capacity;
		int			most = (int) ((rows + parts - 1) / Max(parts, 1));

		while (kg_spatial_order_next(builder->order, &row))
		{
			CHECK_FOR_INTERRUPTS();
			add_to_batch(builder, &row, most);
		}
		insert_batch(builder);
	}
}

/* Inserts the rows that were deferred, one by one. */
static void
insert_in_order(KgBuilder *builder)
{
	KgBuildShared *shared = builder->shared;
	uint64		done = 0;
	KgRow		row;

	if (builder->leader)
	{
		pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, KG_BUILD_PHASE_INSERT);
		pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE, 0);
		pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_TOTAL,
									 (int64) kg_spatial_order_rows(builder->order));
	}
	while (kg_spatial_order_next(builder->order, &row))
	{
		MemoryContext old_context = MemoryContextSwitchTo(builder->row_context);

		insert_vector(builder, &row);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(builder->row_context);
		done = shared ? pg_atomic_add_fetch_u64(&shared->ordered_rows, 1) : done + 1;
		if (builder->leader)
			pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE, (int64) done);
	}
}

/*
 * Chooses the lists of all pages again; the processes of a parallel build share them out.
 * Pages that come meanwhile have found all others.
 */
static void
choose_lists_again(KgBuilder *builder)
{
	BlockNumber end = kg_store_pages(&builder->store);
	BlockNumber block = 0;

	if (builder->leader)
	{
		pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, KG_BUILD_PHASE_CHOOSE);
		pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_TOTAL, (int64) end);
	}
	for (;;)
	{
		MemoryContext old_context;

		block = builder->shared ?
			(BlockNumber) pg_atomic_fetch_add_u64(&builder->shared->chosen, 1) + 1 : block + 1;
		if (block >= end)
			break;
		CHECK_FOR_INTERRUPTS();
		old_context = MemoryContextSwitchTo(builder->row_context);
		begin_row(builder);
		kg_page_list_choose_again(builder->inserter, builder->index, &builder->store, block, 0);
		end_row(builder);
		if (builder->leader)
			pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_DONE, (int64) block);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(builder->row_context);
	}
}

double
kg_builder_scan(KgBuilder *builder, TableScanDesc scan)
{
	double		rows = 0;

	if (builder->order == NULL || !kg_spatial_order_is_complete(builder->order))
		rows = table_index_build_scan(builder->heap, builder->rel, builder->info,
									  true, builder->leader, take_row, builder,
									  scan);
	else
		table_endscan(scan);
	if (builder->batch)
		insert_batch(builder);
	if (builder->order)
	{
		kg_spatial_order_finish(builder->order);
		if (builder->batch)
			insert_regions(builder);
		else
			insert_in_order(builder);
		kg_spatial_order_free(builder->order);
		builder->order = NULL;
	}
	if (builder->batch)
		choose_lists_again(builder);
	return rows;
}
