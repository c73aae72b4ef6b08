/*
 * rotation.c
 *	  A fast random rotation, so that no coordinate is special.
 */
#include <math.h>

#include "quant/rotation.h"
#include "simd/simd.h"

/* Rounds if dim is a power of two: each transform covers all coordinates. */
#define ROUNDS_WHOLE 3
/* Rounds otherwise; even, so that both ends are covered equally often. */
#define ROUNDS_SPLIT 4

/* Half an ulp of float8. */
#define UNIT_ROUNDOFF (1.0 / 9007199254740992.0)

/* The largest power of two that is at most dim, and its logarithm. */
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

/* The first coordinate of a round's transform. */
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

void
kg_rotation_init(float *signs, int dim, uint64_t seed)
{
	int			log2;
	int			len = transform_length(dim, &log2);

	for (int i = 0; i < rounds(dim, len) * dim; i++)
		signs[i] = (next_random(&seed) >> 63) ? 1.0f : -1.0f;
}

/* Rotates each pair (x[i], x[i + half]) by 45 degrees. */
static void
kac_step(double *x, int half)
{
	const double c = 0.70710678118654752440;

	for (int i = 0; i < half; i++)
	{
		double		a = x[i];
		double		b = x[i + half];

		x[i] = (a + b) * c;
		x[i + half] = (a - b) * c;
	}
}

void
kg_rotate(const float *signs, int dim, double *x)
{
	int			log2;
	int			len = transform_length(dim, &log2);
	double		norm = 1.0 / sqrt(len);

	for (int round = 0; round < rounds(dim, len); round++)
	{
		double	   *part = x + transform_start(dim, len, round);

		for (int i = 0; i < dim; i++)
			x[i] *= signs[round * dim + i];
		kg_simd->fht(part, len);
		for (int i = 0; i < len; i++)
			part[i] *= norm;
		if (len != dim)
			kac_step(x, dim / 2);
	}
}

/*
 * Each stage of a transform rounds each output once and so adds at most one
 * unit roundoff in the 2-norm.  The factor adds two (its own rounding and the
 * product's), a Kac step three.
 */
double
kg_rotation_rel_err(int dim)
{
	int			log2;
	int			len = transform_length(dim, &log2);

	return rounds(dim, len) * (log2 + 5) * UNIT_ROUNDOFF;
}
