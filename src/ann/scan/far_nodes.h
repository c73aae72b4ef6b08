/*
 * far_nodes.h
 *	  Nodes that a search met farther away than it goes: their bounds are computed
 *	  only if they may matter.
 *
 * Where nodes share lists, most of those met are such: the others of their pages
 * are near.  A scan keeps of them the least key and the largest error, which give a
 * bound for all.  If that is below what rows are wanted within, they are read again.
 */
#ifndef KG_FAR_NODES_H
#define KG_FAR_NODES_H

#include "postgres.h"

#include "ann/core/query.h"

typedef struct KgFarNodes
{
	int			frame;			/* all are stored in it */
	float		least_key;
	float		most_error;
	uint32	   *nodes;
	int64		count;
	int64		capacity;
} KgFarNodes;

/* No nodes, in the current memory context, of a query whose bounds follow from key and error. */
extern void kg_far_nodes_begin(KgFarNodes *far, const KgQuery *query);

/* Forgets all. */
extern void kg_far_nodes_reset(KgFarNodes *far);

/* Keeps a node with this key; false if it is not one of these. */
extern bool kg_far_nodes_add(KgFarNodes *far, const NodeSlot *slot, uint32 node, float key);

/* A lower bound of the operator's result for all rows of these nodes; infinite for none. */
extern double kg_far_nodes_bound(const KgFarNodes *far, KgQuery *query);

#endif							/* KG_FAR_NODES_H */
