/*
 * betweenness.c
 *	  kg.betweenness
 *
 * U. Brandes, "A faster algorithm for betweenness centrality", J. Math. Sociol.
 * 2001; from a sample of the sources: U. Brandes, C. Pich, "Centrality
 * estimation in large networks", Int. J. Bifurcation and Chaos 2007.  Edges
 * count as one step each; parallel ones are one way.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection.h"
#include "algo/random.h"
#include "graph/arguments.h"

#define UNREACHED PG_UINT32_MAX

typedef struct Brandes
{
	const KgCsr *csr;
	uint32	   *depth;
	uint32	   *order;			/* nodes in the order they were reached */
	double	   *paths;			/* number of shortest paths from the source */
	double	   *dependency;		/* of the source on this node */
	double	   *sum;
} Brandes;

/* Breadth-first search; returns how many nodes it reached. */
static uint32
count_paths(Brandes *b, uint32 source)
{
	const KgCsr *csr = b->csr;
	uint32		nreached = 0;
	uint32		done;
	uint64		i;

	b->depth[source] = 0;
	b->paths[source] = 1;
	b->order[nreached++] = source;
	for (done = 0; done < nreached; done++)
	{
		uint32		v = b->order[done];

		CHECK_FOR_INTERRUPTS();
		for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (b->depth[w] == UNREACHED)
			{
				b->depth[w] = b->depth[v] + 1;
				b->paths[w] = 0;
				b->order[nreached++] = w;
			}
			if (b->depth[w] == b->depth[v] + 1)
				b->paths[w] += b->paths[v];
		}
	}
	return nreached;
}

/* Adds up dependencies, the farthest nodes first. */
static void
add_dependencies(Brandes *b, uint32 nreached)
{
	const KgCsr *csr = b->csr;
	uint32		left;
	uint64		i;

	for (left = nreached; left-- > 0;)
	{
		uint32		v = b->order[left];
		double		dependency = 0;

		CHECK_FOR_INTERRUPTS();
		for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (b->depth[w] == b->depth[v] + 1)
				dependency += b->paths[v] / b->paths[w] * (1 + b->dependency[w]);
		}
		b->dependency[v] = dependency;
		if (left > 0)
			b->sum[v] += dependency;
	}
	for (left = 0; left < nreached; left++)
		b->depth[b->order[left]] = UNREACHED;
}

/*
 * The sum over sources counts each pair in both orders, so without directions
 * a pair is two; as a part of all pairs that comes to the same.
 */
static double
scale(uint32 n, uint32 nsources, bool normalized, bool directed)
{
	double		factor = (double) n / nsources;

	if (normalized)
		return n > 2 ? factor / ((double) (n - 1) * (n - 2)) : factor;
	return directed ? factor : factor / 2;
}

PG_FUNCTION_INFO_V1(kg_betweenness);

/*
 * betweenness(samples integer, normalized boolean, seed bigint,
 *			   direction text, types text[], as_of timestamptz, graph text)
 *	returns (entity bigint, score float8)
 */
Datum
kg_betweenness(PG_FUNCTION_ARGS)
{
	int			samples = kg_limit_argument(fcinfo, 0, "samples");
	bool		normalized = PG_ARGISNULL(1) || PG_GETARG_BOOL(1);
	KgRandom	random = PG_ARGISNULL(2) ? 0 : (KgRandom) PG_GETARG_INT64(2);
	KgProjection p;
	Brandes		b;
	uint32	   *sources;
	uint32		nsources;
	uint32		i;

	if (samples == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("samples must be at least 1"),
				 errhint("Null takes every entity as a source.")));
	kg_projection_begin(&p, fcinfo, KG_DIRECTED);
	kg_projection_build(&p, 3 * sizeof(uint32) + 3 * sizeof(double), 0);
	kg_csr_simplify(&p.csr);

	b.csr = &p.csr;
	b.depth = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	b.order = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	sources = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	b.paths = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(double));
	b.dependency = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(double));
	b.sum = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(double));
	memset(b.depth, 0xff, (Size) p.nodes.n * sizeof(uint32));

	nsources = samples < 0 ? p.nodes.n : Min((uint32) samples, p.nodes.n);
	kg_random_sample(&random, sources, p.nodes.n, nsources < p.nodes.n ? nsources : 0);
	for (i = 0; i < nsources; i++)
		add_dependencies(&b, count_paths(&b, sources[i]));
	if (nsources > 0)
	{
		double		factor = scale(p.nodes.n, nsources, normalized,
								   p.query.direction != KG_BOTH);

		for (i = 0; i < p.nodes.n; i++)
			b.sum[i] *= factor;
	}
	kg_projection_put_scores(&p, b.sum);
	kg_projection_end(&p);
	return (Datum) 0;
}
