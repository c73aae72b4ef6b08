/*
 * node_cache.h
 *	  Nodes that this backend has found on all-visible pages of their table.
 *
 * What is remembered outlives the search, and the transaction; whether it is
 * still so is asked of the visibility map (see node_cache.c).
 */
#ifndef KG_GRAPH_NODE_CACHE_H
#define KG_GRAPH_NODE_CACHE_H

#include "postgres.h"
#include "storage/block.h"
#include "utils/relcache.h"

#include "graph/catalog/graph.h"

/* Of one node table, for a search with one snapshot. */
typedef struct KgNodeCache KgNodeCache;

/*
 * Nodes of the graph's node table number "table", "heap" with this key.  To be
 * opened when the search has its snapshot.
 */
extern KgNodeCache *kg_node_cache_open(const KgGraph *graph, int table, Relation heap,
									   const KgKeyAttrs *key);

/*
 * Sets there[i] for each of n nodes of the table that is known to be there and
 * visible; of the others it is not known.
 */
extern void kg_node_cache_find(KgNodeCache *cache, const int64 *nodes, int n, bool *there);

/* The row of the node, which the snapshot sees, is in this block. */
extern void kg_node_cache_add(KgNodeCache *cache, int64 node, BlockNumber block);
extern void kg_node_cache_close(KgNodeCache *cache);

#endif							/* KG_GRAPH_NODE_CACHE_H */
