/*
 * query_reasons.c
 *	  Reasons for which no index serves a distance: how the query uses it.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "admin/index_use/expression_text.h"
#include "admin/index_use/reasons.h"
#include "types/type_oid.h"

#define SUBQUERY_HINT \
	"Take the nearest rows in a subquery with ORDER BY %s LIMIT n, and do the rest outside."

List *
kg_reason_add(List *reasons, char *reason, char *hint)
{
	KgReason   *result = palloc(sizeof(KgReason));

	result->reason = reason;
	result->hint = hint;
	return lappend(reasons, result);
}

char *
kg_bare_distance(const KgDistance *distance, Oid operator)
{
	if (!OidIsValid(operator))
		operator = kg_distance_operator(distance);
	return psprintf("%s %s %s",
					kg_expression_text(distance->root, distance->column),
					kg_operator_name(operator),
					kg_expression_text(distance->root, distance->other));
}

/* Is it "1 - distance" or "- distance", whose order is the other way round? */
static bool
is_reversed(const KgDistance *distance)
{
	Node	   *expr = distance->key_expr;
	Oid			function;

	if (!IsA(expr, OpExpr))
		return false;
	function = get_opcode(((OpExpr *) expr)->opno);
	return (function == F_FLOAT8MI || function == F_FLOAT8UM) &&
		llast(((OpExpr *) expr)->args) == distance->expr;
}

static bool
is_descending(const SortGroupClause *key)
{
	bool		reverse;

	return OidIsValid(get_equality_op_for_ordering_op(key->sortop, &reverse)) &&
		reverse;
}

/* Largest for the nearest rows? */
static bool
is_product(const KgDistance *distance)
{
	const char *name = kg_distance_name(distance->expr);

	return !OidIsValid(distance->operator) &&
		(strcmp(name, "inner_product") == 0 || strcmp(name, "max_sim") == 0);
}

/* The sort key: its direction, its place, what is around the distance. */
static List *
add_sort_reasons(List *reasons, const KgDistance *distance)
{
	char	   *bare = kg_bare_distance(distance, InvalidOid);
	bool		descending = is_descending(distance->key);

	if (distance->key_expr != distance->expr)
	{
		reasons = kg_reason_add(reasons,
								psprintf("ORDER BY is by an expression that contains the distance: %s",
										 kg_expression_text(distance->root, distance->key_expr)),
								is_reversed(distance) && descending ?
								psprintf("ORDER BY %s, without DESC, gives the same order: compute the similarity in the list of columns.", bare) :
								psprintf(SUBQUERY_HINT, bare));
	}
	else if (descending != is_product(distance))
		reasons = kg_reason_add(reasons,
								psprintf("%s asks for the farthest rows, the index finds the nearest",
										 descending ? "DESC" : "ascending order"),
								psprintf("ORDER BY %s, without DESC: it is smallest for the nearest rows.", bare));
	else if (!descending && distance->key->nulls_first)
		reasons = kg_reason_add(reasons,
								pstrdup("NULLS FIRST wants rows without a distance first, the index returns them last"),
								pstrdup("Leave out NULLS FIRST."));
	if (!distance->leads)
		reasons = kg_reason_add(reasons,
								pstrdup("ORDER BY has another key before the distance"),
								psprintf(SUBQUERY_HINT, bare));
	return reasons;
}

/* The part of a SELECT that needs all rows before any can leave, or NULL. */
static const char *
blocking_part(const Query *query)
{
	if (query->groupClause || query->groupingSets)
		return "GROUP BY";
	if (query->hasAggs)
		return "an aggregate";
	if (query->hasWindowFuncs)
		return "a window function";
	if (query->distinctClause)
		return "DISTINCT";
	if (query->hasTargetSRFs)
		return "a function that returns a set";
	return NULL;
}

static List *
add_blocking_reason(List *reasons, const KgDistance *distance)
{
	const char *part = blocking_part(distance->root->parse);

	if (part == NULL)
		return reasons;
	return kg_reason_add(reasons,
						 psprintf("%s needs all rows before the nearest are known", part),
						 psprintf(SUBQUERY_HINT,
								  kg_bare_distance(distance, InvalidOid)));
}

/* "Write embedding <<=>> kg.ball(q, radius), or a", if there is such a ball. */
static const char *
ball_hint(const KgDistance *distance)
{
	Oid			operator = kg_distance_operator(distance);
	Oid			type = exprType(distance->column);

	/* arrays of vectors have no balls */
	if (!OidIsValid(kg_hnsw_opclass_of(operator)) || type_is_array(type) ||
		!OperatorIsVisible(operator))
		return "A";
	return psprintf("Write %s <%s> kg.ball(%s, radius), or a",
					kg_expression_text(distance->root, distance->column),
					get_opname(operator),
					kg_expression_text(distance->root, distance->other));
}

/* The distance is of use to nothing that an index serves. */
static List *
add_other_use(List *reasons, const KgDistance *distance)
{
	PlannerInfo *outer = distance->root->parent_root;

	if (outer && outer->parse->setOperations)
		return kg_reason_add(reasons,
							 pstrdup("the distance is computed below UNION, INTERSECT or EXCEPT, which has no order of its inputs"),
							 pstrdup("Give each SELECT its own ORDER BY and LIMIT in parentheses."));
	if (distance->use == KG_USE_CONDITION && distance->ball)
		return kg_reason_add(reasons,
							 pstrdup("the ball is within OR, NOT or another expression"),
							 pstrdup("Write one SELECT for each ball, and UNION."));
	if (distance->use == KG_USE_CONDITION)
		return kg_reason_add(reasons,
							 pstrdup("a condition on a distance, with no ORDER BY this distance, is a filter that each row has to pass"),
							 psprintf("%sdd ORDER BY %s LIMIT n.", ball_hint(distance),
									  kg_bare_distance(distance, InvalidOid)));
	if (blocking_part(distance->root->parse))
		return add_blocking_reason(reasons, distance);
	return kg_reason_add(reasons,
						 outer ?
						 pstrdup("the subquery computes the distance and does not order by it") :
						 pstrdup("the query computes the distance and does not order by it"),
						 psprintf("Put ORDER BY %s LIMIT n into the SELECT that reads the table.",
								  kg_bare_distance(distance, InvalidOid)));
}

/* The other side: one value while the table is scanned? */
static List *
add_query_vector_reasons(List *reasons, const KgDistance *distance)
{
	Relids		relations = pull_varnos(distance->root, distance->other);
	char	   *other = kg_expression_text(distance->root, distance->other);

	if (distance->relation == 0 ||
		bms_is_member(distance->relation, relations))
		return kg_reason_add(reasons,
							 pstrdup("the distance is between values of the same row, or of more than one table"),
							 pstrdup("An index finds rows near one query vector."));
	/* A scan by a ball may get it from the outer side of a join. */
	if (contain_var_clause(distance->other) &&
		(distance->use == KG_USE_ORDER || distance->use == KG_USE_OTHER))
		return kg_reason_add(reasons,
							 psprintf("the query vector %s is a column that the query joins, not one value", other),
							 pstrdup("For one vector write a subquery in parentheses, (SELECT ...); for several a LATERAL subquery with ORDER BY and LIMIT."));
	if (contain_volatile_functions(distance->other))
		return kg_reason_add(reasons,
							 psprintf("the query vector %s is volatile: it is computed for each row", other),
							 pstrdup("Write it in parentheses as (SELECT ...), or declare the function STABLE or IMMUTABLE."));
	return reasons;
}

static List *
add_outer_join_reason(List *reasons, const KgDistance *distance)
{
	ListCell   *lc;

	foreach(lc, distance->root->join_info_list)
	{
		SpecialJoinInfo *join = lfirst(lc);

		if ((join->jointype != JOIN_LEFT && join->jointype != JOIN_FULL) ||
			(!bms_is_member(distance->relation, join->syn_righthand) &&
			 (join->jointype == JOIN_LEFT ||
			  !bms_is_member(distance->relation, join->syn_lefthand))))
			continue;
		return kg_reason_add(reasons,
							 pstrdup("the table is on the side of an outer join that may be null"),
							 pstrdup("Take the nearest rows in a subquery with ORDER BY and LIMIT before the join."));
	}
	return reasons;
}

List *
kg_reasons_of_query(const KgDistance *distance)
{
	List	   *reasons = NIL;

	if (!OidIsValid(distance->operator))
		reasons = kg_reason_add(reasons,
								psprintf("it is a call of the function %s, and an index serves operators only",
										 kg_distance_name(distance->expr)),
								psprintf("Write %s%s.",
										 kg_bare_distance(distance, InvalidOid),
										 is_product(distance) ? ", which is the same times -1 and comes without DESC" : ""));
	if (distance->use == KG_USE_ORDER)
	{
		reasons = add_sort_reasons(reasons, distance);
		reasons = add_blocking_reason(reasons, distance);
		reasons = add_outer_join_reason(reasons, distance);
	}
	else if (distance->use != KG_USE_BALL)
		reasons = add_other_use(reasons, distance);
	return add_query_vector_reasons(reasons, distance);
}
