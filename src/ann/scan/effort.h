/*
 * effort.h
 *	  How far a scan looks for the rows that LIMIT wants.
 */
#ifndef KG_EFFORT_H
#define KG_EFFORT_H

#include "ann/scan/scan_state.h"

/*
 * Decides what the search aims at: a recall or ef_search.  The scan's settings,
 * query, balls and end of the sweep are set.
 */
extern void kg_effort_aim(KgScan *scan, const KgIndex *index);

/* Does the caller put rows in order, and say how many are wanted? */
extern bool kg_effort_is_held(const KgScan *scan);

/* How many nodes the search keeps in view. */
extern int	kg_effort_pool(const KgScan *scan);

/* Does the scan begin with the sweep, as it costs no more than the search? */
extern bool kg_effort_begin_sweeping(const KgScan *scan);

/* Begins to note how the search arrives, in the current context. */
extern void kg_effort_begin_searching(KgScan *scan);

/*
 * Notes the key and the bound of a live node that the search expands.  Says
 * beyond which key the search pauses.
 */
extern void kg_effort_note(KgScan *scan, float key, double bound);

/*
 * Does it go over from the search to the sweep, as few rows pass the filter?
 */
extern bool kg_effort_go_sweeping(const KgScan *scan);

/*
 * Are the wanted rows there, and has the search looked farther than the farthest
 * of them?
 */
extern bool kg_effort_is_sure(const KgScan *scan);

/*
 * By how many nodes a search goes on after its first pool; for a recall, plans
 * anew.
 */
extern int	kg_effort_step(KgScan *scan);

#endif							/* KG_EFFORT_H */
