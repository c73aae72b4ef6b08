/*
 * stages.c
 *	  The stages that a scan goes through.
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

#include <math.h>

#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/core/index_cache.h"
#include "ann/layout/copies.h"
#include "ann/scan/effort.h"
#include "ann/scan/filtered.h"
#include "ann/scan/maxsim.h"
#include "ann/scan/pending_scan.h"
#include "ann/scan/row_blocks.h"
#include "ann/scan/stages.h"
#include "ann/scan/sweep.h"

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
	double		bound;

	if (scan->defers && !search->counts && slot->state == NODE_LIVE &&
		kg_far_nodes_add(&scan->far, slot, node, key))
	{
		kg_effort_note(scan, key, 0);
		return;
	}
	bound = kg_query_lower(scan->query, slot, key);
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
 * Does a search note what it meets farther away than it goes, and no more?  Of coarse vectors
 * all bounds may matter.
 */
static bool
defers(const KgScan *scan)
{
	return scan->aim.by_recall && kg_layout_has_hubs(&scan->layout) &&
		scan->layout.metric != KG_METRIC_IP && scan->copy == NULL && !scan->query->extreme;
}

/*
 * Handing out.
 */

/* May what is far be as near as rows are wanted, and no farther than all that was found? */
static bool
far_nodes_matter(const KgScan *scan, const KgFound *nearest)
{
	double		bound = kg_goal_farthest(scan->goal);

	if (nearest)
		bound = Min(bound, nearest->nodes[0].bound);
	return scan->far.count > 0 && kg_far_nodes_bound(&scan->far, scan->query) <= bound;
}

/*
 * Reads those nodes again, page by page, and keeps them as found.  Of one that is gone no
 * row is visible, nor any of one that took its place.  Those to come may matter, too.
 */
static void
collect_far_nodes(KgScan *scan)
{
	const KgLayout *layout = &scan->layout;
	const uint32 *nodes = scan->far.nodes;

	for (int64 i = 0; i < scan->far.count;)
	{
		uint32		first = nodes[i];
		const NodeSlot *hub;

		CHECK_FOR_INTERRUPTS();
		hub = node_list_slot(layout, kg_store_read_node(&scan->store, first), first);
		for (; i < scan->far.count && same_end(layout, nodes[i], first); i++)
		{
			const NodeSlot *slot = hub_member(layout, hub, nodes[i] % layout->per_page);

			if (slot->state == NODE_LIVE)
				kg_scan_collect(scan, slot, nodes[i],
								kg_query_lower(scan->query, slot,
											   kg_query_key(scan->query, slot)));
		}
		kg_store_done(&scan->store);
	}
	kg_far_nodes_reset(&scan->far);
	scan->defers = false;
}

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
	scan->search.expand = expand;
	scan->defers = defers(scan);
	if (scan->defers)
		kg_far_nodes_begin(&scan->far, scan->query);
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
	kg_far_nodes_reset(&scan->far);
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

/* Where the nearest node or pending row is; NULL if there is none. */
static KgFound *
nearest_found(KgScan *scan)
{
	KgFound    *nearest = kg_pending_rows_nearest(&scan->pending, &scan->found);

	if (!far_nodes_matter(scan, nearest))
		return nearest;
	collect_far_nodes(scan);
	return kg_pending_rows_nearest(&scan->pending, &scan->found);
}

/* The next node of the search; false when that is over. */
static bool
search_next(KgScan *scan)
{
	KgFound    *nearest;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		while (may_leave(scan, nearest = nearest_found(scan)))
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

bool
kg_stages_next(KgScan *scan, IndexScanDesc desc)
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
