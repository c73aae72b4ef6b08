/*
 * scan.c
 *	  ORDER BY distance, WHERE within a distance, or both.
 *
 * A row leaves with a lower bound of its distance; the executor computes the
 * distance itself and puts rows in order (xs_recheckorderby).  So rows must
 * leave in the order of their bounds, and a bound must never be above what
 * the operator returns: kg_query_lower() sees to that.
 *
 * A scan goes through stages.  It searches the graph; each batch of a search
 * (ef_search nodes) is handed out as far as the batch has looked, then the
 * search goes on.  When the graph is exhausted it sweeps all pages for the rows
 * not handed out: what no edge leads to, what was forgotten to stay within
 * work_mem, and rows that the search met too late to be in order.  Then come
 * rows whose distance is NaN, then those with a NULL.  So a scan that is read
 * to its end returns every row.
 *
 * With search keys (balls) only rows that may be within all of them leave, and
 * the executor checks them (xs_recheck).  Such a scan measures distances from
 * the ORDER BY's query or else from a ball's centre.  Once it has looked
 * farther than rows within the balls can be, it ends without a sweep.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "access/genam.h"
#include "access/relscan.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ann/core/index_cache.h"
#include "ann/layout/copies.h"
#include "ann/scan/effort.h"
#include "ann/scan/filtered.h"
#include "ann/scan/maxsim.h"
#include "ann/scan/pending_scan.h"
#include "ann/scan/row_blocks.h"
#include "ann/scan/scan.h"
#include "ann/scan/sweep.h"
#include "pg/compat.h"

/*
 * A scan ends when no more than one in so many of the last kg.ef_search nodes
 * was within its balls.  The README has the figures.
 */
#define BEYOND_PART 10

/*
 * By L1 and of sparse vectors the search meets nodes in the order of another
 * distance, so that rows within a ball are spread thin among the last nodes.
 */
#define BEYOND_PART_ESTIMATE 100

/*
 * A scan with balls mostly is read to its end, so that looking farther ahead
 * than others do (KG_SEARCH_AHEAD) costs little, and it loses what comes too
 * late, because no sweep follows.
 */
#define SEARCH_AHEAD_IN_BALLS 3

/* So many times as much as the search before it. */
#define SWEEP_AFTER_BALLS 4

static void
expand(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
	KgScan	   *scan = search->expand_arg;
	double		bound = kg_query_lower(scan->query, slot, key);

	if (bound <= scan->within.reach)
		scan->inside += search->counts;
	if (!kg_scan_passes(scan, slot))
		return;
	search->passed += search->counts;
	if (slot->state != NODE_LIVE)
		return;
	kg_effort_note(scan, key, bound);
	kg_scan_collect(scan, slot, node, bound);
}

/*
 * Handing out.
 */

/*
 * Raises the bound of a node whose stored vector is coarse, by its finer copy:
 * reading that costs less than fetching a row too many.
 */
static void
rerank(KgScan *scan, KgFoundNode *node)
{
	const KgGeometry *geometry = scan->query->geometry;
	KgStored	stored = {
		.frame = node->frame,.storage = KG_COPY_STORAGE,
		.vector = scan->copy->vector,.length = node->length
	};
	double		bound;

	kg_copy_read(&scan->store, node->node, scan->copy);
	stored.error = scan->copy->error;
	bound = geometry->lower(scan->query, &stored,
							geometry->key(scan->query, &stored));
	node->bound = Max(node->bound, bound);
	node->coarse = false;
	scan->counters.reranked++;
}

/*
 * Maps what ORDER BY measures distances from, as long as that is one of them
 * that tells rows apart.
 */
static void
map_query(KgScan *scan, const KgIndex *index, Datum value)
{
	const void *x = kg_column_elements(scan->column, value, scan->layout.dims);

	scan->query = &scan->order_query;
	scan->query_undirected = !kg_query_set(scan->query, index, &scan->store,
										   x);
	if (scan->query_undirected)
		return;
	scan->measured = true;
	scan->ordered = true;
	if (scan->layout.copy_bytes > 0)
		scan->copy = palloc(scan->layout.copy_bytes);
}

/* The query of a scan without a useful ORDER BY: a ball's centre. */
static void
take_query(KgScan *scan, KgBallTest *test)
{
	scan->query = &test->centre;
	scan->measured = true;
}

/*
 * Adds the conditions of WHERE to those of the scan keys.  False if no row
 * meets them.
 */
static bool
add_conditions(KgScan *scan)
{
	const KgGoal *goal = scan->goal;

	if (goal == NULL)
		return true;
	for (int i = 0; i < goal->within_count; i++)
		kg_radius_add(&scan->within, goal->within[i], goal->nan_passes);
	return !goal->none_passes;
}

/*
 * Reads the pending rows, and only then how many pages there are to sweep: a row
 * that has been merged by then is on one of them.
 */
static void
begin_reading(KgScan *scan, Relation rel, KgIndex *index)
{
	kg_scan_read_pending(scan, index);
	scan->sweep_block = KG_META_BLOCK + 1;
	scan->sweep_end = RelationGetNumberOfBlocks(rel);
}

/* Begins to search, or says what to do instead. */
static ScanStage
start_search(KgScan *scan, KgIndex *index)
{
	kg_effort_aim(scan, index);
	if (kg_scan_filtered(scan))
	{
		kg_filtered_plan(scan, index);
		if (kg_filtered_list(scan, index))
			return STAGE_SWEEP;
	}
	if (!scan->measured || kg_effort_begin_sweeping(scan))
		return STAGE_SWEEP;
	kg_effort_begin_searching(scan);
	kg_search_start(&scan->search, index, &scan->store, scan->query,
					kg_effort_pool(scan));
	scan->counters.batches++;
	return STAGE_SEARCH;
}

/* Looks at the scan keys.  Returns what to do first. */
static ScanStage
start_query(KgScan *scan, IndexScanDesc desc)
{
	ScanKey		orderby = desc->numberOfOrderBys ? desc->orderByData : NULL;
	Datum		query = 0;
	bool		may_qualify;
	KgIndex    *index;

	scan->query_null = orderby && (orderby->sk_flags & SK_ISNULL);

	/*
	 * Fetching a value kept out of line may open a TOAST table, which may
	 * drop what the relation cache has of the index: so before that is asked
	 * for.
	 */
	may_qualify = kg_radius_read(&scan->within, desc->keyData,
								 desc->numberOfKeys) &&
		add_conditions(scan) &&
		kg_filter_read(&scan->filters, desc->keyData, desc->numberOfKeys,
					   &scan->filter);
	if (orderby && !scan->query_null)
		query = PointerGetDatum(PG_DETOAST_DATUM(orderby->sk_argument));

	index = kg_index_open(desc->indexRelation, &scan->store);
	scan->layout = index->layout;
	scan->store.layout = &scan->layout;

	if (scan->column->vectors)
	{
		if (!may_qualify)
			return STAGE_END;
		if (scan->within.only_nulls)
			return STAGE_NULLS_BEGIN;
		begin_reading(scan, desc->indexRelation, index);
		return kg_maxsim_begin(scan, desc->indexRelation, query);
	}
	if (orderby && !scan->query_null)
		map_query(scan, index, query);
	if (!may_qualify ||
		!kg_radius_map(&scan->within, scan->column, index, &scan->store))
		return STAGE_END;
	if (!scan->measured && scan->within.count > 0)
		take_query(scan, &scan->within.tests[0]);
	if (scan->within.only_nulls)
		return STAGE_NULLS_BEGIN;
	if (scan->measured)
		kg_radius_set_query(&scan->within, scan->query);
	begin_reading(scan, desc->indexRelation, index);
	return start_search(scan, index);
}

/* How far rows may leave, after a batch of the search. */
static void
set_horizon(KgScan *scan)
{
	scan->horizon = scan->ordered ?
		kg_query_value(scan->query, scan->search.horizon) : INFINITY;
}

/*
 * The rows that LIMIT wants are fetched one by one.  When the search had to wait
 * for pages of the index, their blocks of the table are asked for all at once.
 */
static void
ask_for_rows(KgScan *scan, IndexScanDesc desc)
{
	if (kg_effort_is_held(scan) && scan->maxsim == NULL && desc->heapRelation &&
		kg_store_read_ahead(&scan->store) > 0)
		kg_row_blocks_ask(&scan->found, desc->heapRelation, scan->goal->wanted);
}

static void
start_scan(KgScan *scan, IndexScanDesc desc)
{
	MemoryContext old_context;

	MemoryContextReset(scan->query_context);
	old_context = MemoryContextSwitchTo(scan->query_context);
	scan->stage = start_query(scan, desc);
	MemoryContextSwitchTo(old_context);
	scan->counters.scans++;
	if (scan->stage != STAGE_SEARCH)
		return;
	set_horizon(scan);
	ask_for_rows(scan, desc);
}

/* Does the search go by another distance than the operator's? */
static bool
horizon_is_estimate(const KgScan *scan)
{
	return scan->layout.metric == KG_METRIC_L1 || scan->layout.sparse > 0;
}

/*
 * Has the search looked far enough?  A row within the balls may be led to by
 * nodes beyond them only.  So nearly all of a batch must have been spent
 * beyond, as a search for the nearest rows spends most of its pool on others.
 */
static bool
beyond_reach(const KgScan *scan)
{
	int			part = horizon_is_estimate(scan) ? BEYOND_PART_ESTIMATE : BEYOND_PART;

	return scan->within.count > 0 &&
		scan->inside * part <= (int64) (scan->search.hops - scan->batch_start);
}

/*
 * A search within balls and with a filter may have passed by rows that pass, as
 * few of the nodes around them do.  It sweeps if that costs little more.
 */
static bool
sweeps_after_balls(const KgScan *scan)
{
	return kg_scan_filtered(scan) && scan->mode != ITERATIVE_OFF &&
		!kg_goal_met(scan->goal) &&
		kg_filtered_sweep_hops(scan) < SWEEP_AFTER_BALLS * (double) scan->search.hops;
}

/*
 * Goes on with the search.  False if that is over: after_search says what comes
 * when all that was found is handed out.
 */
static bool
search_on(KgScan *scan)
{
	if (beyond_reach(scan))
		scan->after_search = sweeps_after_balls(scan) ? STAGE_SWEEP : STAGE_UNDIRECTED;
	else if (scan->mode == ITERATIVE_OFF)
	{
		scan->counters.cut_short = true;
		scan->after_search = STAGE_END;
	}
	else if (kg_scan_limit_reached(scan))
	{
		scan->cut = true;
		scan->after_search = STAGE_END;
	}
	else
	{
		scan->inside = 0;
		scan->batch_start = scan->search.hops;
		if (kg_search_continue(&scan->search, kg_effort_step(scan)))
		{
			scan->counters.batches++;
			return true;
		}
		scan->after_search = STAGE_SWEEP;
	}
	return false;
}

/*
 * Goes over from the search to the sweep, which comes upon the nodes that were
 * found and not handed out.
 */
static void
abandon_search(KgScan *scan)
{
	scan->found.count = 0;
	scan->search_over = true;
	scan->stage = STAGE_SWEEP;
}

/*
 * May the nearest node or pending row leave?  Looks ahead within work_mem.
 */
static bool
may_leave(const KgScan *scan, const KgFound *nearest)
{
	const KgSearch *search = &scan->search;

	if (nearest == NULL)
		return false;
	if (kg_effort_is_held(scan))
		return nearest->nodes[0].bound <= scan->goal->farthest;
	if (nearest->nodes[0].bound > scan->horizon)
		return false;
	if (!scan->ordered || scan->mode != ITERATIVE_STRICT || scan->search_over ||
		scan->found.count * sizeof(KgFoundNode) >= scan->settings.memory)
		return true;

	/* If the horizon is an estimate, wait for all, as no sweep follows. */
	if (scan->within.count > 0)
		return !horizon_is_estimate(scan) &&
			(scan->handed_out + 1) * SEARCH_AHEAD_IN_BALLS <= search->hops;

	/*
	 * by the rate that the search has met, not that by which the pool was
	 * sized
	 */
	if (kg_scan_filtered(scan) &&
		scan->handed_out * KG_SEARCH_AHEAD + scan->ef_search > kg_filtered_progress(scan))
		return false;
	return scan->handed_out < (uint64) KG_WELL_KNOWN(search->ef) ||
		scan->handed_out * KG_SEARCH_AHEAD + search->ef <= search->hops;
}

/* The next node of the search; false when that is over. */
static bool
search_next(KgScan *scan)
{
	KgFound    *nearest;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		while (may_leave(scan, nearest = kg_pending_rows_nearest(&scan->pending,
																 &scan->found)))
		{
			KgFoundNode node = kg_found_pop(nearest);

			if (node.coarse)
			{
				rerank(scan, &node);
				kg_found_add(&scan->found, &node);
				continue;
			}

			/* Met too late to be in order: left to the sweep, if one follows. */
			if (scan->ordered && node.bound < scan->last_bound &&
				scan->mode == ITERATIVE_STRICT && !kg_effort_is_held(scan))
			{
				scan->counters.late++;
				continue;
			}
			kg_scan_load_node(scan, &node);
			scan->handed_out++;
			return true;
		}
		if (scan->search_over || kg_effort_is_sure(scan))
			return false;
		if (!beyond_reach(scan) && kg_effort_go_sweeping(scan))
		{
			abandon_search(scan);
			return false;
		}
		if (search_on(scan))
			set_horizon(scan);
		else
		{
			scan->horizon = INFINITY;
			scan->search_over = true;
		}
	}
}

/*
 * Tells the client that rows may be missing: once, however often a join scans
 * the index.
 */
static void
report_cut(KgScan *scan, IndexScanDesc desc)
{
	scan->counters.cut_short = true;
	if (scan->cut_reported)
		return;
	scan->cut_reported = true;
	ereport(scan->settings.limit_level,
			(errmsg("scan of index \"%s\" ended at the limit of %lld nodes",
					RelationGetRelationName(desc->indexRelation),
					(long long) scan->max_nodes),
			 errhint("%s", scan->settings.limit_hint)));
}

/*
 * Goes on to rows at a distance of NaN, unless a setting ended the scan. NaN
 * is in no ball, and NULL meets no condition at all.  Only cosine has such rows,
 * so that other metrics need not look whether there are any.
 */
static void
end_rows_with_nodes(KgScan *scan)
{
	if (scan->cut || !kg_radius_nan_passes(&scan->within) ||
		(scan->within.count > 0 && scan->layout.metric != KG_METRIC_COSINE))
		scan->stage = STAGE_END;
	else
		kg_sweep_start_list(scan, STAGE_UNDIRECTED);
}

/*
 * Loads further rows to hand out; false when there are none or, under LIMIT,
 * none that is of use at present.
 */
static bool
next_rows(KgScan *scan, IndexScanDesc desc)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		switch (scan->stage)
		{
			case STAGE_START:
				start_scan(scan, desc);
				break;
			case STAGE_SEARCH:
				if (scan->maxsim ? kg_maxsim_next(scan) : search_next(scan))
					return true;
				if (scan->stage == STAGE_SWEEP)
					break;		/* abandoned */
				if (kg_goal_met(scan->goal) && !(scan->maxsim && scan->search_over))
					return false;
				if (scan->after_search == STAGE_UNDIRECTED)
					end_rows_with_nodes(scan);
				else
					scan->stage = scan->after_search;
				break;
			case STAGE_SWEEP:
				if (kg_sweep_next(scan))
				{
					if (scan->maxsim)
						kg_maxsim_keep_new(scan);
					return true;
				}
				if (kg_goal_met(scan->goal))
					return false;
				end_rows_with_nodes(scan);
				break;
			case STAGE_UNDIRECTED:
				if (kg_sweep_list_next(scan))
					return true;
				scan->stage = STAGE_NULLS_BEGIN;
				break;
			case STAGE_NULLS_BEGIN:
				if (scan->within.count == 0 && !scan->within.no_nulls)
					kg_sweep_start_list(scan, STAGE_NULLS);
				else
					scan->stage = STAGE_END;
				break;
			case STAGE_NULLS:
				if (kg_sweep_list_next(scan))
					return true;
				scan->stage = STAGE_END;
				break;
			case STAGE_END:
				if (scan->cut)
					report_cut(scan, desc);
				return false;
		}
	}
}

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
	kg_query_init(&scan->order_query);
	scan->order_query.foreign = scan->column->foreign;
	scan->search.expand = expand;
	scan->search.expand_arg = scan;
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

		found = next_rows(scan, desc);
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
