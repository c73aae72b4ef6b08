/*
 * filter.h
 *	  Conditions on relations that callers write in SQL.
 */
#ifndef KG_GRAPH_FILTER_H
#define KG_GRAPH_FILTER_H

#include "postgres.h"

/*
 * An error unless the text is one complete expression of SQL, which therefore
 * means the same between parentheses.  Parameters are an error too.  Names and
 * types are checked later, when the query is made.
 */
extern void kg_check_filter(const char *filter);

/*
 * Does the expression use the alias s or t, the entities at a relation's source
 * and target?  "filter" has passed kg_check_filter.
 */
extern bool kg_filter_names_entities(const char *filter);

/*
 * An error if a query that ends with a filter calls a volatile function or,
 * in a parallel worker, one that is not parallel safe.  Searches may read a
 * relation several times, and from both ends: it must pass each time or
 * never.
 */
extern void kg_check_filter_query(const char *sql, const char *filter,
								  const Oid *argtypes, int nargs);

#endif							/* KG_GRAPH_FILTER_H */
