/*
 * leiden.c
 *	  kg.leiden
 *
 * V. Traag, L. Waltman, N. van Eck, "From Louvain to Leiden: guaranteeing
 * well-connected communities", Scientific Reports 2019, for modularity.
 *
 * Each level has three steps.  Nodes move to the community of neighbours that
 * raises modularity most, until none can (move_nodes).  Within each of these
 * communities, nodes are then merged anew into parts, each of which is well
 * connected to the rest (refine).  The parts become the nodes of the next
 * level's graph, where those of one community start together (aggregate).
 *
 * The partition that a level returns is that into parts: parts are connected,
 * and parts of one level are unions of parts of the level before.  When
 * moving joins nothing any more, parts are communities, and the last level is
 * the result.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "algo/projection/random.h"
#include "algo/tally.h"

/*
 * How much chance there is in merging nodes: a gain less than the best by
 * this, in units of the mean weight of an edge, is chosen 1/e times as often.
 */
#define RANDOMNESS 0.01

/* Gains are told apart only if they differ by this part of all weight. */
#define PRECISION 1e-12

/*
 * The graph of a level.  Loops are in strength, and skipped among the arcs.
 * Where relations count 1, arcs of levels above the first have counts instead
 * of weights: half the memory, exact up to 2^24, and beyond that still the same
 * to and fro.
 */
typedef struct Level
{
	KgCsr		csr;
	float	   *counts;
	double	   *strength;		/* sum of the weights at a node, loops twice */
} Level;

typedef struct Leiden
{
	KgBudget   *budget;
	KgRandom	random;
	double		resolution;
	double		total;			/* sum of all strengths */
	double		mean_weight;	/* of an edge */
	Level		level;
	uint32	   *community;		/* of each node of the level */
	uint32	   *part;			/* likewise */
	double	   *strength;		/* of each community, or part */
	double	   *whole;			/* of each community while there are parts */
	double	   *outside;		/* weight from each part to the rest of its
								 * community */
	uint32	   *size;			/* nodes in each community, or part */
	uint32	   *order;			/* nodes, at random or by part */
	uint32	   *scratch;
	bool	   *queued;
	KgTally		tally;
} Leiden;

/*
 * Bytes a node takes besides its number and row.  While nodes move and are
 * refined: in Leiden, in the level, and in node_of.
 */
#define MOVING_NODE_SIZE \
	(7 * sizeof(uint32) + 4 * sizeof(double) + sizeof(bool) + KG_TALLY_SIZE)

/*
 * While parts are made the nodes of the next level: the partitions, in the
 * level, and in node_of; and of the next level, which has as many nodes and arcs
 * at worst.  Between two later levels both have counts, or weights, and the
 * first has not: so that much is asked for.
 */
#define JOINING_NODE_SIZE \
	(5 * sizeof(uint32) + 3 * sizeof(double) + KG_TALLY_SIZE)
#define JOINING_ARC_SIZE \
	(sizeof(uint32) + sizeof(double))

/* What a level of n nodes needs; its community is there. */
static void
alloc_state(Leiden *l, uint32 n)
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

/* Frees all but what makes parts the nodes of the next level. */
static void
free_all_but_parts(Leiden *l)
{
	kg_budget_free(l->budget, l->strength);
	kg_budget_free(l->budget, l->whole);
	kg_budget_free(l->budget, l->outside);
	kg_budget_free(l->budget, l->scratch);
	kg_budget_free(l->budget, l->queued);
	kg_tally_free(&l->tally, l->budget);
}

static inline double
weight(const Leiden *l, uint64 arc)
{
	return l->level.counts ? l->level.counts[arc] : kg_csr_weight(&l->level.csr, arc);
}

static void
sum_strengths(Leiden *l)
{
	const KgCsr *csr = &l->level.csr;
	uint32		v;
	uint64		i;

	l->level.strength = kg_budget_alloc0(l->budget, csr->n, sizeof(double));
	l->total = 0;
	for (v = 0; v < csr->n; v++)
	{
		CHECK_FOR_INTERRUPTS();
		for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			l->level.strength[v] += weight(l, i) * (csr->targets[i] == v ? 2 : 1);
		l->total += l->level.strength[v];
	}
	/* Without edges that weigh anything, any unit will do. */
	if (l->total == 0)
		l->total = 1;
	l->mean_weight = l->total / Max(csr->offsets[csr->n], 1);
}

/*
 * What a node's joining a group changes modularity by, times half the total:
 * "links" is the weight between them, "strength" the group's without the node.
 */
static inline double
gain(const Leiden *l, uint32 v, double links, double strength)
{
	return links - l->resolution * l->level.strength[v] * strength / l->total;
}

/* Weights from a node to the groups of its neighbours, or of those it may join. */
static void
tally_neighbors(Leiden *l, uint32 v, const uint32 *groups, bool own_community)
{
	const KgCsr *csr = &l->level.csr;
	uint64		i;

	kg_tally_clear(&l->tally);
	for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
	{
		uint32		w = csr->targets[i];

		if (w != v && (!own_community || l->community[w] == l->community[v]))
			kg_tally_add(&l->tally, groups[w], weight(l, i));
	}
}

static void
sum_groups(Leiden *l, const uint32 *groups)
{
	uint32		n = l->level.csr.n;
	uint32		v;

	memset(l->strength, 0, n * sizeof(double));
	memset(l->size, 0, n * sizeof(uint32));
	for (v = 0; v < n; v++)
	{
		l->strength[groups[v]] += l->level.strength[v];
		l->size[groups[v]]++;
	}
}

static void
move_between(Leiden *l, uint32 *groups, uint32 v, uint32 to)
{
	l->strength[groups[v]] -= l->level.strength[v];
	l->size[groups[v]]--;
	l->strength[to] += l->level.strength[v];
	l->size[to]++;
	groups[v] = to;
}

/*
 * The best community for a node.  "empty" is one without nodes, or KG_NO_NODE
 * if the node is alone in its own.
 */
static uint32
best_community(Leiden *l, uint32 v, uint32 empty)
{
	uint32		best = l->community[v];
	double		least_gain = PRECISION * l->total;
	double		most;
	uint32		i;

	tally_neighbors(l, v, l->community, false);
	most = gain(l, v, l->tally.sum[best], l->strength[best] - l->level.strength[v]);
	for (i = 0; i < l->tally.nseen; i++)
	{
		uint32		c = l->tally.seen[i];
		double		g;

		if (c == l->community[v])
			continue;
		g = gain(l, v, l->tally.sum[c], l->strength[c]);
		if (g > most + least_gain)
		{
			most = g;
			best = c;
		}
	}
	if (empty != KG_NO_NODE && most < -least_gain)
		best = empty;
	return best;
}

/*
 * Fast local moving: a node is looked at again only when a neighbour has left
 * for another community.  Returns the number of communities.
 */
static uint32
move_nodes(Leiden *l)
{
	const KgCsr *csr = &l->level.csr;
	uint32		n = csr->n;
	uint32	   *queue = l->order;
	uint32	   *empties = l->scratch;
	uint32		nempty = 0;
	uint32		head = 0;
	uint32		left = n;
	uint32		v;
	uint64		i;

	sum_groups(l, l->community);
	for (v = n; v-- > 0;)
	{
		if (l->size[v] == 0)
			empties[nempty++] = v;
	}
	kg_random_sample(&l->random, queue, n, n);
	memset(l->queued, true, n * sizeof(bool));
	while (left > 0)
	{
		uint32		from;
		uint32		to;

		CHECK_FOR_INTERRUPTS();
		v = queue[head];
		head = head + 1 == n ? 0 : head + 1;
		left--;
		l->queued[v] = false;
		from = l->community[v];
		to = best_community(l, v, l->size[from] > 1 ? empties[nempty - 1] : KG_NO_NODE);
		if (to == from)
			continue;
		if (l->size[to] == 0)
			nempty--;
		move_between(l, l->community, v, to);
		if (l->size[from] == 0)
			empties[nempty++] = from;
		for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (w != v && l->community[w] != to && !l->queued[w])
			{
				uint32		tail = n - head > left ? head + left : head - (n - left);

				queue[tail] = w;
				left++;
				l->queued[w] = true;
			}
		}
	}
	return n - nempty;
}

/* May a node join this part?  If so, its gain, else a negative number. */
static double
part_gain(const Leiden *l, uint32 v, uint32 part)
{
	double		rest = l->whole[l->community[v]] - l->strength[part];

	if (l->outside[part] < l->resolution * l->strength[part] * rest / l->total)
		return -1;
	return gain(l, v, l->tally.sum[part], l->strength[part]);
}

/*
 * One of the parts that a node may join, chosen at random, better ones with
 * more probability; or its own, where it is alone and gains nothing.
 */
static uint32
choose_part(Leiden *l, uint32 v)
{
	double		scale = RANDOMNESS * l->mean_weight;
	double		most = 0;
	double		sum;
	uint32		chosen = l->part[v];
	uint32		i;

	for (i = 0; i < l->tally.nseen; i++)
		most = Max(most, part_gain(l, v, l->tally.seen[i]));
	sum = exp(-most / scale);
	for (i = 0; i < l->tally.nseen; i++)
	{
		double		g = part_gain(l, v, l->tally.seen[i]);
		double		probability;

		if (g < 0)
			continue;
		probability = exp((g - most) / scale);
		sum += probability;
		if (kg_random_fraction(&l->random) * sum < probability)
			chosen = l->tally.seen[i];
	}
	return chosen;
}

static double
weight_outside(const Leiden *l, uint32 v)
{
	const KgCsr *csr = &l->level.csr;
	double		sum = 0;
	uint64		i;

	for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
	{
		uint32		w = csr->targets[i];

		if (w != v && l->community[w] == l->community[v])
			sum += weight(l, i);
	}
	return sum;
}

/*
 * Makes the parts of each community that is well connected, from single
 * nodes.  A part only ever grows by a node with an edge to it.
 */
static void
refine(Leiden *l)
{
	uint32		n = l->level.csr.n;
	uint32		i;
	uint32		v;

	memcpy(l->whole, l->strength, n * sizeof(double));
	for (v = 0; v < n; v++)
	{
		CHECK_FOR_INTERRUPTS();
		l->part[v] = v;
		l->outside[v] = weight_outside(l, v);
	}
	sum_groups(l, l->part);
	kg_random_sample(&l->random, l->order, n, n);
	for (i = 0; i < n; i++)
	{
		uint32		to;

		CHECK_FOR_INTERRUPTS();
		v = l->order[i];
		if (l->size[l->part[v]] != 1 || part_gain(l, v, v) == -1)
			continue;
		tally_neighbors(l, v, l->part, true);
		to = choose_part(l, v);
		if (to == l->part[v])
			continue;
		l->outside[to] += l->outside[v] - 2 * l->tally.sum[to];
		move_between(l, l->part, v, to);
	}
}

/*
 * Where refining has merged nothing, parts are the connected pieces of the
 * communities, so that every level but the last is a smaller graph.
 */
static void
split_into_pieces(Leiden *l)
{
	const KgCsr *csr = &l->level.csr;
	uint32		start;
	uint64		i;

	memset(l->part, 0xff, csr->n * sizeof(uint32));
	for (start = 0; start < csr->n; start++)
	{
		uint32		nstack = 0;

		if (l->part[start] != KG_NO_NODE)
			continue;
		l->part[start] = start;
		l->order[nstack++] = start;
		while (nstack > 0)
		{
			uint32		v = l->order[--nstack];

			CHECK_FOR_INTERRUPTS();
			for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			{
				uint32		w = csr->targets[i];

				if (l->part[w] == KG_NO_NODE && l->community[w] == l->community[v])
				{
					l->part[w] = start;
					l->order[nstack++] = w;
				}
			}
		}
	}
}

/* Numbers the parts from 0 in the order of their first nodes. */
static uint32
number_parts(Leiden *l)
{
	uint32		n = l->level.csr.n;
	uint32	   *number = l->scratch;
	uint32		nparts = 0;
	uint32		v;

	memset(number, 0xff, n * sizeof(uint32));
	for (v = 0; v < n; v++)
	{
		uint32		part = l->part[v];

		if (number[part] == KG_NO_NODE)
			number[part] = nparts++;
		l->part[v] = number[part];
	}
	return nparts;
}

/* Nodes by part into l->order; afterwards l->size[p] is where part p ends. */
static void
sort_by_part(Leiden *l, uint32 nparts)
{
	uint32		n = l->level.csr.n;
	uint32		position = 0;
	uint32		p;
	uint32		v;

	memset(l->size, 0, n * sizeof(uint32));
	for (v = 0; v < n; v++)
		l->size[l->part[v]]++;
	for (p = 0; p < nparts; p++)
	{
		uint32		count = l->size[p];

		l->size[p] = position;
		position += count;
	}
	for (v = 0; v < n; v++)
		l->order[l->size[l->part[v]]++] = v;
}

/* Weights from the nodes order[from .. to - 1], a part, to other parts. */
static void
tally_part(Leiden *l, uint32 part, uint32 from, uint32 to)
{
	const KgCsr *csr = &l->level.csr;
	uint32		i;
	uint64		arc;

	kg_tally_clear(&l->tally);
	for (i = from; i < to; i++)
	{
		uint32		v = l->order[i];

		CHECK_FOR_INTERRUPTS();
		for (arc = csr->offsets[v]; arc < csr->offsets[v + 1]; arc++)
		{
			uint32		w = csr->targets[arc];

			if (l->part[w] != part)
				kg_tally_add(&l->tally, l->part[w], weight(l, arc));
		}
	}
}

/* How many arcs each part will have, as offsets of the rows to be. */
static void
count_arcs_between(Leiden *l, KgCsr *csr)
{
	uint64		narcs = 0;
	uint32		p;

	for (p = 0; p < csr->n; p++)
	{
		csr->offsets[p] = narcs;
		tally_part(l, p, p == 0 ? 0 : l->size[p - 1], l->size[p]);
		narcs += l->tally.nseen;
	}
	csr->offsets[csr->n] = narcs;
}

/*
 * The arcs between parts.  They are counted first, which is quick beside moving
 * nodes, because there is no telling how many of the level's will be left.
 */
static void
join_parts(Leiden *l, Level *next, uint32 nparts)
{
	KgCsr	   *csr = &next->csr;
	uint32		p;
	uint32		i;

	csr->n = nparts;
	csr->offsets = kg_budget_alloc(l->budget, (uint64) nparts + 1, sizeof(uint64));
	sort_by_part(l, nparts);
	count_arcs_between(l, csr);
	csr->targets = kg_budget_alloc(l->budget, csr->offsets[nparts], sizeof(uint32));
	if (l->level.csr.weights)
		csr->weights = kg_budget_alloc(l->budget, csr->offsets[nparts], sizeof(double));
	else
		next->counts = kg_budget_alloc(l->budget, csr->offsets[nparts], sizeof(float));
	for (p = 0; p < nparts; p++)
	{
		uint64		narcs = csr->offsets[p];

		tally_part(l, p, p == 0 ? 0 : l->size[p - 1], l->size[p]);
		for (i = 0; i < l->tally.nseen; i++, narcs++)
		{
			csr->targets[narcs] = l->tally.seen[i];
			if (csr->weights)
				csr->weights[narcs] = l->tally.sum[l->tally.seen[i]];
			else
				next->counts[narcs] = l->tally.sum[l->tally.seen[i]];
		}
	}
}

/* Parts become the nodes of the next level, in the communities they are in. */
static void
aggregate(Leiden *l, uint32 nparts)
{
	uint32		n = l->level.csr.n;
	uint32	   *first = l->order;
	Level		next = {0};
	uint32		v;

	free_all_but_parts(l);
	kg_tally_init(&l->tally, nparts, l->budget);
	join_parts(l, &next, nparts);
	next.strength = kg_budget_alloc0(l->budget, nparts, sizeof(double));
	/* Parts are numbered by their first nodes, so they come in order here. */
	memset(first, 0xff, n * sizeof(uint32));
	for (v = 0; v < n; v++)
	{
		uint32		part = l->part[v];
		uint32		community = l->community[v];

		next.strength[part] += l->level.strength[v];
		if (first[community] == KG_NO_NODE)
			first[community] = part;
		/* part <= v: what is overwritten has been read */
		l->community[part] = first[community];
	}
	kg_csr_free(&l->level.csr, l->budget);
	kg_budget_free(l->budget, l->level.counts);
	kg_budget_free(l->budget, l->level.strength);
	l->level = next;
	kg_budget_free(l->budget, l->part);
	kg_budget_free(l->budget, l->order);
	kg_budget_free(l->budget, l->size);
	kg_tally_free(&l->tally, l->budget);
	l->community = kg_budget_resize(l->budget, l->community, nparts, sizeof(uint32));
	alloc_state(l, nparts);
}

/*
 * Of the partition whose groups are the nodes of the level: M. Newman, M.
 * Girvan, "Finding and evaluating community structure in networks", Phys. Rev.
 * E 2004, with a resolution.
 */
static double
modularity(const Leiden *l)
{
	const KgCsr *csr = &l->level.csr;
	double		sum = 0;
	uint32		v;
	uint64		i;

	for (v = 0; v < csr->n; v++)
	{
		double		strength = l->level.strength[v] / l->total;
		double		outgoing = 0;

		for (i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			if (csr->targets[i] != v)
				outgoing += weight(l, i);
		}
		sum += strength - outgoing / l->total - l->resolution * strength * strength;
	}
	return sum;
}

/* "node_of[v]" is the level's node that has come to hold entity v. */
static void
put_level(KgProjection *p, const Leiden *l, int level, const uint32 *node_of)
{
	double		quality = modularity(l);
	uint32	   *first = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(uint32));
	uint32		v;

	memset(first, 0xff, (Size) p->nodes.n * sizeof(uint32));
	for (v = 0; v < p->nodes.n; v++)
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

/* One level; returns whether it has joined anything. */
static bool
next_level(Leiden *l, uint32 *node_of, uint32 nentities)
{
	uint32		n = l->level.csr.n;
	uint32		nparts;
	uint32		v;

	if (move_nodes(l) == n)
		return false;
	refine(l);
	nparts = number_parts(l);
	if (nparts == n)
	{
		split_into_pieces(l);
		nparts = number_parts(l);
	}
	if (nparts == n)
		return false;
	for (v = 0; v < nentities; v++)
		node_of[v] = l->part[node_of[v]];
	aggregate(l, nparts);
	return true;
}

PG_FUNCTION_INFO_V1(kg_leiden);

/*
 * leiden(resolution float8, seed bigint, types text[], as_of timestamptz,
 *		  weighted boolean, graph text)
 *	returns (level integer, entity bigint, community bigint, modularity float8)
 */
Datum
kg_leiden(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Leiden		l = {0};
	uint32	   *node_of;
	uint32		v;
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
	for (v = 0; v < p.nodes.n; v++)
		node_of[v] = l.community[v] = v;
	while (p.nodes.n > 0 && next_level(&l, node_of, p.nodes.n))
		put_level(&p, &l, level++, node_of);
	if (level == 1)
		put_level(&p, &l, level, node_of);
	kg_projection_end(&p);
	return (Datum) 0;
}
