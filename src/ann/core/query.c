/*
 * query.c
 *	  A vector that distances are measured from.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/query.h"
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

#define INITIAL_VIEWS 4
#define INITIAL_TABLE 16

void
kg_query_init(KgQuery *query)
{
	memset(query, 0, sizeof(KgQuery));
	query->context = CurrentMemoryContext;
}

static void *
query_alloc(KgQuery *query, Size size)
{
	return MemoryContextAllocExtended(query->context, size, MCXT_ALLOC_HUGE);
}

static void *
query_alloc_zero(KgQuery *query, Size size)
{
	return memset(query_alloc(query, size), 0, size);
}

/* Allocates what depends on the layout, the first time. */
static void
prepare_memory(KgQuery *query, const KgLayout *layout)
{
	Size		floats = sizeof(float) * layout->shape.dim;

	query->layout = *layout;
	if (query->y)
		return;
	query->space_rel_err = kg_space_rel_err(layout);
	query->y = query_alloc(query, sizeof(double) * layout->shape.dim);
	query->scratch = query_alloc(query, floats);
	query->frame = query_alloc(query, kg_frame_bytes(layout));
	if (layout->metric == KG_METRIC_IP)
	{
		query->direction = query_alloc(query, floats);
		query->direction_code.lut =
			query_alloc(query, kg_code_lut_bytes(&layout->shape));
	}
	query->table_size = INITIAL_TABLE;
	query->table = query_alloc_zero(query, sizeof(int) * query->table_size);
}

/* Forgets the frames that the previous vector met. */
static void
forget_views(KgQuery *query)
{
	if (query->view_count > 0)
		memset(query->table, 0, sizeof(int) * query->table_size);
	query->view_count = 0;
	query->last = 0;
}

/* Sets what depends on y. */
static void
set_direction(KgQuery *query)
{
	int			dim = query->layout.shape.dim;
	const double *y = query->y;
	double		square = 0;

	for (int i = 0; i < dim; i++)
		square += y[i] * y[i];
	query->norm = sqrt(square);
	if (query->layout.metric != KG_METRIC_IP)
		return;
	for (int i = 0; i < dim; i++)
		query->direction[i] = query->norm > 0 ?
			(float) (query->y[i] / query->norm) : 0;
	kg_code_query(&query->layout.shape, query->direction,
				  &query->direction_code);
}

/* Makes y from a vector that is stored in query->frame. */
static void
make_y(KgQuery *query, const float *vector)
{
	double	   *y = query->y;
	double		unit = query->frame->unit;

	for (int i = 0; i < query->layout.shape.dim; i++)
		y[i] = query->frame->centre[i] + unit * vector[i];
	query->has_y = true;
	set_direction(query);
}

/* The first view is of the frame that the vector is stored in. */
void
kg_query_need_y(KgQuery *query)
{
	if (!query->has_y)
		make_y(query, query->views[0].q);
}

/*
 * Views of frames.
 */

static inline int *
table_position(KgQuery *query, int frame)
{
	int			mask = query->table_size - 1;
	int			i = (frame * 0x9e3779b1u >> 8) & mask;

	while (query->table[i] != 0 &&
		   query->views[query->table[i] - 1].frame != frame)
		i = (i + 1) & mask;
	return &query->table[i];
}

static void
grow_table(KgQuery *query)
{
	pfree(query->table);
	query->table_size *= 2;
	query->table = query_alloc_zero(query, sizeof(int) * query->table_size);
	for (int i = 0; i < query->view_count; i++)
		*table_position(query, query->views[i].frame) = i + 1;
}

/* A view to fill; an earlier vector's may have left its memory. */
static KgFrameView *
new_view(KgQuery *query)
{
	KgFrameView *view;

	if (query->view_count == query->view_capacity)
	{
		int			capacity = Max(query->view_capacity * 2, INITIAL_VIEWS);
		KgFrameView *views = query_alloc_zero(query,
											  sizeof(KgFrameView) * capacity);

		if (query->views)
		{
			memcpy(views, query->views, sizeof(KgFrameView) * query->view_capacity);
			pfree(query->views);
		}
		query->views = views;
		query->view_capacity = capacity;
	}
	if ((query->view_count + 1) * 2 > query->table_size)
		grow_table(query);
	view = &query->views[query->view_count++];
	view->has_q = false;
	if (view->q == NULL)
	{
		view->q = query_alloc(query,
							  sizeof(float) * query->layout.shape.dim);
		view->code.lut = query_alloc(query,
									 kg_code_lut_bytes(&query->layout.shape));
	}
	return view;
}

/* Called once view->q is set. */
static void
note_q(const KgQuery *query, KgFrameView *view)
{
	view->norm2 = kg_simd->ip_f32(view->q, view->q, query->layout.shape.dim);
	view->has_q = true;
}

static void
make_q(const KgQuery *query, KgFrameView *view, const KgFrame *frame)
{
	int			dim = query->layout.shape.dim;
	double		scale = 1.0 / frame->unit;
	const double *y = query->y;
	float	   *q = view->q;

	for (int i = 0; i < dim; i++)
		q[i] = (float) ((y[i] - frame->centre[i]) * scale);
	note_q(query, view);
}

/* Adds the view of a frame; q is given for a vector that is stored there. */
static KgFrameView *
add_view(KgQuery *query, int number, const KgFrame *frame, const float *q)
{
	KgFrameView *view = new_view(query);
	int			dim = query->layout.shape.dim;

	view->frame = number;
	view->unit = frame->unit;
	*table_position(query, number) = query->view_count;
	query->last = query->view_count - 1;
	if (q)
	{
		memcpy(view->q, q, sizeof(float) * dim);
		note_q(query, view);
	}
	if (query->layout.metric == KG_METRIC_IP)
	{
		double		square = 0;

		view->centre_ip = 0;
		for (int i = 0; i < dim; i++)
		{
			view->centre_ip += (double) query->direction[i] * frame->centre[i];
			square += (double) frame->centre[i] * frame->centre[i];
		}
		view->centre_norm = sqrt(square);
		return view;
	}
	if (q == NULL)
		make_q(query, view, frame);
	kg_code_query(&query->layout.shape, view->q, &view->code);
	return view;
}

static pg_noinline KgFrameView *
find_view(KgQuery *query, int frame)
{
	int			position = *table_position(query, frame);

	if (position > 0)
	{
		query->last = position - 1;
		return &query->views[query->last];
	}
	kg_query_need_y(query);
	kg_frame_read(query->store, frame, query->frame);
	return add_view(query, frame, query->frame, NULL);
}

KgFrameView *
kg_query_view(KgQuery *query, int frame)
{
	if (likely(query->last < query->view_count &&
			   query->views[query->last].frame == frame))
		return &query->views[query->last];
	return find_view(query, frame);
}

KgFrameView *
kg_query_view_vector(KgQuery *query, int frame)
{
	KgFrameView *view = kg_query_view(query, frame);

	if (!view->has_q)
	{
		kg_frame_read(query->store, frame, query->frame);
		make_q(query, view, query->frame);
	}
	return view;
}

bool
kg_query_set(KgQuery *query, const KgIndex *index, KgStore *store,
			 const float *x)
{
	KgMapped	mapped;

	prepare_memory(query, &index->layout);
	forget_views(query);
	query->store = store;
	query->space_unit = index->space.unit;
	if (!kg_space_map(&index->space, x, query->y, &mapped))
		return false;
	query->column_norm = mapped.norm;
	query->hash = mapped.hash;
	query->extreme = mapped.extreme;
	query->has_y = true;
	set_direction(query);
	add_view(query, index->default_frame_number, index->default_frame, NULL);
	return true;
}

void
kg_query_set_position(KgQuery *query, const KgIndex *index, KgStore *store,
					  const double *y)
{
	prepare_memory(query, &index->layout);
	forget_views(query);
	query->store = store;
	query->space_unit = index->space.unit;
	query->extreme = false;
	memcpy(query->y, y, sizeof(double) * index->layout.shape.dim);
	query->has_y = true;
	set_direction(query);
	add_view(query, index->default_frame_number, index->default_frame, NULL);
}

void
kg_query_set_stored(KgQuery *query, KgStore *store, int number,
					const KgFrame *frame, const float *vector)
{
	prepare_memory(query, store->layout);
	forget_views(query);
	query->store = store;
	query->extreme = false;
	query->has_y = false;
	memcpy(query->frame, frame, kg_frame_bytes(&query->layout));
	if (query->layout.metric == KG_METRIC_IP)
		make_y(query, vector);
	add_view(query, number, query->frame, vector);
}

/*
 * Distances.
 */

float
kg_query_key_stored(KgQuery *query, int frame, KgStorage storage,
					const void *stored)
{
	KgFrameView *view = kg_query_view(query, frame);
	int			dim = query->layout.shape.dim;

	if (query->layout.metric == KG_METRIC_IP)
	{
		const float *vector = stored;

		if (storage != KG_STORAGE_F32)
		{
			kg_scalar_decode(storage, stored, dim, query->scratch);
			vector = query->scratch;
		}
		return (float) -(view->centre_ip + (double) view->unit *
						 kg_simd->ip_f32(query->direction, vector, dim));
	}
	return kg_scalar_l2sq(storage, view->q, stored, dim) *
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
		query->near_code.lut = query_alloc(query,
										   kg_code_lut_bytes(&layout->shape));
	kg_code_query(&layout->shape, apart, &query->near_code);
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

void
kg_query_estimate(KgQuery *query, const NodeSlot *slot, float key,
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

/*
 * Bounds.
 */

double
kg_query_value(const KgQuery *query, double key)
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

/* How far the operator rounds a sum, relative to its terms. */
static double
operator_rel_err(const KgQuery *query)
{
	int			dims = query->layout.dims;

	return DOUBLE_SLACK +
		(query->foreign ? KG_FOREIGN_REL_ERR(dims) : KG_SIMD_REL_ERR(dims));
}

/*
 * Triangle inequality: the row's distance is at least the stored vector's,
 * less what storing lost, less what rounding may have moved the query and the
 * row.  The row's norm is at most the query's plus the distance and the error.
 */
static double
lower_euclidean(KgQuery *query, int frame, float key, float error)
{
	const KgLayout *layout = &query->layout;
	const KgFrameView *view = kg_query_view(query, frame);
	int			dim = layout->shape.dim;
	double		op = operator_rel_err(query);
	double		vanished = (dim + 2) * FLOAT4_SUBNORMAL *
	Max(1, view->unit * view->unit);
	double		distance = sqrt(Max(key - vanished, 0));
	double		local = sqrt(view->norm2) * view->unit;
	double		moved = distance + error;
	double		rounding = 2 * UNIT_ROUNDOFF;
	double		square;

	/*
	 * The kernel and the decoder may round min + delta * code differently, in
	 * each dimension by an ulp of the range, which is at most twice the norm.
	 */
	if (layout->storage >= KG_STORAGE_SQ8)
		rounding += 4 * sqrt(dim) * UNIT_ROUNDOFF;
	distance -= distance * KG_SIMD_REL_ERR(dim) + error +
		rounding * (2 * local + moved) +
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
lower_ip(KgQuery *query, int frame, float key, double error, float row_length)
{
	const KgLayout *layout = &query->layout;
	const KgFrameView *view = kg_query_view(query, frame);
	double		length = row_length * (1 + 2 * UNIT_ROUNDOFF);
	double		product = query->column_norm * length * query->space_unit;
	double		rounding = KG_SIMD_REL_ERR(layout->shape.dim) +
	4 * UNIT_ROUNDOFF + query->space_rel_err;

	if (layout->storage >= KG_STORAGE_SQ8)
		rounding += 4 * sqrt(layout->shape.dim) * UNIT_ROUNDOFF;
	if (!(product < LARGEST_PRODUCT))
		return -INFINITY;
	error += (layout->shape.dim + 2) * FLOAT4_SUBNORMAL * Max(1, view->unit);
	return (key - error - rounding * (2 * length + view->centre_norm + error)) *
		query->space_unit * query->column_norm -
		operator_rel_err(query) * product -
		layout->dims * FLOAT4_SUBNORMAL;
}

double
kg_query_lower(KgQuery *query, int frame, float key, float error,
			   float length)
{
	bool		ip = query->layout.metric == KG_METRIC_IP;

	if (query->extreme || !isfinite(error) || !isfinite(key))
		return ip ? -INFINITY : 0;
	return ip ? lower_ip(query, frame, key, error, length) :
		lower_euclidean(query, frame, key, error);
}

double
kg_query_apart(const KgQuery *a, const KgQuery *b)
{
	double		square = 0;

	for (int i = 0; i < a->layout.shape.dim; i++)
		square += (a->y[i] - b->y[i]) * (a->y[i] - b->y[i]);
	return sqrt(square);
}
