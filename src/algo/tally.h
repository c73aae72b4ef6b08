/*
 * tally.h
 *	  Sums by label, over the neighbours of one node at a time.
 */
#ifndef KG_ALGO_TALLY_H
#define KG_ALGO_TALLY_H

#include "postgres.h"

#include "algo/projection/budget.h"

typedef struct KgTally
{
	double	   *sum;			/* of each label; 0 unless the label is in
								 * seen */
	bool	   *is_seen;
	uint32	   *seen;			/* labels with a sum, in order of appearance */
	uint32		nseen;
} KgTally;

/* Bytes for each label. */
#define KG_TALLY_SIZE (sizeof(double) + sizeof(bool) + sizeof(uint32))

/* Labels are less than n. */
static inline void
kg_tally_init(KgTally *tally, uint32 n, KgBudget *budget)
{
	tally->sum = kg_budget_alloc0(budget, n, sizeof(double));
	tally->is_seen = kg_budget_alloc0(budget, n, sizeof(bool));
	tally->seen = kg_budget_alloc(budget, n, sizeof(uint32));
	tally->nseen = 0;
}

static inline void
kg_tally_free(KgTally *tally, KgBudget *budget)
{
	kg_budget_free(budget, tally->sum);
	kg_budget_free(budget, tally->is_seen);
	kg_budget_free(budget, tally->seen);
}

static inline void
kg_tally_add(KgTally *tally, uint32 label, double amount)
{
	if (!tally->is_seen[label])
	{
		tally->is_seen[label] = true;
		tally->seen[tally->nseen++] = label;
	}
	tally->sum[label] += amount;
}

static inline void
kg_tally_clear(KgTally *tally)
{
	for (uint32 i = 0; i < tally->nseen; i++)
	{
		tally->sum[tally->seen[i]] = 0;
		tally->is_seen[tally->seen[i]] = false;
	}
	tally->nseen = 0;
}

#endif							/* KG_ALGO_TALLY_H */
