/*
 * recentre.c
 *	  Codes the entry points anew around their mean.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "ann/core/entries.h"
#include "ann/core/recentre.h"
#include "ann/layout/space.h"

/*
 * Entries are coded anew when their mean's squared distance from the centre of
 * their codes is above this part of their mean squared distance from the mean.
 */
#define FAR_CENTRE_PART 0.25

/* Starts to count changes anew; false if another backend was faster. */
static bool
claim_recentring(KgStore *store)
{
	KgEdit		edit;
	KgMetaPage *meta;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	if (!kg_entries_want_centre(meta))
	{
		kg_edit_abort(&edit);
		return false;
	}
	meta->entry_changes = 0;
	kg_edit_commit(&edit);
	return true;
}

/*
 * The mean of the nodes of those entries whose distance is at most within;
 * returns their mean squared distance from it.
 */
static double
find_mean(KgStore *store, const KgEntryTable *table, const double *distances,
		  double within, double *mean)
{
	int			dim = store->layout->shape.dim;
	KgNodeData	data = {.y = palloc(sizeof(double) * store->layout->shape.dim)};
	double		square = 0;
	int			count = 0;

	memset(mean, 0, sizeof(double) * dim);
	for (int i = 0; i < table->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (distances[i] > within)
			continue;
		count++;
		kg_node_read(store, table->nodes[i], &data);
		for (int j = 0; j < dim; j++)
		{
			mean[j] += data.y[j];
			square += data.y[j] * data.y[j];
		}
	}
	square /= count;
	for (int j = 0; j < dim; j++)
	{
		mean[j] /= count;
		square -= mean[j] * mean[j];
	}
	pfree(data.y);
	return Max(square, 0);
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/*
 * The mean of the entries that are at most twice as far from the mean of all
 * as half of the entries are: a few rows far away must not spoil it.
 */
static double
find_centre(KgStore *store, const KgEntryTable *table, double *mean)
{
	int			dim = store->layout->shape.dim;
	double	   *distances = palloc0(sizeof(double) * table->count);
	double	   *sorted = palloc(sizeof(double) * table->count);
	KgNodeData	data = {.y = palloc(sizeof(double) * store->layout->shape.dim)};
	double		median;
	double		square;

	(void) find_mean(store, table, distances, 0, mean);
	for (int i = 0; i < table->count; i++)
	{
		kg_node_read(store, table->nodes[i], &data);
		for (int j = 0; j < dim; j++)
			distances[i] += (data.y[j] - mean[j]) * (data.y[j] - mean[j]);
		distances[i] = sqrt(distances[i]);
	}
	memcpy(sorted, distances, sizeof(double) * table->count);
	qsort(sorted, table->count, sizeof(double), compare_doubles);
	median = sorted[table->count / 2];
	square = find_mean(store, table, distances, 2 * median, mean);
	pfree(data.y);
	pfree(sorted);
	pfree(distances);
	return square;
}

/* Codes one page of entries relative to another frame. */
static void
recode_page(KgStore *store, int page_no, int number, const KgFrame *frame)
{
	const KgLayout *layout = store->layout;
	int			per_page = kg_entries_per_page(layout);
	KgNodeData	data = {.y = palloc(sizeof(double) * store->layout->shape.dim)};
	KgEdit		edit;
	KgMetaPage *meta;
	Page		page;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	page = kg_edit_page(&edit, meta->entry_pages[page_no], PAGE_ENTRIES);
	*kg_entry_page_frame(page) = number;
	for (int i = 0; i < per_page &&
		 page_no * per_page + i < (int) meta->entry_count; i++)
	{
		KgEntry    *entry = kg_entry_on(layout, page, i);
		KgEntry    *coded;

		kg_node_read(store, entry->node, &data);
		coded = kg_entry_new(layout, frame, &data, entry->priority);
		memcpy(entry, coded, kg_entry_size(layout));
		pfree(coded);
	}
	meta->entry_version++;
	kg_edit_commit(&edit);
	pfree(data.y);
}

void
kg_recentre(KgStore *store)
{
	const KgLayout *layout = store->layout;
	int			dim = layout->shape.dim;
	KgFrame    *frame;
	double	   *mean;
	KgMetaPage	meta;
	KgEntryTable table;
	double		square;
	double		apart = 0;
	int			number;

	if (!claim_recentring(store) || !kg_layout_has_frames(layout))
		return;
	frame = palloc(kg_frame_bytes(layout));
	mean = palloc(sizeof(double) * dim);
	kg_entries_read_all(store, &meta, &table);
	square = find_centre(store, &table, mean);
	kg_frame_read(store, meta.default_frame, frame);
	for (int i = 0; i < dim; i++)
		apart += (mean[i] - frame->centre[i]) * (mean[i] - frame->centre[i]);
	if (square > 0 && apart > square * FAR_CENTRE_PART)
	{
		frame->unit = kg_space_unit(sqrt(square));
		for (int i = 0; i < dim; i++)
			frame->centre[i] = (float) mean[i];
		number = kg_frame_add(store, frame, true);
		for (int i = 0; number > 0 &&
			 i * kg_entries_per_page(layout) < table.count; i++)
			recode_page(store, i, number, frame);
	}
	pfree(table.nodes);
	pfree(frame);
	pfree(mean);
}
