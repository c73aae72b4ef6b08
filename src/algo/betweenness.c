/*
 * betweenness.c
 *	  kg.betweenness, kg.edge_betweenness.
 *
 * U. Brandes, "A faster algorithm for betweenness centrality", J. Math. Sociol.
 * 2001, and "On variants of shortest-path betweenness centrality and their
 * generic computation", Social Networks 2008, for edges; from a sample of the
 * sources: U. Brandes, C. Pich, "Centrality estimation in large networks", Int.
 * J. Bifurcation and Chaos 2007.  The length of an edge is 1 or its weight;
 * parallel edges are one, with the least weight.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/distance_queue.h"
#include "algo/projection/projection.h"
#include "algo/projection/random.h"
#include "graph/catalog/keys.h"
#include "graph/search/arguments.h"

#define UNVISITED PG_UINT32_MAX

typedef struct Brandes
{
	KgProjection p;
	bool		normalized;
	uint32		nsources;
	uint32	   *depth;			/* without weights */
	KgDistanceQueue queue;		/* with weights */
	uint32	   *order;			/* nodes in the order they were visited */
	double	   *paths;			/* number of shortest paths from the source */
	double	   *dependency;		/* of the source on this node */
	double	   *sum;			/* of the node's dependencies, over sources,
								 * or NULL */
	double	   *arc_sum;		/* the same of each arc, or NULL */
} Brandes;

/* Bytes of Brandes for each node, with the list of sources, without "sum". */
#define BRANDES_NODE_SIZE (2 * sizeof(uint32) + 2 * sizeof(double))

/* Is the arc from v to w on a shortest path? */
static inline bool
is_shortest(const Brandes *b, uint32 v, uint64 arc, uint32 w)
{
	if (b->p.csr.weights)
		return b->queue.distance[v] + b->p.csr.weights[arc] ==
			b->queue.distance[w];
	return b->depth[w] == b->depth[v] + 1;
}

/* Breadth-first search from a source; returns the number of visited nodes. */
static uint32
count_paths(Brandes *b, uint32 source)
{
	const KgCsr *csr = &b->p.csr;
	uint32		nvisited = 0;

	b->depth[source] = 0;
	b->paths[source] = 1;
	b->order[nvisited++] = source;
	for (uint32 done = 0; done < nvisited; done++)
	{
		uint32		v = b->order[done];

		CHECK_FOR_INTERRUPTS();
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (b->depth[w] == UNVISITED)
			{
				b->depth[w] = b->depth[v] + 1;
				b->paths[w] = 0;
				b->order[nvisited++] = w;
			}
			if (b->depth[w] == b->depth[v] + 1)
				b->paths[w] += b->paths[v];
		}
	}
	return nvisited;
}

/* The same with weights, which are above 0: Dijkstra's search. */
static uint32
count_paths_by_weights(Brandes *b, uint32 source)
{
	const KgCsr *csr = &b->p.csr;
	uint32		nvisited = 0;

	b->paths[source] = 1;
	kg_distance_queue_lower(&b->queue, source, 0);
	while (b->queue.n > 0)
	{
		uint32		v = kg_distance_queue_take(&b->queue);

		CHECK_FOR_INTERRUPTS();
		b->order[nvisited++] = v;
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];
			double		distance = b->queue.distance[v] + csr->weights[i];

			if (distance < b->queue.distance[w])
			{
				kg_distance_queue_lower(&b->queue, w, distance);
				b->paths[w] = 0;
			}
			if (distance == b->queue.distance[w])
				b->paths[w] += b->paths[v];
		}
	}
	return nvisited;
}

/* The share of v in the source's dependency on w, where v precedes w. */
static inline double
share(const Brandes *b, uint32 v, uint32 w)
{
	return b->paths[v] / b->paths[w] * (1 + b->dependency[w]);
}

/* Sums up dependencies, the farthest nodes first. */
static void
add_dependencies(Brandes *b, uint32 nvisited)
{
	const KgCsr *csr = &b->p.csr;

	for (uint32 left = nvisited; left-- > 0;)
	{
		uint32		v = b->order[left];
		double		dependency = 0;

		CHECK_FOR_INTERRUPTS();
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (!is_shortest(b, v, i, w))
				continue;
			dependency += share(b, v, w);
			if (b->arc_sum)
				b->arc_sum[i] += share(b, v, w);
		}
		b->dependency[v] = dependency;
		if (left > 0 && b->sum)
			b->sum[v] += dependency;
	}
	for (uint32 left = 0; left < nvisited; left++)
	{
		if (csr->weights)
			b->queue.distance[b->order[left]] = INFINITY;
		else
			b->depth[b->order[left]] = UNVISITED;
	}
}

/*
 * Edges of weight 0 make cycles of weight 0, and then the number of shortest
 * paths has no meaning.
 */
static void
reject_zero_weights(const KgProjection *p)
{
	for (uint32 v = 0; v < p->csr.n; v++)
	{
		for (uint64 i = p->csr.offsets[v]; i < p->csr.offsets[v + 1]; i++)
		{
			if (p->csr.weights[i] == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("weight of a relation between %s and %s is 0, but betweenness needs weights above 0",
								kg_node_name(p->graph, p->nodes.ids[v]),
								kg_node_name(p->graph,
											 p->nodes.ids[p->csr.targets[i]])),
						 errhint("Leave such relations out with types or as_of, or set weighted to false.")));
		}
		CHECK_FOR_INTERRUPTS();
	}
}

static void
alloc_state(Brandes *b, bool of_arcs)
{
	KgBudget   *budget = &b->p.budget;
	uint32		n = b->p.nodes.n;

	if (b->p.csr.weights)
		kg_distance_queue_init(&b->queue, n, budget);
	else
	{
		b->depth = kg_budget_alloc(budget, n, sizeof(uint32));
		memset(b->depth, 0xff, (Size) n * sizeof(uint32));
	}
	b->order = kg_budget_alloc(budget, n, sizeof(uint32));
	b->paths = kg_budget_alloc(budget, n, sizeof(double));
	b->dependency = kg_budget_alloc(budget, n, sizeof(double));
	if (of_arcs)
		b->arc_sum = kg_budget_alloc0(budget, b->p.csr.offsets[n],
									  sizeof(double));
	else
		b->sum = kg_budget_alloc0(budget, n, sizeof(double));
}

/*
 * The arguments of both functions: samples integer, normalized boolean, seed
 * bigint, direction text, types text[], as_of timestamptz, weighted boolean,
 * graph text, known_at timestamptz
 */
static void
sum_dependencies(Brandes *b, FunctionCallInfo fcinfo, bool of_arcs)
{
	int			samples = kg_samples_argument(fcinfo, 0);
	KgRandom	random = PG_ARGISNULL(2) ? 0 : (KgRandom) PG_GETARG_INT64(2);
	uint32	   *sources;

	b->normalized = PG_ARGISNULL(1) || PG_GETARG_BOOL(1);
	kg_projection_begin(&b->p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	kg_projection_build(&b->p,
						BRANDES_NODE_SIZE + (of_arcs ? 0 : sizeof(double)) +
						(b->p.query.weighted ? KG_DISTANCE_QUEUE_SIZE :
						 sizeof(uint32)),
						of_arcs ? sizeof(double) : 0);
	kg_csr_simplify_to_least(&b->p.csr);
	if (b->p.csr.weights)
		reject_zero_weights(&b->p);
	alloc_state(b, of_arcs);
	sources = kg_projection_sources(&b->p, samples, &random, &b->nsources);
	for (uint32 i = 0; i < b->nsources; i++)
		add_dependencies(b,
						 b->p.csr.weights ?
						 count_paths_by_weights(b, sources[i]) :
						 count_paths(b, sources[i]));
}

/*
 * The factor of a sum; "pairs" is the number of ordered pairs of other nodes.
 * A sum over sources counts each pair in both orders.  Without directions, the
 * number of pairs is half of that; their fraction of all pairs is the same.
 */
static double
scale(const Brandes *b, double pairs)
{
	double		factor = (double) b->p.nodes.n / b->nsources;

	if (b->normalized)
		return pairs > 0 ? factor / pairs : factor;
	return b->p.query.direction != KG_BOTH ? factor : factor / 2;
}

PG_FUNCTION_INFO_V1(kg_betweenness);

/* returns (entity bigint, score float8) */
Datum
kg_betweenness(PG_FUNCTION_ARGS)
{
	Brandes		b = {0};
	double		n;

	sum_dependencies(&b, fcinfo, false);
	n = b.p.nodes.n;
	for (uint32 v = 0; v < b.p.nodes.n; v++)
		b.sum[v] *= scale(&b, (n - 1) * (n - 2));
	kg_projection_put_scores(&b.p, b.sum);
	kg_projection_end(&b.p);
	return (Datum) 0;
}

/* The sum of the arc from v to w; if directions do not matter, of both arcs. */
static double
sum_of_edge(const Brandes *b, uint32 v, uint64 arc, uint32 w)
{
	if (b->p.query.direction != KG_BOTH)
		return b->arc_sum[arc];
	return b->arc_sum[arc] + b->arc_sum[kg_csr_find(&b->p.csr, w, v)];
}

PG_FUNCTION_INFO_V1(kg_edge_betweenness);

/* returns (source bigint, target bigint, score float8) */
Datum
kg_edge_betweenness(PG_FUNCTION_ARGS)
{
	Brandes		b = {0};
	const KgCsr *csr = &b.p.csr;
	double		n;

	sum_dependencies(&b, fcinfo, true);
	n = b.p.nodes.n;
	for (uint32 v = 0; v < csr->n; v++)
	{
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];
			bool		is_in = b.p.query.direction == KG_IN;
			Datum		values[3] = {
				Int64GetDatum(b.p.nodes.ids[is_in ? w : v]),
				Int64GetDatum(b.p.nodes.ids[is_in ? v : w]),
				Float8GetDatum(0)
			};

			if (b.p.query.direction == KG_BOTH && w < v)
				continue;
			values[2] = Float8GetDatum(sum_of_edge(&b, v, i, w) *
									   scale(&b, n * (n - 1)));
			kg_projection_put(&b.p, values);
		}
	}
	kg_projection_end(&b.p);
	return (Datum) 0;
}
