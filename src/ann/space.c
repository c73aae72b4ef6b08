/*
 * space.c
 *	  From a column's vectors to the index's space and back to bounds.
 */
#include <math.h>
#include <string.h>

#include "ann/space.h"
#include "quant/rotation.h"
#include "simd/simd.h"

/* Half an ulp of float4, and a multiple that covers a few of double too. */
#define UNIT_ROUNDOFF (1.0 / 16777216.0)
#define DOUBLE_SLACK 1e-14

/*
 * The operators sum squares in float4.  Outside this range of norms such
 * sums overflow or lose their bits, and say nothing about the true value.
 */
#define SHORTEST_NORM 1e-15
#define LONGEST_NORM 1e18

/* Internal norms above this are cut: their squares must fit float4. */
#define LONGEST_INNER_NORM 1e15

/* Spacing of the subnormal float4 numbers. */
#define FLOAT4_SUBNORMAL 1.4013e-45

/*
 * An index that grows from nothing sees its first row only.  Rows of unit
 * norm are the rule; otherwise leave room for longer ones.
 */
#define UNIT_NORM_SLACK 1e-3
#define RADIUS_HEADROOM 2.0

/*
 * The length of queries under inner product, in radii.  Longer ones have
 * little less noise, and more rounding.
 */
#define QUERY_RADII 2.0

static double
norm_of(const float *x, int dims)
{
	double		sum = 0;

	for (int i = 0; i < dims; i++)
		sum += (double) x[i] * x[i];
	return sqrt(sum);
}

/*
 * Shortens a vector that is too long for float4 sums; its bound must then be
 * infinite.  True if it was.
 */
static bool
cut_inner_norm(float *x, int dim)
{
	double		norm = norm_of(x, dim);

	if (norm <= LONGEST_INNER_NORM)
		return false;
	for (int i = 0; i < dim; i++)
	{
		double		part = x[i] / norm * LONGEST_INNER_NORM;

		x[i] = isfinite(part) ? (float) part : 0;
	}
	return true;
}

static bool
map(const KgSpace *space, const float *x, double extra, float *out,
	KgMapped *mapped)
{
	const KgLayout *layout = space->layout;
	double		scale;

	if (layout->metric == KG_METRIC_COSINE)
	{
		if (mapped->norm == 0)
			return false;
		scale = 1 / mapped->norm;
	}
	else
		scale = mapped->stretch;

	/* In double, so that each coordinate is rounded once. */
	for (int i = 0; i < layout->dims; i++)
	{
		double		centre = space->centre ? space->centre[i] : 0;

		out[i] = (float) ((x[i] * scale - centre) / space->unit);
	}
	memset(out + layout->dims, 0,
		   sizeof(float) * (layout->shape.dim - layout->dims));
	if (layout->metric == KG_METRIC_IP)
		out[layout->dims] = (float) (extra / space->unit);

	if (cut_inner_norm(out, layout->shape.dim))
		mapped->extreme = true;
	kg_rotate(space->rotation, layout->shape.dim, out);
	return true;
}

static void
measure(const KgSpace *space, const float *x, KgMapped *mapped)
{
	mapped->norm = norm_of(x, space->layout->dims);
	mapped->stretch = 1;
	mapped->excess = 0;
	mapped->extreme = mapped->norm > LONGEST_NORM ||
		(mapped->norm < SHORTEST_NORM &&
		 space->layout->metric == KG_METRIC_COSINE);
}

bool
kg_space_map_row(const KgSpace *space, const float *x, float *out,
				 KgMapped *mapped)
{
	double		extra = 0;

	measure(space, x, mapped);
	if (space->layout->metric == KG_METRIC_IP)
	{
		double		left = space->radius * space->radius -
		mapped->norm * mapped->norm;

		if (left >= 0)
			extra = sqrt(left);
		else if (!mapped->extreme)
			mapped->excess = (float) (-left * (1 + 2 * UNIT_ROUNDOFF));
	}
	return map(space, x, extra, out, mapped);
}

bool
kg_space_map_query(const KgSpace *space, const float *x, float *out,
				   KgMapped *mapped)
{
	measure(space, x, mapped);
	if (space->layout->metric == KG_METRIC_IP && mapped->norm > 0 &&
		!mapped->extreme)
		mapped->stretch = exp2(round(log2(QUERY_RADII * space->radius /
										  mapped->norm)));
	return map(space, x, 0, out, mapped);
}

void
kg_bounds_init(KgBounds *bounds, const KgSpace *space, const float *q,
			   const KgMapped *mapped)
{
	const KgLayout *layout = space->layout;
	int			dim = layout->shape.dim;

	bounds->metric = layout->metric;
	bounds->none = mapped->extreme;
	bounds->unit = space->unit;
	bounds->query_norm = mapped->norm;
	bounds->stretch = mapped->stretch;
	bounds->query_inner = norm_of(q, dim);
	bounds->radius = space->radius;
	bounds->kernel = KG_SIMD_REL_ERR(dim);
	bounds->op = KG_SIMD_REL_ERR(layout->dims) + DOUBLE_SLACK;
	bounds->underflow = layout->dims * FLOAT4_SUBNORMAL;

	/* Each coordinate is rounded when mapped, then by the rotation. */
	bounds->rounding = kg_rotation_rel_err(dim) + 2 * UNIT_ROUNDOFF;

	/*
	 * The kernel and the decoder may round min + delta * code differently, by
	 * an ulp of the range, which is at most twice the norm, in each
	 * dimension.
	 */
	if (layout->storage >= KG_STORAGE_SQ8)
		bounds->rounding += 4 * sqrt(dim) * UNIT_ROUNDOFF;

	/*
	 * The extra dimension of inner product is the root of a difference of
	 * doubles, of which half the digits are left when the norm is the radius.
	 */
	bounds->absolute = 0;
	if (layout->metric == KG_METRIC_IP)
		bounds->absolute = 4e-8 * space->radius / space->unit;
}

double
kg_bounds_lower(const KgBounds *bounds, float l2sq, float error, float excess)
{
	double		stored = sqrt(l2sq);
	double		inner;
	double		square;
	double		longest;
	double		origin;

	if (bounds->none || !isfinite(error) || !isfinite(stored))
		return bounds->metric == KG_METRIC_IP ? -INFINITY : 0;

	/*
	 * Triangle inequality: the row's distance is at least the stored vector's
	 * less what storing lost, less what rounding may have moved the query and
	 * the row, whose norm is at most |q| + distance + error.
	 */
	inner = stored * (1 - bounds->kernel) - error - bounds->absolute -
		bounds->rounding * (2 * bounds->query_inner + stored + error);
	if (inner < 0)
		inner = 0;
	inner *= bounds->unit;
	square = inner * inner;

	switch (bounds->metric)
	{
		case KG_METRIC_L2:
			square = square * (1 - bounds->op) - bounds->underflow;
			return square > 0 ? sqrt(square) * (1 - DOUBLE_SLACK) : 0;

		case KG_METRIC_COSINE:
			/* the dot product and the norms each add one relative error */
			square = square / 2 - 2.5 * bounds->op;
			return square > 0 ? square : 0;

		default:
			origin = kg_bounds_ip_origin(bounds) + excess;
			square -= origin;
			longest = bounds->query_norm *
				sqrt(bounds->radius * bounds->radius + excess);
			if (longest > LONGEST_NORM * LONGEST_NORM)
				return -INFINITY;
			return (square / 2 - DOUBLE_SLACK * origin) / bounds->stretch -
				bounds->op * longest - bounds->underflow;
	}
}

double
kg_bounds_ip_origin(const KgBounds *bounds)
{
	double		query = bounds->query_norm * bounds->stretch;

	return query * query + bounds->radius * bounds->radius;
}

double
kg_space_radius(double largest_norm, bool all_rows_seen)
{
	if (largest_norm == 0)
		return 1;
	if (all_rows_seen || fabs(largest_norm - 1) < UNIT_NORM_SLACK)
		return largest_norm * (1 + UNIT_NORM_SLACK);
	return largest_norm * RADIUS_HEADROOM;
}

double
kg_space_unit(double norm)
{
	return norm > 0 ? exp2(round(log2(norm))) : 1;
}
