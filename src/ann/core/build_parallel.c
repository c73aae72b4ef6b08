/*
 * build_parallel.c
 *	  Building an index with several processes.
 *
 * Leader and workers share a parallel scan of the table and the index's
 * pages: in memory (build_memory.h) with a lock for each page while they fit, in
 * buffers afterwards.  Each inserts the rows that its part of the scan gives,
 * exactly as a single process would.
 */
#include "postgres.h"

#include <sys/statvfs.h>

#include "access/genam.h"
#include "access/parallel.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "pgstat.h"
#include "storage/dsm_impl.h"
#include "tcop/tcopprot.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ann/core/build_parallel.h"
#include "pg/compat.h"

/* Keys of the parts of the build's shared memory. */
#define KEY_SHARED		UINT64CONST(0xC600000000000001)
#define KEY_MEMORY		UINT64CONST(0xC600000000000002)
#define KEY_SCAN		UINT64CONST(0xC600000000000003)
#define KEY_QUERY		UINT64CONST(0xC600000000000004)
#define KEY_WAL_USAGE	UINT64CONST(0xC600000000000005)
#define KEY_BUFFER_USAGE UINT64CONST(0xC600000000000006)
#define KEY_ORDER		UINT64CONST(0xC600000000000007)

struct KgParallelBuild
{
	ParallelContext *context;
	Snapshot	snapshot;
	KgBuildShared *shared;
	KgBuildMemory *memory;
	ParallelTableScanDesc scan;
	WalUsage   *wal_usage;
	BufferUsage *buffer_usage;
};

/* Has the file system of POSIX shared memory the space?  True if unknown. */
static bool
shared_memory_has_room(Size bytes)
{
	struct statvfs fs;

	if (dynamic_shared_memory_type != DSM_IMPL_POSIX ||
		statvfs("/dev/shm", &fs) != 0)
		return true;
	return (uint64) fs.f_bavail * fs.f_frsize > bytes;
}

int
kg_parallel_build_workers(Relation heap, Relation index, Size memory)
{
	int			workers = plan_create_index_workers(RelationGetRelid(heap),
													RelationGetRelid(index));

	if (workers > 0 && !shared_memory_has_room(memory))
	{
		ereport(DEBUG1,
				(errmsg_internal("/dev/shm is too small for a parallel build")));
		return 0;
	}
	return workers;
}

/* Shared memory for one shm_toc_allocate() and shm_toc_insert(). */
static void
estimate(ParallelContext *context, Size size)
{
	shm_toc_estimate_chunk(&context->estimator, size);
	shm_toc_estimate_keys(&context->estimator, 1);
}

static void *
allocate(ParallelContext *context, uint64 key, Size size)
{
	void	   *space = shm_toc_allocate(context->toc, size);

	shm_toc_insert(context->toc, key, space);
	return space;
}

/* What the processes know of each other and of the build. */
static KgBuildShared *
share_state(ParallelContext *context, const KgBuilder *builder, int workers)
{
	KgBuildShared *shared = allocate(context, KEY_SHARED, sizeof(KgBuildShared));

	shared->heap = RelationGetRelid(builder->heap);
	shared->index = RelationGetRelid(builder->rel);
	shared->concurrent = builder->info->ii_Concurrent;
	shared->processes = workers + 1;
	shared->expected_rows = builder->expected_rows;
	shared->batch_memory = builder->batch_memory / (workers + 1);
	shared->flushed = false;
	shared->ordered = builder->order != NULL;
	shared->first_part = builder->first_part;
	LWLockInitialize(&shared->flush_lock, kg_lwlock_tranche());
	pg_atomic_init_u64(&shared->rows, 0);
	pg_atomic_init_u64(&shared->heap_rows, 0);
	pg_atomic_init_u64(&shared->ordered_rows, 0);
	pg_atomic_init_u64(&shared->chosen, 0);
	return shared;
}

KgParallelBuild *
kg_parallel_build_begin(const KgBuilder *builder, int workers, Size limit,
						KgBuildShared **shared, KgBuildMemory **memory)
{
	KgParallelBuild *build = palloc0(sizeof(KgParallelBuild));
	bool		concurrent = builder->info->ii_Concurrent;
	const char *query = debug_query_string ? debug_query_string : "";
	ParallelContext *context;
	Size		scan_size;

	EnterParallelMode();
	context = CreateParallelContext("kg", "kg_build_worker", workers);
	build->context = context;
	build->snapshot = concurrent ?
		RegisterSnapshot(GetTransactionSnapshot()) : SnapshotAny;

	scan_size = table_parallelscan_estimate(builder->heap, build->snapshot);
	estimate(context, sizeof(KgBuildShared));
	estimate(context, kg_build_memory_shared_size(limit));
	estimate(context, scan_size);
	estimate(context, strlen(query) + 1);
	estimate(context, mul_size(sizeof(WalUsage), workers));
	estimate(context, mul_size(sizeof(BufferUsage), workers));
	if (builder->order)
		estimate(context, kg_spatial_order_shared_size(builder->order, workers + 1));

	InitializeParallelDSM(context);
	if (context->seg == NULL)
	{
		kg_parallel_build_end(build);
		return NULL;
	}

	build->shared = *shared = share_state(context, builder, workers);

	*memory = kg_build_memory_share(allocate(context, KEY_MEMORY,
											 kg_build_memory_shared_size(limit)),
									limit, context->seg);

	build->memory = *memory;
	if (builder->order)
		kg_spatial_order_share(builder->order,
							   allocate(context, KEY_ORDER,
										kg_spatial_order_shared_size(builder->order, workers + 1)),
							   workers + 1, context->seg);

	build->scan = allocate(context, KEY_SCAN, scan_size);
	table_parallelscan_initialize(builder->heap, build->scan, build->snapshot);
	strcpy(allocate(context, KEY_QUERY, strlen(query) + 1), query);
	build->wal_usage = allocate(context, KEY_WAL_USAGE,
								mul_size(sizeof(WalUsage), workers));
	build->buffer_usage = allocate(context, KEY_BUFFER_USAGE,
								   mul_size(sizeof(BufferUsage), workers));
	return build;
}

double
kg_parallel_build_run(KgParallelBuild *build, KgBuilder *builder)
{
	ParallelContext *context = build->context;
	double		heap_rows;

	LaunchParallelWorkers(context);
	ereport(DEBUG1,
			(errmsg_internal("using %d parallel workers",
							 context->nworkers_launched)));
	heap_rows = kg_builder_scan(builder, kg_beginscan_parallel(builder->heap, build->scan));
	WaitForParallelWorkersToFinish(context);
	for (int i = 0; i < context->nworkers_launched; i++)
		InstrAccumParallelQuery(&build->buffer_usage[i], &build->wal_usage[i]);
	builder->rows = pg_atomic_read_u64(&build->shared->rows);

	/* A worker may have moved the pages to buffers. */
	if (build->shared->flushed)
		builder->store.memory = NULL;
	return heap_rows + pg_atomic_read_u64(&build->shared->heap_rows);
}

void
kg_parallel_build_end(KgParallelBuild *build)
{
	if (build->memory)
		kg_build_memory_detach(build->memory);
	if (IsMVCCSnapshot(build->snapshot))
		UnregisterSnapshot(build->snapshot);
	DestroyParallelContext(build->context);
	ExitParallelMode();
}

void
kg_build_worker(dsm_segment *segment, shm_toc *toc)
{
	KgBuildShared *shared = shm_toc_lookup(toc, KEY_SHARED, false);
	KgBuilder	builder = {0};
	KgBuildMemory *memory;
	LOCKMODE	heap_lock;
	LOCKMODE	index_lock;
	WalUsage   *wal_usage;
	BufferUsage *buffer_usage;
	double		heap_rows;

	debug_query_string = shm_toc_lookup(toc, KEY_QUERY, false);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	kg_lwlock_tranche();

	/* The locks that the leader holds. */
	heap_lock = shared->concurrent ? ShareUpdateExclusiveLock : ShareLock;
	index_lock = shared->concurrent ? RowExclusiveLock : AccessExclusiveLock;
	builder.heap = table_open(shared->heap, heap_lock);
	builder.rel = index_open(shared->index, index_lock);
	builder.info = BuildIndexInfo(builder.rel);
	builder.info->ii_Concurrent = shared->concurrent;
	builder.shared = shared;
	builder.expected_rows = shared->expected_rows;

	InstrStartParallelQuery();
	memory = kg_build_memory_attach(shm_toc_lookup(toc, KEY_MEMORY, false),
									segment);
	kg_builder_init(&builder, memory);
	if (shared->ordered)
		builder.order = kg_spatial_order_attach(shm_toc_lookup(toc, KEY_ORDER, false),
												ParallelWorkerNumber, segment,
												&builder.index->space);
	builder.first_part = shared->first_part;
	heap_rows = kg_builder_scan(&builder,
								kg_beginscan_parallel(builder.heap,
													  shm_toc_lookup(toc, KEY_SCAN, false)));
	pg_atomic_fetch_add_u64(&shared->heap_rows, (int64) heap_rows);

	wal_usage = shm_toc_lookup(toc, KEY_WAL_USAGE, false);
	buffer_usage = shm_toc_lookup(toc, KEY_BUFFER_USAGE, false);
	InstrEndParallelQuery(&buffer_usage[ParallelWorkerNumber],
						  &wal_usage[ParallelWorkerNumber]);
	kg_build_memory_detach(memory);
	index_close(builder.rel, index_lock);
	table_close(builder.heap, heap_lock);
}
