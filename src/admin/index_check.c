/*
 * index_check.c
 *	  kg.index_check: reports each broken invariant and, if it is to be thorough, what
 *	  the table has otherwise than the index, and nodes that no edges lead to.
 *
 * Inserts and VACUUM wait meanwhile (ShareLock), so pages do not change between
 * the passes; scans do not wait.  On a standby no lock keeps replay away: it has
 * to be paused.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/index.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplesort.h"
#include "utils/tuplestore.h"

#include "admin/check_rows.h"
#include "admin/index_open.h"
#include "ann/core/check.h"
#include "ann/core/column.h"
#include "ann/core/index_cache.h"
#include "pg/compat.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_index_check);

typedef struct Check
{
	ReturnSetInfo *result;
	Tuplesortstate *tids;		/* of all rows, as numbers: see add_row */
	bool		many;			/* vectors a row: it stands in many nodes */
	KgRowsCheck *rows;			/* to compare with the table's, or NULL */
} Check;

static void add_problem(void *arg, BlockNumber block, const char *format,
						va_list args) pg_attribute_printf(3, 0);
static void report(Check *check, BlockNumber block, const char *format,...)
			pg_attribute_printf(3, 4);

/* Adds a row to the result. */
static void
add_problem(void *arg, BlockNumber block, const char *format, va_list args)
{
	Check	   *check = arg;
	StringInfoData problem;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	initStringInfo(&problem);
	for (;;)
	{
		va_list		again;
		int			needed;

		va_copy(again, args);
		needed = appendStringInfoVA(&problem, format, again);
		va_end(again);
		if (needed == 0)
			break;
		enlargeStringInfo(&problem, needed);
	}
	values[0] = Int64GetDatum(block);
	values[1] = CStringGetTextDatum(problem.data);
	tuplestore_putvalues(check->result->setResult, check->result->setDesc,
						 values, nulls);
	pfree(problem.data);
}

static void
report(Check *check, BlockNumber block, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	add_problem(check, block, format, args);
	va_end(args);
}

/* A row's TID, and whether it is in a list of rows without a node. */
static void
add_row(void *arg, KgTid tid, uint32 node)
{
	Check	   *check = arg;
	ItemPointerData pointer;

	if (check->rows)
		kg_rows_check_add(check->rows, tid, node);
	tid_to_pointer(tid, &pointer);
	tuplesort_putdatum(check->tids,
					   Int64GetDatum((int64) ItemPointerGetBlockNumber(&pointer) << 17 |
									 (int64) ItemPointerGetOffsetNumber(&pointer) << 1 |
									 (node == KG_NO_NODE)),
					   false);
}

/*
 * Reports rows that the index would return more than once.  Rows of many vectors
 * may be in many nodes, but then in no list.
 */
static void
check_tids_once(Check *check)
{
	int64		last = -1;
	bool		reported = false;
	Datum		value;
	bool		isnull;

	tuplesort_performsort(check->tids);
	while (kg_tuplesort_getdatum(check->tids, &value, &isnull))
	{
		int64		tid = DatumGetInt64(value) >> 1;
		bool		listed = DatumGetInt64(value) & 1;

		CHECK_FOR_INTERRUPTS();
		if (tid != last)
			reported = false;
		else if (!reported && (listed || !check->many))
		{
			report(check, KG_META_BLOCK, "row (%u,%u) of the table is in the index more than once",
				   (BlockNumber) (tid >> 16), (OffsetNumber) (tid & 0xffff));
			reported = true;
		}
		last = tid;
	}
	tuplesort_end(check->tids);
}

/* On a standby: replay is paused, as it was when it had come to this position. */
static void
check_paused(Relation rel, XLogRecPtr position)
{
	if (GetRecoveryPauseState() == RECOVERY_PAUSED &&
		GetXLogReplayRecPtr(NULL) == position)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot check index \"%s\" while WAL is replayed",
					RelationGetRelationName(rel)),
			 errhint("Call pg_wal_replay_pause(), and wait until pg_get_wal_replay_pause_state() returns \"paused\".")));
}

/* What the table has of an index is compared with; NULL if that is dropped meanwhile. */
static Relation
open_table(Oid index)
{
	Oid			table = IndexGetRelation(index, true);

	return OidIsValid(table) ? try_table_open(table, AccessShareLock) : NULL;
}

static void
check_index(Check *check, Relation rel)
{
	KgCheckReporter reporter = {
		.report = add_problem,.row = add_row,.arg = check
	};
	KgStore		store;
	KgIndex    *index;

	(void) kg_index_open(rel, &store);
	kg_check(&store, &reporter);
	check_tids_once(check);
	if (check->rows == NULL)
		return;
	/* of its own: the relation cache may drop the other one meanwhile */
	index = kg_index_load(&store, CurrentMemoryContext, false);
	store.layout = &index->layout;
	kg_rows_check_end(check->rows, &store, index, &reporter);
}

Datum
kg_index_check(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	bool		thorough = PG_GETARG_BOOL(1);
	bool		standby = RecoveryInProgress();
	LOCKMODE	lock = standby ? AccessShareLock : ShareLock;
	Relation	heap = thorough ? open_table(relid) : NULL;
	Relation	rel = kg_admin_index_open(relid, lock);
	XLogRecPtr	position = standby ? GetXLogReplayRecPtr(NULL) : 0;
	Check	   *check = palloc0(sizeof(Check));
	int			memory = thorough ? maintenance_work_mem / 2 : maintenance_work_mem;

	if (standby)
		check_paused(rel, position);
	InitMaterializedSRF(fcinfo, 0);
	check->result = (ReturnSetInfo *) fcinfo->resultinfo;
	check->many = kg_column_get(rel)->vectors != NULL;
	check->tids = tuplesort_begin_datum(INT8OID, Int8LessOperator, InvalidOid,
										false, memory, NULL, TUPLESORT_NONE);
	if (heap)
		check->rows = kg_rows_check_new(heap, rel, memory);
	check_index(check, rel);
	if (standby && RecoveryInProgress())
		check_paused(rel, position);
	relation_close(rel, lock);
	if (heap)
		table_close(heap, AccessShareLock);
	return (Datum) 0;
}
