/*
 * multiples.c
 *	  Vectors of float4 as multiples of one scale.
 *
 * Doubles hold all that is computed here without rounding: float4, quotients of
 * multiples, products of a float4 and a multiple.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/multiples.h"

/* Scales that fit all of a range: rounding both ends may take a 255th. */
#define RANGE_SCALES 254

/* The same for the magnitude; KG_MOST_MULTIPLE less some room. */
#define MAGNITUDE_SCALES 32000

/* Bits of a float4's mantissa; the exponent of its smallest number. */
#define MANTISSA_BITS 24
#define LEAST_EXPONENT (-149)

typedef struct Range
{
	double		min;
	double		max;
	double		magnitude;
} Range;

static Range
range_of(const float *x, int n)
{
	Range		range = {x[0], x[0], 0};

	for (int i = 1; i < n; i++)
	{
		range.min = x[i] < range.min ? x[i] : range.min;
		range.max = x[i] > range.max ? x[i] : range.max;
	}
	range.magnitude = fmax(range.max, -range.min);
	return range;
}

/* Rounds to nearest, |x| < 2^51: the sum has no bits for a fraction. */
static inline double
round_nearest(double x)
{
	const double rounding = 6755399441055744.0; /* 1.5 * 2^52 */

	return (x + rounding) - rounding;
}

/*
 * The largest number of which all elements are multiples, by Euclid's
 * algorithm; 0 if it is below least.  That is soon known of most vectors:
 * remainders are multiples of it, too.
 */
static double
common_scale(const float *x, int n, double least)
{
	double		scale = 0;

	for (int i = 0; i < n; i++)
	{
		double		a = fabs((double) x[i]);

		if (scale > 0 && round_nearest(a / scale) * scale == a)
			continue;
		while (a != 0)
		{
			double		remainder = scale == 0 ? 0 : fmod(scale, a);

			if (a < least)
				return 0;
			scale = a;
			a = remainder;
		}
	}
	return scale;
}

/*
 * A number near this one, not below unless nearest, with so few bits that a
 * multiple of up to most of it is a float4.
 */
static double
short_scale(double scale, double most, int nearest)
{
	int			bits = MANTISSA_BITS;
	int			exponent;
	double		unit;

	for (; most >= 1; most /= 2)
		bits--;
	frexp(scale, &exponent);
	exponent -= bits;
	unit = ldexp(1, exponent > LEAST_EXPONENT ? exponent : LEAST_EXPONENT);
	return unit * (nearest ? round_nearest(scale / unit) : ceil(scale / unit));
}

int
kg_multiples_is_exact(float scale, int multiple)
{
	double		product = (double) scale * multiple;

	return multiple >= -KG_MOST_MULTIPLE && multiple <= KG_MOST_MULTIPLE &&
		fabs(product) <= (double) FLT_MAX && product == (float) product;
}

/* The multiple of scale that is nearest to x and no larger than float4. */
static inline double
multiple_of(double x, double scale)
{
	double		multiple = round_nearest(x / scale);

	if (fabs(multiple * scale) > (double) FLT_MAX)
		multiple -= multiple > 0 ? 1 : -1;
	return multiple;
}

static int
common_factor(int a, int b)
{
	while (b != 0)
	{
		int			remainder = a % b;

		a = b;
		b = remainder;
	}
	return a < 0 ? -a : a;
}

void
kg_multiples_reduce(KgMultiples *form, uint8_t *codes, int n)
{
	int			least = codes[0];
	int			factor = 0;

	for (int i = 0; i < n; i++)
	{
		least = codes[i] < least ? codes[i] : least;
		if (factor != 1)
			factor = common_factor(factor, form->offset + codes[i]);
	}
	if (factor == 0 || form->scale == 0)
	{
		memset(codes, 0, (size_t) n);
		form->scale = 0;
		form->offset = 0;
		return;
	}
	if (least == 0 && factor == 1)
		return;
	for (int i = 0; i < n; i++)
		codes[i] = (uint8_t) ((codes[i] - least) / factor);
	form->offset = (form->offset + least) / factor;
	form->scale *= (float) factor;
}

/* Codes that lose something. */
static KgMultiples
encode_rounded(const float *x, int n, Range range, uint8_t *codes)
{
	KgMultiples form;
	double		scale;
	double		least;

	scale = fmax((range.max - range.min) / RANGE_SCALES,
				 range.magnitude / MAGNITUDE_SCALES);
	scale = short_scale(scale, range.magnitude / scale + 1, 0);
	least = multiple_of(range.min, scale);
	for (int i = 0; i < n; i++)
		codes[i] = (uint8_t) (int) (multiple_of(x[i], scale) - least);
	form.scale = (float) scale;
	form.offset = (int) least;
	kg_multiples_reduce(&form, codes, n);
	return form;
}

KgMultiples
kg_multiples_encode(const float *x, int n, uint8_t *codes)
{
	Range		range = range_of(x, n);
	KgMultiples form = {0, 0};
	double		scale;
	double		least;

	if (range.magnitude == 0)
	{
		memset(codes, 0, (size_t) n);
		return form;
	}
	scale = common_scale(x, n, fmax((range.max - range.min) / UINT8_MAX,
									range.magnitude / KG_MOST_MULTIPLE));
	if (scale == 0)
		return encode_rounded(x, n, range, codes);
	least = range.min / scale;
	for (int i = 0; i < n; i++)
		codes[i] = (uint8_t) (int) ((double) x[i] / scale - least);
	form.scale = (float) scale;
	form.offset = (int) least;
	return form;
}

void
kg_multiples_decode(KgMultiples form, const uint8_t *codes, int n, float *x)
{
	for (int i = 0; i < n; i++)
		x[i] = form.scale * (float) (form.offset + codes[i]);
}

float
kg_multiples_rescale(KgMultiples form, const uint8_t *codes, int n,
					 double factor)
{
	int			most = abs(form.offset);

	for (int i = 0; i < n; i++)
		most = abs(form.offset + codes[i]) > most ?
			abs(form.offset + codes[i]) : most;
	return (float) short_scale(form.scale * factor, most, 1);
}
