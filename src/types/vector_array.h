/*
 * vector_array.h
 *	  Arrays of vectors as the rows of a matrix.
 */
#ifndef KG_VECTOR_ARRAY_H
#define KG_VECTOR_ARRAY_H

#include "postgres.h"
#include "utils/array.h"

/* Vectors of the same dimensions, one after another. */
typedef struct KgVectorArray
{
	const float *x;				/* of the first */
	int			stride;			/* floats from one vector to the next */
	int			count;
	int			dims;			/* 0 if there is none */
} KgVectorArray;

/*
 * The vectors of an array of kg.vector, kg.halfvec or kg.int8vec: the array's own
 * memory, or palloc'd.  Raises an error for more than one dimension, NULLs, and vectors of
 * different dimensions.
 */
extern KgVectorArray kg_vector_array_read(ArrayType *array);
extern KgVectorArray kg_halfvec_array_read(ArrayType *array);
extern KgVectorArray kg_int8vec_array_read(ArrayType *array);

static inline const float *
kg_vector_array_at(const KgVectorArray *vectors, int i)
{
	return vectors->x + (Size) i * vectors->stride;
}

#endif							/* KG_VECTOR_ARRAY_H */
