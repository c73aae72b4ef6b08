/*
 * calibrate.c
 *	  kg.calibrate: measures the effort that each recall takes.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "admin/index_open.h"
#include "ann/core/calibrate.h"
#include "ann/core/column.h"
#include "ann/core/index_cache.h"
#include "pg/compat.h"
#include "types/type_oid.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_calibrate_index);

/* The vectors of an array, its NULLs left out. */
static KgGivenQueries
read_queries(Relation rel, ArrayType *array, int dims)
{
	const KgColumn *column = kg_column_get(rel);
	Oid			type = TupleDescAttr(RelationGetDescr(rel), 0)->atttypid;
	Oid			stored;
	KgGivenQueries given = {0};
	int16		length;
	bool		by_value;
	char		alignment;
	Datum	   *values;
	bool	   *nulls;
	int			count;

	/* Of many vectors a row, each is searched for by itself. */
	if (column->vectors)
		type = get_element_type(rel->rd_opcintype[0]);
	stored = kg_stored_type(type);

	/* kg's vectors and pgvector's are stored alike */
	if (ARR_ELEMTYPE(array) != type &&
		(!OidIsValid(stored) || kg_stored_type(ARR_ELEMTYPE(array)) != stored))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("queries are of type %s, but index \"%s\" is of type %s",
						format_type_be(ARR_ELEMTYPE(array)),
						RelationGetRelationName(rel), format_type_be(type))));
	type = ARR_ELEMTYPE(array);
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(array, type, length, by_value, alignment, &values, &nulls,
					  &count);
	given.vectors = palloc(sizeof(void *) * Max(count, 1));
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			given.vectors[given.count++] = kg_column_elements(column, values[i],
															  dims);
	if (given.count < KG_CALIBRATE_LEAST_QUERIES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("kg.calibrate needs at least %d queries, but got %d",
						KG_CALIBRATE_LEAST_QUERIES, given.count)));
	return given;
}

/* An index that is not there is kg_admin_index_open()'s to report. */
static void
check_owner(Oid index)
{
	char	   *name = get_rel_name(index);

	if (name && !kg_owns_table(index, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_INDEX, name);
}

Datum
kg_calibrate_index(PG_FUNCTION_ARGS)
{
	Relation	rel;
	KgStore		store;
	KgIndex    *index;
	KgGivenQueries given = {0};
	bool		has_queries = PG_NARGS() > 1;
	bool		done;

	PreventCommandDuringRecovery("kg.calibrate()");
	PreventCommandIfReadOnly("kg.calibrate()");

	/* before the lock, which others would wait for */
	check_owner(PG_GETARG_OID(0));
	rel = kg_admin_index_open(PG_GETARG_OID(0), ShareUpdateExclusiveLock);
	if (has_queries)
	{
		int			dims = kg_index_open(rel, &store)->layout.dims;

		/* This may open a TOAST table: the index is opened again. */
		given = read_queries(rel, PG_GETARG_ARRAYTYPE_P(1), dims);
	}
	(void) kg_index_open(rel, &store);
	index = kg_index_load(&store, CurrentMemoryContext, false);
	done = kg_calibrate(&store, index, has_queries ? &given : NULL,
						(Size) maintenance_work_mem * 1024);
	relation_close(rel, NoLock);

	/* a transaction without an XID would not wait for the disk */
	if (done)
		ForceSyncCommit();
	PG_RETURN_BOOL(done);
}
