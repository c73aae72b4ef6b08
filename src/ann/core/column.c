/*
 * column.c
 *	  An indexed column as its operator class describes it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/varbit.h"

#include "ann/core/access_method.h"
#include "ann/core/column.h"
#include "simd/simd.h"
#include "types/halfvec.h"
#include "types/int8vec.h"
#include "types/sparsevec.h"
#include "types/vector.h"

static KgElements
vector_elements(Datum value)
{
	Vector	   *vector = DatumGetVector(value);
	KgElements	elements = {vector->x, vector->dim};

	return elements;
}

static KgElements
halfvec_elements(Datum value)
{
	HalfVector *vector = DatumGetHalfVector(value);
	float	   *x = palloc(sizeof(float) * vector->dim);
	KgElements	elements = {x, vector->dim};

	kg_simd->f16_to_f32(vector->x, x, vector->dim);
	return elements;
}

static KgElements
int8vec_elements(Datum value)
{
	Int8Vector *vector = DatumGetInt8Vector(value);
	float	   *x = palloc(sizeof(float) * vector->dim);
	KgElements	elements = {x, vector->dim};

	kg_int8vec_floats(vector, x);
	return elements;
}

static Datum
vector_centre(KgBall *ball)
{
	return PointerGetDatum(kg_ball_centre(ball));
}

static Datum
halfvec_centre(KgBall *ball)
{
	const Vector *centre = kg_ball_centre(ball);

	return PointerGetDatum(kg_halfvec_make(centre->x, centre->dim));
}

static Datum
int8vec_centre(KgBall *ball)
{
	const Vector *centre = kg_ball_centre(ball);

	return PointerGetDatum(kg_int8vec_make(centre->x, centre->dim));
}

static KgBall *
vector_ball(Datum centre, double radius)
{
	const Vector *vector = DatumGetVector(centre);

	return kg_ball_make(vector->x, vector->dim, radius);
}

static KgBall *
halfvec_ball(Datum centre, double radius)
{
	KgElements	elements = halfvec_elements(centre);

	return kg_ball_make(elements.x, elements.dims, radius);
}

static KgElements
bit_elements(Datum value)
{
	VarBit	   *bits = DatumGetVarBitP(value);
	KgElements	elements = {VARBITS(bits), VARBITLEN(bits)};

	return elements;
}

static Datum
bit_centre(KgBall *ball)
{
	return PointerGetDatum(kg_ball_bit_centre(ball));
}

static KgBall *
bit_ball(Datum centre, double radius)
{
	return kg_ball_make_bits(DatumGetVarBitP(centre), radius);
}

static KgBall *
int8vec_ball(Datum centre, double radius)
{
	KgElements	elements = int8vec_elements(centre);

	return kg_ball_make(elements.x, elements.dims, radius);
}

static KgElements
sparsevec_elements(Datum value)
{
	SparseVector *vector = DatumGetSparseVector(value);
	KgSparseValue *sparse = palloc(sizeof(KgSparseValue));
	KgElements	elements = {sparse, vector->dim};

	sparse->count = vector->nnz;
	sparse->indices = vector->indices;
	sparse->values = SPARSEVEC_VALUES(vector);
	return elements;
}

static Datum
sparsevec_centre(KgBall *ball)
{
	return PointerGetDatum(kg_ball_sparse_centre(ball));
}

static KgBall *
sparsevec_ball(Datum centre, double radius)
{
	return kg_ball_make_sparse(DatumGetSparseVector(centre), radius);
}

/* A support function that returns a constant KgColumn. */
#define COLUMN_FUNCTION(name, ...) \
	PGDLLEXPORT PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		static const KgColumn column = {__VA_ARGS__}; \
		PG_RETURN_POINTER(&column); \
	}

COLUMN_FUNCTION(kg_ann_vector_l2, "vector", KG_METRIC_L2,
				vector_elements, vector_centre, vector_ball)
COLUMN_FUNCTION(kg_ann_vector_ip, "vector", KG_METRIC_IP,
				vector_elements, vector_centre, vector_ball)
COLUMN_FUNCTION(kg_ann_vector_cosine, "vector", KG_METRIC_COSINE,
				vector_elements, vector_centre, vector_ball)
COLUMN_FUNCTION(kg_ann_halfvec_l2, "halfvec", KG_METRIC_L2,
				halfvec_elements, halfvec_centre, halfvec_ball)
COLUMN_FUNCTION(kg_ann_halfvec_ip, "halfvec", KG_METRIC_IP,
				halfvec_elements, halfvec_centre, halfvec_ball)
COLUMN_FUNCTION(kg_ann_halfvec_cosine, "halfvec", KG_METRIC_COSINE,
				halfvec_elements, halfvec_centre, halfvec_ball)
COLUMN_FUNCTION(kg_ann_int8vec_l2, "int8vec", KG_METRIC_L2,
				int8vec_elements, int8vec_centre, int8vec_ball)
COLUMN_FUNCTION(kg_ann_int8vec_ip, "int8vec", KG_METRIC_IP,
				int8vec_elements, int8vec_centre, int8vec_ball)
COLUMN_FUNCTION(kg_ann_int8vec_cosine, "int8vec", KG_METRIC_COSINE,
				int8vec_elements, int8vec_centre, int8vec_ball)
COLUMN_FUNCTION(kg_ann_vector_maxsim, "vector", KG_METRIC_IP,
				.elements = vector_elements,.vectors = kg_vector_array_read)
COLUMN_FUNCTION(kg_ann_halfvec_maxsim, "halfvec", KG_METRIC_IP,
				.elements = halfvec_elements,.vectors = kg_halfvec_array_read)
COLUMN_FUNCTION(kg_ann_int8vec_maxsim, "int8vec", KG_METRIC_IP,
				.elements = int8vec_elements,.vectors = kg_int8vec_array_read)

COLUMN_FUNCTION(kg_ann_vector_l1, "vector", KG_METRIC_L1,
				vector_elements, vector_centre, vector_ball)
COLUMN_FUNCTION(kg_ann_halfvec_l1, "halfvec", KG_METRIC_L1,
				halfvec_elements, halfvec_centre, halfvec_ball)
COLUMN_FUNCTION(kg_ann_int8vec_l1, "int8vec", KG_METRIC_L1,
				int8vec_elements, int8vec_centre, int8vec_ball)
COLUMN_FUNCTION(kg_ann_bit_hamming, "bit", KG_METRIC_HAMMING,
				bit_elements, bit_centre, bit_ball)
COLUMN_FUNCTION(kg_ann_bit_jaccard, "bit", KG_METRIC_JACCARD,
				bit_elements, bit_centre, bit_ball)
COLUMN_FUNCTION(kg_ann_sparsevec_l2, "sparsevec", KG_METRIC_L2,
				sparsevec_elements, sparsevec_centre, sparsevec_ball,
				.sparse = true)
COLUMN_FUNCTION(kg_ann_sparsevec_ip, "sparsevec", KG_METRIC_IP,
				sparsevec_elements, sparsevec_centre, sparsevec_ball,
				.sparse = true)
COLUMN_FUNCTION(kg_ann_sparsevec_cosine, "sparsevec", KG_METRIC_COSINE,
				sparsevec_elements, sparsevec_centre, sparsevec_ball,
				.sparse = true)
COLUMN_FUNCTION(kg_ann_sparsevec_l1, "sparsevec", KG_METRIC_L1,
				sparsevec_elements, sparsevec_centre, sparsevec_ball,
				.sparse = true)

/*
 * Columns of pgvector's types, for extension kg_pgvector.  The values are
 * stored as kg's are.  The operators are pgvector's own.
 */
COLUMN_FUNCTION(kg_ann_pgvector_vector_l2, "vector", KG_METRIC_L2,
				vector_elements, vector_centre, vector_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_vector_ip, "vector", KG_METRIC_IP,
				vector_elements, vector_centre, vector_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_vector_cosine, "vector", KG_METRIC_COSINE,
				vector_elements, vector_centre, vector_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_vector_l1, "vector", KG_METRIC_L1,
				vector_elements, vector_centre, vector_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_halfvec_l1, "halfvec", KG_METRIC_L1,
				halfvec_elements, halfvec_centre, halfvec_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_halfvec_l2, "halfvec", KG_METRIC_L2,
				halfvec_elements, halfvec_centre, halfvec_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_halfvec_ip, "halfvec", KG_METRIC_IP,
				halfvec_elements, halfvec_centre, halfvec_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_halfvec_cosine, "halfvec", KG_METRIC_COSINE,
				halfvec_elements, halfvec_centre, halfvec_ball, true)
COLUMN_FUNCTION(kg_ann_pgvector_sparsevec_l2, "sparsevec", KG_METRIC_L2,
				sparsevec_elements, sparsevec_centre, sparsevec_ball, true,
				.sparse = true)
COLUMN_FUNCTION(kg_ann_pgvector_sparsevec_ip, "sparsevec", KG_METRIC_IP,
				sparsevec_elements, sparsevec_centre, sparsevec_ball, true,
				.sparse = true)
COLUMN_FUNCTION(kg_ann_pgvector_sparsevec_cosine, "sparsevec", KG_METRIC_COSINE,
				sparsevec_elements, sparsevec_centre, sparsevec_ball, true,
				.sparse = true)
COLUMN_FUNCTION(kg_ann_pgvector_sparsevec_l1, "sparsevec", KG_METRIC_L1,
				sparsevec_elements, sparsevec_centre, sparsevec_ball, true,
				.sparse = true)

const KgColumn *
kg_column_get(Relation index)
{
	const KgAccessMethod *method = kg_access_method(index->rd_indam->amoptions);
	FmgrInfo   *proc;

	if (method && method->column)
		return method->column(index);
	if (!OidIsValid(index_getprocid(index, 1, KG_COLUMN_PROC)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the first column of %s index \"%s\" must be a vector",
						kg_access_method_name(index), RelationGetRelationName(index)),
				 errhint("Filters follow it, as in (embedding, tenant_id).")));
	proc = index_getprocinfo(index, 1, KG_COLUMN_PROC);
	return (const KgColumn *) DatumGetPointer(FunctionCall0Coll(proc, InvalidOid));
}

static void
check_dims(int expected, int dims)
{
	if (dims != expected)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("expected %d dimensions, not %d", expected, dims)));
}

const void *
kg_column_elements(const KgColumn *column, Datum value, int dims)
{
	KgElements	elements = column->elements(value);

	check_dims(dims, elements.dims);
	return elements.x;
}

static int
compare_vectors(const void *a, const void *b, void *dims)
{
	return memcmp(*(const void *const *) a, *(const void *const *) b,
				  sizeof(float) * *(int *) dims);
}

KgRowVectors
kg_column_vectors(const KgColumn *column, Datum value, int dims)
{
	KgRowVectors row = {.count = 1};
	KgVectorArray vectors;
	int			distinct = 0;

	if (column->vectors == NULL)
	{
		row.x = palloc(sizeof(void *));
		row.x[0] = kg_column_elements(column, value, dims);
		return row;
	}
	vectors = column->vectors(DatumGetArrayTypeP(value));
	row.count = vectors.count;
	if (row.count == 0)
		return row;
	check_dims(dims, vectors.dims);
	row.x = palloc_extended(sizeof(void *) * row.count, MCXT_ALLOC_HUGE);
	for (int i = 0; i < row.count; i++)
		row.x[i] = kg_vector_array_at(&vectors, i);
	qsort_interruptible(row.x, row.count, sizeof(void *), compare_vectors, &dims);
	for (int i = 0; i < row.count; i++)
		if (distinct == 0 ||
			compare_vectors(&row.x[distinct - 1], &row.x[i], &dims) != 0)
			row.x[distinct++] = row.x[i];
	row.count = distinct;
	return row;
}
