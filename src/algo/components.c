/*
 * components.c
 *	  kg.connected_components, kg.strongly_connected_components, kg.degree.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/low_link.h"
#include "algo/projection/projection.h"
#include "algo/trees.h"

/* Weak components: joins the ends of each edge as it is read. */
static void
join(void *arg, uint32 source, uint32 target, float8 weight)
{
	kg_join_trees(arg, source, target);
}

PG_FUNCTION_INFO_V1(kg_connected_components);

/*
 * connected_components(types text[], as_of timestamptz, graph text,
 *			known_at timestamptz)
 *	returns (entity bigint, component bigint)
 */
Datum
kg_connected_components(PG_FUNCTION_ARGS)
{
	KgProjection p;
	uint32	   *parent;

	kg_projection_begin(&p, fcinfo, KG_PLAIN);
	/* kg_projection_put_groups takes the second array. */
	kg_projection_read_nodes(&p, 2 * sizeof(uint32));
	parent = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	for (uint32 v = 0; v < p.nodes.n; v++)
		parent[v] = v;
	kg_projection_read_edges(&p, join, parent);
	for (uint32 v = 0; v < p.nodes.n; v++)
		parent[v] = kg_find_root(parent, v);
	kg_projection_put_groups(&p, parent);
	kg_projection_end(&p);
	return (Datum) 0;
}

/*
 * Strong components: Tarjan's algorithm, as low_link.h.  A component is a
 * subtree that reaches nothing before its root.
 */
typedef struct Tarjan
{
	const KgCsr *csr;
	KgLowLink	search;
	uint32	   *component;		/* KG_NO_NODE: not known yet */
	uint32	   *open;			/* stack of nodes without a component */
	uint32		nopen;
} Tarjan;

static void
enter(Tarjan *t, uint32 v)
{
	kg_low_link_enter(&t->search, v);
	t->open[t->nopen++] = v;
}

/* Leaves the node at the end of the path; it may be a component's root. */
static void
leave(Tarjan *t)
{
	uint32		v = kg_low_link_leave(&t->search);
	uint32		w;

	if (t->search.low[v] != t->search.number[v])
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

	enter(t, start);
	while (t->search.npath > 0)
	{
		uint32		v = kg_low_link_node(&t->search);
		uint64		arc = t->csr->offsets[v] + kg_low_link_arc(&t->search);

		if ((++steps & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (arc == t->csr->offsets[v + 1])
			leave(t);
		else
		{
			uint32		w = t->csr->targets[arc];

			if (t->search.number[w] == 0)
				enter(t, w);
			else if (t->component[w] == KG_NO_NODE)
				kg_low_link_meet(&t->search, v, w);
		}
	}
}

PG_FUNCTION_INFO_V1(kg_strongly_connected_components);

/*
 * strongly_connected_components(types text[], as_of timestamptz, graph text,
 *			known_at timestamptz)
 *	returns (entity bigint, component bigint)
 */
Datum
kg_strongly_connected_components(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Tarjan		t = {0};

	kg_projection_begin(&p, fcinfo, KG_PLAIN);
	p.query.direction = KG_OUT;
	kg_projection_build(&p, KG_LOW_LINK_SIZE + 2 * sizeof(uint32), 0);

	t.csr = &p.csr;
	kg_low_link_init(&t.search, p.nodes.n, &p.budget);
	t.component = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	t.open = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	memset(t.component, 0xff, (Size) p.nodes.n * sizeof(uint32));
	for (uint32 v = 0; v < p.nodes.n; v++)
	{
		if (t.search.number[v] == 0)
			search_from(&t, v);
	}
	/* kg_projection_put_groups needs an array; the bound has none for it. */
	kg_budget_free(&p.budget, t.search.arc);
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
 * degree(types text[], as_of timestamptz, graph text, known_at timestamptz)
 *	returns (entity bigint, in_degree bigint, out_degree bigint, degree bigint)
 */
Datum
kg_degree(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Degrees		degrees;

	kg_projection_begin(&p, fcinfo, KG_PLAIN);
	kg_projection_read_nodes(&p, 2 * sizeof(uint64));
	degrees.in = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(uint64));
	degrees.out = kg_budget_alloc0(&p.budget, p.nodes.n, sizeof(uint64));
	kg_projection_read_edges(&p, count_edge, &degrees);
	for (uint32 v = 0; v < p.nodes.n; v++)
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
