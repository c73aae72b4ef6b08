/*
 * space.c
 *	  From a column's vectors to the index's space.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "ann/layout/space.h"
#include "quant/bits.h"
#include "quant/rotation.h"
#include "simd/simd.h"

/*
 * The operators sum squares in float4.  Outside this range of norms such
 * sums overflow or lose their bits, and say nothing about the true value.
 */
#define SHORTEST_NORM 1e-15
#define LONGEST_NORM 1e18

/* Internal norms above this are cut: their squares must fit float4. */
#define LONGEST_INNER_NORM 1e15

/* Half an ulp of double. */
#define DOUBLE_ROUNDOFF (DBL_EPSILON / 2)

static double
norm_of(const float *x, int dims)
{
	double		sum = 0;

	for (int i = 0; i < dims; i++)
		sum += (double) x[i] * x[i];
	return sqrt(sum);
}

/* FNV-1a over words, of the values as they are or as directions. */
static uint32_t
hash_of(const float *x, int dims, double scale)
{
	uint64_t	hash = UINT64_C(0xcbf29ce484222325);

	for (int i = 0; i < dims; i++)
	{
		float		value = (float) (x[i] * scale) + 0.0f;	/* no minus zero */
		uint32_t	bits;

		memcpy(&bits, &value, sizeof(bits));
		hash = (hash ^ bits) * UINT64_C(0x100000001b3);
	}
	return (uint32_t) (hash ^ hash >> 32);
}

/* Scales and rotates. */
static void
map(const KgSpace *space, const float *x, double scale, double *y)
{
	const KgLayout *layout = space->layout;

	int			dims = layout->sparse > 0 ? layout->shape.dim : layout->dims;

	for (int i = 0; i < dims; i++)
		y[i] = x[i] * scale;
	memset(y + dims, 0, sizeof(double) * (layout->shape.dim - dims));
	if (kg_layout_rotates(layout))
		kg_rotate(space->rotation, layout->shape.dim, y);
}

void
kg_space_map_point(const KgSpace *space, const float *x, double *y)
{
	map(space, x, 1 / space->unit, y);
}

/*
 * Sets what follows from mapped->norm, and the scale that takes a vector to its
 * place.  False if it has none.
 */
static bool
scale_of(const KgSpace *space, KgMapped *mapped, double *scale)
{
	const KgLayout *layout = space->layout;

	*scale = 1;
	mapped->extreme = mapped->norm > LONGEST_NORM ||
		(mapped->norm < SHORTEST_NORM && layout->metric == KG_METRIC_COSINE);
	if (layout->metric == KG_METRIC_COSINE)
	{
		if (mapped->norm == 0)
			return false;
		*scale = 1 / mapped->norm;
	}
	*scale /= space->unit;
	if (mapped->norm * *scale > LONGEST_INNER_NORM)
	{
		/* cut short, so that no bound may hold for it */
		*scale = LONGEST_INNER_NORM / mapped->norm;
		mapped->extreme = true;
	}
	return true;
}

static bool
dense_map(const KgSpace *space, const void *x, double *y, KgMapped *mapped)
{
	const KgLayout *layout = space->layout;
	double		scale;

	mapped->norm = norm_of(x, layout->dims);
	if (!scale_of(space, mapped, &scale))
		return false;
	mapped->hash = hash_of(x, layout->dims,
						   layout->metric == KG_METRIC_COSINE ?
						   1 / mapped->norm : 1);
	map(space, x, scale, y);
	return true;
}

static bool
sparse_map(const KgSpace *space, const void *x, double *y, KgMapped *mapped)
{
	const KgLayout *layout = space->layout;
	double		scale;

	mapped->norm = kg_sparse_norm(x);
	if (!scale_of(space, mapped, &scale))
		return false;
	mapped->hash = kg_sparse_hash(x);
	kg_sparse_project(x, scale, y);
	if (kg_layout_rotates(layout))
		kg_rotate(space->rotation, layout->shape.dim, y);
	return true;
}

/* Scaling rounds each coordinate twice, before the rotation. */
double
kg_space_rel_err(const KgLayout *layout)
{
	return kg_rotation_rel_err(layout->shape.dim) + 2 * DOUBLE_ROUNDOFF;
}

static void
dense_place(const KgLayout *layout, const float *centre, float unit,
			const float *vector, double *y)
{
	for (int i = 0; i < layout->shape.dim; i++)
		y[i] = centre[i] + (double) unit * vector[i];
}

static void
dense_relative(const KgLayout *layout, const float *centre, float unit,
			   const double *y, float *vector)
{
	double		scale = 1.0 / unit;

	for (int i = 0; i < layout->shape.dim; i++)
		vector[i] = (float) ((y[i] - centre[i]) * scale);
}

static double
dense_apart(const KgLayout *layout, const double *a, const double *b)
{
	double		square = 0;

	for (int i = 0; i < layout->shape.dim; i++)
		square += (a[i] - b[i]) * (a[i] - b[i]);
	return sqrt(square);
}

/*
 * Bit strings: words are at the start of y's memory, and there is one frame.
 */

static bool
bits_map(const KgSpace *space, const void *x, double *y, KgMapped *mapped)
{
	const KgLayout *layout = space->layout;
	size_t		bytes = kg_bits_bytes(layout->dims);
	uint64_t	hash = UINT64_C(0xcbf29ce484222325);
	const uint8_t *bits = x;

	memset(y, 0, sizeof(double) * layout->shape.dim);
	memcpy(y, x, bytes);
	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ bits[i]) * UINT64_C(0x100000001b3);
	mapped->hash = (uint32_t) (hash ^ hash >> 32);
	mapped->norm = sqrt((double) kg_bits_count(bits, bytes));
	mapped->extreme = false;
	return true;
}

static void
bits_place(const KgLayout *layout, const float *centre, float unit,
		   const float *vector, double *y)
{
	memset(y, 0, sizeof(double) * layout->shape.dim);
	memcpy(y, vector, sizeof(float) * layout->shape.dim);
}

static void
bits_relative(const KgLayout *layout, const float *centre, float unit,
			  const double *y, float *vector)
{
	memcpy(vector, y, sizeof(float) * layout->shape.dim);
}

static double
bits_apart(const KgLayout *layout, const double *a, const double *b)
{
	return kg_space_bits_apart(layout, (const void *) a, (const void *) b);
}

double
kg_space_bits_apart(const KgLayout *layout, const float *a, const float *b)
{
	const uint8_t *x = (const void *) a;
	const uint8_t *y = (const void *) b;
	size_t		bytes = kg_bits_bytes(layout->dims);
	uint64_t	both;
	uint64_t	of_x;
	uint64_t	of_y;

	if (layout->metric == KG_METRIC_HAMMING)
		return (double) kg_simd->hamming(x, y, bytes);
	kg_simd->jaccard(x, y, bytes, &both, &of_x, &of_y);
	return kg_bits_jaccard(both, of_x, of_y);
}

/*
 * What differs between kinds of vectors.
 */

typedef struct Kind
{
	bool		(*map) (const KgSpace *space, const void *x, double *y,
						KgMapped *mapped);
	void		(*place) (const KgLayout *layout, const float *centre,
						  float unit, const float *vector, double *y);
	void		(*relative) (const KgLayout *layout, const float *centre,
							 float unit, const double *y, float *vector);
	double		(*apart) (const KgLayout *layout, const double *a,
						  const double *b);
} Kind;

static const Kind dense = {dense_map, dense_place, dense_relative, dense_apart};
static const Kind sparse = {sparse_map, dense_place, dense_relative, dense_apart};
static const Kind bits = {bits_map, bits_place, bits_relative, bits_apart};

static const Kind *
kind_of(const KgLayout *layout)
{
	if (layout->sparse > 0)
		return &sparse;
	return kg_metric_of_bits(layout->metric) ? &bits : &dense;
}

bool
kg_space_map(const KgSpace *space, const void *x, double *y, KgMapped *mapped)
{
	return kind_of(space->layout)->map(space, x, y, mapped);
}

void
kg_space_place(const KgLayout *layout, const float *centre, float unit,
			   const float *vector, double *y)
{
	kind_of(layout)->place(layout, centre, unit, vector, y);
}

void
kg_space_relative(const KgLayout *layout, const float *centre, float unit,
				  const double *y, float *vector)
{
	kind_of(layout)->relative(layout, centre, unit, y, vector);
}

double
kg_space_apart(const KgLayout *layout, const double *a, const double *b)
{
	return kind_of(layout)->apart(layout, a, b);
}

float
kg_space_unit(double norm)
{
	float		unit = norm > 0 ? (float) exp2(round(log2(norm))) : 1;

	/* A column of huge or tiny values keeps what float4 can say. */
	return isfinite(unit) && unit > 0 ? unit : 1;
}
