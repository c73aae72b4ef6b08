/*
 * costs.h
 *	  Dijkstra's algorithm from both ends.
 */
#ifndef KG_GRAPH_COSTS_H
#define KG_GRAPH_COSTS_H

#include "graph/search/path.h"

/*
 * A path of the least sum of weights, palloc'd; NULL if there is none.  Memory
 * of the search comes out of search->memory.
 */
extern KgPath *kg_least_cost(KgPathSearch *search);

/* Gives all such paths to "put". */
extern void kg_all_least_cost(KgPathSearch *search, KgPutPath put, void *arg);

#endif							/* KG_GRAPH_COSTS_H */
