/*
 * aggregate.c
 *	  The Leiden algorithm's step to the next level: parts become nodes.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "algo/leiden/level.h"
#include "algo/projection/nodes.h"

/* Sorts nodes by part into l->order.  Afterwards part p ends at l->size[p]. */
static void
sort_by_part(KgLeiden *l, uint32 nparts)
{
	uint32		n = l->level.csr.n;
	uint32		position = 0;

	memset(l->size, 0, n * sizeof(uint32));
	for (uint32 v = 0; v < n; v++)
		l->size[l->part[v]]++;
	for (uint32 p = 0; p < nparts; p++)
	{
		uint32		count = l->size[p];

		l->size[p] = position;
		position += count;
	}
	for (uint32 v = 0; v < n; v++)
		l->order[l->size[l->part[v]]++] = v;
}

/* Sums the weights from a part, the nodes order[from .. to - 1], to others. */
static void
tally_part(KgLeiden *l, uint32 part, uint32 from, uint32 to)
{
	const KgCsr *csr = &l->level.csr;

	kg_tally_clear(&l->tally);
	for (uint32 i = from; i < to; i++)
	{
		uint32		v = l->order[i];

		CHECK_FOR_INTERRUPTS();
		for (uint64 arc = csr->offsets[v]; arc < csr->offsets[v + 1]; arc++)
		{
			uint32		w = csr->targets[arc];

			if (l->part[w] != part)
				kg_tally_add(&l->tally, l->part[w], kg_leiden_weight(l, arc));
		}
	}
}

/* Counts the arcs of each part and sets the offsets of the rows to come. */
static void
count_arcs_between(KgLeiden *l, KgCsr *csr)
{
	uint64		narcs = 0;

	for (uint32 p = 0; p < csr->n; p++)
	{
		csr->offsets[p] = narcs;
		tally_part(l, p, p == 0 ? 0 : l->size[p - 1], l->size[p]);
		narcs += l->tally.nseen;
	}
	csr->offsets[csr->n] = narcs;
}

/*
 * Makes the arcs between parts.  They are counted first, so that no more memory
 * is taken than they need; counting is quick beside moving nodes.
 */
static void
join_parts(KgLeiden *l, KgLeidenLevel *next, uint32 nparts)
{
	KgCsr	   *csr = &next->csr;

	csr->n = nparts;
	csr->offsets = kg_budget_alloc(l->budget, (uint64) nparts + 1,
								   sizeof(uint64));
	sort_by_part(l, nparts);
	count_arcs_between(l, csr);
	csr->targets = kg_budget_alloc(l->budget, csr->offsets[nparts],
								   sizeof(uint32));
	if (l->level.csr.weights)
		csr->weights = kg_budget_alloc(l->budget, csr->offsets[nparts],
									   sizeof(double));
	else
		next->counts = kg_budget_alloc(l->budget, csr->offsets[nparts],
									   sizeof(float));
	for (uint32 p = 0; p < nparts; p++)
	{
		uint64		narcs = csr->offsets[p];

		tally_part(l, p, p == 0 ? 0 : l->size[p - 1], l->size[p]);
		for (uint32 i = 0; i < l->tally.nseen; i++, narcs++)
		{
			csr->targets[narcs] = l->tally.seen[i];
			if (csr->weights)
				csr->weights[narcs] = l->tally.sum[l->tally.seen[i]];
			else
				next->counts[narcs] = l->tally.sum[l->tally.seen[i]];
		}
	}
}

void
kg_leiden_aggregate(KgLeiden *l, uint32 nparts)
{
	uint32		n = l->level.csr.n;
	uint32	   *first = l->order;
	KgLeidenLevel next = {0};

	kg_tally_init(&l->tally, nparts, l->budget);
	join_parts(l, &next, nparts);
	next.strength = kg_budget_alloc0(l->budget, nparts, sizeof(double));
	/* Parts are numbered by their first nodes, so they come in order here. */
	memset(first, 0xff, n * sizeof(uint32));
	for (uint32 v = 0; v < n; v++)
	{
		uint32		part = l->part[v];
		uint32		community = l->community[v];

		next.strength[part] += l->level.strength[v];
		if (first[community] == KG_NO_NODE)
			first[community] = part;
		/* part <= v, so this entry has been read already */
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
	l->community = kg_budget_resize(l->budget, l->community, nparts,
									sizeof(uint32));
}
