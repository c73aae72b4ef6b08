/*
 * int8vec.c
 *	  kg.int8vec, a dense vector in a byte a dimension.
 *
 * Each element is a whole multiple of the vector's scale (quant/multiples.h).
 * Distances are computed from sums of products of the bytes, which are exact,
 * in double, so all instruction sets give the same.  All other functions
 * convert to float4, which holds every element exactly.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "libpq/pqformat.h"

#include "simd/simd.h"
#include "types/aggregate.h"
#include "types/array.h"
#include "types/ball.h"
#include "types/bitvec.h"
#include "types/int8vec.h"
#include "types/text.h"
#include "types/vector.h"
#include "types/vectype.h"

#define VEC_FUNCTION(name) kg_int8vec_##name
#define VEC_STRUCT Int8Vector
#define VEC_TYPE (&kg_int8vec_type)
#define VEC_GETARG(n) PG_GETARG_INT8VEC_P(n)
#define VEC_NEW(dim) kg_int8vec_new(dim)

/* Elements that l1 decodes at a time. */
#define CHUNK 512

Int8Vector *
kg_int8vec_new(int dim)
{
	Size		size = INT8VEC_SIZE(dim);
	Int8Vector *result = palloc0(size);

	SET_VARSIZE(result, size);
	result->dim = dim;
	return result;
}

/* Inner products of multiples and of these with themselves, without rounding. */
typedef struct Products
{
	double		ab;
	double		aa;
	double		bb;
} Products;

/*
 * The sum of (code + a) (other + b) over n pairs of codes, from the sum of their
 * products and the sums of codes and others.  At most 16,000 * 32,767^2.
 */
static inline double
add_offsets(uint32 products, uint32 codes, uint32 others, const Int8Vector *a,
			const Int8Vector *b)
{
	return (double) ((int64) products + (int64) b->offset * codes +
					 (int64) a->offset * others +
					 (int64) a->offset * b->offset * a->dim);
}

static Products
products_of(const Int8Vector *a, const Int8Vector *b)
{
	KgByteSums	sums;
	Products	products;

	kg_simd->sums_u8(a->x, b->x, a->dim, &sums);
	products.ab = add_offsets(sums.ab, sums.a, sums.b, a, b);
	products.aa = add_offsets(sums.aa, sums.a, sums.a, a, a);
	products.bb = add_offsets(sums.bb, sums.b, sums.b, b, b);
	return products;
}

static inline double
element(const Int8Vector *a, int i)
{
	return (double) a->scale * (a->offset + a->x[i]);
}

/* |a|^2 + |b|^2 - 2 <a, b>, unless that would lose what float4 has. */
static float
vec_l2sq(const Int8Vector *a, const Int8Vector *b)
{
	Products	products = products_of(a, b);
	double		squares = (double) a->scale * a->scale * products.aa +
	(double) b->scale * b->scale * products.bb;
	double		sum = squares - 2.0 * a->scale * b->scale * products.ab;

	if (unlikely(sum < squares / (1 << 24)))
	{
		sum = 0;
		for (int i = 0; i < a->dim; i++)
		{
			double		d = element(a, i) - element(b, i);

			sum += d * d;
		}
	}
	return (float) sum;
}

static float
vec_ip(const Int8Vector *a, const Int8Vector *b)
{
	return (float) ((double) a->scale * b->scale * products_of(a, b).ab);
}

static float
vec_l1(const Int8Vector *a, const Int8Vector *b)
{
	float		ax[CHUNK];
	float		bx[CHUNK];
	double		sum = 0;

	for (int i = 0; i < a->dim; i += CHUNK)
	{
		int			n = Min(a->dim - i, CHUNK);

		kg_multiples_decode(kg_int8vec_form(a), a->x + i, n, ax);
		kg_multiples_decode(kg_int8vec_form(b), b->x + i, n, bx);
		sum += kg_simd->l1_f32(ax, bx, n);
	}
	return (float) sum;
}

static void
vec_cosine(const Int8Vector *a, const Int8Vector *b, float *ab, float *aa,
		   float *bb)
{
	Products	products = products_of(a, b);

	*ab = (float) ((double) a->scale * b->scale * products.ab);
	*aa = (float) ((double) a->scale * a->scale * products.aa);
	*bb = (float) ((double) b->scale * b->scale * products.bb);
}

/* By the first element that differs, else by dimension, as arrays are. */
static int
vec_compare(const Int8Vector *a, const Int8Vector *b)
{
	int			dim = Min(a->dim, b->dim);

	for (int i = 0; i < dim; i++)
	{
		double		ax = element(a, i);
		double		bx = element(b, i);

		if (ax != bx)
			return ax < bx ? -1 : 1;
	}
	return (a->dim > b->dim) - (a->dim < b->dim);
}

static float *
dense_floats(Int8Vector *a)
{
	float	   *x = palloc(sizeof(float) * a->dim);

	kg_int8vec_floats(a, x);
	return x;
}

static void
dense_set_form(Int8Vector *result, KgMultiples form)
{
	result->scale = form.scale;
	result->offset = form.offset;
}

static void
dense_store(Int8Vector *result, const float *x)
{
	dense_set_form(result, kg_multiples_encode(x, result->dim, result->x));
}

/* int16 least multiple, float4 scale, a byte for each element. */
static void
dense_send(StringInfo buf, const Int8Vector *a)
{
	pq_sendint16(buf, a->offset);
	pq_sendfloat4(buf, a->scale);
	pq_sendbytes(buf, (const char *) a->x, a->dim);
}

/* The shortest digits of a scale, for messages. */
static const char *
digits(float scale)
{
	char	   *result = palloc(FLOAT_SHORTEST_DECIMAL_LEN);

	float_to_shortest_decimal_buf(scale, result);
	return result;
}

/* Checks that each element is a float4, as text output writes it. */
static void
check_multiples(const Int8Vector *a)
{
	if (isnan(a->scale) || isinf(a->scale) || a->scale < 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("scale of int8vec must be at least 0 and finite, not %s",
						digits(a->scale))));
	for (int i = 0; i < a->dim; i++)
	{
		int			multiple = a->offset + a->x[i];

		if (abs(multiple) > KG_MOST_MULTIPLE)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("element %d of int8vec is %d times its scale, not %d to %d times",
							i + 1, multiple, -KG_MOST_MULTIPLE,
							KG_MOST_MULTIPLE)));
		if (!kg_multiples_is_exact(a->scale, multiple))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("element %d of int8vec, %d times %s, is not a float4",
							i + 1, multiple, digits(a->scale)),
					 errdetail("A scale of at most 9 significant bits fits all multiples.")));
	}
}

static void
dense_receive(StringInfo buf, Int8Vector *result)
{
	KgMultiples form;

	result->offset = (int16) pq_getmsgint(buf, sizeof(int16));
	result->scale = pq_getmsgfloat4(buf);
	pq_copymsgbytes(buf, (char *) result->x, result->dim);
	check_multiples(result);
	form = kg_int8vec_form(result);
	kg_multiples_reduce(&form, result->x, result->dim);
	dense_set_form(result, form);
}

static Int8Vector *
dense_centre(KgBall *ball)
{
	const Vector *centre = kg_ball_centre(ball);

	return kg_int8vec_make(centre->x, centre->dim);
}

#include "types/vector_template.h"
#include "types/dense_template.h"

Int8Vector *
kg_int8vec_make(const float *x, int dim)
{
	return dense_make(x, dim);
}

/* The same multiples of another scale: no element is rounded by itself. */
PG_FUNCTION_INFO_V1(kg_int8vec_l2_normalize);
Datum
kg_int8vec_l2_normalize(PG_FUNCTION_ARGS)
{
	Int8Vector *a = PG_GETARG_INT8VEC_P(0);
	Int8Vector *result = kg_int8vec_new(a->dim);
	KgMultiples form = kg_int8vec_form(a);
	double		norm = kg_norm(dense_floats(a), a->dim);

	/* The zero vector has no direction and stays zero. */
	if (norm == 0)
		PG_RETURN_INT8VEC_P(result);

	form.scale = kg_multiples_rescale(form, a->x, a->dim, 1 / norm);
	memcpy(result->x, a->x, a->dim);
	dense_set_form(result, form);
	PG_RETURN_INT8VEC_P(result);
}

/* As of the other types; some of the multiples, so without loss. */
PG_FUNCTION_INFO_V1(kg_int8vec_subvector);
Datum
kg_int8vec_subvector(PG_FUNCTION_ARGS)
{
	Int8Vector *a = PG_GETARG_INT8VEC_P(0);
	KgMultiples form = kg_int8vec_form(a);
	Int8Vector *result;
	int			start;
	int			dim = kg_subvector_range(a->dim, PG_GETARG_INT32(1),
										 PG_GETARG_INT32(2), &start);

	kg_check_dim(&kg_int8vec_type, dim, NULL);
	result = kg_int8vec_new(dim);
	memcpy(result->x, a->x + start, dim);
	kg_multiples_reduce(&form, result->x, dim);
	dense_set_form(result, form);
	PG_RETURN_INT8VEC_P(result);
}

/* The vector of a state of avg() and sum(): all that float4 holds. */
static Datum
state_vector(FunctionCallInfo fcinfo, const float *x, int dim)
{
	Vector	   *result;

	/* SQL defines both of no values to be NULL */
	if (x == NULL)
		PG_RETURN_NULL();
	kg_check_elements(&kg_vector_type, x, dim);
	result = kg_vector_new(dim);
	memcpy(result->x, x, sizeof(float) * dim);
	PG_RETURN_VECTOR_P(result);
}

PG_FUNCTION_INFO_V1(kg_int8vec_avg);
Datum
kg_int8vec_avg(PG_FUNCTION_ARGS)
{
	int			dim;
	float	   *x = kg_sums_mean(&kg_int8vec_type, PG_GETARG_ARRAYTYPE_P(0),
								 &dim);

	return state_vector(fcinfo, x, dim);
}

PG_FUNCTION_INFO_V1(kg_int8vec_sum);
Datum
kg_int8vec_sum(PG_FUNCTION_ARGS)
{
	int			dim;
	float	   *x = kg_sums_total(&kg_int8vec_type, PG_GETARG_ARRAYTYPE_P(0),
								  &dim);

	return state_vector(fcinfo, x, dim);
}

/* Rounded to integers, as PostgreSQL casts float4. */
PG_FUNCTION_INFO_V1(kg_int8vec_to_int4);
Datum
kg_int8vec_to_int4(PG_FUNCTION_ARGS)
{
	Int8Vector *a = PG_GETARG_INT8VEC_P(0);
	ArrayType  *result = kg_array_new(INT4OID, sizeof(int32), a->dim);
	int32	   *out = kg_array_data(result);

	for (int i = 0; i < a->dim; i++)
	{
		double		x = rint(element(a, i));

		if (!FLOAT4_FITS_IN_INT32((float) x))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("integer out of range")));
		out[i] = (int32) x;
	}
	PG_RETURN_ARRAYTYPE_P(result);
}
