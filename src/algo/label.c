/*
 * label.c
 *	  kg.label_propagation.
 *
 * U. Raghavan, R. Albert, S. Kumara, "Near linear time algorithm to detect
 * community structures in large-scale networks", Phys. Rev. E 2007,
 * asynchronous: nodes in random order take the label that most of their
 * neighbours have.  A node keeps its label if no other is more frequent.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "algo/projection/random.h"
#include "algo/tally.h"
#include "graph/search/arguments.h"

/* The label that a node takes. */
static uint32
best_label(const KgCsr *csr, uint32 v, const uint32 *labels, KgTally *tally,
		   KgRandom *random)
{
	uint32		best = labels[v];
	uint32		nbest = 1;
	double		most;

	for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
	{
		if (csr->targets[i] != v)
			kg_tally_add(tally, labels[csr->targets[i]], kg_csr_weight(csr, i));
	}
	most = tally->sum[best];
	for (uint32 j = 0; j < tally->nseen; j++)
	{
		uint32		label = tally->seen[j];

		if (tally->sum[label] > most)
		{
			most = tally->sum[label];
			best = label;
			nbest = 1;
		}
		else if (tally->sum[label] == most && best != labels[v] &&
				 kg_random_below(random, ++nbest) == 0)
			best = label;
	}
	kg_tally_clear(tally);
	return best;
}

PG_FUNCTION_INFO_V1(kg_label_propagation);

/*
 * label_propagation(max_iterations integer, seed bigint, types text[],
 *					 as_of timestamptz, weighted boolean, graph text,
 *					 known_at timestamptz)
 *	returns (entity bigint, community bigint)
 */
Datum
kg_label_propagation(PG_FUNCTION_ARGS)
{
	int			max_iterations = kg_limit_argument(fcinfo, 0, "max_iterations");
	KgRandom	random = PG_ARGISNULL(1) ? 0 : (KgRandom) PG_GETARG_INT64(1);
	KgProjection p;
	KgTally		tally;
	uint32	   *labels;
	uint32	   *order;
	bool		changed = true;

	kg_projection_begin(&p, fcinfo, KG_WEIGHTED);
	kg_projection_build(&p, 3 * sizeof(uint32) + KG_TALLY_SIZE, 0);
	kg_tally_init(&tally, p.nodes.n, &p.budget);
	labels = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	order = kg_budget_alloc(&p.budget, p.nodes.n, sizeof(uint32));
	for (uint32 i = 0; i < p.nodes.n; i++)
		labels[i] = i;
	for (int iteration = 0; changed && iteration != max_iterations; iteration++)
	{
		changed = false;
		kg_random_sample(&random, order, p.nodes.n, p.nodes.n);
		for (uint32 i = 0; i < p.nodes.n; i++)
		{
			uint32		label = best_label(&p.csr, order[i], labels, &tally,
										   &random);

			CHECK_FOR_INTERRUPTS();
			changed |= label != labels[order[i]];
			labels[order[i]] = label;
		}
	}
	kg_projection_put_groups(&p, labels);
	kg_projection_end(&p);
	return (Datum) 0;
}
