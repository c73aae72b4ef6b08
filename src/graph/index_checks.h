/*
 * index_checks.h
 *	  May a traversal read the tables of a graph through indexes, and which?
 */
#ifndef KG_GRAPH_INDEX_CHECKS_H
#define KG_GRAPH_INDEX_CHECKS_H

#include "postgres.h"
#include "utils/relcache.h"

#include "graph/adjacency.h"

/* What stands against reading this table without a query: a sentence, or NULL. */
extern const char *kg_table_problem(Relation rel);

/*
 * Is every value of this column, source or target, the id of an entity?  Then an edge that is
 * visible has visible ends, in any snapshot, and entities need no look.
 */
extern bool kg_references_entities(const KgAdjacency *adj, AttrNumber attno);

/* Is it a b-tree that holds all rows of the active snapshot? */
extern bool kg_index_is_usable(Relation index);

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

/* A column of the table as it lies in an index. */
typedef struct KgIndexColumn
{
	AttrNumber	attno;			/* in the index; 0: not needed */
	int			offset;			/* in the tuple's data, or -1: varies */
} KgIndexColumn;

/*
 * Where a column of the table (0: not needed) lies in the tuples of an index
 * that returns it.  The offset is fixed if all columns up to it are of fixed
 * width and never null; index_getattr would find that out for each tuple.
 */
extern KgIndexColumn kg_index_locate(Relation heap, Relation index, AttrNumber attno);

#endif							/* KG_GRAPH_INDEX_CHECKS_H */
