/*
 * push.h
 *	  Personalized PageRank by local push.
 */
#ifndef KG_ALGO_PUSH_H
#define KG_ALGO_PUSH_H

#include "postgres.h"

#include "algo/projection/budget.h"
#include "graph/adjacency/adjacency.h"

typedef struct KgPushOptions
{
	double		damping;		/* below 1 */
	double		epsilon;		/* a node keeps back less than this for each
								 * of its arcs */
	int			hops;			/* not 0: instead of PageRank, each node
								 * within so many hops gets, for each edge
								 * from a node one hop nearer, "decay" times
								 * its score */
	double		decay;
	bool		early;			/* read no more of a node's edges than it
								 * needs to be known that it may not push:
								 * hubs cost little */
	bool		both;			/* edges are read in both directions */
	bool		weighted;		/* walks choose arcs by weight */
	bool		traced;			/* keep the edges, for kg_push_predecessor */
} KgPushOptions;

/* The edge that an arc stands for. */
typedef struct KgArcEdge
{
	int64		id;				/* in its table */
	int			table;
	bool		id_is_null;		/* it has no id */
	bool		outgoing;		/* is the arc's start the source? */
} KgArcEdge;

typedef struct KgPush KgPush;

/* All memory comes out of the budget, and is freed with it. */
extern KgPush *kg_push_create(KgAdjacency *adj, KgBudget *budget, const KgPushOptions *options);

/*
 * Pushes from the seeds, which are distinct and exist.  Their shares add up
 * to 1; the array must live as long as the call.
 */
extern void kg_push_run(KgPush *push, const int64 *seeds, const double *shares, uint32 n);

/* How many nodes it has met; they have positions from 0. */
extern uint64 kg_push_nodes(const KgPush *push);

/* The score of the node at a position, which may be 0, and the node. */
extern double kg_push_score(const KgPush *push, uint64 position, int64 *node);

/* The position of a node; false if it was not met. */
extern bool kg_push_find(const KgPush *push, int64 node, uint64 *position);

/*
 * The node from which another got something first, and the edge.  Returns
 * false for a seed.  Following it leads to a seed.
 */
extern bool kg_push_predecessor(const KgPush *push, uint64 position, uint64 *from,
								KgArcEdge *edge);

#endif							/* KG_ALGO_PUSH_H */
