/*
 * retrace.h
 *	  Paths from what searches know of nodes.
 */
#ifndef KG_GRAPH_RETRACE_H
#define KG_GRAPH_RETRACE_H

#include "graph/search/depth_first.h"
#include "graph/search/path.h"

/*
 * For searches that keep no edges: reads those between the nodes
 * from a place to another of a path, one of the least weight between each two;
 * forward, those of the first node, else those of the second are gone through.
 */
extern void kg_read_steps(KgPathSearch *search, KgPath *path, int first, int last, bool forward);

/*
 * All paths from the sources that a walk back from this target
 * comes to by edges that are wanted, with "state" for that; each goes to "put".
 * Returns false when no more are wanted.
 */
extern bool kg_paths_back(KgPathSearch *search, int64 target, KgDepthFirstWanted wanted, void *state,
						  KgPutPath put, void *arg);

#endif							/* KG_GRAPH_RETRACE_H */
