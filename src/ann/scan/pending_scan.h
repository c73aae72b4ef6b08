/*
 * pending_scan.h
 *	  A scan reads the list of pending rows.
 */
#ifndef KG_PENDING_SCAN_H
#define KG_PENDING_SCAN_H

#include "ann/scan/scan_state.h"

/*
 * Reads the list if there is one; query, balls and filter are set.  index must have
 * been opened after the scan's snapshot was taken.
 */
extern void kg_scan_read_pending(KgScan *scan, KgIndex *index);

#endif							/* KG_PENDING_SCAN_H */
