/*
 * bridges.c
 *	  kg.bridges, kg.articulation_points.
 *
 * J. Hopcroft, R. Tarjan, "Algorithm 447: efficient algorithms for graph
 * manipulation", CACM 1973: a depth-first search (low_link.h) over arcs in both
 * directions.  Bridges are returned in the direction of their relation.
 * Parallel relations are no bridges.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/low_link.h"
#include "algo/projection/projection.h"

typedef struct Search
{
	KgProjection p;
	KgCsr		in;				/* arcs against their direction */
	KgLowLink	dfs;			/* arcs are numbered: out, then in */
	bool	   *is_parent_seen; /* has the arc back to its parent been met? */
	int32	   *pieces;			/* subtrees that only this node connects */
	bool		put_bridges;
} Search;

/* Bytes of the search for each node and arc, with the rows of "in". */
#define SEARCH_NODE_SIZE \
	(KG_LOW_LINK_SIZE + sizeof(uint64) + sizeof(bool) + sizeof(int32))
#define SEARCH_ARC_SIZE KG_ARC_SIZE(false)

/* The end of arc number i of a node; KG_NO_NODE after the last arc. */
static uint32
arc_of(const Search *s, uint32 v, uint64 i)
{
	uint64		nout = kg_csr_degree(&s->p.csr, v);

	if (i < nout)
		return s->p.csr.targets[s->p.csr.offsets[v] + i];
	if (i - nout < kg_csr_degree(&s->in, v))
		return s->in.targets[s->in.offsets[v] + i - nout];
	return KG_NO_NODE;
}

/* Adds the row of a bridge: the arc from the end of the path to this child. */
static void
put_bridge(Search *s, uint32 child)
{
	uint32		parent = kg_low_link_node(&s->dfs);
	uint64		arc = s->dfs.arc[s->dfs.npath - 1] - 1;
	bool		is_out = arc < kg_csr_degree(&s->p.csr, parent);
	Datum		values[2] = {
		Int64GetDatum(s->p.nodes.ids[is_out ? parent : child]),
		Int64GetDatum(s->p.nodes.ids[is_out ? child : parent])
	};

	kg_projection_put(&s->p, values);
}

/* Leaves the node at the end of the path; only its parent may connect it. */
static void
leave(Search *s)
{
	uint32		v = kg_low_link_leave(&s->dfs);
	uint32		parent;

	if (s->dfs.npath == 0)
		return;
	parent = kg_low_link_node(&s->dfs);
	if (s->dfs.low[v] >= s->dfs.number[parent])
		s->pieces[parent]++;
	if (s->dfs.low[v] > s->dfs.number[parent] && s->put_bridges)
		put_bridge(s, v);
}

/* Is w the parent of v, met for the first time?  A second arc is parallel. */
static bool
is_way_back(Search *s, uint32 v, uint32 w)
{
	if (s->dfs.npath == 1 || w != s->dfs.path[s->dfs.npath - 2] ||
		s->is_parent_seen[v])
		return false;
	s->is_parent_seen[v] = true;
	return true;
}

static void
search_from(Search *s, uint32 start)
{
	uint32		steps = 0;

	kg_low_link_enter(&s->dfs, start);
	while (s->dfs.npath > 0)
	{
		uint32		v = kg_low_link_node(&s->dfs);
		uint32		w = arc_of(s, v, kg_low_link_arc(&s->dfs));

		if ((++steps & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (w == KG_NO_NODE)
			leave(s);
		else if (s->dfs.number[w] == 0)
			kg_low_link_enter(&s->dfs, w);
		else if (!is_way_back(s, v, w))
			kg_low_link_meet(&s->dfs, v, w);
	}
	/* The start has no parent: one of its subtrees is no further piece. */
	s->pieces[start]--;
}

static void
search(Search *s, FunctionCallInfo fcinfo, bool put_bridges)
{
	KgProjection *p = &s->p;

	s->put_bridges = put_bridges;
	kg_projection_begin(p, fcinfo, KG_PLAIN);
	p->query.direction = KG_OUT;
	kg_projection_build(p, SEARCH_NODE_SIZE, SEARCH_ARC_SIZE);
	kg_csr_transpose(&s->in, &p->csr, &p->budget);
	kg_low_link_init(&s->dfs, p->nodes.n, &p->budget);
	s->is_parent_seen = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(bool));
	s->pieces = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(uint32));
	for (uint32 v = 0; v < p->nodes.n; v++)
	{
		if (s->dfs.number[v] == 0)
			search_from(s, v);
	}
}

PG_FUNCTION_INFO_V1(kg_bridges);

/*
 * bridges(types text[], as_of timestamptz, graph text, known_at timestamptz)
 *	returns (source bigint, target bigint)
 */
Datum
kg_bridges(PG_FUNCTION_ARGS)
{
	Search		s = {0};

	search(&s, fcinfo, true);
	kg_projection_end(&s.p);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(kg_articulation_points);

/*
 * articulation_points(types text[], as_of timestamptz, graph text,
 *			known_at timestamptz)
 *	returns (entity bigint, pieces bigint)
 */
Datum
kg_articulation_points(PG_FUNCTION_ARGS)
{
	Search		s = {0};

	search(&s, fcinfo, false);
	for (uint32 v = 0; v < s.p.nodes.n; v++)
	{
		Datum		values[2] = {
			Int64GetDatum(s.p.nodes.ids[v]),
			Int64GetDatum((int64) s.pieces[v] + 1)
		};

		/* Isolated nodes have -1. */
		if (s.pieces[v] > 0)
			kg_projection_put(&s.p, values);
	}
	kg_projection_end(&s.p);
	return (Datum) 0;
}
