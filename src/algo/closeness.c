/*
 * closeness.c
 *	  kg.closeness, kg.harmonic_centrality.
 *
 * Closeness as in S. Wasserman, K. Faust, "Social network analysis", 1994, for
 * graphs that are not connected; harmonic centrality as in M. Marchiori,
 * V. Latora, "Harmony in the small-world", Physica A 2000.  From a sample of
 * the sources: D. Eppstein, J. Wang, "Fast approximation of centrality", JGAA
 * 2004.
 *
 * Searches start at the sources and add each distance to the node that they
 * visit.  So the score of a node is about the distances from others, as its
 * PageRank is about the arcs from others.
 *
 * Without weights, one search starts at 64 sources: M. Then et al., "The more
 * the merrier: efficient multi-source graph traversal", VLDB 2015.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "algo/distance_queue.h"
#include "algo/projection/projection.h"
#include "algo/projection/random.h"
#include "graph/search/arguments.h"

#define SOURCES_AT_A_TIME 64

typedef struct Closeness
{
	KgProjection p;
	bool		harmonic;
	double	   *sum;			/* of distances, or of their inverses */
	uint32	   *nsources;		/* other sources that reach the node */
	uint32	   *visited;		/* nodes that the search has visited */
	uint32		nvisited;
	KgDistanceQueue queue;		/* with weights */
	/* Without weights, bits of the sources that have visited the node: */
	uint64	   *seen;			/* so far */
	uint64	   *now;			/* in the last step */
	uint64	   *next;			/* in this step */
	uint32	   *active;			/* nodes with bits in "now" */
	uint32	   *next_active;	/* nodes with bits in "next" */
} Closeness;

/* Bytes of Closeness for each node, with the list of sources. */
#define SCORE_SIZE (sizeof(double) + 3 * sizeof(uint32))
#define STEP_SIZE (3 * sizeof(uint64) + 2 * sizeof(uint32))

static void
alloc_state(Closeness *c)
{
	KgBudget   *budget = &c->p.budget;
	uint32		n = c->p.nodes.n;

	c->sum = kg_budget_alloc0(budget, n, sizeof(double));
	c->nsources = kg_budget_alloc0(budget, n, sizeof(uint32));
	c->visited = kg_budget_alloc(budget, n, sizeof(uint32));
	if (c->p.csr.weights)
	{
		kg_distance_queue_init(&c->queue, n, budget);
		return;
	}
	c->seen = kg_budget_alloc0(budget, n, sizeof(uint64));
	c->now = kg_budget_alloc0(budget, n, sizeof(uint64));
	c->next = kg_budget_alloc0(budget, n, sizeof(uint64));
	c->active = kg_budget_alloc(budget, n, sizeof(uint32));
	c->next_active = kg_budget_alloc(budget, n, sizeof(uint32));
}

/* Counts nsources that reach a node at this distance. */
static inline void
add_distance(Closeness *c, uint32 v, double distance, int nsources)
{
	c->nsources[v] += nsources;
	if (!c->harmonic)
		c->sum[v] += nsources * distance;
	else if (distance > 0)
		c->sum[v] += nsources / distance;
}

/*
 * Follows the arcs of the active nodes; returns the number of nodes that a
 * source visits in this step for the first time.
 */
static uint32
step(Closeness *c, uint32 nactive)
{
	const KgCsr *csr = &c->p.csr;
	uint32		nnext = 0;

	for (uint32 i = 0; i < nactive; i++)
	{
		uint32		v = c->active[i];
		uint64		here = c->now[v];

		CHECK_FOR_INTERRUPTS();
		for (uint64 arc = csr->offsets[v]; arc < csr->offsets[v + 1]; arc++)
		{
			uint32		w = csr->targets[arc];
			uint64		new = here & ~c->seen[w];

			if (new != 0 && c->next[w] == 0)
				c->next_active[nnext++] = w;
			c->next[w] |= new;
		}
		c->now[v] = 0;
	}
	return nnext;
}

/* Makes this step the last one and counts its visits. */
static void
end_step(Closeness *c, uint32 nnext, double distance)
{
	uint64	   *now = c->now;
	uint32	   *active = c->active;

	c->now = c->next;
	c->next = now;
	c->active = c->next_active;
	c->next_active = active;
	for (uint32 i = 0; i < nnext; i++)
	{
		uint32		v = c->active[i];

		if (c->seen[v] == 0)
			c->visited[c->nvisited++] = v;
		c->seen[v] |= c->now[v];
		add_distance(c, v, distance, pg_popcount64(c->now[v]));
	}
}

static void
search_by_steps(Closeness *c, const uint32 *sources, uint32 n)
{
	double		distance = 0;
	uint32		nactive = n;

	for (uint32 i = 0; i < n; i++)
	{
		uint32		v = sources[i];

		c->seen[v] = c->now[v] = UINT64CONST(1) << i;
		c->active[i] = c->visited[c->nvisited++] = v;
	}
	while (nactive > 0)
	{
		nactive = step(c, nactive);
		end_step(c, nactive, ++distance);
	}
	while (c->nvisited > 0)
		c->seen[c->visited[--c->nvisited]] = 0;
}

static void
search_by_weights(Closeness *c, uint32 source)
{
	const KgCsr *csr = &c->p.csr;

	kg_distance_queue_lower(&c->queue, source, 0);
	while (c->queue.n > 0)
	{
		uint32		v = kg_distance_queue_take(&c->queue);
		double		distance = c->queue.distance[v];

		CHECK_FOR_INTERRUPTS();
		c->visited[c->nvisited++] = v;
		if (v != source)
			add_distance(c, v, distance, 1);
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (distance + csr->weights[i] < c->queue.distance[w])
				kg_distance_queue_lower(&c->queue, w,
										distance + csr->weights[i]);
		}
	}
	while (c->nvisited > 0)
		c->queue.distance[c->visited[--c->nvisited]] = INFINITY;
}

/* Makes sums over a sample of the sources scores over all. */
static void
sums_to_scores(Closeness *c, uint32 nsources)
{
	double		n = c->p.nodes.n;
	double		share = n / nsources;

	for (uint32 v = 0; v < c->p.nodes.n; v++)
	{
		double		nreached = Min(c->nsources[v] * share, n - 1);

		if (c->harmonic)
			c->sum[v] *= share;
		else if (c->sum[v] > 0)
			c->sum[v] = c->nsources[v] / c->sum[v] * nreached / (n - 1);
	}
}

/*
 * The arguments of both functions: samples integer, seed bigint, direction
 * text, types text[], as_of timestamptz, weighted boolean, graph text, known_at
 * timestamptz
 */
static Datum
sum_distances(FunctionCallInfo fcinfo, bool harmonic)
{
	int			samples = kg_samples_argument(fcinfo, 0);
	KgRandom	random = PG_ARGISNULL(1) ? 0 : (KgRandom) PG_GETARG_INT64(1);
	Closeness	c = {0};
	uint32	   *sources;
	uint32		nsources;

	c.harmonic = harmonic;
	kg_projection_begin(&c.p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	kg_projection_build(&c.p,
						SCORE_SIZE +
						(c.p.query.weighted ? KG_DISTANCE_QUEUE_SIZE :
						 STEP_SIZE), 0);
	kg_csr_simplify_to_least(&c.p.csr);
	alloc_state(&c);
	sources = kg_projection_sources(&c.p, samples, &random, &nsources);
	if (c.p.csr.weights)
	{
		for (uint32 i = 0; i < nsources; i++)
			search_by_weights(&c, sources[i]);
	}
	else
	{
		for (uint32 i = 0; i < nsources; i += Min(nsources - i, SOURCES_AT_A_TIME))
			search_by_steps(&c, sources + i,
							Min(nsources - i, SOURCES_AT_A_TIME));
	}
	sums_to_scores(&c, nsources);
	kg_projection_put_scores(&c.p, c.sum);
	kg_projection_end(&c.p);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(kg_closeness);

/* returns (entity bigint, score float8) */
Datum
kg_closeness(PG_FUNCTION_ARGS)
{
	return sum_distances(fcinfo, false);
}

PG_FUNCTION_INFO_V1(kg_harmonic_centrality);

/* returns (entity bigint, score float8) */
Datum
kg_harmonic_centrality(PG_FUNCTION_ARGS)
{
	return sum_distances(fcinfo, true);
}
