/*
 * scalar.c
 *	  The storage of a node's own vector: float4, float16 or 8, 4 or 2 bits a
 *	  dimension.
 */
#include <math.h>
#include <string.h>

#include "quant/scalar.h"
#include "simd/simd.h"

/* The largest finite float16. */
#define F16_MAX 65504.0f

/* Floats before the codes: min and delta. */
#define SQ_HEADER 2

/* Rounds of fitting a range to its codes. */
#define FIT_ROUNDS 3

static int
sq_bits(KgStorage storage)
{
	return storage == KG_STORAGE_SQ8 ? 8 : storage == KG_STORAGE_SQ4 ? 4 : 2;
}

size_t
kg_scalar_bytes(KgStorage storage, int dim)
{
	size_t		bytes;

	switch (storage)
	{
		case KG_STORAGE_F32:
		case KG_STORAGE_BITS:
			bytes = sizeof(float) * dim;
			break;
		case KG_STORAGE_F16:
			bytes = sizeof(uint16_t) * dim;
			break;
		default:
			bytes = sizeof(float) * SQ_HEADER +
				((size_t) dim * sq_bits(storage) + 7) / 8;
	}
	return (bytes + 3) & ~(size_t) 3;
}

static void
encode_f16(const float *x, int dim, uint16_t *out)
{
	kg_simd->f32_to_f16(x, out, dim);

	/* An outlier is stored as the nearest finite value. */
	for (int i = 0; i < dim; i++)
	{
		if (x[i] > F16_MAX)
			out[i] = kg_f16_from_f32(F16_MAX);
		else if (x[i] < -F16_MAX)
			out[i] = kg_f16_from_f32(-F16_MAX);
	}
}

/* The range of a vector: a code of 0 to levels means min + delta * code. */
typedef struct Range
{
	float		min;
	float		delta;
	int			levels;
} Range;

/* The range that holds all coordinates. */
static void
whole_range(Range *range, const float *x, int dim)
{
	float		min = x[0];
	float		max = x[0];

	for (int i = 1; i < dim; i++)
	{
		min = x[i] < min ? x[i] : min;
		max = x[i] > max ? x[i] : max;
	}
	range->min = min;
	range->delta = (max - min) / range->levels;
	if (!isfinite(range->delta))
		range->min = range->delta = 0;	/* all elements become 0 */
}

/* The code nearest to x; inverse is 1 / delta, or 0. */
static inline int
nearest_code(const Range *range, float inverse, float x)
{
	float		code = (x - range->min) * inverse + 0.5f;

	return code >= range->levels ? range->levels : code > 0 ? (int) code : 0;
}

static float
inverse_delta(const Range *range)
{
	float		inverse = range->delta > 0 ? 1 / range->delta : 0;

	return isfinite(inverse) ? inverse : 0;
}

/*
 * Fits min and delta to the coordinates over their codes, by least squares.
 * False if no finite line fits.
 */
static bool
fit_line(Range *range, const float *x, int dim)
{
	float		inverse = inverse_delta(range);
	int64_t		sum_c = 0;
	int64_t		sum_cc = 0;
	double		sum_x = 0;
	double		sum_cx = 0;
	double		spread;
	double		delta;

	for (int i = 0; i < dim; i++)
	{
		int			c = nearest_code(range, inverse, x[i]);

		sum_c += c;
		sum_cc += c * c;
		sum_x += x[i];
		sum_cx += (double) c * x[i];
	}
	spread = (double) dim * sum_cc - (double) sum_c * sum_c;
	if (spread <= 0)
		return false;
	delta = (dim * sum_cx - sum_c * sum_x) / spread;
	range->delta = (float) delta;
	range->min = (float) ((sum_x - delta * sum_c) / dim);
	return isfinite(range->min) && isfinite(range->delta);
}

/*
 * Finds the range with the least loss over all coordinates by Lloyd's
 * iteration.  It starts from the best range of a normal variable, which rotated
 * coordinates nearly are (Max, "Quantizing for minimum distortion", 1960: steps
 * of 0.3352 and 0.9957 standard deviations for 16 and 4 levels).
 *
 * False if the range is not between minus and plus the vector's norm, which
 * error bounds rely on: the coordinates are far from normal.
 */
static bool
fit_range(Range *range, const float *x, int dim)
{
	double		step = range->levels == 15 ? 0.3352 : 0.9957;
	double		sum = 0;
	double		square = 0;
	double		deviation;
	double		norm;

	for (int i = 0; i < dim; i++)
	{
		sum += x[i];
		square += (double) x[i] * x[i];
	}
	norm = sqrt(square);
	square = square / dim - sum / dim * (sum / dim);
	deviation = sqrt(square > 0 ? square : 0);
	range->delta = (float) (step * deviation);
	range->min = (float) (sum / dim - step * deviation * range->levels / 2);
	for (int round = 0; round < FIT_ROUNDS; round++)
		if (!fit_line(range, x, dim))
			return false;
	return fabs(range->min) <= norm &&
		fabs(range->min + (double) range->delta * range->levels) <= norm;
}

static void
encode_sq(int bits, const float *x, int dim, float *header, uint8_t *codes)
{
	Range		range = {.levels = (1 << bits) - 1};
	float		inverse;

	if (bits == 8 || !fit_range(&range, x, dim))
		whole_range(&range, x, dim);
	header[0] = range.min;
	header[1] = range.delta;
	inverse = inverse_delta(&range);
	for (int i = 0; i < dim; i++)
		codes[i * bits / 8] |= nearest_code(&range, inverse, x[i])
			<< (i * bits % 8);
}

float
kg_scalar_encode(KgStorage storage, const float *x, int dim, void *out,
				 float *decoded)
{
	double		sum = 0;

	/* All bytes of a page are defined, padding included. */
	memset(out, 0, kg_scalar_bytes(storage, dim));
	if (storage == KG_STORAGE_BITS)
	{
		memcpy(out, x, sizeof(float) * dim);
		memcpy(decoded, x, sizeof(float) * dim);
		return 0;
	}
	if (storage == KG_STORAGE_F32)
		memcpy(out, x, sizeof(float) * dim);
	else if (storage == KG_STORAGE_F16)
		encode_f16(x, dim, out);
	else
		encode_sq(sq_bits(storage), x, dim, out,
				  (uint8_t *) ((float *) out + SQ_HEADER));
	kg_scalar_decode(storage, out, dim, decoded);

	for (int i = 0; i < dim; i++)
	{
		double		lost = (double) x[i] - decoded[i];

		sum += lost * lost;
	}
	/* Round up; the error of the sum in double is far below float4's. */
	return sum > 0 ? nextafterf((float) sqrt(sum), INFINITY) : 0;
}

void
kg_scalar_decode(KgStorage storage, const void *stored, int dim,
				 float *decoded)
{
	const float *header = stored;
	const uint8_t *codes = (const uint8_t *) (header + SQ_HEADER);

	switch (storage)
	{
		case KG_STORAGE_F32:
		case KG_STORAGE_BITS:
			memcpy(decoded, stored, sizeof(float) * dim);
			break;
		case KG_STORAGE_F16:
			kg_simd->f16_to_f32(stored, decoded, dim);
			break;
		case KG_STORAGE_SQ8:
			kg_simd->sq8_to_f32(codes, header[0], header[1], decoded, dim);
			break;
		case KG_STORAGE_SQ4:
			kg_simd->sq4_to_f32(codes, header[0], header[1], decoded, dim);
			break;
		default:
			kg_simd->sq2_to_f32(codes, header[0], header[1], decoded, dim);
	}
}

float
kg_scalar_l2sq(KgStorage storage, const float *q, const void *stored, int dim)
{
	const float *header = stored;
	const uint8_t *codes = (const uint8_t *) (header + SQ_HEADER);

	switch (storage)
	{
		case KG_STORAGE_F32:
			return kg_simd->l2sq_f32(q, stored, dim);
		case KG_STORAGE_F16:
			return kg_simd->l2sq_f32_f16(q, stored, dim);
		case KG_STORAGE_SQ8:
			return kg_simd->l2sq_f32_sq8(q, codes, header[0], header[1], dim);
		case KG_STORAGE_SQ4:
			return kg_simd->l2sq_f32_sq4(q, codes, header[0], header[1], dim);
		default:
			return kg_simd->l2sq_f32_sq2(q, codes, header[0], header[1], dim);
	}
}
