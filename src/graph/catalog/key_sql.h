/*
 * key_sql.h
 *	  Expressions and conditions on keys of nodes, for queries; keys as texts.
 *
 * A key has one column or several.  The catalogue writes them "id" or, in
 * parentheses, "(tenant, id)".  All readers know keys of one integer, uuid or
 * text.  Other keys become texts as they leave their tables
 * (KgNodeTable.by_sql): a key of several columns an array of JSON, a numeric,
 * a date and the like the text of the value.
 */
#ifndef KG_GRAPH_KEY_SQL_H
#define KG_GRAPH_KEY_SQL_H

#include "postgres.h"
#include "utils/relcache.h"

#include "graph/catalog/graph.h"

/* The names of a key's columns, palloc'd (char *). */
extern List *kg_key_columns(const char *key);

/* Are keys of this type texts outside their tables? */
extern bool kg_is_key_by_sql(Oid type);

/*
 * An expression of kg_key_type for a key in the row with this alias.  "key"
 * names its columns there: those of the node table, or of an edge's source or
 * target.
 */
extern char *kg_key_sql(const KgNodeTable *nodes, const char *alias, const char *key);

/* A condition: the key is among those in $1, of kg_key_array_type. */
extern char *kg_key_among_sql(const KgNodeTable *nodes, const char *alias, const char *key);

/* A condition: the key equals this expression of kg_key_type. */
extern char *kg_key_is_sql(const KgNodeTable *nodes, const char *alias, const char *key,
						   const char *expression);

/* A condition: none of the key's columns is null. */
extern char *kg_key_not_null_sql(const char *alias, const char *key);

/* A condition: two keys are equal. */
extern char *kg_keys_equal_sql(const char *alias, const char *key,
							   const char *other_alias, const char *other_key);

/*
 * A key that a user has written, in the form of kg_key_sql, for node tables
 * with "by_sql".  A key of several columns must be an array with a string or
 * a number for each; NULL if it is not.  Errors are those of the types' input
 * functions.
 */
extern char *kg_key_canonical(const KgNodeTable *nodes, const char *key);

#endif							/* KG_GRAPH_KEY_SQL_H */
