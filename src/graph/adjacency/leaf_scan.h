/*
 * leaf_scan.h
 *	  The entries of a b-tree for given nodes, a leaf page at a time.
 *
 *		kg_leaf_scan_begin(scan, nodes, n, NULL);
 *		while ((edges = kg_leaf_scan_next(scan, &n)) != NULL)
 *			... n edges of a page, which is pinned and not locked
 *		kg_leaf_scan_end(scan);
 */
#ifndef KG_GRAPH_LEAF_SCAN_H
#define KG_GRAPH_LEAF_SCAN_H

#include "postgres.h"
#include "access/nbtree.h"

#include "graph/adjacency/leaf_copy.h"

/*
 * Opens the best index for edges of this direction.  If it is to be "covering"
 * the edges will be complete and have passed the query's types and time; else
 * only the node that they are from and their row are filled in.  "edges" has
 * room for those of a page, and may be used by several scans in turn.
 *
 * Returns what stands against it, a sentence, or NULL.
 */
extern const char *kg_leaf_scan_open_edges(const KgAdjacency *adj, bool outgoing, bool covering,
										   KgEdge *edges, KgLeafScan **opened);

/*
 * The same for nodes, of the table at the sources of edges or at their targets:
 * the "edges" are from the nodes that are there, and have room of their own.
 */
extern const char *kg_leaf_scan_open_nodes(const KgAdjacency *adj, bool targets,
										   KgLeafScan **opened);

/*
 * Nodes are ascending and distinct; those of other node tables are passed over.
 * Edges to nodes that were visited are dropped, if they are known and "visited"
 * is not NULL.
 */
extern void kg_leaf_scan_begin(KgLeafScan *scan, const int64 *nodes, Size n,
							   const KgNodeSet *visited);
extern KgEdge *kg_leaf_scan_next(KgLeafScan *scan, int *n);
extern void kg_leaf_scan_end(KgLeafScan *scan);
extern void kg_leaf_scan_close(KgLeafScan *scan);

/* Room for the edges of a page, instead of what was given or its own. */
extern void kg_leaf_scan_share(KgLeafScan *scan, KgEdge *edges);

extern Relation kg_leaf_scan_index(const KgLeafScan *scan);

#endif							/* KG_GRAPH_LEAF_SCAN_H */
