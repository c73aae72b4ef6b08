/*
 * column.h
 *	  The column of a table that an exact search reads.
 */
#ifndef KG_EXACT_COLUMN_H
#define KG_EXACT_COLUMN_H

#include "postgres.h"

/*
 * The type of a table's column, kg.vector, kg.halfvec, pgvector's of these names
 * or bit, or what a domain is over; its dimensions, or -1, into *dims.  Raises an
 * error if there is no such table, no such column, or one of another type.
 */
extern Oid	kg_exact_column(Oid relid, const char *name, int *dims);

/*
 * "SELECT tableoid, ctid, column[, key] FROM table WHERE column IS NOT NULL";
 * a column that is not stored as "type", a type as above, is cast; "key" is
 * NULL for no key.
 * Raises an error as kg_exact_column does, or if there is no column of the key.
 */
extern char *kg_exact_select(Oid relid, const char *column, Oid type,
							 const char *key);

#endif							/* KG_EXACT_COLUMN_H */
