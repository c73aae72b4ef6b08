/*
 * test_ann_order.c
 *	  Rows in spatial order: the order has each point once and puts near ones
 *	  together, cuts share points out evenly, rows survive their flat form, and
 *	  the points that stand for them are as far apart as their vectors.  Groups of near
 *	  vectors have each vector once, and are narrow.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/bisect.h"
#include "ann/core/flat_row.h"
#include "ann/core/nearness.h"
#include "quant/rotation.h"
#include "shim.h"
#include "simd/simd.h"
#include "unit.h"

#define LEAF 8

typedef struct Element
{
	float		key;
} Element;

#define SELECT_NAME select_least
#define SELECT_ELEMENT Element
#define SELECT_KEY key
#include "lib/quickselect.h"

static float *
random_points(uint32 count, int dims)
{
	float	   *x = palloc(sizeof(float) * Max(count, 1) * dims);

	for (uint32 i = 0; i < count * dims; i++)
		x[i] = random_float();
	return x;
}

static uint32 *
order_of(const KgPoints *points)
{
	uint32	   *order = palloc(sizeof(uint32) * Max(points->count, 1));

	kg_bisect_order(points, LEAF, order);
	return order;
}

/* Each number once. */
static void
check_permutation(const uint32 *order, uint32 count)
{
	bool	   *seen = palloc0(Max(count, 1));

	for (uint32 i = 0; i < count; i++)
	{
		CHECK(order[i] < count && !seen[order[i]], "point %u at %u of %u", order[i], i, count);
		seen[order[i]] = true;
	}
}

static void
test_permutation(void)
{
	static const uint32 counts[] = {0, 1, 2, LEAF, LEAF + 1, 100, 3000};
	static const int dims[] = {1, 3, 128};

	for (int i = 0; i < (int) (sizeof(counts) / sizeof(counts[0])); i++)
		for (int j = 0; j < (int) (sizeof(dims) / sizeof(dims[0])); j++)
		{
			KgPoints	points = {random_points(counts[i], dims[j]), counts[i], dims[j]};

			check_permutation(order_of(&points), counts[i]);
		}
}

/* Points that no line tells apart, and one that differs. */
static void
test_equal(void)
{
	float	   *x = palloc0(sizeof(float) * 1000 * 4);
	KgPoints	points = {x, 1000, 4};
	KgCuts	   *cuts = palloc(kg_cuts_size(4, 5));

	check_permutation(order_of(&points), points.count);
	x[4 * 700] = KG_MOST_COORDINATE;
	x[4 * 701] = -KG_MOST_COORDINATE;
	check_permutation(order_of(&points), points.count);
	kg_cuts_make(cuts, &points, 5);
	for (uint32 i = 0; i < points.count; i++)
	{
		int			cell = kg_cuts_find(cuts, x + 4 * i);

		CHECK(cell >= 0 && cell < 32, "point %u is in cell %d", i, cell);
	}
}

/* Distances between points that follow each other, compared to random ones. */
static double
mean_step(const KgPoints *points, const uint32 *order)
{
	double		sum = 0;

	for (uint32 i = 1; i < points->count; i++)
	{
		uint32		a = order ? order[i - 1] : i - 1;
		uint32		b = order ? order[i] : i;

		sum += sqrt(kg_simd->l2sq_f32(points->x + (Size) a * points->dims,
									  points->x + (Size) b * points->dims, points->dims));
	}
	return sum / (points->count - 1);
}

static void
test_near(void)
{
	static const struct
	{
		int			dims;
		double		part;		/* of a random step */
	}			cases[] = {{1, 0.01}, {2, 0.07}, {8, 0.6}};

	for (int i = 0; i < (int) (sizeof(cases) / sizeof(cases[0])); i++)
	{
		KgPoints	points = {random_points(4000, cases[i].dims), 4000, cases[i].dims};
		double		part = mean_step(&points, order_of(&points)) / mean_step(&points, NULL);

		CHECK(part < cases[i].part, "%d dimensions: steps are %.3f of random ones",
			  cases[i].dims, part);
	}
}

/* Of 16 clusters far apart, the order goes through one after another. */
static void
test_clusters(void)
{
	float	   *x = random_points(16 * 64, 24);
	KgPoints	points = {x, 16 * 64, 24};
	uint32	   *order;
	int			changes = 0;

	for (uint32 i = 0; i < points.count; i++)
		for (int bit = 0; bit < 4; bit++)
			x[i * 24 + bit] += i % 16 & 1 << bit ? 100 : -100;
	order = order_of(&points);
	for (uint32 i = 1; i < points.count; i++)
		changes += order[i] % 16 != order[i - 1] % 16;
	CHECK(changes == 15, "%d changes of cluster", changes);
}

static void
test_cuts(void)
{
	KgPoints	sample = {random_points(2048, 16), 2048, 16};
	KgPoints	points = {random_points(32 * 1000, 16), 32 * 1000, 16};
	KgCuts	   *cuts = palloc(kg_cuts_size(16, 5));
	int			counts[32] = {0};

	kg_cuts_make(cuts, &sample, 5);
	for (uint32 i = 0; i < sample.count; i++)
		counts[kg_cuts_find(cuts, sample.x + 16 * i)]++;
	for (int cell = 0; cell < 32; cell++)
		CHECK(counts[cell] == 64, "%d sampled points in cell %d", counts[cell], cell);

	memset(counts, 0, sizeof(counts));
	for (uint32 i = 0; i < points.count; i++)
		counts[kg_cuts_find(cuts, points.x + 16 * i)]++;
	for (int cell = 0; cell < 32; cell++)
		CHECK(counts[cell] > 500 && counts[cell] < 2000, "%d points in cell %d",
			  counts[cell], cell);
}

/* A sample of fewer points than cells. */
static void
test_few(void)
{
	for (uint32 count = 0; count < 5; count++)
	{
		KgPoints	sample = {random_points(count, 3), count, 3};
		KgCuts	   *cuts = palloc(kg_cuts_size(3, KG_MAX_CUTS_DEPTH));
		const float *x = random_points(1, 3);
		int			cell;

		kg_cuts_make(cuts, &sample, KG_MAX_CUTS_DEPTH);
		cell = kg_cuts_find(cuts, x);
		CHECK(cell >= 0 && cell < 1 << KG_MAX_CUTS_DEPTH, "cell %d", cell);
	}
}

static KgLayout
solve(int dims, KgMetric metric, int filters, int sparse)
{
	KgLayoutRequest request = {
		.dims = dims,.metric = metric,.max_degree = 16,.filters = filters,.sparse = sparse
	};
	KgLayout	layout;
	int			max_dims;

	CHECK(kg_layout_solve(&request, &layout, &max_dims), "no layout");
	return layout;
}

/* A row's flat form gives the row again. */
static void
check_flat(const KgLayout *layout, const void *x, Size bytes)
{
	KgRow		row = {.tid = {1, 2, 3},.x = x,.words = {4, 5, 6, 7}};
	KgFlatRow  *flat = palloc(kg_flat_row_size(layout, x));
	KgSparseValue sparse;
	KgRow		read;

	kg_flat_row_write(layout, &row, flat);
	CHECK(flat->size == kg_flat_row_size(layout, x) && flat->size % 8 == 0, "size %u",
		  flat->size);
	read = kg_flat_row_read(layout, flat, &sparse);
	CHECK(memcmp(&read.tid, &row.tid, sizeof(row.tid)) == 0, "another TID");
	CHECK(memcmp(read.words, row.words, sizeof(uint32) * layout->filters) == 0, "other words");
	if (layout->sparse > 0)
	{
		const KgSparseValue *value = x;

		CHECK(sparse.count == value->count &&
			  memcmp(sparse.indices, value->indices, sizeof(int32_t) * value->count) == 0 &&
			  memcmp(sparse.values, value->values, sizeof(float) * value->count) == 0,
			  "another sparse vector");
	}
	else
		CHECK(memcmp(read.x, x, bytes) == 0, "another vector");
}

static void
test_flat(void)
{
	KgLayout	dense = solve(33, KG_METRIC_L2, 2, 0);
	KgLayout	bits = solve(77, KG_METRIC_HAMMING, 0, 0);
	KgLayout	sparse = solve(1000, KG_METRIC_COSINE, 1, 16);
	int32_t		indices[] = {1, 5, 900};
	float		values[] = {1, -2, 3};
	KgSparseValue value = {3, indices, values};
	KgSparseValue empty = {0, indices, values};

	check_flat(&dense, random_points(1, 33), 33 * sizeof(float));
	check_flat(&bits, random_points(1, 4), 10);
	check_flat(&sparse, &value, 0);
	check_flat(&sparse, &empty, 0);
}

/*
 * Points are as far apart as the vectors of their space, a quarter off at most.  What is
 * read beyond the scratch memory ends the program.
 */
static void
check_points(const KgLayout *layout, const float *x, int stride)
{
	float	   *rotation = palloc(sizeof(float) * kg_rotation_floats(layout->shape.dim));
	KgSpace		space = {.layout = layout,.unit = 1,.rotation = rotation};
	Size		bytes = sizeof(double) * layout->shape.dim;
	Guard	   *guards[] = {guard_create(bytes), guard_create(bytes)};
	double	   *y[] = {guard_at_end(guards[0], bytes), guard_at_end(guards[1], bytes)};
	float		points[2][KG_POINT_DIMS];

	kg_rotation_init(rotation, layout->shape.dim, KG_ROTATION_SEED);
	for (int pair = 0; pair < 50; pair++)
	{
		double		apart;
		double		square = 0;

		for (int i = 0; i < 2; i++)
			kg_point_make(&space, x + (pair * 2 + i) * stride, y[i], points[i]);
		apart = kg_space_apart(layout, y[0], y[1]);
		if (kg_metric_of_bits(layout->metric))
			apart = sqrt(apart);
		for (int i = 0; i < kg_point_dims(layout); i++)
			square += (points[0][i] - points[1][i]) * (points[0][i] - points[1][i]);
		CHECK(fabs(sqrt(square) / apart - 1) < 0.25, "%s, %d dimensions: %f instead of %f",
			  kg_metric_names[layout->metric], layout->dims, sqrt(square), apart);
	}
	guard_free(guards[0]);
	guard_free(guards[1]);
}

static void
test_points(void)
{
	KgLayout	small = solve(40, KG_METRIC_L2, 0, 0);
	KgLayout	large = solve(1000, KG_METRIC_COSINE, 0, 0);
	KgLayout	taxicab = solve(500, KG_METRIC_L1, 0, 0);
	KgLayout	bits = solve(960, KG_METRIC_HAMMING, 0, 0);

	CHECK(kg_point_dims(&small) == small.shape.dim, "%d dimensions", kg_point_dims(&small));
	CHECK(kg_point_dims(&large) == KG_POINT_DIMS, "%d dimensions", kg_point_dims(&large));
	check_points(&small, random_points(100, 40), 40);
	check_points(&large, random_points(100, 1000), 1000);
	check_points(&taxicab, random_points(100, 500), 500);
	check_points(&bits, random_points(100, 30), 30);
}

/* Vectors that have no place, or one very far away. */
static void
test_extreme(void)
{
	KgLayout	layout = solve(64, KG_METRIC_COSINE, 0, 0);
	KgLayout	long_layout = solve(64, KG_METRIC_L1, 0, 0);
	KgSpace		space = {.layout = &layout,.unit = 1};
	double		y[64];
	float		x[64] = {0};
	float		point[KG_POINT_DIMS];

	kg_point_make(&space, x, y, point);
	for (int i = 0; i < kg_point_dims(&layout); i++)
		CHECK(point[i] == 0, "a zero vector has %f", point[i]);
	space.layout = &long_layout;
	x[3] = 3e38f;
	x[4] = -3e38f;
	kg_point_make(&space, x, y, point);
	CHECK(point[3] > 1e14f && point[3] <= KG_MOST_COORDINATE && point[4] == -point[3],
		  "far away: %g, %g", point[3], point[4]);
}

/*
 * Groups of near vectors.
 */

#define GROUP 12

static uint32 *
groups_of(const float *x, int dims, bool by_direction, int count)
{
	int		   *order = palloc(sizeof(int) * Max(count, 1));

	kg_nearness_order(x, dims, by_direction, GROUP, order, count);
	check_permutation((uint32 *) order, count);
	return (uint32 *) order;
}

static void
test_group_counts(void)
{
	static const int counts[] = {0, 1, GROUP - 1, GROUP, GROUP + 1, 5 * GROUP, 3000};

	for (int i = 0; i < (int) (sizeof(counts) / sizeof(counts[0])); i++)
		for (int by_direction = 0; by_direction < 2; by_direction++)
			(void) groups_of(random_points(counts[i], 5), 5, by_direction, counts[i]);
}

/* Vectors that are equal, zero, or so long that their sums are not finite. */
static void
test_group_extremes(void)
{
	float	   *x = palloc0(sizeof(float) * 500 * 4);

	for (int by_direction = 0; by_direction < 2; by_direction++)
	{
		(void) groups_of(x, 4, by_direction, 500);
		for (int i = 0; i < 100; i++)
			x[i * 4 + i % 4] = i % 2 ? 3e38f : -3e38f;
		(void) groups_of(x, 4, by_direction, 500);
		x[444] = INFINITY;
		(void) groups_of(x, 4, by_direction, 500);
	}
}

/* The mean squared distance of points from the means of their groups. */
static double
spread(const float *x, int dims, const uint32 *order, int count)
{
	double		sum = 0;

	for (int first = 0; first + GROUP <= count; first += GROUP)
		for (int j = 0; j < dims; j++)
		{
			double		mean = 0;

			for (int i = first; i < first + GROUP; i++)
				mean += x[order[i] * dims + j] / GROUP;
			for (int i = first; i < first + GROUP; i++)
				sum += (x[order[i] * dims + j] - mean) * (x[order[i] * dims + j] - mean);
		}
	return sum / count;
}

/* Bisection alone leaves .00037, .037 and .16 of a dimension. */
static void
test_group_spread(void)
{
	static const struct
	{
		int			dims;
		double		most;		/* squared, of a dimension */
	}			cases[] = {{2, 0.00035}, {6, 0.031}, {16, 0.135}};

	for (int i = 0; i < (int) (sizeof(cases) / sizeof(cases[0])); i++)
	{
		int			dims = cases[i].dims;
		float	   *x = random_points(1000 * GROUP, dims);
		double		found = spread(x, dims, groups_of(x, dims, false, 1000 * GROUP),
								   1000 * GROUP) / dims;

		CHECK(found < cases[i].most, "%d dimensions: %f", dims, found);
	}
}

/* Directions, each at lengths from 1 to 1,000, in groups of their own. */
static void
test_group_directions(void)
{
	float	   *directions = random_points(50, 8);
	float	   *x = palloc(sizeof(float) * 50 * GROUP * 8);
	uint32	   *order;
	int			strangers = 0;

	for (int i = 0; i < 50 * GROUP; i++)
		for (int j = 0; j < 8; j++)
			x[i * 8 + j] = directions[i % 50 * 8 + j] * powf(10, i % 4);
	order = groups_of(x, 8, true, 50 * GROUP);
	for (int i = 0; i < 50 * GROUP; i++)
		strangers += order[i] % 50 != order[i - i % GROUP] % 50;
	CHECK(strangers == 0, "%d of %d are in groups of another direction", strangers, 50 * GROUP);
}

/* The key of an element of some, in orders that are hard on a quickselect. */
static float
hard_key(int order, int i, int count)
{
	switch (order)
	{
		case 0:
			return Min(i, count - i);	/* rises, then falls */
		case 1:
			return Max(i, count - i);
		case 2:
			return i;
		case 3:
			return 1;
		case 4:
			return i % 1000;
		default:
			return random_float();
	}
}

/* If time grew with the square of count, this would take an hour. */
static void
test_least(void)
{
	int			count = 2000000;
	Element    *elements = palloc(sizeof(Element) * count);

	for (int order = 0; order < 6; order++)
		for (int part = 0; part <= 10; part += 5)
		{
			int			nth = (int) ((int64) count * part / 10);
			float		below = -INFINITY;
			float		above = INFINITY;

			for (int i = 0; i < count; i++)
				elements[i].key = hard_key(order, i, count);
			select_least(elements, count, nth);
			for (int i = 0; i < nth; i++)
				below = Max(below, elements[i].key);
			for (int i = nth; i < count; i++)
				above = Min(above, elements[i].key);
			CHECK(below <= above, "order %d, the first %d: %f above %f", order, nth, below, above);
		}
	pfree(elements);
}

static const struct
{
	const char *name;
	void		(*run) (void);
}			tests[] = {
	{"the least of many", test_least},
	{"each point once", test_permutation},
	{"equal points", test_equal},
	{"near points together", test_near},
	{"clusters one after another", test_clusters},
	{"cuts", test_cuts},
	{"fewer points than cells", test_few},
	{"flat rows", test_flat},
	{"points of vectors", test_points},
	{"extreme vectors", test_extreme},
	{"groups of near vectors", test_group_counts},
	{"groups of extreme vectors", test_group_extremes},
	{"groups are narrow", test_group_spread},
	{"groups by direction", test_group_directions},
};

int
main(void)
{
	kg_simd_select(KG_SIMD_AUTO);
	CurrentMemoryContext = AllocSetContextCreate(NULL, "test", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < (int) (sizeof(tests) / sizeof(tests[0])); i++)
	{
		unit_begin("order: %s", tests[i].name);
		tests[i].run();
		unit_end();
	}
	return unit_finish();
}
