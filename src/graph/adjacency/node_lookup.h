/*
 * node_lookup.h
 *	  Finds out which nodes exist, by the b-trees on their keys.
 */
#ifndef KG_GRAPH_NODE_LOOKUP_H
#define KG_GRAPH_NODE_LOOKUP_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"

typedef struct KgNodeLookup KgNodeLookup;

/*
 * Opens the indexes on the keys of both node tables.  Indexes whose pages
 * cannot be read are read by scans, unless "by_page".  Returns a sentence that
 * says why an index cannot serve, or NULL.
 */
extern const char *kg_node_lookup_open(const KgAdjacency *adj, bool by_page,
									   KgNodeLookup **opened);

/*
 * Which of the nodes, ascending and distinct, are in these tables?  Sets
 * found[i] for each that is, and leaves the others as they are.
 */
extern void kg_node_lookup_find(KgNodeLookup *lookup, const int64 *nodes, Size n, bool *found);

/*
 * Which of n nodes, of the table at the targets of edges or at the sources,
 * does this backend know to exist?  Nothing is known of the others.
 */
extern void kg_node_lookup_cached(KgNodeLookup *lookup, bool targets, const int64 *nodes, int n,
								  bool *there);

/* As kg_adjacency_existing, for nodes of these tables. */
extern Size kg_node_lookup_existing(KgNodeLookup *lookup, int64 *nodes, Size n);

/*
 * Gives lookups an array for a page's edges that nobody else uses meanwhile.
 */
extern void kg_node_lookup_share(KgNodeLookup *lookup, KgEdge *edges);
extern void kg_node_lookup_close(KgNodeLookup *lookup);

#endif							/* KG_GRAPH_NODE_LOOKUP_H */
