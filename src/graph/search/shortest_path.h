/*
 * shortest_path.h
 *	  A shortest path, by the search that suits the arguments.
 */
#ifndef KG_GRAPH_SHORTEST_PATH_H
#define KG_GRAPH_SHORTEST_PATH_H

#include "graph/search/path.h"

/*
 * A path of the fewest edges or, in a weighted search, of the least sum of
 * weights; palloc'd, NULL if there is none.
 */
extern KgPath *kg_find_path(KgPathSearch *search);

#endif							/* KG_GRAPH_SHORTEST_PATH_H */
