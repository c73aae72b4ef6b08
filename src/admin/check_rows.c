/*
 * check_rows.c
 *	  Compares the rows of a table with what an index has of them.
 *
 * The index's entries, sorted by their TIDs, are merged with a scan of the table
 * block by block.  Entries of rows that the snapshot does not see are passed over:
 * VACUUM has yet to remove them, or their transactions go on.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/index.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplesort.h"

#include "admin/check_rows.h"
#include "ann/core/check_row.h"
#include "ann/core/column.h"
#include "ann/core/filter_column.h"
#include "ann/core/reach.h"
#include "pg/compat.h"

/* Columns of the sort: block << 16 | offset, and the node. */
#define COLUMNS 2

/* An entry of the block that is compared. */
typedef struct Entry
{
	OffsetNumber offset;
	uint32		node;
} Entry;

struct KgRowsCheck
{
	Relation	heap;
	Relation	rel;
	Snapshot	snapshot;
	const KgColumn *column;
	KgFilterColumns filters;
	Tuplesortstate *sort;
	TupleTableSlot *in;			/* to the sort, and from it: the next entry, */
	TupleTableSlot *slot;		/* unless it is empty */
	MemoryContext row_context;

	/* while the table is read */
	KgStore    *store;
	const KgIndex *index;
	const KgCheckReporter *reporter;
	BlockNumber block;			/* whose entries these are */
	Entry	   *entries;
	int			count;
	int			capacity;
	KgReach		reach;			/* of all edges */
	uint64		unmet;			/* entries whose nodes it did not meet, and
								 * the */
	uint32		first_unmet;	/* first of these nodes */
};

static void report(const KgRowsCheck *check, BlockNumber block, const char *format,...)
			pg_attribute_printf(3, 4);

static void
report(const KgRowsCheck *check, BlockNumber block, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	check->reporter->report(check->reporter->arg, block, format, args);
	va_end(args);
}

/*
 * An index that is not valid may lack rows.  One of a table with broken HOT chains has
 * no entries for what old snapshots see of these.
 */
static void
check_usable(Relation rel, Snapshot snapshot)
{
	TransactionId made = HeapTupleHeaderGetXmin(rel->rd_indextuple->t_data);

	if (!rel->rd_index->indisvalid)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot compare index \"%s\" with its table: the index is not valid",
						RelationGetRelationName(rel)),
				 errhint("REINDEX it.")));
	if (rel->rd_index->indcheckxmin && !TransactionIdPrecedes(made, snapshot->xmin))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot compare index \"%s\" with its table while transactions go on that are older than it",
						RelationGetRelationName(rel))));
}

KgRowsCheck *
kg_rows_check_new(Relation heap, Relation index, int memory)
{
	KgRowsCheck *check = palloc0(sizeof(KgRowsCheck));
	TupleDesc	desc = CreateTemplateTupleDesc(COLUMNS);
	AttrNumber	columns[COLUMNS] = {1, 2};
	Oid			operators[COLUMNS] = {Int8LessOperator, Int8LessOperator};
	Oid			collations[COLUMNS] = {InvalidOid, InvalidOid};
	bool		nulls_first[COLUMNS] = {false, false};

	TupleDescInitEntry(desc, 1, "tid", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "node", INT8OID, -1, 0);
	TupleDescFinalize(desc);
	check->heap = heap;
	check->rel = index;
	check->snapshot = RegisterSnapshot(GetLatestSnapshot());
	check_usable(index, check->snapshot);
	check->column = kg_column_get(index);
	kg_filter_columns_get(index, &check->filters);
	check->sort = tuplesort_begin_heap(desc, COLUMNS, columns, operators, collations,
									   nulls_first, memory, NULL, TUPLESORT_NONE);
	check->in = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	check->slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	check->row_context = AllocSetContextCreate(CurrentMemoryContext, "kg check of a row",
											   ALLOCSET_DEFAULT_SIZES);
	check->block = InvalidBlockNumber;
	check->capacity = MaxHeapTuplesPerPage;
	check->entries = palloc(sizeof(Entry) * check->capacity);
	return check;
}

void
kg_rows_check_add(KgRowsCheck *check, KgTid tid, uint32 node)
{
	TupleTableSlot *slot = check->in;
	ItemPointerData pointer;

	tid_to_pointer(tid, &pointer);
	ExecClearTuple(slot);
	slot->tts_values[0] =
		Int64GetDatum((int64) ItemPointerGetBlockNumberNoCheck(&pointer) << 16 |
					  ItemPointerGetOffsetNumberNoCheck(&pointer));
	slot->tts_values[1] = Int64GetDatum((int64) node);
	memset(slot->tts_isnull, 0, sizeof(bool) * COLUMNS);
	ExecStoreVirtualTuple(slot);
	tuplesort_puttupleslot(check->sort, slot);
}

/* Goes on to the next entry. */
static void
advance(KgRowsCheck *check)
{
	(void) tuplesort_gettupleslot(check->sort, true, false, check->slot, NULL);
	if (!TTS_EMPTY(check->slot))
		slot_getallattrs(check->slot);
}

/* Takes the entries of a block, and leaves behind those of blocks before it. */
static void
take_block(KgRowsCheck *check, BlockNumber block)
{
	check->block = block;
	check->count = 0;
	while (!TTS_EMPTY(check->slot))
	{
		int64		tid = DatumGetInt64(check->slot->tts_values[0]);

		CHECK_FOR_INTERRUPTS();
		if ((BlockNumber) (tid >> 16) > block)
			break;
		if ((BlockNumber) (tid >> 16) == block)
		{
			if (check->count == check->capacity)
			{
				check->capacity *= 2;
				check->entries = repalloc_huge(check->entries,
											   sizeof(Entry) * check->capacity);
			}
			check->entries[check->count].offset = (OffsetNumber) (tid & 0xffff);
			check->entries[check->count++].node =
				(uint32) DatumGetInt64(check->slot->tts_values[1]);
		}
		advance(check);
	}
}

/* What of a node is another than the row has, or NULL. */
static const char *
other(KgRowsCheck *check, const KgRowVectors *vectors, const uint32 *words, uint32 node)
{
	const KgLayout *layout = check->store->layout;
	double	   *y;
	KgMapped	mapped;

	if (node == KG_PENDING)
		return NULL;
	if (node != KG_NO_NODE && vectors->count > 0)
		return kg_row_fit_names[kg_row_fit(check->store, check->index, vectors->x,
										   vectors->count, words, node)];

	/* rows without a node: NULL, or no vector that has a place in the space */
	y = palloc(sizeof(double) * layout->shape.dim);
	for (int i = 0; i < vectors->count; i++)
		if (!kg_space_map(&check->index->space, vectors->x[i], y, &mapped))
			return NULL;
	return vectors->count > 0 || node != KG_NO_NODE ? "kind of vector" : NULL;
}

/* The entries of a row, of which there is one a vector. */
static void
compare_entries(KgRowsCheck *check, ItemPointer tid, const KgRowVectors *vectors,
				const uint32 *words)
{
	BlockNumber block = ItemPointerGetBlockNumber(tid);
	OffsetNumber offset = ItemPointerGetOffsetNumber(tid);
	int			expected = Max(vectors->count, 1);
	int			found = 0;

	for (int i = 0; i < check->count; i++)
	{
		uint32		node = check->entries[i].node;
		bool		has_node = node != KG_NO_NODE && node != KG_PENDING;
		const char *what;

		if (check->entries[i].offset != offset)
			continue;
		found++;
		if (has_node && !kg_reach_has(&check->reach, node) && check->unmet++ == 0)
			check->first_unmet = node;
		what = other(check, vectors, words, node);
		if (what && has_node)
			report(check, node_block(check->store->layout, node),
				   "node %u has row (%u,%u) of the table, which has another %s",
				   node, block, offset, what);
		else if (what)
			report(check, KG_META_BLOCK,
				   "a list of rows without a node has row (%u,%u) of the table, which has a vector",
				   block, offset);
	}
	if (found == 0)
		report(check, KG_META_BLOCK, "row (%u,%u) of the table is not in the index",
			   block, offset);
	else if (found < expected)
		report(check, KG_META_BLOCK, "the index has %d of the %d vectors of row (%u,%u) of the table",
			   found, expected, block, offset);
}

/* A row of the table: IndexBuildCallback. */
static void
compare_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull,
			bool alive, void *arg)
{
	KgRowsCheck *check = arg;
	BlockNumber block = ItemPointerGetBlockNumber(tid);
	MemoryContext old_context;
	KgRowVectors vectors = {0};
	uint32		words[KG_MAX_FILTERS];

	CHECK_FOR_INTERRUPTS();
	if (block != check->block)
		take_block(check, block);
	old_context = MemoryContextSwitchTo(check->row_context);
	if (!isnull[0])
		vectors = kg_column_vectors(check->column, values[0], check->store->layout->dims);
	kg_filter_words(&check->filters, values, isnull, words);
	compare_entries(check, tid, &vectors, words);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(check->row_context);
}

/*
 * Reads the table in the order of its blocks.  Expressions of the index are the
 * owner's: they run with the owner's privileges, as in CREATE INDEX.
 */
static void
scan_table(KgRowsCheck *check)
{
	IndexInfo  *info;
	TableScanDesc scan = table_beginscan_strat(check->heap, check->snapshot, 0, NULL,
											   true, false);
	Oid			user;
	int			security;
	int			settings;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(check->heap->rd_rel->relowner,
						   security | SECURITY_RESTRICTED_OPERATION);
	settings = NewGUCNestLevel();
	kg_restrict_search_path();

	/* constant parts of the expressions are computed here */
	info = BuildIndexInfo(check->rel);
	/* uniqueness and exclusion do not matter; the snapshot is one of MVCC */
	info->ii_Concurrent = true;
	table_index_build_scan(check->heap, check->rel, info, true, false, compare_row,
						   check, scan);
	AtEOXact_GUC(false, settings);
	SetUserIdAndSecContext(user, security);
}

void
kg_rows_check_end(KgRowsCheck *check, KgStore *store, const KgIndex *index,
				  const KgCheckReporter *reporter)
{
	check->store = store;
	check->index = index;
	check->reporter = reporter;
	tuplesort_performsort(check->sort);
	advance(check);
	kg_reach_init(&check->reach, store, false, true);
	kg_reach_scan(&check->reach);
	scan_table(check);
	tuplesort_end(check->sort);
	UnregisterSnapshot(check->snapshot);

	/*
	 * short vectors are left to the sweep: see the index's README, "Inner
	 * product"
	 */
	if (check->unmet > 0 && store->layout->metric != KG_METRIC_IP)
		report(check, node_block(store->layout, check->first_unmet),
			   "no edges lead from the entry points to nodes that have " UINT64_FORMAT " rows, the first of them node %u",
			   check->unmet, check->first_unmet);
}
