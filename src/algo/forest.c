/*
 * forest.c
 *	  kg.minimum_spanning_forest.
 *
 * J. Kruskal, "On the shortest spanning subtree of a graph and the traveling
 * salesman problem", Proc. AMS 1956: takes edges by weight, each that connects
 * two trees.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "algo/trees.h"

#define INTERRUPT_EVERY 65536

typedef struct Edge
{
	double		weight;
	uint32		source;
	uint32		target;
} Edge;

/* By weight; of equal weights, the edge between lower numbers first. */
static inline int
compare_edges(const Edge *a, const Edge *b)
{
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return (a->target > b->target) - (a->target < b->target);
}

#define ST_SORT sort_edges
#define ST_ELEMENT_TYPE Edge
#define ST_COMPARE(a, b) compare_edges(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Makes the arcs of a graph an array of *n edges, and frees its rows. */
static Edge *
take_edges(KgCsr *csr, KgBudget *budget, uint64 *n)
{
	Edge	   *edges;

	kg_csr_simplify_to_least(csr);
	*n = csr->offsets[csr->n];
	edges = kg_budget_alloc(budget, *n, sizeof(Edge));
	for (uint32 v = 0; v < csr->n; v++)
	{
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			edges[i].weight = kg_csr_weight(csr, i);
			edges[i].source = v;
			edges[i].target = csr->targets[i];
		}
		if ((v & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	kg_csr_free(csr, budget);
	return edges;
}

static void
put_edge(KgProjection *p, const Edge *edge)
{
	Datum		values[3] = {
		Int64GetDatum(p->nodes.ids[edge->source]),
		Int64GetDatum(p->nodes.ids[edge->target]),
		Float8GetDatum(edge->weight)
	};

	kg_projection_put(p, values);
}

PG_FUNCTION_INFO_V1(kg_minimum_spanning_forest);

/*
 * minimum_spanning_forest(types text[], as_of timestamptz, weighted boolean,
 *						   graph text, known_at timestamptz)
 *	returns (source bigint, target bigint, weight float8)
 */
Datum
kg_minimum_spanning_forest(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Edge	   *edges;
	uint32	   *parent;
	uint64		nedges;

	kg_projection_begin(&p, fcinfo, KG_WEIGHTED);
	/* Edges are returned in their own direction, so rows must keep it. */
	p.query.direction = KG_OUT;
	kg_projection_build(&p, sizeof(uint32), sizeof(Edge));
	parent = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	for (uint32 v = 0; v < p.nodes.n; v++)
		parent[v] = v;
	edges = take_edges(&p.csr, &p.budget, &nedges);
	sort_edges(edges, nedges);
	for (uint64 i = 0; i < nedges; i++)
	{
		if (kg_join_trees(parent, edges[i].source, edges[i].target))
			put_edge(&p, &edges[i]);
		if ((i & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	kg_projection_end(&p);
	return (Datum) 0;
}
