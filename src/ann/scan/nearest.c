/*
 * nearest.c
 *	  An index scan that knows how many rows are wanted of it.
 *
 * The executor's own index scan lets a row go as soon as the access method
 * says that no nearer one is to come, and the access method, which finds rows
 * in no perfect order, must say so before it can know.  With LIMIT k above it,
 * the scan here holds what it gets until k rows have passed the filter and
 * nothing nearer than the farthest of them is left to expect; then it hands
 * them out in the order of their distances.  So their order is exact, whatever
 * was met late.
 *
 * It is the same plan node: this file does what nodeIndexscan.c does, in a
 * function of its own that kg_nearest_install puts in place of ExecIndexScan.
 * The filter is tested before the distance is computed.
 *
 * That the node above wants k rows is a guess in all but the plainest plans:
 * a join may drop some, FOR UPDATE may find them changed.  When it asks for
 * more, the next 2 k are gathered, and so on.  A row met then that is nearer than one
 * handed out before is returned after all others (as a scan without LIMIT
 * leaves such rows to its end).
 *
 * Rows that are held are copies within work_mem; of the others the TID is
 * kept, and they are fetched again.  A row that is not among the k nearest so
 * far is set aside as a TID: it may be one of the next k.  These are few, as
 * rows come in the order of their bounds, or nearly.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/relscan.h"
#include "access/tableam.h"
#include "common/int.h"
#include "executor/executor.h"
#include "lib/ilist.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/core/column.h"
#include "ann/scan/nearest.h"
#include "ann/scan/scan.h"
#include "ann/scan/threshold.h"
#include "pg/compat.h"

/* Rows that are gathered at first where nobody knows how many are wanted. */
#define MANY_AT_FIRST 32

/*
 * A distance as a number whose order is ORDER BY's: NaN above all numbers and
 * NULL above NaN.
 */
typedef uint64 Position;

#define POSITION_NAN (PG_UINT64_MAX - 1)
#define POSITION_NULL PG_UINT64_MAX
#define SIGN_BIT (UINT64CONST(1) << 63)

typedef struct HeldRow
{
	Position	nearness;		/* ~ of its distance's place */
	HeapTuple	tuple;			/* palloc'd, or NULL */
	ItemPointerData tid;
} HeldRow;

#define HEAP_NAME rows
#define HEAP_ELEMENT HeldRow
#define HEAP_KEY nearness
#include "lib/binary_heap.h"

typedef struct RowArray
{
	HeldRow    *rows;
	int64		count;
	int64		capacity;
} RowArray;

typedef struct Nearest
{
	dlist_node	link;
	IndexScanState *node;
	ExecProcNodeMtd original;	/* nodeIndexscan.c's */
	LimitState *limit;
	int			more;
	bool		many;			/* vectors a row: the index knows no bounds */
	List	   *thresholds;
	KgGoal		goal;

	/* since the last rescan */
	uint64		scans;			/* kg_scan_count() then */
	bool		holds;			/* else the original does the work */
	MemoryContext context;		/* of all that follows; reset by a rescan */
	int64		target;			/* rows to gather at a time */
	RowArray	nearest;		/* the farthest first, as a heap; once
								 * gathered the nearest first */
	int64		next;			/* of nearest, to hand out; -1: gathering */
	RowArray	aside;			/* not among the nearest so far */
	RowArray	late;			/* nearer than rows handed out before */
	Position	last;			/* of the last row handed out */
	Size		copied;			/* bytes of copies */
	bool		ended;			/* the index has no more rows */
} Nearest;

/* All that are installed. */
static dlist_head installed = DLIST_STATIC_INIT(installed);

static Position
position_of(double distance, bool isnull)
{
	uint64		bits;

	if (isnull)
		return POSITION_NULL;
	if (isnan(distance))
		return POSITION_NAN;
	distance += 0.0;			/* of two zeroes neither is nearer */
	memcpy(&bits, &distance, sizeof(bits));
	return bits & SIGN_BIT ? ~bits : bits | SIGN_BIT;
}

/* The distance at a place; infinite for NaN and NULL. */
static double
distance_at(Position position)
{
	double		distance;
	uint64		bits;

	if (position >= POSITION_NAN)
		return INFINITY;
	bits = position & SIGN_BIT ? position & ~SIGN_BIT : ~position;
	memcpy(&distance, &bits, sizeof(bits));
	return distance;
}

/* Nearest first. */
static int
compare_rows(const void *a, const void *b)
{
	Position	x = ((const HeldRow *) a)->nearness;
	Position	y = ((const HeldRow *) b)->nearness;

	return x > y ? -1 : x < y;
}

static HeldRow *
add_row(Nearest *scan, RowArray *array, const HeldRow *row)
{
	if (array->count == array->capacity)
	{
		array->capacity = array->capacity ? array->capacity * 2 : 32;
		if (array->rows)
			array->rows = repalloc_huge(array->rows,
										sizeof(HeldRow) * array->capacity);
		else
			array->rows = MemoryContextAlloc(scan->context,
											 sizeof(HeldRow) * array->capacity);
	}
	array->rows[array->count] = *row;
	return &array->rows[array->count++];
}

/*
 * Copies of rows.
 */

/* Keeps a copy of the row in the slot, if there is memory for it. */
static void
copy_row(Nearest *scan, HeldRow *row, TupleTableSlot *slot)
{
	MemoryContext old_context;

	if (scan->copied >= (Size) work_mem * 1024)
		return;
	old_context = MemoryContextSwitchTo(scan->context);
	row->tuple = ExecCopySlotHeapTuple(slot);
	MemoryContextSwitchTo(old_context);
	scan->copied += HEAPTUPLESIZE + row->tuple->t_len;
}

static void
forget_copy(Nearest *scan, HeldRow *row)
{
	if (row->tuple == NULL)
		return;
	scan->copied -= HEAPTUPLESIZE + row->tuple->t_len;
	heap_freetuple(row->tuple);
	row->tuple = NULL;
}

/* Puts a row into the scan's slot. */
static TupleTableSlot *
restore_row(Nearest *scan, HeldRow *row)
{
	ScanState  *ss = &scan->node->ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;

	if (row->tuple)
	{
		scan->copied -= HEAPTUPLESIZE + row->tuple->t_len;
		ExecForceStoreHeapTuple(row->tuple, slot, true);
		row->tuple = NULL;
		/* where "ctid" and "tableoid" are read from */
		slot->tts_tid = row->tid;
		slot->tts_tableOid = RelationGetRelid(ss->ss_currentRelation);
	}
	else if (!table_tuple_fetch_row_version(ss->ss_currentRelation, &row->tid,
											ss->ps.state->es_snapshot, slot))
		elog(ERROR, "row (%u,%u) of relation \"%s\" is gone",
			 ItemPointerGetBlockNumber(&row->tid),
			 ItemPointerGetOffsetNumber(&row->tid),
			 RelationGetRelationName(ss->ss_currentRelation));
	return slot;
}

/*
 * Gathering.
 */

/* Tells the access method how far rows may be that are still of use. */
static void
set_farthest(Nearest *scan)
{
	scan->goal.farthest = scan->nearest.count < scan->target ? INFINITY :
		distance_at(~scan->nearest.rows[0].nearness);
}

/* Considers a row for the nearest; slot has it, or is NULL. */
static void
offer_row(Nearest *scan, HeldRow *row, TupleTableSlot *slot)
{
	RowArray   *nearest = &scan->nearest;

	if (~row->nearness < scan->last)
	{
		add_row(scan, &scan->late, row);
		return;
	}
	if (nearest->count == scan->target)
	{
		HeldRow		farthest;

		if (row->nearness <= nearest->rows[0].nearness)
		{
			add_row(scan, &scan->aside, row);
			return;
		}
		farthest = rows_pop(nearest->rows, nearest->count--);
		forget_copy(scan, &farthest);
		add_row(scan, &scan->aside, &farthest);
	}
	if (slot)
		copy_row(scan, row, slot);
	add_row(scan, nearest, row);
	rows_sift_up(nearest->rows, nearest->count - 1);
	set_farthest(scan);
}

/* Tests the filter, and what the index could not test itself. */
static bool
passes(IndexScanState *node, ExprContext *context)
{
	if (node->iss_ScanDesc->xs_recheck &&
		!ExecQual(node->indexqualorig, context))
	{
		InstrCountFiltered2(node, 1);
		return false;
	}
	if (node->ss.ps.qual && !ExecQual(node->ss.ps.qual, context))
	{
		InstrCountFiltered1(node, 1);
		return false;
	}
	return true;
}

/* Considers the row that the index has just returned, in slot. */
static void
consider_row(Nearest *scan, TupleTableSlot *slot, Position bound)
{
	IndexScanState *node = scan->node;
	ExprContext *context = node->ss.ps.ps_ExprContext;
	HeldRow		row = {.tid = slot->tts_tid};
	Datum		distance;
	bool		isnull;
	Position	position;

	ResetExprContext(context);
	context->ecxt_scantuple = slot;
	if (!passes(node, context))
		return;
	distance = ExecEvalExprSwitchContext(linitial(node->indexorderbyorig),
										 context, &isnull);
	position = position_of(DatumGetFloat8(distance), isnull);
	if (position < bound)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" returned a bound above the distance",
						RelationGetRelationName(node->iss_RelationDesc)),
				 errhint("Please REINDEX it.")));
	row.nearness = ~position;
	scan->goal.passed++;
	offer_row(scan, &row, slot);
}

/* How many TIDs fit in work_mem. */
static int64
rows_in_memory(void)
{
	return (int64) work_mem * 1024 / (int64) sizeof(HeldRow);
}

/* The bound of the row that the index has just returned. */
static Position
current_bound(IndexScanDesc desc)
{
	return position_of(DatumGetFloat8(desc->xs_orderbyvals[0]),
					   desc->xs_orderbynulls[0]);
}

/*
 * Starts on the next rows, with those that were set aside before.  After the
 * first ones twice as many each time, since it is not known how many more will
 * be wanted, and each time may take a sweep of the index.
 */
static void
start_gathering(Nearest *scan)
{
	RowArray	aside = scan->aside;

	memset(&scan->aside, 0, sizeof(RowArray));
	scan->nearest.count = 0;
	scan->next = -1;
	scan->goal.began = scan->goal.wanted > 0;
	if (scan->goal.began)
		scan->target = Min(scan->target * 2, rows_in_memory());
	scan->goal.wanted += scan->target;
	set_farthest(scan);
	for (int64 i = 0; i < aside.count; i++)
		offer_row(scan, &aside.rows[i], NULL);
	if (aside.rows)
		pfree(aside.rows);
}

/* Gathers the nearest rows and puts them in order. */
static void
gather(Nearest *scan)
{
	IndexScanDesc desc = scan->node->iss_ScanDesc;
	TupleTableSlot *slot = scan->node->ss.ss_ScanTupleSlot;
	RowArray   *nearest = &scan->nearest;

	for (;;)
	{
		Position	bound;

		CHECK_FOR_INTERRUPTS();
		if (!index_getnext_slot(desc, ForwardScanDirection, slot))
		{
			/* for now, or because there are no more rows */
			scan->ended = !kg_goal_met(&scan->goal);
			break;
		}
		bound = current_bound(desc);
		consider_row(scan, slot, bound);

		/* Of NaN and NULL the index has told all that it can. */
		if (bound >= POSITION_NAN && nearest->count == scan->target &&
			~nearest->rows[0].nearness <= bound)
			break;
	}
	qsort(nearest->rows, nearest->count, sizeof(HeldRow), compare_rows);
	scan->next = 0;
}

/* The next row, in the scan's slot; NULL at the end. */
static TupleTableSlot *
next_row(Nearest *scan)
{
	HeldRow    *row;

	while (scan->next < 0 || scan->next == scan->nearest.count)
	{
		if (scan->next >= 0)
		{
			if (scan->ended && scan->aside.count == 0)
			{
				/* What came late goes last. */
				if (scan->late.count == 0)
					return NULL;
				scan->nearest = scan->late;
				memset(&scan->late, 0, sizeof(RowArray));
				qsort(scan->nearest.rows, scan->nearest.count,
					  sizeof(HeldRow), compare_rows);
				scan->next = 0;
				break;
			}
			start_gathering(scan);
		}
		gather(scan);
	}
	row = &scan->nearest.rows[scan->next++];
	scan->last = ~row->nearness;
	return restore_row(scan, row);
}

/*
 * The plan node.
 */

/* Finds the scan of a node, which is in use for the first time. */
static Nearest *
find_installed(IndexScanState *node)
{
	dlist_iter	iter;

	dlist_foreach(iter, &installed)
	{
		Nearest    *scan = dlist_container(Nearest, link, iter.cur);

		if (scan->node == node)
			return scan;
	}
	elog(ERROR, "index scan is not known to kg_hnsw");
}

/* Begins the index scan, as IndexNextWithReorder does. */
static void
begin_scan(IndexScanState *node)
{
	if (node->iss_NumRuntimeKeys != 0 && !node->iss_RuntimeKeysReady)
		ExecReScan((PlanState *) node);
	if (node->iss_ScanDesc)
		return;
	node->iss_ScanDesc = kg_index_beginscan_node(node);
	index_rescan(node->iss_ScanDesc, node->iss_ScanKeys, node->iss_NumScanKeys,
				 node->iss_OrderByKeys, node->iss_NumOrderByKeys);
}

static Nearest *
get_scan(IndexScanState *node)
{
	KgGoal	   *goal;
	Nearest    *scan;

	begin_scan(node);
	goal = kg_scan_goal(node->iss_ScanDesc);
	if (goal != NULL)
		return (Nearest *) ((char *) goal - offsetof(Nearest, goal));
	scan = find_installed(node);
	kg_scan_set_goal(node->iss_ScanDesc, &scan->goal);
	return scan;
}

/*
 * How many rows the node above wants; 0 if that is not known.  A scan in the order
 * of MaxSim is never streamed, as the original would put out no row before it has
 * all: it gathers a few at first if nothing is known.
 */
static int64
rows_wanted(const Nearest *scan)
{
	const LimitState *limit = scan->limit;
	int64		unknown = scan->many ? MANY_AT_FIRST : 0;
	int64		rows;

	if (limit == NULL || limit->lstate == LIMIT_INITIAL || limit->noCount ||
		pg_add_s64_overflow(limit->count, limit->offset, &rows) ||
		pg_add_s64_overflow(rows, scan->more, &rows))
		return unknown;
	/* without memory even for their TIDs, the original streams them */
	if (rows > rows_in_memory())
		return scan->many ? rows_in_memory() : 0;
	return rows;
}

/* A scan begins, or begins again. */
static void
start_scan(Nearest *scan)
{
	MemoryContext old_context;

	MemoryContextReset(scan->context);
	memset(&scan->nearest, 0, sizeof(RowArray));
	memset(&scan->aside, 0, sizeof(RowArray));
	memset(&scan->late, 0, sizeof(RowArray));
	scan->copied = 0;
	scan->ended = false;
	scan->last = 0;
	scan->scans = kg_scan_count(scan->node->iss_ScanDesc);
	scan->target = rows_wanted(scan);
	scan->holds = scan->target > 0;
	scan->goal.wanted = 0;
	scan->goal.began = false;
	scan->goal.passed = 0;
	scan->goal.farthest = INFINITY;

	ResetExprContext(scan->node->ss.ps.ps_ExprContext);
	old_context = MemoryContextSwitchTo(scan->context);
	kg_thresholds_apply(scan->thresholds, scan->node, &scan->goal);
	MemoryContextSwitchTo(old_context);
	if (scan->holds)
		start_gathering(scan);
}

/* In place of ExecIndexScan. */
static TupleTableSlot *
exec_nearest(PlanState *ps)
{
	IndexScanState *node = castNode(IndexScanState, ps);
	Nearest    *scan = get_scan(node);
	ExprContext *context = ps->ps_ExprContext;
	TupleTableSlot *slot;

	if (scan->scans != kg_scan_count(node->iss_ScanDesc))
		start_scan(scan);
	if (!scan->holds)
		return scan->original(ps);

	Assert(ScanDirectionIsForward(ps->state->es_direction));
	slot = next_row(scan);
	if (slot == NULL)
		return ps->ps_ProjInfo ?
			ExecClearTuple(ps->ps_ProjInfo->pi_state.resultslot) :
			ExecClearTuple(node->ss.ss_ScanTupleSlot);
	if (ps->ps_ProjInfo == NULL)
		return slot;
	ResetExprContext(context);
	context->ecxt_scantuple = slot;
	return ExecProject(ps->ps_ProjInfo);
}

static void
uninstall(void *arg)
{
	dlist_delete(&((Nearest *) arg)->link);
}

void
kg_nearest_install(IndexScanState *node, LimitState *limit, int more)
{
	MemoryContext query_context = node->ss.ps.state->es_query_cxt;
	MemoryContext old_context = MemoryContextSwitchTo(query_context);
	bool		many = kg_column_get(node->iss_RelationDesc)->vectors != NULL;
	List	   *thresholds = many ? NIL : kg_thresholds_find(node);

	if (limit != NULL || thresholds != NIL || many)
	{
		Nearest    *scan = palloc0(sizeof(Nearest));
		MemoryContextCallback *callback = palloc(sizeof(*callback));

		scan->node = node;
		scan->original = node->ss.ps.ExecProcNodeReal;
		scan->limit = limit;
		scan->more = more;
		scan->many = many;
		scan->thresholds = thresholds;
		scan->context = AllocSetContextCreate(query_context, "kg_hnsw rows",
											  ALLOCSET_SMALL_SIZES);
		callback->func = uninstall;
		callback->arg = scan;
		MemoryContextRegisterResetCallback(query_context, callback);
		dlist_push_head(&installed, &scan->link);
		ExecSetExecProcNode(&node->ss.ps, exec_nearest);
	}
	MemoryContextSwitchTo(old_context);
}
