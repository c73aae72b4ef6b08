/*
 * vectors.c
 *	  Vectors of one type and dimension, one after another.
 *
 * A value of kg.vector is a header of two floats' size and the floats, so an
 * array of values is a matrix as BLAS takes it, whose rows are two floats
 * longer than its columns are many.  The other types need floats of their own.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/varbit.h"

#include "exact/vectors.h"
#include "types/stored.h"

#define VECTOR_HEADER_FLOATS (VECTOR_SIZE(0) / sizeof(float))

StaticAssertDecl(VECTOR_SIZE(0) % sizeof(float) == 0,
				 "the header of a vector must be a number of floats");
StaticAssertDecl(offsetof(Vector, dim) == offsetof(HalfVector, dim) &&
				 offsetof(Vector, dim) == offsetof(Int8Vector, dim),
				 "dense vectors must begin alike");
StaticAssertDecl(offsetof(SparseVector, dim) + sizeof(int32) <= VECTOR_SIZE(0),
				 "the head of a sparse vector must have its dimensions");
StaticAssertDecl(VARBITHDRSZ + VARHDRSZ == VECTOR_SIZE(0),
				 "the head of a bit string must be as long");

static const KgVecType bit_type = {.name = "bit"};

const KgDenseType kg_vectors_bit_type = {.type = &bit_type};
const KgDenseType kg_vectors_sparse_type = {.type = &kg_sparsevec_type};

static Size
value_bytes(const KgDenseType *type, int dims)
{
	if (type == &kg_vectors_bit_type)
		return INTALIGN(VARBITTOTALLEN(dims));
	if (type == &kg_vectors_sparse_type)
		return sizeof(Datum);
	return INTALIGN(type->header_bytes + (Size) type->element_bytes * dims);
}

/* Those that have no floats at all. */
static bool
are_values_alone(const KgDenseType *type)
{
	return type == &kg_vectors_bit_type || type == &kg_vectors_sparse_type;
}

/* Do values hold floats as they are, if they have any? */
static bool
has_floats(const KgDenseType *type)
{
	return type->type == &kg_vector_type || are_values_alone(type);
}

Size
kg_vectors_bytes(const KgDenseType *type, int dims)
{
	Size		bytes = value_bytes(type, dims) + sizeof(double);

	if (!has_floats(type))
		bytes += sizeof(float) * dims;
	return bytes;
}

void
kg_vectors_init(KgVectors *vectors, const KgDenseType *type, int dims,
				int capacity, Size apart_limit)
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
	vectors->apart = NULL;
	vectors->apart_limit = apart_limit;
	if (type == &kg_vectors_sparse_type)
		vectors->apart = AllocSetContextCreate(CurrentMemoryContext,
											   "kg exact search, sparse vectors",
											   ALLOCSET_DEFAULT_SIZES);
	vectors->floats = NULL;
	if (!has_floats(type))
		vectors->floats = palloc_extended(sizeof(float) * dims * capacity,
										  MCXT_ALLOC_HUGE);
}

bool
kg_vectors_full(const KgVectors *vectors)
{
	return vectors->count == vectors->capacity ||
		(vectors->apart && vectors->count > 0 &&
		 MemoryContextMemAllocated(vectors->apart, false) >= vectors->apart_limit);
}

void
kg_vectors_clear(KgVectors *vectors)
{
	vectors->count = 0;
	if (vectors->apart)
		MemoryContextReset(vectors->apart);
}

void
kg_vectors_free(KgVectors *vectors)
{
	if (vectors->apart)
		MemoryContextDelete(vectors->apart);
	pfree(vectors->values);
	pfree(vectors->norms);
	if (vectors->floats)
		pfree(vectors->floats);
}

/* Of a value, detoasted as far as its head at least. */
static int
dims_of(const KgDenseType *type, const Vector *value)
{
	if (type == &kg_vectors_bit_type)
		return VARBITLEN((const VarBit *) value);
	return type == &kg_vectors_sparse_type ?
		((const SparseVector *) value)->dim : value->dim;
}

int
kg_vectors_dims(const KgDenseType *type, Datum value)
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
	kg_check_same_dim(vectors->type->type, dims_of(vectors->type, vector),
					  vectors->dims);
	if (vectors->apart)
	{
		void	   *apart = MemoryContextAlloc(vectors->apart, VARSIZE(vector));

		*(Datum *) copy = PointerGetDatum(memcpy(apart, vector, VARSIZE(vector)));
	}
	else
		memcpy(copy, vector, VARSIZE(vector));
	if (vectors->floats)
	{
		float	   *floats = vectors->floats +
		(Size) vectors->dims * vectors->count;

		vectors->type->to_floats(copy, floats);
		x = floats;
	}

	/* no bound by norms holds for an infinite one */
	vectors->norms[vectors->count++] = are_values_alone(vectors->type) ? INFINITY :
		kg_norm(x, vectors->dims);
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
