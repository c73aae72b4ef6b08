/*
 * layout_solve.c
 *	  Finding the layout of a request.
 */
#include <math.h>

#include "ann/layout/layout.h"

#define Min(x, y) ((x) < (y) ? (x) : (y))

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

/*
 * Pages of members: of better codes than these a search has nothing, and with noisier ones
 * a list of LEAST_LIST neighbours would lead it astray.  README, "Long vectors".
 */
#define GOOD_PAGE_NOISE 0.034
#define MOST_PAGE_NOISE 0.055

/* Members of a page, at most by default, and neighbours of it, at least. */
#define MOST_MEMBERS 12
#define LEAST_LIST 64
#define SHORTEST_LIST 12
#define LEAST_CODE_DIMS 64

static int
round_up(int x, int to)
{
	return (x + to - 1) / to * to;
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
	return round_up(kg_layout_space_dims(request->metric, request->dims,
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
	layout->members = 1;
	layout->max_degree = request->max_degree;
	layout->storage = storage;
	layout->shape.dim = kg_layout_space_dims(request->metric, request->dims,
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
	layout->members = 1;
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

/* The fewest dimensions whose codes of so many bits have no more noise, or all. */
static int
fewest_code_dims(const KgLayoutRequest *request, int bits, double noise)
{
	KgCodeShape shape = {.bits = bits};
	int			full = full_code_dims(request);

	shape.dim = kg_layout_space_dims(request->metric, request->dims, 0);
	if (request->code_dims)
		return Min(round_up(request->code_dims, 8), full);
	for (shape.code_dims = 8; shape.code_dims < full; shape.code_dims += 8)
		if (code_noise(&shape) <= noise)
			break;
	return shape.code_dims;
}

/* As many neighbours as codes leave room for. */
static int
longest_list(int most, KgLayout *layout)
{
	for (layout->max_degree = most; layout->max_degree > 0; layout->max_degree--)
	{
		kg_layout_fill(layout);
		if (layout->per_page > 0)
			break;
	}
	return layout->max_degree;
}

/* The neighbours that a page should have, at least. */
static int
least_list(const KgLayoutRequest *request)
{
	return request->max_degree ? Min(LEAST_LIST, request->max_degree) : LEAST_LIST;
}

/*
 * The list of a page with codes of so many bits: good ones, or else as good as leave room
 * for enough neighbours; false: there is room for none.
 */
static bool
fit_list(const KgLayoutRequest *request, int members, int bits, KgLayout *layout)
{
	int			most = request->max_degree ? request->max_degree : KG_MAX_DEGREE;
	int			fewest = fewest_code_dims(request, bits, MOST_PAGE_NOISE);

	layout->members = members;
	layout->shape.bits = bits;
	layout->shape.code_dims = fewest_code_dims(request, bits, GOOD_PAGE_NOISE);
	while (longest_list(most, layout) < least_list(request) &&
		   layout->shape.code_dims > fewest)
		layout->shape.code_dims -= 8;
	while (longest_list(most, layout) < Min(most, SHORTEST_LIST))
	{
		if (request->code_dims || layout->shape.code_dims <= LEAST_CODE_DIMS)
			return false;
		layout->shape.code_dims = round_up(layout->shape.code_dims / 2, 8);
	}
	return true;
}

/* A list that is long enough, else the longer; good codes, else those with less noise. */
static bool
is_better_list(const KgLayoutRequest *request, const KgLayout *layout, const KgLayout *best)
{
	int			least = least_list(request);
	double		noise = code_noise(&layout->shape);
	double		best_noise = code_noise(&best->shape);

	if (layout->max_degree >= least && best->max_degree >= least &&
		(noise > GOOD_PAGE_NOISE || best_noise > GOOD_PAGE_NOISE))
		return noise < best_noise;
	return layout->max_degree > best->max_degree;
}

/* The best list of a page of so many members. */
static bool
fit_members(const KgLayoutRequest *request, int members, KgLayout *layout)
{
	KgLayout	best = *layout;
	bool		found = false;

	for (int bits = 1; bits <= 2; bits++)
	{
		if ((request->code_bits && bits != request->code_bits) ||
			!fit_list(request, members, bits, layout) ||
			(found && !is_better_list(request, layout, &best)))
			continue;
		best = *layout;
		found = true;
	}
	*layout = best;
	return found;
}

/*
 * As many members as leave room for a long list.  Where no list is long, the
 * two members that a page has at least.
 */
static bool
try_members(const KgLayoutRequest *request, KgStorage storage, KgLayout *layout)
{
	layout->dims = request->dims;
	layout->metric = request->metric;
	layout->filters = request->filters;
	layout->sparse = 0;
	layout->storage = storage;
	if (request->members)
		return fit_members(request, request->members, layout);
	for (int members = MOST_MEMBERS; members > 2; members--)
		if (fit_members(request, members, layout) && layout->max_degree >= least_list(request))
			return true;
	return fit_members(request, 2, layout);
}

static bool
try_pages(const KgLayoutRequest *request, KgLayout *layout)
{
	if (request->storage != KG_STORAGE_AUTO)
		return try_members(request, request->storage, layout);
	return try_members(request, KG_STORAGE_SQ8, layout) ||
		try_members(request, KG_STORAGE_SQ4, layout) ||
		try_members(request, KG_STORAGE_SQ2, layout);
}

/*
 * What SQ8 lacks is made up for by reading a few more rows of the table, what
 * SQ4 lacks by reading many, SQ2 finds less as well: see the README.
 */
static bool
try_layout(const KgLayoutRequest *request, KgLayout *layout)
{
	int			all = NEIGHBOR_STEPS;

	if (request->pages)
		return try_pages(request, layout);
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
