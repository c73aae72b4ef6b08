/*
 * index_reasons.c
 *	  Reasons for which one index does not serve a distance.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "admin/index_use/expression_text.h"
#include "admin/index_use/reasons.h"
#include "ann/core/column.h"
#include "types/ball.h"
#include "types/type_oid.h"

static Node *
strip(Node *expr)
{
	while (expr && (IsA(expr, RelabelType) || IsA(expr, PlaceHolderVar)))
		expr = IsA(expr, RelabelType) ? (Node *) ((RelabelType *) expr)->arg :
			(Node *) ((PlaceHolderVar *) expr)->phexpr;
	return expr;
}

/* What the index has, as an expression of the query. */
static Node *
key_in_query(const KgDistance *distance, const KgHnswIndex *index)
{
	Node	   *key = copyObject(index->key);

	ChangeVarNodes(key, 1, distance->relation, 0);
	return key;
}

static bool
is_same_column(Node *a, Node *b)
{
	a = strip(a);
	b = strip(b);
	if (IsA(a, Var) && IsA(b, Var))
		return ((Var *) a)->varno == ((Var *) b)->varno &&
			((Var *) a)->varattno == ((Var *) b)->varattno;
	return equal(a, b);
}

/* A type as CREATE INDEX needs it, with the number of dimensions. */
static char *
type_with_dimensions(Node *cast)
{
	int32		typmod = exprTypmod(cast);
	List	   *columns = pull_var_clause(cast, PVC_RECURSE_PLACEHOLDERS);

	if (typmod < 0 && columns != NIL)
		typmod = exprTypmod(linitial(columns));
	if (typmod < 0)
		return psprintf("%s(n)", format_type_be(exprType(cast)));
	return format_type_with_typemod(exprType(cast), typmod);
}

/* A cast of a column of the type, perhaps with a type modifier? */
static bool
is_cast(Node *expr, Oid from)
{
	while (IsA(expr, FuncExpr) && ((FuncExpr *) expr)->args != NIL &&
		   ((FuncExpr *) expr)->funcformat != COERCE_EXPLICIT_CALL)
		expr = strip(linitial(((FuncExpr *) expr)->args));
	return IsA(expr, Var) && exprType(expr) == from;
}

/* The index is on the column, the query on something made of it. */
static List *
add_cast_reason(List *reasons, const KgDistance *distance,
				const KgHnswIndex *index, const char *key)
{
	Oid			type = exprType(distance->column);
	Oid			opclass = kg_hnsw_opclass_of(kg_distance_operator(distance));
	char	   *column = kg_expression_text(distance->root, distance->column);
	char	   *hint;
	Oid			table;

	if (!OidIsValid(opclass) || !kg_distance_table(distance, &table))
		hint = psprintf("Write %s in the query without anything around it, and compare it with a %s.",
						key, format_type_be(exprType(index->key)));
	else if (!kg_distance_indexable(distance))
		hint = psprintf("Write %s in the query without anything around it.", key);
	else if (!is_cast(distance->column, exprType(index->key)))
		hint = psprintf("Write %s without the function, or CREATE INDEX ON %s USING kg_hnsw ((%s) %s).",
						key, kg_relation_name(table), column,
						kg_opclass_name(opclass));
	else
		hint = psprintf("Cast the query vector to %s and leave %s as it is, or CREATE INDEX ON %s USING kg_hnsw ((%s::%s) %s) and write that cast in the query.",
						format_type_be(exprType(index->key)), key,
						kg_relation_name(table), key,
						type_with_dimensions(distance->column),
						kg_opclass_name(opclass));
	return kg_reason_add(reasons,
						 psprintf("the index is on %s (%s), the distance is of %s (%s)",
								  key, format_type_be(exprType(index->key)),
								  column, format_type_be(type)),
						 hint);
}

static List *
add_column_reason(List *reasons, const KgDistance *distance,
				  const KgHnswIndex *index)
{
	Node	   *key = key_in_query(distance, index);
	char	   *key_text = kg_expression_text(distance->root, key);
	char	   *column_text;

	if (is_same_column(key, distance->column))
		return reasons;
	if (IsA(strip(key), Var))
		return add_cast_reason(reasons, distance, index, key_text);
	column_text = kg_expression_text(distance->root, distance->column);
	if (exprType(key) == exprType(distance->column) &&
		exprTypmod(key) != exprTypmod(distance->column) &&
		!IsA(strip(distance->column), Var))
		return kg_reason_add(reasons,
							 psprintf("the type modifier differs: the index is on %s, the distance is of %s",
									  key_text, column_text),
							 psprintf("Write %s in the query.", key_text));
	return kg_reason_add(reasons,
						 psprintf("the index is on the expression %s, the distance is of %s",
								  key_text, column_text),
						 psprintf("Write the expression in the query as it is in the index: %s.",
								  key_text));
}

static bool
is_served(const KgDistance *distance, const KgHnswIndex *index)
{
	Oid			operator = kg_distance_operator(distance);

	if (distance->ball)
		return kg_hnsw_operator(index, KG_BALL_STRATEGY) == operator;
	return kg_hnsw_operator(index, KG_DISTANCE_STRATEGY) == operator ||
		kg_hnsw_operator(index, KG_OTHER_DISTANCE_STRATEGY) == operator;
}

/* The hint where another operator class is needed. */
static char *
opclass_hint(const KgDistance *distance, const KgHnswIndex *index)
{
	Oid			served = kg_hnsw_operator(index, KG_DISTANCE_STRATEGY);
	Oid			opclass = kg_hnsw_opclass_of(kg_distance_operator(distance));
	char	   *key = kg_expression_text(distance->root,
										 key_in_query(distance, index));
	Oid			table;

	if (!OidIsValid(opclass) || !kg_distance_table(distance, &table))
		return distance->ball || !OidIsValid(served) ? NULL :
			psprintf("No operator class of kg_hnsw has %s.  Write %s if that distance will do.",
					 kg_operator_name(kg_distance_operator(distance)),
					 kg_bare_distance(distance, served));
	return psprintf("%sCREATE INDEX ON %s USING kg_hnsw (%s%s%s %s).",
					distance->ball ? "" :
					psprintf("Write %s, or ", kg_bare_distance(distance, served)),
					kg_relation_name(table),
					IsA(index->key, Var) ? "" : "(", key,
					IsA(index->key, Var) ? "" : ")",
					kg_opclass_name(opclass));
}

static List *
add_operator_reason(List *reasons, const KgDistance *distance,
					const KgHnswIndex *index)
{
	Oid			served = kg_hnsw_operator(index, distance->ball ?
										  KG_BALL_STRATEGY :
										  KG_DISTANCE_STRATEGY);

	/* Of another type: then the column is another, and that is said. */
	if (exprType(distance->column) != index->type ||
		is_served(distance, index))
		return reasons;
	return kg_reason_add(reasons,
						 psprintf("the query's distance is %s, the index's is %s (%s)",
								  kg_operator_name(kg_distance_operator(distance)),
								  OidIsValid(served) ? kg_operator_name(served) : "none",
								  kg_opclass_name(index->opclass)),
						 opclass_hint(distance, index));
}

/* A partial index is of use if WHERE says what its predicate says. */
static List *
add_predicate_reason(List *reasons, const KgDistance *distance,
					 const KgHnswIndex *index)
{
	RelOptInfo *rel = distance->root->simple_rel_array[distance->relation];
	List	   *predicate = copyObject(index->predicate);
	List	   *conditions = NIL;
	Oid			table;
	char	   *text;
	ListCell   *lc;

	if (predicate == NIL || rel == NULL || !kg_distance_table(distance, &table))
		return reasons;
	ChangeVarNodes((Node *) predicate, 1, distance->relation, 0);
	foreach(lc, rel->baserestrictinfo)
	{
		conditions = lappend(conditions, ((RestrictInfo *) lfirst(lc))->clause);
	}
	if (predicate_implied_by(predicate, conditions, false))
		return reasons;
	text = kg_table_expression_text(table, (Node *)
									make_ands_explicit(index->predicate));

	return kg_reason_add(reasons,
						 psprintf("the index is partial, and WHERE of the query does not imply its condition: %s",
								  text),
						 pstrdup("Add the condition to the query, with a constant and not with a parameter."));
}

static List *
add_state_reason(List *reasons, const KgHnswIndex *index)
{
	char	   *name = kg_relation_name(index->oid);

	if (index->valid && index->ready)
		return reasons;
	return kg_reason_add(reasons,
						 pstrdup("the index is not valid: CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY failed, or is still at work"),
						 psprintf("REINDEX INDEX %s, or drop it and make it again.", name));
}

/* Row security is tested before operators that might leak a row. */
static List *
add_security_reason(List *reasons, const KgDistance *distance)
{
	RelOptInfo *rel = distance->root->simple_rel_array[distance->relation];
	ListCell   *lc;

	if (distance->use != KG_USE_BALL || rel == NULL)
		return reasons;
	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *info = lfirst(lc);

		if (equal(info->clause, distance->expr) && !info->leakproof &&
			info->security_level > rel->baserestrict_min_security)
			return kg_reason_add(reasons,
								 pstrdup("row security or a security barrier is tested before the ball, which is not leakproof"),
								 pstrdup("ORDER BY the distance with LIMIT can use an index under row security."));
	}
	return reasons;
}

List *
kg_reasons_of_index(const KgDistance *distance, const KgHnswIndex *index)
{
	List	   *reasons = add_state_reason(NIL, index);

	reasons = add_column_reason(reasons, distance, index);
	reasons = add_operator_reason(reasons, distance, index);
	reasons = add_predicate_reason(reasons, distance, index);
	return add_security_reason(reasons, distance);
}

/* The kind of centre of a ball of these values. */
static KgCentre
centre_of(Oid type)
{
	if (type == BITOID)
		return KG_CENTRE_BITS;
	return kg_stored_type(type) == kg_type("sparsevec") ? KG_CENTRE_SPARSE :
		KG_CENTRE_VECTOR;
}

/* The number of dimensions of a constant, 0 if not known. */
static int
dimensions_of(const KgDistance *distance, const KgHnswIndex *index)
{
	Const	   *other = (Const *) strip(distance->other);
	const KgColumn *column;
	Relation	rel;
	Datum		value;
	int			result;

	if (!IsA(other, Const) || other->constisnull)
		return 0;
	if (other->consttype != (distance->ball ? kg_ball_type() : index->type))
		return 0;
	value = other->constvalue;
	if (distance->ball && DatumGetBall(value)->kind != (int32) centre_of(index->type))
		return 0;
	rel = index_open(index->oid, AccessShareLock);
	column = kg_column_get(rel);
	if (distance->ball)
		value = column->centre(DatumGetBall(value));
	result = column->vectors ? column->vectors(DatumGetArrayTypeP(value)).dims :
		column->elements(value).dims;
	index_close(rel, AccessShareLock);
	return result;
}

KgReason *
kg_reason_to_fail(const KgDistance *distance, const KgHnswIndex *index)
{
	int32		expected = exprTypmod(distance->column);
	int			dimensions;

	if (expected <= 0 || index->partitioned)
		return NULL;
	dimensions = dimensions_of(distance, index);
	if (dimensions == 0 || dimensions == expected)
		return NULL;
	return linitial(kg_reason_add(NIL,
								  psprintf("the query will fail: the query vector has %d dimensions, the column %d",
										   dimensions, expected),
								  pstrdup("Give the query a vector of the model that made the column's.")));
}
