/*
 * columns.c
 *	  Reads the columns that searches need, from rows and from index tuples:
 *	  integers of any width, weights and times of any type.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/transam.h"
#include "access/tupmacs.h"
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "graph/catalog/columns.h"
#include "pg/compat.h"

Oid
kg_column_type(Relation rel, AttrNumber attno)
{
	Oid			type;

	if (attno == 0)
		return InvalidOid;
	type = TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid;
	return type < FirstNormalObjectId ? type : getBaseType(type);
}

bool
kg_is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

int64
kg_integer(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

bool
kg_is_weight(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID || type == NUMERICOID || kg_is_integer(type);
}

float8
kg_weight(Datum value, Oid type)
{
	switch (type)
	{
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case NUMERICOID:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
		default:
			return (float8) kg_integer(value, type);
	}
}

bool
kg_is_time(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

TimestampTz
kg_time(Datum value, Oid type)
{
	TimestampTz time;

	/* Times out of range become infinite, and still compare correctly. */
	if (type == DATEOID)
		kg_convert_time(date2timestamptz, DatumGetDateADT(value), &time);
	else if (type == TIMESTAMPOID)
		kg_convert_time(timestamp2timestamptz, DatumGetTimestamp(value), &time);
	else
		time = DatumGetTimestampTz(value);
	return time;
}

int32
kg_type_number(int64 value)
{
	return DatumGetInt32(DirectFunctionCall1(int84, Int64GetDatum(value)));
}

AttrNumber
kg_index_column(Relation index, AttrNumber attno)
{
	for (int i = 0; i < index->rd_index->indnatts; i++)
	{
		if (index->rd_index->indkey.values[i] == attno && index_can_return(index, i + 1))
			return i + 1;
	}
	return 0;
}

KgIndexColumn
kg_index_locate(Relation heap, Relation index, AttrNumber attno)
{
	TupleDesc	desc = RelationGetDescr(index);
	KgIndexColumn column = {0};
	bool		nulls = false;

	if (attno == 0)
		return column;
	column.attno = kg_index_column(index, attno);
	column.type = kg_column_type(heap, attno);
	column.nullable = !kg_never_null(RelationGetDescr(heap), attno - 1);
	for (int i = 0; i < column.attno; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		AttrNumber	heap_attno = index->rd_index->indkey.values[i];

		if (att->attlen <= 0)
			return column;
		nulls |= heap_attno <= 0 || !kg_never_null(RelationGetDescr(heap), heap_attno - 1);
		column.offset = att_align_nominal(column.offset, att->attalign);
		if (i + 1 < column.attno)
			column.offset += att->attlen;
	}
	if (kg_is_integer(column.type))
		column.usual_width = TupleDescAttr(desc, column.attno - 1)->attlen;
	if (!nulls)
		column.width = column.usual_width;
	return column;
}

bool
kg_index_is_valid(IndexTuple itup, TupleDesc desc, const KgIndexColumn *from,
				  const KgIndexColumn *to, TimestampTz as_of)
{
	bool		isnull;
	Datum		value;

	if (from->attno != 0)
	{
		value = index_getattr(itup, from->attno, desc, &isnull);
		if (!isnull && as_of < kg_time(value, from->type))
			return false;
	}
	if (to->attno == 0)
		return true;
	value = index_getattr(itup, to->attno, desc, &isnull);
	return isnull || as_of < kg_time(value, to->type);
}
