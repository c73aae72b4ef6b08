/*
 * sweep.h
 *	  The last stages of a scan: all pages in their order, then the lists of
 *	  rows that have no node.
 */
#ifndef KG_SWEEP_H
#define KG_SWEEP_H

#include "ann/scan/scan_state.h"

/*
 * Loads the rows of the next node that the search did not hand out, false if
 * there is none.
 */
extern bool kg_sweep_next(KgScan *scan);

/* Goes on to a list of rows without a node. */
extern void kg_sweep_start_list(KgScan *scan, ScanStage stage);

/* Loads the rows of the next page of a list; false at its end. */
extern bool kg_sweep_list_next(KgScan *scan);

#endif							/* KG_SWEEP_H */
