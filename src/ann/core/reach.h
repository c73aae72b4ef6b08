/*
 * reach.h
 *	  Which nodes the graph's edges lead to from the entry points.
 *
 * Where nodes share lists, an edge leads to all nodes of a page: they are met
 * together.
 */
#ifndef KG_REACH_H
#define KG_REACH_H

#include "ann/layout/store.h"

typedef struct KgReach
{
	KgStore    *store;
	BlockNumber pages;			/* of the index, when this began */
	bool		pinned;			/* only pinned edges count */
	bool		past_dead;		/* edges of dead nodes do */

	/* bits, one for each number that a node may have */
	uint8	   *met;
	uint8	   *live;			/* as the scan saw it */

	uint32		position;		/* nodes before it are read when they are met;
								 * the others wait for the scan */
	uint32	   *waiting;		/* nodes met that are to be read */
	Size		count;
	Size		capacity;
} KgReach;

/* Nothing is met yet.  Its memory is in the current context. */
extern void kg_reach_init(KgReach *reach, KgStore *store, bool pinned, bool past_dead);

/*
 * Meets the entry points and all that they lead to.  Reads the index in the order of
 * its pages, and out of order only nodes that are met after their pages were read.
 */
extern void kg_reach_scan(KgReach *reach);

/* After that: meets another node, and all that it leads to. */
extern void kg_reach_meet(KgReach *reach, uint32 node);

extern bool kg_reach_has(const KgReach *reach, uint32 node);

/*
 * After the scan: the next live node from this number on that is not met, or
 * KG_NO_NODE; where nodes share lists, the number of a page's first.
 */
extern uint32 kg_reach_next_unmet(const KgReach *reach, uint32 node);

#endif							/* KG_REACH_H */
