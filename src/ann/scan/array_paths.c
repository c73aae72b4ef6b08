/*
 * array_paths.c
 *	  Index paths for "= ANY (array)" and for booleans on filter columns.
 *
 * Before version 17 the planner takes an array's condition on any column of an
 * index but the first for one that spoils the order of the rows, whatever the
 * access method says: it makes paths with the order and paths with the
 * condition, but none with both.  Before version 16 it does not know that
 * "flag", to which it reduces "flag = true", is a condition on the column flag
 * unless the operator class is its own.  The paths are made here, from its
 * paths with the order.
 */
#include "postgres.h"

#include "ann/scan/array_paths.h"

#if PG_VERSION_NUM < 170000

#include "access/amapi.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"

#include "ann/core/filter_column.h"
#include "ann/scan/cost.h"

static set_rel_pathlist_hook_type previous_hook;

/* The column of the index that "column = ANY (array)" tests, or -1. */
static int
find_array_column(const IndexOptInfo *index, const RestrictInfo *rinfo)
{
	const ScalarArrayOpExpr *test = (const ScalarArrayOpExpr *) rinfo->clause;
	Node	   *column;
	Node	   *array;

	if (!IsA(test, ScalarArrayOpExpr) || !test->useOr)
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

/* "column = value" for a test of a boolean column of the index, or NULL. */
static Expr *
read_boolean(const IndexOptInfo *index, const RestrictInfo *rinfo, int *column)
{
#if PG_VERSION_NUM < 160000
	Node	   *operand = (Node *) rinfo->clause;
	bool		value = true;

	if (is_notclause(operand))
	{
		operand = (Node *) get_notclausearg((Expr *) operand);
		value = false;
	}
	else if (IsA(operand, BooleanTest))
	{
		const BooleanTest *test = (const BooleanTest *) operand;

		if (test->booltesttype != IS_TRUE && test->booltesttype != IS_FALSE)
			return NULL;
		operand = (Node *) test->arg;
		value = test->booltesttype == IS_TRUE;
	}
	for (*column = 1; *column < index->nkeycolumns; (*column)++)
		if (match_index_to_operand(operand, *column, (IndexOptInfo *) index) &&
			get_op_opfamily_strategy(BooleanEqualOperator, index->opfamily[*column]) ==
			KG_EQUAL_STRATEGY)
			return make_opclause(BooleanEqualOperator, BOOLOID, false, (Expr *) operand,
								 (Expr *) makeBoolConst(value, false), InvalidOid, InvalidOid);
#endif
	return NULL;
}

/* A condition that the planner does not combine with the order, or NULL. */
static IndexClause *
read_clause(PlannerInfo *root, RelOptInfo *rel, const IndexOptInfo *index,
			RestrictInfo *rinfo)
{
	IndexClause *clause;
	Expr	   *equal;
	int			column;

	if (rinfo->pseudoconstant || !restriction_is_securely_promotable(rinfo, rel))
		return NULL;
	equal = read_boolean(index, rinfo, &column);
	if (equal == NULL)
		column = find_array_column(index, rinfo);
	if (column < 0)
		return NULL;
	clause = makeNode(IndexClause);
	clause->rinfo = rinfo;
	clause->indexquals = list_make1(equal ? make_simple_restrictinfo(root, equal) : rinfo);
	clause->indexcol = column;
	return clause;
}

/* The clauses with one more, in the order of the index's columns. */
static List *
add_clause(List *clauses, IndexClause *added)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, clauses)
	{
		IndexClause *clause = lfirst(cell);

		if (added && clause->indexcol > added->indexcol)
		{
			result = lappend(result, added);
			added = NULL;
		}
		result = lappend(result, clause);
	}
	return added ? lappend(result, added) : result;
}

/* The path with the conditions that it lacks, or NULL. */
static IndexPath *
with_conditions(PlannerInfo *root, RelOptInfo *rel, IndexPath *path)
{
	List	   *clauses = path->indexclauses;
	ListCell   *cell;

	foreach(cell, path->indexinfo->indrestrictinfo)
	{
		IndexClause *clause = read_clause(root, rel, path->indexinfo,
										  lfirst_node(RestrictInfo, cell));

		if (clause)
			clauses = add_clause(clauses, clause);
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
		IndexPath  *path = with_conditions(root, rel, lfirst(cell));

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
