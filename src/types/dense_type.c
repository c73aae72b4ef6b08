/*
 * dense_type.c
 *	  The dense vector types by oid.
 */
#include "postgres.h"

#include "simd/simd.h"
#include "types/dense_type.h"
#include "types/halfvec.h"
#include "types/int8vec.h"
#include "types/type_oid.h"
#include "types/vector.h"

const char	kg_dense_type_names[] = "kg.vector, kg.halfvec and kg.int8vec";

static void
vector_to_floats(const void *value, float *x)
{
	const Vector *vector = value;

	memcpy(x, vector->x, sizeof(float) * vector->dim);
}

static void *
vector_from_floats(const float *x, int dim)
{
	Vector	   *result;

	kg_check_elements(&kg_vector_type, x, dim);
	result = kg_vector_new(dim);
	memcpy(result->x, x, sizeof(float) * dim);
	return result;
}

static void
halfvec_to_floats(const void *value, float *x)
{
	const HalfVector *vector = value;

	kg_simd->f16_to_f32(vector->x, x, vector->dim);
}

static void *
halfvec_from_floats(const float *x, int dim)
{
	return kg_halfvec_make(x, dim);
}

static void
int8vec_to_floats(const void *value, float *x)
{
	kg_int8vec_floats(value, x);
}

static void *
int8vec_from_floats(const float *x, int dim)
{
	return kg_int8vec_make(x, dim);
}

static const KgDenseType dense_types[] = {
	{&kg_vector_type, offsetof(Vector, x), sizeof(float),
	vector_to_floats, vector_from_floats},
	{&kg_halfvec_type, offsetof(HalfVector, x), sizeof(uint16),
	halfvec_to_floats, halfvec_from_floats},
	{&kg_int8vec_type, offsetof(Int8Vector, x), sizeof(uint8),
	int8vec_to_floats, int8vec_from_floats},
};

const KgDenseType *
kg_dense_type(Oid type)
{
	const char *name = kg_stored_name(type);

	if (name == NULL)
		return NULL;
	for (int i = 0; i < (int) lengthof(dense_types); i++)
	{
		if (strcmp(name, dense_types[i].type->name) == 0)
			return &dense_types[i];
	}
	return NULL;
}
