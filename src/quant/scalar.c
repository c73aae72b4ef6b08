/*
 * scalar.c
 *	  How a node keeps its own vector: float4, float16 or 8 bits a dimension.
 */
#include <math.h>
#include <string.h>

#include "quant/scalar.h"
#include "simd/simd.h"

/* The largest finite float16. */
#define F16_MAX 65504.0f

/* min and delta before the codes */
#define SQ8_HEADER 2

size_t
kg_scalar_bytes(KgStorage storage, int dim)
{
	size_t		bytes;

	switch (storage)
	{
		case KG_STORAGE_F32:
			bytes = sizeof(float) * dim;
			break;
		case KG_STORAGE_F16:
			bytes = sizeof(uint16_t) * dim;
			break;
		default:
			bytes = sizeof(float) * SQ8_HEADER + dim;
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

static void
encode_sq8(const float *x, int dim, float *header, uint8_t *codes)
{
	float		min = x[0];
	float		max = x[0];
	float		inverse;

	for (int i = 1; i < dim; i++)
	{
		min = x[i] < min ? x[i] : min;
		max = x[i] > max ? x[i] : max;
	}
	header[0] = min;
	header[1] = (max - min) / 255;
	if (!isfinite(header[1]))
		header[0] = header[1] = 0;	/* nothing is kept of such a range */
	inverse = header[1] > 0 ? 1 / header[1] : 0;
	if (!isfinite(inverse))
		inverse = 0;
	for (int i = 0; i < dim; i++)
	{
		float		code = (x[i] - min) * inverse + 0.5f;

		codes[i] = code >= 255 ? 255 : (uint8_t) code;
	}
}

float
kg_scalar_encode(KgStorage storage, const float *x, int dim, void *out,
				 float *decoded)
{
	double		sum = 0;

	/* No byte of a page is left to chance, its padding included. */
	memset(out, 0, kg_scalar_bytes(storage, dim));
	if (storage == KG_STORAGE_F32)
		memcpy(out, x, sizeof(float) * dim);
	else if (storage == KG_STORAGE_F16)
		encode_f16(x, dim, out);
	else
		encode_sq8(x, dim, out, (uint8_t *) ((float *) out + SQ8_HEADER));
	kg_scalar_decode(storage, out, dim, decoded);

	for (int i = 0; i < dim; i++)
	{
		double		lost = (double) x[i] - decoded[i];

		sum += lost * lost;
	}
	/* rounded up, from a sum in double whose error is far below float4's */
	return sum > 0 ? nextafterf((float) sqrt(sum), INFINITY) : 0;
}

void
kg_scalar_decode(KgStorage storage, const void *stored, int dim,
				 float *decoded)
{
	const float *header = stored;
	const uint8_t *codes;

	switch (storage)
	{
		case KG_STORAGE_F32:
			memcpy(decoded, stored, sizeof(float) * dim);
			break;
		case KG_STORAGE_F16:
			kg_simd->f16_to_f32(stored, decoded, dim);
			break;
		default:
			codes = (const uint8_t *) (header + SQ8_HEADER);
			kg_simd->sq8_to_f32(codes, header[0], header[1], decoded, dim);
	}
}

float
kg_scalar_l2sq(KgStorage storage, const float *q, const void *stored, int dim)
{
	const float *header = stored;

	switch (storage)
	{
		case KG_STORAGE_F32:
			return kg_simd->l2sq_f32(q, stored, dim);
		case KG_STORAGE_F16:
			return kg_simd->l2sq_f32_f16(q, stored, dim);
		default:
			return kg_simd->l2sq_f32_sq8(q,
										 (const uint8_t *) (header + SQ8_HEADER),
										 header[0], header[1], dim);
	}
}
