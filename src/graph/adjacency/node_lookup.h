/*
 * node_lookup.h
 *	  Which nodes are there: by the b-trees on their keys.
 */
#ifndef KG_GRAPH_NODE_LOOKUP_H
#define KG_GRAPH_NODE_LOOKUP_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"

typedef struct KgNodeLookup KgNodeLookup;

/*
 * Opens the indexes on the keys of both node tables.  Those that cannot be read
 * by the page are read by scans, unless "by_page".  Returns what stands against
 * it, a sentence, or NULL.
 */
extern const char *kg_node_lookup_open(const KgAdjacency *adj, bool by_page,
									   KgNodeLookup **opened);

/*
 * Which of the nodes, ascending and distinct, are in these tables?  Sets found[i]
 * for each that is, and leaves the others.
 */
extern void kg_node_lookup_find(KgNodeLookup *lookup, const int64 *nodes, Size n, bool *found);

/*
 * Which of n nodes of the table at the targets of edges, or at their sources, are
 * there as this backend remembers?  Of the others nothing is known.
 */
extern void kg_node_lookup_cached(KgNodeLookup *lookup, bool targets, const int64 *nodes, int n,
								  bool *there);

/* As kg_adjacency_existing, for nodes of these tables. */
extern Size kg_node_lookup_existing(KgNodeLookup *lookup, int64 *nodes, Size n);

/* Room for a page's edges (leaf_scan.h) that is not in use during lookups. */
extern void kg_node_lookup_share(KgNodeLookup *lookup, KgEdge *edges);
extern void kg_node_lookup_close(KgNodeLookup *lookup);

#endif							/* KG_GRAPH_NODE_LOOKUP_H */
