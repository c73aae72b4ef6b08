/*
 * test_quant.c
 *	  The quantizers against their definitions: codes estimate distances without
 *	  bias and as closely as theory says, and the bounds of what scalar quantization
 *	  loses are bounds.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/rabitq.h"
#include "quant/scalar.h"
#include "simd/simd.h"
#include "unit.h"

#define MAX_DIM 16000
#define UNIT_ROUNDOFF ldexp(1, -24)

static double
dot(const float *a, const float *b, int dim)
{
	double		sum = 0;

	for (int i = 0; i < dim; i++)
		sum += (double) a[i] * b[i];
	return sum;
}

static double
norm(const float *a, int dim)
{
	return sqrt(dot(a, a, dim));
}

static double
distance(const float *a, const float *b, int dim)
{
	double		sum = 0;

	for (int i = 0; i < dim; i++)
		sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
	return sqrt(sum);
}

static float *
new_floats(size_t n)
{
	float	   *x = calloc(n, sizeof(float));

	if (x == NULL)
		abort();
	return x;
}

static void
fill_normal(float *x, int dim)
{
	for (int i = 0; i < dim; i++)
		x[i] = random_normal();
}

/*
 * Codes
 */

static const KgCodeShape shapes[] = {
	{128, 128, 1}, {128, 128, 2}, {384, 384, 1}, {768, 768, 1},
	{768, 736, 1}, {1536, 1520, 1}, {100, 104, 1}, {100, 104, 2},
	{128, 96, 2}, {8, 8, 1}, {8, 8, 2}, {2, 8, 1}, {30, 32, 2},
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* What a code says of coordinate i: the value of y[i]. */
static double
code_value(const KgCodeShape *shape, const uint8_t *row, int i)
{
	double		sign = row[i / 8] >> (i % 8) & 1 ? 1 : -1;

	if (shape->bits == 1)
		return sign;
	row += shape->code_dims / 8;
	return sign + (row[i / 8] >> (i % 8) & 1 ? 0.5 : -0.5);
}

/* <v, y>, over the coordinates that v and the code both have. */
static double
code_dot(const KgCodeShape *shape, const float *v, const uint8_t *row)
{
	double		sum = 0;

	for (int i = 0; i < shape->code_dims && i < shape->dim; i++)
		sum += v[i] * code_value(shape, row, i);
	return sum;
}

/* A node, a neighbour of it, a query, and the neighbour's code. */
typedef struct Sample
{
	const KgCodeShape *shape;
	float	   *x;
	float	   *c;
	float	   *q;
	uint8_t    *row;
	KgCodeFactors factors;
} Sample;

static Sample
new_sample(const KgCodeShape *shape)
{
	Sample		s = {.shape = shape};

	s.x = new_floats((size_t) shape->dim * 3);
	s.c = s.x + shape->dim;
	s.q = s.c + shape->dim;
	s.row = (uint8_t *) new_floats((size_t) kg_code_bytes(shape) / 4 + 16);
	return s;
}

/* The neighbour and the query are near the node, in random directions. */
static void
draw_sample(Sample *s, float neighbour, float query)
{
	int			dim = s->shape->dim;

	fill_normal(s->c, dim);
	for (int i = 0; i < dim; i++)
	{
		s->x[i] = s->c[i] + neighbour * random_normal();
		s->q[i] = s->c[i] + query * random_normal();
	}
	s->factors = kg_code_encode(s->shape, s->x, s->c, s->row);
}

static void
free_sample(Sample *s)
{
	free(s->x);
	free(s->row);
}

/* The estimate, but for the rounding of the table. */
static double
estimate(const Sample *s, const float *q)
{
	double		d = distance(q, s->c, s->shape->dim);

	return d * d + s->factors.a +
		s->factors.b * code_dot(s->shape, q, s->row);
}

/*
 * Signs are those of the residual; the estimate is exact where the query is
 * the node or the neighbour, up to the rounding of factors and sums.
 */
static void
test_code_ends(const KgCodeShape *shape)
{
	Sample		s = new_sample(shape);

	for (int round = 0; round < 50; round++)
	{
		double		r2;
		double		slack;

		draw_sample(&s, 0.7f, 1);
		r2 = pow(distance(s.x, s.c, shape->dim), 2);
		for (int i = 0; i < shape->code_dims && i < shape->dim; i++)
		{
			if (s.x[i] != s.c[i])
				CHECK((code_value(shape, s.row, i) > 0) == (s.x[i] > s.c[i]),
					  "sign of coordinate %d", i);
		}
		slack = 1e-5 * (r2 + fabs(s.factors.a) +
						fabs(s.factors.b) * 1.5 * sqrt(shape->dim) *
						(norm(s.c, shape->dim) + norm(s.x, shape->dim)));
		CHECK(fabs(s.factors.r2 - r2) <= 1e-5 * r2,
			  "squared length %.9g instead of %.9g", s.factors.r2, r2);
		CHECK(fabs(kg_code_dot(shape, s.row, s.q) -
				   code_dot(shape, s.q, s.row)) <=
			  1e-5 * 1.5 * sqrt(shape->dim) * norm(s.q, shape->dim),
			  "dot product with a code %.9g instead of %.9g",
			  kg_code_dot(shape, s.row, s.q), code_dot(shape, s.q, s.row));
		CHECK(fabs(estimate(&s, s.c) - r2) <= slack,
			  "from the node %.9g instead of %.9g", estimate(&s, s.c), r2);
		CHECK(fabs(estimate(&s, s.x)) <= slack,
			  "from the neighbour %.9g instead of 0", estimate(&s, s.x));
	}

	/* a duplicate of the node is as far as the node, whatever its code */
	memcpy(s.x, s.c, sizeof(float) * (size_t) shape->dim);
	s.factors = kg_code_encode(shape, s.x, s.c, s.row);
	CHECK(s.factors.a == 0 && s.factors.b == 0 && s.factors.r2 == 0,
		  "factors of a duplicate: %g, %g, %g", s.factors.a, s.factors.b,
		  s.factors.r2);
	free_sample(&s);
}

/* A table's entries are off by half a unit each, in every codebook. */
static void
test_code_query(const KgCodeShape *shape)
{
	Sample		s = new_sample(shape);
	size_t		lut_bytes = kg_code_lut_bytes(shape);
	int			nbytes = kg_code_bytes(shape);
	Guard	   *lut_guard = guard_create(lut_bytes);
	Guard	   *row_guard = guard_create((size_t) nbytes + 15);
	uint8_t    *row = guard_at_end(row_guard, (size_t) nbytes + 15);
	KgCodeQuery query = {.lut = guard_at_end(lut_guard, lut_bytes)};

	for (int round = 0; round < 20; round++)
	{
		uint32_t	sums[KG_CODE_ROWS];
		double		want;
		double		got;

		draw_sample(&s, 1, 1);
		if (round == 0)
			memset(s.q, 0, sizeof(float) * (size_t) shape->dim);
		memset(query.lut, 0xaa, lut_bytes);
		kg_code_query(shape, s.q, &query);
		memcpy(row, s.row, (size_t) nbytes);
		memset(row + nbytes, 0xff, 15);
		kg_simd->code_scan(row, nbytes, 1, query.lut, sums);
		want = code_dot(shape, s.q, s.row);
		got = query.bias + (double) query.delta * sums[0];
		CHECK(fabs(got - want) <= 0.51 * query.delta * (2 * nbytes) +
			  1e-5 * norm(s.q, shape->dim) * sqrt(shape->dim),
			  "<q, y> is %.9g instead of %.9g, a unit being %.3g", got, want,
			  query.delta);
		CHECK(query.delta > 0 && isfinite(query.delta) &&
			  isfinite(query.bias), "unit %g, bias %g", query.delta,
			  query.bias);
	}
	guard_free(lut_guard);
	guard_free(row_guard);
	free_sample(&s);
}

/*
 * Over random residuals and queries the error of an estimate, relative to
 * 2 |r| |q - c|, has mean zero and the standard deviation
 * sqrt((1 - a^2) / a^2 / (n - 1)), a being the cosine of residual and code
 * (RaBitQ, theorem 3.2).  For normal residuals a^2 is 2 / pi for one bit and
 * 0.8825 for the best four levels (Max, "Quantizing for minimum distortion",
 * 1960), for all their coordinates; fewer are as if there were fewer.
 */
static void
test_code_errors(const KgCodeShape *shape)
{
	const int	rounds = 4000;
	double		a2 = (shape->bits == 1 ? 0.6366 : 0.8825) *
	fmin(1, (double) shape->code_dims / shape->dim);
	double		theory = sqrt((1 - a2) / a2 / (shape->dim - 1));
	Sample		s = new_sample(shape);
	double		sum = 0;
	double		sum2 = 0;
	double		mean;
	double		deviation;

	for (int round = 0; round < rounds; round++)
	{
		double		error;

		draw_sample(&s, 0.8f, 0.9f);
		error = (estimate(&s, s.q) -
				 pow(distance(s.q, s.x, shape->dim), 2)) /
			(2 * distance(s.x, s.c, shape->dim) *
			 distance(s.q, s.c, shape->dim));
		sum += error;
		sum2 += error * error;
	}
	mean = sum / rounds;
	deviation = sqrt(sum2 / rounds - mean * mean);
	CHECK(fabs(mean) <= 4 * deviation / sqrt(rounds),
		  "bias of %.3g, of a deviation of %.3g", mean, deviation);
	CHECK(deviation <= 1.1 * theory, "deviation of %.4g instead of %.4g",
		  deviation, theory);
	free_sample(&s);
}

/* Estimates must order neighbours nearly as distances do. */
static void
test_code_correlation(const KgCodeShape *shape)
{
	const int	rounds = 2000;
	Sample		s = new_sample(shape);
	double		sx = 0;
	double		sy = 0;
	double		sxx = 0;
	double		syy = 0;
	double		sxy = 0;
	double		correlation;

	for (int round = 0; round < rounds; round++)
	{
		double		x;
		double		y;

		/* distances differ by a factor of two */
		draw_sample(&s, 0.5f, 0.4f + 0.4f * fabsf(random_float()));
		x = pow(distance(s.q, s.x, shape->dim), 2);
		y = estimate(&s, s.q);
		sx += x;
		sy += y;
		sxx += x * x;
		syy += y * y;
		sxy += x * y;
	}
	correlation = (sxy - sx * sy / rounds) /
		sqrt((sxx - sx * sx / rounds) * (syy - sy * sy / rounds));
	CHECK(correlation > 0.95, "correlation of %.3f", correlation);
	free_sample(&s);
}

static void
test_codes(void)
{
	static const struct
	{
		const char *name;
		void		(*run) (const KgCodeShape *shape);
		int			min_dim;
	}			tests[] = {
		{"exact at both ends", test_code_ends, 0},
		{"query tables", test_code_query, 0},
		{"estimation errors", test_code_errors, 100},
		{"correlation", test_code_correlation, 100},
	};

	for (size_t t = 0; t < sizeof(tests) / sizeof(tests[0]); t++)
	{
		for (size_t i = 0; i < SHAPES; i++)
		{
			if (shapes[i].dim < tests[t].min_dim)
				continue;
			unit_begin("codes: %s, %d bits of %d of %d dimensions",
					   tests[t].name, shapes[i].bits, shapes[i].code_dims,
					   shapes[i].dim);
			tests[t].run(&shapes[i]);
			unit_end();
		}
	}
}

/*
 * Scalar quantization
 */

typedef enum Values
{
	ORDINARY,
	CONSTANT,
	ZERO,
	OUTLIER,					/* one coordinate is far from the others */
	BEYOND_F16,
	LARGEST,					/* whose differences overflow */
	TINY,
	SUBNORMAL,
	OFFSET,						/* a small range far from zero */
	VALUES
} Values;

static const char *const values_name[VALUES] = {
	"ordinary", "constant", "zero", "outlier", "beyond float16", "largest",
	"tiny", "subnormal", "offset"
};

static float
random_value(Values values)
{
	float		u = random_float();

	switch (values)
	{
		case CONSTANT:
			return 0.1f;
		case ZERO:
			return 0;
		case BEYOND_F16:
			return u * 1e6f;
		case LARGEST:
			return u * FLT_MAX;
		case TINY:
			return u * 1e-37f;
		case SUBNORMAL:
			return u * 64 * FLT_TRUE_MIN;
		case OFFSET:
			return 1000 + u / 100;
		default:
			return u;
	}
}

static void
draw_values(Values values, float *x, int dim)
{
	for (int i = 0; i < dim; i++)
		x[i] = random_value(values);
	if (values == OUTLIER)
		x[dim / 2] = 1000;
}

static const struct
{
	KgStorage	storage;
	const char *name;
}			storages[] = {
	{KG_STORAGE_F32, "f32"}, {KG_STORAGE_F16, "f16"},
	{KG_STORAGE_SQ8, "sq8"}, {KG_STORAGE_SQ4, "sq4"},
	{KG_STORAGE_SQ2, "sq2"},
};

#define STORAGES (sizeof(storages) / sizeof(storages[0]))

/*
 * The bound holds, is not much too large, decoding is what encoding said, and
 * nothing is written or read past the bytes that the storage takes.
 */
static void
check_scalar(KgStorage storage, Values values, int dim)
{
	static Guard *stored_guard;
	static Guard *decoded_guard;
	static float x[MAX_DIM];
	static float again[MAX_DIM];
	size_t		bytes = kg_scalar_bytes(storage, dim);
	float	   *decoded;
	void	   *stored;
	double		lost;
	float		bound;

	if (stored_guard == NULL)
	{
		stored_guard = guard_create(4 * MAX_DIM + 16);
		decoded_guard = guard_create(4 * MAX_DIM);
	}
	stored = guard_at_end(stored_guard, bytes);
	decoded = guard_at_end(decoded_guard, 4 * (size_t) dim);

	draw_values(values, x, dim);
	memset(stored, 0xaa, bytes);
	bound = kg_scalar_encode(storage, x, dim, stored, decoded);
	lost = distance(x, decoded, dim);
	CHECK(lost <= bound, "%d dimensions: lost %.17g, bound %.17g", dim, lost,
		  bound);
	CHECK(bound <= lost * 1.000001 + 2 * FLT_TRUE_MIN || lost > FLT_MAX,
		  "%d dimensions: lost %.9g, bound %.9g", dim, lost, bound);
	if (storage == KG_STORAGE_F32)
		CHECK(bound == 0, "%d dimensions: float4 lost %g", dim, bound);
	/* of a range too large or too small for its steps, nothing is kept */
	if (storage == KG_STORAGE_SQ8 && values != LARGEST && values != TINY &&
		values != SUBNORMAL)
	{
		float		min = x[0];
		float		max = x[0];

		for (int i = 1; i < dim; i++)
		{
			min = fminf(min, x[i]);
			max = fmaxf(max, x[i]);
		}

		/* half a step for each coordinate, and the rounding of float4 */
		CHECK(lost <= sqrt(dim) *
			  (((double) max - min) / 255 * 0.501 +
			   4 * UNIT_ROUNDOFF * fmax(fabs(min), fabs(max))),
			  "%d dimensions: lost %.9g of a range of %.9g", dim, lost,
			  (double) max - min);
	}

	kg_scalar_decode(storage, stored, dim, again);
	CHECK(memcmp(again, decoded, sizeof(float) * (size_t) dim) == 0,
		  "%d dimensions: decoded differently", dim);
}

/* Distances to what is stored are those to what it decodes to. */
static void
check_scalar_l2sq(KgStorage storage, Values values, int dim)
{
	static float x[MAX_DIM];
	static float q[MAX_DIM];
	static float decoded[MAX_DIM];
	static float stored[MAX_DIM + 4];
	double		largest = 0;
	double		want;
	double		got;

	draw_values(values, x, dim);
	draw_values(values, q, dim);
	kg_scalar_encode(storage, x, dim, stored, decoded);
	for (int i = 0; i < dim; i++)
		largest = fmax(largest, fabs(decoded[i]));
	want = distance(q, decoded, dim);
	got = sqrt(kg_scalar_l2sq(storage, q, stored, dim));

	/* decoding may round differently: once in one, twice in the other */
	CHECK(fabs(got - want) <= KG_SIMD_REL_ERR(dim) * want +
		  4 * UNIT_ROUNDOFF * largest * sqrt(dim),
		  "%d dimensions: distance %.9g instead of %.9g", dim, got, want);
}

/*
 * Of normal coordinates as much is lost as by the best quantizer with equal
 * steps (Max, "Quantizing for minimum distortion", 1960): of the square,
 * 0.01154 with 16 levels and 0.1188 with 4.
 */
static void
test_scalar_loss(KgStorage storage, double square)
{
	static float x[MAX_DIM];
	static float decoded[MAX_DIM];
	static float stored[MAX_DIM];

	for (int dim = 512; dim <= MAX_DIM; dim *= 5)
	{
		double		loss = 0;

		for (int round = 0; round < 20; round++)
		{
			float		error;

			fill_normal(x, dim);
			error = kg_scalar_encode(storage, x, dim, stored, decoded);
			loss += pow(error / norm(x, dim), 2) / 20;
		}
		CHECK(loss < square * 1.03, "%d dimensions: lost %.5f, not %.5f", dim,
			  loss, square);
	}
}

static void
test_scalar(void)
{
	for (size_t s = 0; s < STORAGES; s++)
	{
		for (Values values = 0; values < VALUES; values++)
		{
			unit_begin("%s: bound of what is lost, %s values",
					   storages[s].name, values_name[values]);
			for (int dim = 1; dim <= 130; dim++)
			{
				for (int round = 0; round < 10; round++)
					check_scalar(storages[s].storage, values, dim);
			}
			check_scalar(storages[s].storage, values, 1536);
			check_scalar(storages[s].storage, values, MAX_DIM);
			unit_end();
		}
		unit_begin("%s: distances to stored vectors", storages[s].name);
		for (int dim = 1; dim <= 130; dim++)
		{
			check_scalar_l2sq(storages[s].storage, ORDINARY, dim);
			check_scalar_l2sq(storages[s].storage, CONSTANT, dim);
			check_scalar_l2sq(storages[s].storage, OUTLIER, dim);
			check_scalar_l2sq(storages[s].storage, BEYOND_F16, dim);
			check_scalar_l2sq(storages[s].storage, OFFSET, dim);
		}
		check_scalar_l2sq(storages[s].storage, ORDINARY, MAX_DIM);
		unit_end();
	}
}

int
main(void)
{
	kg_simd_select(KG_SIMD_AUTO);

	test_codes();
	test_scalar();
	unit_begin("sq4: loss of normal values");
	test_scalar_loss(KG_STORAGE_SQ4, 0.01154);
	unit_end();
	unit_begin("sq2: loss of normal values");
	test_scalar_loss(KG_STORAGE_SQ2, 0.1188);
	unit_end();
	return unit_finish();
}
