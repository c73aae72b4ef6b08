/*
 * columns.h
 *	  Values of the columns that searches need: integers of any width, numbers
 *	  of any type as weights; in rows, and in the tuples of indexes.
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

/* Can its values be weights? */
extern bool kg_is_weight(Oid type);

/* As a cast to real in SQL would do, overflow is an error. */
extern float8 kg_weight(Datum value, Oid type);

/* Can its values bound a relation's validity? */
extern bool kg_is_time(Oid type);

/* What a date or a timestamp is compared as with a timestamptz. */
extern TimestampTz kg_time(Datum value, Oid type);

/*
 * An id of relation_type, whose column may be wider than that of kg.create_graph;
 * what is no integer is an error.
 */
extern int32 kg_type_number(int64 value);

/* A column of the table as it lies in an index. */
typedef struct KgIndexColumn
{
	AttrNumber	attno;			/* in the index; 0: not needed */
	bool		nullable;		/* itself */
	int			width;			/* of an integer at the same place in all
								 * tuples; else 0 */
	int			usual_width;	/* of an integer at the same place in those
								 * without nulls; else 0 */
	int			offset;			/* in the tuple's data, if one of these is not
								 * 0 */
	Oid			type;
} KgIndexColumn;

/*
 * Where a column of the table (0: not needed) lies in the tuples of an index
 * that returns it.  The offset is fixed if all columns up to it are of fixed
 * width and never null; index_getattr would find that out for each tuple.
 */
extern KgIndexColumn kg_index_locate(Relation heap, Relation index, AttrNumber attno);

/* Position of a column in an index, 0 if it is not there or not returned. */
extern AttrNumber kg_index_column(Relation index, AttrNumber attno);

/* A column of integers that is not null. */
static inline int64
kg_index_integer(IndexTuple itup, TupleDesc desc, const KgIndexColumn *column)
{
	if (likely(column->width != 0))
		return kg_integer_at(kg_index_data(itup) + column->offset, column->width);
	if (column->usual_width != 0 && !IndexTupleHasNulls(itup))
		return kg_integer_at(kg_index_data(itup) + column->offset, column->usual_width);
	return kg_integer(kg_index_value(itup, desc, column->attno), column->type);
}

/* Is the time within these bounds, of which either may not be needed, or null? */
extern bool kg_index_is_valid(IndexTuple itup, TupleDesc desc, const KgIndexColumn *from,
							  const KgIndexColumn *to, TimestampTz as_of);

#endif							/* KG_GRAPH_COLUMNS_H */
