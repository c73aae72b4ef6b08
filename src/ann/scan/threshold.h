/*
 * threshold.h
 *	  Conditions on the distance in WHERE, such as "e <-> q < 0.5".
 */
#ifndef KG_THRESHOLD_H
#define KG_THRESHOLD_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "ann/scan/goal.h"

/*
 * Those of an index scan in the order of a distance that bound the distance
 * from above: a list to pass to kg_thresholds_apply, in the current memory
 * context.
 */
extern List *kg_thresholds_find(IndexScanState *node);

/*
 * Tells a scan's goal what they are now: their parameters may have changed.
 * The balls are in the current memory context.
 */
extern void kg_thresholds_apply(List *thresholds, IndexScanState *node,
								KgGoal *goal);

#endif							/* KG_THRESHOLD_H */
