/*
 * test_multiples.c
 *	  Vectors as multiples of a scale: what is such a vector loses nothing, what
 *	  is none loses at most what the header says, and the floats of either lead
 *	  back to the same scale and codes.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "quant/multiples.h"
#include "unit.h"

#define MAX_DIM 1000

static float x[MAX_DIM];
static float decoded[MAX_DIM];
static uint8_t codes[MAX_DIM];

/* Checks the form of x, and that its floats are found to be of that form. */
static KgMultiples
check_form(int n)
{
	uint8_t		again[MAX_DIM];
	KgMultiples form = kg_multiples_encode(x, n, codes);
	KgMultiples other;
	int			least = 255;

	kg_multiples_decode(form, codes, n, decoded);
	for (int i = 0; i < n; i++)
	{
		int			multiple = form.offset + codes[i];

		least = codes[i] < least ? codes[i] : least;
		CHECK(kg_multiples_is_exact(form.scale, multiple),
			  "%d times %.9g is not exact", multiple, form.scale);
		CHECK((double) decoded[i] == (double) form.scale * multiple,
			  "%d times %.9g is decoded as %.9g", multiple, form.scale,
			  decoded[i]);
	}
	CHECK(least == 0, "the least code is %d", least);
	other = kg_multiples_encode(decoded, n, again);
	CHECK(other.scale == form.scale && other.offset == form.offset &&
		  memcmp(codes, again, (size_t) n) == 0,
		  "%d floats of scale %.9g, offset %d are found to be of %.9g, %d", n,
		  form.scale, form.offset, other.scale, other.offset);
	kg_multiples_reduce(&other, again, n);
	CHECK(other.scale == form.scale && memcmp(codes, again, (size_t) n) == 0,
		  "the form could be reduced from scale %.9g to %.9g", form.scale,
		  other.scale);
	return form;
}

/* The bound of the loss that multiples.h gives. */
static void
check_loss(int n)
{
	double		min = INFINITY;
	double		max = -INFINITY;
	double		scale;
	double		bound;

	for (int i = 0; i < n; i++)
	{
		min = x[i] < min ? x[i] : min;
		max = x[i] > max ? x[i] : max;
	}
	scale = fmax((max - min) / 254, fmax(max, -min) / 32000);
	bound = scale / 2 * (1 + 1.0 / 256) + ldexp(1, -149);
	check_form(n);
	for (int i = 0; i < n; i++)
		CHECK(fabs((double) x[i] - decoded[i]) <= bound,
			  "%.9g became %.9g, off by more than %.9g", x[i], decoded[i],
			  bound);
}

static void
test_exact(void)
{
	unit_begin("multiples of one scale are exact");
	for (int repeat = 0; repeat < 3000; repeat++)
	{
		int			n = 1 + (int) (random_bits() % 40);
		int			first = (int) (random_bits() % 65279) - 32767;
		int			span = (int) (random_bits() % 256);

		/* so few bits that products are exact, down to subnormals */
		float		scale = ldexpf((float) (1 + random_bits() % 511),
								   (int) (random_bits() % 240) - 149);

		for (int i = 0; i < n; i++)
			x[i] = scale * (float) (first + (int) (random_bits() % (uint32_t) (span + 1)));
		check_form(n);
		CHECK(memcmp(x, decoded, sizeof(float) * (size_t) n) == 0,
			  "multiples of %.9g from %d to %d were changed",
			  scale, first, first + span);
	}
	unit_end();
}

static void
test_rounded(void)
{
	unit_begin("other vectors lose at most half a scale");
	for (int repeat = 0; repeat < 3000; repeat++)
	{
		int			n = 1 + (int) (random_bits() % 300);
		float		scale = ldexpf(1, (int) (random_bits() % 240) - 135);
		float		shift = random_bits() % 3 == 0 ? 300 * random_float() :
		random_bits() % 2 == 0 ? 1e6f * random_float() : 0;

		for (int i = 0; i < n; i++)
			x[i] = scale * (random_float() + shift);
		check_loss(n);
	}
	unit_end();
}

/* A float4 of any bits that is finite. */
static float
any_float(void)
{
	float		value;

	do
	{
		uint32_t	bits = random_bits();

		memcpy(&value, &bits, sizeof(value));
	} while (!isfinite(value));
	return value;
}

static void
test_any(void)
{
	unit_begin("any floats");
	for (int repeat = 0; repeat < 20000; repeat++)
	{
		int			n = 1 + (int) (random_bits() % 5);

		for (int i = 0; i < n; i++)
			x[i] = random_bits() % 4 == 0 ? 0 : any_float();
		check_form(n);
	}
	unit_end();
}

typedef struct Known
{
	int			n;
	float		values[3];
	float		scale;
	int			offset;
} Known;

/* the smallest float4 */
#define TINY 1.40129846e-45f

static const Known known[] = {
	{3, {1, 2, 3}, 1, 1},
	{3, {-128, 127, 0}, 1, -128},
	{2, {0, 255}, 255, 0},
	{3, {0, 254, 255}, 1, 0},
	{2, {32767, 32512}, 1, 32512},
	{2, {0, -0.0f}, 0, 0},
	{1, {-0.1f}, 0.1f, -1},
	{2, {0.1f, 0.1f}, 0.1f, 1},
	{2, {0.75f, -1.5f}, 0.75f, -2},
	{1, {FLT_MAX}, FLT_MAX, 1},
	{2, {TINY, 3 * TINY}, TINY, 1},
};

static void
test_known(void)
{
	unit_begin("known vectors");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		KgMultiples form;

		memcpy(x, known[i].values, sizeof(known[i].values));
		form = check_form(known[i].n);
		CHECK(form.scale == known[i].scale && form.offset == known[i].offset,
			  "[%.9g, ...] has scale %.9g, offset %d, not %.9g, %d", x[0],
			  form.scale, form.offset, known[i].scale, known[i].offset);
	}
	/* an element more than the bytes have */
	x[0] = 0;
	x[1] = 256;
	x[2] = 1;
	check_loss(3);
	CHECK(decoded[2] != 1, "257 multiples fit a byte");
	/* products beyond float4 are cut */
	x[0] = FLT_MAX;
	x[1] = -FLT_MAX;
	x[2] = 1;
	check_form(3);
	CHECK(decoded[0] > FLT_MAX * 0.99f && decoded[1] == -decoded[0],
		  "the largest float4 became %.9g and %.9g", decoded[0], decoded[1]);
	unit_end();
}

static void
test_reduce(void)
{
	uint8_t		some[3] = {10, 16, 22};
	KgMultiples form = {0.5f, -4};
	float		before[3];

	unit_begin("the form of other scales and offsets");
	kg_multiples_decode(form, some, 3, before);
	kg_multiples_reduce(&form, some, 3);
	kg_multiples_decode(form, some, 3, decoded);
	CHECK(form.scale == 3 && form.offset == 1 && some[0] == 0 && some[2] == 2,
		  "scale %g, offset %d", form.scale, form.offset);
	CHECK(memcmp(before, decoded, sizeof(before)) == 0, "the vector changed");

	form.scale = 0;
	form.offset = 7;
	kg_multiples_reduce(&form, some, 3);
	CHECK(form.offset == 0 && some[2] == 0, "of no scale");
	form.scale = 2;
	form.offset = -9;
	memset(some, 9, sizeof(some));
	kg_multiples_reduce(&form, some, 3);
	CHECK(form.scale == 0 && form.offset == 0 && some[2] == 0, "of zeros");

	form.scale = 1;
	form.offset = -2;
	memcpy(some, "\0\2\4", 3);
	for (int i = 0; i < 3; i++)
		CHECK(kg_multiples_is_exact(kg_multiples_rescale(form, some, 3, 1 / 3.0),
									form.offset + some[i]),
			  "a third of the scale is not exact");
	CHECK(fabs(kg_multiples_rescale(form, some, 3, 1 / 3.0) - 1 / 3.0) < 1e-6,
		  "a third of the scale is %.9g",
		  kg_multiples_rescale(form, some, 3, 1 / 3.0));
	CHECK(!kg_multiples_is_exact(1 / 3.0f, 3) &&
		  !kg_multiples_is_exact(1, 32768) && kg_multiples_is_exact(1, -32767) &&
		  !kg_multiples_is_exact(FLT_MAX, 2), "limits of products");
	unit_end();
}

int
main(void)
{
	test_known();
	test_exact();
	test_rounded();
	test_any();
	test_reduce();
	return unit_finish();
}
