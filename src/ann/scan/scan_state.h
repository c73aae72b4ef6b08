/*
 * scan_state.h
 *	  What a scan keeps: shared by the search's side of it (scan.c) and what
 *	  comes after the search (sweep.c).
 */
#ifndef KG_SCAN_STATE_H
#define KG_SCAN_STATE_H

#include "postgres.h"
#include "access/genam.h"

#include "ann/core/column.h"
#include "ann/core/filter_column.h"
#include "ann/core/recall.h"
#include "ann/core/search.h"
#include "ann/layout/duplicates.h"
#include "ann/scan/far_nodes.h"
#include "ann/scan/found.h"
#include "ann/scan/goal.h"
#include "ann/scan/pending_rows.h"
#include "ann/scan/radius.h"
#include "ann/scan/scan_settings.h"

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
	uint64		pending;		/* rows of the list of pending rows */
	bool		cut_short;		/* by a setting */
} KgScanCounters;

/* Those of this backend's last index scan that ended; index 0 if none has. */
extern KgScanCounters kg_last_scan;

typedef enum ScanStage
{
	STAGE_START,
	STAGE_SEARCH,				/* the graph, as long as edges lead on */
	STAGE_SWEEP,				/* all pages, for what was not handed out */
	STAGE_UNDIRECTED,			/* rows whose distance is NaN */
	STAGE_NULLS_BEGIN,			/* are they wanted? */
	STAGE_NULLS,				/* rows with a NULL */
	STAGE_END
} ScanStage;

/*
 * How often a search that should have arrived still came upon a node that was
 * nearer than one of the nearest wanted: then it has not arrived yet.
 */
typedef struct KgNearNode
{
	double		minus_bound;
} KgNearNode;

typedef struct KgArrival
{
	KgNearNode *nearest;		/* the nearest ones, a heap by minus_bound */
	int			wanted;			/* so many of them; 0: none are kept */
	int			count;
	uint64		late;			/* nodes that came to be among them late */
} KgArrival;

/*
 * A search for a recall: how far it goes for so many rows, and the keys that
 * it met, from which the nearest follow when more rows turn out to be wanted.
 */
typedef struct KgAim
{
	bool		by_recall;		/* else by ef_search */
	bool		by_table;		/* whose value is the table's, with a filter */
	double		recall;
	KgRecallTable table;		/* the index's */
	double		nodes;			/* that the index has, about */
	double		rows;			/* planned for */
	KgEffort	effort;			/* for so many */
	double		least;			/* nodes to expand before slack counts */
	float	   *keys;			/* of all live nodes expanded */
	int64		key_count;
	int64		key_capacity;
} KgAim;

/* Of a scan in the order of MaxSim: maxsim.c. */
typedef struct KgMaxSim KgMaxSim;

typedef struct KgScan
{
	MemoryContext context;		/* the scan's */
	MemoryContext query_context;	/* reset at each rescan */
	const KgColumn *column;
	KgLayout	layout;
	KgStore		store;
	KgSearch	search;
	KgQuery    *query;			/* what distances are measured from */
	KgQuery		order_query;	/* ORDER BY's */
	Oid		   *orderby_types;	/* one for each distance of ORDER BY */
	IndexOrderByDistance *distances;	/* likewise; room for amgettuple */
	ScanStage	stage;
	KgMaxSim   *maxsim;			/* NULL: one vector a row */
	KgGoal	   *goal;			/* or NULL */
	uint64		rescans;
	KgScanSettings settings;	/* when the scan began */
	int			ef_search;		/* of the settings, or what stands for it */
	KgAim		aim;
	int			mode;			/* settings.iterative_scan */
	int64		max_nodes;		/* settings.max_scan_tuples */

	/* one distance for all rows: a NULL query, or one without direction */
	bool		query_null;
	bool		query_undirected;

	/* conditions on filter columns */
	KgFilterColumns filters;
	KgFilter	filter;			/* count is 0: none */
	double		pass_rate;		/* of all nodes, by the entry points */
	double		group;			/* the part of all nodes that the search stays
								 * in; 1: all */
	bool		biased;			/* nodes have more neighbours of the filter's
								 * group than there are elsewhere */
	double		group_rate;		/* of those that a search leads through */
	uint32	   *listed;			/* all nodes that may pass, or NULL */
	int			listed_count;
	int			listed_next;

	KgRadius	within;			/* that rows must be in */
	int64		inside;			/* nodes within their reach, of a batch */
	uint64		batch_start;	/* nodes that the search had expanded before
								 * it */

	bool		measured;		/* query is set */
	bool		ordered;		/* rows must leave in their order */
	KgFound		found;
	bool		defers;			/* what is far goes to far instead */
	KgFarNodes	far;
	KgPendingRows pending;
	KgVisited	returned;		/* nodes handed out */
	uint64		handed_out;		/* how many, by the search */
	KgArrival	arrival;
	double		last_bound;		/* of the last of them */
	KgCopy	   *copy;			/* to read copies into; NULL: do not */
	double		horizon;		/* how far the search has looked; rows beyond
								 * must wait */
	bool		search_over;
	ScanStage	after_search;
	BlockNumber sweep_block;	/* next to sweep */
	BlockNumber sweep_end;
	double		swept_within;	/* nodes beyond were passed over */
	KgListReader list;			/* of rows without a node */

	/* rows of the node or page being handed out */
	KgTid	   *tids;
	int			tid_count;
	int			tid_capacity;
	int			tid_next;
	IndexOrderByDistance distance;	/* theirs */

	uint64		earlier_hops;	/* of the scan's searches before this one */
	uint64		swept;			/* nodes that the sweep measured */
	bool		cut;			/* by kg.max_scan_tuples */
	bool		cut_reported;
	KgScanCounters counters;	/* of all scans of the descriptor that ended,
								 * and part of this one's */
} KgScan;

/* Does the scan have conditions on filter columns? */
static inline bool
kg_scan_filtered(const KgScan *scan)
{
	return scan->filter.count > 0;
}

/* May rows of a node pass the filter? */
static inline bool
kg_scan_passes(const KgScan *scan, const NodeSlot *slot)
{
	return !kg_scan_filtered(scan) ||
		kg_filter_passes(&scan->filter, slot_own_words(&scan->layout, slot));
}

/* Keeps a live node, copied from its slot, if its rows may qualify. */
extern void kg_scan_collect(KgScan *scan, const NodeSlot *slot, uint32 number,
							double bound);

/* Makes a node's rows the ones to hand out. */
extern void kg_scan_load_node(KgScan *scan, const KgFoundNode *node);

/* Has the scan looked at as many nodes as kg.max_scan_tuples allows? */
extern bool kg_scan_limit_reached(const KgScan *scan);

#endif							/* KG_SCAN_STATE_H */
