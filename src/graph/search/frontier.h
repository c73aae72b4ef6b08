/*
 * frontier.h
 *	  The frontier of a search that expands many nodes at once.
 */
#ifndef KG_GRAPH_FRONTIER_H
#define KG_GRAPH_FRONTIER_H

#include "postgres.h"

#include "miscadmin.h"

#include "graph/adjacency/adjacency.h"

typedef struct KgFrontier
{
	KgNodeList	nodes;			/* to be expanded, ascending */
	KgNodeList	next;			/* to be expanded after these */
} KgFrontier;

static inline void
kg_frontier_init(KgFrontier *frontier, KgMemory *memory)
{
	kg_node_list_init(&frontier->nodes, memory);
	kg_node_list_init(&frontier->next, memory);
}

/*
 * Expands the frontier.  The sink appends nodes to frontier->next, each once,
 * which then become the frontier.  Returns false if the sink had enough.
 */
static inline bool
kg_frontier_expand(KgFrontier *frontier, KgAdjacency *adj, KgEdgeSink *sink)
{
	KgNodeList	done = frontier->nodes;

	CHECK_FOR_INTERRUPTS();
	if (!kg_adjacency_expand(adj, done.nodes, done.n, sink))
		return false;
	kg_node_list_sort(&frontier->next, false);
	frontier->nodes = frontier->next;
	frontier->next = done;
	frontier->next.n = 0;
	return true;
}

#endif							/* KG_GRAPH_FRONTIER_H */
