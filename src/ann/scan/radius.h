/*
 * radius.h
 *	  A scan's search conditions: each is a ball that the rows must be in.
 */
#ifndef KG_RADIUS_H
#define KG_RADIUS_H

#include "access/skey.h"

#include "ann/core/column.h"
#include "ann/core/query.h"
#include "ann/layout/pending.h"

typedef struct KgBallTest
{
	KgBall	   *ball;
	KgQuery		centre;			/* in the index's space */
	bool		searched;		/* the scan's query is the centre */
	bool		nan_passes;		/* rows at a distance of NaN do, too */
} KgBallTest;

typedef struct KgRadius
{
	bool		no_nulls;		/* rows with NULL do not qualify */
	bool		only_nulls;		/* others do not */
	int			count;			/* 0: any row will do */
	KgBallTest *tests;			/* palloc'd */
	double		reach;			/* of rows in all the balls, the operator's
								 * value for the scan's query is not above
								 * this, or hardly */
} KgRadius;

/*
 * Reads the scan keys of the first column, into memory of the current context.
 * False if no row is in all the balls, because one is NULL.
 */
extern bool kg_radius_read(KgRadius *within, const ScanKeyData *keys, int nkeys);

/*
 * Adds a condition that is no scan key: that the distance is within the ball
 * or, with nan_passes, NaN.
 */
extern void kg_radius_add(KgRadius *within, KgBall *ball, bool nan_passes);

/*
 * Maps the centres to the index's space.  False if no row is in all the
 * balls, because from one's centre all distances are NaN.
 */
extern bool kg_radius_map(KgRadius *within, const KgColumn *column,
						  const KgIndex *index, KgStore *store);

/*
 * Tells the query that the scan will measure distances from.  It may be one of
 * the centres.
 */
extern void kg_radius_set_query(KgRadius *within, const KgQuery *query);

/* Do rows at a distance of NaN meet all conditions? */
extern bool kg_radius_nan_passes(const KgRadius *within);

/*
 * Can a node's rows be in all the balls?  bound is the lower bound of their
 * distance from the scan's query.
 */
extern bool kg_radius_may_contain(KgRadius *within, const NodeSlot *slot,
								  double bound);

/* The same of a pending row. */
extern bool kg_radius_may_contain_pending(KgRadius *within,
										  const KgPendingEntry *entry, double bound);

#endif							/* KG_BALLS_H */
