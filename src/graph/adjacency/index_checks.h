/*
 * index_checks.h
 *	  May a traversal read the tables of a graph through indexes, and which?
 */
#ifndef KG_GRAPH_INDEX_CHECKS_H
#define KG_GRAPH_INDEX_CHECKS_H

#include "postgres.h"
#include "access/skey.h"
#include "utils/relcache.h"

#include "graph/adjacency/adjacency.h"

/* Says why this table cannot be read without a query: a sentence, or NULL. */
extern const char *kg_table_problem(Relation rel);

/*
 * Is every source, or target, the key of an entity, or null in part?  Then an
 * edge that is visible has visible ends in any snapshot, and these need not be
 * looked up.  A foreign key ensures it, or whoever registered the graph says
 * so.
 */
extern bool kg_references_entities(const KgAdjacency *adj, bool at_target);

/* The same, if a column that a search needs is virtual: queries compute it. */
extern const char *kg_virtual_problem(const KgAdjacency *adj);

/* The same, if ends of relations or ids of entities are no keys of nodes. */
extern const char *kg_ends_problem(const KgAdjacency *adj);

/* A scan key for nodes' keys (kg_keys_datum) in an index's first column. */
extern void kg_index_key_init(Relation index, ScanKey key);

/*
 * A sentence that says why the current user cannot read these columns of the
 * graph without a query, or NULL.
 */
extern const char *kg_index_problem(const KgAdjacency *adj);

/*
 * All columns of an edge that a search needs beside the end that it comes
 * from; some may be 0.  Returns their number.
 */
#define KG_NEEDED_COLUMNS (INDEX_MAX_KEYS + 7)
extern int	kg_needed_columns(const KgEdgeColumns *columns, const KgKeyAttrs *far,
							  AttrNumber *needed);

/* The names of a key's columns, for messages. */
extern char *kg_key_names(Relation rel, const KgKeyAttrs *key);

/*
 * Opens the best b-tree of the table that starts with the columns of "key",
 * the key of a node, in any order, and can return all "needed" columns (0: not
 * needed).  Best is one whose second key is the column "second", of type
 * integer, unless that is 0; then the smallest.  NULL if none can be used with
 * the active snapshot.
 */
extern Relation kg_find_index(Relation heap, const KgKeyAttrs *key, AttrNumber second,
							  const AttrNumber *needed, int nneeded);

/*
 * Why kg_find_index finds nothing: a sentence that names the columns that the
 * nearest index lacks, if there is one.
 */
extern const char *kg_no_index(Relation heap, const KgKeyAttrs *key,
							   const AttrNumber *needed, int nneeded);

/* Is this column, of type integer, the second key of the index? */
extern bool kg_index_has_second_key(Relation heap, Relation index, AttrNumber second);

#endif							/* KG_GRAPH_INDEX_CHECKS_H */
