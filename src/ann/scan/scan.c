/*
 * scan.c
 *	  ORDER BY distance, WHERE within a distance, or both: what the executor calls.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/relscan.h"
#include "catalog/pg_type.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ann/scan/scan.h"
#include "ann/scan/stages.h"
#include "pg/compat.h"

IndexScanDesc
kg_ambeginscan(Relation rel, int nkeys, int norderbys)
{
	IndexScanDesc desc = RelationGetIndexScan(rel, nkeys, norderbys);
	KgScan	   *scan = palloc0(sizeof(KgScan));

	scan->context = AllocSetContextCreate(CurrentMemoryContext, "kg_hnsw scan",
										  ALLOCSET_DEFAULT_SIZES);
	scan->query_context = AllocSetContextCreate(scan->context,
												"kg_hnsw scan query",
												ALLOCSET_DEFAULT_SIZES);
	if (norderbys > 0)
	{
		desc->xs_orderbyvals = palloc0(sizeof(Datum) * norderbys);
		desc->xs_orderbynulls = palloc0(sizeof(bool) * norderbys);
	}
	desc->opaque = scan;
	return desc;
}

/* Allocates what all scans of this descriptor share. */
static void
init_scan(KgScan *scan, IndexScanDesc desc)
{
	MemoryContext old_context = MemoryContextSwitchTo(scan->context);

	scan->column = kg_column_get(desc->indexRelation);
	kg_filter_columns_get(desc->indexRelation, &scan->filters);
	scan->orderby_types = palloc(sizeof(Oid) * desc->numberOfOrderBys);
	scan->distances = palloc(sizeof(IndexOrderByDistance) *
							 desc->numberOfOrderBys);
	for (int i = 0; i < desc->numberOfOrderBys; i++)
		scan->orderby_types[i] = FLOAT8OID;
	kg_search_init(&scan->search);
	scan->search.expand_arg = scan;
	kg_query_init(&scan->order_query);
	scan->order_query.foreign = scan->column->foreign;
	kg_visited_init(&scan->returned, scan->context);
	kg_found_init(&scan->found);
	kg_pending_rows_init(&scan->pending);
	scan->tid_capacity = 16;
	scan->tids = palloc(sizeof(KgTid) * scan->tid_capacity);
	MemoryContextSwitchTo(old_context);
}

/* Adds up a scan that ended, before the next or for good. */
static void
count_scan(KgScan *scan)
{
	scan->counters.hops += scan->earlier_hops + scan->search.hops;
	scan->counters.pages += scan->store.reads;
	scan->counters.swept += scan->swept;
	scan->earlier_hops = scan->search.hops = 0;
	scan->store.reads = 0;
	scan->swept = 0;
}

void
kg_amrescan(IndexScanDesc desc, ScanKey keys, int nkeys, ScanKey orderbys,
			int norderbys)
{
	KgScan	   *scan = desc->opaque;

	if (keys && desc->numberOfKeys > 0)
		memmove(desc->keyData, keys, desc->numberOfKeys * sizeof(ScanKeyData));
	if (orderbys && desc->numberOfOrderBys > 0)
		memmove(desc->orderByData, orderbys,
				desc->numberOfOrderBys * sizeof(ScanKeyData));

	if (scan->column == NULL)
		init_scan(scan, desc);
	count_scan(scan);
	scan->rescans++;
	scan->stage = STAGE_START;
	scan->maxsim = NULL;
	scan->settings = kg_scan_settings(desc->indexRelation);
	scan->mode = scan->settings.iterative_scan;
	scan->search.memory_limit = scan->mode == ITERATIVE_OFF ? 0 :
		scan->settings.memory;
	scan->max_nodes = scan->settings.max_scan_tuples;
	scan->found.count = 0;
	scan->defers = false;
	kg_far_nodes_reset(&scan->far);
	kg_pending_rows_reset(&scan->pending);
	scan->filter.count = 0;
	scan->listed = NULL;
	scan->listed_next = 0;
	memset(&scan->search.plan, 0, sizeof(KgFilterPlan));
	scan->tid_count = 0;
	scan->tid_next = 0;
	scan->last_bound = -INFINITY;
	scan->query_undirected = false;
	scan->measured = false;
	scan->ordered = false;
	scan->copy = NULL;
	scan->inside = 0;
	scan->batch_start = 0;
	scan->handed_out = 0;
	scan->search_over = false;
	scan->cut = false;
	scan->swept_within = INFINITY;
	kg_visited_reset(&scan->returned);
}

void
kg_scan_set_goal(IndexScanDesc desc, KgGoal *goal)
{
	((KgScan *) desc->opaque)->goal = goal;
}

KgGoal *
kg_scan_goal(IndexScanDesc desc)
{
	return ((KgScan *) desc->opaque)->goal;
}

uint64
kg_scan_count(IndexScanDesc desc)
{
	return ((KgScan *) desc->opaque)->rescans;
}

/*
 * Tells the executor the bound.  Of further distances to order by, where the
 * first is the same, nothing is known.
 */
static void
store_distances(KgScan *scan, IndexScanDesc desc)
{
	scan->distances[0] = scan->distance;
	for (int i = 1; i < desc->numberOfOrderBys; i++)
	{
		scan->distances[i].value = -INFINITY;
		scan->distances[i].isnull = false;
	}
	index_store_float8_orderby_distances(desc, scan->orderby_types,
										 scan->distances, true);
}

bool
kg_amgettuple(IndexScanDesc desc, ScanDirection direction)
{
	KgScan	   *scan = desc->opaque;
	bool		found = true;

	Assert(ScanDirectionIsForward(direction));

	if (scan->stage == STAGE_START)
	{
		/*
		 * Rows that VACUUM removed meanwhile are told from new ones in their
		 * place by the snapshot alone.
		 */
		if (!IsMVCCSnapshot(desc->xs_snapshot))
			elog(ERROR, "non-MVCC snapshots are not supported with kg_hnsw");
		kg_count_index_scan(desc);
	}

	while (found && scan->tid_next == scan->tid_count)
	{
		MemoryContext old_context = MemoryContextSwitchTo(scan->context);

		found = kg_stages_next(scan, desc);
		MemoryContextSwitchTo(old_context);
	}
	if (!found)
		return false;

	tid_to_pointer(scan->tids[scan->tid_next++], &desc->xs_heaptid);
	scan->counters.rows++;
	desc->xs_recheck = desc->numberOfKeys > 0;
	if (desc->numberOfOrderBys > 0)
		store_distances(scan, desc);
	return true;
}

void
kg_amendscan(IndexScanDesc desc)
{
	KgScan	   *scan = desc->opaque;

	if (scan->counters.scans > 0)
	{
		count_scan(scan);
		kg_last_scan = scan->counters;
		kg_last_scan.index = RelationGetRelid(desc->indexRelation);
	}
	MemoryContextDelete(scan->context);
	pfree(scan);
	desc->opaque = NULL;
}
