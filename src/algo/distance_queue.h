/*
 * distance_queue.h
 *	  A priority queue of nodes by distance.
 *
 * For E. Dijkstra, "A note on two problems in connexion with graphs", Num.
 * Math. 1959.  A binary heap that knows the position of each node, so that a
 * node's distance can be lowered.
 */
#ifndef KG_ALGO_DISTANCE_QUEUE_H
#define KG_ALGO_DISTANCE_QUEUE_H

#include "postgres.h"

#include <math.h>

#include "algo/projection/budget.h"

typedef struct KgDistanceQueue
{
	double	   *distance;		/* least known distance of each node, infinite
								 * at first */
	uint32	   *nodes;			/* the heap */
	uint32	   *position;		/* of each node that is in the heap */
	uint32		n;				/* nodes in the heap */
} KgDistanceQueue;

/* Bytes for each node. */
#define KG_DISTANCE_QUEUE_SIZE (sizeof(double) + 2 * sizeof(uint32))

static inline void
kg_distance_queue_init(KgDistanceQueue *queue, uint32 nnodes, KgBudget *budget)
{
	queue->distance = kg_budget_alloc(budget, nnodes, sizeof(double));
	queue->nodes = kg_budget_alloc(budget, nnodes, sizeof(uint32));
	queue->position = kg_budget_alloc(budget, nnodes, sizeof(uint32));
	queue->n = 0;
	for (uint32 v = 0; v < nnodes; v++)
		queue->distance[v] = INFINITY;
}

#define HEAP_NAME kg_distance_queue
#define HEAP_ELEMENT uint32
#define HEAP_ARG KgDistanceQueue
#define HEAP_KEY_OF(a) (arg->distance[a])
#define HEAP_SET_POSITION(a, i) (arg->position[a] = (i))
#include "lib/binary_heap.h"

/*
 * Lowers the distance of a node that is in the queue, or adds a node that has
 * not been in it.
 */
static inline void
kg_distance_queue_lower(KgDistanceQueue *queue, uint32 v, double distance)
{
	uint32		position = isinf(queue->distance[v]) ? queue->n++ :
	queue->position[v];

	queue->distance[v] = distance;
	queue->nodes[position] = v;
	kg_distance_queue_sift_up(queue->nodes, position, queue);
}

/* Takes the nearest node out of a queue that is not empty. */
static inline uint32
kg_distance_queue_take(KgDistanceQueue *queue)
{
	return kg_distance_queue_pop(queue->nodes, queue->n--, queue);
}

#endif							/* KG_ALGO_DISTANCE_QUEUE_H */
