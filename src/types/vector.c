/*
 * vector.c
 *	  kg.vector, a dense vector of float4.
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
#include "types/text.h"
#include "types/vector.h"
#include "types/vectype.h"

#define VEC_FUNCTION(name) kg_vector_##name
#define VEC_STRUCT Vector
#define VEC_TYPE (&kg_vector_type)
#define VEC_GETARG(n) PG_GETARG_VECTOR_P(n)
#define VEC_NEW(dim) kg_vector_new(dim)

Vector *
kg_vector_new(int dim)
{
	Size		size = VECTOR_SIZE(dim);
	Vector	   *result = palloc0(size);

	SET_VARSIZE(result, size);
	result->dim = dim;
	return result;
}

static float
vec_l2sq(const Vector *a, const Vector *b)
{
	return kg_simd->l2sq_f32(a->x, b->x, a->dim);
}

static float
vec_ip(const Vector *a, const Vector *b)
{
	return kg_simd->ip_f32(a->x, b->x, a->dim);
}

static float
vec_l1(const Vector *a, const Vector *b)
{
	return kg_simd->l1_f32(a->x, b->x, a->dim);
}

static void
vec_cosine(const Vector *a, const Vector *b, float *ab, float *aa, float *bb)
{
	kg_simd->cosine_f32(a->x, b->x, a->dim, ab, aa, bb);
}

/* By the first element that differs, else by dimension, as arrays are. */
static int
vec_compare(const Vector *a, const Vector *b)
{
	int			dim = Min(a->dim, b->dim);

	for (int i = 0; i < dim; i++)
	{
		if (a->x[i] != b->x[i])
			return a->x[i] < b->x[i] ? -1 : 1;
	}
	return (a->dim > b->dim) - (a->dim < b->dim);
}

static float *
dense_floats(Vector *a)
{
	return a->x;
}

static float *
dense_buffer(Vector *result)
{
	return result->x;
}

static void
dense_store(Vector *result, const float *x)
{
	if (x != result->x)
		memcpy(result->x, x, sizeof(float) * result->dim);
}

static void
dense_send(StringInfo buf, const Vector *a)
{
	for (int i = 0; i < a->dim; i++)
		pq_sendfloat4(buf, a->x[i]);
}

static void
dense_receive(StringInfo buf, Vector *result)
{
	for (int i = 0; i < result->dim; i++)
		result->x[i] = pq_getmsgfloat4(buf);
}

static Vector *
dense_centre(KgBall *ball)
{
	return kg_ball_centre(ball);
}

#include "types/vector_template.h"
#include "types/dense_template.h"
#include "types/dense_arithmetic.h"
