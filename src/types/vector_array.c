/*
 * vector_array.c
 *	  Arrays of vectors as the rows of a matrix.
 */
#include "postgres.h"

#include "access/tupmacs.h"
#include "catalog/pg_type.h"

#include "simd/simd.h"
#include "types/array.h"
#include "types/int8vec.h"
#include "types/stored.h"
#include "types/vector_array.h"
#include "types/vectype.h"

/* Floats before a vector's elements: its header. */
#define HEADER_FLOATS (offsetof(Vector, x) / sizeof(float))

/* The elements of an array, one after another. */
typedef struct Elements
{
	char	   *next;
	int			count;
} Elements;

static Elements
elements_of(ArrayType *array)
{
	Elements	elements = {.next = kg_array_data(array)};

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("array of vectors must have one dimension, but has %d",
						ARR_NDIM(array))));
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("array of vectors must not contain nulls")));
	elements.count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return elements;
}

/* The next element, as it is stored. */
static struct varlena *
next_element(Elements *elements)
{
	char	   *element = (char *) att_align_pointer(elements->next, TYPALIGN_INT,
													 -1, elements->next);

	elements->next = att_addlength_pointer(element, -1, element);
	return (struct varlena *) element;
}

/* Are all elements uncompressed and as long as the first? */
static bool
are_of_one_size(Elements elements)
{
	Size		size = 0;

	for (int i = 0; i < elements.count; i++)
	{
		struct varlena *element = next_element(&elements);

		if (VARATT_IS_EXTENDED(element))
			return false;
		if (i == 0)
			size = VARSIZE(element);
		else if (VARSIZE(element) != size)
			return false;
	}
	return true;
}

/* A type of vectors, all of which begin with the same header. */
typedef struct ElementType
{
	const KgVecType *type;
	void		(*to_floats) (const void *value, float *x);
} ElementType;

static void
vector_to_floats(const void *value, float *x)
{
	memcpy(x, ((const Vector *) value)->x, sizeof(float) * ((const Vector *) value)->dim);
}

static void
halfvec_to_floats(const void *value, float *x)
{
	kg_simd->f16_to_f32(((const HalfVector *) value)->x, x,
						((const HalfVector *) value)->dim);
}

static void
int8vec_to_floats(const void *value, float *x)
{
	kg_int8vec_floats(value, x);
}

static const ElementType of_vector = {&kg_vector_type, vector_to_floats};
static const ElementType of_halfvec = {&kg_halfvec_type, halfvec_to_floats};
static const ElementType of_int8vec = {&kg_int8vec_type, int8vec_to_floats};

/* Writes the vectors' elements to a matrix of their own. */
static void
copy_elements(Elements elements, const ElementType *type, KgVectorArray *vectors)
{
	float	   *x = NULL;

	for (int i = 0; i < elements.count; i++)
	{
		Vector	   *vector = (Vector *) PG_DETOAST_DATUM(PointerGetDatum(next_element(&elements)));

		if (x == NULL)
		{
			vectors->dims = vectors->stride = vector->dim;
			x = palloc_extended(sizeof(float) * elements.count * vector->dim,
								MCXT_ALLOC_HUGE);
			vectors->x = x;
		}
		kg_check_same_dim(type->type, vectors->dims, vector->dim);
		type->to_floats(vector, x);
		x += vector->dim;
	}
}

KgVectorArray
kg_vector_array_read(ArrayType *array)
{
	Elements	elements = elements_of(array);
	KgVectorArray vectors = {.count = elements.count};

	if (elements.count == 0)
		return vectors;

	/* The usual case: the array itself is the matrix. */
	if (are_of_one_size(elements))
	{
		Elements	first = elements;
		Vector	   *vector = (Vector *) next_element(&first);

		vectors.x = vector->x;
		vectors.dims = vector->dim;
		vectors.stride = vector->dim + HEADER_FLOATS;
	}
	else
		copy_elements(elements, &of_vector, &vectors);
	return vectors;
}

KgVectorArray
kg_halfvec_array_read(ArrayType *array)
{
	Elements	elements = elements_of(array);
	KgVectorArray vectors = {.count = elements.count};

	copy_elements(elements, &of_halfvec, &vectors);
	return vectors;
}

KgVectorArray
kg_int8vec_array_read(ArrayType *array)
{
	Elements	elements = elements_of(array);
	KgVectorArray vectors = {.count = elements.count};

	copy_elements(elements, &of_int8vec, &vectors);
	return vectors;
}
