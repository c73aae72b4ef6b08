/*
 * vectors.c
 *	  Vectors of one type and dimension, one after another.
 *
 * A value of kg.vector is a header of two floats' size and the floats, so an
 * array of values is a matrix as BLAS takes it, whose rows are two floats
 * longer than its columns are many.  Only halfvecs need floats of their own.
 */
#include "postgres.h"

#include "utils/varbit.h"

#include "exact/vectors.h"
#include "simd/simd.h"
#include "types/stored.h"

#define VECTOR_HEADER_FLOATS (VECTOR_SIZE(0) / sizeof(float))

StaticAssertDecl(VECTOR_SIZE(0) % sizeof(float) == 0,
				 "the header of a vector must be a number of floats");
StaticAssertDecl(offsetof(Vector, dim) == offsetof(HalfVector, dim),
				 "vector and halfvec must begin alike");
StaticAssertDecl(VARBITHDRSZ + VARHDRSZ == VECTOR_SIZE(0),
				 "the head of a bit string must be as long");

const KgVecType kg_vectors_bit_type = {.name = "bit"};

static Size
value_bytes(const KgVecType *type, int dims)
{
	if (type == &kg_vectors_bit_type)
		return INTALIGN(VARBITTOTALLEN(dims));
	return type == &kg_halfvec_type ? INTALIGN(HALFVEC_SIZE(dims)) :
		VECTOR_SIZE(dims);
}

Size
kg_vectors_bytes(const KgVecType *type, int dims)
{
	Size		bytes = value_bytes(type, dims) + sizeof(double);

	if (type == &kg_halfvec_type)
		bytes += sizeof(float) * dims;
	return bytes;
}

void
kg_vectors_init(KgVectors *vectors, const KgVecType *type, int dims,
				int capacity)
{
	vectors->type = type;
	vectors->dims = dims;
	vectors->capacity = capacity;
	vectors->count = 0;
	vectors->value_bytes = value_bytes(type, dims);
	vectors->values = palloc_extended(vectors->value_bytes * capacity,
									  MCXT_ALLOC_HUGE);
	vectors->norms = palloc_extended(sizeof(double) * capacity,
									 MCXT_ALLOC_HUGE);
	vectors->floats = NULL;
	if (type == &kg_halfvec_type)
		vectors->floats = palloc_extended(sizeof(float) * dims * capacity,
										  MCXT_ALLOC_HUGE);
}

void
kg_vectors_free(KgVectors *vectors)
{
	pfree(vectors->values);
	pfree(vectors->norms);
	if (vectors->floats)
		pfree(vectors->floats);
}

/* Of a value, detoasted as far as its head at least. */
static int
dims_of(const KgVecType *type, const Vector *value)
{
	return type == &kg_vectors_bit_type ?
		VARBITLEN((const VarBit *) value) : value->dim;
}

int
kg_vectors_dims(const KgVecType *type, Datum value)
{
	Vector	   *slice = (Vector *)
	PG_DETOAST_DATUM_SLICE(value, 0, VECTOR_SIZE(0) - VARHDRSZ);
	int			dims = dims_of(type, slice);

	if ((Pointer) slice != DatumGetPointer(value))
		pfree(slice);
	return dims;
}

void
kg_vectors_add(KgVectors *vectors, Datum value)
{
	Vector	   *vector = (Vector *) PG_DETOAST_DATUM(value);
	char	   *copy = vectors->values +
	vectors->value_bytes * vectors->count;
	const float *x = ((Vector *) copy)->x;

	Assert(vectors->count < vectors->capacity);
	kg_check_same_dim(vectors->type, dims_of(vectors->type, vector), vectors->dims);
	memcpy(copy, vector, VARSIZE(vector));
	if (vectors->floats)
	{
		float	   *floats = vectors->floats +
		(Size) vectors->dims * vectors->count;

		kg_simd->f16_to_f32(((HalfVector *) copy)->x, floats, vectors->dims);
		x = floats;
	}
	vectors->norms[vectors->count++] =
		vectors->type == &kg_vectors_bit_type ? 0 : kg_norm(x, vectors->dims);
	if ((Pointer) vector != DatumGetPointer(value))
		pfree(vector);
}

KgMatrix
kg_vectors_matrix(const KgVectors *vectors, int first, int n)
{
	KgMatrix	matrix = {.count = n};

	if (vectors->floats)
	{
		matrix.stride = vectors->dims;
		matrix.x = vectors->floats + (Size) vectors->dims * first;
	}
	else
	{
		matrix.stride = vectors->dims + VECTOR_HEADER_FLOATS;
		matrix.x = (const float *) (const void *) vectors->values +
			(Size) matrix.stride * first + VECTOR_HEADER_FLOATS;
	}
	return matrix;
}
