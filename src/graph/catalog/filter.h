/*
 * filter.h
 *	  Conditions on relations that callers write in SQL.
 */
#ifndef KG_GRAPH_FILTER_H
#define KG_GRAPH_FILTER_H

#include "postgres.h"

/*
 * Errors unless the text is one expression of SQL, complete in itself: what
 * is put between parentheses then means the same there.  Parameters are an
 * error too; names and types are checked when the query is made.
 */
extern void kg_check_filter(const char *filter);

/*
 * Does the expression name something of the alias s or t, the entities at a
 * relation's source and target?  "filter" has been checked.
 */
extern bool kg_filter_names_entities(const char *filter);

/*
 * Errors if a query that ends with a filter calls a volatile function, or in a
 * parallel worker one that is not parallel safe.  Searches read relations more
 * than once and from both ends, so that a relation must either pass or not.
 */
extern void kg_check_filter_query(const char *sql, const char *filter,
								  const Oid *argtypes, int nargs);

#endif							/* KG_GRAPH_FILTER_H */
