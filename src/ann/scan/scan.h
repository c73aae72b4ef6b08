/*
 * scan.h
 *	  ORDER BY distance, WHERE within a distance, or both.
 */
#ifndef KG_SCAN_H
#define KG_SCAN_H

#include "postgres.h"
#include "access/genam.h"
#include "access/relscan.h"

#include "ann/scan/goal.h"

extern IndexScanDesc kg_ambeginscan(Relation rel, int nkeys, int norderbys);
extern void kg_amrescan(IndexScanDesc desc, ScanKey keys, int nkeys,
						ScanKey orderbys, int norderbys);
extern bool kg_amgettuple(IndexScanDesc desc, ScanDirection direction);
extern void kg_amendscan(IndexScanDesc desc);

/*
 * What the scan's rows are for.  goal must live as long as the scan; it is
 * read when a scan begins and as it goes on.  NULL if none was set.
 */
extern void kg_scan_set_goal(IndexScanDesc desc, KgGoal *goal);
extern KgGoal *kg_scan_goal(IndexScanDesc desc);

/* How often the scan began: rises with each rescan. */
extern uint64 kg_scan_count(IndexScanDesc desc);

#endif							/* KG_SCAN_H */
