/*
 * query.c
 *	  A vector that distances are measured from.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/query.h"
#include "simd/simd.h"

#define INITIAL_VIEWS 4
#define INITIAL_TABLE 16

void
kg_query_init(KgQuery *query)
{
	memset(query, 0, sizeof(KgQuery));
	query->context = CurrentMemoryContext;
}

void *
kg_query_alloc(KgQuery *query, Size size)
{
	return MemoryContextAllocExtended(query->context, size, MCXT_ALLOC_HUGE);
}

static void *
query_alloc_zero(KgQuery *query, Size size)
{
	return memset(kg_query_alloc(query, size), 0, size);
}

/* Allocates what depends on the layout, the first time. */
static void
prepare_memory(KgQuery *query, const KgLayout *layout)
{
	Size		floats = sizeof(float) * layout->shape.dim;

	query->layout = *layout;
	query->geometry = kg_geometry(layout);
	if (query->y)
		return;
	query->space_rel_err = kg_space_rel_err(layout);
	query->root_dim = sqrt(layout->shape.dim);
	query->y = kg_query_alloc(query, sizeof(double) * layout->shape.dim);
	query->scratch = kg_query_alloc(query, floats);
	query->frame = kg_query_alloc(query, kg_frame_bytes(layout));
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
	query->taxicab_sum = query->euclidean_sum = 0;
	query->sparse.count = -1;
}

/* Makes y from a vector that is stored in query->frame. */
static void
make_y(KgQuery *query, const float *vector)
{
	kg_space_place(&query->layout, query->frame->centre, query->frame->unit,
				   vector, query->y);
	query->has_y = true;
	query->geometry->locate(query);
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
		view->q = kg_query_alloc(query,
								 sizeof(float) * query->layout.shape.dim);
	}
	return view;
}

/* Called once view->q is set. */
static void
note_q(const KgQuery *query, KgFrameView *view)
{
	view->norm2 = query->geometry->square(&query->layout, view->q);
	view->norm = sqrt(view->norm2) * view->unit;
	view->has_q = true;
}

static void
make_q(const KgQuery *query, KgFrameView *view, const KgFrame *frame)
{
	kg_space_relative(&query->layout, frame->centre, frame->unit, query->y,
					  view->q);
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
	else if (query->layout.metric != KG_METRIC_IP)
		make_q(query, view, frame);
	query->geometry->prepare(query, view, frame);
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

void
kg_query_set_elements(KgQuery *query, const KgSparseValue *value)
{
	if (query->indices == NULL || value->count > query->sparse_capacity)
	{
		query->sparse_capacity = Max(value->count, KG_SPARSE_DEFAULT);
		query->indices = kg_query_alloc(query, sizeof(int32_t) * query->sparse_capacity);
		query->values = kg_query_alloc(query, sizeof(float) * query->sparse_capacity);
		query->sparse.indices = query->indices;
		query->sparse.values = query->values;
	}
	memcpy(query->indices, value->indices, sizeof(int32_t) * value->count);
	memcpy(query->values, value->values, sizeof(float) * value->count);
	query->sparse.count = value->count;
	query->column_norm = kg_sparse_norm(&query->sparse);
}

bool
kg_query_set(KgQuery *query, const KgIndex *index, KgStore *store,
			 const void *x)
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
	if (index->layout.sparse > 0)
		kg_query_set_elements(query, x);
	query->has_y = true;
	query->geometry->locate(query);
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
	query->geometry->locate(query);
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

double
kg_query_apart(const KgQuery *a, const KgQuery *b)
{
	return kg_space_apart(&a->layout, a->y, b->y);
}
