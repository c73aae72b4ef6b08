/*
 * edges.h
 *	  Which neighbours a node keeps, and writing them into its slot.
 */
#ifndef KG_EDGES_H
#define KG_EDGES_H

#include "postgres.h"

#include "ann/core/query.h"

/* A node that may become a neighbour of the node at issue. */
typedef struct KgNeighbor
{
	uint32		node;
	uint16		generation;		/* of its slot when it was read */
	uint16		frame;			/* of what its slot stores */
	bool		occluded;		/* kept only to fill up the list */
	bool		pinned;			/* the edge to it must stay */
	float		key;			/* from the node at issue (see query.h) */
	float		l2sq;			/* squared distance to it, in its unit */
	float		error;			/* its slot's */
	float		length;			/* likewise */
	float	   *vector;			/* as stored, decoded: shape.dim floats,
								 * relative to the frame of the node at issue */
} KgNeighbor;

/* The node at issue: whose list is written. */
typedef struct KgOwner
{
	float		unit;			/* of its frame */
	float	   *vector;			/* as stored, decoded, relative to the frame */
	float	   *whole;			/* relative to the origin; only under IP */
	float	   *scratch;		/* shape.dim floats */
} KgOwner;

/* A node that is offered; a query is set to its vector. */
typedef struct KgOffer
{
	uint32		node;
	bool		pinned;			/* the edge to it must stay */
	float		error;			/* its slot's */
} KgOffer;

/* Memory for owners, and what offers need besides. */
typedef struct KgEdgeWork
{
	const KgLayout *layout;
	KgStore    *store;
	KgOwner		owner;
	KgFrame    *frame;
	float	   *vector;			/* a neighbour's */
	KgQuery		own_query;		/* the owner's; only under IP */
} KgEdgeWork;

/* Allocates it in the current memory context. */
extern void kg_edge_work_init(KgEdgeWork *work, const KgLayout *layout);

/* Fills work->owner with what a slot stores. */
extern void kg_edge_work_set(KgEdgeWork *work, KgStore *store,
							 const NodeSlot *slot);

/*
 * Chooses up to layout->max_degree of count candidates, which are sorted by
 * key, and moves them to the front, keeping the order of choice: those that the
 * rule of the relative neighbourhood graph keeps (nearer to the node than to
 * any neighbour kept before), then the nearest of the others, marked
 * occluded.  Those to be kept are among them in any case; there may be no more
 * than half of layout->max_degree.  Returns how many were chosen.
 */
extern int	kg_edges_select(const KgLayout *layout, KgNeighbor *candidates,
							int count);

/*
 * Writes neighbour i of the owner's slot.  A neighbour that is stored too
 * coarsely is coded as being nearer, by what storing lost; its vector is
 * changed then.
 */
extern void kg_edges_put(const KgLayout *layout, NodeSlot *slot, int i,
						 const KgOwner *owner, const KgNeighbor *neighbor);

/* Forgets neighbour i; the last one takes its place. */
extern void kg_edges_remove(const KgLayout *layout, NodeSlot *slot, int i);

/*
 * Offers a slot the node that query is set to, as a neighbour: the slot's own
 * codes tell how far it is from the neighbours there, and no other page of
 * nodes is read.  A full list gives up its farthest occluded neighbour, else
 * its farthest.
 *
 * A neighbour that is to be kept is taken even if it is farther than all, and
 * never given up.  A node with too many of these refuses it.
 *
 * True if the slot has changed.
 */
extern bool kg_edges_offer(KgEdgeWork *work, KgStore *store, NodeSlot *slot,
						   const KgOffer *offer, KgQuery *query);

/* Makes an edge that is there one that must stay; false if it is not. */
extern bool kg_edges_pin(const KgLayout *layout, NodeSlot *slot,
						 uint32 node);

/* The opposite; false if there is no such edge that must stay. */
extern bool kg_edges_unpin(const KgLayout *layout, NodeSlot *slot,
						   uint32 node);

#endif							/* KG_EDGES_H */
