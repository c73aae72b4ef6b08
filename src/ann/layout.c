/*
 * layout.c
 *	  The geometry of an index.
 */
#include "ann/layout.h"
#include "ann/slot.h"

/*
 * Short vectors are rotated into this many dimensions, so that their codes
 * have enough bits to tell neighbours apart.
 */
#define MIN_INTERNAL_DIMS 64

/* Two code bits pay up to this many dimensions, one is enough above. */
#define TWO_BITS_MAX_DIMS 256

/* float16 up to this many dimensions, 8 bits above. */
#define F16_MAX_DIMS 512

/* One more node a page is worth this part of the code dimensions. */
#define CODE_SHRINK_NUM 15
#define CODE_SHRINK_DEN 16

/* Codes of less than this part of the dimensions say too little. */
#define MIN_CODE_PART 16

static int
round_up(int x, int to)
{
	return (x + to - 1) / to * to;
}

/*
 * Inner product gains a dimension (see space.h).  An even number, as the
 * rotation wants.
 */
int
kg_layout_internal_dims(int dims, KgMetric metric)
{
	int			d = round_up(dims + (metric == KG_METRIC_IP), 2);

	return d < MIN_INTERNAL_DIMS ? MIN_INTERNAL_DIMS : d;
}

void
kg_layout_fill(KgLayout *layout)
{
	int			m = layout->m;
	int			at = sizeof(NodeSlot);

	layout->shape.dim = kg_layout_internal_dims(layout->dims, layout->metric);
	layout->row_bytes = kg_code_bytes(&layout->shape);
	layout->vector_bytes = (int) kg_scalar_bytes(layout->storage,
												 layout->shape.dim);

	layout->occluded = at;
	at += 4 * ((m + 31) / 32);
	layout->neighbors = at;
	at += 4 * m;
	layout->factor_a = at;
	at += 2 * m;
	layout->factor_b = at;
	at += 2 * m;
	layout->factor_r2 = at;
	at += 2 * m;
	layout->codes = at;
	at += layout->row_bytes * m;
	at = round_up(at, 4);

	/*
	 * The own vector comes last: scanning codes may read up to 15 bytes past
	 * them, and the vector, which is longer, keeps that inside the page.
	 */
	layout->vector = at;
	at += layout->vector_bytes;

	layout->slot_size = round_up(at, 4);
	layout->per_page = KG_PAGE_USABLE / layout->slot_size;
}

/* The most code dimensions with which per_page slots fit; may be negative. */
static int
code_dims_that_fit(const KgLayout *layout, int per_page)
{
	KgLayout	bare = *layout;
	int			left;

	bare.shape.code_dims = 0;
	kg_layout_fill(&bare);
	left = KG_PAGE_USABLE / per_page / 4 * 4 - bare.slot_size;
	if (left < 0)
		return -1;
	return left / bare.m / bare.shape.bits * 8;
}

static bool
try_layout(const KgLayoutRequest *request, KgLayout *layout)
{
	int			dim = kg_layout_internal_dims(request->dims, request->metric);
	int			full;
	int			fit;

	layout->dims = request->dims;
	layout->metric = request->metric;
	layout->m = request->m;
	layout->storage = request->storage;
	if (layout->storage == KG_STORAGE_AUTO)
		layout->storage = dim <= F16_MAX_DIMS + 2 ? KG_STORAGE_F16 :
			KG_STORAGE_SQ8;
	layout->shape.bits = request->code_bits;
	if (layout->shape.bits == 0)
		layout->shape.bits = dim <= TWO_BITS_MAX_DIMS + 2 ? 2 : 1;

	/*
	 * Code every dimension, unless a little less makes room for one more node
	 * on the page.  The dimension that inner product adds needs no code.
	 */
	full = round_up(dim, 8);
	if (request->metric == KG_METRIC_IP && request->dims >= MIN_INTERNAL_DIMS)
		full = round_up(request->dims, 8);
	layout->shape.code_dims = full;
	kg_layout_fill(layout);
	fit = code_dims_that_fit(layout, layout->per_page + 1);
	if (fit > full)
		fit = full;
	if (layout->per_page == 0 ? fit >= dim / MIN_CODE_PART && fit >= 8 :
		fit >= full / CODE_SHRINK_DEN * CODE_SHRINK_NUM)
		layout->shape.code_dims = fit;
	kg_layout_fill(layout);
	return layout->per_page > 0;
}

bool
kg_layout_solve(const KgLayoutRequest *request, KgLayout *layout,
				int *max_dims)
{
	KgLayoutRequest shorter = *request;
	KgLayout	scratch;
	int			low = 1;
	int			high = request->dims;

	if (try_layout(request, layout))
		return true;

	/* Shorter vectors fit whenever longer ones do: find where it ends. */
	while (high - low > 1)
	{
		shorter.dims = low + (high - low) / 2;
		if (try_layout(&shorter, &scratch))
			low = shorter.dims;
		else
			high = shorter.dims;
	}
	*max_dims = low;
	return false;
}
