/*
 * sparsevec.c
 *	  kg.sparsevec, a vector of float4 that stores only the elements that are
 *	  not zero.
 */
#include "postgres.h"

#include "common/shortest_dec.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "simd/simd.h"
#include "types/array.h"
#include "types/sparsevec.h"
#include "types/text.h"
#include "types/vectype.h"

#define VEC_FUNCTION(name) kg_sparsevec_##name
#define VEC_STRUCT SparseVector
#define VEC_TYPE (&kg_sparsevec_type)
#define VEC_GETARG(n) PG_GETARG_SPARSEVEC_P(n)

/* Digits of an int32 with its sign. */
#define INT32_LEN 11

/* Elements to allocate at first when parsing; doubled as needed. */
#define FIRST_ELEMENTS 16

/* An element in text input. */
typedef struct Element
{
	int32		index;			/* from 1, not yet checked */
	float		value;
} Element;

/*
 * A merge of two vectors: each step gives the next index at which either has an
 * element, and both values there.
 */
typedef struct Merge
{
	const SparseVector *a;
	const SparseVector *b;
	const float *avalues;
	const float *bvalues;
	int			i;				/* next element of a */
	int			j;				/* next element of b */
	int32		index;
	float		ax;
	float		bx;
} Merge;

static void
merge_start(Merge *merge, const SparseVector *a, const SparseVector *b)
{
	merge->a = a;
	merge->b = b;
	merge->avalues = SPARSEVEC_VALUES(a);
	merge->bvalues = SPARSEVEC_VALUES(b);
	merge->i = 0;
	merge->j = 0;
}

static inline bool
merge_next(Merge *merge)
{
	int32		ai = merge->i < merge->a->nnz ? merge->a->indices[merge->i] :
	PG_INT32_MAX;
	int32		bi = merge->j < merge->b->nnz ? merge->b->indices[merge->j] :
	PG_INT32_MAX;

	/* PG_INT32_MAX is no index: indices are below SPARSEVEC_MAX_DIM. */
	merge->index = Min(ai, bi);
	if (merge->index == PG_INT32_MAX)
		return false;
	merge->ax = ai <= bi ? merge->avalues[merge->i++] : 0;
	merge->bx = bi <= ai ? merge->bvalues[merge->j++] : 0;
	return true;
}

static float
vec_l2sq(const SparseVector *a, const SparseVector *b)
{
	Merge		merge;
	float		sum = 0;

	merge_start(&merge, a, b);
	while (merge_next(&merge))
		sum += (merge.ax - merge.bx) * (merge.ax - merge.bx);
	return sum;
}

static float
vec_ip(const SparseVector *a, const SparseVector *b)
{
	Merge		merge;
	float		sum = 0;

	merge_start(&merge, a, b);
	while (merge_next(&merge))
		sum += merge.ax * merge.bx;
	return sum;
}

static float
vec_l1(const SparseVector *a, const SparseVector *b)
{
	Merge		merge;
	float		sum = 0;

	merge_start(&merge, a, b);
	while (merge_next(&merge))
		sum += fabsf(merge.ax - merge.bx);
	return sum;
}

static void
vec_cosine(const SparseVector *a, const SparseVector *b, float *ab, float *aa,
		   float *bb)
{
	*ab = vec_ip(a, b);
	*aa = kg_simd->ip_f32(SPARSEVEC_VALUES(a), SPARSEVEC_VALUES(a), a->nnz);
	*bb = kg_simd->ip_f32(SPARSEVEC_VALUES(b), SPARSEVEC_VALUES(b), b->nnz);
}

/* The order of the dense vectors with the same elements. */
static int
vec_compare(const SparseVector *a, const SparseVector *b)
{
	Merge		merge;

	merge_start(&merge, a, b);
	while (merge_next(&merge) && merge.index < Min(a->dim, b->dim))
	{
		if (merge.ax != merge.bx)
			return merge.ax < merge.bx ? -1 : 1;
	}
	return (a->dim > b->dim) - (a->dim < b->dim);
}

#include "types/vector_template.h"

static SparseVector *
sparsevec_new(int dim, int nnz)
{
	Size		size = SPARSEVEC_SIZE(nnz);
	SparseVector *result = palloc0(size);

	SET_VARSIZE(result, size);
	result->dim = dim;
	result->nnz = nnz;
	return result;
}

/* Checks a number of elements; see vectype.h for escontext. */
static bool
check_nnz(int nnz, Node *escontext)
{
	if (nnz > SPARSEVEC_MAX_NNZ)
		ereturn(escontext, false,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("sparsevec cannot have more than %d non-zero elements",
						SPARSEVEC_MAX_NNZ)));
	return true;
}

/* Checks the index of element i, after the elements before it were checked. */
static bool
check_index(const SparseVector *a, int i, Node *escontext)
{
	int32		index = a->indices[i];

	if (index < 0 || index >= a->dim)
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("sparsevec index out of bounds")));
	if (i > 0 && index < a->indices[i - 1])
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("sparsevec indices must be in ascending order")));
	if (i > 0 && index == a->indices[i - 1])
		ereturn(escontext, false,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("sparsevec indices must not contain duplicates")));
	return true;
}

SparseVector *
kg_sparsevec_make(int dim, const int32 *indices, const float *values, int n)
{
	SparseVector *result;
	float	   *x;
	int			nnz = 0;

	for (int i = 0; i < n; i++)
		nnz += values[i] != 0;
	check_nnz(nnz, NULL);

	result = sparsevec_new(dim, nnz);
	x = SPARSEVEC_VALUES(result);
	for (int i = 0, k = 0; i < n; i++)
	{
		if (values[i] != 0)
		{
			result->indices[k] = indices ? indices[i] : i;
			x[k++] = values[i];
		}
	}
	kg_check_elements(&kg_sparsevec_type, x, nnz);
	return result;
}

static int
compare_elements(const void *a, const void *b)
{
	int32		ai = ((const Element *) a)->index;
	int32		bi = ((const Element *) b)->index;

	return (ai > bi) - (ai < bi);
}

/* "index:value"; false after a soft error. */
static bool
scan_element(KgScanner *scan, Element *element)
{
	if (!kg_scan_int(scan, &element->index))
		return false;
	if (!kg_scan_char(scan, ':'))
		return kg_scan_error(scan, NULL);
	return kg_scan_float(scan, &element->value);
}

/*
 * "{index:value,...}", without the elements whose value is zero.  Returns
 * NULL after a soft error.
 */
static Element *
scan_elements(KgScanner *scan, int *nnz)
{
	int			capacity = FIRST_ELEMENTS;
	Element    *elements = palloc(sizeof(Element) * capacity);
	int			seen = 0;
	int			n = 0;

	if (!kg_scan_char(scan, '{'))
	{
		kg_scan_error(scan, "Vector contents must start with \"{\".");
		return NULL;
	}
	*nnz = 0;
	if (kg_scan_char(scan, '}'))
		return elements;

	do
	{
		/* The limit counts zeros, too: it bounds the input. */
		if (!check_nnz(++seen, scan->escontext))
			return NULL;
		if (n == capacity)
		{
			capacity *= 2;
			elements = repalloc(elements, sizeof(Element) * capacity);
		}
		if (!scan_element(scan, &elements[n]))
			return NULL;
		if (elements[n].value != 0)
			n++;
	} while (kg_scan_char(scan, ','));

	if (!kg_scan_char(scan, '}'))
	{
		kg_scan_error(scan, NULL);
		return NULL;
	}
	*nnz = n;
	return elements;
}

/* Elements and the dimension, unchecked; NULL after a soft error. */
static Element *
scan_sparse(KgScanner *scan, int *nnz, int32 *dim)
{
	Element    *elements = scan_elements(scan, nnz);

	if (elements == NULL)
		return NULL;
	if (!kg_scan_char(scan, '/'))
	{
		kg_scan_error(scan, "Unexpected end of input.");
		return NULL;
	}
	return kg_scan_int(scan, dim) ? elements : NULL;
}

/* Sorts and checks elements, which may be in any order in text, and frees them. */
static SparseVector *
make_of_elements(Element *elements, int nnz, int32 dim, Node *escontext)
{
	SparseVector *result = sparsevec_new(dim, nnz);

	qsort(elements, nnz, sizeof(Element), compare_elements);
	for (int i = 0; i < nnz; i++)
	{
		/* Indices below 1 become -1; INT_MIN - 1 would overflow. */
		result->indices[i] = Max(elements[i].index, 0) - 1;
		SPARSEVEC_VALUES(result)[i] = elements[i].value;
		if (!check_index(result, i, escontext))
			return NULL;
	}
	pfree(elements);
	return result;
}

SparseVector *
kg_sparsevec_scan(KgScanner *scan)
{
	int			nnz;
	int32		dim;
	Element    *elements = scan_sparse(scan, &nnz, &dim);

	if (elements == NULL || !kg_check_dim(scan->type, dim, scan->escontext))
		return NULL;
	return make_of_elements(elements, nnz, dim, scan->escontext);
}

PG_FUNCTION_INFO_V1(kg_sparsevec_in);
Datum
kg_sparsevec_in(PG_FUNCTION_ARGS)
{
	Node	   *escontext = fcinfo->context;
	KgScanner	scan;
	Element    *elements;
	SparseVector *result;
	int			nnz;
	int32		dim;

	kg_scan_start(&scan, VEC_TYPE, PG_GETARG_CSTRING(0), escontext);
	elements = scan_sparse(&scan, &nnz, &dim);
	if (elements == NULL || !kg_scan_end(&scan, "Junk after closing.") ||
		!kg_check_dim(VEC_TYPE, dim, escontext) ||
		!kg_check_typmod(PG_GETARG_INT32(2), dim, escontext))
		PG_RETURN_NULL();
	result = make_of_elements(elements, nnz, dim, escontext);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(kg_sparsevec_out);
Datum
kg_sparsevec_out(PG_FUNCTION_ARGS)
{
	SparseVector *a = PG_GETARG_SPARSEVEC_P(0);
	const float *values = SPARSEVEC_VALUES(a);
	char	   *result;
	char	   *pos;

	/* each element with ":" and ","; the dimension; "{", "}", "/", the end */
	result = palloc((INT32_LEN + FLOAT_SHORTEST_DECIMAL_LEN + 1) * a->nnz +
					INT32_LEN + 4);
	pos = result;
	*pos++ = '{';
	for (int i = 0; i < a->nnz; i++)
	{
		if (i > 0)
			*pos++ = ',';
		pos += pg_ltoa(a->indices[i] + 1, pos);
		*pos++ = ':';
		pos += float_to_shortest_decimal_bufn(values[i], pos);
	}
	*pos++ = '}';
	*pos++ = '/';
	pg_ltoa(a->dim, pos);

	PG_FREE_IF_COPY(a, 0);
	PG_RETURN_CSTRING(result);
}

/*
 * Binary form: int32 dimensions, int32 number of elements, int32 zero,
 * then the indices, from 0 and ascending, then the values, none of them zero.
 */
PG_FUNCTION_INFO_V1(kg_sparsevec_recv);
Datum
kg_sparsevec_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int32		dim = pq_getmsgint(buf, sizeof(int32));
	int32		nnz = pq_getmsgint(buf, sizeof(int32));
	int32		unused = pq_getmsgint(buf, sizeof(int32));
	SparseVector *result;
	float	   *values;

	kg_check_dim(VEC_TYPE, dim, NULL);
	if (nnz < 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("sparsevec cannot have negative number of elements")));
	check_nnz(nnz, NULL);
	if (nnz > dim)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("sparsevec cannot have more elements than dimensions")));
	kg_check_typmod(PG_GETARG_INT32(2), dim, NULL);
	kg_check_unused(unused);

	result = sparsevec_new(dim, nnz);
	values = SPARSEVEC_VALUES(result);
	for (int i = 0; i < nnz; i++)
	{
		result->indices[i] = pq_getmsgint(buf, sizeof(int32));
		check_index(result, i, NULL);
	}
	for (int i = 0; i < nnz; i++)
	{
		values[i] = pq_getmsgfloat4(buf);
		kg_check_element(VEC_TYPE, values[i], NULL);
		if (values[i] == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("binary representation of sparsevec cannot contain zero values")));
	}
	PG_RETURN_POINTER(result);
}

void
kg_sparsevec_append(StringInfo buf, const SparseVector *a)
{
	const float *values = SPARSEVEC_VALUES(a);

	pq_sendint32(buf, a->dim);
	pq_sendint32(buf, a->nnz);
	pq_sendint32(buf, a->unused);
	for (int i = 0; i < a->nnz; i++)
		pq_sendint32(buf, a->indices[i]);
	for (int i = 0; i < a->nnz; i++)
		pq_sendfloat4(buf, values[i]);
}

PG_FUNCTION_INFO_V1(kg_sparsevec_send);
Datum
kg_sparsevec_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	kg_sparsevec_append(&buf, PG_GETARG_SPARSEVEC_P(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(kg_sparsevec_from_array);
Datum
kg_sparsevec_from_array(PG_FUNCTION_ARGS)
{
	int			dim;
	float	   *x = kg_array_floats(VEC_TYPE, PG_GETARG_ARRAYTYPE_P(0),
									PG_GETARG_INT32(1), &dim);
	SparseVector *result = kg_sparsevec_make(dim, NULL, x, dim);

	pfree(x);
	PG_RETURN_POINTER(result);
}

PG_FUNCTION_INFO_V1(kg_sparsevec_norm);
Datum
kg_sparsevec_norm(PG_FUNCTION_ARGS)
{
	SparseVector *a = PG_GETARG_SPARSEVEC_P(0);

	PG_RETURN_FLOAT8(kg_norm(SPARSEVEC_VALUES(a), a->nnz));
}

PG_FUNCTION_INFO_V1(kg_sparsevec_l2_normalize);
Datum
kg_sparsevec_l2_normalize(PG_FUNCTION_ARGS)
{
	SparseVector *a = PG_GETARG_SPARSEVEC_P(0);
	const float *values = SPARSEVEC_VALUES(a);
	float8		norm = kg_norm(values, a->nnz);
	float	   *x = palloc(sizeof(float) * a->nnz);

	/* Without elements nothing is divided by 0.  Small elements may vanish. */
	for (int i = 0; i < a->nnz; i++)
		x[i] = values[i] / norm;
	PG_RETURN_POINTER(kg_sparsevec_make(a->dim, a->indices, x, a->nnz));
}
