/*
 * partition.c
 *	  The Leiden algorithm's two partitions of a level: communities, and within
 *	  them parts.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "algo/leiden/level.h"
#include "algo/projection/nodes.h"

/*
 * Randomness of merging: a part whose gain is less than the best gain by this,
 * in units of the mean weight of an edge, is chosen 1/e times as often.
 */
#define RANDOMNESS 0.01

/* Gains that differ by less than this fraction of all weight are equal. */
#define PRECISION 1e-12

/*
 * The change of modularity when a node joins a group, times half the total.
 * "links" is the weight between node and group, "strength" the group's without
 * the node.
 */
static inline double
gain(const KgLeiden *l, uint32 v, double links, double strength)
{
	return links - l->resolution * l->level.strength[v] * strength / l->total;
}

/*
 * Sums the weights from a node to the groups of its neighbours, or only of its
 * neighbours in its own community.
 */
static void
tally_neighbors(KgLeiden *l, uint32 v, const uint32 *groups, bool own_community)
{
	const KgCsr *csr = &l->level.csr;

	kg_tally_clear(&l->tally);
	for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
	{
		uint32		w = csr->targets[i];

		if (w != v && (!own_community || l->community[w] == l->community[v]))
			kg_tally_add(&l->tally, groups[w], kg_leiden_weight(l, i));
	}
}

static void
sum_groups(KgLeiden *l, const uint32 *groups)
{
	uint32		n = l->level.csr.n;

	memset(l->strength, 0, n * sizeof(double));
	memset(l->size, 0, n * sizeof(uint32));
	for (uint32 v = 0; v < n; v++)
	{
		l->strength[groups[v]] += l->level.strength[v];
		l->size[groups[v]]++;
	}
}

static void
move_between(KgLeiden *l, uint32 *groups, uint32 v, uint32 to)
{
	l->strength[groups[v]] -= l->level.strength[v];
	l->size[groups[v]]--;
	l->strength[to] += l->level.strength[v];
	l->size[to]++;
	groups[v] = to;
}

/*
 * The best community for a node.  "empty" is a community without nodes, or
 * KG_NO_NODE if the node is alone in its own.
 */
static uint32
best_community(KgLeiden *l, uint32 v, uint32 empty)
{
	uint32		best = l->community[v];
	double		least_gain = PRECISION * l->total;
	double		most;

	tally_neighbors(l, v, l->community, false);
	most = gain(l, v, l->tally.sum[best],
				l->strength[best] - l->level.strength[v]);
	for (uint32 i = 0; i < l->tally.nseen; i++)
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

/* Fast local moving: a node is examined again only after a neighbour moved. */
uint32
kg_leiden_move_nodes(KgLeiden *l)
{
	const KgCsr *csr = &l->level.csr;
	uint32		n = csr->n;
	uint32	   *queue = l->order;
	uint32	   *empties = l->scratch;
	uint32		nempty = 0;
	uint32		head = 0;
	uint32		left = n;
	uint32		v;

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
		to = best_community(l, v,
							l->size[from] > 1 ? empties[nempty - 1] :
							KG_NO_NODE);
		if (to == from)
			continue;
		if (l->size[to] == 0)
			nempty--;
		move_between(l, l->community, v, to);
		if (l->size[from] == 0)
			empties[nempty++] = from;
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (w != v && l->community[w] != to && !l->queued[w])
			{
				uint32		tail = n - head > left ? head + left :
				head - (n - left);

				queue[tail] = w;
				left++;
				l->queued[w] = true;
			}
		}
	}
	return n - nempty;
}

/*
 * The gain of a node that joins this part, or -1 if the part is not well
 * connected to the other parts of its community and takes no nodes.
 */
static double
part_gain(const KgLeiden *l, uint32 v, uint32 part)
{
	double		rest = l->whole[l->community[v]] - l->strength[part];

	if (l->outside[part] < l->resolution * l->strength[part] * rest / l->total)
		return -1;
	return gain(l, v, l->tally.sum[part], l->strength[part]);
}

/*
 * Chooses a part for a node at random, with a higher probability for a higher
 * gain; among the choices is its own part, where it is alone and gains nothing.
 */
static uint32
choose_part(KgLeiden *l, uint32 v)
{
	double		scale = RANDOMNESS * l->mean_weight;
	double		most = 0;
	double		sum;
	uint32		chosen = l->part[v];

	for (uint32 i = 0; i < l->tally.nseen; i++)
		most = Max(most, part_gain(l, v, l->tally.seen[i]));
	sum = exp(-most / scale);
	for (uint32 i = 0; i < l->tally.nseen; i++)
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
weight_outside(const KgLeiden *l, uint32 v)
{
	const KgCsr *csr = &l->level.csr;
	double		sum = 0;

	for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
	{
		uint32		w = csr->targets[i];

		if (w != v && l->community[w] == l->community[v])
			sum += kg_leiden_weight(l, i);
	}
	return sum;
}

/*
 * Merges the nodes of each community into well connected parts, starting from
 * single nodes.  A part only grows by a node with an edge to it.
 */
static void
merge_nodes(KgLeiden *l)
{
	uint32		n = l->level.csr.n;
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
	for (uint32 i = 0; i < n; i++)
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

/* Makes the connected pieces of each community its parts. */
static void
split_into_pieces(KgLeiden *l)
{
	const KgCsr *csr = &l->level.csr;

	memset(l->part, 0xff, csr->n * sizeof(uint32));
	for (uint32 start = 0; start < csr->n; start++)
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
			for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			{
				uint32		w = csr->targets[i];

				if (l->part[w] == KG_NO_NODE &&
					l->community[w] == l->community[v])
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
number_parts(KgLeiden *l)
{
	uint32		n = l->level.csr.n;
	uint32	   *number = l->scratch;
	uint32		nparts = 0;

	memset(number, 0xff, n * sizeof(uint32));
	for (uint32 v = 0; v < n; v++)
	{
		uint32		part = l->part[v];

		if (number[part] == KG_NO_NODE)
			number[part] = nparts++;
		l->part[v] = number[part];
	}
	return nparts;
}

uint32
kg_leiden_refine(KgLeiden *l)
{
	uint32		nparts;

	merge_nodes(l);
	nparts = number_parts(l);
	if (nparts < l->level.csr.n)
		return nparts;

	/* Nothing was merged, but the next level must be a smaller graph. */
	split_into_pieces(l);
	return number_parts(l);
}
