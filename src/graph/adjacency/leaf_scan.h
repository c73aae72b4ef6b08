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
 * Opens the best index for edges of this direction.  With "covering", edges
 * will be complete and have passed the query's types and time, but for the time
 * of recording if no index has it; else only "from" and "row" are filled in.
 * "edges" has the capacity of a page, and several scans may use it in turn.
 *
 * Returns a sentence that says why no index can serve, or NULL.
 */
extern const char *kg_leaf_scan_open_edges(const KgAdjacency *adj, bool outgoing, bool covering,
										   KgEdge *edges, KgLeafScan **opened);

/*
 * The same for nodes, of the table at the sources of edges or at their
 * targets.  Each "edge" is "from" a node that exists; the scan allocates its
 * own array.
 */
extern const char *kg_leaf_scan_open_nodes(const KgAdjacency *adj, bool targets,
										   KgLeafScan **opened);

/*
 * Nodes are ascending and distinct; nodes of other tables are passed over.  If
 * "visited" is not NULL, edges to nodes in it are dropped, unless the scan
 * does not know the other ends.
 */
extern void kg_leaf_scan_begin(KgLeafScan *scan, const int64 *nodes, Size n,
							   const KgNodeSet *visited);
extern KgEdge *kg_leaf_scan_next(KgLeafScan *scan, int *n);
extern void kg_leaf_scan_end(KgLeafScan *scan);
extern void kg_leaf_scan_close(KgLeafScan *scan);

/*
 * Gives the scan an array for the edges of a page, instead of the present one.
 */
extern void kg_leaf_scan_share(KgLeafScan *scan, KgEdge *edges);

/* Does the index of edges tell when they were recorded? */
extern bool kg_leaf_scan_tells_recorded(const KgLeafScan *scan);

extern Relation kg_leaf_scan_index(const KgLeafScan *scan);

#endif							/* KG_GRAPH_LEAF_SCAN_H */
