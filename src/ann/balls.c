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

#include "ann/balls.h"
#include "simd/simd.h"

/*
 * The internal distance at which the operator's result is value.  The reverse
 * of what kg_bounds_lower() does, but without regard to errors: this is for
 * deciding how far to look, not for what to return.
 */
static double
inner_distance(const KgBounds *bounds, double value)
{
	double		square;

	switch (bounds->metric)
	{
		case KG_METRIC_L2:
			return Max(value, 0) / bounds->unit;
		case KG_METRIC_COSINE:
			square = 2 * value;
			break;
		default:
			square = 2 * value * bounds->stretch + kg_bounds_ip_origin(bounds);
			break;
	}
	return sqrt(Max(square, 0)) / bounds->unit;
}

/* The operator's result at an internal distance. */
static double
operator_value(const KgBounds *bounds, double inner)
{
	double		distance = inner * bounds->unit;

	switch (bounds->metric)
	{
		case KG_METRIC_L2:
			return distance;
		case KG_METRIC_COSINE:
			return distance * distance / 2;
		default:
			return (distance * distance - kg_bounds_ip_origin(bounds)) /
				(2 * bounds->stretch);
	}
}

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
kg_balls_map(KgBalls *balls, const KgColumn *column, const KgSpace *space)
{
	const KgLayout *layout = space->layout;

	int			count = balls->count;

	balls->count = 0;
	for (int i = 0; i < count; i++)
	{
		KgBallTest *test = &balls->tests[balls->count];
		const float *x;

		*test = balls->tests[i];
		x = kg_column_floats(column, column->centre(test->ball), layout->dims);
		test->centre = palloc(sizeof(float) * layout->shape.dim);
		if (kg_space_map_query(space, x, test->centre, &test->mapped))
		{
			kg_bounds_init(&test->bounds, space, test->centre, &test->mapped);
			balls->count++;
		}
		else if (!test->nan_passes)
			return false;
	}
	return true;
}

void
kg_balls_set_query(KgBalls *balls, const KgLayout *layout, const float *query,
				   const KgBounds *bounds)
{
	int			dim = layout->shape.dim;

	for (int i = 0; i < balls->count; i++)
	{
		KgBallTest *test = &balls->tests[i];
		double		reach = test->ball->radius;

		test->walked = memcmp(query, test->centre, sizeof(float) * dim) == 0 &&
			bounds->query_norm == test->bounds.query_norm;
		if (bounds->none || test->bounds.none)
			reach = INFINITY;
		else if (!test->walked)
			reach = operator_value(bounds,
								   inner_distance(&test->bounds, reach) +
								   sqrt(kg_simd->l2sq_f32(query, test->centre,
														  dim)));
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
kg_balls_may_contain(const KgBalls *balls, const KgLayout *layout,
					 const NodeSlot *slot, double bound)
{
	for (int i = 0; i < balls->count; i++)
	{
		const KgBallTest *test = &balls->tests[i];
		double		lower = bound;

		if (!test->walked)
			lower = kg_bounds_lower(&test->bounds,
									kg_scalar_l2sq(layout->storage, test->centre,
												   slot_vector(layout, slot),
												   layout->shape.dim),
									slot->error, slot->excess);
		if (lower > test->ball->radius)
			return false;
	}
	return true;
}
