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

/* The root of the tree of v.  At first parent[v] must be v for all v. */
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

/* Joins the sets of two nodes; false if they are in the same set. */
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
