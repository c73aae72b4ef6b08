/*
 * maxsim.h
 *	  Scans in the order of MaxSim: an array of vectors a row, each of which is a
 *	  node.
 */
#ifndef KG_MAXSIM_H
#define KG_MAXSIM_H

#include "ann/scan/scan_state.h"

/*
 * How far the scan of a query looks: the nodes that the search for each of its
 * vectors keeps in view, and the rows that it fetches beyond the last one that
 * was among the nearest.
 */
typedef struct KgMaxSimEffort
{
	double		pool;
	double		patience;
} KgMaxSimEffort;

/*
 * For so many wanted rows, by ef_search if that is set, else by the recall that is
 * wanted and the index's table.
 */
extern KgMaxSimEffort kg_maxsim_effort(const KgScanSettings *settings,
									   const KgRecallTable *table,
									   double rows, double nodes);

/*
 * Begins a scan, whose filter was read.  query is the ORDER BY's array.  Returns
 * what comes first.
 */
extern ScanStage kg_maxsim_begin(KgScan *scan, Relation rel, Datum query);

/*
 * Loads the next row of the search; false when that is over, or no further row is
 * wanted at present.
 */
extern bool kg_maxsim_next(KgScan *scan);

/* Drops those of the loaded rows that were handed out before. */
extern void kg_maxsim_keep_new(KgScan *scan);

#endif							/* KG_MAXSIM_H */
