/*
 * key_sql.h
 *	  Keys of nodes in queries, and keys that only queries read.
 *
 * A key is one column or several, as the catalogue has them: "id", or in
 * parentheses "(tenant, id)".  Integers, uuids and texts are what readers know.
 * Keys of several columns, an array of JSON, and those of some other types are
 * texts outside of the tables ("by_sql").
 */
#ifndef KG_GRAPH_KEY_SQL_H
#define KG_GRAPH_KEY_SQL_H

#include "postgres.h"
#include "utils/relcache.h"

#include "graph/catalog/graph.h"

/* The names of the columns, palloc'd (char *). */
extern List *kg_key_columns(const char *key);

/* Is it a type of keys that only queries read, as texts? */
extern bool kg_is_key_by_sql(Oid type);

/*
 * The key of a row of this alias as an expression of kg_key_type.  "key" names
 * the columns there, which refer to those of the node table.
 */
extern char *kg_key_sql(const KgNodeTable *nodes, const char *alias, const char *key);

/* A condition: that key is among the array of kg_key_array_type in $1. */
extern char *kg_key_among_sql(const KgNodeTable *nodes, const char *alias, const char *key);

/* A condition: that key is this expression of kg_key_type. */
extern char *kg_key_is_sql(const KgNodeTable *nodes, const char *alias, const char *key,
						   const char *expression);

/* A condition: none of that key's columns is null. */
extern char *kg_key_not_null_sql(const char *alias, const char *key);

/* A condition: those two keys are the same. */
extern char *kg_keys_equal_sql(const char *alias, const char *key,
							   const char *other_alias, const char *other_key);

/*
 * A key by SQL that a user has written, in the form that kg_key_sql gives;
 * NULL if it cannot be one.  Errors are those of the types.
 */
extern char *kg_key_canonical(const KgNodeTable *nodes, const char *key);

#endif							/* KG_GRAPH_KEY_SQL_H */
