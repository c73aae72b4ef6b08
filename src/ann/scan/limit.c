/*
 * limit.c
 *	  Index scans are told of the LIMIT above them, and of WHERE.
 *
 * An access method sees neither.  So when the executor has started a query,
 * its plan is searched for scans of kg_hnsw indexes, and each is taken over
 * (nearest.c) if there is a Limit above it, or a filter on the distance.
 *
 * Between the Limit and the scan may stand nodes that read rows as they are
 * asked for and keep their order.  Some return fewer rows than they read:
 * the scan then finds that more are wanted than the Limit says.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/rel.h"

#include "ann/scan/limit.h"
#include "ann/scan/nearest.h"
#include "ann/scan/scan.h"

/* What stands above a node. */
typedef struct Above
{
	PlanState  *parent;
	LimitState *limit;			/* or NULL */
	int			more;			/* rows read to see where others end */
} Above;

static ExecutorStart_hook_type previous_hook;

/* What a node's children have above them. */
static Above
below(PlanState *node, const Above *above)
{
	Above		result = {.parent = node};

	switch (nodeTag(node))
	{
		case T_LimitState:
			result.limit = (LimitState *) node;
			result.more =
				result.limit->limitOption == LIMIT_OPTION_WITH_TIES ? 1 : 0;
			break;
		case T_IncrementalSortState:
		case T_UniqueState:
		case T_WindowAggState:
		case T_GroupState:
			/* sees where a group of equals ends */
			result.limit = above->limit;
			result.more = 1;
			break;
		case T_AggState:
			/* others read all rows before they return one */
			if (((Agg *) node->plan)->aggstrategy == AGG_SORTED)
			{
				result.limit = above->limit;
				result.more = 1;
			}
			break;
		case T_AppendState:
		case T_MergeAppendState:
		case T_GatherState:
		case T_GatherMergeState:
		case T_LockRowsState:
		case T_MaterialState:
		case T_NestLoopState:
		case T_ProjectSetState:
		case T_ResultState:
		case T_SubqueryScanState:
			result.limit = above->limit;
			result.more = above->more;
			break;
		default:
			break;
	}
	return result;
}

static bool
is_nearest_scan(IndexScanState *node)
{
	return node->iss_RelationDesc != NULL && node->iss_NumOrderByKeys == 1 &&
		node->iss_RelationDesc->rd_indam->ambeginscan == kg_ambeginscan;
}

static bool
expand_plan(PlanState *node, void *arg)
{
	const Above none = {0};
	const Above *above = arg;
	Above		inner;

	check_stack_depth();
	/* a nested loop reads its inner side to the end, once and again */
	if (above->parent && IsA(above->parent, NestLoopState) &&
		node == innerPlanState(above->parent))
		above = &none;
	if (IsA(node, IndexScanState))
	{
		if (is_nearest_scan((IndexScanState *) node))
			kg_nearest_install((IndexScanState *) node, above->limit,
							   above->more);
	}
	inner = below(node, above);
	return planstate_tree_walker(node, expand_plan, &inner);
}

static void
start_executor(QueryDesc *query, int eflags)
{
	Above		none = {0};

	if (previous_hook)
		previous_hook(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (query->planstate && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		expand_plan(query->planstate, &none);
}

void
kg_limit_init(void)
{
	previous_hook = ExecutorStart_hook;
	ExecutorStart_hook = start_executor;
}
