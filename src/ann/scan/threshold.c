/*
 * threshold.c
 *	  Conditions on the distance in WHERE, such as "e <-> q < 0.5".
 *
 * No operator of an index is in them: "e <-> q" is not an indexed expression
 * but one side of a comparison of numbers.  So they come to an index scan as
 * a filter, which cannot tell it where to stop.  Here they are found in the
 * filter and turned into balls, which can (radius.c).  The filter still tests
 * each row, so it does no harm to let a row pass that is outside.
 *
 * What is compared may also be a linear function of the distance, as in
 * "1 - (e <=> q) > 0.8" or "(e <#> q) * -1 > 0.8": each step is undone on the
 * other side.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "ann/core/column.h"
#include "ann/scan/threshold.h"

/* x is the side on which the distance is, c the step's constant. */
typedef enum StepKind
{
	STEP_ADD,					/* x + c */
	STEP_SUBTRACT,				/* x - c */
	STEP_SUBTRACT_FROM,			/* c - x */
	STEP_MULTIPLY,				/* x * c */
	STEP_DIVIDE,				/* x / c */
	STEP_NEGATE,				/* - x */
	STEP_NARROW					/* x::real */
} StepKind;

typedef struct Step
{
	StepKind	kind;
	ExprState  *constant;		/* or NULL */
} Step;

typedef struct Threshold
{
	List	   *steps;			/* from the comparison to the distance */
	bool		greater;		/* what is compared is to be above the limit */
	ExprState  *limit;
	bool		limit_narrow;	/* its type is real */
	ExprState  *centre;			/* what the distance is from */
} Threshold;

/* The distance that the scan is ordered by. */
typedef struct Distance
{
	Oid			function;
	Expr	   *column;
	IndexScanState *node;
} Distance;

/* An inequality while steps are undone: distance < or > value. */
typedef struct Bound
{
	double		value;
	double		error;			/* of value, by rounding, at most */
	bool		above;			/* the distance is to be above it */
	bool		none;			/* there is no such bound */
} Bound;

/* The function and arguments of an operator or of a function call. */
static bool
take_apart(Expr *expr, Oid *function, List **arguments)
{
	if (IsA(expr, OpExpr))
	{
		*function = get_opcode(((OpExpr *) expr)->opno);
		*arguments = ((OpExpr *) expr)->args;
		return true;
	}
	if (IsA(expr, FuncExpr))
	{
		*function = ((FuncExpr *) expr)->funcid;
		*arguments = ((FuncExpr *) expr)->args;
		return true;
	}
	return false;
}

/* Does a scan see one value of this, whatever the row? */
static bool
is_constant(Expr *expr)
{
	return !contain_var_clause((Node *) expr) &&
		!contain_volatile_functions((Node *) expr) &&
		!contain_subplans((Node *) expr);
}

static ExprState *
prepare(Expr *expr, const Distance *distance)
{
	return ExecInitExpr(expr, &distance->node->ss.ps);
}

/* The distance itself?  Then also what it is from. */
static bool
match_distance(Expr *expr, const Distance *distance, Threshold *threshold)
{
	Oid			function;
	List	   *arguments;

	if (!take_apart(expr, &function, &arguments) ||
		function != distance->function || list_length(arguments) != 2)
		return false;
	for (int i = 0; i < 2; i++)
	{
		Expr	   *centre = list_nth(arguments, 1 - i);

		if (equal(list_nth(arguments, i), distance->column) &&
			is_constant(centre))
		{
			threshold->centre = prepare(centre, distance);
			return true;
		}
	}
	return false;
}

/* Which step a function of two arguments is, by the place of x. */
static bool
binary_step(Oid function, int position, StepKind *kind)
{
	switch (function)
	{
		case F_FLOAT8PL:
			*kind = STEP_ADD;
			return true;
		case F_FLOAT8MI:
			*kind = position == 0 ? STEP_SUBTRACT : STEP_SUBTRACT_FROM;
			return true;
		case F_FLOAT8MUL:
			*kind = STEP_MULTIPLY;
			return true;
		case F_FLOAT8DIV:
			*kind = STEP_DIVIDE;
			return position == 0;
		default:
			return false;
	}
}

static bool
unary_step(Oid function, StepKind *kind)
{
	switch (function)
	{
		case F_FLOAT8UM:
			*kind = STEP_NEGATE;
			return true;
		case F_FLOAT4_FLOAT8:
			*kind = STEP_NARROW;
			return true;
		default:
			return false;
	}
}

static void
add_step(Threshold *threshold, StepKind kind, ExprState *constant)
{
	Step	   *step = palloc(sizeof(Step));

	step->kind = kind;
	step->constant = constant;
	threshold->steps = lappend(threshold->steps, step);
}

/* Is this a linear function of the distance?  Notes the steps. */
static bool
match_linear(Expr *expr, const Distance *distance, Threshold *threshold)
{
	Oid			function;
	List	   *arguments;
	StepKind	kind;

	if (match_distance(expr, distance, threshold))
		return true;
	if (!take_apart(expr, &function, &arguments))
		return false;
	if (list_length(arguments) == 1 && unary_step(function, &kind))
	{
		add_step(threshold, kind, NULL);
		return match_linear(linitial(arguments), distance, threshold);
	}
	if (list_length(arguments) != 2)
		return false;
	for (int i = 0; i < 2; i++)
	{
		Expr	   *other = list_nth(arguments, 1 - i);

		if (binary_step(function, i, &kind) && is_constant(other))
		{
			add_step(threshold, kind, prepare(other, distance));
			return match_linear(list_nth(arguments, i), distance, threshold);
		}
	}
	return false;
}

/*
 * Is a function one of those that compare numbers by size?  greater is of its
 * first argument; *narrow tells which arguments are real.
 */
static bool
is_comparison(Oid function, bool *greater, bool narrow[2])
{
	narrow[0] = narrow[1] = false;
	switch (function)
	{
		case F_FLOAT48LT:
		case F_FLOAT48LE:
		case F_FLOAT48GT:
		case F_FLOAT48GE:
			narrow[0] = true;
			break;
		case F_FLOAT84LT:
		case F_FLOAT84LE:
		case F_FLOAT84GT:
		case F_FLOAT84GE:
			narrow[1] = true;
			break;
		case F_FLOAT4LT:
		case F_FLOAT4LE:
		case F_FLOAT4GT:
		case F_FLOAT4GE:
			narrow[0] = narrow[1] = true;
			break;
	}
	switch (function)
	{
		case F_FLOAT8LT:
		case F_FLOAT8LE:
		case F_FLOAT48LT:
		case F_FLOAT48LE:
		case F_FLOAT84LT:
		case F_FLOAT84LE:
		case F_FLOAT4LT:
		case F_FLOAT4LE:
			*greater = false;
			return true;
		case F_FLOAT8GT:
		case F_FLOAT8GE:
		case F_FLOAT48GT:
		case F_FLOAT48GE:
		case F_FLOAT84GT:
		case F_FLOAT84GE:
		case F_FLOAT4GT:
		case F_FLOAT4GE:
			*greater = true;
			return true;
		default:
			return false;
	}
}

/* A condition of the filter as a threshold, or NULL. */
static Threshold *
match_condition(Expr *condition, const Distance *distance)
{
	Oid			function;
	List	   *arguments;
	bool		greater;
	bool		narrow[2];

	if (!take_apart(condition, &function, &arguments) ||
		!is_comparison(function, &greater, narrow))
		return NULL;
	for (int i = 0; i < 2; i++)
	{
		Expr	   *limit = list_nth(arguments, 1 - i);
		Threshold  *threshold = palloc0(sizeof(Threshold));

		threshold->greater = (i == 0) == greater;
		threshold->limit_narrow = narrow[1 - i];
		if (is_constant(limit) &&
			match_linear(list_nth(arguments, i), distance, threshold))
		{
			threshold->limit = prepare(limit, distance);
			return threshold;
		}
	}
	return NULL;
}

/* The distance that the scan is in the order of. */
static bool
find_distance(IndexScanState *node, Distance *distance)
{
	IndexScan  *plan = (IndexScan *) node->ss.ps.plan;
	List	   *arguments;

	if (list_length(plan->indexorderbyorig) != 1 ||
		!take_apart(linitial(plan->indexorderbyorig), &distance->function,
					&arguments) ||
		list_length(arguments) != 2)
		return false;
	distance->node = node;
	distance->column = linitial(arguments);
	if (!contain_var_clause((Node *) distance->column))
		distance->column = lsecond(arguments);
	return true;
}

List *
kg_thresholds_find(IndexScanState *node)
{
	Distance	distance;
	List	   *thresholds = NIL;
	ListCell   *cell;

	if (node->ss.ps.plan->qual == NIL || !find_distance(node, &distance))
		return NIL;
	foreach(cell, node->ss.ps.plan->qual)
	{
		Threshold  *threshold = match_condition(lfirst(cell), &distance);

		if (threshold)
			thresholds = lappend(thresholds, threshold);
	}
	return thresholds;
}

/*
 * What they are at present.
 */

/* Of doubles that are computed from each other; a few times as many. */
#define ROUNDING (4 * DBL_EPSILON)
#define NARROW_ROUNDING FLT_EPSILON

/* An expression's value in *value; false if it is NULL. */
static bool
evaluate(ExprState *state, ExprContext *context, bool narrow, double *value)
{
	bool		isnull;
	Datum		datum = ExecEvalExpr(state, context, &isnull);

	if (isnull)
		return false;
	*value = narrow ? DatumGetFloat4(datum) : DatumGetFloat8(datum);
	return true;
}

/* distance * factor is bound: so what is the distance? */
static void
divide(Bound *bound, double factor)
{
	if (factor == 0 || !isfinite(factor))
	{
		bound->none = true;
		return;
	}
	bound->value /= factor;
	bound->error = bound->error / fabs(factor) +
		ROUNDING * fabs(bound->value) + DBL_MIN;
	if (factor < 0)
		bound->above = !bound->above;
}

static void
add(Bound *bound, double term)
{
	bound->error += ROUNDING * (fabs(bound->value) + fabs(term));
	bound->value += term;
}

static void
undo(Bound *bound, StepKind kind, double constant)
{
	switch (kind)
	{
		case STEP_ADD:
			add(bound, -constant);
			break;
		case STEP_SUBTRACT:
			add(bound, constant);
			break;
		case STEP_SUBTRACT_FROM:
			add(bound, -constant);
			divide(bound, -1);
			break;
		case STEP_MULTIPLY:
			divide(bound, constant);
			break;
		case STEP_DIVIDE:
			divide(bound, 1 / constant);
			break;
		case STEP_NEGATE:
			divide(bound, -1);
			break;
		case STEP_NARROW:
			bound->error += NARROW_ROUNDING * fabs(bound->value) + FLT_MIN;
			break;
	}
}

/*
 * Solves a threshold for the distance.  False if it is NULL, whatever the
 * row.
 */
static bool
solve(const Threshold *threshold, ExprContext *context, Bound *bound)
{
	ListCell   *cell;

	memset(bound, 0, sizeof(Bound));
	bound->above = threshold->greater;
	if (!evaluate(threshold->limit, context, threshold->limit_narrow,
				  &bound->value))
		return false;
	foreach(cell, threshold->steps)
	{
		Step	   *step = lfirst(cell);
		double		constant = 0;

		if (step->constant &&
			!evaluate(step->constant, context, false, &constant))
			return false;
		undo(bound, step->kind, constant);
	}
	bound->value += bound->error;
	if (bound->above || isnan(bound->value) || bound->value == INFINITY)
		bound->none = true;
	return true;
}

/* The ball that a threshold is; NULL if it bounds nothing. */
static KgBall *
make_ball(const Threshold *threshold, IndexScanState *node, KgGoal *goal)
{
	ExprContext *context = node->ss.ps.ps_ExprContext;
	const KgColumn *column = kg_column_get(node->iss_RelationDesc);
	Bound		bound;
	Datum		datum;
	bool		isnull = false;

	if (!solve(threshold, context, &bound) ||
		(datum = ExecEvalExpr(threshold->centre, context, &isnull), isnull))
	{
		goal->none_passes = true;
		return NULL;
	}
	if (bound.none || column->ball == NULL)
		return NULL;
	return column->ball(PointerGetDatum(PG_DETOAST_DATUM(datum)), bound.value);
}

void
kg_thresholds_apply(List *thresholds, IndexScanState *node, KgGoal *goal)
{
	ListCell   *cell;

	goal->within = palloc(sizeof(KgBall *) * (list_length(thresholds) + 1));
	goal->within_count = 0;
	goal->nan_passes = true;
	goal->none_passes = false;
	foreach(cell, thresholds)
	{
		Threshold  *threshold = lfirst(cell);
		KgBall	   *ball = make_ball(threshold, node, goal);

		if (ball)
			goal->within[goal->within_count++] = ball;

		/* To SQL, NaN is above all numbers, and so is any function of it. */
		if (!threshold->greater)
			goal->nan_passes = false;
	}
}
