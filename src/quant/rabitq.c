/*
 * rabitq.c
 *	  Binary codes of a node's neighbours, and estimates of distances by them.
 */
#include <math.h>
#include <string.h>

#include "quant/rabitq.h"
#include "simd/simd.h"

/*
 * A magnitude above this many standard deviations sets its bit: the threshold
 * of the best four-level quantizer (+-0.5, +-1.5 in units of sigma) for a
 * normal variable.  The coordinates of a rotated residual are nearly normal.
 */
#define MAGNITUDE_THRESHOLD 0.98f

/* code_scan needs tables for whole 16-byte chunks of a row. */
#define CHUNK 16

/* Dimensions that one byte of a plane codes. */
#define BYTE_DIMS 8

int
kg_code_bytes(const KgCodeShape *shape)
{
	return shape->code_dims / BYTE_DIMS * shape->bits;
}

KgCodeFactors
kg_code_encode(const KgCodeShape *shape, const float *x, const float *c,
			   uint8_t *row)
{
	KgCodeFactors factors;
	int			plane = shape->code_dims / BYTE_DIMS;
	int			coded = shape->dim < shape->code_dims ? shape->dim :
	shape->code_dims;
	int			whole = coded / BYTE_DIMS;
	uint8_t    *magnitudes = shape->bits == 2 ? row + plane : NULL;
	float		threshold;
	KgCodeDots	dots;
	float		g;

	factors.r2 = kg_simd->l2sq_f32(x, c, shape->dim);
	threshold = MAGNITUDE_THRESHOLD * sqrtf(factors.r2 / shape->dim);
	dots = kg_simd->code_encode(x, c, whole * BYTE_DIMS, threshold, row,
								magnitudes);

	/* Vectors may end within a byte; codes may be longer than vectors. */
	for (int byte = whole; byte < plane; byte++)
	{
		float		last_x[BYTE_DIMS] = {0};
		float		last_c[BYTE_DIMS] = {0};
		KgCodeDots	last;

		for (int i = byte * BYTE_DIMS; i < coded; i++)
		{
			last_x[i % BYTE_DIMS] = x[i];
			last_c[i % BYTE_DIMS] = c[i];
		}
		last = kg_simd->code_encode(last_x, last_c, BYTE_DIMS, threshold,
									row + byte,
									magnitudes ? magnitudes + byte : NULL);
		dots.ry += last.ry;
		dots.cy += last.cy;
	}

	g = dots.ry > 0 ? factors.r2 / dots.ry : 0;
	factors.a = factors.r2 + 2 * g * dots.cy;
	factors.b = -2 * g;
	return factors;
}

float
kg_code_dot(const KgCodeShape *shape, const uint8_t *row, const float *v)
{
	int			plane = shape->code_dims / BYTE_DIMS;
	int			coded = shape->dim < shape->code_dims ? shape->dim :
	shape->code_dims;
	float		sum = 0;

	for (int i = 0; i < coded; i++)
	{
		int			bit = i % BYTE_DIMS;
		float		sign = (row[i / BYTE_DIMS] >> bit & 1) ? 1.0f : -1.0f;

		if (shape->bits == 1)
			sum += sign * v[i];
		else
			sum += (sign + ((row[plane + i / BYTE_DIMS] >> bit & 1) ?
							0.5f : -0.5f)) * v[i];
	}
	return sum;
}

/* Codebooks of a row, of four dimensions each, for whole chunks. */
static size_t
codebooks(const KgCodeShape *shape)
{
	size_t		bytes = kg_code_bytes(shape);

	return (bytes + CHUNK - 1) / CHUNK * CHUNK * 2;
}

size_t
kg_code_lut_bytes(const KgCodeShape *shape)
{
	return codebooks(shape) * 16;
}

/* The largest sum of absolute values of four consecutive coordinates. */
static float
largest_quartet(const float *q, int dim)
{
	float		largest = 0;

	for (int i = 0; i < dim; i += 4)
	{
		float		sum = 0;

		for (int j = i; j < i + 4 && j < dim; j++)
			sum += fabsf(q[j]);
		largest = sum > largest ? sum : largest;
	}
	return largest;
}

/* Fills one plane's table; code_dims may be more than dim. */
static float
fill_plane(const KgCodeShape *shape, const float *q, float weight,
		   float delta, uint8_t *lut)
{
	float		bias = 0;

	for (int i = 0; i < shape->code_dims; i += 64)
	{
		float		part[64] = {0};
		int			n = shape->code_dims - i < 64 ? shape->code_dims - i : 64;

		for (int j = 0; j < n && i + j < shape->dim; j++)
			part[j] = q[i + j] * weight;
		bias += kg_simd->code_lut(part, n, delta, lut + (size_t) i / 4 * 16);
	}
	return bias;
}

void
kg_code_query(const KgCodeShape *shape, const float *q, KgCodeQuery *query)
{
	float		largest = largest_quartet(q, shape->dim);
	size_t		plane = (size_t) shape->code_dims / 4 * 16;
	size_t		used = plane * shape->bits;

	/* entries span -largest to +largest; an all-zero query has none */
	query->delta = largest > 0 ? 2 * largest / 255 : 1;
	query->bias = fill_plane(shape, q, 1, query->delta, query->lut);
	if (shape->bits == 2)
		query->bias += fill_plane(shape, q, 0.5f, query->delta,
								  query->lut + plane);
	memset(query->lut + used, 0, kg_code_lut_bytes(shape) - used);
}
