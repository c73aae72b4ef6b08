/*
 * index_checks.h
 *	  May a traversal read the tables of a graph through indexes, and which?
 */
#ifndef KG_GRAPH_INDEX_CHECKS_H
#define KG_GRAPH_INDEX_CHECKS_H

#include "postgres.h"
#include "access/skey.h"
#include "utils/relcache.h"

#include "graph/adjacency.h"

/* What stands against reading this table without a query: a sentence, or NULL. */
extern const char *kg_table_problem(Relation rel);

/*
 * Is every value of this column, source or target, the id of an entity or null?  Then an edge
 * that is visible has visible ends, in any snapshot, and entities need no look.  It is so by a
 * foreign key, or because whoever registered the graph says so.
 */
extern bool kg_references_entities(const KgAdjacency *adj, AttrNumber attno);

/* The same if the ends of relations or the ids of entities are no keys of nodes. */
extern const char *kg_ends_problem(const KgAdjacency *adj);

/* A scan key for nodes' keys (kg_keys_datum) in the first column of an index that was found. */
extern void kg_index_key_init(Relation index, ScanKey key);

/*
 * What stands against reading this graph without a query, for the current
 * user and these columns: a sentence, or NULL.
 */
extern const char *kg_index_problem(const KgAdjacency *adj);

/*
 * Opens the best b-tree of the table for lookups by the column "lead", the key
 * of a node, that can return all "needed" columns (0: not needed):
 * one whose second key is the column "second", of type integer, if that is not
 * 0, or else the smallest.  NULL if there is none that may be used with the
 * active snapshot.
 */
extern Relation kg_find_index(Relation heap, AttrNumber lead, AttrNumber second,
							  const AttrNumber *needed, int nneeded);

/* Is this column, of type integer, the second key of the index? */
extern bool kg_index_has_second_key(Relation heap, Relation index, AttrNumber second);

#endif							/* KG_GRAPH_INDEX_CHECKS_H */
