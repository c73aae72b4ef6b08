/*
 * scan_settings.h
 *	  The settings of scans, and how much of the index they have a scan read.
 */
#ifndef KG_SCAN_SETTINGS_H
#define KG_SCAN_SETTINGS_H

#include "postgres.h"
#include "utils/guc.h"
#include "utils/relcache.h"

typedef enum KgIterativeScan
{
	ITERATIVE_STRICT,
	ITERATIVE_RELAXED,
	ITERATIVE_OFF
} KgIterativeScan;

/* What a scan goes by: kg's settings, or those of the index's access method. */
typedef struct KgScanSettings
{
	int			ef_search;		/* 0: target_recall counts */
	double		target_recall;
	int			least_ef_search;	/* a search for a recall goes no less far
									 * than by this; 0: as it is measured */
	int			unmeasured_ef_search;	/* of an index that was not measured,
										 * as it was made without rows */
	int			iterative_scan; /* KgIterativeScan */
	int64		max_scan_tuples;	/* nodes; 0: no limit */
	Size		memory;			/* that the search may take, bytes */
	int			limit_level;	/* of the message that it ended a scan */
	const char *limit_hint;		/* of that message */
} KgScanSettings;

/* The settings themselves. */
extern int	kg_ef_search;
extern double kg_target_recall;
extern int	kg_iterative_scan;
extern int	kg_max_scan_tuples;

#define KG_DEFAULT_TARGET_RECALL 0.99

/* The usual unmeasured_ef_search. */
#define KG_DEFAULT_EF_SEARCH 120
#define KG_MAX_EF_SEARCH 10000

/* A scan that does not know how many rows are wanted looks as far as for these. */
#define KG_STREAMED_ROWS 10

/* Hooks of kg.target_recall: they note whether it was set. */
extern bool kg_target_recall_check(double *value, void **extra, GucSource source);
extern void kg_target_recall_assign(double value, void *extra);

/*
 * What scans of this index go by now.  They aim at kg.target_recall if that was
 * set, else at the index's option, else at the default.
 * NULL is an index that does not exist, which a planner may be told of.
 */
extern KgScanSettings kg_scan_settings(Relation index);

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

#endif							/* KG_SCAN_SETTINGS_H */
