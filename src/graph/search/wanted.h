/*
 * wanted.h
 *	  Common answers to KgEdgeSink.wanted: which edges are of use.
 *
 * Each function moves the edges that are wanted to the front and returns their
 * number.
 */
#ifndef KG_GRAPH_WANTED_H
#define KG_GRAPH_WANTED_H

#include "graph/adjacency/adjacency.h"

/* Edges to nodes that are not in the set. */
static inline int
kg_want_others(const KgNodeSet *set, KgEdge *edges, int n)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (!kg_node_set_has(set, edges[i].to))
			edges[kept++] = edges[i];
	}
	return kept;
}

/* Edges to nodes that are in the ascending array. */
static inline int
kg_want_among(const int64 *nodes, Size nnodes, KgEdge *edges, int n)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (kg_is_among(edges[i].to, nodes, nnodes))
			edges[kept++] = edges[i];
	}
	return kept;
}

/* All edges; this one is a KgEdgeSink.wanted. */
static inline int
kg_want_all(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

#endif							/* KG_GRAPH_WANTED_H */
