/*
 * dense_arithmetic.h
 *	  A template of the SQL functions that compute a vector, element by element.
 *
 * The .c file of a dense type whose elements are independent of one another
 * includes this after dense_template.h.  It also defines
 *
 *	static float *dense_buffer(VEC_STRUCT *result);
 *		A buffer for the elements of a new vector: its own, or palloc'd.
 *		dense_store() takes it.
 */

PG_FUNCTION_INFO_V1(VEC_FUNCTION(l2_normalize));
Datum
VEC_FUNCTION(l2_normalize) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);
	VEC_STRUCT *result = VEC_NEW(a->dim);
	float	   *x = dense_floats(a);
	float	   *y = dense_buffer(result);
	double		norm = kg_norm(x, a->dim);

	/* The zero vector has no direction and stays zero. */
	if (norm == 0)
		PG_RETURN_POINTER(result);

	for (int i = 0; i < a->dim; i++)
		y[i] = x[i] / norm;
	dense_store(result, y);
	PG_RETURN_POINTER(result);
}

static inline float
dense_add(float a, float b)
{
	return a + b;
}

static inline float
dense_sub(float a, float b)
{
	return a - b;
}

static inline float
dense_mul(float a, float b)
{
	float		result = a * b;

	if (unlikely(fabsf(result) <= VEC_TYPE->underflow) && a != 0 && b != 0)
		float_underflow_error();
	return result;
}

/* An operation on arguments 0 and 1, element by element. */
static pg_attribute_always_inline Datum
dense_elementwise(FunctionCallInfo fcinfo, float (*operation) (float, float))
{
	VEC_STRUCT *a;
	VEC_STRUCT *b;
	VEC_STRUCT *result;
	const float *ax;
	const float *bx;
	float	   *rx;

	vec_get_pair(fcinfo, &a, &b);
	result = VEC_NEW(a->dim);
	ax = dense_floats(a);
	bx = dense_floats(b);
	rx = dense_buffer(result);
	for (int i = 0; i < result->dim; i++)
	{
		rx[i] = operation(ax[i], bx[i]);
		if (unlikely(fabsf(rx[i]) >= VEC_TYPE->overflow))
			float_overflow_error();
	}
	dense_store(result, rx);
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(add));
Datum
VEC_FUNCTION(add) (PG_FUNCTION_ARGS)
{
	return dense_elementwise(fcinfo, dense_add);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(sub));
Datum
VEC_FUNCTION(sub) (PG_FUNCTION_ARGS)
{
	return dense_elementwise(fcinfo, dense_sub);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(mul));
Datum
VEC_FUNCTION(mul) (PG_FUNCTION_ARGS)
{
	return dense_elementwise(fcinfo, dense_mul);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(concat));
Datum
VEC_FUNCTION(concat) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);
	VEC_STRUCT *b = VEC_GETARG(1);
	int			dim = a->dim + b->dim;
	VEC_STRUCT *result;

	kg_check_dim(VEC_TYPE, dim, NULL);
	result = VEC_NEW(dim);
	memcpy(result->x, a->x, sizeof(a->x[0]) * a->dim);
	memcpy(result->x + a->dim, b->x, sizeof(b->x[0]) * b->dim);
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(subvector));
Datum
VEC_FUNCTION(subvector) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);
	VEC_STRUCT *result;
	int			start;
	int			dim = kg_subvector_range(a->dim, PG_GETARG_INT32(1),
										 PG_GETARG_INT32(2), &start);

	kg_check_dim(VEC_TYPE, dim, NULL);
	result = VEC_NEW(dim);
	memcpy(result->x, a->x + start, sizeof(a->x[0]) * dim);
	PG_RETURN_POINTER(result);
}

/* The final function of avg(). */
PG_FUNCTION_INFO_V1(VEC_FUNCTION(avg));
Datum
VEC_FUNCTION(avg) (PG_FUNCTION_ARGS)
{
	int			dim;
	float	   *x = kg_sums_mean(VEC_TYPE, PG_GETARG_ARRAYTYPE_P(0), &dim);

	/* SQL defines the average of no values to be NULL */
	if (x == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(dense_make(x, dim));
}
