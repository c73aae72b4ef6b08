/*
 * effort.c
 *	  How far a scan looks for the rows that LIMIT wants.  The README ("Under
 *	  LIMIT") has the rules and the figures.
 */
#include "postgres.h"

#include "ann/effort.h"

/* Nodes that a walk goes on by, at least. */
#define LEAST_STEP 16

bool
kg_effort_is_held(const KgScan *scan)
{
	return scan->ordered && kg_goal_holds(scan->goal);
}

/*
 * Under inner product a walk looks farther for many rows: the nearest are the
 * ends of the longest vectors, and lie apart.
 */
static double
weighed(const KgScan *scan, double rows)
{
	return scan->layout.metric == KG_METRIC_IP ? rows * 1.5 : rows;
}

/*
 * How many nodes a walk visits for the wanted rows.  Within balls there may be
 * fewer than are wanted: such a scan goes on step by step.
 */
static double
wanted_hops(const KgScan *scan)
{
	if (!kg_effort_is_held(scan) || scan->mode == ITERATIVE_OFF ||
		scan->balls.count > 0)
		return scan->ef_search;
	return kg_pool_for_rows(scan->ef_search,
							weighed(scan, scan->goal->wanted));
}

int
kg_effort_pool(const KgScan *scan)
{
	return (int) Min(wanted_hops(scan), KG_MAX_EF_SEARCH);
}

/* Does reading all nodes cost less than visiting so many? */
static bool
sweep_is_cheaper(const KgScan *scan, double hops)
{
	double		nodes = (double) scan->sweep_end * scan->layout.per_page;

	/* A walk that is cut short has at least looked at near ones. */
	if (scan->max_nodes > 0 && nodes > scan->max_nodes)
		return false;
	return kg_effort_is_held(scan) && scan->mode != ITERATIVE_OFF &&
		hops > nodes / KG_SWEPT_FOR_A_HOP;
}

/* How many nodes a walk that has found enough rows visits to be sure. */
static double
sure_hops(const KgScan *scan)
{
	/* Rows that left before these should have been the nearer ones. */
	if (scan->goal->began)
		return scan->handed_out * KG_WALK_AHEAD + scan->ef_search;
	return kg_hops_for_rows(scan->ef_search,
							weighed(scan, scan->handed_out));
}

bool
kg_effort_is_sure(const KgScan *scan)
{
	if (!kg_goal_met(scan->goal))
		return false;
	return scan->mode != ITERATIVE_STRICT || sure_hops(scan) <= scan->walk.hops;
}

int
kg_effort_step(const KgScan *scan)
{
	double		step = scan->walk.pool_room;

	/* No farther than it takes: less to do, and never less for a higher ef. */
	if (kg_effort_is_held(scan) && kg_goal_met(scan->goal) &&
		scan->balls.count == 0)
		step = Min(step, Max(sure_hops(scan) - scan->walk.hops, LEAST_STEP));
	return (int) step;
}

/*
 * At the rate at which rows have passed the filter so far, how many nodes are
 * still to be visited until there are enough?
 */
static double
expected_hops(const KgScan *scan)
{
	const KgGoal *goal = scan->goal;

	if (!kg_goal_holds(goal) || goal->wanted <= goal->passed)
		return 0;

	/* It is the balls that make rows few, and they will end the walk. */
	if (scan->balls.count > 0 &&
		(double) goal->passed * KG_SWEPT_FOR_A_HOP >= scan->handed_out)
		return 0;
	return (goal->wanted - goal->passed) *
		(double) (scan->handed_out + 2) / (goal->passed + 1);
}

bool
kg_effort_begin_sweeping(const KgScan *scan)
{
	return sweep_is_cheaper(scan, wanted_hops(scan));
}

bool
kg_effort_go_sweeping(const KgScan *scan)
{
	return sweep_is_cheaper(scan, expected_hops(scan));
}
