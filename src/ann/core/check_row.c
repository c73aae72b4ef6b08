/*
 * check_row.c
 *	  Whether a node stores a row of the table as exactly as it says.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "ann/core/check_row.h"
#include "ann/layout/copies.h"

const char *const kg_row_fit_names[] = {
	[ROW_FITS] = NULL,
	[ROW_OTHER_WORDS] = "value of a filter column",
	[ROW_OTHER_ELEMENTS] = "set of elements",
	[ROW_OTHER_HASH] = "hash",
	[ROW_OTHER_LENGTH] = "length",
	[ROW_OTHER_VECTOR] = "vector",
	[ROW_OTHER_COPY] = "finer copy"
};

/* Beyond an error bound: what computing it and the distance may be off by. */
#define BOUND_SLACK (1 + 1e-5)
#define LEAST_SLACK 1e-9

/* A node as it is read, and the places of the vector to compare. */
typedef struct Stored
{
	KgNodeData	node;
	KgFrame    *frame;
	double	   *copy;			/* the place of its finer copy, or NULL */
	float		copy_error;
	double	   *y;				/* of the row's vector */
	double		rounding;		/* what float4 may move it by in the frame, as
								 * kg_query_lower() has it */
} Stored;

static void
read_copy(KgStore *store, Stored *stored)
{
	const KgLayout *layout = store->layout;
	int			dim = layout->shape.dim;
	KgCopy	   *copy = palloc(layout->copy_bytes);
	float	   *fine = palloc(sizeof(float) * dim);

	kg_copy_read(store, stored->node.node, copy);
	kg_scalar_decode(KG_COPY_STORAGE, copy->vector, dim, fine);
	stored->copy = palloc(sizeof(double) * dim);
	stored->copy_error = copy->error;
	kg_space_place(layout, stored->frame->centre, stored->frame->unit, fine, stored->copy);
	pfree(fine);
	pfree(copy);
}

static void
read_stored(KgStore *store, uint32 node, Stored *stored)
{
	const KgLayout *layout = store->layout;

	stored->copy = NULL;
	stored->y = palloc(sizeof(double) * layout->shape.dim);
	stored->node.y = palloc(sizeof(double) * layout->shape.dim);
	kg_node_read(store, node, &stored->node);
	if (!kg_layout_has_frames(layout))
		return;
	stored->frame = palloc(kg_frame_bytes(layout));
	kg_frame_read(store, slot_frame(&stored->node.head), stored->frame);
	if (layout->copy_bytes > 0 && !(stored->node.head.frame & SLOT_SHARED))
		read_copy(store, stored);
}

static void
set_rounding(const KgLayout *layout, Stored *stored)
{
	double		square = 0;

	for (int i = 0; i < layout->shape.dim; i++)
	{
		double		difference = stored->y[i] - stored->frame->centre[i];

		square += difference * difference;
	}
	stored->rounding = FLT_EPSILON * sqrt(square);
}

/* Is the row's vector farther from a place than an error bound says? */
static bool
is_beyond(const KgLayout *layout, const Stored *stored, const double *place, double error)
{
	double		apart = kg_space_apart(layout, place, stored->y);

	/* not a number is beyond any */
	return !(apart <= error * BOUND_SLACK + LEAST_SLACK + stored->rounding);
}

/* The node's length is that of its longest row; of these metrics, in the space. */
static bool
has_length(const KgLayout *layout, const Stored *stored)
{
	double		length = stored->node.head.length * BOUND_SLACK + LEAST_SLACK;
	double		row = 0;
	double		node = 0;

	if (layout->sparse > 0 || layout->metric == KG_METRIC_L1)
		return true;
	for (int i = 0; i < layout->shape.dim; i++)
	{
		row += stored->y[i] * stored->y[i];
		node += stored->node.y[i] * stored->node.y[i];
	}
	return sqrt(row) <= length + stored->node.head.error + stored->rounding &&
		stored->node.head.length <= (sqrt(node) + stored->node.head.error) * BOUND_SLACK +
		stored->rounding + LEAST_SLACK;
}

/* The elements of a row's sparse vector, as nodes store them, are the node's. */
static bool
has_elements(KgStore *store, uint32 node, const void *x)
{
	int			room = store->layout->sparse;
	KgSparse   *own = palloc(kg_sparse_bytes(room));
	const NodeSlot *slot;
	bool		same;

	kg_sparse_store(x, room, own);
	slot = kg_store_read_node(store, node);
	same = memcmp(own, slot_sparse(store->layout, slot), kg_sparse_bytes(room)) == 0;
	kg_store_done(store);
	pfree(own);
	return same;
}

/* Whether one vector of the row is what the node stores. */
static KgRowFit
vector_fit(KgStore *store, const KgIndex *index, const void *x, Stored *stored)
{
	const KgLayout *layout = store->layout;
	const NodeSlot *head = &stored->node.head;
	KgMapped	mapped;

	if (!kg_space_map(&index->space, x, stored->y, &mapped))
		return ROW_OTHER_VECTOR;
	if (!(head->frame & SLOT_SHARED) && head->hash != mapped.hash)
		return ROW_OTHER_HASH;
	if (!kg_layout_has_frames(layout))
		return memcmp(stored->node.y, stored->y, sizeof(float) * layout->shape.dim) == 0 ?
			ROW_FITS : ROW_OTHER_VECTOR;
	set_rounding(layout, stored);
	if (is_beyond(layout, stored, stored->node.y, head->error))
		return ROW_OTHER_VECTOR;
	if (!has_length(layout, stored))
		return ROW_OTHER_LENGTH;
	if (stored->copy && is_beyond(layout, stored, stored->copy, stored->copy_error))
		return ROW_OTHER_COPY;
	if (layout->sparse > 0 && !has_elements(store, stored->node.node, x))
		return ROW_OTHER_ELEMENTS;
	return ROW_FITS;
}

KgRowFit
kg_row_fit(KgStore *store, const KgIndex *index, const void *const *vectors, int count,
		   const uint32 *words, uint32 node)
{
	Stored		stored = {0};
	KgRowFit	fit = ROW_OTHER_VECTOR;

	read_stored(store, node, &stored);
	if (memcmp(stored.node.words, words, sizeof(uint32) * store->layout->filters) != 0)
		return ROW_OTHER_WORDS;

	/* of several vectors one has to fit; else the first says why not */
	for (int i = 0; i < count && fit != ROW_FITS; i++)
	{
		KgRowFit	other = vector_fit(store, index, vectors[i], &stored);

		if (other == ROW_FITS || i == 0)
			fit = other;
	}
	return fit;
}
