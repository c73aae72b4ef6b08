/*
 * balls.c
 *	  A scan's search conditions: each is a ball that the rows must be in.
 *
 * Balls do two things for a scan.  A node whose lower bound of distance from a
 * centre is above that ball's radius has no row that qualifies, and the row
 * need not be fetched; the others are left to the executor, which evaluates
 * the operator (xs_recheck).  And they tell how far from its query a scan has
 * to look: the radius, or, if it is not the centre that the scan measures
 * from, the radius and the way to the centre (triangle inequality).
 */
#include "postgres.h"

#include <math.h>

#include "ann/scan/radius.h"

bool
kg_balls_read(KgBalls *balls, const ScanKeyData *keys, int nkeys)
{
	balls->count = nkeys;
	balls->reach = INFINITY;
	balls->tests = nkeys ? palloc0(sizeof(KgBallTest) * nkeys) : NULL;
	for (int i = 0; i < nkeys; i++)
	{
		if (keys[i].sk_strategy != KG_BALL_STRATEGY)
			elog(ERROR, "unexpected strategy %d in a scan of kg_hnsw",
				 keys[i].sk_strategy);
		if (keys[i].sk_flags & SK_ISNULL)
			return false;
		balls->tests[i].ball = DatumGetBall(keys[i].sk_argument);
	}
	return true;
}

void
kg_balls_add(KgBalls *balls, KgBall *ball, bool nan_passes)
{
	Size		size = sizeof(KgBallTest) * (balls->count + 1);
	KgBallTest *test;

	balls->tests = balls->tests ? repalloc(balls->tests, size) : palloc(size);
	test = &balls->tests[balls->count++];
	memset(test, 0, sizeof(KgBallTest));
	test->ball = ball;
	test->nan_passes = nan_passes;
}

bool
kg_balls_map(KgBalls *balls, const KgColumn *column, const KgIndex *index,
			 KgStore *store)
{
	int			count = balls->count;

	balls->count = 0;
	for (int i = 0; i < count; i++)
	{
		KgBallTest *test = &balls->tests[balls->count];

		*test = balls->tests[i];
		kg_query_init(&test->centre);
		if (kg_query_set(&test->centre, index, store,
						 kg_column_floats(column, column->centre(test->ball),
										  index->layout.dims)))
			balls->count++;
		else if (!test->nan_passes)
			return false;
	}
	return true;
}

/*
 * What the operator returns for the scan's query, at most, of a row that is
 * within a ball around another centre.  This is for deciding how far to look,
 * not for what to return: errors do not matter.
 */
static double
reach_from(const KgQuery *query, const KgBallTest *test)
{
	double		unit = query->space_unit;
	double		radius = test->ball->radius;
	double		inner;

	switch (query->layout.metric)
	{
		case KG_METRIC_L2:
			inner = Max(radius, 0) / unit;
			break;
		case KG_METRIC_COSINE:
			inner = sqrt(2 * Max(radius, 0)) / unit;
			break;
		default:
			/* a small inner product with one vector says nothing of others */
			return INFINITY;
	}
	inner += kg_query_apart(query, &test->centre);
	return kg_query_value(query, inner * inner);
}

void
kg_balls_set_query(KgBalls *balls, const KgQuery *query)
{
	for (int i = 0; i < balls->count; i++)
	{
		KgBallTest *test = &balls->tests[i];
		double		reach = test->ball->radius;

		test->walked = query->hash == test->centre.hash &&
			kg_query_apart(query, &test->centre) == 0 &&
			query->column_norm == test->centre.column_norm;
		if (query->extreme || test->centre.extreme)
			reach = INFINITY;
		else if (!test->walked)
			reach = reach_from(query, test);
		balls->reach = Min(balls->reach, reach);
	}
}

bool
kg_balls_nan_passes(const KgBalls *balls)
{
	for (int i = 0; i < balls->count; i++)
		if (!balls->tests[i].nan_passes)
			return false;
	return true;
}

bool
kg_balls_may_contain(KgBalls *balls, const NodeSlot *slot, double bound)
{
	for (int i = 0; i < balls->count; i++)
	{
		KgBallTest *test = &balls->tests[i];
		double		lower = bound;

		if (!test->walked)
			lower = kg_query_lower(&test->centre, slot_frame(slot),
								   kg_query_key(&test->centre, slot),
								   slot->error, slot->length);
		if (lower > test->ball->radius)
			return false;
	}
	return true;
}
