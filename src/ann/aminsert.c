/*
 * aminsert.c
 *	  INSERT, as the server calls it: a row at a time.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/aminsert.h"
#include "ann/core/access_method.h"
#include "ann/core/build.h"
#include "ann/core/column.h"
#include "ann/core/filter_column.h"
#include "ann/core/index_cache.h"
#include "ann/core/insert.h"
#include "ann/core/merge.h"
#include "ann/core/pending_row.h"
#include "ann/layout/duplicates.h"

/* What a statement keeps from row to row. */
typedef struct InsertState
{
	KgInserter *inserter;
	KgFilterColumns filters;
	MemoryContext row_context;
} InsertState;

/* Does this backend's insert go to the list of pending rows? */
static bool
is_fast(Relation rel)
{
	const KgOptions *options = (const KgOptions *) rel->rd_options;
	const KgAccessMethod *method = kg_access_method(rel->rd_indam->amoptions);

	return options ? options->fastupdate : method && method->fastupdate;
}

/* Merges the list of pending rows if it has grown to its limit. */
static void
merge_if_full(Relation rel, uint32 pages)
{
	const KgOptions *options = (const KgOptions *) rel->rd_options;
	KgMergeRequest request = {.memory = (Size) work_mem * 1024};
	int			limit = options ? options->pending_list_limit : 0;
	KgMergeCounts counts;
	KgStore		store;

	if (limit == 0)
		limit = KG_DEFAULT_PENDING_LIMIT;
	if ((uint64) pages * (BLCKSZ / 1024) < (uint64) Max(limit, KG_MIN_PENDING_LIMIT))
		return;
	kg_store_init(&store, rel, NULL);

	/* If another merges, it does not take these rows, but the next one will. */
	(void) kg_merge(&store, &request, &counts);
}

/*
 * Adds a row whose vectors, if any, are nodes.  A crash or an error between two
 * of them leaves a row that no snapshot will see, as its transaction did not
 * commit, and VACUUM takes it out of the nodes that have it.  The same is true of
 * entries in the list of pending rows.  Returns the pages of that list, if it has
 * grown, else 0.
 */
static uint32
insert_vectors(InsertState *state, Relation rel, const KgRowVectors *vectors,
			   KgRow *row)
{
	bool		fast = is_fast(rel);
	uint32		pages = 0;
	KgStore		store;

	for (int i = 0; i < vectors->count; i++)
	{
		KgIndex    *index = kg_index_open(rel, &store);

		row->x = vectors->x[i];
		if (index->unit == 0)
		{
			kg_index_set_unit(&store, row->x);
			index = kg_index_open(rel, &store);
		}
		if (!fast || !kg_pending_insert(state->inserter, index, &store, row, &pages))
			kg_insert_row(state->inserter, index, &store, row);
	}
	if (vectors->count == 0)
	{
		(void) kg_index_open(rel, &store);
		kg_list_add(&store, LIST_UNDIRECTED, row->tid);
	}
	return pages;
}

bool
kg_aminsert(Relation rel, Datum *values, bool *isnull, ItemPointer heap_tid,
			Relation heap, IndexUniqueCheck unique, bool unchanged,
			IndexInfo *info)
{
	InsertState *state = info->ii_AmCache;
	const KgColumn *column = kg_column_get(rel);
	MemoryContext old_context;
	KgStore		store;
	KgIndex    *index;
	KgRow		row = {.tid = tid_from_pointer(heap_tid)};
	Datum		value = 0;
	int			dims;

	if (state == NULL)
	{
		state = MemoryContextAllocZero(info->ii_Context, sizeof(InsertState));
		state->row_context = AllocSetContextCreate(info->ii_Context,
												   "kg_hnsw insert",
												   ALLOCSET_DEFAULT_SIZES);
		kg_filter_columns_get(rel, &state->filters);
		info->ii_AmCache = state;
	}
	old_context = MemoryContextSwitchTo(state->row_context);

	/*
	 * A value kept out of line is fetched before the index is opened: that
	 * opens another relation, which may drop what the relation cache has.
	 */
	if (!isnull[0])
		value = PointerGetDatum(PG_DETOAST_DATUM(values[0]));
	kg_filter_words(&state->filters, values, isnull, row.words);

	index = kg_index_open(rel, &store);
	if (state->inserter == NULL)
	{
		MemoryContextSwitchTo(info->ii_Context);
		state->inserter = kg_inserter_new(&index->layout);
		MemoryContextSwitchTo(state->row_context);
	}
	dims = index->layout.dims;
	if (isnull[0])
		kg_list_add(&store, LIST_NULLS, row.tid);
	else
	{
		KgRowVectors vectors = kg_column_vectors(column, value, dims);

		merge_if_full(rel, insert_vectors(state, rel, &vectors, &row));
	}

	MemoryContextSwitchTo(old_context);
	MemoryContextReset(state->row_context);
	return false;
}
