/*
 * taxicab.c
 *	  The taxicab distance (L1) of a query and a row.
 *
 * The graph is that of Euclidean distances: keys, edges and estimates.  What a
 * node stores is not rotated, so that it also tells its taxicab distance, by
 * which rows leave.  How many nodes a search expands until it has met the
 * nearest by this distance is measured (calibrate.c).
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/taxicab.h"
#include "simd/simd.h"

/* Relative: half an ulp of float4, and a few ulps of double. */
#define UNIT_ROUNDOFF (1.0 / 16777216.0)
#define DOUBLE_SLACK 1e-14

/* Spacing of the subnormal float4 numbers. */
#define FLOAT4_SUBNORMAL 1.4013e-45

/* Of normal coordinates: the mean of |x|, in parts of their deviation. */
#define MEAN_ABSOLUTE 0.7979

/*
 * What L1 is for a Euclidean distance: in the mean over the nodes met so far.
 * It tells how far a scan that streams has looked.
 */
double
kg_taxicab_value(const KgQuery *query, double key)
{
	int			terms = query->layout.sparse > 0 ? Max(query->sparse.count, 1) :
	query->layout.dims;
	double		ratio = query->euclidean_sum > 0 ?
	query->taxicab_sum / query->euclidean_sum : sqrt(terms) * MEAN_ABSOLUTE;

	return sqrt(Max(key, 0)) * ratio * query->space_unit;
}

/* The distance of a stored vector, in the unit of its frame. */
static float
distance(KgQuery *query, const KgFrameView *view, const KgStored *stored)
{
	int			dim = query->layout.shape.dim;

	if (stored->storage == KG_STORAGE_F32)
		return kg_simd->l1_f32(view->q, stored->vector, dim);
	kg_scalar_decode(stored->storage, stored->vector, dim, query->scratch);
	return kg_simd->l1_f32(view->q, query->scratch, dim);
}

/*
 * The most by which the sum of a stored vector's coordinates may differ from
 * what storing it saw, in the frame's unit: two decoders may round min + delta *
 * code differently, each by 2^-23 of the range's farther end.
 */
static double
decoding(const KgStored *stored, int dim)
{
	static const int levels[] = {[KG_STORAGE_SQ8] = 255,[KG_STORAGE_SQ4] = 15,
	[KG_STORAGE_SQ2] = 3};
	const float *header = stored->vector;

	if (!kg_storage_has_range(stored->storage))
		return 0;
	return dim * 4 * UNIT_ROUNDOFF *
		(fabs(header[0]) + fabs(header[1]) * levels[stored->storage]);
}

/*
 * Let q be the query's vector in the frame, s the stored one, x the row's, all
 * three in float4, and E the bound of |x - s|.  Coordinates of q and x were
 * rounded once, when they were made relative to the frame: they are off by u
 * of themselves, u = 2^-24 and a little.  Of the sums of absolute values
 *
 *		|q - s| <= |q - x| + |x - s|,	|x - s| <= sqrt(dim) E
 *		|x| <= |q| + |q - s| + |x - s|
 *
 * so the row's distance is at least |q - s| - |x - s| - u (|q| + |x|).  The
 * kernel's sum for |q - s| and the operator's for the row are each off by
 * KG_SIMD_REL_ERR of themselves.  Tiny coordinates may vanish.
 */
double
kg_taxicab_lower(KgQuery *query, const KgStored *stored, float key)
{
	const KgLayout *layout = &query->layout;
	const KgFrameView *view = kg_query_view(query, stored->frame);
	int			dim = layout->shape.dim;
	double		op = kg_query_operator_rel_err(query) + DOUBLE_SLACK;
	double		apart = distance(query, view, stored);
	double		lost;
	double		lower;

	if (query->extreme || !isfinite(stored->error) || !isfinite(apart))
		return 0;
	if (key > 0)
	{
		query->taxicab_sum += apart * view->unit;
		query->euclidean_sum += sqrt(key);
	}
	apart *= view->unit;
	lost = sqrt(dim) * stored->error * (1 + DOUBLE_SLACK);
	lower = apart * (1 - KG_SIMD_REL_ERR(dim)) - lost -
		1.001 * UNIT_ROUNDOFF * (2.001 * view->norm1 * view->unit + apart + lost) -
		decoding(stored, dim) * view->unit -
		4.0 * dim * FLOAT4_SUBNORMAL * Max(1, view->unit);
	lower = lower * query->space_unit * (1 - op) -
		layout->dims * FLOAT4_SUBNORMAL;
	return Max(lower, 0);
}

float
kg_taxicab_rank(KgQuery *query, const KgStored *stored, float key)
{
	const KgFrameView *view = kg_query_view(query, stored->frame);

	return distance(query, view, stored) * view->unit;
}

/* The triangle inequality. */
double
kg_taxicab_reach(const KgQuery *query, const KgQuery *centre, double radius)
{
	double		apart = 0;

	for (int i = 0; i < query->layout.shape.dim; i++)
		apart += fabs(query->y[i] - centre->y[i]);
	return radius + apart * query->space_unit;
}
