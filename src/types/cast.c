/*
 * cast.c
 *	  Casts between the vector types.
 */
#include "postgres.h"

#include "fmgr.h"

#include "simd/simd.h"
#include "types/halfvec.h"
#include "types/vector.h"
#include "types/vectype.h"

PG_FUNCTION_INFO_V1(kg_vector_to_halfvec);
Datum
kg_vector_to_halfvec(PG_FUNCTION_ARGS)
{
	Vector	   *a = PG_GETARG_VECTOR_P(0);
	HalfVector *result;

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	kg_check_elements(&kg_halfvec_type, a->x, a->dim);
	result = kg_halfvec_new(a->dim);
	kg_simd->f32_to_f16(a->x, result->x, a->dim);
	PG_RETURN_HALFVEC_P(result);
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
