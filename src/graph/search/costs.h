/*
 * costs.h
 *	  Dijkstra's search from both ends.
 */
#ifndef KG_GRAPH_COSTS_H
#define KG_GRAPH_COSTS_H

#include "graph/search/path.h"

/*
 * A path of the least sum of weights, palloc'd, or NULL if there is none; and
 * all of them, each given to "put".  What the search holds meanwhile comes out
 * of search->memory.
 */
extern KgPath *kg_least_cost(KgPathSearch *search);
extern void kg_all_least_cost(KgPathSearch *search, KgPutPath put, void *arg);

#endif							/* KG_GRAPH_COSTS_H */
