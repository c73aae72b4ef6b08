/*
 * array_paths.c
 *	  Index paths for "= ANY (array)" on a filter column.
 *
 * Before version 17 the planner takes an array's condition on any column of an
 * index but the first for one that spoils the order of the rows, whatever the
 * access method says: it makes paths with the order and paths with the
 * condition, but none with both.  Those are made here, from its paths with the
 * order.
 */
#include "postgres.h"

#include "ann/scan/array_paths.h"

#if PG_VERSION_NUM < 170000

#include "access/amapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "utils/lsyscache.h"

#include "ann/core/filter_column.h"
#include "ann/scan/cost.h"

static set_rel_pathlist_hook_type previous_hook;

/* The column of the index that "column = ANY (array)" tests, or -1. */
static int
find_column(const IndexOptInfo *index, const RestrictInfo *rinfo)
{
	const ScalarArrayOpExpr *test = (const ScalarArrayOpExpr *) rinfo->clause;
	Node	   *column;
	Node	   *array;

	if (!IsA(test, ScalarArrayOpExpr) || !test->useOr || rinfo->pseudoconstant)
		return -1;
	column = linitial(test->args);
	array = lsecond(test->args);
	if (bms_is_member(index->rel->relid, pull_varnos(NULL, array)) ||
		contain_volatile_functions(array))
		return -1;
	for (int i = 1; i < index->nkeycolumns; i++)
		if (match_index_to_operand(column, i, (IndexOptInfo *) index) &&
			(!OidIsValid(index->indexcollations[i]) ||
			 index->indexcollations[i] == test->inputcollid) &&
			get_op_opfamily_strategy(test->opno, index->opfamily[i]) ==
			KG_EQUAL_STRATEGY)
			return i;
	return -1;
}

/* The clauses with one more, in the order of the index's columns. */
static List *
add_clause(List *clauses, RestrictInfo *rinfo, int column)
{
	IndexClause *added = makeNode(IndexClause);
	List	   *result = NIL;
	ListCell   *cell;

	added->rinfo = rinfo;
	added->indexquals = list_make1(rinfo);
	added->indexcol = column;
	foreach(cell, clauses)
	{
		IndexClause *clause = lfirst(cell);

		if (added && clause->indexcol > column)
		{
			result = lappend(result, added);
			added = NULL;
		}
		result = lappend(result, clause);
	}
	return added ? lappend(result, added) : result;
}

/* The path with the conditions on arrays that it lacks, or NULL. */
static IndexPath *
with_arrays(PlannerInfo *root, RelOptInfo *rel, IndexPath *path)
{
	List	   *clauses = path->indexclauses;
	ListCell   *cell;

	foreach(cell, path->indexinfo->indrestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, cell);
		int			column = find_column(path->indexinfo, rinfo);

		if (column > 0)
			clauses = add_clause(clauses, rinfo, column);
	}
	if (clauses == path->indexclauses)
		return NULL;
	return create_index_path(root, path->indexinfo, clauses, path->indexorderbys,
							 path->indexorderbycols, path->path.pathkeys,
							 ForwardScanDirection, false, PATH_REQ_OUTER((Path *) path),
							 1.0, false);
}

static void
add_array_paths(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	List	   *found = NIL;
	ListCell   *cell;

	if (previous_hook)
		previous_hook(root, rel, rti, rte);
	foreach(cell, rel->pathlist)
	{
		IndexPath  *path = lfirst(cell);

		if (IsA(path, IndexPath) && path->indexorderbys != NIL &&
			PATH_REQ_OUTER((Path *) path) == NULL &&
			path->indexinfo->amcostestimate == (void (*) ()) kg_amcostestimate)
			found = lappend(found, path);
	}
	foreach(cell, found)
	{
		IndexPath  *path = with_arrays(root, rel, lfirst(cell));

		if (path)
			add_path(rel, (Path *) path);
	}
}

void
kg_array_paths_init(void)
{
	previous_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = add_array_paths;
}

#else

void
kg_array_paths_init(void)
{
}

#endif
