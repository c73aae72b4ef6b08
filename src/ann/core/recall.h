/*
 * recall.h
 *	  From the recall that is wanted to how far a search goes.
 *
 * A search for k rows ends when the next candidate's estimated key is above
 * that of the k-th nearest node so far by more than the slack, a part of the
 * latter key, but not before it has expanded KG_EFFORT_LEAST of the hops that a
 * search without this rule would take, nor after KG_EFFORT_MOST times as many.
 */
#ifndef KG_RECALL_H
#define KG_RECALL_H

#include "ann/layout/recall_table.h"

#define KG_EFFORT_LEAST 0.5
#define KG_EFFORT_MOST 4

/* The last of kg_recall_counts; what more rows take is extrapolated. */
#define KG_RECALL_MOST_ROWS 100

#define KG_MIN_TARGET_RECALL 0.5
#define KG_MAX_TARGET_RECALL 0.999

/* The recalls, rising, and the numbers of rows. */
extern const float kg_recall_levels[KG_RECALL_LEVELS];
extern const int kg_recall_counts[KG_RECALL_COUNTS];

/*
 * What it takes to find so many rows with this recall, in an index that has so
 * many nodes by now.  The table must have been measured.
 */
extern KgEffort kg_recall_effort(const KgRecallTable *table, double recall,
								 double rows, double nodes);

/* The fewest nodes that a search expands, and the most. */
static inline double
kg_effort_least(KgEffort effort)
{
	return effort.hops * KG_EFFORT_LEAST;
}

static inline double
kg_effort_most(KgEffort effort)
{
	return effort.hops * KG_EFFORT_MOST;
}

/* The key beyond which a candidate is of no use, given the farthest wanted. */
static inline float
kg_effort_limit(float slack, float farthest)
{
	return farthest + slack * (farthest < 0 ? -farthest : farthest);
}

#endif							/* KG_RECALL_H */
