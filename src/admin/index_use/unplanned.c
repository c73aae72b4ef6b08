/*
 * unplanned.c
 *	  Distances of a query before it is planned: the planner drops some.
 *
 * A distance from NULL is NULL, and to order by a constant is no order.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"

#include "admin/index_use/distance.h"
#include "admin/index_use/unplanned.h"

typedef struct Finder
{
	Query	   *query;			/* that the expression belongs to */
	bool		found;
	List	   *nulls;
} Finder;

/* NULL, whatever it is cast to? */
static bool
is_null(Node *expr)
{
	while (expr)
	{
		if (IsA(expr, RelabelType))
			expr = (Node *) ((RelabelType *) expr)->arg;
		else if (IsA(expr, CoerceViaIO))
			expr = (Node *) ((CoerceViaIO *) expr)->arg;
		else if (IsA(expr, FuncExpr) && ((FuncExpr *) expr)->args != NIL &&
				 ((FuncExpr *) expr)->funcformat != COERCE_EXPLICIT_CALL)
			expr = linitial(((FuncExpr *) expr)->args);
		else
			break;
	}
	return expr && IsA(expr, Const) && ((Const *) expr)->constisnull;
}

/* A column's name, and "..." for all else. */
static const char *
argument_text(const Finder *finder, Node *expr)
{
	Var		   *var = (Var *) expr;

	if (is_null(expr))
		return "NULL";
	if (!IsA(expr, Var) || var->varlevelsup > 0 || finder->query == NULL)
		return "...";
	return get_rte_attribute_name(rt_fetch(var->varno, finder->query->rtable),
								  var->varattno);
}

static bool
find(Node *node, Finder *finder)
{
	Oid			operator;
	bool		ball;
	Node	   *left;
	Node	   *right;

	if (node == NULL)
		return false;
	check_stack_depth();
	if (IsA(node, Query))
	{
		Finder		inner = *finder;

		inner.query = (Query *) node;
		query_tree_walker((Query *) node, find, &inner, 0);
		finder->found |= inner.found;
		finder->nulls = inner.nulls;
		return false;
	}
	if (kg_is_distance(node, &operator, &ball, &left, &right))
	{
		finder->found = true;
		if (is_null(left) || is_null(right))
			finder->nulls =
				lappend(finder->nulls,
						psprintf("%s %s %s", argument_text(finder, left),
								 kg_distance_name(node),
								 argument_text(finder, right)));
	}
	return expression_tree_walker(node, find, finder);
}

bool
kg_unplanned_has_distance(Query *query)
{
	Finder		finder = {0};

	find((Node *) query, &finder);
	return finder.found;
}

List *
kg_unplanned_nulls(Query *query)
{
	Finder		finder = {0};

	find((Node *) query, &finder);
	return finder.nulls;
}
