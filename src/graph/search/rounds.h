/*
 * rounds.h
 *	  Bellman and Ford's search: least weights among paths of max_depth edges.
 */
#ifndef KG_GRAPH_ROUNDS_H
#define KG_GRAPH_ROUNDS_H

#include "graph/search/path.h"

/*
 * As kg_least_cost and kg_all_least_cost (costs.h), among paths of at most
 * search->max_depth edges.
 */
extern KgPath *kg_least_cost_within(KgPathSearch *search);
extern void kg_all_least_cost_within(KgPathSearch *search, KgPutPath put,
									 void *arg);

#endif							/* KG_GRAPH_ROUNDS_H */
