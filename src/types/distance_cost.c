/*
 * distance_cost.c
 *	  Planner support: the cost of computing a distance.
 *
 * A vector stored out of line is fetched for each distance.  By itself the
 * planner charges a sequential scan for the pages of the table only, which may
 * be a hundredth of the pages that the scan reads.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "types/distance_cost.h"
#include "types/type_oid.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_vector_distance_support);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_halfvec_distance_support);

/* Pages of a TOAST table's index that fetching a value touches. */
#define TOAST_INDEX_PAGES 3

/* An estimate of the bytes of an argument that are stored out of line. */
static double
bytes_out_of_line(PlannerInfo *root, Node *argument, int element_bytes)
{
	Var		   *var = (Var *) strip_implicit_coercions(argument);
	RangeTblEntry *table;
	double		bytes;
	int32		width;

	if (!IsA(var, Var) || var->varlevelsup > 0 || var->varno <= 0 ||
		var->varno >= root->simple_rel_array_size || var->vartypmod <= 0)
		return 0;
	table = planner_rt_fetch(var->varno, root);
	if (table->rtekind != RTE_RELATION || var->varattno <= 0)
		return 0;
	bytes = (double) var->vartypmod * element_bytes;
	width = get_attavgwidth(table->relid, var->varattno);

	/* A column of vectors stored in the row is as wide as a vector. */
	return width > 0 && width < bytes / 2 ? bytes : 0;
}

/* Pages of a value of so many bytes out of line, with those that lead there. */
static double
pages_of(double bytes)
{
	return bytes > 0 ? TOAST_INDEX_PAGES + bytes / BLCKSZ : 0;
}

Cost
kg_fetch_cost(PlannerInfo *root, Node *expression)
{
	List	   *vars = pull_var_clause(expression, PVC_RECURSE_PLACEHOLDERS);
	double		pages = 0;
	ListCell   *cell;

	foreach(cell, vars)
	{
		const char *stored = kg_stored_name(exprType(lfirst(cell)));

		if (stored && strcmp(stored, "vector") == 0)
			pages += pages_of(bytes_out_of_line(root, lfirst(cell), sizeof(float)));
		else if (stored && strcmp(stored, "halfvec") == 0)
			pages += pages_of(bytes_out_of_line(root, lfirst(cell), sizeof(uint16)));
	}
	return seq_page_cost * pages;
}

static Node *
distance_cost(Node *request, int element_bytes)
{
	SupportRequestCost *cost = (SupportRequestCost *) request;
	double		pages = 0;
	ListCell   *cell;
	List	   *arguments;

	if (!IsA(request, SupportRequestCost) || cost->root == NULL)
		return NULL;
	if (cost->node && IsA(cost->node, OpExpr))
		arguments = ((OpExpr *) cost->node)->args;
	else if (cost->node && IsA(cost->node, FuncExpr))
		arguments = ((FuncExpr *) cost->node)->args;
	else
		return NULL;
	foreach(cell, arguments)
		pages += pages_of(bytes_out_of_line(cost->root, lfirst(cell),
											element_bytes));
	if (pages == 0)
		return NULL;

	/* Vectors are stored in the order of their rows: sequential pages. */
	cost->startup = 0;
	cost->per_tuple = cpu_operator_cost + seq_page_cost * pages;
	return request;
}

Datum
kg_vector_distance_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(distance_cost((Node *) PG_GETARG_POINTER(0),
									sizeof(float)));
}

Datum
kg_halfvec_distance_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(distance_cost((Node *) PG_GETARG_POINTER(0),
									sizeof(uint16)));
}
