/*
 * array.c
 *	  Arrays of numbers, for casts from and to vectors.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"

#include "types/array.h"

static void
numeric_floats(ArrayType *array, float *x)
{
	Datum	   *elements;
	int			n;

	deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, &elements,
					  NULL, &n);
	for (int i = 0; i < n; i++)
		x[i] = DatumGetFloat4(DirectFunctionCall1(numeric_float4,
												  elements[i]));
	pfree(elements);
}

float *
kg_array_floats(const KgVecType *type, ArrayType *array, int32 typmod, int *dim)
{
	const void *data = kg_array_data(array);
	float	   *x;
	int			n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("array must be 1-D")));
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("array must not contain nulls")));

	n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	kg_check_dim(type, n, NULL);
	kg_check_typmod(typmod, n, NULL);

	/* Without NULLs, elements of fixed size follow one another. */
	x = palloc(sizeof(float) * n);
	switch (ARR_ELEMTYPE(array))
	{
		case INT4OID:
			for (int i = 0; i < n; i++)
				x[i] = ((const int32 *) data)[i];
			break;
		case FLOAT4OID:
			memcpy(x, data, sizeof(float4) * n);
			break;
		case FLOAT8OID:
			for (int i = 0; i < n; i++)
				x[i] = ((const float8 *) data)[i];
			break;
		case NUMERICOID:
			numeric_floats(array, x);
			break;
		default:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("unsupported array type")));
	}
	*dim = n;
	return x;
}

ArrayType *
kg_array_new(Oid element_type, int element_size, int n)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + (Size) element_size * n;
	ArrayType  *result = palloc0(size);

	SET_VARSIZE(result, size);
	result->ndim = 1;
	result->elemtype = element_type;
	ARR_DIMS(result)[0] = n;
	ARR_LBOUND(result)[0] = 1;
	return result;
}
