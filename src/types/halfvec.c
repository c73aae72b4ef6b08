/*
 * halfvec.c
 *	  kg.halfvec, a dense vector of IEEE binary16.
 *
 * Distances are computed on float16; all other functions convert to float4,
 * which holds every float16 exactly.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "utils/float.h"

#include "simd/simd.h"
#include "types/aggregate.h"
#include "types/array.h"
#include "types/ball.h"
#include "types/bitvec.h"
#include "types/halfvec.h"
#include "types/text.h"
#include "types/vectype.h"

#define VEC_FUNCTION(name) kg_halfvec_##name
#define VEC_STRUCT HalfVector
#define VEC_TYPE (&kg_halfvec_type)
#define VEC_GETARG(n) PG_GETARG_HALFVEC_P(n)
#define VEC_NEW(dim) kg_halfvec_new(dim)

HalfVector *
kg_halfvec_new(int dim)
{
	Size		size = HALFVEC_SIZE(dim);
	HalfVector *result = palloc0(size);

	SET_VARSIZE(result, size);
	result->dim = dim;
	return result;
}

static float
vec_l2sq(const HalfVector *a, const HalfVector *b)
{
	return kg_simd->l2sq_f16(a->x, b->x, a->dim);
}

static float
vec_ip(const HalfVector *a, const HalfVector *b)
{
	return kg_simd->ip_f16(a->x, b->x, a->dim);
}

static float
vec_l1(const HalfVector *a, const HalfVector *b)
{
	return kg_simd->l1_f16(a->x, b->x, a->dim);
}

static void
vec_cosine(const HalfVector *a, const HalfVector *b, float *ab, float *aa,
		   float *bb)
{
	kg_simd->cosine_f16(a->x, b->x, a->dim, ab, aa, bb);
}

/* By the first element that differs, else by dimension, as arrays are. */
static int
vec_compare(const HalfVector *a, const HalfVector *b)
{
	int			dim = Min(a->dim, b->dim);

	for (int i = 0; i < dim; i++)
	{
		/* Equal bits are the common case.  0 and -0 differ in bits only. */
		if (a->x[i] != b->x[i])
		{
			float		ax = kg_f16_to_f32(a->x[i]);
			float		bx = kg_f16_to_f32(b->x[i]);

			if (ax != bx)
				return ax < bx ? -1 : 1;
		}
	}
	return (a->dim > b->dim) - (a->dim < b->dim);
}

static float *
dense_buffer(HalfVector *result)
{
	return palloc(sizeof(float) * result->dim);
}

static float *
dense_floats(HalfVector *a)
{
	float	   *x = dense_buffer(a);

	kg_simd->f16_to_f32(a->x, x, a->dim);
	return x;
}

static void
dense_store(HalfVector *result, const float *x)
{
	kg_simd->f32_to_f16(x, result->x, result->dim);
}

static void
dense_send(StringInfo buf, const HalfVector *a)
{
	for (int i = 0; i < a->dim; i++)
		pq_sendint16(buf, a->x[i]);
}

static void
dense_receive(StringInfo buf, HalfVector *result)
{
	for (int i = 0; i < result->dim; i++)
		result->x[i] = pq_getmsgint(buf, sizeof(uint16));
}

static HalfVector *
dense_centre(KgBall *ball)
{
	const Vector *centre = kg_ball_centre(ball);

	return kg_halfvec_make(centre->x, centre->dim);
}

#include "types/vector_template.h"
#include "types/dense_template.h"
#include "types/dense_arithmetic.h"

HalfVector *
kg_halfvec_make(const float *x, int dim)
{
	return dense_make(x, dim);
}
