/*
 * trees.h
 *	  Disjoint sets of nodes, each a tree.
 *
 * R. Tarjan, "Efficiency of a good but not linear set union algorithm", JACM
 * 1975, with halving of paths.  The root of a tree is its least node.
 */
#ifndef KG_ALGO_TREES_H
#define KG_ALGO_TREES_H

#include "postgres.h"

/* At first, parent[v] is v. */
static inline uint32
kg_find_root(uint32 *parent, uint32 v)
{
	while (parent[v] != v)
	{
		parent[v] = parent[parent[v]];
		v = parent[v];
	}
	return v;
}

/* Makes one set of those of two nodes; false if it was one before. */
static inline bool
kg_join_trees(uint32 *parent, uint32 v, uint32 w)
{
	uint32		a = kg_find_root(parent, v);
	uint32		b = kg_find_root(parent, w);

	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
	return a != b;
}

#endif							/* KG_ALGO_TREES_H */
