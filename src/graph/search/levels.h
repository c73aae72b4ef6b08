/*
 * levels.h
 *	  Breadth-first search from one or both ends, which keeps its levels.
 */
#ifndef KG_GRAPH_LEVELS_H
#define KG_GRAPH_LEVELS_H

#include "postgres.h"

#include "graph/search/path.h"

/* The search from one end. */
typedef struct KgSide
{
	KgEdgeSink	sink;
	KgAdjacency *adj;			/* for steps away from this end */
	const KgBans *bans;			/* or NULL */
	KgMemory   *memory;
	KgNodeSet	visited;
	KgNodeList	nodes;			/* of all complete levels, each ascending */
	KgNodeList	starts;			/* where each level starts in "nodes" */
	KgNodeList	next;			/* the level in progress */
	struct KgSide *other;		/* the side to meet, or NULL */
	bool		met;			/* this side has visited a node of the other */
	KgStep		meeting;		/* by this step, */
	int64		meeting_from;	/* which comes from this node */
} KgSide;

extern void kg_side_begin(KgSide *side, KgPathSearch *search, bool forward,
						  KgSide *other);

/*
 * Adds a level, unless the sides meet.  Returns false if the last level was
 * empty, so that there is nothing to expand.
 */
extern bool kg_side_grow(KgSide *side);

/* The last complete level.  Level 0 is the end itself. */
static inline int
kg_last_level(const KgSide *side)
{
	return (int) side->starts.n - 1;
}

/* The nodes of a level, ascending; *n is their number. */
static inline int64 *
kg_level_nodes(const KgSide *side, int level, Size *n)
{
	int64		start = side->starts.nodes[level];
	int64		end = level == kg_last_level(side) ? (int64) side->nodes.n :
	side->starts.nodes[level + 1];

	*n = end - start;
	return side->nodes.nodes + start;
}

/* The side that is cheaper to grow. */
extern KgSide *kg_smaller_side(KgSide *forward, KgSide *backward);

/*
 * Searches until the sides meet; returns the side that met the other, or NULL
 * if there is no path of at most max_depth edges (-1: no limit).
 */
extern KgSide *kg_find_meeting(KgSide *forward, KgSide *backward,
							   int max_depth);

/*
 * The distances of nodes from the targets, up to some level.  Searches from
 * the sources use them to skip nodes that no path of at most max_depth edges
 * visits.
 */
typedef struct KgBounds
{
	KgSide		from_target;
	KgSide		from_source;	/* its size decides how many levels
								 * from_target gets */
} KgBounds;

extern void kg_find_bounds(KgBounds *bounds, KgPathSearch *search);

/*
 * Is a target at most "left" edges (-1: no limit) away from this node?  True if
 * the bounds do not tell.
 */
extern bool kg_target_is_near(const KgBounds *bounds, int64 node, int left);

/*
 * A path of the fewest edges, palloc'd; NULL if there is none.  Memory of the
 * search comes out of search->memory.
 */
extern KgPath *kg_fewest_edges(KgPathSearch *search);

/* Gives all such paths to "put". */
extern void kg_all_fewest_edges(KgPathSearch *search, KgPutPath put, void *arg);

#endif							/* KG_GRAPH_LEVELS_H */
