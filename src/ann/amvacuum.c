/*
 * amvacuum.c
 *	  VACUUM, as the server calls it.
 */
#include "postgres.h"

#include "storage/bufmgr.h"
#include "storage/indexfsm.h"

#include "ann/amvacuum.h"
#include "ann/core/index_cache.h"
#include "ann/core/vacuum.h"

static void
open_store(IndexVacuumInfo *info, KgStore *store)
{
	(void) kg_index_open(info->index, store);
	store->strategy = info->strategy;
}

IndexBulkDeleteResult *
kg_ambulkdelete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
				IndexBulkDeleteCallback callback, void *callback_state)
{
	KgStore		store;
	KgVacuumCounts counts;

	if (stats == NULL)
		stats = palloc0(sizeof(IndexBulkDeleteResult));
	open_store(info, &store);
	kg_vacuum(&store, callback, callback_state, &counts);
	stats->num_pages = counts.pages;
	stats->num_index_tuples = counts.rows;
	stats->tuples_removed += counts.removed;
	stats->estimated_count = false;
	return stats;
}

IndexBulkDeleteResult *
kg_amvacuumcleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	if (info->analyze_only)
		return stats;
	if (stats == NULL)
	{
		KgStore		store;

		stats = palloc0(sizeof(IndexBulkDeleteResult));
		open_store(info, &store);
		kg_vacuum_find_space(&store);
		stats->num_index_tuples = info->num_heap_tuples;
		stats->estimated_count = true;
	}
	IndexFreeSpaceMapVacuum(info->index);
	stats->num_pages = RelationGetNumberOfBlocks(info->index);
	return stats;
}
