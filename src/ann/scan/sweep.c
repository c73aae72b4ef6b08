/*
 * sweep.c
 *	  What comes after the search of a scan: the nodes that it did not hand out,
 *	  found by reading all pages, then the rows that have no node.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"

#include "ann/layout/words.h"
#include "ann/scan/sweep.h"

/*
 * Under LIMIT: nodes beyond the wanted rows are of no use, unless more rows
 * turn out to be wanted.
 */
static void
pass_over(KgScan *scan, double within)
{
	scan->swept_within = Min(scan->swept_within, within);
}

/* Looks at a node: keeps it if it passes, is near enough, and was not handed out. */
static void
sweep_slot(KgScan *scan, const NodeSlot *slot, uint32 node, double within)
{
	double		bound = -INFINITY;

	if (slot->state != NODE_LIVE || !kg_scan_passes(scan, slot) ||
		kg_visited_has(&scan->returned, node))
		return;
	if (scan->measured)
		bound = kg_query_lower(scan->query, slot,
							   kg_query_key(scan->query, slot));
	scan->swept++;
	if (bound > within)
		pass_over(scan, within);
	else
		kg_scan_collect(scan, slot, node, bound);
}

static void
sweep_page(KgScan *scan, BlockNumber block, double within)
{
	const KgLayout *layout = &scan->layout;
	Page		page = kg_store_read_if(&scan->store, block, PAGE_NODES);

	if (page == NULL)
		return;
	for (int i = 0; i < layout->per_page; i++)
		sweep_slot(scan, page_slot(layout, page, i), block * layout->per_page + i,
				   within);
	kg_store_done(&scan->store);
}

/* One node, if its page is one of nodes. */
static void
sweep_node(KgScan *scan, uint32 node, double within)
{
	const KgLayout *layout = &scan->layout;
	Page		page = kg_store_read_if(&scan->store, node_block(layout, node),
										PAGE_NODES);

	if (page == NULL)
		return;
	sweep_slot(scan, node_slot(layout, page, node), node, within);
	kg_store_done(&scan->store);
}

/* The nodes of a group that pass by their words. */
static void
sweep_group(KgScan *scan, uint32 group, double within)
{
	const KgLayout *layout = &scan->layout;
	int			count = kg_words_per_page(layout);
	Page		page = kg_store_read_if(&scan->store, kg_words_block(layout, group),
										PAGE_WORDS);
	bool		passes[KG_PAGE_USABLE / sizeof(uint32)];

	if (page == NULL)
		return;
	kg_filter_mark(&scan->filter, kg_words_of(layout, page, 0), count, count, passes);
	kg_store_done(&scan->store);
	for (int i = 0; i < count; i++)
	{
		uint32		node;

		if (!passes[i])
			continue;
		node = kg_words_node(layout, group, i);
		if (node_block(layout, node) >= scan->sweep_end)
			return;
		sweep_node(scan, node, within);
	}
}

/* The next piece of what is to be swept; false at its end. */
static bool
sweep_piece(KgScan *scan, double within)
{
	const KgLayout *layout = &scan->layout;

	if (scan->listed)
	{
		if (scan->listed_next == scan->listed_count)
			return false;
		sweep_node(scan, scan->listed[scan->listed_next++], within);
		return true;
	}
	if (scan->sweep_block >= scan->sweep_end)
		return false;
	if (kg_scan_filtered(scan) && layout->word_pages > 0)
	{
		sweep_group(scan, (scan->sweep_block - 1) / layout->group_pages, within);
		scan->sweep_block += layout->group_pages;
	}
	else
		sweep_page(scan, scan->sweep_block++, within);
	return true;
}

/* Reads on until work_mem is full; false if nothing was found. */
static bool
sweep_on(KgScan *scan, double within)
{
	while (!scan->cut &&
		   scan->found.count * sizeof(KgFoundNode) < (Size) work_mem * 1024)
	{
		CHECK_FOR_INTERRUPTS();
		if (kg_scan_limit_reached(scan))
			scan->cut = true;
		else if (!sweep_piece(scan, within))
			break;
	}
	return scan->found.count > 0;
}

/*
 * The next node of the sweep.  All that is left is put in order, or as much
 * as fits in work_mem at a time.
 */
bool
kg_sweep_next(KgScan *scan)
{
	double		within = kg_goal_farthest(scan->goal);

	if (within > scan->swept_within)
	{
		scan->sweep_block = KG_META_BLOCK + 1;
		scan->listed_next = 0;
		scan->found.count = 0;
		scan->swept_within = INFINITY;
	}
	while (scan->found.count > 0 || sweep_on(scan, within) || scan->pending.found.count > 0)
	{
		KgFound    *nearest = kg_pending_rows_nearest(&scan->pending, &scan->found);

		if (nearest->nodes[0].bound <= within)
		{
			KgFoundNode node = kg_found_pop(nearest);

			kg_scan_load_node(scan, &node);
			return true;
		}

		/* Pending rows beyond stay, as they are found nowhere else. */
		if (scan->found.count == 0)
			return false;
		pass_over(scan, within);
		scan->found.count = 0;
	}
	return false;
}

void
kg_sweep_start_list(KgScan *scan, ScanStage stage)
{
	kg_list_begin(&scan->list, &scan->store,
				  stage == STAGE_NULLS ? LIST_NULLS : LIST_UNDIRECTED);
	scan->stage = stage;
	scan->distance.value = get_float8_nan();
	scan->distance.isnull = scan->query_null || stage == STAGE_NULLS;
}

bool
kg_sweep_list_next(KgScan *scan)
{
	Page		page = kg_list_next(&scan->store, &scan->list);
	KgListPage *list;

	if (page == NULL)
		return false;
	list = page_list(page);
	if (scan->tid_capacity < (int) list->count)
	{
		scan->tid_capacity = KG_LIST_TIDS;
		scan->tids = repalloc(scan->tids, sizeof(KgTid) * scan->tid_capacity);
	}
	memcpy(scan->tids, list->tids, sizeof(KgTid) * list->count);
	scan->tid_count = list->count;
	scan->tid_next = 0;
	kg_store_done(&scan->store);
	return true;
}
