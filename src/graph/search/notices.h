/*
 * notices.h
 *	  What a caller has named that is not there: answers are as for any other
 *	  name, but a notice tells.
 */
#ifndef KG_GRAPH_NOTICES_H
#define KG_GRAPH_NOTICES_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"

/*
 * The notice that so many of n nodes are not there, such as this one.  If n is
 * more than 1, the node may be NULL.
 */
extern void kg_notice_missing(const KgGraph *graph, const int64 *node, Size missing, Size n);

/*
 * kg_adjacency_existing, for nodes that the caller has named: a notice tells
 * when some are not there.
 */
extern Size kg_existing_or_notice(KgAdjacency *adj, int64 *nodes, Size n);

/*
 * A notice for each of these names of relation types that is none, with the
 * nearest that are.  Where a policy applies, or looking would take long, there
 * is none.
 */
extern void kg_notice_unknown_types(const KgGraph *graph, char **names, int n);

#endif							/* KG_GRAPH_NOTICES_H */
