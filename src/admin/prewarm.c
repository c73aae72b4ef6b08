/*
 * prewarm.c
 *	  kg.prewarm: loads the pages of an index that searches use most.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/index.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "admin/index_open.h"
#include "ann/core/index_cache.h"
#include "ann/core/prewarm.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_prewarm_index);

/* What is not there is kg_admin_index_open()'s to report. */
static void
check_reads_table(Oid index)
{
	Oid			table = IndexGetRelation(index, true);
	AclResult	result;

	if (!OidIsValid(table))
		return;
	result = pg_class_aclcheck(table, GetUserId(), ACL_SELECT);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, get_relkind_objtype(get_rel_relkind(table)),
					   get_rel_name(table));
}

/* Pages of which buffers hold half, at most. */
static uint64
half_of_buffers(Relation rel)
{
	return (RelationUsesLocalBuffers(rel) ? num_temp_buffers : NBuffers) / 2;
}

/* prewarm(index regclass, pages bigint) returns bigint */
Datum
kg_prewarm_index(PG_FUNCTION_ARGS)
{
	Relation	rel;
	KgStore		store;
	KgIndex    *index;
	uint64		most;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("index must not be null")));
	if (!PG_ARGISNULL(1) && PG_GETARG_INT64(1) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("pages must not be negative, but is " INT64_FORMAT,
						PG_GETARG_INT64(1))));
	check_reads_table(PG_GETARG_OID(0));
	rel = kg_admin_index_open(PG_GETARG_OID(0), AccessShareLock);
	most = PG_ARGISNULL(1) ? half_of_buffers(rel) : (uint64) PG_GETARG_INT64(1);
	(void) kg_index_open(rel, &store);
	index = kg_index_load(&store, CurrentMemoryContext, false);
	most = kg_prewarm(&store, index, most);
	relation_close(rel, AccessShareLock);
	PG_RETURN_INT64(most);
}
