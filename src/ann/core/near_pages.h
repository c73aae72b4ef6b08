/*
 * near_pages.h
 *	  The pages that are near any of some vectors, where nodes share lists
 *	  (kg_diskann).
 */
#ifndef KG_NEAR_PAGES_H
#define KG_NEAR_PAGES_H

#include "ann/core/inserter.h"

/* For each of the vectors so many nodes are in view, those that are nearest to it. */
#define KG_NEAR_VIEW 100

/* One of the vectors, and what the search knows of its surroundings. */
typedef struct KgNearQuery
{
	KgQuery		query;
	KgCandidate *waiting;		/* pages to be read, a heap by estimate */
	int			waiting_count;
	float		view[KG_NEAR_VIEW]; /* minus the keys of the nodes in view, a
									 * heap */
	int			view_count;
	float		close[KG_NEAR_VIEW];	/* likewise of those within reach */
	int			close_count;
	float		reach;			/* pages that are farther are not read */
	int			entered;		/* nodes of the page at hand that came in view */
} KgNearQuery;

/* A search for several vectors at once, which are near each other. */
struct KgNearPages
{
	KgNearQuery *queries;		/* layout.members of them, the vectors */
	int			count;			/* of them that are set */
	int			reach;			/* nodes within the reach of each */
	KgVisited	read;			/* pages */
	BlockNumber start;			/* the page whose nodes the vectors are, or
								 * InvalidBlockNumber */

	/* the vectors as seen from one frame, one after the other */
	float	   *vectors;
	int			frame;			/* -1: of none */
	float		unit;

	float		limit[KG_MAX_MEMBERS];	/* for each, of what is in view */
	float		apart[KG_MAX_MEMBERS];	/* from each, the node at hand */
	float	   *node;			/* its vector */

	/* of all candidates */
	float	   *keys;			/* from each of the vectors: layout.members
								 * for each candidate */
	int			key_capacity;	/* in candidates */
};

/*
 * Whether a metric has what this takes: the distance to the nearest of several
 * vectors.
 */
static inline bool
kg_near_pages_suits(const KgLayout *layout)
{
	return kg_edges_by_nearness(layout) && layout->sparse == 0;
}

/* An inserter's search, whose queries the caller sets, count of them. */
extern KgNearPages *kg_near_pages_get(KgInserter *inserter);

/*
 * Makes candidates of the nodes of pages that are near any of the queries: those in view of
 * one, on the pages that are estimated to be nearer to one than the last of half of
 * ef_construction nodes, its reach.  If the queries are the nodes of a page, start, the
 * search begins there, too, and none of them is a candidate; else that is InvalidBlockNumber.
 */
extern void kg_near_pages_search(KgInserter *inserter, BlockNumber start);

/* Sets the candidates' keys to those from one of the queries. */
extern void kg_near_pages_measure(KgInserter *inserter, int query);

/*
 * Makes the candidates' vectors relative to one frame.  Then kg_near_pages_nearest()
 * copies those that are in view of a query, in order, and returns how many.
 */
extern void kg_near_pages_align(KgInserter *inserter, int frame);
extern int	kg_near_pages_nearest(KgInserter *inserter, int query, KgNeighbor *nearest);

#endif							/* KG_NEAR_PAGES_H */
