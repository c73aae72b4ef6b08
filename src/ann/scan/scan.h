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

typedef enum KgIterativeScan
{
	ITERATIVE_STRICT,
	ITERATIVE_RELAXED,
	ITERATIVE_OFF
} KgIterativeScan;

/* kg.ef_search, kg.iterative_scan, kg.max_scan_tuples (0: no limit) */
extern int	kg_ef_search;
extern int	kg_iterative_scan;
extern int	kg_max_scan_tuples;

#define KG_DEFAULT_EF_SEARCH 120
#define KG_MIN_EF_SEARCH 1
#define KG_MAX_EF_SEARCH 10000

/*
 * A search that found its ef_search nodes knows the nearest of them well.  For
 * further rows to leave in order it must be ahead: so many nodes expanded for
 * each that left, and a batch more.  The README has the figures.
 */
#define KG_WELL_KNOWN(ef) Max(20, (ef) / 3)
#define KG_SEARCH_AHEAD 2

/*
 * Under LIMIT a search ends when it has expanded so many nodes, given how many of
 * them are no farther than the farthest of the wanted rows.  Of ten the nearest
 * are found with few; of a hundred the farther ones stand out less.
 */
#define KG_SEARCH_BEYOND 2.5

static inline double
kg_hops_for_rows(int ef_search, double rows)
{
	double		many = Min(rows * rows / 100, 100);

	return Max(ef_search, rows * KG_SEARCH_BEYOND + many * 1.5 + ef_search / 4.0);
}

/*
 * So it begins with so many in view: somewhat more, for rows that turn out to
 * be farther than their bounds.
 */
static inline double
kg_pool_for_rows(int ef_search, double wanted)
{
	return kg_hops_for_rows(ef_search, wanted * 1.07);
}

/*
 * While a search expands one node, the sweep measures so many: it reads pages in
 * their order and looks at no neighbours.
 */
#define KG_SWEPT_FOR_A_HOP 8

/* What the scans of one scan descriptor did. */
typedef struct KgScanCounters
{
	Oid			index;
	uint64		scans;			/* more than one: rescans */
	uint64		batches;		/* of kg.ef_search nodes */
	uint64		hops;			/* nodes expanded */
	uint64		pages;			/* read, cached or not; some several times */
	uint64		reranked;		/* nodes whose finer copies were read */
	uint64		rows;			/* returned to the executor, which computes
								 * their distances */
	uint64		late;			/* nodes held back, for order */
	uint64		swept;			/* nodes read because no edge led there in
								 * time */
	bool		cut_short;		/* by a setting */
} KgScanCounters;

/* Those of this backend's last index scan that ended; index 0 if none has. */
extern KgScanCounters kg_last_scan;

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
