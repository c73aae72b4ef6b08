/*
 * filtered.h
 *	  How a scan goes about its filter: by lists of values, by a search that
 *	  stays in a group or crosses what does not pass, or by a sweep.
 */
#ifndef KG_FILTERED_H
#define KG_FILTERED_H

#include "ann/scan/scan_state.h"

/*
 * A search stays in a group if this part of all nodes or less is of it.  Of more
 * frequent values a group's edges are too few: 10% of photosift is found to
 * .964 at 124 nodes expanded there, and to .991 at 264 by way of the others.
 */
#define KG_MOST_GROUPED 0.04

/*
 * How much farther a search goes than one without a filter, given the rate at
 * which the nodes that lead it on pass, and which part of all nodes these are: 1
 * unless it stays in a group.
 */
extern double kg_filtered_farther(double rate, double group);

/*
 * What a sweep costs, in nodes expanded: words compared for so many conditions,
 * and nodes read.
 */
extern double kg_filtered_sweep(double nodes, int conditions, double rate);

/* To read one node costs this part of expanding it. */
#define KG_READ_PART 0.4

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
