/*
 * scan_state.c
 *	  What a scan keeps: rows on their way to the executor.
 */
#include "postgres.h"

#include "utils/float.h"

#include "ann/layout/duplicates.h"
#include "ann/scan/scan_state.h"

KgScanCounters kg_last_scan;

void
kg_scan_collect(KgScan *scan, const NodeSlot *slot, uint32 number, double bound)
{
	KgFoundNode node = {
		.bound = bound,.node = number,.chunk = slot->chunk,
		.generation = slot->generation,.tid = slot->tid,
		.frame = slot_frame(slot),.length = slot->length,
		.coarse = scan->copy && scan->stage != STAGE_SWEEP &&
		!(slot->frame & SLOT_SHARED)
	};

	if (kg_radius_may_contain(&scan->within, slot, bound))
		kg_found_add(&scan->found, &node);
}

void
kg_scan_load_node(KgScan *scan, const KgFoundNode *node)
{
	scan->tid_next = 0;
	scan->tids = kg_found_read_rows(&scan->store, node, scan->tids,
									&scan->tid_count, &scan->tid_capacity);
	if (node->node != KG_NO_NODE)
	{
		kg_visited_add(&scan->returned, node->node);
		scan->tid_count = kg_pending_rows_drop(&scan->pending, scan->tids,
											   scan->tid_count);
	}
	scan->last_bound = node->bound;
	scan->distance.value = node->bound;
	scan->distance.isnull = scan->query_null;
	if (scan->query_undirected)
		scan->distance.value = get_float8_nan();
}

bool
kg_scan_limit_reached(const KgScan *scan)
{
	return scan->max_nodes > 0 &&
		scan->earlier_hops + scan->search.hops + scan->swept >= (uint64) scan->max_nodes;
}
