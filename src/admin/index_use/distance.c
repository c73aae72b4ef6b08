/*
 * distance.c
 *	  The distances that a planned query computes, and what for.
 *
 * Expressions are the planner's: constants are folded, names of joins and of
 * subqueries that were pulled up are gone.  An expression of a partitioned table,
 * of a table with children or of UNION ALL is replaced by those of the members.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/appendinfo.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "admin/index_use/distance.h"
#include "admin/index_use/hnsw.h"
#include "types/ball.h"

/* What is collected, and from where. */
typedef struct Finder
{
	List	   *found;
	KgDistance	from;			/* what new distances have in common */
	Node	   *top;			/* the expression that is looked through */
} Finder;

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
	{
		if (name && strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

bool
kg_is_member(Oid class, Oid object, const char *name)
{
	Oid			extension = getExtensionOfObject(class, object);

	return OidIsValid(extension) &&
		strcmp(get_extension_name(extension), name) == 0;
}

/* Does an object belong to kg or to pgvector? */
static bool
is_known_object(Oid class, Oid object)
{
	return kg_is_member(class, object, "kg") ||
		kg_is_member(class, object, "vector");
}

static bool
is_distance_operator(Oid operator)
{
	static const char *const names[] = {
		"<->", "<#>", "<=>", "<+>", "<~>", "<%>", "@#", "<<->>", "<<#>>", "<<=>>", "<<+>>",
		"<<~>>", "<<%>>", NULL
	};

	return OidIsValid(kg_hnsw_opclass_of(operator)) ||
		(is_one_of(get_opname(operator), names) &&
		 is_known_object(OperatorRelationId, operator));
}

static bool
is_distance_function(Oid function)
{
	static const char *const names[] = {
		"l2_distance", "inner_product", "cosine_distance", "l1_distance",
		"hamming_distance", "jaccard_distance", "max_sim",
		"vector_negative_max_sim", "halfvec_negative_max_sim",
		"int8vec_negative_max_sim",
		"vector_negative_inner_product", "halfvec_negative_inner_product",
		"int8vec_negative_inner_product", "sparsevec_negative_inner_product",
		"vector_l2_squared_distance", "halfvec_l2_squared_distance",
		"int8vec_l2_squared_distance", "sparsevec_l2_squared_distance", NULL
	};

	return is_one_of(get_func_name(function), names) &&
		is_known_object(ProcedureRelationId, function);
}

bool
kg_is_distance(Node *node, Oid *operator, bool *ball, Node **left,
			   Node **right)
{
	List	   *args;

	*operator = InvalidOid;
	if (node && IsA(node, OpExpr) &&
		is_distance_operator(((OpExpr *) node)->opno))
	{
		args = ((OpExpr *) node)->args;
		*operator = ((OpExpr *) node)->opno;
	}
	else if (node && IsA(node, FuncExpr) &&
			 is_distance_function(((FuncExpr *) node)->funcid))
		args = ((FuncExpr *) node)->args;
	else
		return false;
	if (list_length(args) != 2)
		return false;
	*left = linitial(args);
	*right = lsecond(args);
	*ball = exprType(*right) == kg_ball_type();
	return true;
}

char *
kg_distance_name(Node *expr)
{
	return IsA(expr, OpExpr) ? get_opname(((OpExpr *) expr)->opno) :
		get_func_name(((FuncExpr *) expr)->funcid);
}

/* The operator that orders as a function does. */
static const char *
operator_name_of(const char *name)
{
	if (strstr(name, "inner_product"))
		return "<#>";
	if (strstr(name, "max_sim"))
		return "@#";
	if (strncmp(name, "cosine", 6) == 0)
		return "<=>";
	if (strncmp(name, "l1", 2) == 0)
		return "<+>";
	if (strncmp(name, "hamming", 7) == 0)
		return "<~>";
	if (strncmp(name, "jaccard", 7) == 0)
		return "<%>";
	return "<->";
}

Oid
kg_distance_operator(const KgDistance *distance)
{
	Oid			function;
	Oid			type = exprType(distance->column);
	Oid			result;
	List	   *name;

	if (OidIsValid(distance->operator))
		return distance->operator;
	function = ((FuncExpr *) distance->expr)->funcid;
	name = list_make2(makeString(get_namespace_name(get_func_namespace(function))),
					  makeString(pstrdup(operator_name_of(get_func_name(function)))));
	result = OpernameGetOprid(name, type, type);
	if (!OidIsValid(result))
		elog(ERROR, "function %u has no operator", function);
	return result;
}

bool
kg_distance_table(const KgDistance *distance, Oid *table)
{
	RangeTblEntry *rte;

	if (distance->relation == 0)
		return false;
	rte = distance->root->simple_rte_array[distance->relation];
	*table = rte->relid;
	return rte->rtekind == RTE_RELATION;
}

bool
kg_distance_indexable(const KgDistance *distance)
{
	Node	   *column = distance->column;
	ListCell   *lc;

	if (contain_agg_clause(column) || contain_window_function(column) ||
		contain_mutable_functions(column) || contain_subplans(column))
		return false;
	foreach(lc, pull_var_clause(column, PVC_RECURSE_PLACEHOLDERS))
	{
		if (((Var *) lfirst(lc))->varno != (int) distance->relation)
			return false;
	}
	return true;
}

/* The only relation of an argument, 0 if there are several. */
static Index
only_relation(PlannerInfo *root, Node *argument)
{
	int			relation;
	Relids		relations = pull_varnos(root, argument);

	/* outer joins, which are members since 16, are no relations */
	for (int i = -1; (i = bms_next_member(relations, i)) >= 0;)
	{
		if (root->simple_rte_array[i] == NULL ||
			root->simple_rte_array[i]->rtekind == RTE_JOIN)
			relations = bms_del_member(bms_copy(relations), i);
	}
	return bms_get_singleton_member(relations, &relation) ? relation : 0;
}

static bool
has_index(const KgDistance *distance)
{
	Oid			table;

	return kg_distance_table(distance, &table) && kg_hnsw_indexes(table) != NIL;
}

/*
 * Decides which argument is the column: that of a table with an index, if both
 * could be.  False if neither depends on a row.
 */
static bool
choose_column(KgDistance *distance, Node *left, Node *right)
{
	bool		swapped = false;
	Node	   *arguments[] = {left, right};

	distance->column = NULL;
	for (int i = 0; i < (distance->ball ? 1 : 2); i++)
	{
		KgDistance	choice = *distance;

		if (!contain_var_clause(arguments[i]))
			continue;
		choice.column = arguments[i];
		choice.other = arguments[1 - i];
		choice.relation = only_relation(distance->root, arguments[i]);
		swapped = distance->column && !has_index(distance) && has_index(&choice);
		if (distance->column == NULL || swapped)
			*distance = choice;
	}
	return distance->column != NULL;
}

/* The same distance again, for something that an index serves less? */
static bool
is_known(const Finder *finder, const KgDistance *distance)
{
	ListCell   *lc;

	foreach(lc, finder->found)
	{
		KgDistance *known = lfirst(lc);

		if (known->root == distance->root && equal(known->expr, distance->expr))
			return true;
	}
	return false;
}

static void
add_distance(Finder *finder, Node *node, Oid operator, Node *left, Node *right)
{
	KgDistance *distance = palloc(sizeof(KgDistance));

	*distance = finder->from;
	distance->expr = node;
	distance->operator = operator;
	distance->ball = exprType(right) == kg_ball_type();
	distance->key_expr = finder->top;
	if (distance->use == KG_USE_CONDITION && distance->ball &&
		node == finder->top)
		distance->use = KG_USE_BALL;
	if (choose_column(distance, left, right) && !is_known(finder, distance))
		finder->found = lappend(finder->found, distance);
}

static bool
find_in_expression(Node *node, Finder *finder)
{
	Oid			operator;
	bool		ball;
	Node	   *left;
	Node	   *right;

	if (node == NULL)
		return false;
	if (!kg_is_distance(node, &operator, &ball, &left, &right))
		return expression_tree_walker(node, find_in_expression, finder);
	add_distance(finder, node, operator, left, right);
	return false;
}

/* Members of a table or of UNION ALL that stand for it in expressions. */
static bool
has_members(PlannerInfo *root, Index relation)
{
	ListCell   *lc;

	foreach(lc, root->append_rel_list)
	{
		if (((AppendRelInfo *) lfirst(lc))->parent_relid == relation)
			return true;
	}
	return false;
}

static void
find_in_members(Finder *finder, Node *expr, Index relation)
{
	PlannerInfo *root = finder->from.root;
	ListCell   *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (!has_members(root, relation))
	{
		finder->top = expr;
		find_in_expression(expr, finder);
		return;
	}
	foreach(lc, root->append_rel_list)
	{
		AppendRelInfo *member = lfirst(lc);
		RelOptInfo *rel = root->simple_rel_array[member->child_relid];

		if (member->parent_relid == relation && rel != NULL &&
			!IS_DUMMY_REL(rel))
			find_in_members(finder,
							adjust_appendrel_attrs(root, expr, 1, &member),
							member->child_relid);
	}
}

/* Looks through an expression, and each of its forms for members. */
static void
find_in(Finder *finder, Node *expr)
{
	Relids		relations;
	Index		relation = 0;

	/* columns of a UNION, and those that identify rows to update */
	if (IsA(expr, Var) && (int) ((Var *) expr)->varno <= 0)
		return;
	relations = pull_varnos(finder->from.root, expr);
	for (int i = -1; (i = bms_next_member(relations, i)) >= 0;)
	{
		if (has_members(finder->from.root, i))
		{
			relation = i;
			break;
		}
	}
	find_in_members(finder, expr, relation);
}

/* Is the key the first that decides?  One that is constant does not. */
static bool
is_leading(PlannerInfo *root, Node *expr)
{
	PathKey    *first;
	ListCell   *lc;

	if (root->sort_pathkeys == NIL)
		return true;
	first = linitial(root->sort_pathkeys);
	foreach(lc, first->pk_eclass->ec_members)
	{
		if (equal(((EquivalenceMember *) lfirst(lc))->em_expr, expr))
			return true;
	}
	return false;
}

static void
find_in_sort(Finder *finder, Query *query)
{
	PlannerInfo *root = finder->from.root;
	ListCell   *lc;

	finder->from.use = KG_USE_ORDER;
	foreach(lc, query->sortClause)
	{
		SortGroupClause *key = lfirst(lc);
		Node	   *expr = get_sortgroupclause_expr(key, root->processed_tlist);

		finder->from.key = key;
		finder->from.leads = is_leading(root, expr);
		find_in(finder, expr);
	}
	finder->from.key = NULL;
}

/* Conditions are where the planner left them: an implicit AND. */
static void
find_in_conditions(Finder *finder, Node *from)
{
	ListCell   *lc;

	check_stack_depth();
	if (from == NULL)
		return;
	if (IsA(from, JoinExpr))
	{
		find_in_conditions(finder, ((JoinExpr *) from)->larg);
		find_in_conditions(finder, ((JoinExpr *) from)->rarg);
		find_in_conditions(finder, ((JoinExpr *) from)->quals);
	}
	else if (IsA(from, FromExpr))
	{
		foreach(lc, ((FromExpr *) from)->fromlist)
		{
			find_in_conditions(finder, lfirst(lc));
		}
		find_in_conditions(finder, ((FromExpr *) from)->quals);
	}
	else if (IsA(from, List))
	{
		foreach(lc, (List *) from)
		{
			find_in(finder, lfirst(lc));
		}
	}
	else if (!IsA(from, RangeTblRef))
		find_in(finder, from);
}

static void
find_in_select(Finder *finder, PlannerInfo *root)
{
	Query	   *query = root->parse;
	ListCell   *lc;

	finder->from.root = root;
	find_in_sort(finder, query);
	finder->from.use = KG_USE_CONDITION;
	find_in_conditions(finder, (Node *) query->jointree);
	finder->from.use = KG_USE_OTHER;
	foreach(lc, root->processed_tlist)
	{
		find_in(finder, (Node *) ((TargetEntry *) lfirst(lc))->expr);
	}
	foreach(lc, query->returningList)
	{
		find_in(finder, (Node *) ((TargetEntry *) lfirst(lc))->expr);
	}
	if (query->havingQual)
		find_in(finder, query->havingQual);
}

List *
kg_distances_find(KgPlanned *planned)
{
	Finder		finder = {0};
	Index		deepest = 0;

	/* from the outermost SELECT inwards */
	for (Index level = 0; level <= deepest; level++)
	{
		ListCell   *lc;

		foreach(lc, planned->roots)
		{
			PlannerInfo *root = lfirst(lc);

			deepest = Max(deepest, root->query_level);
			if (root->query_level == level && root->simple_rte_array)
				find_in_select(&finder, root);
		}
	}
	return finder.found;
}
