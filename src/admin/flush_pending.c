/*
 * flush_pending.c
 *	  kg.flush_pending: merges the pending rows of an index.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xlog.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "admin/index_open.h"
#include "ann/core/merge.h"
#include "pg/compat.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_flush_pending);

/* An index that is not there is kg_admin_index_open()'s to report. */
static void
check_may_maintain(Oid index)
{
	char	   *name = get_rel_name(index);
	Oid			table;

	if (name == NULL || kg_owns_table(index, GetUserId()))
		return;
	table = IndexGetRelation(index, true);
	if (OidIsValid(table) && kg_may_maintain(table, GetUserId()))
		return;
	aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_INDEX, name);
}

Datum
kg_flush_pending(PG_FUNCTION_ARGS)
{
	KgMergeRequest request = {
		.wait = true,.memory = (Size) maintenance_work_mem * 1024
	};
	KgMergeCounts counts;
	Relation	rel;
	KgStore		store;

	PreventCommandDuringRecovery("kg.flush_pending()");
	PreventCommandIfReadOnly("kg.flush_pending()");

	/* before the lock, which others would wait for */
	check_may_maintain(PG_GETARG_OID(0));
	rel = kg_admin_index_open(PG_GETARG_OID(0), RowExclusiveLock);
	kg_store_init(&store, rel, NULL);
	(void) kg_merge(&store, &request, &counts);
	relation_close(rel, RowExclusiveLock);
	PG_RETURN_INT64((int64) counts.merged);
}
