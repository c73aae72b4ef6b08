/*
 * test_simd_exact.c
 *	  The choice of kernels, and those that give the same at each level, to
 *	  the bit: conversions, bit counts, codes, tables and table sums.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "simd_tests.h"

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
		const KgSimd *before = kg_simd;

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
test_f16_to_f32(const KgSimd *level)
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
check_f32_to_f16(const KgSimd *level, const float *x, int n)
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
test_f32_to_f16(const KgSimd *level)
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
test_conversion_bounds(const KgSimd *level)
{
	FOREACH_LENGTH(dim, 0)
	{
		static float f32[MAX_DIM];
		static uint16_t f16[MAX_DIM];
		size_t		n = (size_t) dim;

		for (int i = 0; i < dim; i++)
		{
			f32[i] = ldexpf(random_float(), (int) (random_bits() % 40) - 25);
			f16[i] = kg_f16_from_f32(f32[i]);
		}
		for (int at_end = 0; at_end < 2; at_end++)
		{
			float	   *x = guarded(0, f32, 4 * n, at_end);
			uint16_t   *h = guarded(1, f16, 2 * n, at_end);

			level->f32_to_f16(x, h, dim);
			for (int i = 0; i < dim; i++)
				CHECK(h[i] == kg_f16_from_f32(f32[i]),
					  "f32_to_f16 of %d, element %d", dim, i);
			h = guarded(1, f16, 2 * n, at_end);
			level->f16_to_f32(h, x, dim);
			for (int i = 0; i < dim; i++)
				CHECK(x[i] == kg_f16_to_f32(f16[i]),
					  "f16_to_f32 of %d, element %d", dim, i);
		}
	}
}

/*
 * Bit strings
 */

static void
test_bits(const KgSimd *level)
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

/* Rows one after another, each as the pair is. */
static void
test_bit_rows(const KgSimd *level)
{
	static uint8_t q[MAX_DIM];
	static uint8_t rows[KG_CODE_ROWS * 300];

	for (int nbytes = 0; nbytes <= 300; nbytes += nbytes < 70 ? 1 : 23)
	{
		size_t		n = (size_t) nbytes;
		int			nrows = 1 + (int) (random_bits() % KG_CODE_ROWS);
		uint32_t	xors[KG_CODE_ROWS];
		uint32_t	both[KG_CODE_ROWS];
		uint32_t	set[KG_CODE_ROWS];

		for (size_t i = 0; i < n; i++)
			q[i] = (uint8_t) random_bits();
		for (size_t i = 0; i < n * nrows; i++)
			rows[i] = (uint8_t) random_bits();
		for (int at_end = 0; at_end < 2; at_end++)
		{
			const uint8_t *first = guarded(0, q, n, at_end);
			const uint8_t *second = guarded(1, rows, n * nrows, at_end);

			level->hamming_rows(first, second, n, nrows, xors);
			level->jaccard_rows(first, second, n, nrows, both, set);
			for (int r = 0; r < nrows; r++)
			{
				uint64_t	ab;
				uint64_t	aa;
				uint64_t	bb;

				kg_simd_table(KG_SIMD_PORTABLE)->jaccard(q, rows + r * n, n, &ab, &aa, &bb);
				CHECK(xors[r] == aa + bb - 2 * ab && both[r] == ab && set[r] == bb,
					  "row %d of %d, %d bytes: %u, %u, %u", r, nrows, nbytes,
					  xors[r], both[r], set[r]);
			}
		}
	}
}

/*
 * Codes, tables and their sums
 */

static int
bit(const uint8_t *plane, int i)
{
	return plane[i / 8] >> (i % 8) & 1;
}

/* Two vectors, of which the first is coded against the second. */
static float coded[MAX_DIM];
static float centre[MAX_DIM];

/* Bits by their definition; the sums are test_simd_float.c's. */
static void
check_code_encode(const KgSimd *level, int n, float threshold)
{
	size_t		size = 4 * (size_t) n;
	size_t		plane = (size_t) n / 8;
	uint8_t		old[MAX_DIM / 8];

	memset(old, 0xaa, plane);
	for (int variant = 0; variant < 4; variant++)
	{
		bool		two_bits = variant & 1;
		bool		at_end = variant >> 1;
		uint8_t    *signs = guarded(2, old, plane, at_end);
		uint8_t    *magnitudes = guarded(3, old, plane, at_end);

		level->code_encode(guarded(0, coded, size, at_end),
						   guarded(1, centre, size, at_end), n, threshold,
						   signs, two_bits ? magnitudes : NULL);
		for (int i = 0; i < n; i++)
		{
			float		r = coded[i] - centre[i];

			CHECK(bit(signs, i) == (r > 0), "sign %d of %d, %g", i, n, r);
			CHECK(!two_bits || bit(magnitudes, i) ==
				  ((r > 0) == (fabsf(r) > threshold)),
				  "magnitude %d of %d, %g against %g", i, n, r, threshold);
		}
	}
}

static void
test_code_encode(const KgSimd *level)
{
	static const float odd[] = {
		0.0f, -0.0f, 1.0f, -1.0f, 1e-45f, -1e-45f, FLT_MAX, -FLT_MAX,
		INFINITY, -INFINITY, NAN, 0.5f
	};
	static const float thresholds[] = {0, 1e-45f, 1, FLT_MAX, INFINITY, NAN};
	const int	nodd = sizeof(odd) / sizeof(odd[0]);

	FOREACH_LENGTH(n, 0)
	{
		const float threshold = 0.5f;

		if (n % 8 != 0)
			continue;
		for (int i = 0; i < n; i++)
		{
			centre[i] = random_float();
			/* also residuals of zero and just at the threshold */
			coded[i] = i % 5 == 0 ? centre[i] :
				i % 7 == 0 ? centre[i] + threshold : random_float();
		}
		check_code_encode(level, n, threshold);
	}

	/* all pairs of values that instructions might compare in their own way */
	for (size_t t = 0; t < sizeof(thresholds) / sizeof(thresholds[0]); t++)
	{
		for (int i = 0; i < nodd * nodd; i++)
		{
			coded[i] = odd[i / nodd];
			centre[i] = odd[i % nodd];
		}
		check_code_encode(level, nodd * nodd, thresholds[t]);
	}

	/* any bits at all */
	for (int n = 0; n < 1000; n += 8)
	{
		for (int i = 0; i < n; i++)
		{
			coded[i] = from_bits(random_bits());
			centre[i] = from_bits(random_bits());
		}
		check_code_encode(level, n, fabsf(from_bits(random_bits())));
	}
}

#define MAX_CODE_BYTES 2100

/* The end of each buffer is the end of what the documentation allows. */
static void
check_code_scan(const KgSimd *level, int nbytes, int nrows, bool largest)
{
	size_t		size = (size_t) nbytes * (size_t) nrows;
	size_t		codebooks = ((size_t) nbytes * 2 + 31) / 32 * 32;
	uint8_t    *codes = guarded_room(0, size + 15);
	uint8_t    *lut = guarded_room(1, 16 * codebooks);
	uint32_t   *sums = guarded_room(2, 4 * KG_CODE_ROWS);

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
test_code_scan(const KgSimd *level)
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

static float query[MAX_DIM];

static void
check_code_lut(const KgSimd *level, int dim, float delta)
{
	static uint8_t other[4 * MAX_DIM];
	size_t		n = (size_t) dim;
	const float *q = guarded(0, query, 4 * n, true);
	uint8_t    *lut = guarded_room(1, 4 * n);
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
test_code_lut(const KgSimd *level)
{
	FOREACH_LENGTH(dim, 0)
	{
		if (dim % 4 != 0)
			continue;
		for (int i = 0; i < dim; i++)
			query[i] = i % 7 == 3 ? 0 : random_normal();
		/* 16 / 255 covers nearly all sums; 0.01 clamps most */
		check_code_lut(level, dim, 16.0f / 255);
		check_code_lut(level, dim, 0.01f);
		check_code_lut(level, dim, 0);
	}

	/* ties, rounded to even, and sums that 32-bit integers cannot hold */
	for (int i = 0; i < 64; i++)
		query[i] = 0.25f * (float) (i % 16);
	check_code_lut(level, 64, 1);
	for (int i = 0; i < 64; i++)
		query[i] = i % 2 ? 1e30f : -1e30f;
	check_code_lut(level, 64, 1e-6f);
}

int
main(void)
{
	static const LevelTest tests[] = {
		{"f16_to_f32", test_f16_to_f32},
		{"f32_to_f16", test_f32_to_f16},
		{"bounds of conversions", test_conversion_bounds},
		{"hamming and jaccard", test_bits},
		{"hamming_rows and jaccard_rows", test_bit_rows},
		{"code_encode", test_code_encode},
		{"code_scan", test_code_scan},
		{"code_lut", test_code_lut},
	};

	test_dispatch();
	run_level_tests(tests, sizeof(tests) / sizeof(tests[0]));
	return unit_finish();
}
