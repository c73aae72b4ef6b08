/*
 * pending_scan.c
 *	  A scan reads the list of pending rows.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/pending_row.h"
#include "ann/scan/pending_scan.h"

static void
look_at_row(KgScan *scan, const KgPendingEntry *entry)
{
	double		bound = -INFINITY;

	scan->counters.pending++;
	if (kg_scan_filtered(scan) && !kg_filter_passes(&scan->filter, entry->words))
		return;
	if (scan->measured)
		bound = kg_pending_lower(scan->query, entry);
	if (kg_radius_may_contain_pending(&scan->within, entry, bound))
		kg_pending_rows_add(&scan->pending, entry->tid, bound);
}

static void
look_at_page(KgScan *scan, Page page)
{
	const KgLayout *layout = &scan->layout;

	for (int i = 0; i < page_pending_count(layout, page); i++)
	{
		const KgPendingEntry *entry = page_pending_entry(layout, page, i);

		if (entry->state == PENDING_WAITS)
			look_at_row(scan, entry);
	}
}

void
kg_scan_read_pending(KgScan *scan, KgIndex *index)
{
	KgPendingReader reader = {0};
	Page		page;

	/* All rows that the snapshot sees were in the graph when that was read. */
	if (index->pending_pages == 0)
		return;
	while ((page = kg_pending_next(&scan->store, &reader)) != NULL)
	{
		look_at_page(scan, page);
		kg_store_done(&scan->store);
	}

	/* Rows that were merged meanwhile may be led to by new entry points only. */
	kg_index_refresh(index, &scan->store);
}
