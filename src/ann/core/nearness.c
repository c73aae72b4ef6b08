/*
 * nearness.c
 *	  Vectors in groups of near ones: balanced bisection.
 *
 * All vectors are split in two halves, at a multiple of a group's size, along the line
 * between the means of two balanced clusters of a sample; then each half likewise.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "ann/core/nearness.h"
#include "simd/simd.h"

/* Vectors of a sample, and rounds of its clustering. */
#define SAMPLE 256
#define ROUNDS 5

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
	int			dims;
	bool		by_direction;
	int			group;
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

/* What to multiply a vector by. */
static float
scale_of(const Order *order, const float *x)
{
	float		square;

	if (!order->by_direction)
		return 1;
	square = kg_simd->ip_f32(x, x, order->dims);
	return square > 0 && isfinite(square) ? 1 / sqrtf(square) : 0;
}

/* Where places are along the line; NaN, of extreme vectors, is at its start. */
static void
project(const Order *order, Place *places, int count)
{
	for (int i = 0; i < count; i++)
	{
		const float *x = vector_of(order, places[i].vector);
		float		position = kg_simd->ip_f32(x, order->line, order->dims) *
		scale_of(order, x);

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
		float		scale = scale_of(order, x) / count;

		for (int j = 0; j < order->dims; j++)
			mean[j] += x[j] * scale;
	}
}

/* The line between the means of two halves of a sample. */
static void
find_line(Order *order, const Place *places, int count)
{
	Place		sample[SAMPLE];
	int			size = Min(count, SAMPLE);

	for (int i = 0; i < size; i++)
		sample[i] = places[count <= SAMPLE ? i : (int) (next_random(order) % count)];
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

static void
bisect(Order *order, Place *places, int count)
{
	while (count > order->group)
	{
		int			groups = (count + order->group - 1) / order->group;
		int			half = groups / 2 * order->group;

		CHECK_FOR_INTERRUPTS();
		find_line(order, places, count);
		project(order, places, count);
		select_least(places, count, half);
		bisect(order, places, half);
		places += half;
		count -= half;
	}
}

void
kg_nearness_order(const float *vectors, int dims, bool by_direction, int group, int *order,
				  int count)
{
	Order		work = {
		.vectors = vectors,.dims = dims,.by_direction = by_direction,.group = group
	};

	work.places = palloc_extended(sizeof(Place) * Max(count, 1), MCXT_ALLOC_HUGE);
	work.line = palloc(sizeof(float) * dims);
	for (int i = 0; i < 2; i++)
		work.means[i] = palloc(sizeof(float) * dims);
	for (int i = 0; i < count; i++)
		work.places[i].vector = i;
	bisect(&work, work.places, count);
	for (int i = 0; i < count; i++)
		order[i] = work.places[i].vector;
	pfree(work.places);
	pfree(work.line);
	for (int i = 0; i < 2; i++)
		pfree(work.means[i]);
}
