/*
 * filtered.h
 *	  How a scan goes about its filter: by lists of values, by a search that
 *	  stays in a group or crosses what does not pass, or by a sweep.
 */
#ifndef KG_FILTERED_H
#define KG_FILTERED_H

#include "ann/scan/scan_state.h"

/*
 * Plans the search: scan->search.plan, and the rates at which nodes pass.  The
 * scan has a filter; memory is of the current context.
 */
extern void kg_filtered_plan(KgScan *scan, KgIndex *index);

/*
 * Do the lists of values have all nodes that may pass, and few?  Then they are
 * in scan->listed.
 */
extern bool kg_filtered_list(KgScan *scan, const KgIndex *index);

/* What a sweep for the rows that pass costs, in nodes expanded. */
extern double kg_filtered_sweep_hops(const KgScan *scan);

/* Likewise the planned search that would expand so many without a filter. */
extern double kg_filtered_search_hops(const KgScan *scan, double hops);

/* Of nodes that pass, how many it keeps in view for that. */
extern double kg_filtered_pool(const KgScan *scan, double hops);

/*
 * How far the search has come, as the number of nodes that it would have
 * expanded without a filter.
 */
extern double kg_filtered_progress(const KgScan *scan);

#endif							/* KG_FILTERED_H */
