/*
 * scan.h
 *	  ORDER BY distance.
 */
#ifndef KG_SCAN_H
#define KG_SCAN_H

#include "postgres.h"
#include "access/genam.h"
#include "access/relscan.h"

typedef enum KgIterativeScan
{
	ITERATIVE_STRICT,
	ITERATIVE_RELAXED,
	ITERATIVE_OFF
} KgIterativeScan;

/* kg.ef_search, kg.iterative_scan */
extern int	kg_ef_search;
extern int	kg_iterative_scan;

#define KG_DEFAULT_EF_SEARCH 100
#define KG_MIN_EF_SEARCH 1
#define KG_MAX_EF_SEARCH 10000

extern IndexScanDesc kg_ambeginscan(Relation rel, int nkeys, int norderbys);
extern void kg_amrescan(IndexScanDesc desc, ScanKey keys, int nkeys,
						ScanKey orderbys, int norderbys);
extern bool kg_amgettuple(IndexScanDesc desc, ScanDirection direction);
extern void kg_amendscan(IndexScanDesc desc);

#endif							/* KG_SCAN_H */
