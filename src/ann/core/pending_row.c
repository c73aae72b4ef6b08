/*
 * pending_row.c
 *	  A row as an entry of the list of pending rows, and back.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "ann/core/pending_row.h"
#include "ann/layout/duplicates.h"

/* Is there room for the row in the list? */
static bool
fits(const KgLayout *layout, const KgRow *row)
{
	if (layout->sparse > 0 &&
		((const KgSparseValue *) row->x)->count > layout->sparse)
		return false;
	return kg_pending_per_page(layout) > 0;
}

static void
fill_entry(KgInserter *inserter, const KgIndex *index, const KgRow *row)
{
	const KgLayout *layout = &index->layout;
	KgQuery    *query = &inserter->query;
	KgPendingEntry *entry = inserter->entry;
	const KgFrameView *view = kg_query_view_vector(query, index->default_frame_number);

	entry->tid = row->tid;
	entry->state = PENDING_WAITS;
	entry->frame = index->default_frame_number;
	entry->error = query->extreme ? INFINITY : kg_round_up(kg_view_vanishing(view));
	entry->length = (float) query->norm;
	entry->hash = query->hash;
	memcpy(entry->words, row->words, sizeof(uint32) * layout->filters);
	if (layout->sparse > 0)
		kg_sparse_store(&query->sparse, layout->sparse, pending_vector(layout, entry));
	else
		memcpy(pending_vector(layout, entry), view->q, sizeof(float) * layout->shape.dim);
}

bool
kg_pending_insert(KgInserter *inserter, KgIndex *index, KgStore *store,
				  const KgRow *row, uint32 *pages)
{
	uint32		length;

	if (!fits(&index->layout, row))
		return false;
	if (!kg_query_set(&inserter->query, index, store, row->x))
	{
		kg_list_add(store, LIST_UNDIRECTED, row->tid);
		return true;
	}
	if (inserter->entry == NULL)
		inserter->entry = memset(kg_query_alloc(&inserter->query,
												kg_pending_bytes(&index->layout)),
								 0, kg_pending_bytes(&index->layout));
	fill_entry(inserter, index, row);
	length = kg_pending_append(store, inserter->entry);
	if (length > 0)
		*pages = length;
	return true;
}

/*
 * The place of an entry's vector, and how far it may be from the row's: rounding
 * the vector to float4 moved it, too.
 */
static void
set_place(KgInserter *inserter, const KgPendingEntry *entry)
{
	const KgIndex *index = inserter->index;
	const KgLayout *layout = &index->layout;
	const float *vector = pending_vector(layout, entry);
	const KgFrame *frame = index->default_frame;
	double		square = 0;

	if (inserter->place == NULL)
		inserter->place = kg_query_alloc(&inserter->query,
										 sizeof(double) * layout->shape.dim);
	if (entry->frame != index->default_frame_number)
	{
		kg_frame_read(inserter->store, entry->frame & SLOT_FRAME, inserter->work.frame);
		frame = inserter->work.frame;
	}
	kg_space_place(layout, frame->centre, frame->unit, vector, inserter->place);
	kg_query_set_position(&inserter->query, index, inserter->store, inserter->place);
	for (int i = 0; i < layout->shape.dim; i++)
		square += (double) vector[i] * vector[i];
	inserter->lost = entry->error + FLT_EPSILON * sqrt(square) * frame->unit;
}

void
kg_pending_set_query(KgInserter *inserter, const KgPendingEntry *entry)
{
	const KgLayout *layout = &inserter->index->layout;
	KgQuery    *query = &inserter->query;
	const void *x = pending_vector(layout, entry);
	KgSparseValue value;

	if (layout->sparse == 0 && !kg_metric_of_bits(layout->metric))
	{
		set_place(inserter, entry);
		query->hash = entry->hash;
		query->extreme = !isfinite(entry->error);
		return;
	}
	if (layout->sparse > 0)
	{
		value = kg_sparse_stored(x, layout->sparse);
		x = &value;
	}
	if (!kg_query_set(query, inserter->index, inserter->store, x))
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a pending row whose vector is zero",
						kg_store_name(inserter->store)),
				 errhint("Please REINDEX it.")));
}

KgRow
kg_pending_row(const KgLayout *layout, const KgPendingRow *pending)
{
	KgRow		row = {.tid = pending->entry->tid,.pending = pending};

	memcpy(row.words, pending->entry->words, sizeof(uint32) * layout->filters);
	return row;
}

bool
kg_pending_take_row(KgInserter *inserter, const KgRow *row)
{
	memcpy(inserter->words, row->words, sizeof(inserter->words));
	inserter->pending = NULL;
	inserter->lost = 0;
	if (row->pending == NULL)
		return kg_query_set(&inserter->query, inserter->index, inserter->store, row->x);
	inserter->pending = &row->pending->place;
	kg_pending_set_query(inserter, row->pending->entry);
	return true;
}
