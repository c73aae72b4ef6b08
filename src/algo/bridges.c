/*
 * bridges.c
 *	  kg.bridges, kg.articulation_points
 *
 * J. Hopcroft, R. Tarjan, "Algorithm 447: efficient algorithms for graph
 * manipulation", CACM 1973: a depth-first search that knows of each node how
 * far back its subtree reaches, with a stack of our own in place of recursion.
 * Directions do not matter, but bridges are returned with theirs.  Of parallel
 * relations none is a bridge.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"

typedef struct Search
{
	KgProjection p;
	KgCsr		in;				/* arcs against their direction */
	uint32	   *number;			/* order of discovery from 1; 0: not yet */
	uint32	   *low;			/* least number that the subtree reaches */
	uint32	   *path;			/* stack of nodes in progress */
	uint64	   *arc;			/* the next arc of each: out, then in */
	bool	   *is_parent_seen; /* has the arc back to its parent been met? */
	int32	   *pieces;			/* subtrees that only this node connects */
	uint32		npath;
	uint32		nnumbers;
	bool		put_bridges;
} Search;

/* Bytes of these for each node and arc, with the rows of "in". */
#define SEARCH_NODE_SIZE (4 * sizeof(uint32) + 2 * sizeof(uint64) + sizeof(bool))
#define SEARCH_ARC_SIZE KG_ARC_SIZE(false)

static void
discover(Search *s, uint32 v)
{
	s->number[v] = s->low[v] = ++s->nnumbers;
	s->arc[s->npath] = 0;
	s->path[s->npath++] = v;
}

/* Arc number i of a node; the last one is followed by KG_NO_NODE. */
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

/* The bridge by which the search went on from the node at the end of the path. */
static void
put_bridge(Search *s, uint32 child)
{
	uint32		parent = s->path[s->npath - 1];
	bool		is_out = s->arc[s->npath - 1] - 1 < kg_csr_degree(&s->p.csr, parent);
	Datum		values[2] = {
		Int64GetDatum(s->p.nodes.ids[is_out ? parent : child]),
		Int64GetDatum(s->p.nodes.ids[is_out ? child : parent])
	};

	kg_projection_put(&s->p, values);
}

/* The node at the end of the path is done. */
static void
leave(Search *s)
{
	uint32		v = s->path[--s->npath];
	uint32		parent;

	if (s->npath == 0)
		return;
	parent = s->path[s->npath - 1];
	s->low[parent] = Min(s->low[parent], s->low[v]);
	if (s->low[v] >= s->number[parent])
		s->pieces[parent]++;
	if (s->low[v] > s->number[parent] && s->put_bridges)
		put_bridge(s, v);
}

static void
search_from(Search *s, uint32 start)
{
	uint32		steps = 0;

	discover(s, start);
	while (s->npath > 0)
	{
		uint32		v = s->path[s->npath - 1];
		uint32		w = arc_of(s, v, s->arc[s->npath - 1]++);

		if ((++steps & 0xffff) == 0)
			CHECK_FOR_INTERRUPTS();
		if (w == KG_NO_NODE)
			leave(s);
		else if (s->number[w] == 0)
			discover(s, w);
		else if (s->npath > 1 && w == s->path[s->npath - 2] && !s->is_parent_seen[v])
			s->is_parent_seen[v] = true;
		else
			s->low[v] = Min(s->low[v], s->number[w]);
	}
	/* The start has no parent to keep in one piece with. */
	s->pieces[start]--;
}

static void
search(Search *s, FunctionCallInfo fcinfo, bool put_bridges)
{
	KgProjection *p = &s->p;
	uint32		v;

	s->put_bridges = put_bridges;
	kg_projection_begin(p, fcinfo, KG_PLAIN);
	p->query.direction = KG_OUT;
	kg_projection_build(p, SEARCH_NODE_SIZE, SEARCH_ARC_SIZE);
	kg_csr_transpose(&s->in, &p->csr, &p->budget);
	s->number = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(uint32));
	s->low = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint32));
	s->path = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint32));
	s->arc = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint64));
	s->is_parent_seen = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(bool));
	s->pieces = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(uint32));
	for (v = 0; v < p->nodes.n; v++)
	{
		if (s->number[v] == 0)
			search_from(s, v);
	}
}

PG_FUNCTION_INFO_V1(kg_bridges);

/*
 * bridges(types text[], as_of timestamptz, graph text)
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
 * articulation_points(types text[], as_of timestamptz, graph text)
 *	returns (entity bigint, pieces bigint)
 */
Datum
kg_articulation_points(PG_FUNCTION_ARGS)
{
	Search		s = {0};
	uint32		v;

	search(&s, fcinfo, false);
	for (v = 0; v < s.p.nodes.n; v++)
	{
		Datum		values[2] = {
			Int64GetDatum(s.p.nodes.ids[v]), Int64GetDatum((int64) s.pieces[v] + 1)
		};

		/* Isolated nodes have -1. */
		if (s.pieces[v] > 0)
			kg_projection_put(&s.p, values);
	}
	kg_projection_end(&s.p);
	return (Datum) 0;
}
