/*
 * last_scan.c
 *	  kg.last_scan: counters of this session's last index scan.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/index.h"
#include "catalog/pg_authid_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "admin/sees_all_rows.h"
#include "ann/scan/scan_state.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_last_scan_counters);

#define LAST_SCAN_COLUMNS 11

/*
 * Counters tell of all nodes of an index.  The scan may have been that of
 * another role (SET ROLE, a view, SECURITY DEFINER), and rows that policies
 * hide are in the index, too.
 */
static bool
may_see_counters(Oid index)
{
	Oid			table;

	if (!OidIsValid(index))
		return false;
	if (has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS))
		return true;
	table = IndexGetRelation(index, true);
	return OidIsValid(table) && kg_sees_all_rows(table);
}

Datum
kg_last_scan_counters(PG_FUNCTION_ARGS)
{
	const KgScanCounters *last = &kg_last_scan;
	TupleDesc	desc;
	Datum		values[LAST_SCAN_COLUMNS];
	bool		nulls[LAST_SCAN_COLUMNS] = {0};
	int			i = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	values[i++] = ObjectIdGetDatum(last->index);
	values[i++] = Int64GetDatum(last->scans);
	values[i++] = Int64GetDatum(last->batches);
	values[i++] = Int64GetDatum(last->hops);
	values[i++] = Int64GetDatum(last->pages);
	values[i++] = Int64GetDatum(last->reranked);
	values[i++] = Int64GetDatum(last->rows);
	values[i++] = Int64GetDatum(last->late);
	values[i++] = Int64GetDatum(last->swept);
	values[i++] = Int64GetDatum(last->pending);
	values[i++] = BoolGetDatum(last->cut_short);
	Assert(i == LAST_SCAN_COLUMNS);
	if (!may_see_counters(last->index))
		memset(nulls, true, sizeof(nulls));
	nulls[0] = !OidIsValid(last->index);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
