/*
 * goal.h
 *	  What a scan's rows are for, as far as the executor's plan tells: how many
 *	  are wanted, how many passed the filters, how far they may be.
 */
#ifndef KG_GOAL_H
#define KG_GOAL_H

#include "postgres.h"

#include <math.h>

#include "types/ball.h"

typedef struct KgGoal
{
	/*
	 * The scan of LIMIT: it ends, for the time being, when no row to come can
	 * be nearer than the farthest of those wanted.
	 */
	int64		wanted;			/* rows; 0: nobody knows */
	int64		passed;			/* rows returned that passed the filters */
	bool		began;			/* rows were handed out, and more are wanted */
	double		farthest;		/* distance of the last of the wanted;
								 * infinite until there are as many */

	/* Conditions of WHERE on the distance. */
	KgBall	  **within;			/* rows that pass are in all of them */
	int			within_count;
	bool		nan_passes;		/* or their distance is NaN */
	bool		none_passes;	/* no row does */
} KgGoal;

/* Does the scan's caller put rows in order? */
static inline bool
kg_goal_holds(const KgGoal *goal)
{
	return goal != NULL && goal->wanted > 0;
}

/* How far rows may be that are still of use. */
static inline double
kg_goal_farthest(const KgGoal *goal)
{
	return kg_goal_holds(goal) ? goal->farthest : INFINITY;
}

/* Are the wanted rows there? */
static inline bool
kg_goal_met(const KgGoal *goal)
{
	return kg_goal_farthest(goal) < INFINITY;
}

#endif							/* KG_GOAL_H */
