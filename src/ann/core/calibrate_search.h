/*
 * calibrate_search.h
 *	  The searches of a calibration: what calibrate.c prepares for them.
 */
#ifndef KG_CALIBRATE_SEARCH_H
#define KG_CALIBRATE_SEARCH_H

#include "ann/core/recall.h"
#include "ann/core/search.h"
#include "ann/core/visited.h"

typedef struct KgNearKey
{
	float		minus_key;
} KgNearKey;

#define HEAP_NAME kg_farthest
#define HEAP_ELEMENT KgNearKey
#define HEAP_KEY minus_key
#include "lib/binary_heap.h"

/* The nearest so many keys, the farthest first. */
typedef struct KgNearestKeys
{
	int			wanted;
	int			count;
	KgNearKey	keys[KG_RECALL_MOST_ROWS];
} KgNearestKeys;

/* One step of a search, for each number of rows. */
typedef struct KgStep
{
	float		slack[KG_RECALL_COUNTS];	/* with less it would end here */
	uint8		found[KG_RECALL_COUNTS];	/* of the nearest, by then */
} KgStep;

typedef struct KgSample
{
	KgQuery		query;
	uint32		node;			/* its own; 0: it has none */
	KgNearestKeys nearest;		/* among all nodes */
	float		within[KG_RECALL_COUNTS];	/* the key of the k-th of them */
	KgStep	   *steps;
	int			count;
} KgSample;

typedef struct KgCalibration
{
	KgStore    *store;
	const KgIndex *index;
	KgSample   *samples;
	int			count;
	int64		live;			/* nodes, without queries' own */
	KgVisited	there;			/* these */
	uint64		seed;

	KgSearch	search;
	KgSample   *sample;			/* that is searched for */
	int			capacity;		/* of its steps */
	KgNearestKeys met[KG_RECALL_COUNTS];
	int			found[KG_RECALL_COUNTS];

	uint64		expansions;		/* of the search, by the last node noted */

	/* of searches by a rule */
	KgEffort	rule;
	int			rule_rows;		/* of kg_recall_counts */
	double		hops;			/* nodes that all of them expanded */
	double		pages;			/* and pages that they read for that */
} KgCalibration;

/*
 * Is a node of this rank one of the k nearest, k of kg_recall_counts[i], of a sample?  One
 * that came after they were found is not, though it may be as near.
 */
static inline bool
kg_is_wanted(const KgCalibration *calibration, const KgSample *sample, int i, uint32 node,
			 float rank)
{
	return rank <= sample->within[i] && kg_visited_has(&calibration->there, node);
}

/* Keeps a key if it is among the nearest. */
static inline void
kg_keep_nearest(KgNearestKeys *nearest, float key)
{
	if (nearest->count == nearest->wanted)
	{
		if (key >= -nearest->keys[0].minus_key)
			return;
		(void) kg_farthest_pop(nearest->keys, nearest->count--);
	}
	nearest->keys[nearest->count].minus_key = -key;
	kg_farthest_sift_up(nearest->keys, nearest->count++);
}

/*
 * Searches for all samples, whose nearest nodes are known, and fills the efforts
 * of the table.
 */
extern void kg_calibrate_search(KgCalibration *calibration, KgRecallTable *table);

#endif							/* KG_CALIBRATE_SEARCH_H */
