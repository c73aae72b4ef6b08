/*
 * dense_template.h
 *	  A template of the SQL functions of a dense vector type that
 *	  vector_template.h does not have.
 *
 * The .c file of each dense type includes this once, after vector_template.h
 * and with the same definitions.  Arithmetic is in float4.  So the .c file also
 * defines VEC_NEW(dim), a new vector of zeros, and conversions to float4 and
 * back:
 *
 *	static float *dense_floats(VEC_STRUCT *a);
 *		The elements to read: the vector's own, or a copy.
 *	static void dense_store(VEC_STRUCT *result, const float *x);
 *		Puts elements into a new vector, rounded.
 *	static void dense_send(StringInfo buf, const VEC_STRUCT *a);
 *	static void dense_receive(StringInfo buf, VEC_STRUCT *result);
 *		All elements in binary form.  Received floats are not yet checked.
 *	static VEC_STRUCT *dense_centre(KgBall *ball);
 *		The centre of a ball: its own memory, or palloc'd.
 */

/* Checks elements and makes a vector of them. */
static VEC_STRUCT *
dense_make(const float *x, int dim)
{
	VEC_STRUCT *result;

	kg_check_elements(VEC_TYPE, x, dim);
	result = VEC_NEW(dim);
	dense_store(result, x);
	return result;
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(in));
Datum
VEC_FUNCTION(in) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *result;
	float	   *x;
	int			dim;

	x = kg_dense_parse(VEC_TYPE, PG_GETARG_CSTRING(0), &dim, fcinfo->context);
	if (x == NULL || !kg_check_typmod(PG_GETARG_INT32(2), dim, fcinfo->context))
		PG_RETURN_NULL();

	result = dense_make(x, dim);
	pfree(x);
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(out));
Datum
VEC_FUNCTION(out) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);
	char	   *result = kg_dense_print(dense_floats(a), a->dim);

	PG_FREE_IF_COPY(a, 0);
	PG_RETURN_CSTRING(result);
}

/* The binary form: int16 dimensions, int16 zero, then the elements. */
PG_FUNCTION_INFO_V1(VEC_FUNCTION(recv));
Datum
VEC_FUNCTION(recv) (PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int16		dim = (int16) pq_getmsgint(buf, sizeof(int16));
	int16		unused = (int16) pq_getmsgint(buf, sizeof(int16));
	VEC_STRUCT *result;

	kg_check_dim(VEC_TYPE, dim, NULL);
	kg_check_typmod(PG_GETARG_INT32(2), dim, NULL);
	kg_check_unused(unused);

	result = VEC_NEW(dim);
	dense_receive(buf, result);
	kg_check_elements(VEC_TYPE, dense_floats(result), dim);
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(send));
Datum
VEC_FUNCTION(send) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint16(&buf, a->dim);
	pq_sendint16(&buf, 0);
	dense_send(&buf, a);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* An array of int4, float4, float8 or numeric to a vector. */
PG_FUNCTION_INFO_V1(VEC_FUNCTION(from_array));
Datum
VEC_FUNCTION(from_array) (PG_FUNCTION_ARGS)
{
	int			dim;
	float	   *x = kg_array_floats(VEC_TYPE, PG_GETARG_ARRAYTYPE_P(0),
									PG_GETARG_INT32(1), &dim);

	PG_RETURN_POINTER(dense_make(x, dim));
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(to_float4));
Datum
VEC_FUNCTION(to_float4) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);
	ArrayType  *result = kg_array_new(FLOAT4OID, sizeof(float4), a->dim);

	memcpy(kg_array_data(result), dense_floats(a), sizeof(float4) * a->dim);
	PG_RETURN_ARRAYTYPE_P(result);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(dims));
Datum
VEC_FUNCTION(dims) (PG_FUNCTION_ARGS)
{
	Datum		value = PG_GETARG_DATUM(0);
	int			header = offsetof(VEC_STRUCT, x) - VARHDRSZ;
	VEC_STRUCT *a;

	/* The first bytes of a value stored out of line are enough. */
	a = (VEC_STRUCT *) PG_DETOAST_DATUM_SLICE(value, 0, header);
	PG_RETURN_INT32(a->dim);
}

/*
 * Is argument 0 within argument 1, a ball?  The cosine distance of a zero
 * vector is NaN and within no ball.
 */
static pg_attribute_always_inline Datum
dense_within(FunctionCallInfo fcinfo,
			 float8 (*distance) (const VEC_STRUCT *, const VEC_STRUCT *))
{
	VEC_STRUCT *a = VEC_GETARG(0);
	KgBall	   *ball = PG_GETARG_BALL_P(1);
	VEC_STRUCT *centre = dense_centre(ball);

	kg_check_same_dim(VEC_TYPE, a->dim, centre->dim);
	PG_RETURN_BOOL(distance(a, centre) <= ball->radius);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(l2_within));
Datum
VEC_FUNCTION(l2_within) (PG_FUNCTION_ARGS)
{
	return dense_within(fcinfo, vec_l2_distance);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(ip_within));
Datum
VEC_FUNCTION(ip_within) (PG_FUNCTION_ARGS)
{
	return dense_within(fcinfo, vec_negative_inner_product);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(cosine_within));
Datum
VEC_FUNCTION(cosine_within) (PG_FUNCTION_ARGS)
{
	return dense_within(fcinfo, vec_cosine_distance);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(l1_within));
Datum
VEC_FUNCTION(l1_within) (PG_FUNCTION_ARGS)
{
	return dense_within(fcinfo, vec_l1_distance);
}

/*
 * The angle between two unit vectors, as a part of half a turn.  Unlike the
 * cosine distance it satisfies the triangle inequality.
 */
PG_FUNCTION_INFO_V1(VEC_FUNCTION(spherical_distance));
Datum
VEC_FUNCTION(spherical_distance) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a;
	VEC_STRUCT *b;
	double		cosine;

	vec_get_pair(fcinfo, &a, &b);
	cosine = vec_ip(a, b);

	/* Rounding may bring the product of unit vectors beyond 1. */
	if (cosine > 1)
		cosine = 1;
	else if (cosine < -1)
		cosine = -1;
	PG_RETURN_FLOAT8(acos(cosine) / M_PI);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(norm));
Datum
VEC_FUNCTION(norm) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);

	PG_RETURN_FLOAT8(kg_norm(dense_floats(a), a->dim));
}

/* One bit for each element: is it positive? */
PG_FUNCTION_INFO_V1(VEC_FUNCTION(binary_quantize));
Datum
VEC_FUNCTION(binary_quantize) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);

	PG_RETURN_VARBIT_P(kg_bit_signs(dense_floats(a), a->dim));
}

/* The transition function of avg(). */
PG_FUNCTION_INFO_V1(VEC_FUNCTION(accum));
Datum
VEC_FUNCTION(accum) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(1);
	float	   *x = dense_floats(a);

	PG_RETURN_ARRAYTYPE_P(kg_sums_add(fcinfo, VEC_TYPE, x, a->dim));
}
