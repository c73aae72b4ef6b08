/*
 * nearness.c
 *	  Vectors in groups of near ones: balanced bisection.
 *
 * All vectors are split in two halves, at a multiple of a group's size, along the line
 * between the means of two balanced clusters of a sample; then each half likewise.
 *
 * Each of these cuts parts vectors that are near each other.  So afterwards the groups
 * themselves are split, by their sums, again and again, each time elsewhere, into cells in
 * which vectors of any two groups may change places (group_swap.c).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "ann/core/group_swap.h"
#include "ann/core/nearness.h"
#include "simd/simd.h"

/* Vectors of a sample, and rounds of its clustering. */
#define SAMPLE 256
#define ROUNDS 5

/* Groups of a cell, those of a sample, and how often all are split into cells. */
#define CELL 32
#define CELL_SAMPLE 32
#define CELL_ROUNDS 64

typedef struct Place
{
	float		position;		/* along the line */
	int			vector;
} Place;

#define SELECT_NAME select_least
#define SELECT_ELEMENT Place
#define SELECT_KEY position
#include "lib/quickselect.h"

typedef struct Order
{
	const float *vectors;
	const float *scales;		/* what each of them counts times; NULL: 1 */
	int			dims;
	int			group;			/* what is this small is not split */
	int			sample;
	KgGroups   *groups;			/* NULL, or whose sums the vectors are */
	int64		swaps;			/* of their vectors */
	Place	   *places;
	float	   *line;			/* dims floats */
	float	   *means[2];		/* likewise */
	uint64		random;
} Order;

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators */
static uint64
next_random(Order *order)
{
	uint64		z = order->random += UINT64CONST(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static const float *
vector_of(const Order *order, int vector)
{
	return order->vectors + (Size) vector * order->dims;
}

static float
scale_of(const Order *order, int vector)
{
	return order->scales ? order->scales[vector] : 1;
}

/* Where places are along the line; NaN, of extreme vectors, is at its start. */
static void
project(const Order *order, Place *places, int count)
{
	for (int i = 0; i < count; i++)
	{
		float		position = scale_of(order, places[i].vector) *
		kg_simd->ip_f32(vector_of(order, places[i].vector), order->line, order->dims);

		places[i].position = isnan(position) ? -INFINITY : position;
	}
}

static void
set_mean(const Order *order, const Place *places, int count, float *mean)
{
	memset(mean, 0, sizeof(float) * order->dims);
	for (int i = 0; i < count; i++)
	{
		const float *x = vector_of(order, places[i].vector);
		float		scale = scale_of(order, places[i].vector) / count;

		for (int j = 0; j < order->dims; j++)
			mean[j] += x[j] * scale;
	}
}

/* The line between the means of two halves of a sample. */
static void
find_line(Order *order, const Place *places, int count)
{
	Place		sample[SAMPLE];
	int			size = Min(count, order->sample);

	for (int i = 0; i < size; i++)
		sample[i] = places[count <= order->sample ? i : (int) (next_random(order) % count)];
	for (int round = 0; round <= ROUNDS; round++)
	{
		/* the first round's halves are at random, but for how they came */
		set_mean(order, sample, round == 0 ? 1 : size / 2, order->means[0]);
		set_mean(order, sample + size / 2, round == 0 ? 1 : size - size / 2,
				 order->means[1]);
		for (int j = 0; j < order->dims; j++)
			order->line[j] = order->means[1][j] - order->means[0][j];
		if (round == ROUNDS)
			return;
		project(order, sample, size);
		select_least(sample, size, size / 2);
	}
}

/* Any two groups of a cell let vectors change places. */
static void
swap_in_cell(Order *order, const Place *places, int count)
{
	for (int i = 0; i < count; i++)
		for (int j = 0; j < i; j++)
			order->swaps += kg_groups_swap(order->groups, places[i].vector, places[j].vector);
}

/* Where so many are cut: in the middle, or, into cells, somewhere in the middle third. */
static int
find_cut(Order *order, int count)
{
	int			groups = (count + order->group - 1) / order->group;

	if (order->groups)
		return count / 3 + (int) (next_random(order) % (count / 3));
	return groups / 2 * order->group;
}

static void
bisect(Order *order, Place *places, int count)
{
	while (count > order->group)
	{
		int			half = find_cut(order, count);

		CHECK_FOR_INTERRUPTS();
		find_line(order, places, count);
		project(order, places, count);
		select_least(places, count, half);
		bisect(order, places, half);
		places += half;
		count -= half;
	}
	if (order->groups)
		swap_in_cell(order, places, count);
}

/* All vectors, in the order of their numbers. */
static void
set_places(Order *order, int count)
{
	for (int i = 0; i < count; i++)
		order->places[i].vector = i;
}

/* Makes whole groups of an order narrower. */
static void
narrow_groups(Order *order, int *numbers, int count)
{
	KgGroups	groups = {
		.vectors = order->vectors,.scales = order->scales,.dims = order->dims,
		.size = order->group,.count = count / order->group,.order = numbers
	};
	Order		cells = *order;

	groups.sums = palloc_extended(sizeof(float) * groups.dims * (Size) Max(groups.count, 1),
								  MCXT_ALLOC_HUGE);
	groups.line = palloc(sizeof(float) * groups.dims);
	kg_groups_sum(&groups);
	cells.vectors = groups.sums;
	cells.scales = NULL;
	cells.group = CELL;
	cells.sample = CELL_SAMPLE;
	cells.groups = &groups;
	for (int round = 0; round < CELL_ROUNDS; round++)
	{
		cells.swaps = 0;
		set_places(&cells, groups.count);
		bisect(&cells, cells.places, groups.count);
		if (cells.swaps == 0)
			break;
	}
	pfree(groups.sums);
	pfree(groups.line);
}

/* What makes vectors unit vectors. */
static float *
scales_of(const float *vectors, int dims, int count)
{
	float	   *scales = palloc_extended(sizeof(float) * Max(count, 1), MCXT_ALLOC_HUGE);

	for (int i = 0; i < count; i++)
	{
		const float *x = vectors + (Size) i * dims;
		float		square = kg_simd->ip_f32(x, x, dims);

		CHECK_FOR_INTERRUPTS();
		scales[i] = square > 0 && isfinite(square) ? 1 / sqrtf(square) : 0;
	}
	return scales;
}

void
kg_nearness_order(const float *vectors, int dims, bool by_direction, int group, int *order,
				  int count)
{
	float	   *scales = by_direction ? scales_of(vectors, dims, count) : NULL;
	Order		work = {
		.vectors = vectors,.scales = scales,.dims = dims,.group = group,.sample = SAMPLE
	};

	work.places = palloc_extended(sizeof(Place) * Max(count, 1), MCXT_ALLOC_HUGE);
	work.line = palloc(sizeof(float) * dims);
	for (int i = 0; i < 2; i++)
		work.means[i] = palloc(sizeof(float) * dims);
	set_places(&work, count);
	bisect(&work, work.places, count);
	for (int i = 0; i < count; i++)
		order[i] = work.places[i].vector;
	narrow_groups(&work, order, count);
	pfree(work.places);
	pfree(work.line);
	for (int i = 0; i < 2; i++)
		pfree(work.means[i]);
	if (scales)
		pfree(scales);
}

Size
kg_nearness_bytes(int dims, int group)
{
	return sizeof(int) + sizeof(Place) + sizeof(float) + sizeof(float) * dims / group;
}
