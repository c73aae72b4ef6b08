/*
 * amvacuum.c
 *	  VACUUM, as the server calls it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "storage/bufmgr.h"
#include "storage/indexfsm.h"
#include "utils/rel.h"

#include "ann/amvacuum.h"
#include "ann/core/calibrate.h"
#include "ann/core/column.h"
#include "ann/core/index_cache.h"
#include "ann/core/merge.h"
#include "ann/core/refresh.h"
#include "ann/core/vacuum.h"
#include "pg/compat.h"

static void
open_store(IndexVacuumInfo *info, KgStore *store)
{
	(void) kg_index_open(info->index, store);
	store->strategy = info->strategy;
}

/*
 * Merges the list of pending rows, after any other merge.  Rows that are dead are
 * removed from it; is_dead is NULL: nobody knows which are.
 */
static void
merge_pending(IndexVacuumInfo *info, IndexBulkDeleteCallback is_dead, void *arg,
			  KgMergeCounts *counts)
{
	int			memory = AmAutoVacuumWorkerProcess() && autovacuum_work_mem != -1 ?
	autovacuum_work_mem : maintenance_work_mem;
	KgMergeRequest request = {
		.wait = true,.memory = (Size) memory * 1024,
		.is_dead = is_dead,.is_dead_arg = arg
	};
	KgStore		store;

	kg_store_init(&store, info->index, NULL);
	(void) kg_merge(&store, &request, counts);
}

IndexBulkDeleteResult *
kg_ambulkdelete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
				IndexBulkDeleteCallback callback, void *callback_state)
{
	KgStore		store;
	KgVacuumCounts counts;
	KgMergeCounts merged;

	if (stats == NULL)
		stats = palloc0(sizeof(IndexBulkDeleteResult));

	/*
	 * The list must have no dead row when the passes begin: a merge could put
	 * it behind one of them.
	 */
	merge_pending(info, callback, callback_state, &merged);
	open_store(info, &store);
	kg_vacuum(&store, callback, callback_state, &counts);
	stats->num_pages = counts.pages;
	stats->num_index_tuples = counts.rows;
	stats->tuples_removed += merged.removed + counts.removed;
	stats->estimated_count = false;
	return stats;
}

/*
 * Measures the index again if it has changed much.  Queries of the user cannot
 * be had again.
 */
static void
recalibrate(IndexVacuumInfo *info)
{
	KgStore		store;
	KgIndex    *index = kg_index_open(info->index, &store);
	KgMetaPage	meta;
	double		nodes = (double) RelationGetNumberOfBlocks(info->index) *
	index->layout.per_page;

	store.strategy = info->strategy;
	kg_index_read_meta(&store, &meta);
	if (!kg_calibrate_is_due(&meta, nodes))
		return;
	if (meta.recall.given)
		ereport(NOTICE,
				(errmsg("index \"%s\" has changed much since its searches were measured",
						RelationGetRelationName(info->index)),
				 errhint("Run kg.calibrate with queries of your own again.")));
	else
	{
		/* of its own: the relation cache may drop the other one meanwhile */
		index = kg_index_load(&store, CurrentMemoryContext, false);
		(void) kg_calibrate(&store, index, NULL, (Size) maintenance_work_mem * 1024);
	}
}

/*
 * Where a row has many nodes, a pass over the index cannot tell how many rows it
 * has.  As for GIN it has the table's, unless it is partial: then the figure that
 * CREATE INDEX found stays.
 */
static void
count_rows_of_many(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	stats->num_index_tuples = Max(info->num_heap_tuples, 0);
	stats->estimated_count = info->estimated_count ||
		RelationGetIndexPredicate(info->index) != NIL;
}

/* Chooses the lists of pages anew that many nodes have joined. */
static void
refresh_lists(IndexVacuumInfo *info)
{
	KgStore		store;
	KgIndex    *index = kg_index_open(info->index, &store);

	if (!kg_layout_has_hubs(&index->layout))
		return;
	store.strategy = info->strategy;
	/* of its own: the relation cache may drop the other one meanwhile */
	kg_refresh_lists(&store, kg_index_load(&store, CurrentMemoryContext, false));
}

IndexBulkDeleteResult *
kg_amvacuumcleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	KgMergeCounts merged;

	/* Only autovacuum's ANALYZE, as nobody waits for that. */
	if (info->analyze_only)
	{
		if (AmAutoVacuumWorkerProcess())
			merge_pending(info, NULL, NULL, &merged);
		return stats;
	}
	if (stats == NULL)
	{
		KgStore		store;

		merge_pending(info, NULL, NULL, &merged);
		stats = palloc0(sizeof(IndexBulkDeleteResult));
		open_store(info, &store);
		kg_vacuum_find_space(&store);
		stats->num_index_tuples = info->num_heap_tuples;
		stats->estimated_count = true;
	}
	if (kg_column_get(info->index)->vectors)
		count_rows_of_many(info, stats);
	refresh_lists(info);
	recalibrate(info);
	IndexFreeSpaceMapVacuum(info->index);
	stats->num_pages = RelationGetNumberOfBlocks(info->index);
	return stats;
}
