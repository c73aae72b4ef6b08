/*
 * check_pending.c
 *	  Checks the list of pending rows.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "ann/core/check_pending.h"
#include "ann/layout/pending.h"

static void
check_entry(KgCheck *check, const KgMetaPage *meta, BlockNumber block,
			const KgPendingEntry *entry)
{
	const KgLayout *layout = &check->layout;

	if (entry->state == PENDING_GONE)
		return;
	if (entry->state != PENDING_WAITS)
		kg_check_report(check, block, "pending row has state %u", entry->state);
	else if (!tid_valid(entry->tid))
		kg_check_report(check, block, "a row has no TID");
	else
		check->reporter->row(check->reporter->arg, entry->tid, KG_PENDING);
	if (entry->frame >= meta->frame_count)
		kg_check_report(check, block, "pending row has frame %u of %u", entry->frame,
						meta->frame_count);
	if (!(entry->error >= 0) || !(entry->length >= 0))
		kg_check_report(check, block, "pending row has error bound %g and length %g",
						entry->error, entry->length);
	if (layout->sparse > 0 &&
		!kg_sparse_is_sound(pending_vector(layout, entry), layout->sparse))
		kg_check_report(check, block, "pending row has elements of a sparse vector that are out of order");
}

static void
check_page(KgCheck *check, const KgMetaPage *meta, BlockNumber block, Page page)
{
	const KgLayout *layout = &check->layout;

	if (page_pending(page)->count > (uint32) kg_pending_per_page(layout))
		kg_check_report(check, block, "page has %u pending rows, more than %d",
						page_pending(page)->count, kg_pending_per_page(layout));
	for (int i = 0; i < page_pending_count(layout, page); i++)
		check_entry(check, meta, block, page_pending_entry(layout, page, i));
}

/* Pages that are in no list: their rows would never be merged. */
static void
check_lost_pages(KgCheck *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
		if (kg_check_page_is(check, block, PAGE_PENDING) &&
			!kg_visited_has(&check->listed, block))
			kg_check_report(check, block, "page of pending rows is in no list");
}

void
kg_check_pending(KgCheck *check, const KgMetaPage *meta)
{
	BlockNumber block = meta->pending_head;
	BlockNumber last = KG_META_BLOCK;
	uint32		number = meta->pending_number - meta->pending_pages;
	uint32		pages = 0;

	while (block != KG_META_BLOCK && block != InvalidBlockNumber)
	{
		Page		page;

		CHECK_FOR_INTERRUPTS();
		if (!kg_check_page_is(check, block, PAGE_PENDING) ||
			!kg_visited_add(&check->listed, block))
		{
			kg_check_report(check, block, "the list of pending rows leads to a page of another kind or list");
			break;
		}
		page = kg_store_read(&check->store, block, PAGE_PENDING);
		if (page_pending(page)->number != number + pages)
			kg_check_report(check, block, "page %u of pending rows stands where page %u should",
							page_pending(page)->number, number + pages);
		check_page(check, meta, block, page);
		last = block;
		pages++;
		block = page_opaque(page)->next;
		kg_store_done(&check->store);
	}
	if (last != meta->pending_tail || pages != meta->pending_pages)
		kg_check_report(check, KG_META_BLOCK, "the list of pending rows has %u pages and ends at block %u, not %u and %u",
						pages, last, meta->pending_pages, meta->pending_tail);
	check_lost_pages(check);
}
