/*
 * node_cache.h
 *	  Nodes that this backend has found on all-visible pages of their table.
 *
 * They are remembered beyond the search and the transaction.  The visibility
 * map tells whether they are still there (see node_cache.c).
 */
#ifndef KG_GRAPH_NODE_CACHE_H
#define KG_GRAPH_NODE_CACHE_H

#include "postgres.h"
#include "storage/block.h"
#include "utils/relcache.h"

#include "graph/catalog/graph.h"

/* The cached nodes of one table, for a search with one snapshot. */
typedef struct KgNodeCache KgNodeCache;

/*
 * Opens the cache for the graph's node table number "table", whose relation is
 * "heap", with this key.  To be called after the search got its snapshot.
 * NULL if nodes of this table cannot be remembered.
 */
extern KgNodeCache *kg_node_cache_open(const KgGraph *graph, int table, Relation heap,
									   const KgKeyAttrs *key);

/*
 * For n nodes of the table: sets there[i] if the i-th node is remembered,
 * still there and visible.  Nothing is known of the others.
 */
extern void kg_node_cache_find(KgNodeCache *cache, const int64 *nodes, int n, bool *there);

/* Notes that the row of this node is in this block; the snapshot sees it. */
extern void kg_node_cache_add(KgNodeCache *cache, int64 node, BlockNumber block);
extern void kg_node_cache_close(KgNodeCache *cache);

#endif							/* KG_GRAPH_NODE_CACHE_H */
