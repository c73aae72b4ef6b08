/*
 * rotation.c
 *	  A fast random rotation, so that no coordinate is special.
 */
#include <math.h>

#include "quant/rotation.h"
#include "simd/simd.h"

/* Rounds for a power of two, where each transform covers all coordinates. */
#define ROUNDS_WHOLE 3
/* Rounds otherwise; even, so that both ends are covered equally often. */
#define ROUNDS_SPLIT 4

/* Half an ulp of float4. */
#define UNIT_ROUNDOFF (1.0 / 16777216.0)

/* The largest power of two that is not above dim, and its logarithm. */
static int
transform_length(int dim, int *log2)
{
	int			n = 1;

	*log2 = 0;
	while (n * 2 <= dim)
	{
		n *= 2;
		(*log2)++;
	}
	return n;
}

static int
rounds(int dim, int len)
{
	return len == dim ? ROUNDS_WHOLE : ROUNDS_SPLIT;
}

/* Where the transform of a round starts. */
static int
transform_start(int dim, int len, int round)
{
	return (round & 1) ? dim - len : 0;
}

/* splitmix64: Steele, Lea and Flood, OOPSLA 2014 */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t	z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t
kg_rotation_floats(int dim)
{
	int			log2;

	return (size_t) rounds(dim, transform_length(dim, &log2)) * dim;
}

/*
 * The factors are the random signs, times the transform's normalisation where
 * it applies: one multiplication serves both.
 */
void
kg_rotation_init(float *factors, int dim, uint64_t seed)
{
	int			log2;
	int			len = transform_length(dim, &log2);
	float		norm = (float) (1.0 / sqrt(len));

	for (int round = 0; round < rounds(dim, len); round++)
	{
		int			start = transform_start(dim, len, round);

		for (int i = 0; i < dim; i++)
		{
			float		f = (next_random(&seed) >> 63) ? 1.0f : -1.0f;

			if (i >= start && i < start + len)
				f *= norm;
			factors[round * dim + i] = f;
		}
	}
}

/* Rotates each pair (x[i], x[i + half]) by 45 degrees. */
static void
kac_step(float *x, int half)
{
	const float c = 0.70710678118654752440f;

	for (int i = 0; i < half; i++)
	{
		float		a = x[i];
		float		b = x[i + half];

		x[i] = (a + b) * c;
		x[i + half] = (a - b) * c;
	}
}

void
kg_rotate(const float *factors, int dim, float *x)
{
	int			log2;
	int			len = transform_length(dim, &log2);

	for (int round = 0; round < rounds(dim, len); round++)
	{
		for (int i = 0; i < dim; i++)
			x[i] *= factors[round * dim + i];
		kg_simd->fht(x + transform_start(dim, len, round), len);
		if (len != dim)
			kac_step(x, dim / 2);
	}
}

/*
 * Each stage of a transform rounds each output once, so it adds at most one
 * unit roundoff in the 2-norm; the factor adds two (its own rounding and the
 * product's) and a Kac step three.
 */
double
kg_rotation_rel_err(int dim)
{
	int			log2;
	int			len = transform_length(dim, &log2);

	return rounds(dim, len) * (log2 + 5) * UNIT_ROUNDOFF;
}
