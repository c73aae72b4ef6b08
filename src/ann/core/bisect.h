/*
 * bisect.h
 *	  Points put in an order in which neighbours are near each other.
 *
 * The points are cut in two halves, each half again, and so on: across the
 * line between the centres of two clusters (2-means), at the median.  Of two
 * halves that comes first which is nearer to the points before it.
 */
#ifndef KG_BISECT_H
#define KG_BISECT_H

#include "postgres.h"

typedef struct KgPoints
{
	const float *x;				/* count times dims floats, none above
								 * KG_MOST_COORDINATE */
	uint32		count;
	int			dims;
} KgPoints;

/* So that sums of squares suit float4. */
#define KG_MOST_COORDINATE 1e15f

/*
 * Writes the points' numbers to order, in order; pieces of up to leaf points,
 * the last ones that are cut no more, are near each other.
 */
extern void kg_bisect_order(const KgPoints *points, int leaf, uint32 *order);

/*
 * The cuts alone, by which other points find the cell that they belong to.
 * Nothing in it points anywhere, so that processes may share it.
 */
typedef struct KgCuts
{
	int			dims;
	int			depth;			/* 2^depth cells */
	float		cuts[FLEXIBLE_ARRAY_MEMBER];	/* for each cut, from the root
												 * on, a threshold and a
												 * direction */
} KgCuts;

#define KG_MAX_CUTS_DEPTH 10

extern Size kg_cuts_size(int dims, int depth);

/* Cuts a sample of the points.  Neighbouring cells are near each other. */
extern void kg_cuts_make(KgCuts *cuts, const KgPoints *sample, int depth);

/* A point's cell. */
extern int	kg_cuts_find(const KgCuts *cuts, const float *x);

#endif							/* KG_BISECT_H */
