/*
 * layout.c
 *	  The geometry of an index.
 */
#include <math.h>

#include "ann/layout/layout.h"
#include "ann/layout/node.h"
#include "quant/bits.h"

#define Min(x, y) ((x) < (y) ? (x) : (y))

/*
 * Short vectors are rotated into this many dimensions, so that their codes
 * have enough bits to tell neighbours apart.
 */
#define MIN_INTERNAL_DIMS 64

const char *const kg_storage_names[] = {
	[KG_STORAGE_AUTO] = "auto",[KG_STORAGE_F32] = "f32",
	[KG_STORAGE_F16] = "f16",[KG_STORAGE_SQ8] = "sq8",
	[KG_STORAGE_SQ4] = "sq4",[KG_STORAGE_SQ2] = "sq2",
	[KG_STORAGE_BITS] = "bits",
};

const char *const kg_metric_names[] = {
	[KG_METRIC_L2] = "l2",
	[KG_METRIC_IP] = "ip",
	[KG_METRIC_COSINE] = "cosine",
	[KG_METRIC_L1] = "l1",
	[KG_METRIC_HAMMING] = "hamming",
	[KG_METRIC_JACCARD] = "jaccard",
};

static int
round_up(int x, int to)
{
	return (x + to - 1) / to * to;
}

/* An even number, as the rotation wants. */
int
kg_layout_internal_dims(int dims)
{
	int			d = round_up(dims, 2);

	return d < MIN_INTERNAL_DIMS ? MIN_INTERNAL_DIMS : d;
}

int
kg_layout_space_dims(KgMetric metric, int dims, int sparse)
{
	if (sparse > 0)
		return KG_SPARSE_DIMS;
	return kg_metric_of_bits(metric) ? round_up(dims, 32) / 32 :
		kg_layout_internal_dims(dims);
}

/*
 * Groups as small as they can be without wasting room: as many pages of nodes
 * as one page holds copies for, or as many pages of copies as one page of
 * nodes needs.  A copy that is longer than a page begins on one.
 */
static void
fill_groups(KgLayout *layout)
{
	int			per_page;

	layout->copy_bytes = 0;
	layout->copy_pages = 0;
	layout->word_pages = 0;
	layout->group_pages = 0;
	/* of sparse vectors it is the elements that count */
	if (!kg_storage_is_coarse(layout->storage) || layout->sparse > 0)
	{
		if (layout->filters > 0)
		{
			layout->word_pages = 1;
			layout->group_pages = 1 +
				KG_PAGE_USABLE / (4 * layout->filters) / layout->per_page;
		}
		return;
	}
	layout->copy_bytes = (int) (sizeof(KgCopy) +
								kg_scalar_bytes(KG_COPY_STORAGE,
												layout->shape.dim));
	per_page = KG_PAGE_USABLE / layout->copy_bytes;
	if (per_page >= layout->per_page)
	{
		layout->copy_pages = 1;
		layout->group_pages = 1 + per_page / layout->per_page;
		return;
	}
	if (per_page > 0)
		layout->copy_pages = (layout->per_page + per_page - 1) / per_page;
	else
		layout->copy_pages = layout->per_page *
			((layout->copy_bytes + KG_PAGE_USABLE - 1) / KG_PAGE_USABLE);
	layout->group_pages = layout->copy_pages + 1;
}

/* Where a list stands, from an offset in its slot on; returns its end. */
static int
place_list(KgLayout *layout, int at)
{
	int			m = layout->max_degree;

	/* samples of bits need no factors: then these are at r2's place */
	int			factors = kg_metric_of_bits(layout->metric) ? 0 : 2;

	layout->occluded = at;
	at += 4 * ((m + 31) / 32);
	layout->neighbors = at;
	at += 4 * m;
	layout->words = at;
	at += 4 * m * layout->filters;
	layout->factor_a = at;
	at += factors * m;
	layout->factor_b = at;
	at += factors * m;
	layout->factor_r2 = at;
	at += 2 * m;
	layout->nearness = at;
	at += layout->members > 1 ? 2 * m : 0;
	layout->codes = at;
	return round_up(at + layout->row_bytes * m, 4);
}

/* The same of the own vector. */
static int
place_vector(KgLayout *layout, int at)
{
	layout->vector = at;
	at += layout->vector_bytes;
	layout->sparse_vector = round_up(at, 4);
	if (layout->sparse > 0)
		at = layout->sparse_vector + kg_sparse_bytes(layout->sparse);
	return round_up(at, 4);
}

/*
 * Scanning codes may read up to 15 bytes past them.  What follows keeps that
 * inside the page: the own vector, which is longer, or a page's slots.
 */
void
kg_layout_fill(KgLayout *layout)
{
	int			at = sizeof(NodeSlot);

	layout->shape.dim = kg_layout_space_dims(layout->metric, layout->dims,
											 layout->sparse);
	layout->row_bytes = kg_metric_of_bits(layout->metric) ?
		(int) kg_bits_bytes(layout->shape.code_dims) :
		kg_code_bytes(&layout->shape);
	layout->vector_bytes = (int) kg_scalar_bytes(layout->storage,
												 layout->shape.dim);

	layout->own_words = at;
	at += 4 * layout->filters;
	layout->hub_size = 0;
	if (layout->members > 1)
	{
		layout->slot_size = place_vector(layout, at);
		layout->hub_size = place_list(layout, layout->slot_size);
		layout->per_page = layout->hub_size + layout->members * layout->slot_size <=
			KG_PAGE_USABLE ? layout->members : 0;
	}
	else
	{
		layout->slot_size = place_vector(layout, place_list(layout, at));
		layout->per_page = KG_PAGE_USABLE / layout->slot_size;
	}
	if (layout->per_page > 0)
		fill_groups(layout);
}

/* Could the solver have made these choices? */
static bool
are_choices(const KgLayout *layout)
{
	const KgCodeShape *shape = &layout->shape;
	bool		bits;

	if ((unsigned int) layout->metric >= KG_METRICS)
		return false;
	bits = kg_metric_of_bits(layout->metric);
	return layout->dims > 0 &&
		(layout->sparse > 0 || layout->dims <= kg_metric_max_dims(layout->metric)) &&
		layout->sparse >= 0 && layout->sparse < KG_PAGE_USABLE / (int) sizeof(float) &&
		layout->filters >= 0 && layout->filters <= KG_MAX_FILTERS &&
		layout->max_degree > 0 && layout->max_degree <= KG_MAX_DEGREE &&
		layout->members > 0 && layout->members < KG_PAGE_USABLE / (int) sizeof(NodeSlot) &&
		layout->storage >= KG_STORAGE_F32 && layout->storage <= KG_STORAGE_BITS &&
		(layout->storage == KG_STORAGE_BITS) == bits &&
		shape->bits >= 1 && shape->bits <= 2 && shape->code_dims >= 0 &&
		shape->code_dims <= (bits ? layout->dims :
							 round_up(kg_layout_space_dims(layout->metric, layout->dims,
														   layout->sparse), 8));
}

bool
kg_layout_restore(KgLayout *layout)
{
	if (!are_choices(layout))
		return false;
	kg_layout_fill(layout);
	return layout->per_page > 0;
}

double
kg_layout_with_side_pages(const KgLayout *layout, double pages)
{
	int			side = kg_layout_side_pages(layout);
	int			others = layout->group_pages - side;

	if (layout->group_pages > 0)
		pages += ceil(pages / others) * side;
	return pages;
}
