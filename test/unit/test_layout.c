/*
 * test_layout.c
 *	  The geometry of indexes: for every length of vectors and all options,
 *	  either slots fit on a page with no field on top of another, or the
 *	  error's limit is where it ends; and the choices are those that the
 *	  design's measurements call for.
 */
#include <stdio.h>
#include <string.h>

#include "ann/layout/layout.h"
#include "ann/layout/slot.h"
#include "unit.h"

#define METRICS (KG_METRIC_L1 + 1)	/* bit strings have a test of their own */
#define STORAGES (KG_STORAGE_SQ2 + 1)

static const char *
describe(const KgLayoutRequest *request)
{
	static char text[200];

	snprintf(text, sizeof(text),
			 "%d dimensions, %s, degree %d, %s, code bits %d, code dimensions %d, %d filters",
			 request->dims, kg_metric_names[request->metric], request->max_degree,
			 kg_storage_names[request->storage], request->code_bits,
			 request->code_dims, request->filters);
	return text;
}

/* Fields follow each other, none is short, and all slots are on the page. */
static void
check_fields(const KgLayoutRequest *request, const KgLayout *l)
{
	const struct
	{
		int			start;
		int			bytes;
		int			align;
	}			fields[] = {
		{0, sizeof(NodeSlot), 4},
		{l->own_words, 4 * l->filters, 4},
		{l->occluded, (l->max_degree + 7) / 8, 4},
		{l->neighbors, 4 * l->max_degree, 4},
		{l->words, 4 * l->max_degree * l->filters, 4},
		{l->factor_a, 2 * l->max_degree, 2},
		{l->factor_b, 2 * l->max_degree, 2},
		{l->factor_r2, 2 * l->max_degree, 2},
		{l->nearness, l->members > 1 ? 2 * l->max_degree : 0, 2},
		{l->codes, kg_code_bytes(&l->shape) * l->max_degree, 1},
		{l->vector, (int) kg_scalar_bytes(l->storage, l->shape.dim), 4},
		{l->slot_size, 0, 4},
	};
	int			count = sizeof(fields) / sizeof(fields[0]);

	for (int i = 0; i < count; i++)
	{
		CHECK(fields[i].start % fields[i].align == 0,
			  "%s: field %d is not aligned", describe(request), i);
		CHECK(i + 1 == count ||
			  fields[i].start + fields[i].bytes <= fields[i + 1].start,
			  "%s: field %d is short", describe(request), i);
	}
	CHECK(l->per_page >= 1 && l->per_page * l->slot_size <= KG_PAGE_USABLE &&
		  (l->per_page + 1) * l->slot_size > KG_PAGE_USABLE,
		  "%s: %d slots of %d bytes on a page", describe(request), l->per_page,
		  l->slot_size);
	/* a scan of the last row of codes may read 15 bytes more */
	CHECK(l->slot_size - l->vector >= 15, "%s: codes end the page",
		  describe(request));
}

/* What was asked for is what there is. */
static void
check_choices(const KgLayoutRequest *request, const KgLayout *l)
{
	int			dim = kg_layout_internal_dims(request->dims);
	int			code_dims = (request->code_dims + 7) / 8 * 8;

	CHECK(l->dims == request->dims && l->metric == request->metric &&
		  l->shape.dim == dim && l->filters == request->filters,
		  "%s: for other vectors", describe(request));
	CHECK(l->storage != KG_STORAGE_AUTO &&
		  (request->storage == KG_STORAGE_AUTO ||
		   request->storage == l->storage),
		  "%s: storage is %s", describe(request), kg_storage_names[l->storage]);
	/* words leave the less room, up to an eighth of the neighbours */
	CHECK(l->max_degree <= request->max_degree &&
		  (l->max_degree == request->max_degree || l->max_degree >= 8 || l->filters > 0) &&
		  (l->max_degree == request->max_degree || l->per_page == 1 ||
		   (l->filters > 0 &&
			l->max_degree >= request->max_degree - request->max_degree / 8)),
		  "%s: degree is %d", describe(request), l->max_degree);
	CHECK((l->shape.bits == 1 || l->shape.bits == 2) &&
		  (request->code_bits == 0 || request->code_bits == l->shape.bits),
		  "%s: code bits are %d", describe(request), l->shape.bits);
	CHECK(l->shape.code_dims > 0 && l->shape.code_dims % 8 == 0 &&
		  l->shape.code_dims <= (dim + 7) / 8 * 8,
		  "%s: code dimensions are %d", describe(request), l->shape.code_dims);
	CHECK(request->code_dims == 0 || l->shape.code_dims == code_dims ||
		  l->shape.code_dims < code_dims,
		  "%s: code dimensions are %d", describe(request), l->shape.code_dims);
}

/* What the meta page keeps must be enough to find the fields again. */
static void
check_refill(const KgLayoutRequest *request, const KgLayout *l)
{
	KgLayout	again = {
		.dims = l->dims,
		.metric = l->metric,
		.filters = l->filters,
		.max_degree = l->max_degree,
		.members = l->members,
		.storage = l->storage,
	.shape = {.code_dims = l->shape.code_dims,.bits = l->shape.bits}};

	kg_layout_fill(&again);
	CHECK(memcmp(&again, l, sizeof(again)) == 0, "%s: another layout",
		  describe(request));
}

/* The page of words of a group has room for those of its nodes, and not for more. */
static void
check_words(const KgLayoutRequest *request, const KgLayout *l)
{
	int			nodes = (l->group_pages - 1) * l->per_page;
	int			bytes = 4 * l->filters;

	CHECK(l->word_pages == 1 && nodes > 0 && nodes * bytes <= KG_PAGE_USABLE &&
		  (nodes + l->per_page) * bytes > KG_PAGE_USABLE,
		  "%s: %d nodes with a page of words", describe(request), nodes);
}

/* The pages of copies of a group have room for those of its nodes. */
static void
check_groups(const KgLayoutRequest *request, const KgLayout *l)
{
	int			nodes = (l->group_pages - l->copy_pages) * l->per_page;
	int			per_page;

	if (l->storage < KG_STORAGE_SQ4)
	{
		CHECK(l->copy_bytes == 0 && l->copy_pages == 0 &&
			  (l->group_pages == 0) == (l->filters == 0),
			  "%s: copies", describe(request));
		if (l->filters > 0)
			check_words(request, l);
		return;
	}
	CHECK(l->word_pages == 0, "%s: words and copies", describe(request));
	CHECK(l->copy_bytes > l->vector_bytes && l->copy_pages > 0 &&
		  l->group_pages > l->copy_pages, "%s: no copies", describe(request));
	per_page = KG_PAGE_USABLE / l->copy_bytes;
	if (per_page > 0)
		CHECK(nodes <= l->copy_pages * per_page &&
			  nodes + l->per_page > (l->copy_pages - 1) * per_page,
			  "%s: %d nodes with %d pages of copies", describe(request), nodes,
			  l->copy_pages);
	else
		CHECK(nodes == l->per_page && l->copy_pages * KG_PAGE_USABLE >=
			  nodes * l->copy_bytes && l->copy_pages <= 2 * nodes,
			  "%s: %d nodes with %d pages of copies", describe(request), nodes,
			  l->copy_pages);
}

/*
 * The limit that a refusal names is the same for all that are refused, and
 * they begin right after it.
 */
static void
check_all_dims(KgLayoutRequest request)
{
	int			limit = 0;

	for (request.dims = 1; request.dims <= KG_MAX_DIMS; request.dims++)
	{
		KgLayout	layout = {0};
		int			max_dims = 0;

		if (kg_layout_solve(&request, &layout, &max_dims))
		{
			CHECK(limit == 0, "%s: fits above the limit of %d",
				  describe(&request), limit);
			check_fields(&request, &layout);
			check_choices(&request, &layout);
			check_refill(&request, &layout);
			check_groups(&request, &layout);
			continue;
		}
		if (limit == 0)
			CHECK(max_dims == request.dims - 1, "%s: limit %d",
				  describe(&request), max_dims);
		else
			CHECK(max_dims == limit, "%s: limit %d, then %d",
				  describe(&request), limit, max_dims);
		limit = max_dims;
		/* limits take a search: further up, try some */
		request.dims += 256;
	}
	if (request.storage == KG_STORAGE_AUTO || request.storage == KG_STORAGE_SQ2)
		CHECK(limit == 0 || request.code_bits != 0 || request.code_dims != 0,
			  "%s: limit %d", describe(&request), limit);
}

static void
test_all_dims(void)
{
	static const struct
	{
		int			degree;
		int			bits;
		int			code_dims;
		int			filters;
	}			options[] = {
		{2 * KG_DEFAULT_M, 0, 0}, {2 * KG_MIN_M, 0, 0}, {7, 2, 0},
		{33, 1, 0}, {KG_MAX_DEGREE, 0, 0}, {2 * KG_DEFAULT_M, 0, 100},
		{16, 2, KG_MAX_DIMS},
		{2 * KG_DEFAULT_M, 0, 0, 1}, {2 * KG_DEFAULT_M, 0, 0, 2}, {2 * KG_DEFAULT_M, 0, 0, 4},
		{KG_MAX_DEGREE, 0, 0, 4}, {2 * KG_MIN_M, 0, 0, 3},
	};

	for (size_t o = 0; o < sizeof(options) / sizeof(options[0]); o++)
	{
		for (int s = 0; s < STORAGES; s++)
		{
			KgLayoutRequest request = {.max_degree = options[o].degree,
				.storage = (KgStorage) s,
				.code_bits = options[o].bits,
				.code_dims = options[o].code_dims,
			.filters = options[o].filters};

			unit_begin("layout: all lengths, %s, degree %d, code bits %d, code "
					   "dimensions %d, %d filters",
					   kg_storage_names[s], request.max_degree, request.code_bits,
					   request.code_dims, request.filters);
			for (int metric = 0; metric < METRICS; metric++)
			{
				request.metric = (KgMetric) metric;
				check_all_dims(request);
			}
			unit_end();
		}
	}
}

/* Bytes of a vector, as measured for the design; zeros leave the choice. */
static void
test_known(void)
{
	static const struct
	{
		KgLayoutRequest request;
		KgStorage	storage;
		int			bits;
		int			min_code_dims;
		int			per_page;
	}			known[] = {
		{{128, KG_METRIC_L2, 32, 0, 0, 0}, KG_STORAGE_F16, 2, 128, 5},
		{{128, KG_METRIC_IP, 32, 0, 0, 0}, KG_STORAGE_F16, 2, 128, 5},
		{{128, KG_METRIC_L2, 32, KG_STORAGE_SQ8, 1, 0},
		KG_STORAGE_SQ8,
		1,
		128,
		8},
		{{384, KG_METRIC_COSINE, 32, 0, 0, 0}, KG_STORAGE_F16, 1, 384, 3},
		{{768, KG_METRIC_COSINE, 32, 0, 0, 0}, KG_STORAGE_SQ8, 1, 736, 2},
		{{1536, KG_METRIC_COSINE, 32, 0, 0, 0}, KG_STORAGE_SQ8, 1, 1520, 1},
		{{1536, KG_METRIC_COSINE, 32, 0, 0, 544}, KG_STORAGE_SQ8, 1, 544, 2},
		{{3072, KG_METRIC_COSINE, 32, 0, 0, 0}, KG_STORAGE_SQ8, 1, 1140, 1},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		KgLayout	l;
		int			max_dims;

		CHECK(kg_layout_solve(&known[i].request, &l, &max_dims), "%s: limit %d",
			  describe(&known[i].request), max_dims);
		CHECK(l.storage == known[i].storage && l.shape.bits == known[i].bits &&
			  l.shape.code_dims >= known[i].min_code_dims &&
			  l.per_page == known[i].per_page && l.max_degree == 32,
			  "%s: %s, %d x %d, %d nodes on a page, degree %d",
			  describe(&known[i].request), kg_storage_names[l.storage],
			  l.shape.bits, l.shape.code_dims, l.per_page, l.max_degree);
	}
}

/* Longer vectors never take less, nor are they kept more precisely. */
static void
test_auto_is_smooth(void)
{
	KgLayoutRequest request = {.max_degree = 2 * KG_DEFAULT_M,.dims = 1};
	KgLayout	last;
	int			max_dims;

	kg_layout_solve(&request, &last, &max_dims);
	for (request.dims = 2; request.dims <= KG_MAX_DIMS; request.dims++)
	{
		KgLayout	l;

		kg_layout_solve(&request, &l, &max_dims);
		CHECK(l.per_page <= last.per_page, "%s: %d nodes on a page, not %d",
			  describe(&request), l.per_page, last.per_page);
		CHECK(l.storage >= last.storage || l.storage >= KG_STORAGE_F16,
			  "%s: %s", describe(&request), kg_storage_names[l.storage]);
		last = l;
	}
	CHECK(last.storage == KG_STORAGE_SQ2, "16,000 dimensions: %s",
		  kg_storage_names[last.storage]);
}

/* Pages whose nodes share a list: what fits is used, and no page is too full. */
static void
test_pages(int filters)
{
	unit_begin("layout: pages of members, %d filters", filters);
	for (int dims = 1; dims <= 8000; dims += dims < 300 ? 1 : 97)
	{
		KgLayoutRequest request = {
			.dims = dims,.metric = KG_METRIC_L2,.storage = KG_STORAGE_AUTO,
			.filters = filters,.pages = true
		};
		KgLayout	layout;
		int			max_dims;

		CHECK(kg_layout_solve(&request, &layout, &max_dims), "%d dimensions do not fit", dims);
		CHECK(layout.per_page == layout.members && layout.members >= 2 &&
			  layout.hub_size + layout.members * layout.slot_size <= KG_PAGE_USABLE,
			  "%d dimensions: %d members in %d slots of a page", dims, layout.members,
			  layout.per_page);
		CHECK(layout.max_degree >= 12 && layout.max_degree <= KG_MAX_DEGREE,
			  "%d dimensions: %d neighbours", dims, layout.max_degree);
		check_refill(&request, &layout);
	}
	unit_end();
}

int
main(void)
{
	test_all_dims();
	unit_begin("layout: choices of the design");
	test_known();
	unit_end();
	unit_begin("layout: longer vectors do not take less");
	test_auto_is_smooth();
	unit_end();
	test_pages(0);
	test_pages(4);
	return unit_finish();
}
