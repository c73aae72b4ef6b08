/*
 * key_columns.h
 *	  Keys of several columns, from rows and index tuples: integers, uuids and
 *	  texts.  The dictionary has such a key as queries have it, as an array of
 *	  JSON.
 */
#ifndef KG_GRAPH_KEY_COLUMNS_H
#define KG_GRAPH_KEY_COLUMNS_H

#include "postgres.h"
#include "access/itup.h"
#include "access/tupdesc.h"
#include "lib/stringinfo.h"

#include "graph/catalog/columns.h"
#include "graph/catalog/graph.h"

/* The columns of a key in an index, in the order of the key. */
typedef struct KgKeyColumns
{
	int			n;
	KgIndexColumn columns[INDEX_MAX_KEYS];
} KgKeyColumns;

/*
 * Finds the columns of a key among those of an index: its key columns or the
 * included ones.  A column may be part of several keys.
 */
extern void kg_key_locate(KgKeyColumns *key, Relation heap, Relation index,
						  const KgKeyAttrs *attrs);

/* Is any column of the key null? */
extern bool kg_key_is_null(const KgKeyColumns *key, IndexTuple itup);

/*
 * Copies the columns of a key, none of which is null, out of a tuple of a
 * locked page.  Returns the length of the copy in bytes: at most KG_KEY_COPY
 * times that of the tuple.
 */
extern Size kg_key_copy(const KgKeyColumns *key, IndexTuple itup, TupleDesc desc, char *copy);
#define KG_KEY_COPY 4

/* The values in such a copy; they point into it. */
extern void kg_key_copied(const KgKeyColumns *key, const char *copy, Datum *values);

/*
 * Appends the key with these values, in the form of kg_key_sql (key_sql.h).
 * The values are of the types of the node table's key, or of types that can
 * be equal to them; integers are given as bigint.
 */
extern void kg_append_key(StringInfo json, const KgNodeTable *nodes, const Datum *values);

/*
 * The values of a key that is in the dictionary; uuids and texts are
 * palloc'd.
 */
extern void kg_key_values(const KgNodeTable *nodes, Datum key, Datum *values);

#endif							/* KG_GRAPH_KEY_COLUMNS_H */
