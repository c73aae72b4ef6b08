/*
 * low_link.h
 *	  A depth-first search that knows how far back each subtree reaches.
 *
 * R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput.
 * 1972, with a stack of our own in place of recursion.
 */
#ifndef KG_ALGO_LOW_LINK_H
#define KG_ALGO_LOW_LINK_H

#include "postgres.h"

#include "algo/projection/budget.h"

typedef struct KgLowLink
{
	uint32	   *number;			/* order of discovery from 1; 0: not yet */
	uint32	   *low;			/* least number that the subtree reaches */
	uint32	   *path;			/* stack of nodes in progress */
	uint64	   *arc;			/* next arc of each node on the path, from 0 */
	uint32		npath;
	uint32		nnumbers;
} KgLowLink;

/* Bytes for each node. */
#define KG_LOW_LINK_SIZE (3 * sizeof(uint32) + sizeof(uint64))

static inline void
kg_low_link_init(KgLowLink *s, uint32 n, KgBudget *budget)
{
	s->number = kg_budget_alloc0(budget, n, sizeof(uint32));
	s->low = kg_budget_alloc(budget, n, sizeof(uint32));
	s->path = kg_budget_alloc(budget, n, sizeof(uint32));
	s->arc = kg_budget_alloc(budget, n, sizeof(uint64));
	s->npath = 0;
	s->nnumbers = 0;
}

/* Goes on to a node that has no number yet. */
static inline void
kg_low_link_enter(KgLowLink *s, uint32 v)
{
	s->number[v] = s->low[v] = ++s->nnumbers;
	s->arc[s->npath] = 0;
	s->path[s->npath++] = v;
}

/* The node at the end of the path. */
static inline uint32
kg_low_link_node(const KgLowLink *s)
{
	return s->path[s->npath - 1];
}

/* The number of its next arc, which this call uses up. */
static inline uint64
kg_low_link_arc(KgLowLink *s)
{
	return s->arc[s->npath - 1]++;
}

/* An arc leads from v to w, which has a number already. */
static inline void
kg_low_link_meet(KgLowLink *s, uint32 v, uint32 w)
{
	s->low[v] = Min(s->low[v], s->number[w]);
}

/* Returns from the node at the end of the path to the node before it. */
static inline uint32
kg_low_link_leave(KgLowLink *s)
{
	uint32		v = s->path[--s->npath];

	if (s->npath > 0)
	{
		uint32		parent = kg_low_link_node(s);

		s->low[parent] = Min(s->low[parent], s->low[v]);
	}
	return v;
}

#endif							/* KG_ALGO_LOW_LINK_H */
