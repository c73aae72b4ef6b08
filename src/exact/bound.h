/*
 * bound.h
 *	  Which pairs of a row and a query cannot be near, by their inner product
 *	  with its rounding error.
 *
 * A pair may be as near as a limit, as the operator rounds distances, only if
 *
 *		product >= row.add + query.add + row.scale * query.scale
 *
 * or the product is NaN.  bound.c says why.
 */
#ifndef KG_EXACT_BOUND_H
#define KG_EXACT_BOUND_H

#include "postgres.h"

typedef enum KgExactMetric
{
	KG_EXACT_L2,
	KG_EXACT_IP,
	KG_EXACT_COSINE,
	KG_EXACT_L1,
	KG_EXACT_HAMMING,
	KG_EXACT_JACCARD,
	KG_EXACT_METRICS
} KgExactMetric;

/* Is it one of bit strings? */
static inline bool
kg_exact_of_bits(KgExactMetric metric)
{
	return metric > KG_EXACT_L1;
}

/* Do inner products tell anything of it? */
static inline bool
kg_exact_has_products(KgExactMetric metric)
{
	return metric < KG_EXACT_L1;
}

/* A row's, or a query's, part of the bound. */
typedef struct KgExactBound
{
	float		add;
	float		scale;
} KgExactBound;

/* The part of a row with this Euclidean norm. */
extern KgExactBound kg_exact_bound_row(KgExactMetric metric, double norm);

/* What all queries of a search have in common. */
typedef struct KgExactOperator
{
	KgExactMetric metric;
	bool		foreign;		/* the operator is another extension's */
} KgExactOperator;

/*
 * The part of a query with this norm, for distances of dims dimensions up to
 * the limit; NaN and infinity are limits that every pair is within.
 */
extern KgExactBound kg_exact_bound_query(KgExactOperator operator, int dims,
										 double norm, double limit);

#endif							/* KG_EXACT_BOUND_H */
