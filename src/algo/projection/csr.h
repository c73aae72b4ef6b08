/*
 * csr.h
 *	  Compressed sparse rows: the arcs of a graph in memory.
 *
 * Nodes are numbered 0 .. n - 1; the arcs from node v lead to
 * targets[offsets[v]] .. targets[offsets[v + 1] - 1], ascending.
 */
#ifndef KG_ALGO_CSR_H
#define KG_ALGO_CSR_H

#include "postgres.h"

#include "algo/projection/budget.h"

typedef struct KgCsr
{
	uint32		n;				/* nodes */
	uint64	   *offsets;		/* n + 1 */
	uint32	   *targets;		/* one for each arc */
	double	   *weights;		/* one for each arc; NULL: all are 1 */
} KgCsr;

/* Arcs in the order in which they are read. */
typedef struct KgArcChunk KgArcChunk;
typedef struct KgArcList
{
	KgBudget   *budget;
	bool		weighted;
	uint64		n;
	KgArcChunk *first;
	KgArcChunk *last;
} KgArcList;

/* Bytes of an arc, at most: while rows are made, and in its row. */
#define KG_ARC_PEAK(weighted) ((weighted) ? 28 : 12)
#define KG_ARC_SIZE(weighted) ((weighted) ? 12 : 4)

extern void kg_arc_list_init(KgArcList *list, KgBudget *budget, bool weighted);
extern void kg_arc_list_add(KgArcList *list, uint32 from, uint32 to,
							float8 weight);

/*
 * Makes rows of the arcs between n nodes and frees the list.  The rows do not
 * depend on the order of the list.
 */
extern void kg_csr_build(KgCsr *csr, KgArcList *list, uint32 n);

/* Drops loops and merges parallel arcs into one, with the sum of weights. */
extern void kg_csr_simplify(KgCsr *csr);

/* The same, but with the least of their weights, as shortest paths need. */
extern void kg_csr_simplify_to_least(KgCsr *csr);

/* The first arc between two nodes, or KG_NO_ARC. */
#define KG_NO_ARC PG_UINT64_MAX
extern uint64 kg_csr_find(const KgCsr *csr, uint32 from, uint32 to);

/* The arcs in the other direction. */
extern void kg_csr_transpose(KgCsr *result, const KgCsr *csr, KgBudget *budget);

extern void kg_csr_free(KgCsr *csr, KgBudget *budget);

static inline uint64
kg_csr_degree(const KgCsr *csr, uint32 v)
{
	return csr->offsets[v + 1] - csr->offsets[v];
}

static inline double
kg_csr_weight(const KgCsr *csr, uint64 arc)
{
	return csr->weights ? csr->weights[arc] : 1;
}

#endif							/* KG_ALGO_CSR_H */
