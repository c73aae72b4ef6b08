/*
 * distance_cost.h
 *	  What it costs to fetch vectors that are stored out of line.
 */
#ifndef KG_DISTANCE_COST_H
#define KG_DISTANCE_COST_H

#include "postgres.h"
#include "nodes/pathnodes.h"

/*
 * The planner's cost of fetching the vectors of an expression for one row, kg's
 * or pgvector's: 0 if they are stored in the row, or nothing is known.
 */
extern Cost kg_fetch_cost(PlannerInfo *root, Node *expression);

#endif							/* KG_DISTANCE_COST_H */
