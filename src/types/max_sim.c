/*
 * max_sim.c
 *	  MaxSim of arrays of vectors: for each vector of the query the largest inner
 *	  product with a vector of the document, summed.
 *
 * Khattab and Zaharia, ColBERT: Efficient and Effective Passage Search via
 * Contextualized Late Interaction over BERT (SIGIR 2020).
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/float.h"

#include "simd/simd.h"
#include "types/vector_array.h"
#include "types/vectype.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_vector_max_sim);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_vector_negative_max_sim);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_halfvec_max_sim);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_halfvec_negative_max_sim);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_int8vec_max_sim);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_int8vec_negative_max_sim);
PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_max_sim_support);

/* Floats of a document that are compared at a time: they stay in the cache. */
#define TILE_FLOATS 4096

/* Vectors of an array of which nothing is known, for the planner. */
#define ASSUMED_VECTORS 32

/* Inner products in the time of an operator call. */
#define PRODUCTS_OF_AN_OPERATOR 4.0

/* Pages of a TOAST table's index that fetching a value touches. */
#define TOAST_INDEX_PAGES 3

/* NaN if one of the arrays is empty: there is no largest product. */
static double
max_sim(const KgVectorArray *document, const KgVectorArray *query)
{
	int			at_once;
	double		sum = 0;
	float	   *largest;

	if (document->count == 0 || query->count == 0)
		return get_float8_nan();
	kg_check_same_dim(&kg_vector_type, document->dims, query->dims);
	at_once = Max(TILE_FLOATS / document->dims, 4);
	largest = palloc_extended(sizeof(float) * query->count, MCXT_ALLOC_HUGE);
	for (int first = 0; first < document->count; first += at_once)
	{
		int			count = Min(at_once, document->count - first);
		const float *rows = kg_vector_array_at(document, first);

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < query->count; i++)
		{
			float		product = kg_simd->max_ip_f32(kg_vector_array_at(query, i), rows,
													  document->stride, count,
													  document->dims);

			largest[i] = first == 0 ? product : Max(largest[i], product);
		}
	}
	for (int i = 0; i < query->count; i++)
		sum += largest[i];
	pfree(largest);
	return sum;
}

/* Of arguments 0 and 1, whose arrays are read once. */
static double
max_sim_of_arguments(FunctionCallInfo fcinfo, KgVectorArray (*read) (ArrayType *))
{
	ArrayType  *document = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType  *query = PG_GETARG_ARRAYTYPE_P(1);
	KgVectorArray document_vectors = read(document);
	KgVectorArray query_vectors = read(query);
	double		result = max_sim(&document_vectors, &query_vectors);

	PG_FREE_IF_COPY(document, 0);
	PG_FREE_IF_COPY(query, 1);
	return result;
}

Datum
kg_vector_max_sim(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(max_sim_of_arguments(fcinfo, kg_vector_array_read));
}

/*
 * Negative, so that an ascending ORDER BY returns the most similar first; zero is
 * not minus zero.
 */
Datum
kg_vector_negative_max_sim(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(0 - max_sim_of_arguments(fcinfo, kg_vector_array_read));
}

Datum
kg_halfvec_max_sim(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(max_sim_of_arguments(fcinfo, kg_halfvec_array_read));
}

Datum
kg_halfvec_negative_max_sim(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(0 - max_sim_of_arguments(fcinfo, kg_halfvec_array_read));
}

Datum
kg_int8vec_max_sim(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(max_sim_of_arguments(fcinfo, kg_int8vec_array_read));
}

Datum
kg_int8vec_negative_max_sim(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(0 - max_sim_of_arguments(fcinfo, kg_int8vec_array_read));
}

/* How many vectors an argument has. */
static double
vectors_of(Node *argument)
{
	Const	   *constant = (Const *) strip_implicit_coercions(argument);
	ArrayType  *array;

	if (!IsA(constant, Const) || constant->constisnull)
		return ASSUMED_VECTORS;
	array = DatumGetArrayTypeP(constant->constvalue);
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

/*
 * Planner support: an array of vectors is mostly kept out of line, and its
 * products take longer than an operator's call.
 */
Datum
kg_max_sim_support(PG_FUNCTION_ARGS)
{
	SupportRequestCost *cost = (SupportRequestCost *) PG_GETARG_POINTER(0);
	List	   *arguments;
	double		products = ASSUMED_VECTORS;
	Node	   *document;

	if (!IsA(cost, SupportRequestCost) || cost->node == NULL)
		PG_RETURN_POINTER(NULL);
	if (IsA(cost->node, OpExpr))
		arguments = ((OpExpr *) cost->node)->args;
	else if (IsA(cost->node, FuncExpr))
		arguments = ((FuncExpr *) cost->node)->args;
	else
		PG_RETURN_POINTER(NULL);
	document = strip_implicit_coercions(linitial(arguments));
	products *= vectors_of(lsecond(arguments));
	cost->startup = 0;
	cost->per_tuple = cpu_operator_cost * (1 + products / PRODUCTS_OF_AN_OPERATOR);
	if (IsA(document, Var) && ((Var *) document)->vartypmod > 0)
		cost->per_tuple += seq_page_cost *
			(TOAST_INDEX_PAGES + sizeof(float) * ASSUMED_VECTORS *
			 (double) ((Var *) document)->vartypmod / BLCKSZ);
	PG_RETURN_POINTER(cost);
}
