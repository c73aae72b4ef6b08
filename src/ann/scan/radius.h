/*
 * balls.h
 *	  A scan's search conditions: each is a ball that the rows must be in.
 */
#ifndef KG_BALLS_H
#define KG_BALLS_H

#include "access/skey.h"

#include "ann/core/column.h"
#include "ann/core/query.h"

typedef struct KgBallTest
{
	KgBall	   *ball;
	KgQuery		centre;			/* in the index's space */
	bool		walked;			/* the scan's query is the centre */
	bool		nan_passes;		/* rows at a distance of NaN do, too */
} KgBallTest;

typedef struct KgBalls
{
	int			count;			/* 0: any row will do */
	KgBallTest *tests;			/* palloc'd */
	double		reach;			/* of rows in all the balls, the operator's
								 * value for the scan's query is not above
								 * this, or hardly */
} KgBalls;

/*
 * Reads scan keys, into memory of the current context.  False if no row is in
 * all the balls, because one is NULL.
 */
extern bool kg_balls_read(KgBalls *balls, const ScanKeyData *keys, int nkeys);

/*
 * Adds a condition that is no scan key: that the distance is within the ball
 * or, with nan_passes, NaN.
 */
extern void kg_balls_add(KgBalls *balls, KgBall *ball, bool nan_passes);

/*
 * Maps the centres to the index's space.  False if no row is in all the
 * balls, because from one's centre all distances are NaN.
 */
extern bool kg_balls_map(KgBalls *balls, const KgColumn *column,
						 const KgIndex *index, KgStore *store);

/*
 * Tells the query that the scan will measure distances from.  It may be one of
 * the centres.
 */
extern void kg_balls_set_query(KgBalls *balls, const KgQuery *query);

/* Do rows at a distance of NaN meet all conditions? */
extern bool kg_balls_nan_passes(const KgBalls *balls);

/*
 * Can a node's rows be in all the balls?  bound is the lower bound of their
 * distance from the scan's query.
 */
extern bool kg_balls_may_contain(KgBalls *balls, const NodeSlot *slot,
								 double bound);

#endif							/* KG_BALLS_H */
