/*
 * ball.c
 *	  kg.ball, a centre and a radius: construction, input and output.
 *
 * The centre is a bit string, a sparse vector, or a vector in float4, which holds
 * every element of the dense types exactly.  The operators are where the distance
 * operators are, because they compute the same distances.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/varbit.h"

#include "quant/multiples.h"
#include "simd/simd.h"
#include "types/ball.h"
#include "types/sparsevec.h"
#include "types/text.h"
#include "types/type_oid.h"
#include "types/vectype.h"

/* For messages about text input and radius. */
static const KgVecType ball_type = {
	.name = "ball",
	.max_dim = VECTOR_MAX_DIM,
	.overflow = INFINITY,
};

static const KgVecType sparse_ball_type = {
	.name = "ball",
	.max_dim = SPARSEVEC_MAX_DIM,
	.overflow = INFINITY,
	.sparse = true,
};

/* A ball whose centre is all zeros. */
static KgBall *
ball_new(int dim, float8 radius)
{
	Size		size = BALL_SIZE(dim);
	KgBall	   *result = palloc0(size);
	Vector	   *centre = kg_ball_centre(result);

	SET_VARSIZE(result, size);
	result->radius = radius;
	SET_VARSIZE(centre, VECTOR_SIZE(dim));
	centre->dim = dim;
	return result;
}

KgBall *
kg_ball_make(const float *x, int dim, float8 radius)
{
	KgBall	   *result = ball_new(dim, radius);

	memcpy(kg_ball_centre(result)->x, x, sizeof(float) * dim);
	return result;
}

/* A ball around a copy of a value, header and all. */
static KgBall *
ball_around(const void *centre, KgCentre kind, float8 radius)
{
	Size		size = offsetof(KgBall, centre) + VARSIZE(centre);
	KgBall	   *result = palloc0(size);

	SET_VARSIZE(result, size);
	result->kind = kind;
	result->radius = radius;
	memcpy(result->centre, centre, VARSIZE(centre));
	return result;
}

KgBall *
kg_ball_make_bits(const VarBit *centre, float8 radius)
{
	return ball_around(centre, KG_CENTRE_BITS, radius);
}

KgBall *
kg_ball_make_sparse(const SparseVector *centre, float8 radius)
{
	return ball_around(centre, KG_CENTRE_SPARSE, radius);
}

void
kg_ball_other_centre(const KgBall *ball, KgCentre wanted)
{
	static const char *const kinds[] = {
		[KG_CENTRE_VECTOR] = "a vector",
		[KG_CENTRE_BITS] = "a bit string",
		[KG_CENTRE_SPARSE] = "a sparse vector",
	};

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the centre of the ball is %s, not %s", kinds[ball->kind],
					kinds[wanted])));
}

/*
 * Rejects NaN: in C no distance is at most NaN, in SQL every distance is.  A
 * negative radius makes sense for inner products.
 */
static bool
check_radius(float8 radius, Node *escontext)
{
	if (isnan(radius))
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("radius of a ball cannot be NaN")));
	return true;
}

/* A float8, "Infinity" included. */
static bool
scan_radius(KgScanner *scan, float8 *radius)
{
	char	   *end;

	errno = 0;
	*radius = strtod(scan->pos, &end);
	if (end == scan->pos)
		return kg_scan_error(scan, NULL);
	if (errno == ERANGE && (*radius == 0 || isinf(*radius)))
		ereturn(scan->escontext, false,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("radius is out of range for type %s",
						scan->type->name)));
	scan->pos = end;
	return check_radius(*radius, scan->escontext);
}

/* Bits as "B101"; NULL after a soft error. */
static VarBit *
scan_bits(KgScanner *scan)
{
	const char *digits = scan->pos;
	int			count = (int) strspn(digits, "01");
	VarBit	   *result = palloc0(VARBITTOTALLEN(count));

	SET_VARSIZE(result, VARBITTOTALLEN(count));
	VARBITLEN(result) = count;
	for (int i = 0; i < count; i++)
		VARBITS(result)[i / BITS_PER_BYTE] |= (digits[i] - '0')
			<< (BITS_PER_BYTE - 1 - i % BITS_PER_BYTE);
	scan->pos += count;
	return result;
}

static char *
print_bits(VarBit *bits)
{
	int			count = VARBITLEN(bits);
	char	   *result = palloc(count + 2);

	result[0] = 'B';
	for (int i = 0; i < count; i++)
		result[i + 1] = '0' + (VARBITS(bits)[i / BITS_PER_BYTE] >>
							   (BITS_PER_BYTE - 1 - i % BITS_PER_BYTE) & 1);
	result[count + 1] = '\0';
	return result;
}

/* Is it a sparse vector that follows?  Then the scanner is told so. */
static bool
sparse_follows(KgScanner *scan)
{
	const char *start = scan->pos;
	bool		result = kg_scan_char(scan, '{');

	scan->pos = start;
	if (result)
		scan->type = &sparse_ball_type;
	return result;
}

/*
 * A centre of any kind, with a radius to be set; NULL after a soft error.
 */
static KgBall *
scan_centre(KgScanner *scan)
{
	SparseVector *sparse;
	VarBit	   *bits;
	float	   *x;
	int			dim;

	if (kg_scan_char(scan, 'B'))
	{
		bits = scan_bits(scan);
		return kg_ball_make_bits(bits, 0);
	}
	if (sparse_follows(scan))
	{
		sparse = kg_sparsevec_scan(scan);
		return sparse ? kg_ball_make_sparse(sparse, 0) : NULL;
	}
	x = kg_scan_dense(scan, &dim);
	return x ? kg_ball_make(x, dim, 0) : NULL;
}

/*
 * Text input: "<[1,2,3],0.5>", "<B101,2>" or "<{1:1,3:2}/5,0.5>", as
 * PostgreSQL's circle.
 */
PG_FUNCTION_INFO_V1(kg_ball_in);
Datum
kg_ball_in(PG_FUNCTION_ARGS)
{
	KgScanner	scan;
	KgBall	   *result;

	kg_scan_start(&scan, &ball_type, PG_GETARG_CSTRING(0), fcinfo->context);
	if (!kg_scan_char(&scan, '<'))
	{
		kg_scan_error(&scan, "A ball is written \"<[1,2,3],radius>\".");
		PG_RETURN_NULL();
	}
	result = scan_centre(&scan);
	if (result == NULL)
		PG_RETURN_NULL();
	if (!kg_scan_char(&scan, ','))
	{
		kg_scan_error(&scan, "A ball is written \"<[1,2,3],radius>\".");
		PG_RETURN_NULL();
	}
	if (!scan_radius(&scan, &result->radius))
		PG_RETURN_NULL();
	if (!kg_scan_char(&scan, '>'))
	{
		kg_scan_error(&scan, NULL);
		PG_RETURN_NULL();
	}
	if (!kg_scan_end(&scan, "Junk after closing angle bracket."))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(kg_ball_out);
Datum
kg_ball_out(PG_FUNCTION_ARGS)
{
	KgBall	   *ball = PG_GETARG_BALL_P(0);
	Vector	   *dense;
	Datum		sparse;
	char	   *centre;

	switch ((KgCentre) ball->kind)
	{
		case KG_CENTRE_BITS:
			centre = print_bits(kg_ball_bit_centre(ball));
			break;
		case KG_CENTRE_SPARSE:
			sparse = PointerGetDatum(kg_ball_sparse_centre(ball));
			centre = DatumGetCString(DirectFunctionCall1(kg_sparsevec_out, sparse));
			break;
		default:
			dense = kg_ball_centre(ball);
			centre = kg_dense_print(dense->x, dense->dim);
	}
	PG_RETURN_CSTRING(psprintf("<%s,%s>", centre,
							   float8out_internal(ball->radius)));
}

/* The length of a bit string, and its bytes. */
static KgBall *
receive_bits(StringInfo buf, float8 radius)
{
	VarBit	   *bits = (VarBit *)
	DatumGetPointer(DirectFunctionCall3(varbit_recv, PointerGetDatum(buf),
										ObjectIdGetDatum(InvalidOid),
										Int32GetDatum(-1)));

	return kg_ball_make_bits(bits, radius);
}

static KgBall *
receive_sparse(StringInfo buf, float8 radius)
{
	SparseVector *sparse = (SparseVector *)
	DatumGetPointer(DirectFunctionCall3(kg_sparsevec_recv, PointerGetDatum(buf),
										ObjectIdGetDatum(InvalidOid),
										Int32GetDatum(-1)));

	return kg_ball_make_sparse(sparse, radius);
}

/*
 * Binary form: the radius, then the centre in the binary form of a vector; or
 * a zero for the dimensions, the KgCentre in place of the reserved number, and
 * the binary form of a bit string or of a sparse vector.
 */
PG_FUNCTION_INFO_V1(kg_ball_recv);
Datum
kg_ball_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	float8		radius = pq_getmsgfloat8(buf);
	int16		dim = (int16) pq_getmsgint(buf, sizeof(int16));
	int16		unused = (int16) pq_getmsgint(buf, sizeof(int16));
	KgBall	   *result;
	Vector	   *centre;

	check_radius(radius, NULL);
	if (dim == 0 && unused == KG_CENTRE_BITS)
		PG_RETURN_POINTER(receive_bits(buf, radius));
	if (dim == 0 && unused == KG_CENTRE_SPARSE)
		PG_RETURN_POINTER(receive_sparse(buf, radius));
	kg_check_dim(&ball_type, dim, NULL);
	kg_check_unused(unused);

	result = ball_new(dim, radius);
	centre = kg_ball_centre(result);
	for (int i = 0; i < dim; i++)
		centre->x[i] = pq_getmsgfloat4(buf);
	kg_check_elements(&ball_type, centre->x, dim);
	PG_RETURN_POINTER(result);
}

static void
send_bits(StringInfo buf, VarBit *bits)
{
	pq_sendint32(buf, VARBITLEN(bits));
	pq_sendbytes(buf, (const char *) VARBITS(bits), VARBITBYTES(bits));
}

PG_FUNCTION_INFO_V1(kg_ball_send);
Datum
kg_ball_send(PG_FUNCTION_ARGS)
{
	KgBall	   *ball = PG_GETARG_BALL_P(0);
	Vector	   *centre;
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendfloat8(&buf, ball->radius);
	if (ball->kind != KG_CENTRE_VECTOR)
	{
		pq_sendint16(&buf, 0);
		pq_sendint16(&buf, ball->kind);
		if (ball->kind == KG_CENTRE_BITS)
			send_bits(&buf, kg_ball_bit_centre(ball));
		else
			kg_sparsevec_append(&buf, kg_ball_sparse_centre(ball));
		PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
	}
	centre = kg_ball_centre(ball);
	pq_sendint16(&buf, centre->dim);
	pq_sendint16(&buf, centre->unused);
	for (int i = 0; i < centre->dim; i++)
		pq_sendfloat4(&buf, centre->x[i]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(kg_ball_from_vector);
Datum
kg_ball_from_vector(PG_FUNCTION_ARGS)
{
	Vector	   *centre = PG_GETARG_VECTOR_P(0);
	float8		radius = PG_GETARG_FLOAT8(1);

	check_radius(radius, NULL);
	PG_RETURN_POINTER(kg_ball_make(centre->x, centre->dim, radius));
}

PG_FUNCTION_INFO_V1(kg_ball_from_halfvec);
Datum
kg_ball_from_halfvec(PG_FUNCTION_ARGS)
{
	HalfVector *centre = PG_GETARG_HALFVEC_P(0);
	float8		radius = PG_GETARG_FLOAT8(1);
	KgBall	   *result;

	check_radius(radius, NULL);
	result = ball_new(centre->dim, radius);
	kg_simd->f16_to_f32(centre->x, kg_ball_centre(result)->x, centre->dim);
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(kg_ball_from_bit);
Datum
kg_ball_from_bit(PG_FUNCTION_ARGS)
{
	VarBit	   *centre = PG_GETARG_VARBIT_P(0);
	float8		radius = PG_GETARG_FLOAT8(1);

	check_radius(radius, NULL);
	PG_RETURN_POINTER(kg_ball_make_bits(centre, radius));
}

PG_FUNCTION_INFO_V1(kg_ball_from_sparsevec);
Datum
kg_ball_from_sparsevec(PG_FUNCTION_ARGS)
{
	SparseVector *centre = PG_GETARG_SPARSEVEC_P(0);
	float8		radius = PG_GETARG_FLOAT8(1);

	check_radius(radius, NULL);
	PG_RETURN_POINTER(kg_ball_make_sparse(centre, radius));
}

PG_FUNCTION_INFO_V1(kg_ball_from_int8vec);
Datum
kg_ball_from_int8vec(PG_FUNCTION_ARGS)
{
	Int8Vector *centre = PG_GETARG_INT8VEC_P(0);
	KgMultiples form = {centre->scale, centre->offset};
	float8		radius = PG_GETARG_FLOAT8(1);
	KgBall	   *result;

	check_radius(radius, NULL);
	result = ball_new(centre->dim, radius);
	kg_multiples_decode(form, centre->x, centre->dim,
						kg_ball_centre(result)->x);
	PG_RETURN_POINTER(result);
}

/*
 * For kg.ball('[1,2,3]', 0.5): SQL prefers text for a literal or parameter of
 * unknown type where there is a choice of functions.
 */
PG_FUNCTION_INFO_V1(kg_ball_from_text);
Datum
kg_ball_from_text(PG_FUNCTION_ARGS)
{
	char	   *centre = text_to_cstring(PG_GETARG_TEXT_PP(0));
	float8		radius = PG_GETARG_FLOAT8(1);
	KgScanner	scan;
	SparseVector *sparse;
	float	   *x;
	int			dim;

	check_radius(radius, NULL);
	kg_scan_start(&scan, &kg_vector_type, centre, NULL);
	if (sparse_follows(&scan))
	{
		scan.type = &kg_sparsevec_type;
		sparse = kg_sparsevec_scan(&scan);
		kg_scan_end(&scan, "Junk after closing.");
		PG_RETURN_POINTER(kg_ball_make_sparse(sparse, radius));
	}
	x = kg_dense_parse(&kg_vector_type, centre, &dim, NULL);
	PG_RETURN_POINTER(kg_ball_make(x, dim, radius));
}

PG_FUNCTION_INFO_V1(kg_ball_center);
Datum
kg_ball_center(PG_FUNCTION_ARGS)
{
	Vector	   *centre = kg_ball_centre(PG_GETARG_BALL_P(0));
	Vector	   *result = palloc(VARSIZE(centre));

	memcpy(result, centre, VARSIZE(centre));
	PG_RETURN_VECTOR_P(result);
}

PG_FUNCTION_INFO_V1(kg_ball_bit_center);
Datum
kg_ball_bit_center(PG_FUNCTION_ARGS)
{
	VarBit	   *centre = kg_ball_bit_centre(PG_GETARG_BALL_P(0));
	VarBit	   *result = palloc(VARSIZE(centre));

	memcpy(result, centre, VARSIZE(centre));
	PG_RETURN_VARBIT_P(result);
}

PG_FUNCTION_INFO_V1(kg_ball_sparse_center);
Datum
kg_ball_sparse_center(PG_FUNCTION_ARGS)
{
	SparseVector *centre = kg_ball_sparse_centre(PG_GETARG_BALL_P(0));
	SparseVector *result = palloc(VARSIZE(centre));

	memcpy(result, centre, VARSIZE(centre));
	PG_RETURN_SPARSEVEC_P(result);
}

PG_FUNCTION_INFO_V1(kg_ball_radius);
Datum
kg_ball_radius(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(PG_GETARG_BALL_P(0)->radius);
}

/*
 * The selectivity of a condition that vectors are within a ball.  It is the
 * fraction of the column's sample from ANALYZE that satisfies the operator, as
 * in matchingsel.  One row in a hundred is assumed if there is no sample, as of
 * values above 1 kB, or if the ball is not known yet, or if the column has no
 * declared dimension: the operator would raise an error of differing dimensions
 * in planning, although the query's other conditions may avoid it.
 */
PG_FUNCTION_INFO_V1(kg_within_sel);
Datum
kg_within_sel(PG_FUNCTION_ARGS)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid			operator = PG_GETARG_OID(1);
	List	   *args = (List *) PG_GETARG_POINTER(2);
	int			var_relid = PG_GETARG_INT32(3);

	if (list_length(args) != 2 || exprTypmod(linitial(args)) < 0)
		PG_RETURN_FLOAT8(DEFAULT_MATCHING_SEL);
	PG_RETURN_FLOAT8(generic_restriction_selectivity(root, operator,
													 PG_GET_COLLATION(), args,
													 var_relid,
													 DEFAULT_MATCHING_SEL));
}

Oid
kg_ball_type(void)
{
	return kg_type("ball");
}
