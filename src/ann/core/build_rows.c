/*
 * build_rows.c
 *	  Inserting a table's rows into an index that is being built.
 */
#include "postgres.h"

#include "access/genam.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/core/access_method.h"
#include "ann/core/build_rows.h"
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
		builder->batch = kg_build_batch_new(&builder->index->layout, builder->batch_memory,
											builder->expected_rows);
	builder->row_context = AllocSetContextCreate(CurrentMemoryContext,
												 "kg_hnsw build row",
												 ALLOCSET_DEFAULT_SIZES);
}

void
kg_builder_flush(KgBuilder *builder, ForkNumber fork)
{
	KgStore    *store = &builder->store;
	BlockNumber pages;

	if (store->memory == NULL)
		return;
	pages = kg_build_memory_pages(store->memory);
	for (BlockNumber block = 0; block < pages; block++)
	{
		Buffer		buffer;

		CHECK_FOR_INTERRUPTS();
		buffer = ReadBufferExtended(builder->rel, fork, P_NEW,
									RBM_ZERO_AND_LOCK, NULL);
		Assert(BufferGetBlockNumber(buffer) == block);
		memcpy(BufferGetPage(buffer), kg_build_memory_page(store->memory, block),
			   BLCKSZ);
		MarkBufferDirty(buffer);
		UnlockReleaseBuffer(buffer);
	}
	kg_build_memory_free(store->memory);
	store->memory = NULL;
}

/* Says that memory was too small, and how much would have been enough. */
static void
report_full(KgBuilder *builder, uint64 rows)
{
	Size		used = (Size) kg_build_memory_pages(builder->store.memory) * BLCKSZ;
	double		needed = 0;

	if (rows > 0)
		needed = Max(builder->expected_rows, rows) / rows * used;
	ereport(NOTICE,
			(errmsg("%s graph no longer fits into maintenance_work_mem after " UINT64_FORMAT " rows",
					kg_access_method_name(builder->rel), rows),
			 errdetail("Building continues in shared buffers, more slowly."),
			 errhint("A maintenance_work_mem of about %.0f MB would hold it.",
					 needed / (1024 * 1024) + 2)));
}

/*
 * Before a row, or a vector of it: switches to buffers if memory might not hold the row's pages.
 * In a parallel build, holds the flush lock (shared) until end_row().
 */
static void
begin_row(KgBuilder *builder)
{
	KgBuildShared *shared = builder->shared;
	KgStore    *store = &builder->store;

	if (shared == NULL)
	{
		if (store->memory && !kg_build_memory_reserve(store->memory,
													  PAGES_OF_A_ROW(store->layout)))
		{
			report_full(builder, builder->rows);
			kg_builder_flush(builder, MAIN_FORKNUM);
		}
		return;
	}

	for (;;)
	{
		LWLockAcquire(&shared->flush_lock, LW_SHARED);
		if (shared->flushed)
			store->memory = NULL;
		if (store->memory == NULL ||
			kg_build_memory_reserve(store->memory,
									PAGES_OF_A_ROW(store->layout) * shared->processes))
			break;
		LWLockRelease(&shared->flush_lock);

		LWLockAcquire(&shared->flush_lock, LW_EXCLUSIVE);
		if (!shared->flushed)
		{
			report_full(builder, pg_atomic_read_u64(&shared->rows));
			kg_builder_flush(builder, MAIN_FORKNUM);
			shared->flushed = true;
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

/* Rows that are near each other. */
static void
insert_group(const KgRow *rows, int count, void *arg)
{
	KgBuilder  *builder = arg;
	MemoryContext old_context = MemoryContextSwitchTo(builder->row_context);

	CHECK_FOR_INTERRUPTS();
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
	kg_build_batch_hand_out(builder->batch, insert_group, builder);
}

static void
insert_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull,
		   bool alive, void *arg)
{
	KgBuilder  *builder = arg;
	KgStore    *store = &builder->store;
	MemoryContext old_context = MemoryContextSwitchTo(builder->row_context);
	KgRow		row = {.tid = tid_from_pointer(tid)};
	KgRowVectors vectors = {0};

	/* Before any lock: this may read TOAST. */
	if (!isnull[0])
		vectors = kg_column_vectors(builder->column, values[0],
									builder->index->layout.dims);
	kg_filter_words(&builder->filters, values, isnull, row.words);

	if (builder->batch && vectors.count > 0)
	{
		row.x = vectors.x[0];
		kg_build_batch_add(builder->batch, &row);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(builder->row_context);
		if (builder->batch->count == builder->batch->capacity)
			insert_batch(builder);
		return;
	}
	for (int i = 0; i < vectors.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		begin_row(builder);
		row.x = vectors.x[i];
		kg_insert_row(builder->inserter, builder->index, store, &row);
		end_row(builder);
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

double
kg_builder_scan(KgBuilder *builder, TableScanDesc scan)
{
	double		rows = table_index_build_scan(builder->heap, builder->rel, builder->info,
											  true, builder->leader, insert_row, builder,
											  scan);

	if (builder->batch)
		insert_batch(builder);
	return rows;
}
