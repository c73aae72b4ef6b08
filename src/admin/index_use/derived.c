/*
 * derived.c
 *	  Columns of subqueries and CTEs that were not pulled up: where they come
 *	  from, and what keeps the outer query from their tables' indexes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"

#include "admin/index_use/derived.h"

static Node *
strip(Node *expr)
{
	for (;;)
	{
		if (expr && IsA(expr, RelabelType))
			expr = (Node *) ((RelabelType *) expr)->arg;
		else if (expr && IsA(expr, PlaceHolderVar))
			expr = (Node *) ((PlaceHolderVar *) expr)->phexpr;
		else
			return expr;
	}
}

/* The part of a SELECT that has to be computed before what is outside. */
static const char *
barrier_of(const Query *query)
{
	if (query->commandType != CMD_SELECT)
		return "INSERT, UPDATE or DELETE";
	if (query->setOperations)
		return "UNION, INTERSECT or EXCEPT";
	if (query->hasAggs || query->groupClause || query->groupingSets)
		return "GROUP BY or an aggregate";
	if (query->distinctClause)
		return "DISTINCT";
	if (query->hasWindowFuncs)
		return "a window function";
	if (query->limitCount || query->limitOffset)
		return "LIMIT";
	if (query->sortClause)
		return "ORDER BY";
	if (query->rowMarks)
		return "FOR UPDATE";
	if (query->hasTargetSRFs)
		return "a function that returns a set";
	return NULL;
}

static Query *
cte_query(PlannerInfo *root, const RangeTblEntry *rte)
{
	ListCell   *lc;

	for (Index i = 0; i < rte->ctelevelsup && root; i++)
		root = root->parent_root;
	if (root == NULL || rte->self_reference)
		return NULL;
	foreach(lc, root->parse->cteList)
	{
		CommonTableExpr *cte = lfirst(lc);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			return cte->cterecursive ? NULL : (Query *) cte->ctequery;
	}
	return NULL;
}

/* Follows a column of a query, which is not planned, to its table. */
static bool
find_table(Query *query, AttrNumber resno, KgDerived *derived)
{
	List	   *columns = query->commandType == CMD_SELECT ?
	query->targetList : query->returningList;
	TargetEntry *entry = get_tle_by_resno(columns, resno);
	Node	   *expr = entry ? strip((Node *) entry->expr) : NULL;

	check_stack_depth();
	while (expr && IsA(expr, Var) && ((Var *) expr)->varlevelsup == 0)
	{
		Var		   *var = (Var *) expr;
		RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);

		if (var->varattno <= 0)
			return false;
		if (rte->rtekind == RTE_RELATION)
		{
			derived->table = rte->relid;
			derived->attno = var->varattno;
			return true;
		}
		if (rte->rtekind == RTE_SUBQUERY && rte->subquery)
			return find_table(rte->subquery, var->varattno, derived);
		if (rte->rtekind == RTE_JOIN)
			expr = strip(list_nth(rte->joinaliasvars, var->varattno - 1));
#if PG_VERSION_NUM >= 180000
		else if (rte->rtekind == RTE_GROUP)
			expr = strip(list_nth(rte->groupexprs, var->varattno - 1));
#endif
		else
			return false;
	}
	return false;
}

bool
kg_derived_find(PlannerInfo *root, Node *expr, KgDerived *derived)
{
	RangeTblEntry *rte;
	Query	   *query = NULL;
	Var		   *var;

	expr = strip(expr);
	if (!IsA(expr, Var) || ((Var *) expr)->varlevelsup > 0)
		return false;
	var = (Var *) expr;
	rte = root->simple_rte_array[var->varno];
	if (rte == NULL || var->varattno <= 0)
		return false;
	memset(derived, 0, sizeof(KgDerived));
	derived->name = rte->eref->aliasname;
	if (rte->rtekind == RTE_SUBQUERY)
		query = rte->subquery;
	else if (rte->rtekind == RTE_CTE)
		query = cte_query(root, rte);
	if (query == NULL)
		return false;
	derived->cte = rte->rtekind == RTE_CTE;
	derived->because = barrier_of(query);
	derived->security_barrier = rte->security_barrier;
	return find_table(query, var->varattno, derived);
}
