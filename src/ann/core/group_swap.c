/*
 * group_swap.c
 *	  Groups of near vectors, made narrower: vectors of two groups change places.
 *
 * The squared distances of a group's n vectors from their mean add up to the sum of their
 * squares less |S|^2 / n, where S is the sum of the vectors.  So if x of a group with sum A
 * and y of one with sum B change places, the total falls by 2 / n times
 * (A - B)(y - x) + |y - x|^2.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "ann/core/group_swap.h"
#include "simd/simd.h"

/* Pairs that change places between two groups at a time, at most. */
#define MOST_SWAPS 4

/* The least gain, as a part of |y - x|^2 and of its other terms: less may be rounding. */
#define LEAST_GAIN 1e-3f
#define LEAST_OF_TERMS 1e-6f

static const float *
vector_at(const KgGroups *groups, int place)
{
	return groups->vectors + (Size) groups->order[place] * groups->dims;
}

static float
scale_at(const KgGroups *groups, int place)
{
	return groups->scales ? groups->scales[groups->order[place]] : 1;
}

static float *
sum_of(const KgGroups *groups, int group)
{
	return groups->sums + (Size) group * groups->dims;
}

/* Adds the vector at a place, times so much, to a sum. */
static void
add(const KgGroups *groups, float *sum, int place, float times)
{
	const float *x = vector_at(groups, place);

	times *= scale_at(groups, place);
	for (int i = 0; i < groups->dims; i++)
		sum[i] += times * x[i];
}

void
kg_groups_sum(KgGroups *groups)
{
	memset(groups->sums, 0, sizeof(float) * groups->dims * (Size) groups->count);
	for (int i = 0; i < groups->count * groups->size; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add(groups, sum_of(groups, i / groups->size), i, 1);
	}
}

/*
 * The place of a group's vector that is farthest along the line, in its direction or (sign
 * -1) against it; -1 if none is anywhere.
 */
static int
find_farthest(const KgGroups *groups, int group, float sign, float *farthest)
{
	int			first = group * groups->size;
	int			place = -1;

	*farthest = -INFINITY;
	for (int i = first; i < first + groups->size; i++)
	{
		float		along = sign * scale_at(groups, i) *
		kg_simd->ip_f32(groups->line, vector_at(groups, i), groups->dims);

		if (along > *farthest)
		{
			*farthest = along;
			place = i;
		}
	}
	return place;
}

/* The product of the vectors at two places. */
static float
product(const KgGroups *groups, int i, int j)
{
	return scale_at(groups, i) * scale_at(groups, j) *
		kg_simd->ip_f32(vector_at(groups, i), vector_at(groups, j), groups->dims);
}

static float
square_apart(const KgGroups *groups, int i, int j)
{
	if (groups->scales == NULL)
		return kg_simd->l2sq_f32(vector_at(groups, i), vector_at(groups, j), groups->dims);
	return product(groups, i, i) + product(groups, j, j) - 2 * product(groups, i, j);
}

int
kg_groups_swap(KgGroups *groups, int a, int b)
{
	float	   *sum_a = sum_of(groups, a);
	float	   *sum_b = sum_of(groups, b);

	for (int swaps = 0; swaps < MOST_SWAPS; swaps++)
	{
		float		from_a;
		float		from_b;
		float		apart;
		int			x;
		int			y;
		int			vector;

		for (int i = 0; i < groups->dims; i++)
			groups->line[i] = sum_a[i] - sum_b[i];
		x = find_farthest(groups, a, -1, &from_a);
		y = find_farthest(groups, b, 1, &from_b);
		if (x < 0 || y < 0)
			return swaps;
		apart = square_apart(groups, x, y);
		if (!(apart > 0 && from_a + from_b + apart > LEAST_GAIN * apart +
			  LEAST_OF_TERMS * (fabsf(from_a) + fabsf(from_b))))
			return swaps;
		add(groups, sum_a, x, -1);
		add(groups, sum_a, y, 1);
		add(groups, sum_b, y, -1);
		add(groups, sum_b, x, 1);
		vector = groups->order[x];
		groups->order[x] = groups->order[y];
		groups->order[y] = vector;
	}
	return MOST_SWAPS;
}
