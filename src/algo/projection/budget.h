/*
 * budget.h
 *	  Memory of an algorithm, within maintenance_work_mem.
 *
 * maintenance_work_mem is the bound and not work_mem, which every node of every
 * plan may take: an algorithm on a whole graph is rare, one at a time, and as
 * large as the data, like CREATE INDEX.  All memory that grows with the graph
 * is allocated here.
 */
#ifndef KG_ALGO_BUDGET_H
#define KG_ALGO_BUDGET_H

#include "postgres.h"

typedef struct KgBudget
{
	MemoryContext context;
	Size		limit;			/* bytes */
	Size		used;			/* bytes */
	/* For the message: */
	const char *graph;
	double		entities;
	double		relations;		/* 0: they need no memory */
} KgBudget;

extern void kg_budget_init(KgBudget *budget, const char *graph);

/* Frees everything. */
extern void kg_budget_end(KgBudget *budget);

/*
 * Raises an error unless this many more bytes fit.  The error names the need in
 * all and the setting to raise.
 */
extern void kg_budget_require(const KgBudget *budget, double bytes);

/* Allocates n elements of a size; alloc0 zeroes them. */
extern void *kg_budget_alloc(KgBudget *budget, uint64 n, Size size);
extern void *kg_budget_alloc0(KgBudget *budget, uint64 n, Size size);

/* Resizes a chunk to n elements of a size. */
extern void *kg_budget_resize(KgBudget *budget, void *chunk, uint64 n,
							  Size size);

/* "chunk" may be NULL. */
extern void kg_budget_free(KgBudget *budget, void *chunk);

#endif							/* KG_ALGO_BUDGET_H */
