/*
 * test_rotation.c
 *	  Rotations keep lengths and angles.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/rotation.h"
#include "simd/simd.h"
#include "unit.h"

#define MAX_DIM 16000

/* All even dimensions to 300, then some that applications have. */
static int
next_dim(int dim)
{
	static const int large[] = {
		384, 510, 512, 514, 768, 1000, 1022, 1024, 1026, 1536, 2050, 3072,
		MAX_DIM
	};

	if (dim < 300)
		return dim + 2;
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
	{
		if (large[i] > dim)
			return large[i];
	}
	return -1;
}

/* Of doubles, with more digits than what is tested. */
static double
dot_f64(const double *a, const double *b, int dim)
{
	long double sum = 0;

	for (int i = 0; i < dim; i++)
		sum += (long double) a[i] * b[i];
	return (double) sum;
}

static double
norm_f64(const double *a, int dim)
{
	return sqrt(dot_f64(a, a, dim));
}

static double *
new_doubles(size_t n)
{
	double	   *x = calloc(n, sizeof(double));

	if (x == NULL)
		abort();
	return x;
}

static float *
new_rotation(int dim, uint64_t seed)
{
	float	   *factors = calloc(kg_rotation_floats(dim), sizeof(float));

	if (factors == NULL)
		abort();
	kg_rotation_init(factors, dim, seed);
	return factors;
}

/*
 * Lengths and dot products of two vectors, and of one with a single
 * coordinate, which must also spread over all coordinates.
 */
static void
check_rotation(int dim)
{
	double		e = kg_rotation_rel_err(dim);
	float	   *factors = new_rotation(dim, 42);
	double	   *x = new_doubles((size_t) dim * 6);
	double	   *y = x + dim;
	double	   *axis = y + dim;
	double	   *rx = axis + dim;
	double	   *ry = rx + dim;
	double	   *raxis = ry + dim;
	int			one = (int) (random_bits() % (uint32_t) dim);
	double		largest = 0;

	for (int i = 0; i < 2 * dim; i++)
		x[i] = random_normal();
	axis[one] = 1;
	memcpy(rx, x, sizeof(double) * (size_t) dim * 3);
	kg_rotate(factors, dim, rx);
	kg_rotate(factors, dim, ry);
	kg_rotate(factors, dim, raxis);

	CHECK(fabs(norm_f64(rx, dim) / norm_f64(x, dim) - 1) <= e,
		  "%d dimensions: length %.9g became %.9g", dim, norm_f64(x, dim),
		  norm_f64(rx, dim));
	CHECK(fabs(norm_f64(raxis, dim) - 1) <= e,
		  "%d dimensions: length 1 became %.9g", dim, norm_f64(raxis, dim));
	CHECK(fabs(dot_f64(rx, ry, dim) - dot_f64(x, y, dim)) <=
		  (2 * e + e * e) * norm_f64(x, dim) * norm_f64(y, dim),
		  "%d dimensions: dot product %.9g became %.9g", dim,
		  dot_f64(x, y, dim), dot_f64(rx, ry, dim));
	CHECK(fabs(dot_f64(rx, raxis, dim) - x[one]) <=
		  (2 * e + e * e) * norm_f64(x, dim),
		  "%d dimensions: coordinate %d of %.9g became %.9g", dim, one,
		  x[one], dot_f64(rx, raxis, dim));
	for (int i = 0; i < dim; i++)
		largest = fmax(largest, fabs(raxis[i]) * sqrt(dim));
	CHECK(largest < 12,
		  "%d dimensions: axis %d still has a coordinate of %.3g / sqrt(n)",
		  dim, one, largest);
	free(factors);
	free(x);
}

static void
test_rotation(void)
{
	for (int dim = 2; dim > 0; dim = next_dim(dim))
		check_rotation(dim);
}

/* The rotated axes are orthonormal: all pairs of them. */
static void
test_orthonormal(void)
{
	for (int dim = 2; dim <= 130; dim += 2)
	{
		double		e = kg_rotation_rel_err(dim);
		float	   *factors = new_rotation(dim, (uint64_t) dim);
		double	   *axes = new_doubles((size_t) dim * dim);

		for (int i = 0; i < dim; i++)
		{
			axes[i * dim + i] = 1;
			kg_rotate(factors, dim, axes + i * dim);
		}
		for (int i = 0; i < dim; i++)
		{
			for (int j = 0; j <= i; j++)
			{
				double		d = dot_f64(axes + i * dim, axes + j * dim, dim);

				CHECK(fabs(d - (i == j)) <= 2 * e + e * e,
					  "%d dimensions: axes %d and %d have product %.9g", dim,
					  i, j, d);
			}
		}
		free(factors);
		free(axes);
	}
}

/* An index is written with one level and read with another. */
static void
test_rotation_levels(void)
{
	static const int dims[] = {2, 30, 128, 384, 768, 1536, 3072};

	for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++)
	{
		int			dim = dims[d];
		float	   *factors = new_rotation(dim, 7);
		double	   *x = new_doubles((size_t) dim * 3);
		double	   *portable = x + dim;
		double	   *rotated = portable + dim;

		for (int i = 0; i < dim; i++)
			x[i] = random_normal();
		kg_simd_select(KG_SIMD_PORTABLE);
		memcpy(portable, x, sizeof(double) * dim);
		kg_rotate(factors, dim, portable);
		for (KgSimdLevel level = KG_SIMD_PORTABLE; level < KG_SIMD_LEVELS;
			 level++)
		{
			if (!kg_simd_available(level))
				continue;
			kg_simd_select(level);
			memcpy(rotated, x, sizeof(double) * dim);
			kg_rotate(factors, dim, rotated);
			for (int i = 0; i < dim; i++)
				rotated[i] -= portable[i];
			CHECK(norm_f64(rotated, dim) <=
				  2 * kg_rotation_rel_err(dim) * norm_f64(x, dim),
				  "%d dimensions: %s and portable are %.3g apart", dim,
				  kg_simd_level_name(level), norm_f64(rotated, dim));
		}
		kg_simd_select(KG_SIMD_AUTO);
		free(factors);
		free(x);
	}
}

static void
test_seeds(void)
{
	float	   *one = new_rotation(128, 1);
	float	   *again = new_rotation(128, 1);
	float	   *two = new_rotation(128, 2);
	size_t		size = kg_rotation_floats(128) * sizeof(float);

	CHECK(memcmp(one, again, size) == 0, "one seed, two rotations");
	CHECK(memcmp(one, two, size) != 0, "two seeds, one rotation");
	free(one);
	free(again);
	free(two);
}

int
main(void)
{
	kg_simd_select(KG_SIMD_AUTO);

	unit_begin("rotation: lengths and dot products");
	test_rotation();
	unit_end();
	unit_begin("rotation: orthonormal axes");
	test_orthonormal();
	unit_end();
	unit_begin("rotation: levels agree");
	test_rotation_levels();
	unit_end();
	unit_begin("rotation: seeds");
	test_seeds();
	unit_end();
	return unit_finish();
}
