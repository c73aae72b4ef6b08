/*
 * index_checks.h
 *	  May a traversal read the tables of a graph through indexes, and which?
 */
#ifndef KG_GRAPH_INDEX_CHECKS_H
#define KG_GRAPH_INDEX_CHECKS_H

#include "postgres.h"
#include "utils/relcache.h"

#include "graph/adjacency.h"

/*
 * What stands against reading this graph without a query, for the current
 * user and these columns: a sentence, or NULL.
 */
extern const char *kg_index_problem(const KgAdjacency *adj);

/*
 * Opens the best b-tree of the table for lookups by the bigint column "lead"
 * that can return all "needed" columns (0: not needed): one whose second key
 * is the integer column "second", if that is not 0, or else the smallest.
 * NULL if there is none that may be used with the active snapshot.
 */
extern Relation kg_find_index(Relation heap, AttrNumber lead, AttrNumber second,
							  const AttrNumber *needed, int nneeded);

/* Is this integer column the second key of the index? */
extern bool kg_index_has_second_key(Relation index, AttrNumber second);

/* Position of a column in an index, 0 if it is not there or not returned. */
extern AttrNumber kg_index_column(Relation index, AttrNumber attno);

#endif							/* KG_GRAPH_INDEX_CHECKS_H */
