/*
 * budget.h
 *	  Memory of an algorithm, within maintenance_work_mem.
 *
 * An algorithm on a whole graph is to a session what CREATE INDEX is: rare,
 * one at a time, and as large as the data.  So maintenance_work_mem bounds it
 * and not work_mem, which would be right for what every node of every plan
 * may take.  All that grows with the graph is allocated here.
 */
#ifndef KG_ALGO_BUDGET_H
#define KG_ALGO_BUDGET_H

#include "postgres.h"

typedef struct KgBudget
{
	MemoryContext context;
	Size		limit;			/* bytes */
	Size		used;			/* bytes */
	const char *graph;			/* for the message, as are the next two */
	double		entities;
	double		relations;		/* 0: they need no memory */
} KgBudget;

extern void kg_budget_init(KgBudget *budget, const char *graph);

/* Frees everything. */
extern void kg_budget_end(KgBudget *budget);

/*
 * An error unless so many bytes more would fit.  Says how much is needed in
 * all and which setting to raise.
 */
extern void kg_budget_require(const KgBudget *budget, double bytes);

/* Room for n elements of that size, not zeroed or zeroed. */
extern void *kg_budget_alloc(KgBudget *budget, uint64 n, Size size);
extern void *kg_budget_alloc0(KgBudget *budget, uint64 n, Size size);

/* Makes the room of "chunk" one for n elements of that size. */
extern void *kg_budget_resize(KgBudget *budget, void *chunk, uint64 n, Size size);

/* "chunk" may be NULL. */
extern void kg_budget_free(KgBudget *budget, void *chunk);

#endif							/* KG_ALGO_BUDGET_H */
