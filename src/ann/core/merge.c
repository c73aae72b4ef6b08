/*
 * merge.c
 *	  Merging the list of pending rows into the graph.
 *
 * Rows are inserted as any row is, in batches, in the order of the entry points
 * that they are nearest to: so a page that several of them change is changed by
 * one after another.  The record that writes a row's node takes it out of the
 * list.  Wherever a merge ends, by an error, a cancel or a crash, each row is in
 * the list or in the graph, and the next merge goes on.
 *
 * A merge ends with the rows that were there when it began, however fast others
 * append.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/core/entry_search.h"
#include "ann/core/insert.h"
#include "ann/core/merge.h"
#include "ann/core/pending_row.h"
#include "ann/core/row_batch.h"

/* Rows of a batch there is room for at first. */
#define FIRST_ROWS 64

/*
 * A row and, where each node has a list, where it goes: the nearest entry point, and how
 * far that is.
 */
typedef struct MergedRow
{
	KgPendingRow row;
	uint32		entry;
	float		key;
} MergedRow;

typedef struct Merge
{
	KgStore		store;
	KgIndex    *index;
	KgInserter *inserter;
	const KgMergeRequest *request;
	KgMergeCounts *counts;
	uint32		last_page;		/* number of the list's last, when it began */
	MergedRow  *rows;			/* of the batch */
	int			count;
	int			capacity;
	bool		more;			/* there are pages behind it */
	MemoryContext context;		/* the merge's */
	MemoryContext batch_context;	/* the batch's */
	MemoryContext row_context;
} Merge;

/*
 * Keeps up with what others add to the index; the first row that is not zero sets
 * the unit.
 */
static void
refresh_index(Merge *merge)
{
	if (merge->index && !kg_index_keep_up(merge->index, &merge->store))
	{
		pfree(merge->index);
		merge->index = NULL;
	}
	if (merge->index == NULL)
		merge->index = kg_index_load(&merge->store, merge->context, true);
}

/*
 * Batches.
 */

static void
add_row(Merge *merge, Page page, BlockNumber block, int i)
{
	const KgLayout *layout = merge->store.layout;
	MergedRow  *row;

	if (merge->count == merge->capacity)
	{
		merge->capacity = Max(merge->capacity * 2, FIRST_ROWS);
		merge->rows = merge->rows ?
			repalloc_huge(merge->rows, sizeof(MergedRow) * merge->capacity) :
			palloc(sizeof(MergedRow) * merge->capacity);
	}
	row = &merge->rows[merge->count++];
	row->row.place.block = block;
	row->row.place.i = i;
	row->row.entry = memcpy(palloc(kg_pending_bytes(layout)),
							page_pending_entry(layout, page, i), kg_pending_bytes(layout));
}

/* Reads rows that wait, from the list's head on, as memory allows. */
static void
read_batch(Merge *merge)
{
	const KgLayout *layout = merge->store.layout;
	Size		row_bytes = kg_pending_bytes(layout) + sizeof(MergedRow) +
	(kg_layout_has_hubs(layout) ? kg_row_batch_bytes(layout, layout->shape.dim) : 0);
	KgPendingReader reader = {0};
	MemoryContext old_context;
	Page		page;

	MemoryContextReset(merge->batch_context);
	old_context = MemoryContextSwitchTo(merge->batch_context);
	merge->rows = NULL;
	merge->count = merge->capacity = 0;
	merge->more = false;
	while ((page = kg_pending_next(&merge->store, &reader)) != NULL)
	{
		bool		behind = reader.number > merge->last_page;
		bool		full = merge->count > 0 &&
		(Size) merge->count * row_bytes >= merge->request->memory;

		for (int i = 0; !behind && !full && i < page_pending_count(layout, page); i++)
			if (page_pending_entry(layout, page, i)->state == PENDING_WAITS)
				add_row(merge, page, reader.block, i);
		kg_store_done(&merge->store);
		merge->more = full && !behind;
		if (behind || full)
			break;
	}
	MemoryContextSwitchTo(old_context);
}

static int
compare_rows(const void *a, const void *b)
{
	const MergedRow *x = a;
	const MergedRow *y = b;

	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

/* Puts the batch in the order of where rows go. */
static void
order_batch(Merge *merge)
{
	KgNearEntry best[KG_SEARCH_ENTRIES];

	merge->inserter->index = merge->index;
	merge->inserter->store = &merge->store;
	for (int i = 0; i < merge->count; i++)
	{
		MergedRow  *row = &merge->rows[i];

		kg_store_vacuum_delay(&merge->store);
		kg_pending_set_query(merge->inserter, row->row.entry);
		row->entry = KG_NO_NODE;
		row->key = 0;
		if (kg_entries_nearest(&merge->index->entries, &merge->inserter->query, NULL,
							   best) > 0)
		{
			row->entry = best[0].node;
			row->key = best[0].key;
		}
	}
	if (merge->count > 0)
		qsort(merge->rows, merge->count, sizeof(MergedRow), compare_rows);
}

/*
 * Rows.
 */

static bool
is_dead(const Merge *merge, const KgPendingRow *row)
{
	ItemPointerData pointer;

	if (merge->request->is_dead == NULL)
		return false;
	tid_to_pointer(row->entry->tid, &pointer);
	return merge->request->is_dead(&pointer, merge->request->is_dead_arg);
}

static void
remove_row(Merge *merge, const KgPendingRow *row)
{
	KgEdit		edit;

	kg_edit_begin(&edit, &merge->store);
	kg_pending_take(&edit, &row->place);
	kg_edit_commit(&edit);
	merge->counts->removed++;
}

static void
merge_row(Merge *merge, const KgPendingRow *row)
{
	KgRow		inserted;

	if (is_dead(merge, row))
	{
		remove_row(merge, row);
		return;
	}
	refresh_index(merge);
	inserted = kg_pending_row(&merge->index->layout, row);
	kg_insert_row(merge->inserter, merge->index, &merge->store, &inserted);
	merge->counts->merged++;
}

/* Where each node has a list: row by row, in the order of where they go. */
static void
merge_in_order(Merge *merge)
{
	MemoryContext old_context = MemoryContextSwitchTo(merge->row_context);

	order_batch(merge);
	for (int i = 0; i < merge->count; i++)
	{
		kg_store_vacuum_delay(&merge->store);
		merge_row(merge, &merge->rows[i].row);
		MemoryContextReset(merge->row_context);
	}
	MemoryContextSwitchTo(old_context);
}

/* Rows that are near each other. */
static void
merge_group(const KgRow *rows, int count, void *arg)
{
	Merge	   *merge = arg;
	MemoryContext old_context = MemoryContextSwitchTo(merge->row_context);
	KgRow	   *alive = palloc(sizeof(KgRow) * count);
	int			alive_count = 0;

	kg_store_vacuum_delay(&merge->store);
	for (int i = 0; i < count; i++)
		if (is_dead(merge, rows[i].pending))
			remove_row(merge, rows[i].pending);
		else
			alive[alive_count++] = rows[i];
	refresh_index(merge);
	kg_insert_rows(merge->inserter, merge->index, &merge->store, alive, alive_count);
	merge->counts->merged += alive_count;
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(merge->row_context);
}

/* Where the nodes of a page share one: near rows together. */
static void
merge_in_groups(Merge *merge)
{
	KgInserter *inserter = merge->inserter;
	int			dims = merge->index->layout.shape.dim;
	MemoryContext old_context = MemoryContextSwitchTo(merge->batch_context);
	KgRowBatch *batch = kg_row_batch_new(&merge->index->layout, dims, merge->count);
	float	   *place = palloc(sizeof(float) * dims);

	inserter->index = merge->index;
	inserter->store = &merge->store;
	for (int i = 0; i < merge->count; i++)
	{
		const KgPendingRow *pending = &merge->rows[i].row;
		KgRow		row = kg_pending_row(&merge->index->layout, pending);

		kg_store_vacuum_delay(&merge->store);
		kg_pending_set_query(inserter, pending->entry);
		for (int j = 0; j < dims; j++)
			place[j] = (float) inserter->query.y[j];
		kg_row_batch_add(batch, &row, place);
	}
	kg_row_batch_hand_out(batch, merge_group, merge);
	MemoryContextSwitchTo(old_context);
}

static void
merge_batch(Merge *merge)
{
	if (kg_layout_has_hubs(&merge->index->layout))
		merge_in_groups(merge);
	else
		merge_in_order(merge);
	while (kg_pending_free_head(&merge->store))
		kg_store_vacuum_delay(&merge->store);
}

static Merge *
begin_merge(const KgStore *store, const KgMergeRequest *request, KgMergeCounts *counts)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "kg_hnsw merge",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Merge	   *merge = palloc0(sizeof(Merge));

	merge->context = context;
	merge->batch_context = AllocSetContextCreate(context, "kg_hnsw merge batch",
												 ALLOCSET_DEFAULT_SIZES);
	merge->row_context = AllocSetContextCreate(context, "kg_hnsw merge row",
											   ALLOCSET_DEFAULT_SIZES);
	merge->store = *store;
	merge->request = request;
	merge->counts = counts;
	refresh_index(merge);
	merge->inserter = kg_inserter_new(&merge->index->layout);
	MemoryContextSwitchTo(old_context);
	return merge;
}

/* Is there anything in the list?  Says which page of it is the last. */
static bool
find_last_page(const KgStore *store, uint32 *number)
{
	KgStore		meta = *store;
	const KgMetaPage *page = page_meta(kg_store_read(&meta, KG_META_BLOCK, PAGE_META));
	bool		any = page->pending_head != KG_META_BLOCK;

	*number = page->pending_number - 1;
	kg_store_done(&meta);
	return any;
}

bool
kg_merge(const KgStore *store, const KgMergeRequest *request, KgMergeCounts *counts)
{
	KgStore		lock = *store;
	uint32		last_page;

	memset(counts, 0, sizeof(KgMergeCounts));
	if (!kg_store_lock_merge(&lock, request->wait))
		return false;
	if (find_last_page(store, &last_page))
	{
		Merge	   *merge = begin_merge(store, request, counts);

		merge->last_page = last_page;
		do
		{
			read_batch(merge);
			merge_batch(merge);
		} while (merge->more);
		MemoryContextDelete(merge->context);
	}
	kg_store_unlock_merge(&lock);
	return true;
}
