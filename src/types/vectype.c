/*
 * vectype.c
 *	  The vector types' limits, the checks of dimensions and elements, the type
 *	  modifier, and the arithmetic that does not depend on the type.
 */
#include "postgres.h"

#include "common/shortest_dec.h"

#include "types/stored.h"
#include "types/vectype.h"

const KgVecType kg_vector_type = {
	.name = "vector",
	.max_dim = VECTOR_MAX_DIM,
	.overflow = INFINITY,
};

/*
 * The largest binary16 is 65504; numbers from 65520 on round to infinity.  The
 * smallest is 2^-24; half of it is a tie and rounds to even, which is zero.
 */
const KgVecType kg_halfvec_type = {
	.name = "halfvec",
	.max_dim = HALFVEC_MAX_DIM,
	.overflow = 65520.0f,
	.underflow = 1.0f / (1 << 25),
};

const KgVecType kg_int8vec_type = {
	.name = "int8vec",
	.max_dim = INT8VEC_MAX_DIM,
	.overflow = INFINITY,
};

const KgVecType kg_sparsevec_type = {
	.name = "sparsevec",
	.max_dim = SPARSEVEC_MAX_DIM,
	.overflow = INFINITY,
	.sparse = true,
};

bool
kg_check_dim(const KgVecType *type, int dim, Node *escontext)
{
	if (dim < 1)
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("%s must have at least 1 dimension", type->name)));
	if (dim > type->max_dim)
		ereturn(escontext, false,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s cannot have more than %d dimensions", type->name,
						type->max_dim)));
	return true;
}

/* typmod is -1 if no number of dimensions was declared. */
bool
kg_check_typmod(int32 typmod, int dim, Node *escontext)
{
	if (typmod != -1 && typmod != dim)
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("expected %d dimensions, not %d", typmod, dim)));
	return true;
}

bool
kg_check_element(const KgVecType *type, float value, Node *escontext)
{
	if (isnan(value))
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("NaN not allowed in %s", type->name)));
	if (isinf(value))
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("infinite value not allowed in %s", type->name)));
	return true;
}

void
kg_dims_differ(const KgVecType *type, int a, int b)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
					errmsg("different %s dimensions %d and %d", type->name, a,
						   b)));
}

void
kg_check_elements(const KgVecType *type, const float *x, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (unlikely(fabsf(x[i]) >= type->overflow) && !isinf(x[i]))
		{
			char		digits[FLOAT_SHORTEST_DECIMAL_LEN];

			float_to_shortest_decimal_buf(x[i], digits);
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("\"%s\" is out of range for type %s", digits,
								   type->name)));
		}
		kg_check_element(type, x[i], NULL);
	}
}

void
kg_check_unused(int32 unused)
{
	if (unused != 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("expected unused to be 0, not %d", unused)));
}

int32
kg_typmod_in(const KgVecType *type, ArrayType *modifiers)
{
	int			n;
	int32	   *values = ArrayGetIntegerTypmods(modifiers, &n);

	if (n != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid type modifier")));
	if (values[0] < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimensions for type %s must be at least 1",
						type->name)));
	if (values[0] > type->max_dim)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("dimensions for type %s cannot exceed %d",
							   type->name, type->max_dim)));
	return values[0];
}

int
kg_subvector_range(int dim, int32 start, int32 count, int *first)
{
	int64		end = Min((int64) start + count, dim + 1);

	*first = Max(start, 1) - 1;
	return (int) Max(end - 1 - *first, 0);
}

float8
kg_cosine_distance(float ab, float aa, float bb)
{
	/* The root of the product is more exact than the product of two roots. */
	float8		similarity = ab / sqrt((float8) aa * (float8) bb);

	if (similarity > 1)
		similarity = 1;
	else if (similarity < -1)
		similarity = -1;
	return 1 - similarity;
}

float8
kg_norm(const float *x, int n)
{
	/* Four sums, because each addition to one sum waits for the one before. */
	float8		sums[4] = {0};
	int			i;

	for (i = 0; i + 4 <= n; i += 4)
	{
		for (int k = 0; k < 4; k++)
			sums[k] += (float8) x[i + k] * (float8) x[i + k];
	}
	for (; i < n; i++)
		sums[0] += (float8) x[i] * (float8) x[i];
	return sqrt((sums[0] + sums[1]) + (sums[2] + sums[3]));
}
