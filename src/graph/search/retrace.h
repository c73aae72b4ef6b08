/*
 * retrace.h
 *	  Edges of paths, for searches that keep only nodes and their costs.
 */
#ifndef KG_GRAPH_RETRACE_H
#define KG_GRAPH_RETRACE_H

#include "graph/search/depth_first.h"
#include "graph/search/path.h"

/*
 * Fills in the steps of a path whose nodes are known, from position first + 1
 * to position last: for each two adjacent nodes it reads an edge of least
 * weight.  If "forward" it expands the first node of each two, else the
 * second.
 */
extern void kg_read_steps(KgPathSearch *search, KgPath *path, int first,
						  int last, bool forward);

/*
 * Searches depth-first from this target back to the sources, along the edges
 * that are wanted ("state" is for "wanted"), and gives each path to "put".
 * Returns false when "put" does.
 */
extern bool kg_paths_back(KgPathSearch *search, int64 target,
						  KgDepthFirstWanted wanted, void *state,
						  KgPutPath put, void *arg);

#endif							/* KG_GRAPH_RETRACE_H */
