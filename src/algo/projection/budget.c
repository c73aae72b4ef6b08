/*
 * budget.c
 *	  Memory of an algorithm, within maintenance_work_mem.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "algo/projection/budget.h"

void
kg_budget_init(KgBudget *budget, const char *graph)
{
	memset(budget, 0, sizeof(*budget));
	budget->context = AllocSetContextCreate(CurrentMemoryContext,
											"kg algorithm",
											ALLOCSET_DEFAULT_SIZES);
	budget->limit = (Size) maintenance_work_mem * 1024;
	budget->graph = graph;
}

void
kg_budget_end(KgBudget *budget)
{
	MemoryContextDelete(budget->context);
	budget->context = NULL;
}

void
kg_budget_require(const KgBudget *budget, double bytes)
{
	double		needed = budget->used + bytes;
	char		relations[64] = "";

	if (needed <= budget->limit)
		return;
	if (budget->relations > 0)
		snprintf(relations, sizeof(relations), " and %.0f relations",
				 budget->relations);
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("graph \"%s\" does not fit in maintenance_work_mem",
					budget->graph),
			 errdetail("With %.0f entities%s, about %.0f kB are needed; maintenance_work_mem is %d kB.",
					   budget->entities, relations, needed / 1024 + 1,
					   maintenance_work_mem),
			 errhint("Set maintenance_work_mem to at least %.0f kB%s.",
					 needed / 1024 + 1,
					 budget->relations > 0 ?
					 ", or choose fewer relations with types or as_of" : "")));
}

static void *
alloc(KgBudget *budget, uint64 n, Size size, int flags)
{
	void	   *chunk;

	/* In floating point: the product may exceed 64 bits. */
	kg_budget_require(budget, (double) n * size);
	chunk = MemoryContextAllocExtended(budget->context, Max(n * size, 1),
									   MCXT_ALLOC_HUGE | flags);
	budget->used += GetMemoryChunkSpace(chunk);
	return chunk;
}

void *
kg_budget_alloc(KgBudget *budget, uint64 n, Size size)
{
	return alloc(budget, n, size, 0);
}

void *
kg_budget_alloc0(KgBudget *budget, uint64 n, Size size)
{
	return alloc(budget, n, size, MCXT_ALLOC_ZERO);
}

void *
kg_budget_resize(KgBudget *budget, void *chunk, uint64 n, Size size)
{
	Size		before = GetMemoryChunkSpace(chunk);

	kg_budget_require(budget, (double) n * size - before);
	chunk = repalloc_huge(chunk, n * size);
	budget->used += GetMemoryChunkSpace(chunk) - before;
	return chunk;
}

void
kg_budget_free(KgBudget *budget, void *chunk)
{
	if (chunk == NULL)
		return;
	budget->used -= GetMemoryChunkSpace(chunk);
	pfree(chunk);
}
