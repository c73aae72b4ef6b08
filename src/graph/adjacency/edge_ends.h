/*
 * edge_ends.h
 *	  Drops edges whose other end does not exist, on their way to a sink.
 *
 *		go_on = read(..., kg_edge_ends_begin(ends, sink));
 *		return kg_edge_ends_end(ends, go_on);
 */
#ifndef KG_GRAPH_EDGE_ENDS_H
#define KG_GRAPH_EDGE_ENDS_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/node_lookup.h"

typedef struct KgEdgeEnds KgEdgeEnds;

/*
 * Edges are kept back until there are many, so that their other ends are
 * looked up together.  NULL if foreign keys ensure that all other ends exist:
 * then the other functions do nothing.
 */
extern KgEdgeEnds *kg_edge_ends_open(KgAdjacency *adj, KgNodeLookup *nodes);
extern KgEdgeSink *kg_edge_ends_begin(KgEdgeEnds *ends, KgEdgeSink *sink);

/* If go_on, gives the kept edges to the sink; false if it had enough. */
extern bool kg_edge_ends_end(KgEdgeEnds *ends, bool go_on);
extern void kg_edge_ends_close(KgEdgeEnds *ends);

#endif							/* KG_GRAPH_EDGE_ENDS_H */
