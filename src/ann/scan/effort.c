/*
 * effort.c
 *	  How far a scan looks for the rows that LIMIT wants.  The README ("Under
 *	  LIMIT") has the rules and the figures.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/scan/effort.h"
#include "ann/scan/filtered.h"

/* Nodes that a search goes on by, at least. */
#define LEAST_STEP 4

/* It goes on by this part of those that it has expanded. */
#define STEPS_TO_DOUBLE 8

/* No more rows than these may be wanted for a search to be watched so. */
#define MOST_ARRIVALS 10000

/* Keys that there is room for at first. */
#define FIRST_KEYS 256

/* A scan hands out so many times as many rows as are wanted, by their bounds. */
#define ROWS_BY_BOUNDS 1.25

/* From this recall on a search is to find nearly everything. */
#define MOST_OF_ALL 0.98

/* With a filter a search that meets near nodes goes so many times as far. */
#define MOST_BEYOND 3

/* A node that came late counts as so many rows. */
#define LATE_WEIGHT 3

#define HEAP_NAME arrival
#define HEAP_ELEMENT KgNearNode
#define HEAP_KEY minus_bound
#include "lib/binary_heap.h"

bool
kg_effort_is_held(const KgScan *scan)
{
	return scan->ordered && kg_goal_holds(scan->goal);
}

/*
 * Under inner product a search looks farther for many rows: the nearest are the
 * ends of the longest vectors, and lie apart.
 */
static double
weighed(const KgScan *scan, double rows)
{
	return scan->layout.metric == KG_METRIC_IP ? rows * 1.5 : rows;
}

/*
 * Is the number of rows known that the search is to find?  Within balls there
 * may be fewer than are wanted: such a scan goes on step by step.
 */
static bool
rows_are_known(const KgScan *scan)
{
	return kg_effort_is_held(scan) && scan->mode != ITERATIVE_OFF &&
		scan->within.count == 0;
}

/*
 * If so many rows had to be looked at that the search for a recall must go on
 * to be sure of them: by how many nodes?
 */
static double
hops_to_be_sure(const KgScan *scan)
{
	const KgAim *aim = &scan->aim;
	double		rows = scan->handed_out;

	if (!aim->by_recall || scan->goal->began || scan->mode != ITERATIVE_STRICT ||
		rows <= aim->rows)
		return 0;
	return kg_recall_effort(&aim->table, aim->recall, rows, aim->nodes).mean -
		(double) scan->search.hops;
}

/*
 * At the rate at which rows have passed the filter so far, how many nodes are
 * still to be expanded until there are enough?
 */
static double
expected_hops(const KgScan *scan)
{
	const KgGoal *goal = scan->goal;

	/*
	 * A search that has not found them by now may go on as long again, as may
	 * one that is far from all that passes.
	 */
	if (kg_scan_filtered(scan) && (!kg_goal_met(goal) || scan->search.astray))
		return scan->search.hops;
	if (!kg_goal_holds(goal))
		return 0;
	if (goal->wanted <= goal->passed)
		return hops_to_be_sure(scan);

	/* It is the balls that make rows few, and they will end the search. */
	if (scan->within.count > 0 &&
		(double) goal->passed * KG_SWEPT_FOR_A_HOP >= scan->handed_out)
		return 0;
	return (goal->wanted - goal->passed) *
		(double) (scan->handed_out + 2) / (goal->passed + 1);
}

/*
 * Searches for a recall.
 */

/*
 * Plans a search for so many rows.  This is the one place that says how far a
 * search for a recall goes.
 */
static void
plan_for(KgScan *scan, double rows)
{
	KgAim	   *aim = &scan->aim;
	int			least_ef_search = scan->settings.least_ef_search;

	aim->rows = rows;
	aim->effort = kg_recall_effort(&aim->table, aim->recall, rows, aim->nodes);
	aim->least = kg_effort_least(aim->effort);

	/*
	 * Inner products with rows say little of how hard it is to find a row by
	 * its own vector: so no less than by the default of kg.ef_search.
	 */
	if (scan->layout.metric == KG_METRIC_IP && aim->recall >= MOST_OF_ALL)
		least_ef_search = Max(least_ef_search, KG_DEFAULT_EF_SEARCH);
	if (least_ef_search > 0)
	{
		aim->least = Max(aim->least, kg_pool_for_rows(least_ef_search,
													  weighed(scan, rows)));
		aim->effort.hops = Max(aim->effort.hops, aim->least);
	}
}

void
kg_effort_aim(KgScan *scan, const KgIndex *index)
{
	const KgScanSettings *settings = &scan->settings;
	KgAim	   *aim = &scan->aim;

	aim->by_recall = aim->by_table = false;
	scan->ef_search = settings->ef_search > 0 ? settings->ef_search :
		Max(settings->unmeasured_ef_search, settings->least_ef_search);
	if (settings->ef_search > 0 || index->recall.nodes == 0)
		return;
	aim->table = index->recall;
	aim->recall = settings->target_recall;
	aim->nodes = (double) scan->sweep_end * scan->layout.per_page;
	aim->by_table = rows_are_known(scan);
	aim->by_recall = aim->by_table && !kg_scan_filtered(scan);
	plan_for(scan, aim->by_table ? scan->goal->wanted : KG_STREAMED_ROWS);
	scan->ef_search = (int) Min(Max(scan->ef_search, aim->effort.hops),
								KG_MAX_EF_SEARCH);
}

/* Offers a key to the nearest.  False if it is not among them. */
static bool
offer_nearest(KgArrival *arrival, double key)
{
	bool		full = arrival->count == arrival->wanted;

	if (full && key >= -arrival->nearest[0].minus_bound)
		return false;
	if (full)
		(void) arrival_pop(arrival->nearest, arrival->count--);
	arrival->nearest[arrival->count].minus_bound = -key;
	arrival_sift_up(arrival->nearest, arrival->count++);
	return true;
}

/* Begins to keep so many of the nearest, of those met so far, too. */
static void
keep_nearest(KgScan *scan, double rows)
{
	KgArrival  *arrival = &scan->arrival;
	const KgAim *aim = &scan->aim;
	MemoryContext old_context = MemoryContextSwitchTo(scan->query_context);

	if (arrival->nearest)
		pfree(arrival->nearest);
	memset(arrival, 0, sizeof(KgArrival));
	if (rows <= MOST_ARRIVALS)
	{
		arrival->wanted = (int) Max(rows, 1);
		arrival->nearest = palloc(sizeof(KgNearNode) * arrival->wanted);
		for (int64 i = 0; i < aim->key_count; i++)
			(void) offer_nearest(arrival, aim->keys[i]);
	}
	MemoryContextSwitchTo(old_context);
}

static void
remember_key(KgScan *scan, float key)
{
	KgAim	   *aim = &scan->aim;

	if (aim->key_count == aim->key_capacity)
	{
		aim->key_capacity *= 2;
		aim->keys = repalloc_huge(aim->keys, sizeof(float) * aim->key_capacity);
	}
	aim->keys[aim->key_count++] = key;
}

static void
note_key(KgScan *scan, float key)
{
	const KgAim *aim = &scan->aim;
	KgArrival  *arrival = &scan->arrival;

	remember_key(scan, key);
	if (arrival->wanted == 0)
		return;
	(void) offer_nearest(arrival, key);
	if (arrival->count == arrival->wanted && scan->search.hops >= aim->least)
		scan->search.stop_beyond =
			kg_effort_limit(aim->effort.slack,
							(float) -arrival->nearest[0].minus_bound);
}

/* The most nodes that are planned to be expanded. */
static double
planned_hops(const KgScan *scan)
{
	const KgAim *aim = &scan->aim;

	/* Without the nearest so far there is no slack beyond them. */
	return aim->rows <= MOST_ARRIVALS ? kg_effort_most(aim->effort) :
		aim->effort.hops;
}

/*
 * Has the search gone as far as is planned, for as many rows as were found?  A
 * few more than wanted are always handed out, by their bounds.
 */
static bool
has_arrived(const KgScan *scan)
{
	const KgAim *aim = &scan->aim;

	if (scan->goal->began)
		return scan->handed_out * KG_SEARCH_AHEAD + scan->ef_search <=
			scan->search.hops;
	return scan->handed_out <= aim->rows * ROWS_BY_BOUNDS + 2 &&
		(scan->search.paused || scan->search.hops >= planned_hops(scan));
}

/*
 * Plans for the rows that were handed out, or that will be until enough have
 * passed the filter.  Returns by how many nodes the search goes on if it does
 * not pause before.
 */
static double
plan_step(KgScan *scan)
{
	KgAim	   *aim = &scan->aim;
	double		hops = scan->search.hops;
	double		rows = scan->handed_out;
	double		step = 0;

	if (!kg_goal_met(scan->goal))
	{
		step = Max(hops / STEPS_TO_DOUBLE, LEAST_STEP);
		rows = Min(rows + expected_hops(scan), rows * 1.5) + 1;
	}
	else if (scan->goal->began)
		step = rows * KG_SEARCH_AHEAD + scan->ef_search - hops;
	if (rows > aim->rows)
	{
		plan_for(scan, rows);
		keep_nearest(scan, rows);
		step = Max(step, LEAST_STEP);
	}
	if (step > 0)
	{
		aim->least = Max(aim->least, hops + step);
		scan->search.stop_beyond = INFINITY;
	}
	return Max(step, aim->effort.hops);
}

/*
 * All searches.
 */

/* How many nodes a search expands for the wanted rows. */
static double
wanted_hops(const KgScan *scan)
{
	if (scan->aim.by_recall)
		return scan->aim.effort.mean;
	if (scan->aim.by_table)
		return scan->aim.effort.hops;
	if (!rows_are_known(scan))
		return scan->ef_search;
	return kg_pool_for_rows(scan->ef_search,
							weighed(scan, scan->goal->wanted));
}

int
kg_effort_pool(const KgScan *scan)
{
	double		pool = scan->aim.by_recall ? scan->aim.effort.hops :
	wanted_hops(scan);

	if (kg_scan_filtered(scan))
		pool = scan->mode == ITERATIVE_OFF ? scan->ef_search : kg_filtered_pool(scan, pool);
	if (scan->aim.by_table)
		pool = Max(pool, LEAST_STEP);
	return (int) Min(pool, KG_MAX_EF_SEARCH);
}

void
kg_effort_begin_searching(KgScan *scan)
{
	KgArrival  *arrival = &scan->arrival;
	KgAim	   *aim = &scan->aim;

	memset(arrival, 0, sizeof(KgArrival));
	if (!rows_are_known(scan))
		return;
	if (aim->by_recall)
	{
		aim->key_count = 0;
		aim->key_capacity = FIRST_KEYS;
		aim->keys = palloc(sizeof(float) * aim->key_capacity);
		keep_nearest(scan, scan->goal->wanted);
	}
	else if (scan->goal->wanted <= MOST_ARRIVALS)
	{
		arrival->wanted = scan->goal->wanted;
		arrival->nearest = palloc(sizeof(KgNearNode) * arrival->wanted);
	}
}

/*
 * The first nodes, which a search of any kg.ef_search expands, are never late:
 * they are the way to the query.
 */
void
kg_effort_note(KgScan *scan, float key, double bound)
{
	KgArrival  *arrival = &scan->arrival;
	bool		full = arrival->count == arrival->wanted;

	if (scan->aim.by_recall)
		note_key(scan, key);
	else if (arrival->wanted > 0 &&
			 offer_nearest(arrival, scan->aim.by_table ? key : bound) && full &&
			 kg_filtered_progress(scan) > kg_pool_for_rows(1, arrival->wanted))
		arrival->late++;
}

/* Does reading all nodes cost less than expanding so many? */
static bool
sweep_is_cheaper(const KgScan *scan, double hops)
{
	double		nodes = (double) scan->sweep_end * scan->layout.per_page;

	/* A search that is cut short has at least looked at near ones. */
	if (scan->max_nodes > 0 && nodes > scan->max_nodes)
		return false;
	return (kg_effort_is_held(scan) || kg_scan_filtered(scan)) &&
		scan->mode != ITERATIVE_OFF &&
		hops > (kg_scan_filtered(scan) ? kg_filtered_sweep_hops(scan) :
				nodes / KG_SWEPT_FOR_A_HOP);
}

/* How many nodes a search that has found enough rows expands to be sure. */
static double
sure_hops(const KgScan *scan)
{
	double		rows;
	double		hops;

	/* Rows that left before these should have been the nearer ones. */
	if (scan->goal->began)
		return scan->handed_out * KG_SEARCH_AHEAD + scan->ef_search;
	rows = Max(scan->handed_out,
			   scan->arrival.wanted + LATE_WEIGHT * scan->arrival.late);
	hops = kg_hops_for_rows(scan->ef_search, weighed(scan, rows));

	/* of rows that the index's filter leaves to others nothing was measured */
	if (scan->aim.by_table && rows <= scan->aim.rows * ROWS_BY_BOUNDS + 2)
		hops = kg_recall_effort(&scan->aim.table, scan->aim.recall, rows,
								scan->aim.nodes).hops;
	return hops;
}

/*
 * With a filter: has the search looked farther than the wanted rows by the slack
 * that their number takes?  Without one the search itself pauses there.  Among
 * all nodes the rows that pass are as far as so many more.
 */
static bool
has_looked_beyond(const KgScan *scan, double progress, double sure)
{
	const KgAim *aim = &scan->aim;
	const KgArrival *arrival = &scan->arrival;
	float		slack;

	if (!aim->by_table || arrival->wanted == 0 || arrival->count < arrival->wanted ||
		progress >= sure * MOST_BEYOND)
		return true;
	slack = kg_recall_effort(&aim->table, aim->recall,
							 Min(aim->rows / scan->group_rate, MOST_ARRIVALS),
							 aim->nodes).slack;
	return scan->search.horizon >=
		kg_effort_limit(slack, (float) -arrival->nearest[0].minus_bound);
}

bool
kg_effort_is_sure(const KgScan *scan)
{
	double		progress;
	double		sure;

	if (!kg_goal_met(scan->goal))
		return false;
	if (scan->mode != ITERATIVE_STRICT)
		return true;
	if (scan->aim.by_recall)
		return has_arrived(scan);
	progress = kg_filtered_progress(scan);
	sure = sure_hops(scan);
	return sure <= progress && has_looked_beyond(scan, progress, sure);
}

int
kg_effort_step(KgScan *scan)
{
	double		hops = kg_filtered_progress(scan);
	double		step;

	if (!rows_are_known(scan))
		return scan->search.pool_capacity;

	/* No farther than it takes: less to do, and never less for a higher ef. */
	if (scan->aim.by_recall)
		step = plan_step(scan);
	else
		step = kg_goal_met(scan->goal) && sure_hops(scan) > hops ?
			sure_hops(scan) - hops : hops / STEPS_TO_DOUBLE;
	return (int) Min(Max(step, LEAST_STEP), scan->search.pool_capacity);
}

bool
kg_effort_begin_sweeping(const KgScan *scan)
{
	double		hops = wanted_hops(scan);

	if (kg_scan_filtered(scan))
		hops = kg_filtered_search_hops(scan, hops);
	return sweep_is_cheaper(scan, hops);
}

bool
kg_effort_go_sweeping(const KgScan *scan)
{
	return sweep_is_cheaper(scan, expected_hops(scan));
}
