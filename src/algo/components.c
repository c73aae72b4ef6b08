/*
 * components.c
 *	  kg.connected_components, kg.strongly_connected_components, kg.degree
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "algo/trees.h"

/*
 * Weak components: edges are joined as they are read and not kept.
 */
static void
join(void *arg, uint32 source, uint32 target, float8 weight)
{
	kg_join_trees(arg, source, target);
}

PG_FUNCTION_INFO_V1(kg_connected_components);

/*
 * connected_components(types text[], as_of timestamptz, graph text)
 *	returns (entity bigint, component bigint)
 */
Datum
kg_connected_components(PG_FUNCTION_ARGS)
{
	KgProjection p;
	uint32	   *parent;
	uint32		v;

	kg_projection_begin(&p, fcinfo, KG_PLAIN);
	/* the second such array names the components */
	kg_projection_read_nodes(&p, 2 * sizeof(uint32));
	parent = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	for (v = 0; v < p.nodes.n; v++)
		parent[v] = v;
	kg_projection_read_edges(&p, join, parent);
	for (v = 0; v < p.nodes.n; v++)
		parent[v] = kg_find_root(parent, v);
	kg_projection_put_groups(&p, parent);
	kg_projection_end(&p);
	return (Datum) 0;
}

/*
 * Strong components: R. Tarjan, "Depth-first search and linear graph
 * algorithms", SIAM J. Comput. 1972, with a stack of our own in place of
 * recursion.
 */
typedef struct Tarjan
{
	const KgCsr *csr;
	uint32	   *number;			/* order of discovery from 1; 0: not yet */
	uint32	   *low;			/* least number known to be reached */
	uint32	   *component;		/* KG_NO_NODE: not known yet */
	uint32	   *open;			/* stack of nodes without a component */
	uint32	   *path;			/* stack of nodes in progress */
	uint64	   *arc;			/* the next arc of each node on the path */
	uint32		nopen;
	uint32		npath;
	uint32		nnumbers;
} Tarjan;

static void
discover(Tarjan *t, uint32 v)
{
	t->number[v] = t->low[v] = ++t->nnumbers;
	t->open[t->nopen++] = v;
	t->arc[t->npath] = t->csr->offsets[v];
	t->path[t->npath++] = v;
}

/* The node at the end of the path is done. */
static void
leave(Tarjan *t)
{
	uint32		v = t->path[--t->npath];
	uint32		w;

	if (t->npath > 0)
	{
		uint32		parent = t->path[t->npath - 1];

		t->low[parent] = Min(t->low[parent], t->low[v]);
	}
	if (t->low[v] != t->number[v])
		return;
	do
	{
		w = t->open[--t->nopen];
		t->component[w] = v;
	} while (w != v);
}

static void
search_from(Tarjan *t, uint32 start)
{
	uint32		steps = 0;

	discover(t, start);
	while (t->npath > 0)
	{
		uint32		v = t->path[t->npath - 1];
		uint64	   *arc = &t->arc[t->npath - 1];

		if ((++steps & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (*arc == t->csr->offsets[v + 1])
			leave(t);
		else
		{
			uint32		w = t->csr->targets[(*arc)++];

			if (t->number[w] == 0)
				discover(t, w);
			else if (t->component[w] == KG_NO_NODE)
				t->low[v] = Min(t->low[v], t->number[w]);
		}
	}
}

PG_FUNCTION_INFO_V1(kg_strongly_connected_components);

/*
 * strongly_connected_components(types text[], as_of timestamptz, graph text)
 *	returns (entity bigint, component bigint)
 */
Datum
kg_strongly_connected_components(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Tarjan		t = {0};
	uint32		v;

	kg_projection_begin(&p, fcinfo, KG_PLAIN);
	p.query.direction = KG_OUT;
	kg_projection_build(&p, 5 * sizeof(uint32) + sizeof(uint64), 0);

	t.csr = &p.csr;
	t.number = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(uint32));
	t.low = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	t.component = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	t.open = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	t.path = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	t.arc = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint64));
	memset(t.component, 0xff, (Size) p.nodes.n * sizeof(uint32));
	for (v = 0; v < p.nodes.n; v++)
	{
		if (t.number[v] == 0)
			search_from(&t, v);
	}
	/* reused, so that the memory asked for above is enough */
	kg_budget_free(&p.budget, t.arc);
	kg_projection_put_groups(&p, t.component);
	kg_projection_end(&p);
	return (Datum) 0;
}

typedef struct Degrees
{
	uint64	   *in;
	uint64	   *out;
} Degrees;

static void
count_edge(void *arg, uint32 source, uint32 target, float8 weight)
{
	Degrees    *degrees = arg;

	degrees->out[source]++;
	degrees->in[target]++;
}

PG_FUNCTION_INFO_V1(kg_degree);

/*
 * degree(types text[], as_of timestamptz, graph text)
 *	returns (entity bigint, in_degree bigint, out_degree bigint, degree bigint)
 */
Datum
kg_degree(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Degrees		degrees;
	uint32		v;

	kg_projection_begin(&p, fcinfo, KG_PLAIN);
	kg_projection_read_nodes(&p, 2 * sizeof(uint64));
	degrees.in = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(uint64));
	degrees.out = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(uint64));
	kg_projection_read_edges(&p, count_edge, &degrees);
	for (v = 0; v < p.nodes.n; v++)
	{
		Datum		values[4] = {
			Int64GetDatum(p.nodes.ids[v]),
			Int64GetDatum((int64) degrees.in[v]),
			Int64GetDatum((int64) degrees.out[v]),
			Int64GetDatum((int64) (degrees.in[v] + degrees.out[v]))
		};

		kg_projection_put(&p, values);
	}
	kg_projection_end(&p);
	return (Datum) 0;
}
