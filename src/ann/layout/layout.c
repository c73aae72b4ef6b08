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

/*
 * The noise of estimates (see code_noise) that a search hardly minds: more
 * nodes on a page are worth more than less noise.
 */
#define GOOD_NOISE 0.041

/*
 * Where a page holds one node, long vectors leave little room for codes.  Up
 * to a noise, m stays; above it, fewer neighbours with longer codes find
 * more.  (WordNet, 30,000 x 384: recall@10 at 108 pages a query with m = 32
 * and codes of noise 0.039, 0.060, 0.098: 0.969, 0.958, 0.938; with m = 24
 * and 0.046: 0.970; with m = 16 and 0.039, 0.060: 0.957, 0.950; with m = 8 and
 * 0.039: 0.891.)
 */
static const struct
{
	int			degree;
	double		noise;
}			neighbor_steps[] = {
	{KG_MAX_DEGREE, 0.05}, {160, 0.05}, {128, 0.05}, {96, 0.05}, {80, 0.05},
	{64, 0.05}, {56, 0.05}, {48, 0.05}, {40, 0.05}, {32, 0.05}, {24, 0.06},
	{16, 0.08}, {8, 0.12}
};

#define NEIGHBOR_STEPS ((int) (sizeof(neighbor_steps) / sizeof(neighbor_steps[0])))

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

/*
 * The noise of a sample of bits (see sample_noise) that a search does not mind:
 * README, "Bit strings".
 */
#define GOOD_SAMPLE_NOISE 0.06

/*
 * Bit strings too long even for samples as good: there are as many neighbours
 * as can have so many bits.
 */
static const struct
{
	int			degree;
	int			bits;
}			sample_steps[] = {
	{KG_MAX_DEGREE, 1024}, {128, 1024}, {96, 1024}, {64, 1024}, {48, 1024},
	{40, 1024}, {32, 1024}, {24, 768}, {16, 384}, {12, 256}, {8, 64}, {4, 8}
};

/* An even number, as the rotation wants. */
int
kg_layout_internal_dims(int dims)
{
	int			d = round_up(dims, 2);

	return d < MIN_INTERNAL_DIMS ? MIN_INTERNAL_DIMS : d;
}

/* Of bit strings, words. */
static int
internal_dims(KgMetric metric, int dims, int sparse)
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

void
kg_layout_fill(KgLayout *layout)
{
	int			m = layout->max_degree;
	int			at = sizeof(NodeSlot);

	/* samples of bits need no factors: then these are at r2's place */
	int			factors = kg_metric_of_bits(layout->metric) ? 0 : 2;

	layout->shape.dim = internal_dims(layout->metric, layout->dims,
									  layout->sparse);
	layout->row_bytes = kg_metric_of_bits(layout->metric) ?
		(int) kg_bits_bytes(layout->shape.code_dims) :
		kg_code_bytes(&layout->shape);
	layout->vector_bytes = (int) kg_scalar_bytes(layout->storage,
												 layout->shape.dim);

	layout->own_words = at;
	at += 4 * layout->filters;
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
	layout->codes = at;
	at += layout->row_bytes * m;
	at = round_up(at, 4);

	/*
	 * The own vector comes last: scanning codes may read up to 15 bytes past
	 * them, and the vector, which is longer, keeps that inside the page.
	 */
	layout->vector = at;
	at += layout->vector_bytes;
	layout->sparse_vector = round_up(at, 4);
	if (layout->sparse > 0)
		at = layout->sparse_vector + kg_sparse_bytes(layout->sparse);

	layout->slot_size = round_up(at, 4);
	layout->per_page = KG_PAGE_USABLE / layout->slot_size;
	if (layout->per_page > 0)
		fill_groups(layout);
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

/*
 * The standard deviation of an estimate, in units of 2 |r| |q - c|: RaBitQ,
 * theorem 3.2, with a^2 the squared cosine of a residual and its code.  For
 * normal residuals it is 2 / pi for one bit and 0.8825 for the best four
 * levels (Max, "Quantizing for minimum distortion", 1960), times the part of
 * the dimensions that is coded.
 */
static double
code_noise(const KgCodeShape *shape)
{
	double		a2 = shape->bits == 2 ? 0.8825 : 0.6366;

	if (shape->code_dims < shape->dim)
		a2 = a2 * shape->code_dims / shape->dim;
	return sqrt((1 - a2) / a2 / (shape->dim - 1));
}

/* All dimensions, for a code. */
static int
full_code_dims(const KgLayoutRequest *request)
{
	return round_up(internal_dims(request->metric, request->dims,
								  request->sparse), 8);
}

/*
 * Gives a layout with m and storage the codes with the least noise for which
 * per_page slots fit on a page.  False if there are none.
 */
static bool
fit_codes(const KgLayoutRequest *request, int per_page, KgLayout *layout)
{
	int			full = full_code_dims(request);
	int			best_bits = 0;
	int			best_dims = 0;
	double		best = INFINITY;
	int			capacity;

	layout->shape.bits = 1;
	layout->shape.code_dims = 0;
	kg_layout_fill(layout);
	capacity = KG_PAGE_USABLE / per_page / 4 * 4 - layout->slot_size;
	for (int bits = 1; capacity > 0 && bits <= 2; bits++)
	{
		int			fit = capacity / layout->max_degree / bits * 8;
		int			want = request->code_dims ? round_up(request->code_dims, 8) : fit;

		if (request->code_bits != 0 && request->code_bits != bits)
			continue;
		want = want < full ? want : full;
		if (want > fit || want <= 0)
			continue;
		layout->shape.bits = bits;
		layout->shape.code_dims = want;
		if (code_noise(&layout->shape) < best)
		{
			best = code_noise(&layout->shape);
			best_bits = bits;
			best_dims = want;
		}
	}
	layout->shape.bits = best_bits;
	layout->shape.code_dims = best_dims;
	if (best_bits == 0)
		return false;
	kg_layout_fill(layout);
	return layout->per_page >= per_page;
}

/*
 * The words of filters take room beside each neighbour.  Where fewer
 * neighbours, by up to an eighth, leave room for better codes, that is the
 * better choice.
 */
static bool
fit_with_words(const KgLayoutRequest *request, int per_page, KgLayout *layout)
{
	KgLayout	best;
	bool		found = false;
	int			least = request->max_degree - request->max_degree / 8;

	if (request->filters == 0)
		return fit_codes(request, per_page, layout);
	for (int degree = request->max_degree; degree >= least; degree--)
	{
		layout->max_degree = degree;
		if (fit_codes(request, per_page, layout) &&
			(!found || code_noise(&layout->shape) < code_noise(&best.shape)))
		{
			best = *layout;
			found = true;
		}
	}
	layout->max_degree = request->max_degree;
	if (found)
		*layout = best;
	return found;
}

/*
 * As many nodes on a page as codes without much noise allow.  False if even
 * one node's are noisier.
 */
static bool
fit_many(const KgLayoutRequest *request, KgLayout *layout)
{
	KgCodeShape best = {.dim = layout->shape.dim};
	double		enough;
	int			most;

	/* Short vectors have no codes that good: the best must do. */
	best.code_dims = full_code_dims(request);
	best.bits = request->code_bits ? request->code_bits : 2;
	enough = code_noise(&best);
	if (enough < GOOD_NOISE)
		enough = GOOD_NOISE;

	layout->shape.bits = 1;
	layout->shape.code_dims = 0;
	kg_layout_fill(layout);
	most = KG_PAGE_USABLE / layout->slot_size;
	for (int per_page = most; per_page > 0; per_page--)
		if (fit_with_words(request, per_page, layout) &&
			(request->code_dims || code_noise(&layout->shape) <= enough))
			return true;
	layout->max_degree = request->max_degree;
	return false;
}

/* One node on a page, going as far as the given number of steps. */
static bool
fit_one(const KgLayoutRequest *request, int steps, KgLayout *layout)
{
	for (int i = 0; i < steps; i++)
	{
		layout->max_degree = neighbor_steps[i].degree;
		if (layout->max_degree > request->max_degree)
			layout->max_degree = request->max_degree;
		if (fit_codes(request, 1, layout) &&
			(request->code_dims ||
			 code_noise(&layout->shape) <= neighbor_steps[i].noise))
			return true;
	}
	return false;
}

static bool
try_storage(const KgLayoutRequest *request, KgStorage storage, int steps,
			KgLayout *layout)
{
	layout->dims = request->dims;
	layout->metric = request->metric;
	layout->filters = request->filters;
	layout->sparse = request->sparse;
	layout->max_degree = request->max_degree;
	layout->storage = storage;
	layout->shape.dim = internal_dims(request->metric, request->dims,
									  request->sparse);
	return fit_many(request, layout) || fit_one(request, steps, layout);
}

/* float16 where there is room for it beside what was chosen. */
static void
refine_storage(KgLayout *layout)
{
	KgLayout	finer = *layout;

	finer.storage = KG_STORAGE_F16;
	kg_layout_fill(&finer);
	if (finer.per_page == layout->per_page)
		*layout = finer;
}

/*
 * The standard deviation of a distance by a sample of the bits, in parts of the
 * distance, if a quarter of all bits differ: sampling without replacement.
 */
static double
sample_noise(const KgLayout *layout)
{
	return sqrt(3 * (1.0 / layout->shape.code_dims - 1.0 / layout->dims));
}

/* Codes of so many bits, and a number of neighbours; does that fit? */
static bool
fit_bits(int degree, int bits, KgLayout *layout)
{
	layout->max_degree = degree;
	layout->shape.code_dims = bits > 0 ? bits : 0;
	kg_layout_fill(layout);
	return bits > 0 && layout->per_page > 0;
}

/*
 * A neighbour's code is its bits, so that estimates are exact, or a sample of
 * them that is nearly as good, if more nodes fit on a page then.
 */
static bool
try_bits(const KgLayoutRequest *request, KgLayout *layout)
{
	int			most = request->code_dims ? Min(round_up(request->code_dims, 8), request->dims) :
	request->dims;

	layout->dims = request->dims;
	layout->metric = request->metric;
	layout->filters = request->filters;
	layout->sparse = 0;
	layout->storage = KG_STORAGE_BITS;
	layout->shape.bits = 1;
	(void) fit_bits(request->max_degree, 0, layout);
	for (int per_page = KG_PAGE_USABLE / layout->slot_size; per_page > 0; per_page--)
	{
		int			room;

		(void) fit_bits(request->max_degree, 0, layout);
		room = (KG_PAGE_USABLE / per_page / 4 * 4 - layout->slot_size) /
			request->max_degree * 8;
		if (fit_bits(request->max_degree, Min(room, most), layout) &&
			(request->code_dims ? layout->shape.code_dims == most :
			 sample_noise(layout) <= GOOD_SAMPLE_NOISE))
			return true;
	}
	for (size_t i = 0; i < sizeof(sample_steps) / sizeof(sample_steps[0]); i++)
	{
		int			degree = Min(sample_steps[i].degree, request->max_degree);
		int			room;

		(void) fit_bits(degree, 0, layout);
		room = (KG_PAGE_USABLE - layout->slot_size) / degree * 8;
		if (fit_bits(degree, Min(room, most), layout) &&
			(request->code_dims ? layout->shape.code_dims == most :
			 layout->shape.code_dims >= sample_steps[i].bits))
			return true;
	}
	return false;
}

/*
 * What SQ8 lacks is made up for by reading a few more rows of the table, what
 * SQ4 lacks by reading many, SQ2 finds less as well: see the README.
 */
static bool
try_layout(const KgLayoutRequest *request, KgLayout *layout)
{
	int			all = NEIGHBOR_STEPS;

	if (kg_metric_of_bits(request->metric))
		return try_bits(request, layout);
	if (request->storage != KG_STORAGE_AUTO)
		return try_storage(request, request->storage, all, layout);
	if (!try_storage(request, KG_STORAGE_SQ8, all - 1, layout))
		return try_storage(request, KG_STORAGE_SQ4, all, layout) ||
			try_storage(request, KG_STORAGE_SQ2, all, layout);
	refine_storage(layout);
	return true;
}

bool
kg_layout_solve(const KgLayoutRequest *request, KgLayout *layout, int *max_dims)
{
	KgLayoutRequest shorter = *request;
	KgLayout	scratch;
	int			low = 1;
	int			high = request->dims;

	if (try_layout(request, layout))
		return true;
	if (request->sparse > 0)
	{
		/* however many dimensions the column has */
		*max_dims = 0;
		return false;
	}

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
