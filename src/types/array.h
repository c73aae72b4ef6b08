/*
 * array.h
 *	  Arrays of numbers, as vectors are cast from and to them.
 */
#ifndef KG_ARRAY_H
#define KG_ARRAY_H

#include "types/vectype.h"

/*
 * The elements of an array of int4, float4, float8 or numeric, palloc'd.
 * Raises an error for more than one dimension, NULLs, a number of elements
 * that the type or the type modifier does not allow, and other element types.
 * The elements themselves are not checked; too large ones are infinite.
 */
extern float *kg_array_floats(const KgVecType *type, ArrayType *array,
							  int32 typmod, int *dim);

/* ARR_DATA_PTR() without its comparison of signed and unsigned. */
static inline void *
kg_array_data(ArrayType *array)
{
	Size		offset = ARR_HASNULL(array) ?
	(Size) array->dataoffset :
	ARR_OVERHEAD_NONULLS(ARR_NDIM(array));

	return (char *) array + offset;
}

/*
 * A one-dimensional array of n elements, palloc'd.  The caller fills in the
 * elements, whose type has a fixed size that is a multiple of its alignment.
 */
extern ArrayType *kg_array_new(Oid element_type, int element_size, int n);

#endif							/* KG_ARRAY_H */
