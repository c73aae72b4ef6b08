/*
 * test_simd.c
 *	  Each level of kernels that this CPU has, against a reference in double
 *	  precision and against the portable level.
 *
 * Bounds: a float kernel's result is within KG_SIMD_REL_ERR(dim) times the
 * sum of its terms' absolute values of the exact one, and so within twice
 * that of any other level.  Conversions, bit counts, tables and table sums
 * are the same everywhere, to the bit.
 *
 * All inputs and outputs lie against guard pages, so that a kernel which
 * touches more than its documentation allows stops the program.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simd/simd.h"
#include "unit.h"

#define MAX_DIM 16384

/* Where the arguments of a call lie. */
static Guard *guard[4];

/* Copies size bytes to against the end (or start) of guarded buffer i. */
static void *
guarded(int i, const void *data, size_t size, bool at_end)
{
	void	   *p = at_end ? guard_at_end(guard[i], size) :
	guard_at_start(guard[i]);

	memcpy(p, data, size);
	return p;
}

/* All lengths to 300, then some that applications have. */
static int
next_length(int dim)
{
	static const int large[] = {384, 511, 768, 1000, 1536, 3072, 4097, 16000};

	if (dim < 300)
		return dim + 1;
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
	{
		if (large[i] > dim)
			return large[i];
	}
	return -1;
}

#define FOREACH_LENGTH(dim, first) \
	for (int dim = first; dim >= 0; dim = next_length(dim))

/*
 * Values
 */

typedef enum Values
{
	ORDINARY,
	WIDE,						/* exponents far apart */
	SUBNORMAL,					/* and zeros */
	HUGE_VALUES,				/* just short of overflow */
	ZEROS,						/* of both signs */
	VALUES
} Values;

static const char *const values_name[VALUES] = {
	"ordinary", "wide", "subnormal", "huge", "zero"
};

static float
from_bits(uint32_t bits)
{
	float		x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static float
random_value(Values values, int dim)
{
	float		x = random_float();

	switch (values)
	{
		case WIDE:
			return ldexpf(x, (int) (random_bits() % 60) - 30);
		case SUBNORMAL:
			return from_bits(random_bits() &
							 (random_bits() % 8 == 0 ? 0 : 0x807fffff));
		case HUGE_VALUES:
			return x * sqrtf(FLT_MAX / (8 * (float) dim + 8));
		case ZEROS:
			return x < 0 ? -0.0f : 0.0f;
		default:
			return x;
	}
}

static uint16_t
random_f16(Values values)
{
	uint16_t	h = (uint16_t) random_bits();

	switch (values)
	{
		case ORDINARY:
			return kg_f16_from_f32(random_float());
		case SUBNORMAL:
			return h & 0x83ff;
		case HUGE_VALUES:
			return (h & 0x83ff) | 0x7800;
		case ZEROS:
			return h & 0x8000;
		default:
			return (h & 0x7c00) == 0x7c00 ? h & 0xbfff : h;
	}
}

/*
 * Distances
 */

typedef enum Metric
{
	L2SQ,
	IP,
	L1
} Metric;

/* The exact sum over dim terms, and the sum of their absolute values. */
static double
exact(Metric metric, const double *a, const double *b, int dim,
	  double *magnitude)
{
	double		sum = 0;

	*magnitude = 0;
	for (int i = 0; i < dim; i++)
	{
		double		d = a[i] - b[i];
		double		term = metric == L2SQ ? d * d :
		metric == IP ? a[i] * b[i] : fabs(d);

		sum += term;
		*magnitude += fabs(term);
	}
	return sum;
}

/*
 * The allowed error of a sum: its terms may also be rounded to a multiple of
 * the least subnormal.
 */
static double
tolerance(int dim, double magnitude)
{
	return KG_SIMD_REL_ERR(dim) * magnitude + dim * ldexp(1, -149);
}

/* One kernel, in one of its three signatures. */
typedef struct Kernel
{
	const char *name;
	Metric		metric;
	float		(*f32) (const float *a, const float *b, int dim);
	float		(*f16) (const uint16_t *a, const uint16_t *b, int dim);
	float		(*mixed) (const float *a, const uint16_t *b, int dim);
} Kernel;

#define KERNELS 7

static void
list_kernels(const KgSimd * level, Kernel *kernels)
{
	const Kernel list[KERNELS] = {
		{"l2sq_f32", L2SQ,.f32 = level->l2sq_f32},
		{"ip_f32", IP,.f32 = level->ip_f32},
		{"l1_f32", L1,.f32 = level->l1_f32},
		{"l2sq_f16", L2SQ,.f16 = level->l2sq_f16},
		{"ip_f16", IP,.f16 = level->ip_f16},
		{"l1_f16", L1,.f16 = level->l1_f16},
		{"l2sq_f32_f16", L2SQ,.mixed = level->l2sq_f32_f16},
	};

	memcpy(kernels, list, sizeof(list));
}

/* Two vectors in both precisions, and as the exact reference sees them. */
typedef struct Operands
{
	float		f32[2][MAX_DIM];
	uint16_t	f16[2][MAX_DIM];
	double		exact32[2][MAX_DIM];
	double		exact16[2][MAX_DIM];
} Operands;

static Operands operands;

static void
fill_operands(Values values, int dim)
{
	for (int v = 0; v < 2; v++)
	{
		for (int i = 0; i < dim; i++)
		{
			operands.f32[v][i] = random_value(values, dim);
			operands.f16[v][i] = random_f16(values);
			operands.exact32[v][i] = operands.f32[v][i];
			operands.exact16[v][i] = kg_f16_to_f32(operands.f16[v][i]);
		}
	}
}

static float
call(const Kernel *k, int dim, bool at_end)
{
	size_t		n = (size_t) dim;
	const float *a = guarded(0, operands.f32[0], 4 * n, at_end);
	const float *b = guarded(1, operands.f32[1], 4 * n, at_end);
	const uint16_t *a16 = guarded(2, operands.f16[0], 2 * n, at_end);
	const uint16_t *b16 = guarded(3, operands.f16[1], 2 * n, at_end);

	if (k->f32)
		return k->f32(a, b, dim);
	if (k->f16)
		return k->f16(a16, b16, dim);
	return k->mixed(a, b16, dim);
}

static void
test_distance(const Kernel *k, const Kernel *portable, Values values)
{
	FOREACH_LENGTH(dim, 0)
	{
		double		magnitude;
		double		want;
		double		bound;
		float		got;
		float		other;

		fill_operands(values, dim);
		want = exact(k->metric,
					 k->f16 ? operands.exact16[0] : operands.exact32[0],
					 k->f32 ? operands.exact32[1] : operands.exact16[1],
					 dim, &magnitude);
		bound = tolerance(dim, magnitude);
		got = call(k, dim, true);
		other = call(portable, dim, true);
		CHECK(fabs(got - want) <= bound,
			  "%d dimensions: %.9g instead of %.9g, off by more than %.3g",
			  dim, got, want, bound);
		CHECK(fabs((double) got - other) <= 2 * bound,
			  "%d dimensions: %.9g, but portable %.9g", dim, got, other);
		other = call(k, dim, false);
		CHECK(memcmp(&got, &other, sizeof(got)) == 0,
			  "%d dimensions: %.9g, but %.9g elsewhere in memory", dim, got,
			  other);
	}
}

/* Equal operands have no distance, not even by rounding. */
static void
test_equal(const KgSimd * level)
{
	FOREACH_LENGTH(dim, 1)
	{
		fill_operands(WIDE, dim);
		CHECK(level->l2sq_f32(operands.f32[0], operands.f32[0], dim) == 0 &&
			  level->l1_f32(operands.f32[0], operands.f32[0], dim) == 0 &&
			  level->l2sq_f16(operands.f16[0], operands.f16[0], dim) == 0 &&
			  level->l1_f16(operands.f16[0], operands.f16[0], dim) == 0,
			  "%d dimensions", dim);
	}
}

/* What does not fit in float4 is infinite, and stays so. */
static void
test_overflow(const KgSimd * level)
{
	FOREACH_LENGTH(dim, 1)
	{
		for (int i = 0; i < dim; i++)
		{
			operands.f32[0][i] = FLT_MAX;
			operands.f32[1][i] = -FLT_MAX;
		}
		CHECK(isinf(level->l2sq_f32(operands.f32[0], operands.f32[1], dim)) &&
			  isinf(level->l1_f32(operands.f32[0], operands.f32[1], dim)),
			  "%d dimensions", dim);
		CHECK(level->ip_f32(operands.f32[0], operands.f32[1], dim) ==
			  -INFINITY, "%d dimensions", dim);
	}
}

static void
test_cosine(const KgSimd * level, Values values)
{
	FOREACH_LENGTH(dim, 0)
	{
		size_t		n = (size_t) dim;

		fill_operands(values, dim);
		for (int half = 0; half < 2; half++)
		{
			const double *x = half ? operands.exact16[0] :
			operands.exact32[0];
			const double *y = half ? operands.exact16[1] :
			operands.exact32[1];
			double		want[3];
			double		magnitude[3];
			float		got[3];

			want[0] = exact(IP, x, y, dim, &magnitude[0]);
			want[1] = exact(IP, x, x, dim, &magnitude[1]);
			want[2] = exact(IP, y, y, dim, &magnitude[2]);
			if (half)
				level->cosine_f16(guarded(0, operands.f16[0], 2 * n, true),
								  guarded(1, operands.f16[1], 2 * n, true),
								  dim, &got[0], &got[1], &got[2]);
			else
				level->cosine_f32(guarded(0, operands.f32[0], 4 * n, true),
								  guarded(1, operands.f32[1], 4 * n, true),
								  dim, &got[0], &got[1], &got[2]);
			for (int i = 0; i < 3; i++)
				CHECK(fabs(got[i] - want[i]) <= tolerance(dim, magnitude[i]),
					  "%s, %d dimensions, part %d: %.9g instead of %.9g",
					  half ? "f16" : "f32", dim, i, got[i], want[i]);
		}
	}
}

/*
 * Besides the sum's error there is that of the stored vector's elements, e in
 * all, which moves a distance d by at most e and its square by e * (2d + e).
 */
static void
test_sq8(const KgSimd * level)
{
	static const float range[][2] = {
		{-1.0f, 2.0f / 255}, {100.0f, 1e-4f}, {-1e-30f, 3e-32f}, {0, 0},
		{-3e15f, 2e13f},
	};

	for (size_t r = 0; r < sizeof(range) / sizeof(range[0]); r++)
	{
		float		min = range[r][0];
		float		delta = range[r][1];

		FOREACH_LENGTH(dim, 0)
		{
			double		e = ldexp(fabs(min) + 255 * fabs(delta), -23) *
			sqrt(dim);
			static uint8_t code[MAX_DIM];
			double		magnitude;
			double		want;
			double		bound;

			for (int i = 0; i < dim; i++)
			{
				code[i] = (uint8_t) random_bits();
				operands.f32[0][i] = min + 127 * delta * (1 + random_float());
				operands.exact32[0][i] = operands.f32[0][i];
				operands.exact32[1][i] = (double) min +
					(double) delta * code[i];
			}
			want = exact(L2SQ, operands.exact32[0], operands.exact32[1], dim,
						 &magnitude);
			bound = tolerance(dim, magnitude) + e * (2 * sqrt(want) + e);
			for (int at_end = 0; at_end < 2; at_end++)
			{
				float		got;

				got = level->l2sq_f32_sq8(guarded(0, operands.f32[0],
												  4 * (size_t) dim, at_end),
										  guarded(1, code, (size_t) dim,
												  at_end),
										  min, delta, dim);
				CHECK(fabs(got - want) <= bound,
					  "min %g, delta %g, %d dimensions: %.9g instead of %.9g",
					  min, delta, dim, got, want);
			}
		}
	}
}

/*
 * Conversions
 */

/* Of finite x, from the definition, in double precision. */
static uint16_t
exact_f16(float x)
{
	uint16_t	sign = signbit(x) ? 0x8000 : 0;
	int			exponent;
	double		unit;
	double		units;

	if (x == 0)
		return sign;
	frexp(x, &exponent);
	if (exponent < -13)
		exponent = -13;
	unit = ldexp(1, exponent - 11);
	units = nearbyint(fabs((double) x) / unit);
	if (units * unit >= 65536)
		return sign | 0x7c00;
	if (units < 1024)
		return sign | (uint16_t) units;
	return sign | (uint16_t) (((exponent + 13) << 10) + (int) units);
}

static bool
same_float(float a, float b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void
test_f16_to_f32(const KgSimd * level)
{
	static uint16_t all[65536];
	static float out[65536];

	for (int h = 0; h < 65536; h++)
		all[h] = (uint16_t) h;
	level->f16_to_f32(all, out, 65536);
	for (int h = 0; h < 65536; h++)
	{
		int			exponent = h >> 10 & 31;
		int			mantissa = h & 1023;
		float		want;

		if (exponent == 31)
		{
			/* infinity, or NaN with the quiet bit set */
			want = from_bits(0x7f800000 | (uint32_t) mantissa << 13 |
							 (mantissa != 0 ? 0x00400000 : 0));
		}
		else if (exponent == 0)
			want = ldexpf((float) mantissa, -24);
		else
			want = ldexpf((float) (mantissa + 1024), exponent - 25);
		if (h & 0x8000)
			want = -want;
		CHECK(same_float(out[h], want), "%04x gives %g instead of %g", h,
			  out[h], want);
		CHECK(same_float(kg_f16_to_f32((uint16_t) h), want),
			  "%04x alone gives %g", h, kg_f16_to_f32((uint16_t) h));
	}
}

static void
check_f32_to_f16(const KgSimd * level, const float *x, int n)
{
	static uint16_t out[4096];

	level->f32_to_f16(x, out, n);
	for (int i = 0; i < n; i++)
	{
		uint32_t	bits;
		uint16_t	want;

		memcpy(&bits, &x[i], sizeof(bits));
		if (isnan(x[i]))
			want = (uint16_t) ((bits >> 16 & 0x8000) | 0x7e00 |
							   (bits >> 13 & 0x3ff));
		else if (isinf(x[i]))
			want = (uint16_t) ((bits >> 16 & 0x8000) | 0x7c00);
		else
			want = exact_f16(x[i]);
		CHECK(out[i] == want, "%.9g (%08x) gives %04x instead of %04x", x[i],
			  bits, out[i], want);
		CHECK(kg_f16_from_f32(x[i]) == want, "%.9g (%08x) alone gives %04x",
			  x[i], bits, kg_f16_from_f32(x[i]));
	}
}

/*
 * Every float16, every tie between two of them, the floats next to these, and
 * a sample of all floats.
 */
static void
test_f32_to_f16(const KgSimd * level)
{
	static float x[4096];
	int			n = 0;

	for (uint32_t h = 0; h <= 0x7c00; h++)
	{
		float		value = kg_f16_to_f32((uint16_t) h);
		float		next = h < 0x7bff ? kg_f16_to_f32((uint16_t) (h + 1)) :
		65536;
		float		tie = h < 0x7c00 ? (value + next) / 2 : value;
		const float around[] = {
			value, nextafterf(value, INFINITY), nextafterf(value, -INFINITY),
			tie, nextafterf(tie, INFINITY), nextafterf(tie, -INFINITY)
		};

		for (int i = 0; i < 6; i++)
		{
			x[n++] = around[i];
			x[n++] = -around[i];
		}
		if (n > 4096 - 12 || h == 0x7c00)
		{
			check_f32_to_f16(level, x, n);
			n = 0;
		}
	}
	for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += 4093)
	{
		x[n++] = from_bits((uint32_t) bits);
		if (n == 4096)
		{
			check_f32_to_f16(level, x, n);
			n = 0;
		}
	}
	check_f32_to_f16(level, x, n);
}

static void
test_conversion_bounds(const KgSimd * level)
{
	FOREACH_LENGTH(dim, 0)
	{
		size_t		n = (size_t) dim;

		fill_operands(WIDE, dim);
		for (int at_end = 0; at_end < 2; at_end++)
		{
			float	   *x = guarded(0, operands.f32[0], 4 * n, at_end);
			uint16_t   *h = guarded(1, operands.f16[0], 2 * n, at_end);

			level->f32_to_f16(x, h, dim);
			for (int i = 0; i < dim; i++)
				CHECK(h[i] == kg_f16_from_f32(operands.f32[0][i]),
					  "f32_to_f16 of %d, element %d", dim, i);
			h = guarded(1, operands.f16[0], 2 * n, at_end);
			level->f16_to_f32(h, x, dim);
			for (int i = 0; i < dim; i++)
				CHECK(x[i] == kg_f16_to_f32(operands.f16[0][i]),
					  "f16_to_f32 of %d, element %d", dim, i);
		}
	}
}

/*
 * Bit strings
 */

static void
test_bits(const KgSimd * level)
{
	static uint8_t a[MAX_DIM];
	static uint8_t b[MAX_DIM];

	FOREACH_LENGTH(nbytes, 0)
	{
		size_t		n = (size_t) nbytes;
		bool		full = random_bits() % 8 == 0;
		uint64_t	want[4] = {0};
		uint64_t	got[3];

		for (int i = 0; i < nbytes; i++)
		{
			a[i] = full ? 0xff : (uint8_t) random_bits();
			b[i] = full ? 0 : (uint8_t) random_bits();
			for (int bit = 0; bit < 8; bit++)
			{
				int			x = a[i] >> bit & 1;
				int			y = b[i] >> bit & 1;

				want[0] += (uint64_t) (x & y);
				want[1] += (uint64_t) x;
				want[2] += (uint64_t) y;
				want[3] += (uint64_t) (x ^ y);
			}
		}
		for (int at_end = 0; at_end < 2; at_end++)
		{
			const uint8_t *p = guarded(0, a, n, at_end);
			const uint8_t *q = guarded(1, b, n, at_end);

			level->jaccard(p, q, n, &got[0], &got[1], &got[2]);
			CHECK(memcmp(got, want, sizeof(got)) == 0,
				  "jaccard of %d bytes: %d %d %d", nbytes, (int) got[0],
				  (int) got[1], (int) got[2]);
			CHECK(level->hamming(p, q, n) == want[3],
				  "hamming of %d bytes: %d instead of %d", nbytes,
				  (int) level->hamming(p, q, n), (int) want[3]);
		}
	}
}

/*
 * Rotation and codes
 */

/* An output is a sum over all inputs, added up in log2(n) steps. */
static void
test_fht(const KgSimd * level)
{
	int			steps = 0;

	for (int n = 1; n <= MAX_DIM; n *= 2, steps++)
	{
		double	   *want = operands.exact32[0];
		double		magnitude = 0;
		float	   *x;

		for (int i = 0; i < n; i++)
		{
			operands.f32[0][i] = random_float();
			want[i] = operands.f32[0][i];
			magnitude += fabs(want[i]);
		}
		for (int h = 1; h < n; h *= 2)
		{
			for (int i = 0; i < n; i++)
			{
				double		a = want[i];

				if (i & h)
					continue;
				want[i] = a + want[i + h];
				want[i + h] = a - want[i + h];
			}
		}
		for (int at_end = 0; at_end < 2; at_end++)
		{
			x = guarded(0, operands.f32[0], 4 * (size_t) n, at_end);
			level->fht(x, n);
			for (int i = 0; i < n; i++)
				CHECK(fabs(x[i] - want[i]) <= ldexp(magnitude * steps, -24),
					  "%d of %d: %.9g instead of %.9g", i, n, x[i], want[i]);
		}
	}
}

#define MAX_CODE_BYTES 2100

/* The end of each buffer is the end of what the documentation allows. */
static void
check_code_scan(const KgSimd * level, int nbytes, int nrows, bool largest)
{
	size_t		size = (size_t) nbytes * (size_t) nrows;
	size_t		codebooks = ((size_t) nbytes * 2 + 31) / 32 * 32;
	uint8_t    *codes = guard_at_end(guard[0], size + 15);
	uint8_t    *lut = guard_at_end(guard[1], 16 * codebooks);
	uint32_t   *sums = guard_at_end(guard[2], 4 * KG_CODE_ROWS);

	for (size_t i = 0; i < size + 15; i++)
		codes[i] = (uint8_t) random_bits();
	memset(lut, 0, 16 * codebooks);
	for (size_t i = 0; i < 32 * (size_t) nbytes; i++)
		lut[i] = largest ? 255 : (uint8_t) random_bits();
	level->code_scan(codes, nbytes, nrows, lut, sums);
	for (int r = 0; r < nrows; r++)
	{
		uint32_t	want = 0;

		for (int k = 0; k < 2 * nbytes; k++)
		{
			uint8_t		byte = codes[(size_t) r * nbytes + k / 2];

			want += lut[16 * k + (k % 2 ? byte >> 4 : byte & 15)];
		}
		CHECK(sums[r] == want,
			  "%d bytes, row %d of %d: %u instead of %u", nbytes, r, nrows,
			  sums[r], want);
	}
}

static void
test_code_scan(const KgSimd * level)
{
	static const int large[] = {96, 127, 128, 129, 192, 255, 256, 257, 500,
	1000, MAX_CODE_BYTES};

	for (int nbytes = 1; nbytes <= 68; nbytes++)
	{
		for (int nrows = 1; nrows <= KG_CODE_ROWS; nrows++)
			check_code_scan(level, nbytes, nrows, false);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
	{
		check_code_scan(level, large[i], KG_CODE_ROWS, false);
		check_code_scan(level, large[i], KG_CODE_ROWS, true);
		check_code_scan(level, large[i], 17, true);
		check_code_scan(level, large[i], 5, false);
	}
}

static void
check_code_lut(const KgSimd * level, int dim, float delta)
{
	static uint8_t other[4 * MAX_DIM];
	size_t		n = (size_t) dim;
	const float *q = guarded(0, operands.f32[0], 4 * n, true);
	uint8_t    *lut = guard_at_end(guard[1], 4 * n);
	double		total = 0;
	float		bias;

	memset(lut, 0xaa, 4 * n);
	bias = level->code_lut(q, dim, delta, lut);
	for (int k = 0; k < dim / 4; k++)
	{
		double		magnitude = 0;

		for (int j = 0; j < 4; j++)
			magnitude += fabs(q[4 * k + j]);
		total += magnitude;
		for (int v = 0; v < 16; v++)
		{
			double		want = magnitude;

			for (int j = 0; j < 4; j++)
				want += v >> j & 1 ? q[4 * k + j] : -q[4 * k + j];
			want = delta > 0 ? fmin(want / delta, 255) : 0;
			CHECK(fabs(lut[16 * k + v] - want) <= 0.5 + 1e-4,
				  "delta %g, codebook %d of %d, entry %d: %d instead of %f",
				  delta, k, dim / 4, v, lut[16 * k + v], want);
		}
	}
	CHECK(fabs(bias + total) <= tolerance(dim, total),
		  "bias of %d dimensions is %.9g instead of %.9g", dim, bias, -total);
	kg_simd_table(KG_SIMD_PORTABLE)->code_lut(q, dim, delta, other);
	CHECK(memcmp(lut, other, 4 * n) == 0,
		  "delta %g, %d dimensions: not what portable gives", delta, dim);
}

static void
test_code_lut(const KgSimd * level)
{
	FOREACH_LENGTH(dim, 0)
	{
		if (dim % 4 != 0)
			continue;
		for (int i = 0; i < dim; i++)
			operands.f32[0][i] = i % 7 == 3 ? 0 : random_normal();
		/* 16 / 255 covers nearly all sums; 0.01 clamps most */
		check_code_lut(level, dim, 16.0f / 255);
		check_code_lut(level, dim, 0.01f);
		check_code_lut(level, dim, 0);
	}

	/* ties, rounded to even, and sums that 32-bit integers cannot hold */
	for (int i = 0; i < 64; i++)
		operands.f32[0][i] = 0.25f * (float) (i % 16);
	check_code_lut(level, 64, 1);
	for (int i = 0; i < 64; i++)
		operands.f32[0][i] = i % 2 ? 1e30f : -1e30f;
	check_code_lut(level, 64, 1e-6f);
}

/* Three products and three sums, each of which may round. */
static void
test_code_estimate(const KgSimd * level)
{
	for (int n = 0; n <= KG_CODE_ROWS; n++)
	{
		for (int round = 0; round < 8; round++)
		{
			size_t		size = (size_t) n;
			float		base = 100 * random_float();
			float		scale = random_float();
			float		bias = -1000 * (1 + random_float());
			float		delta = 1 + random_float();
			uint32_t	sums[KG_CODE_ROWS];
			uint16_t	A[KG_CODE_ROWS];
			uint16_t	B[KG_CODE_ROWS];
			float	   *out = guard_at_end(guard[3], 4 * size);

			for (int i = 0; i < n; i++)
			{
				sums[i] = random_bits() % (round == 0 ? 1U << 31 : 10000);
				A[i] = random_f16(round == 1 ? WIDE : ORDINARY);
				B[i] = random_f16(round == 1 ? WIDE : ORDINARY);
			}
			level->code_estimate(guarded(0, sums, 4 * size, true),
								 guarded(1, A, 2 * size, true),
								 guarded(2, B, 2 * size, true),
								 base, scale, bias, delta, n, out);
			for (int i = 0; i < n; i++)
			{
				double		a = kg_f16_to_f32(A[i]);
				double		b = kg_f16_to_f32(B[i]);
				double		sum = (double) delta * sums[i];
				double		want = base + scale * (a + b * (bias + sum));
				double		magnitude = fabs(base) +
				fabs(scale) * (fabs(a) + fabs(b) * (fabs(bias) + sum));

				CHECK(fabs(out[i] - want) <= ldexp(7 * magnitude, -24),
					  "%d of %d: %.9g instead of %.9g", i, n, out[i], want);
			}
		}
	}
}

/*
 * Dispatch
 */

static void
test_dispatch(void)
{
	KgSimdLevel best = KG_SIMD_PORTABLE;

	unit_begin("dispatch");
	CHECK(strcmp(kg_simd->name, "portable") == 0, "starts with %s",
		  kg_simd->name);
	CHECK(kg_simd_available(KG_SIMD_AUTO), "auto is not available");
	CHECK(kg_simd_available(KG_SIMD_PORTABLE), "portable is not available");
	CHECK(kg_simd_table(KG_SIMD_AUTO) == NULL, "auto has kernels");
	for (KgSimdLevel level = KG_SIMD_PORTABLE; level < KG_SIMD_LEVELS;
		 level++)
	{
		const		KgSimd *before = kg_simd;

		kg_simd_select(level);
		if (kg_simd_available(level))
		{
			best = level;
			CHECK(kg_simd == kg_simd_table(level), "%s was not selected",
				  kg_simd_level_name(level));
			CHECK(strcmp(kg_simd->name, kg_simd_level_name(level)) == 0,
				  "%s is called %s", kg_simd_level_name(level),
				  kg_simd->name);
			for (size_t i = 0; i < sizeof(KgSimd) / sizeof(void *); i++)
				CHECK(((void *const *) kg_simd)[i] != NULL,
					  "%s lacks its entry %d", kg_simd->name, (int) i);
		}
		else
			CHECK(kg_simd == before, "%s was selected",
				  kg_simd_level_name(level));
	}
	kg_simd_select(KG_SIMD_AUTO);
	CHECK(kg_simd == kg_simd_table(best), "auto is %s, not %s",
		  kg_simd->name, kg_simd_level_name(best));
	unit_end();
}

static void
test_level(const KgSimd * level)
{
	static const struct
	{
		const char *name;
		void		(*run) (const KgSimd * level);
	}			tests[] = {
		{"equal operands", test_equal},
		{"overflow", test_overflow},
		{"l2sq_f32_sq8", test_sq8},
		{"f16_to_f32", test_f16_to_f32},
		{"f32_to_f16", test_f32_to_f16},
		{"bounds of conversions", test_conversion_bounds},
		{"hamming and jaccard", test_bits},
		{"fht", test_fht},
		{"code_scan", test_code_scan},
		{"code_lut", test_code_lut},
		{"code_estimate", test_code_estimate},
	};
	Kernel		kernels[KERNELS];
	Kernel		portable[KERNELS];

	list_kernels(level, kernels);
	list_kernels(kg_simd_table(KG_SIMD_PORTABLE), portable);
	for (Values values = 0; values < VALUES; values++)
	{
		for (int k = 0; k < KERNELS; k++)
		{
			unit_begin("%s: %s, %s values", level->name, kernels[k].name,
					   values_name[values]);
			test_distance(&kernels[k], &portable[k], values);
			unit_end();
		}
		unit_begin("%s: cosine, %s values", level->name,
				   values_name[values]);
		test_cosine(level, values);
		unit_end();
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
	{
		unit_begin("%s: %s", level->name, tests[i].name);
		tests[i].run(level);
		unit_end();
	}
}

int
main(void)
{
	for (int i = 0; i < 4; i++)
		guard[i] = guard_create(4 * MAX_DIM + 64);

	test_dispatch();
	for (KgSimdLevel level = KG_SIMD_PORTABLE; level < KG_SIMD_LEVELS;
		 level++)
	{
		if (kg_simd_available(level))
			test_level(kg_simd_table(level));
	}
	return unit_finish();
}
