/*
 * key_columns.h
 *	  Keys of several columns as readers see them: values of integers, uuids and
 *	  texts.  In the dictionary they are what queries make of them, an array of
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

/* Its columns may be needed for something else too, or be no keys of the index. */
extern void kg_key_locate(KgKeyColumns *key, Relation heap, Relation index,
						  const KgKeyAttrs *attrs);

/* Is any of them null? */
extern bool kg_key_is_null(const KgKeyColumns *key, IndexTuple itup);

/*
 * Copies the columns, none of which is null, so that they outlive the tuple;
 * returns how many bytes that took, no more than KG_KEY_COPY times those of a
 * tuple.  Runs while a page is locked.
 */
extern Size kg_key_copy(const KgKeyColumns *key, IndexTuple itup, TupleDesc desc, char *copy);
#define KG_KEY_COPY 4

/* The values in such a copy, which they point into. */
extern void kg_key_copied(const KgKeyColumns *key, const char *copy, Datum *values);

/*
 * Appends the key of these values, of the types of the node table's or of such
 * as are equal to them, as kg_key_sql (key_sql.h) has it.  Integers are bigint.
 */
extern void kg_append_key(StringInfo json, const KgNodeTable *nodes, const Datum *values);

/* The values of a key of the dictionary, palloc'd where they are no integers. */
extern void kg_key_values(const KgNodeTable *nodes, Datum key, Datum *values);

#endif							/* KG_GRAPH_KEY_COLUMNS_H */
