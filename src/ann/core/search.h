/*
 * walk.h
 *	  The walk through the graph: best-first, one page a hop.
 *
 * A walk keeps the ef best nodes by estimate (the pool) and visits them, the
 * nearest first, until all are visited.  Visiting reads the node's page once:
 * its own vector gives the distance, one scan of its codes the estimates of
 * its neighbours.  A node's first estimate is the one that counts (the seen
 * set), unless one with much less noise comes; what does not fit into the pool
 * is remembered, so that kg_walk_continue() can go on where the walk ended.
 */
#ifndef KG_WALK_H
#define KG_WALK_H

#include "ann/core/query.h"
#include "ann/core/visited.h"

typedef struct KgWalk KgWalk;

/* Blocks that a walk remembers to have asked for. */
#define KG_WALK_ASKED 64

/*
 * Called for each visited node that is not free, under the page's share lock:
 * copies what it wants.  key is that of the stored vector, estimates are the
 * keys of the node's neighbours.
 */
typedef void (*KgVisit) (KgWalk *walk, const NodeSlot *slot, uint32 node,
						 float key, const float *estimates);

struct KgWalk
{
	/* set by kg_walk_start */
	KgLayout	layout;
	KgStore    *store;
	KgQuery    *query;
	int			ef;

	/* the caller's */
	KgVisit		visit;
	void	   *visit_arg;
	Size		memory_limit;	/* of what does not fit into the pool; 0:
								 * forget it */

	/* the pool, by distance; the nodes before cursor are visited */
	KgCandidate *pool;
	int			pool_count;
	int			pool_cursor;
	int			pool_room;

	/* what did not fit: a heap, then what came since the last refilling */
	KgCandidate *rest;
	int64		rest_count;
	int64		rest_heaped;	/* of them in the heap */
	int64		rest_room;

	BlockNumber asked[KG_WALK_ASKED];	/* ahead of reading, last at block %
										 * KG_WALK_ASKED */
	KgSeen		seen;
	bool		continued;		/* beyond the first pool */
	MemoryContext context;
	float		horizon;		/* the farthest estimate visited so far */
	uint64		hops;			/* nodes visited since kg_walk_start */
};

/* A walk that has no query yet; its memory is in the current context. */
extern void kg_walk_init(KgWalk *walk);

/*
 * Walks from the index's entry points to the ef nearest nodes.  query is set
 * and must outlive the walk.
 */
extern void kg_walk_start(KgWalk *walk, const KgIndex *index, KgStore *store,
						  KgQuery *query, int ef);

/* Goes on with the ef best of the rest; false if there is none. */
extern bool kg_walk_continue(KgWalk *walk);

#endif							/* KG_WALK_H */
