/*
 * query.h
 *	  A vector that distances are measured from: to the vectors that nodes
 *	  store, in whatever frame, and by the nodes' codes to their neighbours.
 *
 * Distances are compared as keys, less being nearer: the squared distance, or
 * minus the inner product with the query's direction.  Keys are in the index's
 * space and do not depend on frames.
 */
#ifndef KG_QUERY_H
#define KG_QUERY_H

#include <math.h>

#include "ann/core/geometry.h"
#include "ann/core/index.h"
#include "ann/core/visited.h"
#include "ann/layout/frames.h"
#include "quant/rabitq.h"
#include "simd/simd.h"

/*
 * The first nodes of a narrow cluster are stored in a frame that was made for
 * wider ones.  If storing lost an eighth of a distance or more, the node
 * counts as nearer by the loss: so searches expand it, and neighbours keep it.
 */
#define KG_COARSE_PART 8

/* Spacing of the subnormal float4 numbers. */
#define KG_FLOAT4_SUBNORMAL 1.4013e-45

/* A node and its key, estimated or not. */
typedef struct KgCandidate
{
	float		key;
	uint32		node;
} KgCandidate;

/* The query as seen from one frame. */
typedef struct KgFrameView
{
	int			frame;
	float		unit;			/* the frame's */
	double		centre_norm;	/* |centre| */
	double		centre_ip;		/* IP: <direction, centre> */
	float		norm2;			/* |q|^2, in the frame's unit squared */
	double		norm;			/* |q|, in the index's space */
	float		norm1;			/* L1: the sum of |q|'s coordinates */
	float	   *q;				/* (y - centre) / unit, shape.dim floats */
	bool		has_q;			/* under IP made only when asked for */
	KgCodeQuery code;			/* of q; under IP not used */
} KgFrameView;

typedef struct KgQuery
{
	MemoryContext context;
	KgLayout	layout;
	const KgGeometry *geometry;
	KgStore    *store;
	double	   *y;				/* in the index's space, shape.dim doubles */
	double		norm;			/* |y| */
	bool		has_y;			/* y and norm are set */
	double		column_norm;	/* |x|, in the column's unit */
	double		space_unit;
	double		space_rel_err;	/* kg_space_rel_err() of the layout */
	double		root_dim;		/* of shape.dim */
	uint32		hash;			/* as NodeSlot's */
	bool		extreme;		/* no bound holds */
	bool		foreign;		/* the operator is another extension's */

	/* under IP */
	float	   *direction;		/* y / |y| */
	KgCodeQuery direction_code;

	/* frames met so far, found by a hash of their numbers */
	KgFrameView *views;
	int			view_count;
	int			view_capacity;
	int		   *table;			/* 1 + position in views, or 0 */
	int			table_size;		/* a power of two */
	int			last;			/* position of the view used last */

	/* of a sparse vector: its elements, or -1 of them, and memory for them */
	KgSparseValue sparse;
	int32_t    *indices;
	float	   *values;
	int			sparse_capacity;

	/* under L1: sums of distances of the nodes met, as L1 and as L2 */
	double		taxicab_sum;
	double		euclidean_sum;

	KgFrame    *frame;			/* to read frames into */
	float	   *scratch;		/* shape.dim floats */
	KgCodeQuery near_code;		/* of the query relative to a node */
} KgQuery;

/* A query without a vector; its memory is in the current context. */
extern void kg_query_init(KgQuery *query);

/*
 * Sets a column's vector (layout.dims elements); store must outlive the query's
 * use, index need not.  False if the space cannot have it: a zero vector under
 * cosine.
 */
extern bool kg_query_set(KgQuery *query, const KgIndex *index, KgStore *store,
						 const void *x);

/* The same for a position in the index's space: shape.dim doubles. */
extern void kg_query_set_position(KgQuery *query, const KgIndex *index,
								  KgStore *store, const double *y);

/*
 * Sets a vector that a node stores in the frame of this number: shape.dim
 * floats.  y and norm are made when they are needed.
 */
extern void kg_query_set_stored(KgQuery *query, KgStore *store, int number,
								const KgFrame *frame, const float *vector);
extern void kg_query_need_y(KgQuery *query);

/* The query as seen from a frame.  Valid until the next call. */
extern KgFrameView *kg_query_view(KgQuery *query, int frame);

/* The same with view->q made, whatever the metric. */
extern KgFrameView *kg_query_view_vector(KgQuery *query, int frame);

/* Sets the elements of a query that was set to a position. */
extern void kg_query_set_elements(KgQuery *query, const KgSparseValue *value);

/* The most that a view's vector is off because tiny coordinates vanish. */
static inline double
kg_view_vanishing(const KgFrameView *view)
{
	return view->unit * (KG_FLOAT4_SUBNORMAL * KG_MAX_DIMS);
}

/* A float4 that is no less. */
static inline float
kg_round_up(double error)
{
	return nextafterf((float) error, INFINITY);
}

/* Memory that lives as long as the query. */
extern void *kg_query_alloc(KgQuery *query, Size size);

/*
 * A squared distance to a stored vector, less what storing it lost if that
 * matters: the node may be as near as this.
 */
static inline float
kg_optimistic_l2sq(float l2sq, float error)
{
	float		distance;

	if (likely(error * error * (KG_COARSE_PART * KG_COARSE_PART) < l2sq))
		return l2sq;
	distance = Max(sqrtf(l2sq) - error, 0);
	return distance * distance;
}

/* The key of a node. */
static inline float
kg_query_key(KgQuery *query, const NodeSlot *slot)
{
	KgStored	stored = kg_slot_stored(&query->layout, slot);

	return query->geometry->key(query, &stored);
}

/* The best key of a node whose stored vector has this key. */
static inline float
kg_query_best_key(const KgQuery *query, const NodeSlot *slot, float key)
{
	return query->layout.metric == KG_METRIC_IP ? key :
		kg_optimistic_l2sq(key, slot->error);
}

/*
 * Estimated keys of a node's neighbours, given the node's own: slot->degree
 * floats.
 */
static inline void
kg_query_estimate(KgQuery *query, const NodeSlot *slot, float key,
				  float *estimates)
{
	query->geometry->estimate(query, slot, key, estimates);
}

/*
 * The noise of these estimates is in proportion to this, a bfloat16, and to
 * each neighbour's factor B; zero: all estimates of a node are the same.
 */
static inline uint16
kg_query_noise(KgQuery *query, const NodeSlot *slot, float key)
{
	return query->geometry->noise(query, slot, key);
}

/*
 * The noise of one estimate, as kg_visited_meet() wants it.  The code's factor
 * B is in proportion to the distance between the node and its neighbour.  This
 * multiplies by adding the bits of both, exponents and all, which is right
 * within an eighth (Mitchell, Computer multiplication and division using
 * binary logarithms, 1962); only factors of four matter.
 */
static inline uint16
kg_estimate_noise(uint16 noise, uint16 factor)
{
	int			product = noise == 0 ? 0 :
	noise + (factor & 0x7fff) - KG_BF16_ONE;

	return Min(Max(product, 1), KG_MOST_NOISE);
}

/* The operator's result for a key, rounding errors apart. */
static inline double
kg_query_value(const KgQuery *query, double key)
{
	return query->geometry->value(query, key);
}

/* A lower bound of the operator's result for a node's row, from its key. */
static inline double
kg_query_lower(KgQuery *query, const NodeSlot *slot, float key)
{
	KgStored	stored = kg_slot_stored(&query->layout, slot);

	return query->geometry->lower(query, &stored, key);
}

/* What a node is compared by to be one of the nearest, from its key. */
static inline float
kg_query_rank(KgQuery *query, const NodeSlot *slot, float key)
{
	KgStored	stored = kg_slot_stored(&query->layout, slot);

	return query->geometry->rank(query, &stored, key);
}

/* How far the operator rounds a sum, relative to its terms. */
static inline double
kg_query_operator_rel_err(const KgQuery *query)
{
	int			dims = query->layout.dims;

	return query->foreign ? KG_FOREIGN_REL_ERR(dims) : KG_SIMD_REL_ERR(dims);
}

/* The distance between two queries of one index, in its space. */
extern double kg_query_apart(const KgQuery *a, const KgQuery *b);

#endif							/* KG_QUERY_H */
