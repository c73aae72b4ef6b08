/*
 * planned.h
 *	  A query's plan, and what the planner knew when it made it.
 */
#ifndef KG_PLANNED_H
#define KG_PLANNED_H

#include "postgres.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

#include "admin/index_use/statement.h"

typedef struct KgPlanned
{
	KgStatement *statement;
	Query	   *query;
	PlannedStmt *plan;
	List	   *roots;			/* PlannerInfo of each SELECT in it that was
								 * planned, the inner ones first */
} KgPlanned;

/*
 * Plans a query as EXPLAIN does, and checks that the user may run it.  Memory
 * is the current context's.
 */
extern KgPlanned *kg_planned_make(KgStatement *statement, Query *query);

/*
 * The cost of the plan if it must use the index for the order of a distance, or
 * for a ball.  False if there is no such plan, or none without disabled nodes.
 */
extern bool kg_planned_cost_with(KgPlanned *planned, Oid index, bool ball,
								 Cost *cost);

/*
 * The index scan of a relation of a root (an index of its range table) by this
 * kg_hnsw index.  NULL if the plan has none.
 */
extern IndexScan *kg_planned_find(KgPlanned *planned, PlannerInfo *root,
								  Index relation, Oid index);

#endif							/* KG_PLANNED_H */
