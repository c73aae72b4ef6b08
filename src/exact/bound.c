/*
 * bound.c
 *	  Which pairs of a row and a query cannot be near, by their inner product
 *	  with its rounding error.
 *
 * Let x be a row, q a query, s their product as sgemm rounds it, t the true
 * one, u = 2^-24 half an ulp of 1.  Whatever the order of the additions,
 *
 *		|s - t| <= g |x| |q|,	g = KG_BLAS_REL_ERR(dims)
 *
 * by the usual bound of a sum and Cauchy and Schwarz (Higham, Accuracy and
 * Stability of Numerical Algorithms, section 3.1).  An operator's sum is off
 * by at most r = KG_SIMD_REL_ERR(dims), another extension's by at most r =
 * KG_FOREIGN_REL_ERR(dims), times the sum of its terms' absolute values.  So a
 * pair whose distance, as the operator rounds it, is at most L has
 *
 * l2		|x|^2 + |q|^2 - 2 t <= L^2 / (1 - r), so
 *			s >= (|x|^2 + |q|^2 - L^2 / (1 - r)) / 2 - g |x| |q|
 * ip		-t - r |x| |q| <= L, so
 *			s >= -L - (g + r) |x| |q|
 * cosine	the similarity is at most (t / (|x| |q|) + r) / (1 - r), so
 *			s >= (1 - L - g - 4 r) |x| |q|
 *
 * SLACK covers the roundings of the bound itself, which is computed in
 * float4: each is at most u times one of the terms, and there are fewer.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "exact/blas.h"
#include "exact/bound.h"
#include "simd/simd.h"

#define SLACK (16 / 16777216.0)

/*
 * Norms whose products, and all sums on the way to them, are numbers of float4
 * without overflow.  For the cosine, which divides, they must not vanish
 * either.
 */
#define MAX_NORM 1e18
#define MIN_NORM 1e-15

/* The part of one that must be looked at in any case. */
static const KgExactBound always = {-INFINITY, 0};

static bool
is_usual(KgExactMetric metric, double norm)
{
	return kg_exact_has_products(metric) && norm <= MAX_NORM &&
		(metric != KG_EXACT_COSINE || norm >= MIN_NORM);
}

KgExactBound
kg_exact_bound_row(KgExactMetric metric, double norm)
{
	KgExactBound bound = {0, norm};

	if (!is_usual(metric, norm))
		return always;
	if (metric == KG_EXACT_L2)
		bound.add = norm * norm / 2 * (1 - SLACK);
	return bound;
}

KgExactBound
kg_exact_bound_query(KgExactOperator operator, int dims, double norm,
					 double limit)
{
	KgExactMetric metric = operator.metric;
	double		g = KG_BLAS_REL_ERR(dims) + SLACK;
	double		r = operator.foreign ? KG_FOREIGN_REL_ERR(dims) :
	KG_SIMD_REL_ERR(dims);

	/* products below this vanish, each in the worst case */
	double		underflow = 4.0 * dims * FLT_MIN;
	KgExactBound bound = {0, 0};

	if (!is_usual(metric, norm) || isnan(limit) || isinf(limit))
		return always;
	switch (metric)
	{
		case KG_EXACT_L2:
			bound.add = norm * norm / 2 * (1 - SLACK) - underflow -
				limit * limit / 2 * (1 + 2 * r + SLACK);
			bound.scale = -g * norm;
			break;
		case KG_EXACT_IP:
			bound.add = -limit - fabs(limit) * SLACK - underflow;
			bound.scale = -(g + r) * norm;
			break;
		case KG_EXACT_COSINE:
			bound.add = -underflow;
			bound.scale = (1 - limit - g - 4 * r) * norm;
			break;
		default:
			break;
	}
	return bound;
}
