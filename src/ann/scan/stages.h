/*
 * stages.h
 *	  The stages that a scan goes through.
 */
#ifndef KG_STAGES_H
#define KG_STAGES_H

#include "postgres.h"
#include "access/relscan.h"

#include "ann/scan/scan_state.h"

/*
 * Loads further rows to hand out; false when there are none or, under LIMIT,
 * none that is of use at present.
 */
extern bool kg_stages_next(KgScan *scan, IndexScanDesc desc);

#endif							/* KG_STAGES_H */
