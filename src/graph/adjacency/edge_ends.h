/*
 * far_ends.h
 *	  Drops edges whose far end is not there, on their way to a sink.
 *
 *		go_on = read(..., kg_far_ends_begin(ends, sink));
 *		return kg_far_ends_end(ends, go_on);
 */
#ifndef KG_GRAPH_FAR_ENDS_H
#define KG_GRAPH_FAR_ENDS_H

#include "postgres.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/node_lookup.h"

typedef struct KgFarEnds KgFarEnds;

/*
 * Edges are kept back until there are many, so that their far ends are looked
 * up together.  NULL if foreign keys say that all are there: then the other
 * functions do nothing.
 */
extern KgFarEnds *kg_far_ends_open(KgAdjacency *adj, KgNodeLookup *nodes);
extern KgEdgeSink *kg_far_ends_begin(KgFarEnds *ends, KgEdgeSink *sink);

/* Gives the sink the rest, if it is to go on; false if it had enough. */
extern bool kg_far_ends_end(KgFarEnds *ends, bool go_on);
extern void kg_far_ends_close(KgFarEnds *ends);

#endif							/* KG_GRAPH_FAR_ENDS_H */
