/*
 * leiden.c
 *	  kg.leiden: communities by the Leiden algorithm.
 *
 * V. Traag, L. Waltman, N. van Eck, "From Louvain to Leiden: guaranteeing
 * well-connected communities", Scientific Reports 2019, for modularity.
 *
 * Each level has three steps.  Nodes move to the community of neighbours that
 * raises modularity most, until no move raises it (kg_leiden_move_nodes).  Then
 * the nodes of each community are merged anew into parts, each well connected
 * to the others (kg_leiden_refine).  The parts become the nodes of the next
 * level's graph; the parts of a community start together there
 * (kg_leiden_aggregate).
 *
 * A level returns its parts: they are connected, and the parts of one level are
 * unions of parts of the level before.  When moving joins no nodes any more,
 * parts are communities, and the last level is the result.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/leiden/level.h"
#include "algo/projection/projection.h"

/*
 * Bytes of a node besides its number and row, while nodes move and are merged:
 * in KgLeiden, in the level and in node_of.
 */
#define MOVING_NODE_SIZE \
	(7 * sizeof(uint32) + 4 * sizeof(double) + sizeof(bool) + KG_TALLY_SIZE)

/*
 * The same while parts become nodes: in the partitions, the level, node_of and
 * the next level, which has as many nodes and arcs at worst.  Arcs take most
 * between two later levels, where both have counts or weights; the first level
 * of an unweighted graph has none.
 */
#define JOINING_NODE_SIZE \
	(5 * sizeof(uint32) + 3 * sizeof(double) + KG_TALLY_SIZE)
#define JOINING_ARC_SIZE \
	(sizeof(uint32) + sizeof(double))

/* Allocates the state of a level of n nodes, all but community. */
static void
alloc_state(KgLeiden *l, uint32 n)
{
	l->part = kg_budget_alloc(l->budget, n, sizeof(uint32));
	l->strength = kg_budget_alloc(l->budget, n, sizeof(double));
	l->whole = kg_budget_alloc(l->budget, n, sizeof(double));
	l->outside = kg_budget_alloc(l->budget, n, sizeof(double));
	l->size = kg_budget_alloc(l->budget, n, sizeof(uint32));
	l->order = kg_budget_alloc(l->budget, n, sizeof(uint32));
	l->scratch = kg_budget_alloc(l->budget, n, sizeof(uint32));
	l->queued = kg_budget_alloc(l->budget, n, sizeof(bool));
	kg_tally_init(&l->tally, n, l->budget);
}

/* Frees all that kg_leiden_aggregate does not read. */
static void
free_all_but_parts(KgLeiden *l)
{
	kg_budget_free(l->budget, l->strength);
	kg_budget_free(l->budget, l->whole);
	kg_budget_free(l->budget, l->outside);
	kg_budget_free(l->budget, l->scratch);
	kg_budget_free(l->budget, l->queued);
	kg_tally_free(&l->tally, l->budget);
}

static void
sum_strengths(KgLeiden *l)
{
	const KgCsr *csr = &l->level.csr;

	l->level.strength = kg_budget_alloc0(l->budget, csr->n, sizeof(double));
	l->total = 0;
	for (uint32 v = 0; v < csr->n; v++)
	{
		CHECK_FOR_INTERRUPTS();
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			l->level.strength[v] += kg_leiden_weight(l, i) *
				(csr->targets[i] == v ? 2 : 1);
		l->total += l->level.strength[v];
	}
	/* Without weights above 0 any unit will do. */
	if (l->total == 0)
		l->total = 1;
	l->mean_weight = l->total / Max(csr->offsets[csr->n], 1);
}

/*
 * The modularity of the partition whose groups are the nodes of the level: M.
 * Newman, M. Girvan, "Finding and evaluating community structure in networks",
 * Phys. Rev. E 2004, with a resolution.
 */
static double
modularity(const KgLeiden *l)
{
	const KgCsr *csr = &l->level.csr;
	double		sum = 0;

	for (uint32 v = 0; v < csr->n; v++)
	{
		double		strength = l->level.strength[v] / l->total;
		double		outgoing = 0;

		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			if (csr->targets[i] != v)
				outgoing += kg_leiden_weight(l, i);
		}
		sum += strength - outgoing / l->total -
			l->resolution * strength * strength;
	}
	return sum;
}

/* Adds the rows of a level; node_of[v] is its node that holds entity v. */
static void
put_level(KgProjection *p, const KgLeiden *l, int level, const uint32 *node_of)
{
	double		quality = modularity(l);
	uint32	   *first = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint32));

	memset(first, 0xff, (Size) p->nodes.n * sizeof(uint32));
	for (uint32 v = 0; v < p->nodes.n; v++)
	{
		Datum		values[4];

		if (first[node_of[v]] == KG_NO_NODE)
			first[node_of[v]] = v;
		values[0] = Int32GetDatum(level);
		values[1] = Int64GetDatum(p->nodes.ids[v]);
		values[2] = Int64GetDatum(p->nodes.ids[first[node_of[v]]]);
		values[3] = Float8GetDatum(quality);
		kg_projection_put(p, values);
	}
	kg_budget_free(&p->budget, first);
}

/* Goes to the next level; false if this one joined no nodes. */
static bool
next_level(KgLeiden *l, uint32 *node_of, uint32 nentities)
{
	uint32		n = l->level.csr.n;
	uint32		nparts;

	if (kg_leiden_move_nodes(l) == n)
		return false;
	nparts = kg_leiden_refine(l);
	if (nparts == n)
		return false;
	for (uint32 v = 0; v < nentities; v++)
		node_of[v] = l->part[node_of[v]];
	free_all_but_parts(l);
	kg_leiden_aggregate(l, nparts);
	alloc_state(l, nparts);
	return true;
}

PG_FUNCTION_INFO_V1(kg_leiden);

/*
 * leiden(resolution float8, seed bigint, types text[], as_of timestamptz,
 *		  weighted boolean, graph text, known_at timestamptz)
 *	returns (level integer, entity bigint, community bigint, modularity float8)
 */
Datum
kg_leiden(PG_FUNCTION_ARGS)
{
	KgProjection p;
	KgLeiden	l = {0};
	uint32	   *node_of;
	int			level = 1;

	l.resolution = kg_number_argument(fcinfo, 0, "resolution", 0, 1e9);
	l.random = PG_ARGISNULL(1) ? 0 : (KgRandom) PG_GETARG_INT64(1);
	kg_projection_begin(&p, fcinfo, KG_WEIGHTED);
	p.later_node_bytes = JOINING_NODE_SIZE;
	p.later_arc_bytes = JOINING_ARC_SIZE;
	kg_projection_build(&p, MOVING_NODE_SIZE, 0);
	kg_nodes_forget_buckets(&p.nodes, &p.budget);

	l.budget = &p.budget;
	l.level.csr = p.csr;
	memset(&p.csr, 0, sizeof(p.csr));
	l.community = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	alloc_state(&l, p.nodes.n);
	sum_strengths(&l);
	node_of = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	for (uint32 v = 0; v < p.nodes.n; v++)
		node_of[v] = l.community[v] = v;
	while (p.nodes.n > 0 && next_level(&l, node_of, p.nodes.n))
		put_level(&p, &l, level++, node_of);
	if (level == 1)
		put_level(&p, &l, level, node_of);
	kg_projection_end(&p);
	return (Datum) 0;
}
