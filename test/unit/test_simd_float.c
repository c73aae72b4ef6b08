/*
 * test_simd_float.c
 *	  The kernels that round, against a reference in double precision and
 *	  against the portable level.
 *
 * A result is within KG_SIMD_REL_ERR(dim) times the sum of its terms'
 * absolute values of the exact one, and so within twice that of any other
 * level.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "simd_tests.h"

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
list_kernels(const KgSimd *level, Kernel *kernels)
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
test_equal(const KgSimd *level)
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
test_overflow(const KgSimd *level)
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
test_cosine(const KgSimd *level, Values values)
{
	FOREACH_LENGTH(dim, 0)
	{
		size_t		n = (size_t) dim;

		fill_operands(values, dim);
		for (int half = 0; half < 2; half++)
		{
			double		(*v)[MAX_DIM] = half ? operands.exact16 :
			operands.exact32;
			double		want[3];
			double		magnitude[3];
			float		got[3];

			want[0] = exact(IP, v[0], v[1], dim, &magnitude[0]);
			want[1] = exact(IP, v[0], v[0], dim, &magnitude[1]);
			want[2] = exact(IP, v[1], v[1], dim, &magnitude[2]);
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

#define MAX_ROWS 13

/* Products with rows that do not follow one another, the largest, and distances to them. */
static void
test_rows(const KgSimd *level, Values values)
{
	static float matrix[MAX_ROWS * (MAX_DIM + 2)];

	FOREACH_LENGTH(dim, 1)
	{
		int			nrows = 1 + dim % MAX_ROWS;
		int			stride = dim + dim % 3;
		size_t		floats = (size_t) ((nrows - 1) * stride + dim);
		float		squares[MAX_ROWS + 1] = {0};
		double		largest = -INFINITY;
		double		most = 0;
		const float *q;
		const float *rows;
		float		got;

		if (floats * sizeof(float) > MAX_DIM * sizeof(double))
			continue;
		fill_operands(values, dim);
		for (size_t i = 0; i < floats; i++)
			matrix[i] = random_value(values, dim);
		q = guarded(0, operands.f32[0], sizeof(float) * (size_t) dim, true);
		rows = guarded(1, matrix, sizeof(float) * floats, true);
		level->l2sq_rows_f32(q, rows, stride, nrows, dim, squares);
		CHECK(squares[nrows] == 0, "%d rows of %d dimensions: more are written", nrows, dim);
		for (int r = 0; r < nrows; r++)
		{
			double		magnitude;
			double		expected;

			for (int i = 0; i < dim; i++)
				operands.exact32[1][i] = matrix[r * stride + i];
			expected = exact(L2SQ, operands.exact32[0], operands.exact32[1], dim, &magnitude);
			CHECK(fabs(squares[r] - expected) <= tolerance(dim, magnitude),
				  "row %d, %d dimensions: %.9g instead of %.9g", r, dim, squares[r], expected);
			expected = exact(IP, operands.exact32[0], operands.exact32[1], dim, &magnitude);
			largest = expected > largest ? expected : largest;
			most = magnitude > most ? magnitude : most;
		}
		got = level->max_ip_f32(q, rows, stride, nrows, dim);
		CHECK(fabs(got - largest) <= tolerance(dim, most),
			  "%d rows of %d dimensions: %.9g instead of %.9g", nrows, dim, got, largest);
	}
}

/*
 * Scalar quantization
 */

/* The kernels of one width. */
typedef struct Sq
{
	int			bits;
	float		(*l2sq) (const float *q, const uint8_t *code, float min,
						 float delta, int dim);
	void		(*decode) (const uint8_t *code, float min, float delta,
						   float *out, int dim);
} Sq;

/* Random codes, the values near them as the query, and what they mean. */
static void
fill_sq(const Sq *sq, float min, float delta, int dim, uint8_t *code)
{
	int			levels = (1 << sq->bits) - 1;

	for (int i = 0; i < dim * sq->bits / 8 + 1; i++)
		code[i] = (uint8_t) random_bits();
	for (int i = 0; i < dim; i++)
	{
		int			at = i * sq->bits;
		int			value = code[at / 8] >> (at % 8) & levels;

		operands.f32[0][i] = min + levels / 2.0f * delta *
			(1 + random_float());
		operands.exact32[0][i] = operands.f32[0][i];
		operands.exact32[1][i] = (double) min + (double) delta * value;
	}
}

/*
 * Besides the sum's error there is that of the stored vector's elements, e in
 * all, which moves a distance d by at most e and its square by e * (2d + e).
 */
static void
check_sq(const Sq *sq, float min, float delta, int dim)
{
	static uint8_t code[MAX_DIM + 1];
	float	   *out;
	size_t		nbytes = ((size_t) dim * sq->bits + 7) / 8;
	double		each = ldexp(fabs(min) + ((1 << sq->bits) - 1) * fabs(delta),
							 -23);
	double		e = each * sqrt(dim);
	double		magnitude;
	double		want;
	double		bound;

	fill_sq(sq, min, delta, dim, code);
	want = exact(L2SQ, operands.exact32[0], operands.exact32[1], dim,
				 &magnitude);
	bound = tolerance(dim, magnitude) + e * (2 * sqrt(want) + e);
	for (int at_end = 0; at_end < 2; at_end++)
	{
		const uint8_t *codes = guarded(1, code, nbytes, at_end);
		float		got = sq->l2sq(guarded(0, operands.f32[0],
										   4 * (size_t) dim, at_end),
								   codes, min, delta, dim);

		CHECK(fabs(got - want) <= bound,
			  "%d bits, min %g, delta %g, %d dimensions: %.9g instead of %.9g",
			  sq->bits, min, delta, dim, got, want);
		out = guarded(0, operands.f32[0], 4 * (size_t) dim, at_end);
		sq->decode(codes, min, delta, out, dim);
		for (int i = 0; i < dim; i++)
			CHECK(fabs(out[i] - operands.exact32[1][i]) <= each,
				  "%d bits, number %d of %d: %.9g instead of %.9g", sq->bits,
				  i, dim, out[i], operands.exact32[1][i]);
	}
}

static void
test_sq(const KgSimd *level)
{
	static const float range[][2] = {
		{-1.0f, 2.0f / 255}, {100.0f, 1e-4f}, {-1e-30f, 3e-32f}, {0, 0},
		{-3e15f, 2e13f},
	};
	const Sq	widths[] = {
		{8, level->l2sq_f32_sq8, level->sq8_to_f32},
		{4, level->l2sq_f32_sq4, level->sq4_to_f32},
		{2, level->l2sq_f32_sq2, level->sq2_to_f32},
	};

	for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++)
	{
		for (size_t r = 0; r < sizeof(range) / sizeof(range[0]); r++)
		{
			FOREACH_LENGTH(dim, 0)
			{
				check_sq(&widths[w], range[r][0], range[r][1], dim);
			}
		}
	}
}

/*
 * Rotation and estimates
 */

/* An output is a sum over all inputs, added up in log2(n) steps. */
static void
test_fht(const KgSimd *level)
{
	int			steps = 0;

	for (int n = 1; n <= MAX_DIM; n *= 2, steps++)
	{
		static long double want[MAX_DIM];
		double		magnitude = 0;
		static double input[MAX_DIM];
		double	   *x;

		for (int i = 0; i < n; i++)
		{
			input[i] = random_float();
			want[i] = input[i];
			magnitude += fabs(input[i]);
		}
		for (int h = 1; h < n; h *= 2)
		{
			for (int i = 0; i < n; i++)
			{
				long double a = want[i];

				if (i & h)
					continue;
				want[i] = a + want[i + h];
				want[i + h] = a - want[i + h];
			}
		}
		for (int at_end = 0; at_end < 2; at_end++)
		{
			x = guarded(0, input, sizeof(double) * (size_t) n, at_end);
			level->fht(x, n);
			for (int i = 0; i < n; i++)
				CHECK(fabsl(x[i] - want[i]) <= ldexp(magnitude * steps, -53),
					  "%d of %d: %.9g instead of %.9g", i, n, x[i], (double) want[i]);
		}
	}
}

/* Sums with the code's values, which test_simd_exact.c checks. */
static void
test_code_encode(const KgSimd *level)
{
	FOREACH_LENGTH(n, 0)
	{
		static uint8_t planes[2][MAX_DIM / 8];

		if (n % 8 != 0)
			continue;
		for (int bits = 1; bits <= 2; bits++)
		{
			const float *x = operands.f32[0];
			const float *c = operands.f32[1];
			KgCodeDots	dots;
			double		ry = 0;
			double		cy = 0;
			double		magnitude = 0;

			fill_operands(ORDINARY, n);
			dots = level->code_encode(x, c, n, 0.6f, planes[0],
									  bits == 2 ? planes[1] : NULL);
			for (int i = 0; i < n; i++)
			{
				double		y = planes[0][i / 8] >> (i % 8) & 1 ? 1 : -1;

				if (bits == 2)
					y += planes[1][i / 8] >> (i % 8) & 1 ? 0.5 : -0.5;
				ry += y * ((double) x[i] - c[i]);
				cy += y * c[i];
				magnitude += fabs(y * c[i]);
			}
			CHECK(fabs(dots.ry - ry) <= tolerance(n, ry),
				  "%d bits of %d: <r, y> is %.9g instead of %.9g", bits, n,
				  dots.ry, ry);
			CHECK(fabs(dots.cy - cy) <= tolerance(n, magnitude),
				  "%d bits of %d: <c, y> is %.9g instead of %.9g", bits, n,
				  dots.cy, cy);
		}
	}
}

/* Three products and three sums, each of which may round. */
static void
test_code_estimate(const KgSimd *level)
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
			float	   *out = guarded_room(3, 4 * size);

			for (int i = 0; i < n; i++)
			{
				sums[i] = random_bits() % (round == 0 ? 1U << 31 : 10000);
				A[i] = kg_bf16_from_f32(random_float());
				B[i] = kg_bf16_from_f32(random_float());
			}
			level->code_estimate(guarded(0, sums, 4 * size, true),
								 guarded(1, A, 2 * size, true),
								 guarded(2, B, 2 * size, true),
								 base, scale, bias, delta, n, out);
			for (int i = 0; i < n; i++)
			{
				double		a = kg_bf16_to_f32(A[i]);
				double		b = kg_bf16_to_f32(B[i]);
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

/* Each distance, on each kind of values. */
static void
test_distances(const KgSimd *level)
{
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
		test_rows(level, values);
		unit_end();
	}
}

int
main(void)
{
	static const LevelTest tests[] = {
		{"equal operands", test_equal},
		{"overflow", test_overflow},
		{"scalar quantization", test_sq},
		{"fht", test_fht},
		{"code_encode", test_code_encode},
		{"code_estimate", test_code_estimate},
	};

	FOREACH_LEVEL(level)
	{
		test_distances(kg_simd_table(level));
	}
	run_level_tests(tests, sizeof(tests) / sizeof(tests[0]));
	return unit_finish();
}
