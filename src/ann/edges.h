/*
 * edges.h
 *	  Which neighbours a node keeps, and writing them into its slot.
 */
#ifndef KG_EDGES_H
#define KG_EDGES_H

#include "postgres.h"

#include "ann/page.h"
#include "quant/rabitq.h"

/* A node that may become a neighbour. */
typedef struct KgNeighbor
{
	uint32		node;
	uint16		generation;		/* of its slot when it was read */
	bool		occluded;		/* kept only to fill up the list */
	bool		kept;			/* the edge to it must stay */
	float		l2sq;			/* squared distance to the node at issue */
	float	   *vector;			/* as stored, decoded: shape.dim floats */
} KgNeighbor;

/*
 * Chooses up to layout->m of count candidates, which are sorted by distance,
 * and moves them to the front, keeping the order of choice: those that the
 * rule of the relative neighbourhood graph keeps (nearer to the node than to
 * any neighbour kept before), then the nearest of the others, marked
 * occluded.  Those to be kept are among them in any case; there may be no more
 * than half of layout->m.  Returns how many were chosen.
 */
extern int	kg_edges_select(const KgLayout *layout, KgNeighbor *candidates,
							int count);

/* Writes neighbour i of a slot whose own decoded vector is own. */
extern void kg_edges_put(const KgLayout *layout, NodeSlot *slot, int i,
						 const float *own, const KgNeighbor *neighbor);

/* Forgets neighbour i; the last one takes its place. */
extern void kg_edges_remove(const KgLayout *layout, NodeSlot *slot, int i);

/*
 * Offers a neighbour (l2sq is its distance to the slot's node) for which a
 * code query was prepared: the slot's own codes tell how far it is from the
 * neighbours there, and no other page is read.  A full list gives up its
 * farthest occluded neighbour, else its farthest.
 *
 * A neighbour that is to be kept is taken even if it is farther than all, and
 * never given up.  A node whose edges all must stay refuses it.
 *
 * own is scratch space of shape.dim floats.  True if the slot has changed.
 */
extern bool kg_edges_offer(const KgLayout *layout, NodeSlot *slot,
						   const KgNeighbor *neighbor,
						   const KgCodeQuery *code, float *own);

/* Makes an edge that is there one that must stay; false if it is not. */
extern bool kg_edges_keep(const KgLayout *layout, NodeSlot *slot,
						  uint32 node);

/* The opposite; false if there is no such edge that must stay. */
extern bool kg_edges_release(const KgLayout *layout, NodeSlot *slot,
							 uint32 node);

#endif							/* KG_EDGES_H */
