/*
 * planned.c
 *	  A query's plan, and what the planner knew when it made it.
 *
 * A plan does not say why it is as it is.  So hooks note the planner's own
 * view: the PlannerInfo of each SELECT within the query, after views were
 * expanded, subqueries pulled up and constants folded.  They stay in memory for
 * as long as the caller's context.  The hooks are set when the first query is
 * explained in a session, and do nothing in the planning of others.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"

#include "admin/index_use/planned.h"
#include "pg/compat.h"

/* Costs above are those of plans with disabled nodes. */
#define MAX_COST 1.0e9

/* What the hooks do for the planning that runs. */
typedef struct Observer
{
	bool		began;			/* what begins now is a planning within it */
	Oid			index;			/* the only one to scan tables by, if valid */
	List	   *roots;
	List	   *members;		/* copies of their append_rel_lists */
} Observer;

static Observer *observer;
static bool hooked;
static planner_hook_type previous_planner;
static create_upper_paths_hook_type previous_upper_paths;
static set_rel_pathlist_hook_type previous_rel_pathlist;

/* The planner may run functions, whose queries are planned and freed. */
static PlannedStmt *
plan_query(KG_PLANNER_PARAMETERS)
{
	Observer   *outer = observer;
	PlannedStmt *plan = NULL;

	if (outer == NULL)
		return previous_planner ?
			previous_planner(KG_PLANNER_ARGUMENTS) :
			standard_planner(KG_PLANNER_ARGUMENTS);
	observer = outer->began ? NULL : outer;
	outer->began = true;
	PG_TRY();
	{
		plan = previous_planner ?
			previous_planner(KG_PLANNER_ARGUMENTS) :
			standard_planner(KG_PLANNER_ARGUMENTS);
	}
	PG_FINALLY();
	{
		observer = outer;
	}
	PG_END_TRY();
	return plan;
}

static void
note_root(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
		  RelOptInfo *output, void *extra)
{
	if (previous_upper_paths)
		previous_upper_paths(root, stage, input, output, extra);
	if (observer == NULL || stage != UPPERREL_FINAL)
		return;
	observer->roots = lappend(observer->roots, root);
	observer->members = lappend(observer->members,
								copyObject(root->append_rel_list));
}

/* Is it a scan by the index that it was made for? */
static bool
is_scan_by(Path *path, Oid index)
{
	IndexPath  *scan = (IndexPath *) path;

	return IsA(path, IndexPath) && scan->indexinfo->indexoid == index &&
		(scan->indexorderbys != NIL || scan->indexclauses != NIL);
}

/* Of a table that the index can serve, drops all other paths. */
static void
choose_paths(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	List	   *paths = NIL;
	bool		complete = false;
	ListCell   *lc;

	if (previous_rel_pathlist)
		previous_rel_pathlist(root, rel, rti, rte);
	if (observer == NULL || !OidIsValid(observer->index))
		return;
	foreach(lc, rel->pathlist)
	{
		Path	   *path = lfirst(lc);

		if (is_scan_by(path, observer->index))
		{
			paths = lappend(paths, path);
			complete |= path->param_info == NULL;
		}
	}
	if (complete)
	{
		rel->pathlist = paths;
		rel->partial_pathlist = NIL;
	}
}

static void
set_hooks(void)
{
	if (hooked)
		return;
	hooked = true;
	previous_planner = planner_hook;
	planner_hook = plan_query;
	previous_upper_paths = create_upper_paths_hook;
	create_upper_paths_hook = note_root;
	previous_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = choose_paths;
}

static PlannedStmt *
plan_observed(KgPlanned *planned, Observer *by)
{
	KgStatement *statement = planned->statement;
	Observer   *outer = observer;
	PlannedStmt *plan = NULL;

	set_hooks();
	observer = by;
	PG_TRY();
	{
		plan = kg_plan_query(copyObject(planned->query), statement->text,
							 statement->cursor_options | CURSOR_OPT_PARALLEL_OK);
	}
	PG_FINALLY();
	{
		observer = outer;
	}
	PG_END_TRY();

	/* The planner empties these when it has done. */
	for (int i = 0; i < list_length(by->roots); i++)
		((PlannerInfo *) list_nth(by->roots, i))->append_rel_list =
			list_nth(by->members, i);
	return plan;
}

KgPlanned *
kg_planned_make(KgStatement *statement, Query *query)
{
	KgPlanned  *planned = palloc0(sizeof(KgPlanned));
	Observer	by = {0};

	planned->statement = statement;
	planned->query = query;
	planned->plan = plan_observed(planned, &by);
	planned->roots = by.roots;
	kg_check_permissions(planned->plan);
	return planned;
}

static void
switch_off(const char *setting)
{
	(void) set_config_option(setting, "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

bool
kg_planned_cost_with(KgPlanned *planned, Oid index, bool ball, Cost *cost)
{
	Observer	by = {.index = index};
	int			level = NewGUCNestLevel();
	KgPlanned	forced = *planned;
	bool		found = false;
	ListCell   *lc;

	/*
	 * The order is to come from the index, not from a sort above it.  A scan
	 * in no order would be dropped for a cheaper one before the hook sees it.
	 */
	switch_off("enable_sort");
	if (ball)
	{
		switch_off("enable_seqscan");
		switch_off("enable_bitmapscan");
	}
	forced.plan = plan_observed(planned, &by);
	AtEOXact_GUC(false, level);
	forced.roots = by.roots;
	foreach(lc, forced.roots)
	{
		PlannerInfo *root = lfirst(lc);

		for (int i = 1; i < root->simple_rel_array_size; i++)
			found |= kg_planned_find(&forced, root, i, index) != NULL;
	}
	*cost = forced.plan->planTree->total_cost;
	return found && *cost < MAX_COST;
}

/*
 * Plan trees.
 */

typedef struct Search
{
	const PlannedStmt *plan;
	const RangeTblEntry *relation;
	Oid			index;
} Search;

static IndexScan *find_scan(Plan *node, const Search *search);

static IndexScan *
find_in_list(List *nodes, const Search *search)
{
	ListCell   *lc;

	foreach(lc, nodes)
	{
		IndexScan  *scan = find_scan(lfirst(lc), search);

		if (scan)
			return scan;
	}
	return NULL;
}

/* The planner copies entries of range tables, but not their names. */
static bool
is_wanted(IndexScan *scan, const Search *search)
{
	RangeTblEntry *rte = rt_fetch(scan->scan.scanrelid, search->plan->rtable);

	return scan->indexid == search->index &&
		rte->eref == search->relation->eref;
}

static IndexScan *
find_scan(Plan *node, const Search *search)
{
	IndexScan  *scan = NULL;

	if (node == NULL)
		return NULL;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_IndexScan:
			return is_wanted((IndexScan *) node, search) ?
				(IndexScan *) node : NULL;
		case T_Append:
			return find_in_list(((Append *) node)->appendplans, search);
		case T_MergeAppend:
			return find_in_list(((MergeAppend *) node)->mergeplans, search);
		case T_SubqueryScan:
			return find_scan(((SubqueryScan *) node)->subplan, search);
		case T_CustomScan:
			scan = find_in_list(((CustomScan *) node)->custom_plans, search);
			break;
		default:
			break;
	}
	if (scan == NULL)
		scan = find_scan(node->lefttree, search);
	return scan ? scan : find_scan(node->righttree, search);
}

IndexScan *
kg_planned_find(KgPlanned *planned, PlannerInfo *root, Index relation,
				Oid index)
{
	Search		search = {
		.plan = planned->plan,
		.relation = root->simple_rte_array[relation],
		.index = index
	};
	IndexScan  *scan;

	if (search.relation == NULL)
		return NULL;
	scan = find_scan(planned->plan->planTree, &search);
	return scan ? scan : find_in_list(planned->plan->subplans, &search);
}
