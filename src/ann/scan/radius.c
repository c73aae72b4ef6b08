/*
 * radius.c
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

#include "ann/core/pending_row.h"
#include "ann/scan/radius.h"

bool
kg_radius_read(KgRadius *within, const ScanKeyData *keys, int nkeys)
{
	within->no_nulls = within->only_nulls = false;
	within->count = 0;
	within->reach = INFINITY;
	within->tests = nkeys ? palloc0(sizeof(KgBallTest) * nkeys) : NULL;
	for (int i = 0; i < nkeys; i++)
	{
		if (keys[i].sk_attno != 1)
			continue;
		within->no_nulls |= (keys[i].sk_flags & SK_SEARCHNOTNULL) != 0;
		within->only_nulls |= (keys[i].sk_flags & SK_SEARCHNULL) != 0;

		/* which of several balls is left to the executor */
		if (keys[i].sk_flags & (SK_SEARCHNULL | SK_SEARCHNOTNULL | SK_SEARCHARRAY))
			continue;
		if (keys[i].sk_strategy != KG_BALL_STRATEGY)
			elog(ERROR, "unexpected strategy %d in a scan of kg_hnsw",
				 keys[i].sk_strategy);
		if (keys[i].sk_flags & SK_ISNULL)
			return false;
		within->tests[within->count++].ball = DatumGetBall(keys[i].sk_argument);
	}
	return !(within->no_nulls && within->only_nulls);
}

void
kg_radius_add(KgRadius *within, KgBall *ball, bool nan_passes)
{
	Size		size = sizeof(KgBallTest) * (within->count + 1);
	KgBallTest *test;

	within->tests = within->tests ? repalloc(within->tests, size) : palloc(size);
	test = &within->tests[within->count++];
	memset(test, 0, sizeof(KgBallTest));
	test->ball = ball;
	test->nan_passes = nan_passes;
}

bool
kg_radius_map(KgRadius *within, const KgColumn *column, const KgIndex *index,
			  KgStore *store)
{
	int			count = within->count;

	within->count = 0;
	for (int i = 0; i < count; i++)
	{
		KgBallTest *test = &within->tests[within->count];

		*test = within->tests[i];
		kg_query_init(&test->centre);
		test->centre.foreign = column->foreign;
		if (kg_query_set(&test->centre, index, store,
						 kg_column_elements(column, column->centre(test->ball),
											index->layout.dims)))
			within->count++;
		else if (!test->nan_passes)
			return false;
	}
	return true;
}

void
kg_radius_set_query(KgRadius *within, const KgQuery *query)
{
	for (int i = 0; i < within->count; i++)
	{
		KgBallTest *test = &within->tests[i];
		double		reach = test->ball->radius;

		test->searched = query->hash == test->centre.hash &&
			kg_query_apart(query, &test->centre) == 0 &&
			query->column_norm == test->centre.column_norm;
		if (query->extreme || test->centre.extreme)
			reach = INFINITY;
		else if (!test->searched)
			reach = query->geometry->reach(query, &test->centre, reach);
		within->reach = Min(within->reach, reach);
	}
}

bool
kg_radius_nan_passes(const KgRadius *within)
{
	for (int i = 0; i < within->count; i++)
		if (!within->tests[i].nan_passes)
			return false;
	return true;
}

bool
kg_radius_may_contain(KgRadius *within, const NodeSlot *slot, double bound)
{
	for (int i = 0; i < within->count; i++)
	{
		KgBallTest *test = &within->tests[i];
		double		lower = bound;

		if (!test->searched)
			lower = kg_query_lower(&test->centre, slot,
								   kg_query_key(&test->centre, slot));
		if (lower > test->ball->radius)
			return false;
	}
	return true;
}

bool
kg_radius_may_contain_pending(KgRadius *within, const KgPendingEntry *entry,
							  double bound)
{
	for (int i = 0; i < within->count; i++)
	{
		KgBallTest *test = &within->tests[i];
		double		lower = test->searched ? bound :
		kg_pending_lower(&test->centre, entry);

		if (lower > test->ball->radius)
			return false;
	}
	return true;
}
