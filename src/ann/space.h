/*
 * space.h
 *	  From a column's vectors to the space that the index works in, and from
 *	  distances there to lower bounds of what an operator returns.
 *
 * The index knows one distance, Euclidean:
 *
 *	L2		the vector as it is
 *	cosine	the vector over its norm: |q - x|^2 = 2 (1 - cos)
 *	IP		one more dimension, sqrt(radius^2 - |x|^2) for a row and 0 for a
 *			query, so that |q - x|^2 = |q|^2 + radius^2 - 2 <q, x>
 *			(Bachrach et al., RecSys 2014).  The order of rows does not depend
 *			on the query's length, but the noise of estimates does, which grows
 *			with |q - x|: so a query is stretched to about twice the radius.
 *
 * minus the data's centre, over a unit (a power of two near the data's RMS
 * norm, so that float16 suits any data), then rotated.
 */
#ifndef KG_SPACE_H
#define KG_SPACE_H

#include <stdbool.h>

#include "ann/layout.h"

typedef struct KgSpace
{
	const KgLayout *layout;
	double		unit;			/* of internal coordinates; a power of two */
	double		radius;			/* inner product: norm that rows keep within */
	const float *centre;		/* layout->dims floats, or NULL: the origin */
	const float *rotation;		/* kg_rotation_init's factors */
} KgSpace;

/* What is known of a vector that was mapped. */
typedef struct KgMapped
{
	double		norm;			/* in the column's space */
	double		stretch;		/* of a query under inner product; else 1 */
	float		excess;			/* inner product: |x|^2 - radius^2 if positive */
	bool		extreme;		/* so long or short that no bound holds for it */
} KgMapped;

/*
 * Maps a vector (layout->dims floats) to out (layout->shape.dim floats).
 * False if it has no place in the space: a zero vector under cosine.
 */
extern bool kg_space_map_row(const KgSpace *space, const float *x,
							 float *out, KgMapped *mapped);
extern bool kg_space_map_query(const KgSpace *space, const float *x,
							   float *out, KgMapped *mapped);

/* Turns internal distances from one query into bounds. */
typedef struct KgBounds
{
	KgMetric	metric;
	bool		none;			/* the query is extreme: no bound holds */
	double		unit;
	double		query_norm;		/* in the column's space */
	double		stretch;		/* of the query, a power of two */
	double		query_inner;	/* |q|, internal */
	double		radius;
	double		kernel;			/* relative error of the index's distances */
	double		rounding;		/* of rotated coordinates, relative to norms */
	double		absolute;		/* of internal coordinates */
	double		op;				/* relative error of the operator's sums */
	double		underflow;		/* absolute error of the operator's sums */
} KgBounds;

/* q is what kg_space_map_query made, of layout->shape.dim floats. */
extern void kg_bounds_init(KgBounds *bounds, const KgSpace *space,
						   const float *q, const KgMapped *mapped);

/*
 * A value that the operator's result for a row is not below, in the
 * operator's unit, from the squared internal distance to what the node
 * stores, the bound of what storing lost, and the node's excess.
 */
extern double kg_bounds_lower(const KgBounds *bounds, float l2sq, float error,
							  float excess);

/*
 * The squared distance, in the column's unit, at which the inner product of
 * the stretched query is zero.
 */
extern double kg_bounds_ip_origin(const KgBounds *bounds);

/* Radius of inner product for rows whose largest norm is known. */
extern double kg_space_radius(double largest_norm, bool all_rows_seen);

/* The power of two nearest to a norm; 1 for zero. */
extern double kg_space_unit(double norm);

#endif							/* KG_SPACE_H */
