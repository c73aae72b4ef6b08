/*
 * walks.c
 *	  kg.random_walks.
 *
 * p and q: A. Grover, J. Leskovec, "node2vec: scalable feature learning for
 * networks", KDD 2016.  An arc is drawn by weight and then accepted with a
 * probability that p and q determine, so no table of pairs of arcs is needed.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "algo/projection/random.h"
#include "graph/search/arguments.h"

/* Beyond these bounds hardly any arc would be accepted. */
#define LEAST_BIAS 0.01
#define GREATEST_BIAS 100

typedef struct Walks
{
	KgProjection p;				/* weights: sums from the start of the row */
	double		back;			/* 1 / p: bias of the step back */
	double		away;			/* 1 / q: bias of a step to a node that is no
								 * neighbour of the node before */
	double		most;			/* the greatest of both and 1 */
	int			length;			/* arcs */
	int			nwalks;			/* from each start */
	uint64		seed;
	int64		number;			/* of the current walk */
} Walks;

static void
sum_up_weights(KgCsr *csr)
{
	for (uint32 v = 0; v < csr->n && csr->weights != NULL; v++)
	{
		for (uint64 i = csr->offsets[v] + 1; i < csr->offsets[v + 1]; i++)
			csr->weights[i] += csr->weights[i - 1];
		CHECK_FOR_INTERRUPTS();
	}
}

/* The end of an arc of v that is drawn by weight, or KG_NO_NODE. */
static uint32
draw(const KgCsr *csr, uint32 v, KgRandom *random)
{
	uint64		low = csr->offsets[v];
	uint64		high = csr->offsets[v + 1];
	double		wanted;

	if (low == high)
		return KG_NO_NODE;
	if (csr->weights == NULL)
		return csr->targets[low + (uint64) (kg_random_fraction(random) * (high - low))];
	if (csr->weights[high - 1] == 0)
		return KG_NO_NODE;
	/* The first arc whose sum is greater; an arc of weight 0 never is. */
	wanted = kg_random_fraction(random) * csr->weights[high - 1];
	while (low < high)
	{
		uint64		middle = low + (high - low) / 2;

		if (csr->weights[middle] > wanted)
			high = middle;
		else
			low = middle + 1;
	}
	return csr->targets[low];
}

/* The node after v; "before" is the node before v, or KG_NO_NODE. */
static uint32
next_node(const Walks *w, uint32 v, uint32 before, KgRandom *random)
{
	const KgCsr *csr = &w->p.csr;

	for (;;)
	{
		uint32		next = draw(csr, v, random);
		double		bias = 1;

		if (next == KG_NO_NODE || before == KG_NO_NODE ||
			(w->back == 1 && w->away == 1))
			return next;
		if (next == before)
			bias = w->back;
		else if (kg_csr_find(csr, before, next) == KG_NO_ARC)
			bias = w->away;
		if (kg_random_fraction(random) * w->most < bias)
			return next;
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * A walk depends on the seed, its start and its number among the walks from
 * this start, but not on walks from other starts.
 */
static void
walk(Walks *w, uint32 start, int number)
{
	KgRandom	random = w->seed;
	uint32		before = KG_NO_NODE;
	uint32		v = start;

	random = kg_random(&random) ^ (uint64) w->p.nodes.ids[start];
	random = kg_random(&random) ^ (uint64) number;
	w->number++;
	for (int step = 0; v != KG_NO_NODE; step++)
	{
		Datum		values[3] = {
			Int64GetDatum(w->number), Int32GetDatum(step),
			Int64GetDatum(w->p.nodes.ids[v])
		};
		uint32		next;

		kg_projection_put(&w->p, values);
		if (step == w->length)
			break;
		next = next_node(w, v, before, &random);
		before = v;
		v = next;
	}
}

static void
walk_from(Walks *w, uint32 start)
{
	for (int i = 0; i < w->nwalks; i++)
		walk(w, start, i);
}

static int
count_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	if (PG_GETARG_INT32(argno) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative, but is %d",
						name, PG_GETARG_INT32(argno))));
	return PG_GETARG_INT32(argno);
}

PG_FUNCTION_INFO_V1(kg_random_walks);

/*
 * random_walks(starts anycompatible, length integer, walks integer, seed
 *				bigint, p float8, q float8, direction text, types text[], as_of
 *				timestamptz, weighted boolean, graph text,
 *				known_at timestamptz)
 *	returns (walk bigint, step integer, entity bigint)
 */
Datum
kg_random_walks(PG_FUNCTION_ARGS)
{
	Walks		w = {0};
	int64	   *starts;
	int			n;
	uint32		v;

	w.length = count_argument(fcinfo, 1, "length");
	w.nwalks = count_argument(fcinfo, 2, "walks");
	w.seed = PG_ARGISNULL(3) ? 0 : (uint64) PG_GETARG_INT64(3);
	w.back = 1 / kg_number_argument(fcinfo, 4, "p", LEAST_BIAS, GREATEST_BIAS);
	w.away = 1 / kg_number_argument(fcinfo, 5, "q", LEAST_BIAS, GREATEST_BIAS);
	w.most = Max(1, Max(w.back, w.away));
	kg_projection_begin(&w.p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	kg_projection_build(&w.p, 0, 0);
	sum_up_weights(&w.p.csr);
	if (PG_ARGISNULL(0))
	{
		for (v = 0; v < w.p.nodes.n; v++)
			walk_from(&w, v);
	}
	else
	{
		starts = kg_nodes_argument(fcinfo, 0, "starts", w.p.graph, &n);
		kg_projection_notice_missing(&w.p, starts, n);
		for (int i = 0; i < n; i++)
		{
			v = kg_nodes_find(&w.p.nodes, starts[i]);
			if (v != KG_NO_NODE)
				walk_from(&w, v);
		}
		pfree(starts);
	}
	kg_projection_end(&w.p);
	return (Datum) 0;
}
