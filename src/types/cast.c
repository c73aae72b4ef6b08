/*
 * cast.c
 *	  Casts between the vector types.
 */
#include "postgres.h"

#include "fmgr.h"

#include "simd/simd.h"
#include "types/halfvec.h"
#include "types/int8vec.h"
#include "types/sparsevec.h"
#include "types/vector.h"
#include "types/vectype.h"

PG_FUNCTION_INFO_V1(kg_vector_to_halfvec);
Datum
kg_vector_to_halfvec(PG_FUNCTION_ARGS)
{
	Vector	   *a = PG_GETARG_VECTOR_P(0);

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	PG_RETURN_HALFVEC_P(kg_halfvec_make(a->x, a->dim));
}

PG_FUNCTION_INFO_V1(kg_halfvec_to_vector);
Datum
kg_halfvec_to_vector(PG_FUNCTION_ARGS)
{
	HalfVector *a = PG_GETARG_HALFVEC_P(0);
	Vector	   *result;

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	result = kg_vector_new(a->dim);
	kg_simd->f16_to_f32(a->x, result->x, a->dim);
	PG_RETURN_VECTOR_P(result);
}

PG_FUNCTION_INFO_V1(kg_vector_to_sparsevec);
Datum
kg_vector_to_sparsevec(PG_FUNCTION_ARGS)
{
	Vector	   *a = PG_GETARG_VECTOR_P(0);

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	PG_RETURN_SPARSEVEC_P(kg_sparsevec_make(a->dim, NULL, a->x, a->dim));
}

PG_FUNCTION_INFO_V1(kg_halfvec_to_sparsevec);
Datum
kg_halfvec_to_sparsevec(PG_FUNCTION_ARGS)
{
	HalfVector *a = PG_GETARG_HALFVEC_P(0);
	float	   *x;

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	x = palloc(sizeof(float) * a->dim);
	kg_simd->f16_to_f32(a->x, x, a->dim);
	PG_RETURN_SPARSEVEC_P(kg_sparsevec_make(a->dim, NULL, x, a->dim));
}

/* Checks that a sparse vector can become a dense one of a type and typmod. */
static void
check_dense(const SparseVector *a, const KgVecType *type, int32 typmod)
{
	kg_check_dim(type, a->dim, NULL);
	kg_check_typmod(typmod, a->dim, NULL);
}

/* Writes the elements into x, which is zeroed. */
static void
scatter(const SparseVector *a, float *x)
{
	const float *values = SPARSEVEC_VALUES(a);

	for (int i = 0; i < a->nnz; i++)
		x[a->indices[i]] = values[i];
}

PG_FUNCTION_INFO_V1(kg_sparsevec_to_vector);
Datum
kg_sparsevec_to_vector(PG_FUNCTION_ARGS)
{
	SparseVector *a = PG_GETARG_SPARSEVEC_P(0);
	Vector	   *result;

	check_dense(a, &kg_vector_type, PG_GETARG_INT32(1));
	result = kg_vector_new(a->dim);
	scatter(a, result->x);
	PG_RETURN_VECTOR_P(result);
}

PG_FUNCTION_INFO_V1(kg_sparsevec_to_halfvec);
Datum
kg_sparsevec_to_halfvec(PG_FUNCTION_ARGS)
{
	SparseVector *a = PG_GETARG_SPARSEVEC_P(0);
	float	   *x;

	check_dense(a, &kg_halfvec_type, PG_GETARG_INT32(1));
	kg_check_elements(&kg_halfvec_type, SPARSEVEC_VALUES(a), a->nnz);
	x = palloc0(sizeof(float) * a->dim);
	scatter(a, x);
	PG_RETURN_HALFVEC_P(kg_halfvec_make(x, a->dim));
}

PG_FUNCTION_INFO_V1(kg_vector_to_int8vec);
Datum
kg_vector_to_int8vec(PG_FUNCTION_ARGS)
{
	Vector	   *a = PG_GETARG_VECTOR_P(0);

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	PG_RETURN_INT8VEC_P(kg_int8vec_make(a->x, a->dim));
}

PG_FUNCTION_INFO_V1(kg_halfvec_to_int8vec);
Datum
kg_halfvec_to_int8vec(PG_FUNCTION_ARGS)
{
	HalfVector *a = PG_GETARG_HALFVEC_P(0);
	float	   *x;

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	x = palloc(sizeof(float) * a->dim);
	kg_simd->f16_to_f32(a->x, x, a->dim);
	PG_RETURN_INT8VEC_P(kg_int8vec_make(x, a->dim));
}

PG_FUNCTION_INFO_V1(kg_int8vec_to_vector);
Datum
kg_int8vec_to_vector(PG_FUNCTION_ARGS)
{
	Int8Vector *a = PG_GETARG_INT8VEC_P(0);
	Vector	   *result;

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	result = kg_vector_new(a->dim);
	kg_int8vec_floats(a, result->x);
	PG_RETURN_VECTOR_P(result);
}

PG_FUNCTION_INFO_V1(kg_int8vec_to_halfvec);
Datum
kg_int8vec_to_halfvec(PG_FUNCTION_ARGS)
{
	Int8Vector *a = PG_GETARG_INT8VEC_P(0);
	float	   *x;

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	x = palloc(sizeof(float) * a->dim);
	kg_int8vec_floats(a, x);
	PG_RETURN_HALFVEC_P(kg_halfvec_make(x, a->dim));
}
