/*
 * array.h
 *	  Arrays of numbers, for casts from and to vectors.
 */
#ifndef KG_ARRAY_H
#define KG_ARRAY_H

#include "types/vectype.h"

/*
 * The elements of an array of int4, float4, float8 or numeric, palloc'd.
 * Raises an error for more than one dimension, NULLs, other types of elements,
 * and a number of elements that the type or the type modifier does not allow.
 * The elements themselves are not checked; one beyond float4 becomes infinite.
 */
extern float *kg_array_floats(const KgVecType *type, ArrayType *array,
							  int32 typmod, int *dim);

/* ARR_DATA_PTR(), which compares signed and unsigned and makes warnings. */
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
