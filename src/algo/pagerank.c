/*
 * pagerank.c
 *	  kg.pagerank.
 *
 * L. Page, S. Brin, R. Motwani, T. Winograd, "The PageRank citation ranking:
 * bringing order to the web", Stanford 1999; by power iteration.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "graph/search/arguments.h"

#define INTERRUPT_EVERY 16384

typedef struct PageRank
{
	const KgCsr *in;			/* arcs against their direction */
	double		damping;
	double	   *out_weight;		/* sum over the arcs that leave a node */
	double	   *score;
	double	   *given;			/* score that an arc of weight 1 passes on */
} PageRank;

static void
sum_out_weights(PageRank *rank)
{
	uint64		narcs = rank->in->offsets[rank->in->n];

	for (uint64 i = 0; i < narcs; i++)
	{
		rank->out_weight[rank->in->targets[i]] += kg_csr_weight(rank->in, i);
		if ((i & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

static double
received(const PageRank *rank, uint32 v)
{
	const KgCsr *in = rank->in;
	uint64		end = in->offsets[v + 1];
	double		sum = 0;

	if (in->weights)
	{
		for (uint64 i = in->offsets[v]; i < end; i++)
			sum += rank->given[in->targets[i]] * in->weights[i];
	}
	else
	{
		for (uint64 i = in->offsets[v]; i < end; i++)
			sum += rank->given[in->targets[i]];
	}
	return sum;
}

/* One iteration; returns the sum of all changes. */
static double
iterate(PageRank *rank)
{
	uint32		n = rank->in->n;
	double		dangling = 0;
	double		change = 0;
	double		base;

	for (uint32 v = 0; v < n; v++)
	{
		if (rank->out_weight[v] > 0)
			rank->given[v] = rank->score[v] / rank->out_weight[v];
		else
		{
			rank->given[v] = 0;
			dangling += rank->score[v];
		}
	}
	base = (1 - rank->damping + rank->damping * dangling) / n;
	for (uint32 v = 0; v < n; v++)
	{
		double		score = base + rank->damping * received(rank, v);

		change += fabs(score - rank->score[v]);
		rank->score[v] = score;
		if ((v & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return change;
}

PG_FUNCTION_INFO_V1(kg_pagerank);

/*
 * pagerank(damping float8, max_iterations integer, tolerance float8,
 *			direction text, types text[], as_of timestamptz, weighted boolean,
 *			graph text, known_at timestamptz)
 *	returns (entity bigint, score float8)
 */
Datum
kg_pagerank(PG_FUNCTION_ARGS)
{
	double		damping = kg_number_argument(fcinfo, 0, "damping", 0, 1);
	int			max_iterations = kg_limit_argument(fcinfo, 1, "max_iterations");
	double		tolerance = kg_number_argument(fcinfo, 2, "tolerance", 0, 1);
	KgProjection p;
	PageRank	rank;

	kg_projection_begin(&p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	p.query = kg_reverse_query(&p.query);
	kg_projection_build(&p, 3 * sizeof(double), 0);

	rank.in = &p.csr;
	rank.damping = damping;
	rank.out_weight = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(double));
	rank.score = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(double));
	rank.given = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(double));
	sum_out_weights(&rank);
	for (uint32 v = 0; v < p.nodes.n; v++)
		rank.score[v] = 1.0 / p.nodes.n;
	for (int i = 0; i != max_iterations && p.nodes.n > 0; i++)
	{
		if (iterate(&rank) <= tolerance)
			break;
	}
	kg_projection_put_scores(&p, rank.score);
	kg_projection_end(&p);
	return (Datum) 0;
}
