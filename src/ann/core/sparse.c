/*
 * sparse.c
 *	  What the operators say of a query and a row that are sparse vectors.
 *
 * The graph is that of projections (layout/sparse.h): keys, edges and estimates.
 * But nodes also store the elements, which tell the distance itself, by which
 * rows leave.  How many nodes a search expands until it has met the nearest is
 * measured (calibrate.c).
 *
 * Of a row with more elements than there is room for, the largest are stored,
 * and the norm of the rest.  What the rest adds lies between bounds: by the
 * triangle inequality, or that of Cauchy and Schwarz, with the part of the query
 * outside the stored elements; under L1 also by the number of the rest and by the
 * least stored element, which is at least as large as any of them.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/sparse.h"
#include "simd/simd.h"

/* Of sums in double, relative; and of the norm of the rest, a float4. */
#define DOUBLE_SLACK 1e-11
#define REST_SLACK 3e-7

/* Squares that vanish from norms between 1e-15 and 1e18 (space.c), at most. */
#define COSINE_SLACK 1e-9

/* Spacing of the subnormal float4 numbers. */
#define FLOAT4_SUBNORMAL 1.4013e-45

/* Products of norms above this leave float4's range. */
#define LARGEST_PRODUCT 1e36

/* A query and what is stored of a row; all are sums. */
typedef struct Comparison
{
	double		apart;			/* (q - x)^2, of stored elements */
	double		outside;		/* q^2, of all other elements */
	double		product;		/* q x */
	double		absolute;		/* |q x| */
	double		square;			/* x^2 */
	double		rest;			/* the norm of what is not stored */
	double		taxicab;		/* |q - x|, of stored elements */
	double		taxicab_outside;	/* |q|, of all other elements */
	double		least;			/* |x|, the least stored */
} Comparison;

static inline void
add_outside(Comparison *sums, double value)
{
	sums->outside += value * value;
	sums->taxicab_outside += fabs(value);
}

static Comparison
compare(const KgQuery *query, const KgSparse *sparse)
{
	KgSparseValue x = kg_sparse_stored(sparse, query->layout.sparse);
	const KgSparseValue *q = &query->sparse;
	Comparison	sums = {.rest = sparse->rest,.least = INFINITY};
	int			j = 0;

	for (int i = 0; i < x.count; i++)
	{
		double		own = x.values[i];
		double		other = 0;

		for (; j < q->count && q->indices[j] < x.indices[i]; j++)
			add_outside(&sums, q->values[j]);
		if (j < q->count && q->indices[j] == x.indices[i])
			other = q->values[j++];
		sums.apart += (other - own) * (other - own);
		sums.taxicab += fabs(other - own);
		sums.least = Min(sums.least, fabs(own));
		sums.product += other * own;
		sums.absolute += fabs(other * own);
		sums.square += own * own;
	}
	for (; j < q->count; j++)
		add_outside(&sums, q->values[j]);
	return sums;
}

/*
 * The operators sum in float4, one term after another.
 */

static double
lower_l2(const Comparison *sums, int terms)
{
	double		outside = sqrt(sums->outside);
	double		gap = outside;
	double		square;

	if (sums->rest > 0)
		gap = Max(fabs(outside - sums->rest) - REST_SLACK * (outside + sums->rest), 0);
	square = (sums->apart + gap * gap) *
		(1 - DOUBLE_SLACK - KG_FOREIGN_REL_ERR(terms)) - terms * FLOAT4_SUBNORMAL;
	return square > 0 ? sqrt(square) * (1 - DOUBLE_SLACK) : 0;
}

static double
lower_ip(const Comparison *sums, int terms)
{
	double		rest = sqrt(sums->outside) * sums->rest;
	double		absolute = sums->absolute + rest;

	if (!(absolute < LARGEST_PRODUCT))
		return -INFINITY;
	return -(sums->product + rest) -
		(DOUBLE_SLACK + KG_FOREIGN_REL_ERR(terms)) * absolute -
		terms * FLOAT4_SUBNORMAL;
}

static double
lower_cosine(const Comparison *sums, double norm, int terms)
{
	double		rest = sqrt(sums->outside) * sums->rest;
	double		norms = norm * sqrt(sums->square + sums->rest * sums->rest);
	double		op = KG_FOREIGN_REL_ERR(terms);
	double		error = COSINE_SLACK + 1.5 * op +
	(op + DOUBLE_SLACK) * (sums->absolute + rest) / norms;

	if (sums->rest > 0)
		error += REST_SLACK;
	return Max(1 - (sums->product + rest) / norms - error, 0);
}

/* By L1, the least that the rest and the query's other elements are apart. */
static double
taxicab_gap(const Comparison *sums, int unstored)
{
	double		rest = sums->rest * (1 - REST_SLACK);
	double		most = sqrt(unstored) * sums->rest;
	double		least = Max(rest, rest * rest / sums->least);
	double		gap = fabs(sqrt(sums->outside) - sums->rest);

	if (sums->rest == 0)
		return sums->taxicab_outside;
	gap = Max(gap, sums->taxicab_outside - most);
	gap = Max(gap, least - sums->taxicab_outside);
	return Max(gap - REST_SLACK * (sums->taxicab_outside + most), 0);
}

static double
lower_taxicab(const Comparison *sums, int unstored, int terms)
{
	double		lower = (sums->taxicab + taxicab_gap(sums, unstored)) *
	(1 - DOUBLE_SLACK - KG_FOREIGN_REL_ERR(terms)) - terms * FLOAT4_SUBNORMAL;

	return Max(lower, 0);
}

/* For kg_taxicab_value(). */
static void
note_ratio(KgQuery *query, const Comparison *sums, float key)
{
	if (key > 0)
	{
		query->taxicab_sum += (sums->taxicab + sums->taxicab_outside) /
			query->space_unit;
		query->euclidean_sum += sqrt(key);
	}
}

static int
unstored(const KgQuery *query, const KgStored *stored)
{
	return Max(stored->sparse->elements - query->layout.sparse, 0);
}

double
kg_sparse_lower(KgQuery *query, const KgStored *stored, float key)
{
	KgMetric	metric = query->layout.metric;
	Comparison	sums;
	int			terms;

	if (query->extreme || query->sparse.count < 0 || !isfinite(stored->error))
		return metric == KG_METRIC_IP ? -INFINITY : 0;
	sums = compare(query, stored->sparse);
	terms = query->sparse.count + stored->sparse->elements;
	if (metric == KG_METRIC_L1)
	{
		note_ratio(query, &sums, key);
		return lower_taxicab(&sums, unstored(query, stored), terms);
	}
	if (metric == KG_METRIC_IP)
		return lower_ip(&sums, terms);
	if (metric == KG_METRIC_COSINE)
		return lower_cosine(&sums, query->column_norm, terms);
	return lower_l2(&sums, terms);
}

/*
 * The rest is taken for orthogonal to the query, and under L1 for elements of
 * one magnitude.
 */
float
kg_sparse_rank(KgQuery *query, const KgStored *stored, float key)
{
	Comparison	sums;
	double		rest;

	if (query->sparse.count < 0)
		return key;
	sums = compare(query, stored->sparse);
	rest = sums.rest * sums.rest;
	if (query->layout.metric == KG_METRIC_L1)
		return (float) (sums.taxicab + sums.taxicab_outside +
						sqrt(unstored(query, stored)) * sums.rest);
	if (query->layout.metric == KG_METRIC_IP)
		return (float) -sums.product;
	if (query->layout.metric == KG_METRIC_COSINE)
		return (float) (1 - sums.product /
						(query->column_norm * sqrt(sums.square + rest)));
	return (float) (sums.apart + sums.outside + rest);
}

/* The triangle inequality. */
double
kg_sparse_taxicab_reach(const KgQuery *query, const KgQuery *centre,
						double radius)
{
	const KgSparseValue *a = &query->sparse;
	const KgSparseValue *b = &centre->sparse;
	double		apart = 0;
	int			i = 0;
	int			j = 0;

	while (i < a->count || j < b->count)
	{
		int32_t		at = i < a->count ? a->indices[i] : INT32_MAX;
		int32_t		other = j < b->count ? b->indices[j] : INT32_MAX;
		double		x = at <= other ? a->values[i++] : 0;
		double		y = other <= at ? b->values[j++] : 0;

		apart += fabs(x - y);
	}
	return radius + apart;
}
