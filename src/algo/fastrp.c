/*
 * fastrp.c
 *	  kg.fastrp: embeddings of nodes.
 *
 * H. Chen, S. F. Sultan, Y. Tian, M. Chen, S. Skiena, "Fast and accurate
 * network embeddings via very sparse random projection", CIKM 2019.  Each node
 * has a sparse random vector.  Each hop replaces a node's vector by the mean of
 * its neighbours' vectors.  The embedding is the weighted sum of the vectors of
 * all hops, each scaled to length 1.
 *
 * Dimensions depend on each other by these lengths only.  So the algorithm runs
 * on a few dimensions at a time, twice: first for the lengths, then for the
 * sum.  That takes the memory of one vector a node instead of three.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "algo/projection/projection.h"
#include "algo/projection/random.h"
#include "graph/search/arguments.h"
#include "types/array.h"
#include "types/vector.h"
#include "types/vectype.h"

/* Dimensions in a block: the floats of a node fill a cache line. */
#define BLOCK 16

#define MAX_HOPS 32

typedef struct FastRP
{
	KgProjection p;
	int			dim;
	int			nhops;			/* weights; the first is for no hop */
	double		hop_weights[MAX_HOPS];
	double		normalization;	/* vectors start with degree ^ normalization */
	uint64		seed;
	double	   *degree;			/* sum of weights */
	double		mean_degree;
	float	   *now;			/* a block of each node */
	float	   *next;
	float	   *squares;		/* of each hop and node: squared length */
	float	   *sum;			/* the embeddings */
} FastRP;

/* Draws the random vectors in the block of dimensions from "first" on. */
static void
start_block(FastRP *f, int first)
{
	for (uint32 v = 0; v < f->p.nodes.n; v++)
	{
		KgRandom	random = f->seed;
		double		size = f->degree[v] > 0 ?
		pow(f->degree[v] / f->mean_degree, f->normalization) : 1;

		random = kg_random(&random) ^ (uint64) f->p.nodes.ids[v];
		random = kg_random(&random) + (uint64) first;
		for (int i = 0; i < BLOCK; i++)
		{
			/* a sequence of its own for each dimension */
			KgRandom	one = random + (uint64) i;
			uint32		side = kg_random_below(&one, 6);

			f->now[(uint64) v * BLOCK + i] = side == 0 ? size : side == 1 ?
				-size : 0;
		}
		CHECK_FOR_INTERRUPTS();
	}
}

/* Replaces each node's block by the mean of its neighbours' blocks. */
static void
take_means(FastRP *f)
{
	const KgCsr *csr = &f->p.csr;
	float	   *now = f->now;

	for (uint32 v = 0; v < csr->n; v++)
	{
		float		mean[BLOCK] = {0};
		double		share = f->degree[v] > 0 ? 1 / f->degree[v] : 0;

		CHECK_FOR_INTERRUPTS();
		for (uint64 arc = csr->offsets[v]; arc < csr->offsets[v + 1]; arc++)
		{
			const float *other = now + (uint64) csr->targets[arc] * BLOCK;
			float		weight = kg_csr_weight(csr, arc) * share;

			for (int i = 0; i < BLOCK; i++)
				mean[i] += weight * other[i];
		}
		memcpy(f->next + (uint64) v * BLOCK, mean, sizeof(mean));
	}
	f->now = f->next;
	f->next = now;
}

static void
add_squares(FastRP *f, int hop)
{
	for (uint32 v = 0; v < f->p.nodes.n; v++)
	{
		float		sum = 0;

		for (int i = 0; i < BLOCK; i++)
			sum += f->now[(uint64) v * BLOCK + i] *
				f->now[(uint64) v * BLOCK + i];
		f->squares[(uint64) hop * f->p.nodes.n + v] += sum;
	}
}

static void
add_to_sum(FastRP *f, int hop, int first, int n)
{
	for (uint32 v = 0; v < f->p.nodes.n; v++)
	{
		float		square = f->squares[(uint64) hop * f->p.nodes.n + v];
		float		factor = square > 0 ? f->hop_weights[hop] / sqrt(square) :
		0;

		for (int i = 0; i < n; i++)
			f->sum[(uint64) v * f->dim + first + i] += factor *
				f->now[(uint64) v * BLOCK + i];
	}
}

/*
 * Runs all hops for a block of dimensions and adds to the lengths or, once
 * these are known, to the sum.  Dimensions beyond the last one are 0.
 */
static void
run_block(FastRP *f, int first, bool lengths_known)
{
	int			n = Min(BLOCK, f->dim - first);

	start_block(f, first);
	for (uint32 v = 0; v < f->p.nodes.n && n < BLOCK; v++)
	{
		for (int i = n; i < BLOCK; i++)
			f->now[(uint64) v * BLOCK + i] = 0;
	}
	for (int hop = 0; hop < f->nhops; hop++)
	{
		if (hop > 0)
			take_means(f);
		if (f->hop_weights[hop] == 0)
			continue;
		if (lengths_known)
			add_to_sum(f, hop, first, n);
		else
			add_squares(f, hop);
	}
}

static void
sum_degrees(FastRP *f)
{
	const KgCsr *csr = &f->p.csr;

	for (uint32 v = 0; v < csr->n; v++)
	{
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			f->degree[v] += kg_csr_weight(csr, i);
		f->mean_degree += f->degree[v] / csr->n;
		CHECK_FOR_INTERRUPTS();
	}
}

/* The embedding of a node without neighbours, all zeros, is null. */
static void
put_embedding(FastRP *f, uint32 v)
{
	Vector	   *embedding = kg_vector_new(f->dim);
	Datum		values[2] = {
		Int64GetDatum(f->p.nodes.ids[v]), PointerGetDatum(embedding)
	};
	bool		is_zero = true;

	for (int i = 0; i < f->dim; i++)
	{
		embedding->x[i] = f->sum[(uint64) v * f->dim + i];
		is_zero &= embedding->x[i] == 0;
	}
	kg_check_elements(&kg_vector_type, embedding->x, f->dim);
	kg_projection_put_known(&f->p, values, is_zero ? 1 : 2);
	pfree(embedding);
}

static void
read_arguments(FastRP *f, FunctionCallInfo fcinfo)
{
	ArrayType  *weights;

	f->dim = kg_limit_argument(fcinfo, 0, "dimensions");
	if (f->dim < 1 || f->dim > VECTOR_MAX_DIM)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimensions must be between 1 and %d",
						VECTOR_MAX_DIM)));
	weights = PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1);
	f->nhops = weights ? ArrayGetNItems(ARR_NDIM(weights), ARR_DIMS(weights)) :
		0;
	if (f->nhops < 1 || f->nhops > MAX_HOPS || array_contains_nulls(weights))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weights must be an array of 1 to %d numbers",
						MAX_HOPS)));
	memcpy(f->hop_weights, kg_array_data(weights), f->nhops * sizeof(double));
	for (int i = 0; i < f->nhops; i++)
	{
		if (!(fabs(f->hop_weights[i]) <= 1e9))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("weights must be between -1e+09 and 1e+09, but one is %g",
							f->hop_weights[i])));
	}
	f->normalization = kg_number_argument(fcinfo, 2, "normalization", -1, 1);
	f->seed = PG_ARGISNULL(3) ? 0 : (uint64) PG_GETARG_INT64(3);
}

PG_FUNCTION_INFO_V1(kg_fastrp);

/*
 * fastrp(dimensions integer, weights float8[], normalization float8, seed
 *		  bigint, direction text, types text[], as_of timestamptz, weighted
 *		  boolean, graph text, known_at timestamptz)
 *	returns (entity bigint, embedding kg.vector)
 */
Datum
kg_fastrp(PG_FUNCTION_ARGS)
{
	FastRP		f = {0};
	KgBudget   *budget = &f.p.budget;
	uint64		n;

	read_arguments(&f, fcinfo);
	kg_projection_begin(&f.p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	kg_projection_build(&f.p,
						sizeof(double) +
						(2 * BLOCK + f.nhops + f.dim) * sizeof(float), 0);
	n = f.p.nodes.n;
	f.degree = kg_budget_alloc0(budget, n, sizeof(double));
	f.now = kg_budget_alloc(budget, n, BLOCK * sizeof(float));
	f.next = kg_budget_alloc(budget, n, BLOCK * sizeof(float));
	f.squares = kg_budget_alloc0(budget, n, f.nhops * sizeof(float));
	f.sum = kg_budget_alloc0(budget, n, f.dim * sizeof(float));
	sum_degrees(&f);
	for (int first = 0; first < f.dim; first += BLOCK)
		run_block(&f, first, false);
	for (int first = 0; first < f.dim; first += BLOCK)
		run_block(&f, first, true);
	for (uint32 v = 0; v < n; v++)
		put_embedding(&f, v);
	kg_projection_end(&f.p);
	return (Datum) 0;
}
