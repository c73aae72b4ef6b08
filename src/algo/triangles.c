/*
 * triangles.c
 *	  kg.triangles, kg.clustering_coefficient, kg.core_numbers.
 *
 * All three ignore directions, loops and parallel edges.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"

/*
 * Keeps one arc of each edge: the arc to the end with the higher degree or, of
 * equal degrees, the higher number.  No node keeps more than sqrt(2 * edges).
 */
static void
orient(KgCsr *csr, const uint32 *degree)
{
	uint64		kept = 0;
	uint64		i = 0;

	for (uint32 v = 0; v < csr->n; v++)
	{
		uint64		end = csr->offsets[v + 1];
		uint32		own = degree[v];

		csr->offsets[v] = kept;
		for (; i < end; i++)
		{
			uint32		w = csr->targets[i];

			if (degree[w] > own || (degree[w] == own && w > v))
				csr->targets[kept++] = w;
		}
		CHECK_FOR_INTERRUPTS();
	}
	csr->offsets[csr->n] = kept;
}

/*
 * T. Schank, D. Wagner, "Finding, counting and listing all triangles in large
 * graphs", WEA 2005: two arcs from the lowest corner, closed by a third.  As
 * orient() leaves each node few arcs, this takes O(edges^1.5).
 */
static void
count_triangles(const KgCsr *csr, uint32 *mark, uint64 *triangles)
{
	/* mark[w] == v: there is an arc from v to w */
	memset(mark, 0xff, (Size) csr->n * sizeof(uint32));
	for (uint32 v = 0; v < csr->n; v++)
	{
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			mark[csr->targets[i]] = v;
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		u = csr->targets[i];

			CHECK_FOR_INTERRUPTS();
			for (uint64 j = csr->offsets[u]; j < csr->offsets[u + 1]; j++)
			{
				uint32		w = csr->targets[j];

				if (mark[w] == v)
				{
					triangles[v]++;
					triangles[u]++;
					triangles[w]++;
				}
			}
		}
	}
}

typedef struct Triangles
{
	KgProjection p;
	uint32	   *degree;
	uint64	   *triangles;
} Triangles;

static void
triangles_begin(Triangles *t, FunctionCallInfo fcinfo)
{
	KgProjection *p = &t->p;
	uint32	   *mark;

	kg_projection_begin(p, fcinfo, KG_PLAIN);
	kg_projection_build(p, 2 * sizeof(uint32) + sizeof(uint64), 0);
	kg_csr_simplify(&p->csr);
	t->degree = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint32));
	for (uint32 v = 0; v < p->nodes.n; v++)
		t->degree[v] = kg_csr_degree(&p->csr, v);
	orient(&p->csr, t->degree);
	mark = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint32));
	t->triangles = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(uint64));
	count_triangles(&p->csr, mark, t->triangles);
}

PG_FUNCTION_INFO_V1(kg_triangles);

/*
 * triangles(types text[], as_of timestamptz, graph text, known_at timestamptz)
 *	returns (entity bigint, triangles bigint)
 */
Datum
kg_triangles(PG_FUNCTION_ARGS)
{
	Triangles	t;

	triangles_begin(&t, fcinfo);
	kg_projection_put_counts(&t.p, t.triangles);
	kg_projection_end(&t.p);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(kg_clustering_coefficient);

/*
 * clustering_coefficient(types text[], as_of timestamptz, graph text,
 *			known_at timestamptz)
 *	returns (entity bigint, coefficient float8)
 *
 * D. Watts, S. Strogatz, "Collective dynamics of small-world networks",
 * Nature 1998: the fraction of the pairs of a node's neighbours that are
 * neighbours of each other; 0 if there are no pairs.
 */
Datum
kg_clustering_coefficient(PG_FUNCTION_ARGS)
{
	Triangles	t;

	triangles_begin(&t, fcinfo);
	for (uint32 v = 0; v < t.p.nodes.n; v++)
	{
		double		degree = t.degree[v];
		double		pairs = degree * (degree - 1) / 2;
		Datum		values[2] = {
			Int64GetDatum(t.p.nodes.ids[v]),
			Float8GetDatum(pairs > 0 ? t.triangles[v] / pairs : 0)
		};

		kg_projection_put(&t.p, values);
	}
	kg_projection_end(&t.p);
	return (Datum) 0;
}

/*
 * V. Batagelj, M. Zaversnik, "An O(m) algorithm for cores decomposition of
 * networks", 2003: again and again removes the node of least degree.
 */
typedef struct Cores
{
	const KgCsr *csr;
	uint32	   *degree;			/* among the remaining nodes */
	uint32	   *order;			/* nodes by degree, ascending */
	uint32	   *position;		/* of each node in order */
	uint32	   *start;			/* of the nodes of each degree in order */
} Cores;

static void
sort_by_degree(Cores *cores)
{
	uint32		n = cores->csr->n;
	uint32		position = 0;

	for (uint32 v = 0; v < n; v++)
	{
		cores->degree[v] = kg_csr_degree(cores->csr, v);
		cores->start[cores->degree[v]]++;
	}
	for (uint32 v = 0; v < n; v++)
	{
		uint32		count = cores->start[v];

		cores->start[v] = position;
		position += count;
	}
	for (uint32 v = 0; v < n; v++)
	{
		cores->position[v] = cores->start[cores->degree[v]]++;
		cores->order[cores->position[v]] = v;
	}
	/* Each start has moved to the next. */
	for (uint32 v = n; v-- > 1;)
		cores->start[v] = cores->start[v - 1];
	cores->start[0] = 0;
}

/* Lowers a node's degree: it moves to the front of its degree's nodes. */
static void
lower_degree(Cores *cores, uint32 v)
{
	uint32		degree = cores->degree[v]--;
	uint32		first = cores->start[degree]++;
	uint32		other = cores->order[first];

	cores->order[cores->position[v]] = other;
	cores->position[other] = cores->position[v];
	cores->order[first] = v;
	cores->position[v] = first;
}

PG_FUNCTION_INFO_V1(kg_core_numbers);

/*
 * core_numbers(types text[], as_of timestamptz, graph text,
 *			known_at timestamptz)
 *	returns (entity bigint, core bigint)
 */
Datum
kg_core_numbers(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Cores		cores;
	uint32		v;

	kg_projection_begin(&p, fcinfo, KG_PLAIN);
	kg_projection_build(&p, 4 * sizeof(uint32), 0);
	kg_csr_simplify(&p.csr);
	cores.csr = &p.csr;
	cores.degree = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	cores.order = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	cores.position = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	cores.start = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(uint32));
	if (p.nodes.n > 0)
		sort_by_degree(&cores);
	for (uint32 i = 0; i < p.nodes.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		v = cores.order[i];
		for (uint64 arc = p.csr.offsets[v]; arc < p.csr.offsets[v + 1]; arc++)
		{
			if (cores.degree[p.csr.targets[arc]] > cores.degree[v])
				lower_degree(&cores, p.csr.targets[arc]);
		}
	}
	for (v = 0; v < p.nodes.n; v++)
	{
		Datum		values[2] = {
			Int64GetDatum(p.nodes.ids[v]), Int64GetDatum(cores.degree[v])
		};

		kg_projection_put(&p, values);
	}
	kg_projection_end(&p);
	return (Datum) 0;
}
