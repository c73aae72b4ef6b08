/*
 * notices.h
 *	  Notices about nodes and relation types that a caller has named but that
 *	  do not exist.  They change no result.
 */
#ifndef KG_GRAPH_NOTICES_H
#define KG_GRAPH_NOTICES_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"

/*
 * A notice that "missing" of n nodes do not exist; "node" is one of them, or
 * NULL if none is known (only if n > 1).
 */
extern void kg_notice_missing(const KgGraph *graph, const int64 *node,
							  Size missing, Size n);

/*
 * kg_adjacency_existing for nodes that the caller has named, with a notice if
 * some do not exist.
 */
extern Size kg_existing_or_notice(KgAdjacency *adj, int64 *nodes, Size n);

/*
 * A notice for each of these names that no relation type has, with the nearest
 * names of types.  There is no notice where a row security policy applies or a
 * look at all names would take long.
 */
extern void kg_notice_unknown_types(const KgGraph *graph, char **names, int n);

#endif							/* KG_GRAPH_NOTICES_H */
