/*
 * cost.h
 *	  What the planner is told of a scan.
 */
#ifndef KG_COST_H
#define KG_COST_H

#include "postgres.h"
#include "nodes/pathnodes.h"

extern void kg_amcostestimate(PlannerInfo *root, IndexPath *path,
							  double loop_count, Cost *startup_cost,
							  Cost *total_cost, Selectivity *selectivity,
							  double *correlation, double *pages);

#endif							/* KG_COST_H */
