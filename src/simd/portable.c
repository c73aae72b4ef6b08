/*
 * portable.c
 *	  The kernels in plain C: the reference for the other levels, and the
 *	  kernels for other CPUs.
 *
 * Each sum has LANES partial sums.  Compilers make vectors of them, and they
 * bound the rounding error (see KG_SIMD_REL_ERR).
 */
#include <math.h>

#include "simd/simd_impl.h"

#define LANES 16

/* Joins partial sums pairwise, so that errors grow with log2(LANES). */
static float
join(const float *partial)
{
	float		s[LANES];

	memcpy(s, partial, sizeof(s));
	for (int width = LANES / 2; width > 0; width /= 2)
	{
		for (int i = 0; i < width; i++)
			s[i] += s[i + width];
	}
	return s[0];
}

/*
 * Float16
 */

uint16_t
kg_f16_from_f32(float x)
{
	uint32_t	bits;
	uint32_t	sign;
	uint32_t	mantissa;
	uint32_t	shift;
	uint32_t	half;
	uint32_t	rest;

	memcpy(&bits, &x, sizeof(bits));
	sign = (bits >> 16) & 0x8000;
	bits &= 0x7fffffff;

	if (bits > 0x7f800000)		/* NaN: made quiet, high payload bits kept */
		return sign | 0x7e00 | ((bits >> 13) & 0x3ff);
	if (bits >= 0x47800000)		/* 2^16 and more, infinity */
		return sign | 0x7c00;
	if (bits < 0x33000000)		/* less than half the least subnormal */
		return sign;

	/*
	 * Drop the mantissa bits that do not fit: 13 for a normal result, more
	 * for a subnormal one, whose leading one becomes explicit.  A carry out
	 * of the mantissa correctly increments the exponent, up to infinity.
	 */
	if (bits >= 0x38800000)
	{
		shift = 13;
		mantissa = bits - 0x38000000;
	}
	else
	{
		shift = 126 - (bits >> 23);
		mantissa = (bits & 0x7fffff) | 0x800000;
	}
	half = mantissa >> shift;
	rest = mantissa & ((1U << shift) - 1);
	if (rest > 1U << (shift - 1) ||
		(rest == 1U << (shift - 1) && (half & 1) != 0))
		half++;
	return sign | half;
}

float
kg_f16_to_f32(uint16_t h)
{
	uint32_t	bits = (uint32_t) (h & 0x7fff) << 13;
	uint32_t	sign = (uint32_t) (h & 0x8000) << 16;
	float		x;

	if (bits >= 0x0f800000)		/* infinity, or a NaN made quiet */
	{
		bits |= 0x7f800000;
		if (bits > 0x7f800000)
			bits |= 0x00400000;
	}
	else
	{
		/* Rebias the exponent by 2^112; exact for subnormals too. */
		memcpy(&x, &bits, sizeof(x));
		x *= 5192296858534827628530496329220096.0f;
		memcpy(&bits, &x, sizeof(x));
	}
	bits |= sign;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

static void
f32_to_f16(const float *x, uint16_t *out, int dim)
{
	for (int i = 0; i < dim; i++)
		out[i] = kg_f16_from_f32(x[i]);
}

static void
f16_to_f32(const uint16_t *x, float *out, int dim)
{
	for (int i = 0; i < dim; i++)
		out[i] = kg_f16_to_f32(x[i]);
}

/*
 * Distances.  LOAD_x converts an element to a float, TERM_x computes the term
 * of a pair; all have the same loop.
 */

#define LOAD_F32(x) (x)
#define LOAD_F16(x) kg_f16_to_f32(x)
#define TERM_L2SQ(a, b) (((a) - (b)) * ((a) - (b)))
#define TERM_IP(a, b) ((a) * (b))
#define TERM_L1(a, b) fabsf((a) - (b))

#define DEFINE_SUM(name, a_type, A_LOAD, b_type, B_LOAD, TERM) \
static float \
name(const a_type *a, const b_type *b, int dim) \
{ \
	float		partial[LANES] = {0}; \
	int			whole = dim - dim % LANES; \
\
	for (int i = 0; i < whole; i += LANES) \
	{ \
		for (int j = 0; j < LANES; j++) \
		{ \
			float		x = A_LOAD(a[i + j]); \
			float		y = B_LOAD(b[i + j]); \
\
			partial[j] += TERM(x, y); \
		} \
	} \
	for (int i = whole; i < dim; i++) \
	{ \
		float		x = A_LOAD(a[i]); \
		float		y = B_LOAD(b[i]); \
\
		partial[i - whole] += TERM(x, y); \
	} \
	return join(partial); \
}

DEFINE_SUM(l2sq_f32, float, LOAD_F32, float, LOAD_F32, TERM_L2SQ)
DEFINE_SUM(ip_f32, float, LOAD_F32, float, LOAD_F32, TERM_IP)
DEFINE_SUM(l1_f32, float, LOAD_F32, float, LOAD_F32, TERM_L1)
DEFINE_SUM(l2sq_f16, uint16_t, LOAD_F16, uint16_t, LOAD_F16, TERM_L2SQ)
DEFINE_SUM(ip_f16, uint16_t, LOAD_F16, uint16_t, LOAD_F16, TERM_IP)
DEFINE_SUM(l1_f16, uint16_t, LOAD_F16, uint16_t, LOAD_F16, TERM_L1)
DEFINE_SUM(l2sq_f32_f16, float, LOAD_F32, uint16_t, LOAD_F16, TERM_L2SQ)

static float
max_ip_f32(const float *q, const float *rows, int stride, int nrows, int dim)
{
	float		largest = -INFINITY;

	for (int r = 0; r < nrows; r++)
	{
		float		product = ip_f32(q, rows + (size_t) r * (size_t) stride, dim);

		if (product > largest)
			largest = product;
	}
	return largest;
}

static void
l2sq_rows_f32(const float *q, const float *rows, int stride, int nrows, int dim, float *out)
{
	for (int r = 0; r < nrows; r++)
		out[r] = l2sq_f32(q, rows + (size_t) r * (size_t) stride, dim);
}

static void
cosine_f32(const float *a, const float *b, int dim, float *ab, float *aa,
		   float *bb)
{
	*ab = ip_f32(a, b, dim);
	*aa = ip_f32(a, a, dim);
	*bb = ip_f32(b, b, dim);
}

static void
cosine_f16(const uint16_t *a, const uint16_t *b, int dim, float *ab, float *aa,
		   float *bb)
{
	*ab = ip_f16(a, b, dim);
	*aa = ip_f16(a, a, dim);
	*bb = ip_f16(b, b, dim);
}

static void
sums_u8(const uint8_t *a, const uint8_t *b, int n, KgByteSums *sums)
{
	KgByteSums	s = {0};

	for (int i = 0; i < n; i++)
	{
		s.ab += (uint32_t) a[i] * b[i];
		s.aa += (uint32_t) a[i] * a[i];
		s.bb += (uint32_t) b[i] * b[i];
		s.a += a[i];
		s.b += b[i];
	}
	*sums = s;
}

/* Element i of an array of codes of this many bits. */
static unsigned
code_at(const uint8_t *codes, int bits, int i)
{
	int			at = i * bits;

	return (codes[at / 8] >> (at % 8)) & ((1U << bits) - 1);
}

#define DEFINE_SQ(bits) \
	static float \
	l2sq_f32_sq##bits(const float *q, const uint8_t *code, float min, \
					  float delta, int dim) \
	{ \
		float partial[LANES] = {0}; \
\
		for (int i = 0; i < dim; i++) \
		{ \
			float d = q[i] - (min + delta * code_at(code, bits, i)); \
\
			partial[i % LANES] += d * d; \
		} \
		return join(partial); \
	} \
\
	static void \
	sq##bits##_to_f32(const uint8_t *code, float min, float delta, \
					  float *out, int dim) \
	{ \
		for (int i = 0; i < dim; i++) \
			out[i] = min + delta * code_at(code, bits, i); \
	}

DEFINE_SQ(8)
DEFINE_SQ(4)
DEFINE_SQ(2)

/*
 * Bit strings
 */

/* The baseline instruction set has no popcnt. */
static uint64_t
popcount(uint64_t w)
{
	w -= (w >> 1) & UINT64_C(0x5555555555555555);
	w = (w & UINT64_C(0x3333333333333333)) +
		((w >> 2) & UINT64_C(0x3333333333333333));
	w = (w + (w >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (w * UINT64_C(0x0101010101010101)) >> 56;
}

static uint64_t
hamming(const uint8_t *a, const uint8_t *b, size_t nbytes)
{
	uint64_t	sum = 0;

	for (size_t i = 0; i < nbytes; i += 8)
		sum += popcount(load_some(a + i, nbytes - i) ^
						load_some(b + i, nbytes - i));
	return sum;
}

static void
jaccard(const uint8_t *a, const uint8_t *b, size_t nbytes, uint64_t *ab,
		uint64_t *aa, uint64_t *bb)
{
	*ab = *aa = *bb = 0;
	for (size_t i = 0; i < nbytes; i += 8)
	{
		uint64_t	x = load_some(a + i, nbytes - i);
		uint64_t	y = load_some(b + i, nbytes - i);

		*ab += popcount(x & y);
		*aa += popcount(x);
		*bb += popcount(y);
	}
}

static void
hamming_rows(const uint8_t *q, const uint8_t *rows, size_t nbytes, int nrows,
			 uint32_t *out)
{
	for (int r = 0; r < nrows; r++)
		out[r] = (uint32_t) hamming(q, rows + r * nbytes, nbytes);
}

static void
jaccard_rows(const uint8_t *q, const uint8_t *rows, size_t nbytes, int nrows,
			 uint32_t *both, uint32_t *set)
{
	for (int r = 0; r < nrows; r++)
	{
		uint64_t	ab;
		uint64_t	aa;
		uint64_t	bb;

		jaccard(q, rows + r * nbytes, nbytes, &ab, &aa, &bb);
		both[r] = (uint32_t) ab;
		set[r] = (uint32_t) bb;
	}
}

/*
 * Rotation and codes
 */

static void
fht(double *x, int n)
{
	for (int h = 1; h < n; h *= 2)
	{
		for (int i = 0; i < n; i += 2 * h)
		{
			for (int j = i; j < i + h; j++)
			{
				double		a = x[j];
				double		b = x[j + h];

				x[j] = a + b;
				x[j + h] = a - b;
			}
		}
	}
}

static KgCodeDots
code_encode(const float *x, const float *c, int n, float threshold,
			uint8_t *signs, uint8_t *magnitudes)
{
	float		ry[LANES] = {0};
	float		cy[LANES] = {0};

	memset(signs, 0, (size_t) n / 8);
	if (magnitudes != NULL)
		memset(magnitudes, 0, (size_t) n / 8);
	for (int i = 0; i < n; i++)
	{
		float		r = x[i] - c[i];
		bool		positive = r > 0;
		float		magnitude = 1;

		signs[i / 8] |= (uint8_t) (positive << i % 8);
		if (magnitudes != NULL)
		{
			bool		above = fabsf(r) > threshold;

			magnitude = above ? 1.5f : 0.5f;
			magnitudes[i / 8] |= (uint8_t) ((positive == above) << i % 8);
		}
		ry[i % LANES] += magnitude * fabsf(r);
		cy[i % LANES] += magnitude * (positive ? c[i] : -c[i]);
	}
	return (KgCodeDots)
	{
		join(ry), join(cy)
	};
}

static void
code_scan(const uint8_t *codes, int nbytes, int nrows, const uint8_t *lut,
		  uint32_t *sums)
{
	for (int r = 0; r < nrows; r++)
	{
		const uint8_t *row = codes + (size_t) r * nbytes;
		uint32_t	sum = 0;

		for (int j = 0; j < nbytes; j++)
		{
			sum += lut[32 * j + (row[j] & 15)];
			sum += lut[32 * j + 16 + (row[j] >> 4)];
		}
		sums[r] = sum;
	}
}

/* 1.5 * 2^23: adding and subtracting it rounds to nearest even. */
#define ROUNDING 12582912.0f

/*
 * t + T_k is twice the sum of the |q[j]| whose sign agrees with bit j of v.  So
 * an entry is a sum of at most four non-negative terms.  All levels add them in
 * this order and so write the same tables.
 */
static float
code_lut(const float *q, int dim, float delta, uint8_t *lut)
{
	float		unit = delta > 0 ? 2 / delta : 0;
	float		partial[LANES] = {0};

	for (int i = 0; i < dim; i += 4)
	{
		float		term[4][2]; /* by dimension and bit */

		for (int j = 0; j < 4; j++)
		{
			float		w = q[i + j] * unit;

			term[j][0] = w < 0 ? -w : 0;
			term[j][1] = w > 0 ? w : 0;
			partial[(i + j) % LANES] += fabsf(q[i + j]);
		}
		for (int v = 0; v < 16; v++)
		{
			float		low = term[0][v & 1] + term[1][v >> 1 & 1];
			float		high = term[2][v >> 2 & 1] + term[3][v >> 3];
			float		entry = low + high < 255 ? low + high : 255;

			*lut++ = (uint8_t) ((entry + ROUNDING) - ROUNDING);
		}
	}
	return -join(partial);
}

static void
code_estimate(const uint32_t *sums, const uint16_t *A, const uint16_t *B,
			  float base, float scale, float bias, float delta, int n,
			  float *out)
{
	for (int i = 0; i < n; i++)
	{
		float		a = kg_bf16_to_f32(A[i]);
		float		b = kg_bf16_to_f32(B[i]);

		out[i] = base + scale * (a + b * (bias + delta * (float) sums[i]));
	}
}

const KgSimd kg_simd_portable = {
	.name = "portable",
	.l2sq_f32 = l2sq_f32,
	.ip_f32 = ip_f32,
	.l1_f32 = l1_f32,
	.max_ip_f32 = max_ip_f32,
	.l2sq_rows_f32 = l2sq_rows_f32,
	.cosine_f32 = cosine_f32,
	.l2sq_f16 = l2sq_f16,
	.ip_f16 = ip_f16,
	.l1_f16 = l1_f16,
	.cosine_f16 = cosine_f16,
	.sums_u8 = sums_u8,
	.l2sq_f32_f16 = l2sq_f32_f16,
	.l2sq_f32_sq8 = l2sq_f32_sq8,
	.l2sq_f32_sq4 = l2sq_f32_sq4,
	.l2sq_f32_sq2 = l2sq_f32_sq2,
	.sq8_to_f32 = sq8_to_f32,
	.sq4_to_f32 = sq4_to_f32,
	.sq2_to_f32 = sq2_to_f32,
	.f32_to_f16 = f32_to_f16,
	.f16_to_f32 = f16_to_f32,
	.hamming = hamming,
	.jaccard = jaccard,
	.hamming_rows = hamming_rows,
	.jaccard_rows = jaccard_rows,
	.fht = fht,
	.code_encode = code_encode,
	.code_scan = code_scan,
	.code_lut = code_lut,
	.code_estimate = code_estimate,
};
