/*
 * edges.h
 *	  Choosing a node's neighbours, and writing them into its slot.
 */
#ifndef KG_EDGES_H
#define KG_EDGES_H

#include "postgres.h"

#include "ann/core/query.h"

/*
 * Where nodes share lists (kg_diskann), the owner of a list is its page, whose hub
 * stands for the node; an edge to any node of a page is the edge to the page.
 */

/* A node that may become a neighbour of the owner. */
typedef struct KgNeighbor
{
	uint32		node;
	uint16		generation;		/* of its slot when it was read */
	uint16		frame;			/* of the vector in its slot */
	bool		occluded;		/* kept only to fill up the list */
	bool		pinned;			/* the edge to it must stay */
	bool		named;			/* where nodes share lists: it must lead to
								 * this very node of its page */
	bool		grouped;		/* kept for the sake of the group's edges */
	uint32		words[KG_MAX_FILTERS];	/* its slot's */
	float		key;			/* from the owner (see query.h) */
	float		l2sq;			/* squared, to the owner, or to the nearest of
								 * the nodes that share its list; in its unit */
	float		error;			/* its slot's */
	float		length;			/* likewise */
	float	   *vector;			/* as stored, decoded: shape.dim floats,
								 * relative to the owner's frame */
} KgNeighbor;

/* The node whose list of neighbours is written. */
typedef struct KgOwner
{
	float		unit;			/* of its frame */
	float	   *vector;			/* as stored, decoded, relative to the frame */
	float	   *whole;			/* under IP, relative to the origin; under L1,
								 * vector rotated */
	float	   *scratch;		/* shape.dim floats */
} KgOwner;

/* A node that is offered as a neighbour; a query is set to its vector. */
typedef struct KgOffer
{
	uint32		node;
	bool		pinned;			/* the edge to it must stay */
	bool		named;			/* it must lead to this very node */
	float		error;			/* its slot's */
	uint32		words[KG_MAX_FILTERS];	/* likewise */
} KgOffer;

/*
 * Nodes with the same word of the first filter are a group.  This many edges of
 * a node are for its group, if there are not as many anyway: so each group is
 * a graph of its own, which a search for one value stays in.  Not where nodes share
 * lists: they are of several groups.
 */
static inline int
kg_group_edges(const KgLayout *layout)
{
	return layout->filters > 0 && !kg_layout_has_hubs(layout) ?
		layout->max_degree / 4 : 0;
}

/* Memory for an owner, and for offers to it. */
typedef struct KgEdgeWork
{
	const KgLayout *layout;
	KgStore    *store;
	KgOwner		owner;
	KgFrame    *frame;
	float	   *vector;			/* a neighbour's */
	KgQuery		own_query;		/* the owner's; only under IP */
} KgEdgeWork;

/*
 * Are edges chosen by how far their ends are from the nearest of the nodes that share
 * the list?  Not under inner product: a node has no near ones in that sense.
 */
static inline bool
kg_edges_by_nearness(const KgLayout *layout)
{
	return kg_layout_has_hubs(layout) && layout->metric != KG_METRIC_IP;
}

/* Allocates it in the current memory context. */
extern void kg_edge_work_init(KgEdgeWork *work, const KgLayout *layout);

/* Fills work->owner with what a slot stores. */
extern void kg_edge_work_set(KgEdgeWork *work, KgStore *store,
							 const NodeSlot *slot);

/*
 * Chooses up to layout->max_degree of count candidates, which are sorted by
 * key, and moves them to the front in the order of choice: first those that
 * the rule of the relative neighbourhood graph keeps (nearer to the owner than
 * to any neighbour chosen before), then the nearest of the others, marked
 * occluded.  Pinned and grouped candidates are chosen in any case; they may be
 * at most three quarters of layout->max_degree.  Returns how many were chosen.
 */
extern int	kg_edges_select(const KgLayout *layout, KgNeighbor *candidates,
							int count);

/*
 * The same for a list that nodes share: if there is room, the rule chooses again among
 * those that it left, laxer each time, before the nearest fill the list.
 */
extern int	kg_edges_select_of_page(const KgLayout *layout, KgNeighbor *candidates,
									int count);

/*
 * Marks those of count candidates, sorted by key, that are to be the owner's
 * edges to its group: chosen by the same rule within the group.
 */
extern void kg_edges_mark_group(const KgLayout *layout, KgNeighbor *candidates,
								int count, uint32 word);

/*
 * Writes neighbour i of the owner's slot.  A neighbour that is stored too
 * coarsely is coded as nearer, by what storing it lost; neighbor->vector
 * changes then.
 */
extern void kg_edges_put(const KgLayout *layout, NodeSlot *slot, int i,
						 const KgOwner *owner, const KgNeighbor *neighbor);

/* Forgets neighbour i; the last one moves to its position. */
extern void kg_edges_remove(const KgLayout *layout, NodeSlot *slot, int i);

/*
 * Offers a slot the query's node as a neighbour.  The slot's own codes tell
 * how far the new node is from the slot's neighbours, so no other page of
 * nodes is read.  A full list gives up its farthest occluded neighbour, else
 * its farthest.
 *
 * A pinned neighbour is taken even if it is farther than all others, and never
 * given up.  A node with too many pinned edges refuses it.
 *
 * True if the slot has changed.
 */
extern bool kg_edges_offer(KgEdgeWork *work, KgStore *store, NodeSlot *slot,
						   const KgOffer *offer, KgQuery *query);

/* The query's node has joined the page of the hub: some ends are nearer now. */
extern void kg_edges_come_nearer(const KgLayout *layout, NodeSlot *hub,
								 KgQuery *query);

/* The position of the edge to a node or, where nodes share lists, its page; or -1. */
extern int	kg_edges_find_end(const KgLayout *layout, const NodeSlot *slot, uint32 node);

/*
 * Where edges are chosen by nearness: offers a slot the query's node as one that an edge
 * is to lead to, not another one of its page.  The edge is written anew, even if it says
 * so, as the number may be from a node that is gone.  False if it leads to another one
 * that was offered so, or if half of the list was.
 */
extern bool kg_edges_name(KgEdgeWork *work, KgStore *store, NodeSlot *slot,
						  const KgOffer *offer, KgQuery *query);

/* Pins the edge to a node; false if there is none. */
extern bool kg_edges_pin(const KgLayout *layout, NodeSlot *slot,
						 uint32 node);

/* Unpins the edge to a node; false if there is no pinned one. */
extern bool kg_edges_unpin(const KgLayout *layout, NodeSlot *slot,
						   uint32 node);

#endif							/* KG_EDGES_H */
