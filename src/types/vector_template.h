/*
 * vector_template.h
 *	  A template of the SQL functions that all vector types have: type
 *	  modifier, length coercion, distances and comparisons.
 *
 * Like lib/simplehash.h, this is included once for each type.  The type's .c
 * file defines before
 *
 *	VEC_FUNCTION(name)	C name of an SQL function, kg_<type>_<name>
 *	VEC_STRUCT			the varlena struct, which has a member dim
 *	VEC_TYPE			its KgVecType
 *	VEC_GETARG(n)		the detoasted argument n
 *
 * and these functions, on two vectors of the same dimension:
 *
 *	static float vec_l2sq(const VEC_STRUCT *a, const VEC_STRUCT *b);
 *	static float vec_ip(const VEC_STRUCT *a, const VEC_STRUCT *b);
 *	static float vec_l1(const VEC_STRUCT *a, const VEC_STRUCT *b);
 *	static void vec_cosine(const VEC_STRUCT *a, const VEC_STRUCT *b,
 *						   float *ab, float *aa, float *bb);
 *
 * and this one, on any two:
 *
 *	static int vec_compare(const VEC_STRUCT *a, const VEC_STRUCT *b);
 *
 * Sums are float4 and may overflow to infinity, which is a valid distance.  The
 * cosine distance of a zero vector is NaN.
 */

/* Arguments 0 and 1 of a distance: two vectors of the same dimension. */
static void
vec_get_pair(FunctionCallInfo fcinfo, VEC_STRUCT * *a, VEC_STRUCT * *b)
{
	*a = VEC_GETARG(0);
	*b = VEC_GETARG(1);
	kg_check_same_dim(VEC_TYPE, (*a)->dim, (*b)->dim);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(typmod_in));
Datum
VEC_FUNCTION(typmod_in) (PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(kg_typmod_in(VEC_TYPE, PG_GETARG_ARRAYTYPE_P(0)));
}

/* The cast of a type to itself: checks the type modifier. */
PG_FUNCTION_INFO_V1(VEC_FUNCTION(coerce));
Datum
VEC_FUNCTION(coerce) (PG_FUNCTION_ARGS)
{
	VEC_STRUCT *a = VEC_GETARG(0);

	kg_check_typmod(PG_GETARG_INT32(1), a->dim, NULL);
	PG_RETURN_POINTER(a);
}

/*
 * The distances as SQL returns them.  All functions and operators compute them
 * here, so that all results agree to the last bit.
 */

static inline float8
vec_l2_distance(const VEC_STRUCT * a, const VEC_STRUCT * b)
{
	return sqrt((double) vec_l2sq(a, b));
}

static inline float8
vec_l2_squared_distance(const VEC_STRUCT * a, const VEC_STRUCT * b)
{
	return (double) vec_l2sq(a, b);
}

static inline float8
vec_inner_product(const VEC_STRUCT * a, const VEC_STRUCT * b)
{
	return (double) vec_ip(a, b);
}

/* Negative, so that an ascending ORDER BY returns the largest product first. */
static inline float8
vec_negative_inner_product(const VEC_STRUCT * a, const VEC_STRUCT * b)
{
	return (double) -vec_ip(a, b);
}

static inline float8
vec_cosine_distance(const VEC_STRUCT * a, const VEC_STRUCT * b)
{
	float		ab;
	float		aa;
	float		bb;

	vec_cosine(a, b, &ab, &aa, &bb);
	return kg_cosine_distance(ab, aa, bb);
}

static inline float8
vec_l1_distance(const VEC_STRUCT * a, const VEC_STRUCT * b)
{
	return (double) vec_l1(a, b);
}

/* A distance of arguments 0 and 1. */
static pg_attribute_always_inline Datum
vec_distance(FunctionCallInfo fcinfo,
			 float8 (*distance) (const VEC_STRUCT *, const VEC_STRUCT *))
{
	VEC_STRUCT *a;
	VEC_STRUCT *b;

	vec_get_pair(fcinfo, &a, &b);
	PG_RETURN_FLOAT8(distance(a, b));
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(l2_distance));
Datum
VEC_FUNCTION(l2_distance) (PG_FUNCTION_ARGS)
{
	return vec_distance(fcinfo, vec_l2_distance);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(l2_squared_distance));
Datum
VEC_FUNCTION(l2_squared_distance) (PG_FUNCTION_ARGS)
{
	return vec_distance(fcinfo, vec_l2_squared_distance);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(inner_product));
Datum
VEC_FUNCTION(inner_product) (PG_FUNCTION_ARGS)
{
	return vec_distance(fcinfo, vec_inner_product);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(negative_inner_product));
Datum
VEC_FUNCTION(negative_inner_product) (PG_FUNCTION_ARGS)
{
	return vec_distance(fcinfo, vec_negative_inner_product);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(cosine_distance));
Datum
VEC_FUNCTION(cosine_distance) (PG_FUNCTION_ARGS)
{
	return vec_distance(fcinfo, vec_cosine_distance);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(l1_distance));
Datum
VEC_FUNCTION(l1_distance) (PG_FUNCTION_ARGS)
{
	return vec_distance(fcinfo, vec_l1_distance);
}

/*
 * Compares arguments 0 and 1.  Frees detoasted copies, as a sort or an index
 * build calls this many times in one memory context.
 */
static int
vec_compare_args(FunctionCallInfo fcinfo)
{
	VEC_STRUCT *a = VEC_GETARG(0);
	VEC_STRUCT *b = VEC_GETARG(1);
	int			result = vec_compare(a, b);

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return result;
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(cmp));
Datum
VEC_FUNCTION(cmp) (PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(vec_compare_args(fcinfo));
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(lt));
Datum
VEC_FUNCTION(lt) (PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(vec_compare_args(fcinfo) < 0);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(le));
Datum
VEC_FUNCTION(le) (PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(vec_compare_args(fcinfo) <= 0);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(eq));
Datum
VEC_FUNCTION(eq) (PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(vec_compare_args(fcinfo) == 0);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(ne));
Datum
VEC_FUNCTION(ne) (PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(vec_compare_args(fcinfo) != 0);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(ge));
Datum
VEC_FUNCTION(ge) (PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(vec_compare_args(fcinfo) >= 0);
}

PG_FUNCTION_INFO_V1(VEC_FUNCTION(gt));
Datum
VEC_FUNCTION(gt) (PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(vec_compare_args(fcinfo) > 0);
}
