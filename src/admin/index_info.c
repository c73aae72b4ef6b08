/*
 * index_info.c
 *	  kg.index_info: the contents of an index.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplesort.h"

#include "admin/index_open.h"
#include "ann/core/around.h"
#include "ann/core/column.h"
#include "ann/core/index_cache.h"
#include "ann/core/query.h"
#include "ann/core/visited.h"
#include "ann/layout/duplicates.h"
#include "ann/layout/pending.h"
#include "pg/compat.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_index_info);

#define INFO_COLUMNS 23

typedef struct Counts
{
	int64		live;
	int64		dead;
	int64		free;
	int64		rows;			/* of live nodes, duplicates included, and
								 * pending ones */
	Tuplesortstate *tids;		/* of these, where a row has many nodes; or
								 * NULL */
	int64		listed;			/* rows without a node */
	int64		pending;		/* vectors of pending rows */
	int64		lists;			/* of live nodes or, where nodes share them,
								 * of pages with such */
	int64		edges;			/* in these */
	int64		coarse;			/* live nodes stored too coarsely */
	float	   *units;			/* of frames, by number; 0: not read yet */
	int64		unreachable;	/* live nodes that no edge leads to */
	int64		pages[PAGE_KINDS];	/* by kind; 0: never initialised */
	KgVisited	reachable;		/* nodes that an edge or an entry leads to */
} Counts;

/* The unit of a frame. */
static float
frame_unit(KgStore *store, int frame, Counts *counts)
{
	if (counts->units[frame] == 0)
	{
		KgFrame    *copy = palloc(kg_frame_bytes(store->layout));

		kg_frame_read(store, frame, copy);
		counts->units[frame] = copy->unit;
		pfree(copy);
	}
	return counts->units[frame];
}

/*
 * Is a node's error large beside the distance to its neighbours, or to those of its
 * page?  The nearest of these do not count: what is coarse itself looks near to all.
 */
static bool
is_coarse(KgStore *store, const NodeSlot *slot, const NodeSlot *list, Counts *counts)
{
	const uint16 *r2 = slot_factor_r2(store->layout, list);
	float		unit = frame_unit(store, slot_frame(list), counts);
	KgAround	around = {0};
	float		most;

	for (int i = 0; i < list->degree; i++)
		kg_around_note(&around, kg_bf16_to_f32(r2[i] & ~SLOT_PINNED));
	most = kg_around_most(&around) * unit * unit;
	return kg_optimistic_l2sq(most, slot->error) < most;
}

/* Where a row has many nodes: its TID at one of them. */
static void
note_row(Counts *counts, KgTid tid)
{
	ItemPointerData pointer;

	tid_to_pointer(tid, &pointer);
	tuplesort_putdatum(counts->tids,
					   Int64GetDatum((int64) ItemPointerGetBlockNumber(&pointer) << 16 |
									 ItemPointerGetOffsetNumber(&pointer)),
					   false);
}

/* How many different TIDs there are. */
static void
count_rows(Counts *counts)
{
	int64		last = -1;
	Datum		value;
	bool		isnull;

	counts->rows = 0;
	tuplesort_performsort(counts->tids);
	while (kg_tuplesort_getdatum(counts->tids, &value, &isnull))
	{
		CHECK_FOR_INTERRUPTS();
		counts->rows += DatumGetInt64(value) != last;
		last = DatumGetInt64(value);
	}
	tuplesort_end(counts->tids);
}

/* An edge or an entry leads to a node or, where nodes share lists, to its page. */
static void
note_reachable(const KgLayout *layout, uint32 node, Counts *counts)
{
	kg_visited_add(&counts->reachable,
				   kg_layout_has_hubs(layout) ? node_block(layout, node) : node);
}

/* The list of a node or of a page. */
static void
count_list(KgStore *store, const NodeSlot *slot, Counts *counts)
{
	if (slot->state == NODE_FREE)
		return;
	for (int i = 0; i < slot->degree; i++)
		note_reachable(store->layout, slot_neighbors(store->layout, slot)[i], counts);
	if (slot->state == NODE_DEAD)
		return;
	counts->lists++;
	counts->edges += slot->degree;
}

static void
count_slot(KgStore *store, const NodeSlot *slot, const NodeSlot *list, Counts *counts)
{
	int			more = 0;
	int			capacity = 0;
	KgTid	   *tids;

	if (slot->state == NODE_FREE)
	{
		counts->free++;
		return;
	}
	if (slot->state == NODE_DEAD)
	{
		counts->dead++;
		return;
	}
	counts->live++;
	if (is_coarse(store, slot, list, counts))
		counts->coarse++;
	tids = kg_duplicates_read(store, slot->chunk, NULL, &more, &capacity);
	if (counts->tids)
	{
		note_row(counts, slot->tid);
		for (int i = 0; i < more; i++)
			note_row(counts, tids[i]);
	}
	if (tids)
		pfree(tids);
	counts->rows += 1 + more;
}

/* Vectors that wait on a page of the list of pending rows. */
static void
count_pending(const KgLayout *layout, Page page, Counts *counts)
{
	for (int i = 0; i < page_pending_count(layout, page); i++)
	{
		const KgPendingEntry *entry = page_pending_entry(layout, page, i);

		if (entry->state != PENDING_WAITS)
			continue;
		counts->pending++;
		if (counts->tids)
			note_row(counts, entry->tid);
		counts->rows++;
	}
}

/* Counts a page that is not the meta page. */
static void
count_block(KgStore *store, BlockNumber block, Counts *counts)
{
	const KgLayout *layout = store->layout;
	Page		page;

	page = kg_store_read_if(store, block, PAGE_NODES);
	if (page)
	{
		counts->pages[PAGE_NODES]++;
		for (int i = 0; i < page_lists(layout); i++)
			count_list(store, page_list_slot(layout, page, i), counts);
		for (int i = 0; i < layout->per_page; i++)
		{
			NodeSlot   *slot = page_slot(layout, page, i);

			count_slot(store, slot,
					   node_list_slot(layout, slot, block * layout->per_page + i), counts);
		}
		kg_store_done(store);
		return;
	}
	page = kg_store_read_if(store, block, PAGE_LIST);
	if (page)
	{
		counts->pages[PAGE_LIST]++;
		counts->listed += page_list(page)->count;
		kg_store_done(store);
		return;
	}
	for (int kind = PAGE_META + 1; kind < PAGE_KINDS; kind++)
	{
		page = kg_store_read_if(store, block, kind);
		if (page)
		{
			counts->pages[kind]++;
			if (kind == PAGE_PENDING)
				count_pending(store->layout, page, counts);
			kg_store_done(store);
			return;
		}
	}
	counts->pages[0]++;
}

/* Counts live nodes that no edge and no entry leads to. */
static void
count_unreachable(KgStore *store, BlockNumber pages, Counts *counts)
{
	const KgLayout *layout = store->layout;
	bool		hubs = kg_layout_has_hubs(layout);

	for (BlockNumber block = KG_META_BLOCK + 1; block < pages; block++)
	{
		Page		page = kg_store_read_if(store, block, PAGE_NODES);

		CHECK_FOR_INTERRUPTS();
		if (page == NULL)
			continue;
		for (int i = 0; i < layout->per_page; i++)
			if (page_slot(layout, page, i)->state == NODE_LIVE &&
				!kg_visited_has(&counts->reachable,
								hubs ? block : block * layout->per_page + i))
				counts->unreachable++;
		kg_store_done(store);
	}
}

static int64
other_bytes(const Counts *counts, BlockNumber pages)
{
	return (pages - counts->pages[PAGE_NODES]) * BLCKSZ;
}

/* Of the others, what only filters need. */
static int64
filter_bytes(const Counts *counts)
{
	return (counts->pages[PAGE_WORDS] + counts->pages[PAGE_VALUE_MAP] +
			counts->pages[PAGE_VALUES]) * BLCKSZ;
}

/* Counts all pages. */
static void
count_blocks(KgStore *store, BlockNumber pages, Counts *counts)
{
	counts->pages[PAGE_META] = 1;
	for (BlockNumber block = KG_META_BLOCK + 1; block < pages; block++)
	{
		CHECK_FOR_INTERRUPTS();
		count_block(store, block, counts);
	}
	count_unreachable(store, pages, counts);
	if (counts->tids)
		count_rows(counts);
}

/* Begins to count; entry points can be reached. */
static void
note_entries(const KgIndex *index, Counts *counts)
{
	counts->units = palloc0(sizeof(float) * kg_frames_max(&index->layout));
	kg_visited_init(&counts->reachable, CurrentMemoryContext);
	for (int entry = 0; entry < index->entry_count; entry++)
		note_reachable(&index->layout, index->entries.nodes[entry], counts);
}

Datum
kg_index_info(PG_FUNCTION_ARGS)
{
	Relation	rel = kg_admin_index_open(PG_GETARG_OID(0), AccessShareLock);
	KgStore		store;
	const KgIndex *index;
	KgLayout	layout;
	int			entry_count;
	BlockNumber pages = RelationGetNumberOfBlocks(rel);
	Counts	   *counts = palloc0(sizeof(Counts));
	KgMetaPage	meta;
	TupleDesc	desc;
	Datum		values[INFO_COLUMNS];
	bool		nulls[INFO_COLUMNS] = {0};
	int			i = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	if (kg_column_get(rel)->vectors)
		counts->tids = tuplesort_begin_datum(INT8OID, Int8LessOperator, InvalidOid, false,
											 maintenance_work_mem, NULL, TUPLESORT_NONE);

	/*
	 * No catalog look-ups from here on: they may flush the relation cache,
	 * where index is.
	 */
	index = kg_index_open(rel, &store);
	layout = index->layout;
	entry_count = index->entry_count;
	store.layout = &layout;
	kg_index_read_meta(&store, &meta);
	note_entries(index, counts);
	count_blocks(&store, pages, counts);

	values[i++] = Int64GetDatum(counts->rows + counts->listed);
	values[i++] = Int64GetDatum(counts->live);
	values[i++] = Int64GetDatum(counts->dead);
	values[i++] = Int64GetDatum(counts->free);
	values[i++] = Int64GetDatum(counts->unreachable);
	values[i++] = Int32GetDatum(layout.dims);
	values[i++] = CStringGetTextDatum(kg_metric_names[layout.metric]);
	values[i++] = CStringGetTextDatum(kg_storage_names[layout.storage]);
	values[i++] = Int32GetDatum(layout.shape.bits);
	values[i++] = Int32GetDatum(layout.shape.code_dims);
	values[i++] = Int32GetDatum(layout.max_degree / 2);
	values[i++] = Int32GetDatum(layout.max_degree);
	values[i++] = Float8GetDatum((double) counts->edges / Max(counts->lists, 1));
	values[i++] = Int32GetDatum(meta.frame_count);
	values[i++] = Int64GetDatum(counts->coarse);
	values[i++] = Int32GetDatum(entry_count);
	values[i++] = Int64GetDatum(counts->pages[PAGE_NODES] * BLCKSZ);
	values[i++] = Int64GetDatum(other_bytes(counts, pages));
	values[i++] = Int32GetDatum(layout.filters);
	values[i++] = Int64GetDatum(filter_bytes(counts));
	values[i++] = Int64GetDatum(counts->pending);
	values[i++] = Int64GetDatum(counts->pages[PAGE_PENDING] * BLCKSZ);
	values[i++] = Int32GetDatum(layout.members);
	Assert(i == INFO_COLUMNS);

	relation_close(rel, AccessShareLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
