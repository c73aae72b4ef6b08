/*
 * columns.h
 *	  Reads the columns that searches need, from rows and from index tuples:
 *	  integers of any width, weights and times of any type.
 */
#ifndef KG_GRAPH_COLUMNS_H
#define KG_GRAPH_COLUMNS_H

#include "postgres.h"
#include "access/itup.h"
#include "access/tupdesc.h"
#include "datatype/timestamp.h"
#include "utils/relcache.h"

#include "pg/btree.h"
#include "pg/compat.h"

/* The type of a column below domains; InvalidOid for column 0. */
extern Oid	kg_column_type(Relation rel, AttrNumber attno);

extern bool kg_is_integer(Oid type);

/* A value of one of the integer types. */
extern int64 kg_integer(Datum value, Oid type);

/* Can values of this type be weights? */
extern bool kg_is_weight(Oid type);

/* A weight; a numeric out of the range of float8 becomes infinite or 0. */
extern float8 kg_weight(Datum value, Oid type);

/* Can values of this type be the bounds of an edge's validity? */
extern bool kg_is_time(Oid type);

/* The timestamptz as which SQL compares a date or a timestamp with another. */
extern TimestampTz kg_time(Datum value, Oid type);

/*
 * An id of relation_type; an error if it is out of the range of int4, since a
 * user may have made the column wider than kg.create_graph did.
 */
extern int32 kg_type_number(int64 value);

/* A column of the table as it lies in an index. */
typedef struct KgIndexColumn
{
	AttrNumber	attno;			/* in the index; 0: not needed */
	bool		nullable;		/* may the column be null? */
	int			width;			/* of an integer that has the same offset in
								 * all tuples, in bytes; else 0 */
	int			usual_width;	/* of an integer that has the same offset in
								 * all tuples without nulls; else 0 */
	int			offset;			/* in the tuple's data, in bytes, if one of
								 * the widths is not 0 */
	Oid			type;
} KgIndexColumn;

/*
 * Where a column of the table (0: not needed) lies in the tuples of an index
 * that returns it.  The offset is fixed if all columns up to it are of fixed
 * width and never null; index_getattr would find that out for each tuple.
 */
extern KgIndexColumn kg_index_locate(Relation heap, Relation index, AttrNumber attno);

/* The number of a column in an index; 0 if the index cannot return it. */
extern AttrNumber kg_index_column(Relation index, AttrNumber attno);

/* The value of a column of integers that is not null. */
static inline int64
kg_index_integer(IndexTuple itup, TupleDesc desc, const KgIndexColumn *column)
{
	if (likely(column->width != 0))
		return kg_integer_at(kg_index_data(itup) + column->offset, column->width);
	if (column->usual_width != 0 && !IndexTupleHasNulls(itup))
		return kg_integer_at(kg_index_data(itup) + column->offset, column->usual_width);
	return kg_integer(kg_index_value(itup, desc, column->attno), column->type);
}

/*
 * Is the time in [from, to)?  A bound that is null, or whose column is not
 * needed, does not count.
 */
extern bool kg_index_is_valid(IndexTuple itup, TupleDesc desc, const KgIndexColumn *from,
							  const KgIndexColumn *to, TimestampTz as_of);

#endif							/* KG_GRAPH_COLUMNS_H */
