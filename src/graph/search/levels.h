/*
 * levels.h
 *	  Breadth-first search from one or both ends, with the levels kept.
 */
#ifndef KG_GRAPH_LEVELS_H
#define KG_GRAPH_LEVELS_H

#include "postgres.h"

#include "graph/search/path.h"

/* The search from one end. */
typedef struct KgSide
{
	KgEdgeSink	sink;
	KgAdjacency *adj;			/* leads away from this end */
	const KgBans *bans;			/* or NULL */
	KgMemory   *memory;
	KgNodeSet	visited;
	KgNodeList	nodes;			/* of all complete levels, each ascending */
	KgNodeList	starts;			/* where in "nodes" each level starts */
	KgNodeList	next;			/* the level in progress */
	struct KgSide *other;		/* NULL: does not stop when it is met */
	KgStep		meeting;		/* if met, the step that reached the other
								 * side, */
	int64		meeting_from;	/* and the node it leads from */
	bool		met;
} KgSide;

extern void kg_side_begin(KgSide *side, KgPathSearch *search, bool forward,
						  KgSide *other);

/*
 * Adds a level, unless that meets the other side.  Returns whether there are
 * nodes to go on from.
 */
extern bool kg_side_grow(KgSide *side);

/* The last complete level, numbered from 0, which is the end itself. */
static inline int
kg_last_level(const KgSide *side)
{
	return (int) side->starts.n - 1;
}

/* The nodes of a level, ascending; their number in *n. */
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
 * if there is no path of at most max_depth relations (-1: no limit).
 */
extern KgSide *kg_find_meeting(KgSide *forward, KgSide *backward, int max_depth);

/*
 * How far nodes are from the targets, up to some level, so that searches from
 * the sources go only where a path of at most max_depth relations can.
 */
typedef struct KgBounds
{
	KgSide		from_target;
	KgSide		from_source;	/* its levels only say how many those should
								 * be */
} KgBounds;

extern void kg_find_bounds(KgBounds *bounds, KgPathSearch *search);

/*
 * Can a target be visited from this node by so many relations (-1: any)?  True
 * if that is not known.
 */
extern bool kg_target_is_near(const KgBounds *bounds, int64 node, int left);

/*
 * A path of the fewest edges, palloc'd, or NULL if there is none; and all of
 * them, each given to "put".  What the search holds meanwhile comes out of
 * search->memory.
 */
extern KgPath *kg_fewest_edges(KgPathSearch *search);
extern void kg_all_fewest_edges(KgPathSearch *search, KgPutPath put, void *arg);

#endif							/* KG_GRAPH_LEVELS_H */
