/*
 * dense.c
 *	  What the graph asks of float vectors: Euclidean distance, cosine, inner
 *	  product.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/edges.h"
#include "ann/core/geometry.h"
#include "ann/core/query.h"
#include "ann/core/sparse.h"
#include "ann/core/taxicab.h"
#include "quant/rotation.h"
#include "simd/simd.h"

/* Relative: half an ulp of float4, and a few ulps of double. */
#define UNIT_ROUNDOFF (1.0 / 16777216.0)
#define DOUBLE_SLACK 1e-14

/* Spacing of the subnormal float4 numbers. */
#define FLOAT4_SUBNORMAL 1.4013e-45

/* Products of norms above this leave float4's range. */
#define LARGEST_PRODUCT 1e36

/*
 * A query's table spans the query's distance from the frame's centre, and the
 * noise of estimates grows with it.  If a node is much nearer than that (by
 * this part of the squared distance), a table relative to the node pays for
 * itself.  With a part of 1.0 searches over photosift cost 9 to 35% more, with
 * 1/16 some 5%, with 1/64 nothing.
 */
#define NEAR_PART (1.0f / 64)

/* The least cosine of the angle to a node at which the node tells anything. */
#define LEAST_COSINE 1e-3

/* In their frame, entries' vectors are relative to this. */
static const float origin[KG_MAX_DIMS + KG_CODE_ROWS];

/*
 * Codes tell something of vectors that are rotated.  Under L1 the space of dense
 * vectors is not: then a vector is rotated for its code, into memory for one,
 * which may be its own.
 */
static const float *
for_code(const KgLayout *layout, const float *vector, float *rotated)
{
	static float *rotation = NULL;
	static int	rotation_dim = 0;
	int			dim = layout->shape.dim;
	double	   *y;

	if (kg_layout_rotates(layout))
		return vector;
	if (rotation_dim != dim)
	{
		float	   *signs = realloc(rotation, sizeof(float) * kg_rotation_floats(dim));

		if (signs == NULL)
			elog(ERROR, "out of memory for the rotation of %d dimensions", dim);
		kg_rotation_init(signs, dim, KG_ROTATION_SEED);
		rotation = signs;
		rotation_dim = dim;
	}
	y = palloc(sizeof(double) * dim);
	for (int i = 0; i < dim; i++)
		y[i] = vector[i];
	kg_rotate(rotation, dim, y);
	for (int i = 0; i < dim; i++)
		rotated[i] = (float) y[i];
	pfree(y);
	return rotated;
}

/*
 * Queries.
 */

/* Under inner product searches go by the query's direction. */
static void
set_direction(KgQuery *query)
{
	const KgLayout *layout = &query->layout;
	int			dim = layout->shape.dim;

	if (query->direction == NULL)
	{
		query->direction = kg_query_alloc(query, sizeof(float) * dim);
		query->direction_code.lut =
			kg_query_alloc(query, kg_code_lut_bytes(&layout->shape));
	}
	for (int i = 0; i < dim; i++)
		query->direction[i] = query->norm > 0 ?
			(float) (query->y[i] / query->norm) : 0;
	kg_code_query(&layout->shape, query->direction, &query->direction_code);
}

static void
dense_locate(KgQuery *query)
{
	double		square = 0;

	for (int i = 0; i < query->layout.shape.dim; i++)
		square += query->y[i] * query->y[i];
	query->norm = sqrt(square);
	if (query->layout.metric == KG_METRIC_IP)
		set_direction(query);
}

static void
prepare_ip(const KgQuery *query, KgFrameView *view, const KgFrame *frame)
{
	double		square = 0;

	view->centre_ip = 0;
	for (int i = 0; i < query->layout.shape.dim; i++)
	{
		view->centre_ip += (double) query->direction[i] * frame->centre[i];
		square += (double) frame->centre[i] * frame->centre[i];
	}
	view->centre_norm = sqrt(square);
}

static void
dense_prepare(KgQuery *query, KgFrameView *view, const KgFrame *frame)
{
	const KgCodeShape *shape = &query->layout.shape;

	if (query->layout.metric == KG_METRIC_IP)
	{
		prepare_ip(query, view, frame);
		return;
	}
	if (view->code.lut == NULL)
		view->code.lut = kg_query_alloc(query, kg_code_lut_bytes(shape));
	kg_code_query(shape, for_code(&query->layout, view->q, query->scratch),
				  &view->code);
	if (!kg_layout_rotates(&query->layout))
		view->norm1 = kg_simd->l1_f32(view->q, origin, shape->dim);
}

static float
dense_square(const KgLayout *layout, const float *q)
{
	return kg_simd->ip_f32(q, q, layout->shape.dim);
}

/*
 * Keys and estimates.
 */

static float
dense_key(KgQuery *query, const KgStored *stored)
{
	KgFrameView *view = kg_query_view(query, stored->frame);
	int			dim = query->layout.shape.dim;

	if (query->layout.metric == KG_METRIC_IP)
	{
		const float *vector = stored->vector;

		if (stored->storage != KG_STORAGE_F32)
		{
			kg_scalar_decode(stored->storage, stored->vector, dim,
							 query->scratch);
			vector = query->scratch;
		}
		return (float) -(view->centre_ip + (double) view->unit *
						 kg_simd->ip_f32(query->direction, vector, dim));
	}
	return kg_scalar_l2sq(stored->storage, view->q, stored->vector, dim) *
		(view->unit * view->unit);
}

/* base + scale (A + B <code's vector, y>) for each neighbour of a slot. */
static inline void
scan_codes(const KgLayout *layout, const NodeSlot *slot,
		   const KgCodeQuery *code, const uint16 *A, float base, float scale,
		   float *estimates)
{
	for (int i = 0; i < slot->degree; i += KG_CODE_ROWS)
	{
		uint32		sums[KG_CODE_ROWS];
		int			rows = Min(slot->degree - i, KG_CODE_ROWS);

		kg_simd->code_scan(slot_code(layout, slot, i), layout->row_bytes,
						   rows, code->lut, sums);
		kg_simd->code_estimate(sums, A + i, slot_factor_b(layout, slot) + i,
							   base, scale, code->bias, code->delta, rows,
							   estimates + i);
	}
}

/*
 * The squared distance to a neighbour x of node c is |q - c|^2 + |r|^2 -
 * 2 <q - c, r> with r = x - c.  The query is coded relative to c, not to the
 * frame's centre, so the noise is in proportion to |q - c|.
 */
static void
estimate_near(KgQuery *query, const KgFrameView *view, const NodeSlot *slot,
			  float key, float *estimates)
{
	const KgLayout *layout = &query->layout;
	const uint16 *r2 = slot_factor_r2(layout, slot);
	uint16		squares[KG_MAX_DEGREE];
	float	   *apart = query->scratch;

	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, apart);
	for (int i = 0; i < layout->shape.dim; i++)
		apart[i] = view->q[i] - apart[i];
	for (int i = 0; i < slot->degree; i++)
		squares[i] = r2[i] & ~SLOT_PINNED;
	if (query->near_code.lut == NULL)
		query->near_code.lut =
			kg_query_alloc(query, kg_code_lut_bytes(&layout->shape));
	kg_code_query(&layout->shape, for_code(layout, apart, apart),
				  &query->near_code);
	scan_codes(layout, slot, &query->near_code, squares, key,
			   view->unit * view->unit, estimates);
}

/*
 * With the direction d: <d, x> = <d, c> + <d, r>, and <d, r> = s <c, r> +
 * <d - s c, r>.  The code estimates only the last term, which is smallest for
 * s = <d, c> / |c|^2.  A holds the estimate of <c, r> less <c, r> itself, B
 * minus the code's factor.
 */
static void
estimate_ip(KgQuery *query, const NodeSlot *slot, float key,
			float *estimates)
{
	static const uint16 zeros[KG_MAX_DEGREE];
	const KgLayout *layout = &query->layout;
	KgCodeQuery code = query->direction_code;
	float		cosine = slot->length > 0 ? -key / slot->length : 0;
	float		part = cosine / slot->length;

	if (!(fabsf(cosine) > LEAST_COSINE && isfinite(part)))
	{
		scan_codes(layout, slot, &code, zeros, key, 1, estimates);
		return;
	}
	code.bias /= part;
	code.delta /= part;
	scan_codes(layout, slot, &code, slot_factor_a(layout, slot), key, part,
			   estimates);
}

static void
dense_estimate(KgQuery *query, const NodeSlot *slot, float key,
			   float *estimates)
{
	KgFrameView *view;
	float		square;

	if (query->layout.metric == KG_METRIC_IP)
	{
		estimate_ip(query, slot, key, estimates);
		return;
	}
	view = kg_query_view(query, slot_frame(slot));
	square = view->unit * view->unit;
	if (unlikely(key < NEAR_PART * view->norm2 * square))
		estimate_near(query, view, slot, key, estimates);
	else
		scan_codes(&query->layout, slot, &view->code,
				   slot_factor_a(&query->layout, slot), key, square,
				   estimates);
}

static uint16
dense_noise(KgQuery *query, const NodeSlot *slot, float key)
{
	if (query->layout.metric == KG_METRIC_IP)
	{
		float		cosine = slot->length > 0 ? key / slot->length : 0;

		return kg_bf16_from_f32(sqrtf(Max(1 - cosine * cosine, 0)));
	}
	return kg_bf16_from_f32(sqrtf(key) *
							kg_query_view(query, slot_frame(slot))->unit);
}

static void
dense_estimate_entries(const KgEntryTable *table, KgQuery *query, int first,
					   int rows, float *keys)
{
	const KgLayout *layout = &query->layout;
	int			per_page = kg_entries_per_page(layout);
	const KgFrameView *view = kg_query_view(query,
											table->frames[first / per_page]);
	const KgCodeQuery *code = &view->code;
	float		scale = view->unit * view->unit;
	float		base = view->norm2 * scale;
	uint32		sums[KG_CODE_ROWS];

	if (layout->metric == KG_METRIC_IP)
	{
		code = &query->direction_code;
		scale = 1;
		base = (float) -view->centre_ip;
	}
	kg_simd->code_scan(table->codes + (Size) first * layout->row_bytes,
					   layout->row_bytes, rows, code->lut, sums);
	kg_simd->code_estimate(sums, table->a + first, table->b + first, base,
						   scale, code->bias, code->delta, rows, keys);
}

static uint16
dense_entries_noise(KgQuery *query, int frame)
{
	const KgFrameView *view;

	if (query->layout.metric == KG_METRIC_IP)
		return KG_BF16_ONE;
	view = kg_query_view(query, frame);
	return kg_bf16_from_f32(sqrtf(view->norm2) * view->unit * view->unit);
}

/*
 * Bounds.
 */

static double
dense_value(const KgQuery *query, double key)
{
	double		unit = query->space_unit;

	switch (query->layout.metric)
	{
		case KG_METRIC_L2:
			return sqrt(Max(key, 0)) * unit;
		case KG_METRIC_COSINE:
			return key / 2 * unit * unit;
		default:
			return key * unit * query->column_norm;
	}
}

/*
 * Triangle inequality: the row's distance is at least the stored vector's,
 * less what storing lost, less what rounding may have moved the query and the
 * row.  The row's norm is at most the query's plus the distance and the error.
 */
static double
lower_euclidean(KgQuery *query, const KgStored *stored, float key)
{
	const KgLayout *layout = &query->layout;
	const KgFrameView *view = kg_query_view(query, stored->frame);
	int			dim = layout->shape.dim;
	double		error = stored->error;
	double		op = DOUBLE_SLACK + kg_query_operator_rel_err(query);
	double		vanished = (dim + 2) * FLOAT4_SUBNORMAL *
	Max(1, view->unit * view->unit);
	double		distance = sqrt(Max(key - vanished, 0));
	double		moved = distance + error;
	double		rounding = 2 * UNIT_ROUNDOFF;
	double		square;

	/*
	 * The kernel and the decoder may round min + delta * code differently, in
	 * each dimension by an ulp of the range, which is at most twice the norm.
	 */
	if (kg_storage_has_range(stored->storage))
		rounding += 4 * query->root_dim * UNIT_ROUNDOFF;
	distance -= distance * KG_SIMD_REL_ERR(dim) + error +
		rounding * (2 * view->norm + moved) +
		query->space_rel_err * (2 * query->norm + moved);
	if (distance <= 0)
		return 0;
	distance *= query->space_unit;
	square = distance * distance;
	if (layout->metric == KG_METRIC_COSINE)
		/* the dot product and the norms each add one relative error */
		square = square / 2 - 2.5 * op;
	else
		square = square * (1 - op) - layout->dims * FLOAT4_SUBNORMAL;
	if (square <= 0)
		return 0;
	return layout->metric == KG_METRIC_COSINE ? square :
		sqrt(square) * (1 - DOUBLE_SLACK);
}

static double
lower_ip(KgQuery *query, const KgStored *stored, float key)
{
	const KgLayout *layout = &query->layout;
	const KgFrameView *view = kg_query_view(query, stored->frame);
	double		error = stored->error;
	double		length = stored->length * (1 + 2 * UNIT_ROUNDOFF);
	double		product = query->column_norm * length * query->space_unit;
	double		rounding = KG_SIMD_REL_ERR(layout->shape.dim) +
	4 * UNIT_ROUNDOFF + query->space_rel_err;

	if (kg_storage_has_range(stored->storage))
		rounding += 4 * query->root_dim * UNIT_ROUNDOFF;
	if (!(product < LARGEST_PRODUCT))
		return -INFINITY;
	error += (layout->shape.dim + 2) * FLOAT4_SUBNORMAL * Max(1, view->unit);
	return (key - error - rounding * (2 * length + view->centre_norm + error)) *
		query->space_unit * query->column_norm -
		(DOUBLE_SLACK + kg_query_operator_rel_err(query)) * product -
		layout->dims * FLOAT4_SUBNORMAL;
}

static double
dense_lower(KgQuery *query, const KgStored *stored, float key)
{
	bool		ip = query->layout.metric == KG_METRIC_IP;

	if (query->extreme || !isfinite(stored->error) || !isfinite(key))
		return ip ? -INFINITY : 0;
	return ip ? lower_ip(query, stored, key) :
		lower_euclidean(query, stored, key);
}

static float
dense_rank(KgQuery *query, const KgStored *stored, float key)
{
	return key;
}

/*
 * This is for deciding how far to look, not for what to return: errors do not
 * matter.
 */
static double
dense_reach(const KgQuery *query, const KgQuery *centre, double radius)
{
	double		unit = query->space_unit;
	double		inner;

	switch (query->layout.metric)
	{
		case KG_METRIC_L2:
			inner = Max(radius, 0) / unit;
			break;
		case KG_METRIC_COSINE:
			inner = sqrt(2 * Max(radius, 0)) / unit;
			break;
		default:
			/* a small inner product with one vector says nothing of others */
			return INFINITY;
	}
	inner += kg_query_apart(query, centre);
	return dense_value(query, inner * inner);
}

/*
 * Codes.
 */

static float
dense_apart(const KgLayout *layout, const float *a, const float *b)
{
	return kg_simd->l2sq_f32(a, b, layout->shape.dim);
}

/* The factors of estimate_ip(). */
static void
put_ip_factors(const KgLayout *layout, NodeSlot *slot, int i,
			   const KgOwner *owner, const KgNeighbor *neighbor,
			   const KgCodeFactors *factors)
{
	float		b = factors->b / 2 * owner->unit;
	float		along;
	float		coded;

	for (int j = 0; j < layout->shape.dim; j++)
		owner->scratch[j] = neighbor->vector[j] - owner->vector[j];
	along = owner->unit * kg_simd->ip_f32(owner->whole, owner->scratch,
										  layout->shape.dim);
	coded = -b * kg_code_dot(&layout->shape, slot_code(layout, slot, i),
							 owner->whole);
	slot_factor_a(layout, slot)[i] = kg_bf16_from_f32(coded - along);
	slot_factor_b(layout, slot)[i] = kg_bf16_from_f32(b);
}

/*
 * Moves a neighbour towards the owner by what storing it lost, if that
 * matters.  l2sq is their squared distance; false if the vector stays.
 */
static bool
move_coarse(const KgLayout *layout, const KgOwner *owner,
			const KgNeighbor *neighbor, float l2sq)
{
	float		nearer = kg_optimistic_l2sq(l2sq,
											neighbor->error / owner->unit);
	float		part = l2sq > 0 ? sqrtf(nearer / l2sq) : 0;

	if (likely(nearer == l2sq))
		return false;
	for (int j = 0; j < layout->shape.dim; j++)
		neighbor->vector[j] = owner->vector[j] +
			(neighbor->vector[j] - owner->vector[j]) * part;
	return true;
}

static void
dense_own(const KgLayout *layout, KgOwner *owner)
{
	if (!kg_layout_rotates(layout))
		(void) for_code(layout, owner->vector, owner->whole);
}

static KgCodeFactors
encode(const KgLayout *layout, const KgOwner *owner, const KgNeighbor *neighbor,
	   uint8 *code)
{
	return kg_code_encode(&layout->shape,
						  for_code(layout, neighbor->vector, owner->scratch),
						  kg_layout_rotates(layout) ? owner->vector :
						  owner->whole, code);
}

static float
dense_put_code(const KgLayout *layout, NodeSlot *slot, int i,
			   const KgOwner *owner, const KgNeighbor *neighbor)
{
	uint8	   *code = slot_code(layout, slot, i);
	KgCodeFactors factors = encode(layout, owner, neighbor, code);

	if (layout->metric != KG_METRIC_IP &&
		move_coarse(layout, owner, neighbor, factors.r2))
		factors = encode(layout, owner, neighbor, code);
	slot_factor_a(layout, slot)[i] = kg_bf16_from_f32(factors.a);
	slot_factor_b(layout, slot)[i] = kg_bf16_from_f32(factors.b);
	if (layout->metric == KG_METRIC_IP)
		put_ip_factors(layout, slot, i, owner, neighbor, &factors);
	return factors.r2;
}

static void
dense_put_entry(const KgLayout *layout, const KgFrame *frame, const double *y,
				KgEntry *entry)
{
	float	   *x = palloc(sizeof(float) * (layout->shape.dim + KG_CODE_ROWS));
	KgCodeFactors factors;

	kg_space_relative(layout, frame->centre, frame->unit, y, x);
	factors = kg_code_encode(&layout->shape, for_code(layout, x, x), origin,
							 entry->code);
	pfree(x);
	if (layout->metric == KG_METRIC_IP)
	{
		/* minus the inner product of the code and the query, times this */
		entry->a = 0;
		entry->b = kg_bf16_from_f32(factors.b / 2 * frame->unit);
		return;
	}
	entry->a = kg_bf16_from_f32(factors.a);
	entry->b = kg_bf16_from_f32(factors.b);
}

/* All but what tells of the operator's results. */
#define GRAPH_OF_FLOATS \
	.locate = dense_locate, \
	.prepare = dense_prepare, \
	.square = dense_square, \
	.key = dense_key, \
	.estimate = dense_estimate, \
	.noise = dense_noise, \
	.estimate_entries = dense_estimate_entries, \
	.entries_noise = dense_entries_noise, \
	.apart = dense_apart, \
	.own = dense_own, \
	.put_code = dense_put_code, \
	.put_entry = dense_put_entry

const KgGeometry kg_dense_geometry = {
	GRAPH_OF_FLOATS,
	.value = dense_value,.lower = dense_lower,
	.rank = dense_rank,.reach = dense_reach,
};

const KgGeometry kg_taxicab_geometry = {
	GRAPH_OF_FLOATS,
	.value = kg_taxicab_value,.lower = kg_taxicab_lower,
	.rank = kg_taxicab_rank,.reach = kg_taxicab_reach,
};

const KgGeometry kg_sparse_geometry = {
	GRAPH_OF_FLOATS,
	.value = dense_value,.lower = kg_sparse_lower,
	.rank = kg_sparse_rank,.reach = dense_reach,
};

const KgGeometry kg_sparse_taxicab_geometry = {
	GRAPH_OF_FLOATS,
	.value = kg_taxicab_value,.lower = kg_sparse_lower,
	.rank = kg_sparse_rank,.reach = kg_sparse_taxicab_reach,
};
