/*
 * aggregate.c
 *	  The state of avg() and of int8vec's sum(): a float8 array of the number of
 *	  vectors and, after that, the sum of each of their elements.
 *
 * Parallel workers can pass an array as it is.  The state of no vectors is
 * {0}: the first vector sets the dimension.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/float.h"

#include "types/aggregate.h"
#include "types/array.h"

typedef struct Sums
{
	ArrayType  *array;
	float8	   *count;
	float8	   *x;
	int			dim;
} Sums;

/* Checks a state: users may call the functions with any array. */
static Sums
open_sums(ArrayType *array, const char *type_name, const char *function)
{
	Sums		sums;

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] < 1 || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != FLOAT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s_%s: expected state array", type_name, function)));
	sums.array = array;
	sums.count = kg_array_data(array);
	sums.x = sums.count + 1;
	sums.dim = ARR_DIMS(array)[0] - 1;
	return sums;
}

/* A new state of dim sums, which the caller fills in. */
static Sums
new_sums(int dim, float8 count)
{
	Sums		sums;

	sums.array = kg_array_new(FLOAT8OID, sizeof(float8), dim + 1);
	sums.count = kg_array_data(sums.array);
	sums.x = sums.count + 1;
	sums.dim = dim;
	*sums.count = count;
	return sums;
}

static inline float8
checked_sum(float8 a, float8 b)
{
	float8		sum = a + b;

	if (unlikely(isinf(sum)))
		float_overflow_error();
	return sum;
}

ArrayType *
kg_sums_add(FunctionCallInfo fcinfo, const KgVecType *type, const float *x,
			int dim)
{
	Sums		old = open_sums(PG_GETARG_ARRAYTYPE_P(0), type->name, "accum");
	Sums		sums;

	if (old.dim == 0)
	{
		sums = new_sums(dim, *old.count + 1);
		for (int i = 0; i < dim; i++)
			sums.x[i] = x[i];
		return sums.array;
	}

	kg_check_typmod(old.dim, dim, NULL);
	if (AggCheckCallContext(fcinfo, NULL) &&
		(Pointer) old.array == PG_GETARG_POINTER(0))
	{
		sums = old;
		*sums.count += 1;
	}
	else
		sums = new_sums(dim, *old.count + 1);
	for (int i = 0; i < dim; i++)
		sums.x[i] = checked_sum(old.x[i], x[i]);
	return sums.array;
}

/* The sums over a divisor; NULL if the state has no vectors. */
static float *
divide(const KgVecType *type, const Sums *sums, float8 divisor, int *dim)
{
	float	   *x;

	if (*sums->count == 0)
		return NULL;
	kg_check_dim(type, sums->dim, NULL);

	x = palloc(sizeof(float) * sums->dim);
	for (int i = 0; i < sums->dim; i++)
		x[i] = sums->x[i] / divisor;
	*dim = sums->dim;
	return x;
}

float *
kg_sums_mean(const KgVecType *type, ArrayType *state, int *dim)
{
	Sums		sums = open_sums(state, type->name, "avg");

	return divide(type, &sums, *sums.count, dim);
}

float *
kg_sums_total(const KgVecType *type, ArrayType *state, int *dim)
{
	Sums		sums = open_sums(state, type->name, "sum");

	return divide(type, &sums, 1, dim);
}

/* Joins the states of two parallel workers, of any dense type. */
PG_FUNCTION_INFO_V1(kg_vector_combine);
Datum
kg_vector_combine(PG_FUNCTION_ARGS)
{
	const KgVecType *type = &kg_vector_type;
	ArrayType  *state0 = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType  *state1 = PG_GETARG_ARRAYTYPE_P(1);
	Sums		a = open_sums(state0, type->name, "combine");
	Sums		b = open_sums(state1, type->name, "combine");
	Sums		sums;
	int			dim;

	/* States of no vectors have no dimension. */
	if (*a.count == 0 && *b.count == 0 && AggCheckCallContext(fcinfo, NULL))
		PG_RETURN_ARRAYTYPE_P(state0);

	dim = *a.count == 0 ? b.dim : a.dim;
	kg_check_dim(type, dim, NULL);
	if (*a.count == 0)
		PG_RETURN_ARRAYTYPE_P(state1);
	if (*b.count == 0)
		PG_RETURN_ARRAYTYPE_P(state0);

	kg_check_typmod(a.dim, b.dim, NULL);
	sums = new_sums(dim, *a.count + *b.count);
	for (int i = 0; i < dim; i++)
		sums.x[i] = checked_sum(a.x[i], b.x[i]);
	PG_RETURN_ARRAYTYPE_P(sums.array);
}
