/*
 * effort.c
 *	  How far a scan looks for the rows that LIMIT wants.  The README ("Under
 *	  LIMIT") has the rules and the figures.
 */
#include "postgres.h"

#include "ann/scan/effort.h"
#include "ann/scan/filtered.h"

/* Nodes that a search goes on by, at least. */
#define LEAST_STEP 4

/* It goes on by this part of those that it has expanded. */
#define STEPS_TO_DOUBLE 8

/* No more rows than these may be wanted for a search to be watched so. */
#define MOST_ARRIVALS 1000

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

/* How many nodes a search expands for the wanted rows. */
static double
wanted_hops(const KgScan *scan)
{
	if (!rows_are_known(scan))
		return scan->ef_search;
	return kg_pool_for_rows(scan->ef_search,
							weighed(scan, scan->goal->wanted));
}

int
kg_effort_pool(const KgScan *scan)
{
	double		pool = wanted_hops(scan);

	if (kg_scan_filtered(scan))
		pool = kg_filtered_pool(scan, pool);
	return (int) Min(pool, KG_MAX_EF_SEARCH);
}

void
kg_effort_begin_searching(KgScan *scan)
{
	KgArrival  *arrival = &scan->arrival;

	memset(arrival, 0, sizeof(KgArrival));
	if (!rows_are_known(scan) || scan->goal->wanted > MOST_ARRIVALS)
		return;
	arrival->wanted = scan->goal->wanted;
	arrival->nearest = palloc(sizeof(KgNearNode) * arrival->wanted);
}

/*
 * The first nodes, which a search of any kg.ef_search expands, are never late:
 * they are the way to the query.
 */
void
kg_effort_note(KgScan *scan, double bound)
{
	KgArrival  *arrival = &scan->arrival;
	bool		full = arrival->count == arrival->wanted;

	if (arrival->wanted == 0 ||
		(full && bound >= -arrival->nearest[0].minus_bound))
		return;
	if (full)
		(void) arrival_pop(arrival->nearest, arrival->count--);
	arrival->nearest[arrival->count].minus_bound = -bound;
	arrival_sift_up(arrival->nearest, arrival->count++);
	if (full && kg_filtered_progress(scan) > kg_pool_for_rows(1, arrival->wanted))
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
	/* Rows that left before these should have been the nearer ones. */
	if (scan->goal->began)
		return scan->handed_out * KG_SEARCH_AHEAD + scan->ef_search;
	return kg_hops_for_rows(scan->ef_search,
							weighed(scan, Max(scan->handed_out,
											  scan->arrival.wanted +
											  LATE_WEIGHT * scan->arrival.late)));
}

bool
kg_effort_is_sure(const KgScan *scan)
{
	if (!kg_goal_met(scan->goal))
		return false;
	return scan->mode != ITERATIVE_STRICT || sure_hops(scan) <= kg_filtered_progress(scan);
}

int
kg_effort_step(const KgScan *scan)
{
	double		hops = kg_filtered_progress(scan);
	double		step;

	if (!rows_are_known(scan))
		return scan->search.pool_capacity;

	/* No farther than it takes: less to do, and never less for a higher ef. */
	step = kg_goal_met(scan->goal) ? sure_hops(scan) - hops :
		hops / STEPS_TO_DOUBLE;
	return (int) Min(Max(step, LEAST_STEP), scan->search.pool_capacity);
}

/*
 * At the rate at which rows have passed the filter so far, how many nodes are
 * still to be expanded until there are enough?
 */
static double
expected_hops(const KgScan *scan)
{
	const KgGoal *goal = scan->goal;

	if (kg_scan_filtered(scan) && !kg_goal_met(goal))
		return scan->search.hops;
	if (!kg_goal_holds(goal) || goal->wanted <= goal->passed)
		return 0;

	/* It is the balls that make rows few, and they will end the search. */
	if (scan->within.count > 0 &&
		(double) goal->passed * KG_SWEPT_FOR_A_HOP >= scan->handed_out)
		return 0;
	return (goal->wanted - goal->passed) *
		(double) (scan->handed_out + 2) / (goal->passed + 1);
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
