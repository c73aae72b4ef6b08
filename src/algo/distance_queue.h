/*
 * distance_queue.h
 *	  A queue of nodes by distance, for E. Dijkstra, "A note on two problems in
 *	  connexion with graphs", Num. Math. 1959: a binary heap that knows where
 *	  each node is.
 */
#ifndef KG_ALGO_DISTANCE_QUEUE_H
#define KG_ALGO_DISTANCE_QUEUE_H

#include "postgres.h"

#include <math.h>

#include "algo/projection/budget.h"

typedef struct KgDistanceQueue
{
	double	   *distance;		/* least known of each node; infinite if none
								 * is */
	uint32	   *nodes;			/* the heap */
	uint32	   *position;		/* of each node in it, while it is there */
	uint32		n;				/* nodes in it */
} KgDistanceQueue;

/* Bytes for each node. */
#define KG_DISTANCE_QUEUE_SIZE (sizeof(double) + 2 * sizeof(uint32))

static inline void
kg_distance_queue_init(KgDistanceQueue *heap, uint32 nnodes, KgBudget *budget)
{
	uint32		v;

	heap->distance = kg_budget_alloc(budget, nnodes, sizeof(double));
	heap->nodes = kg_budget_alloc(budget, nnodes, sizeof(uint32));
	heap->position = kg_budget_alloc(budget, nnodes, sizeof(uint32));
	heap->n = 0;
	for (v = 0; v < nnodes; v++)
		heap->distance[v] = INFINITY;
}

#define HEAP_NAME kg_distance_queue
#define HEAP_ELEMENT uint32
#define HEAP_ARG KgDistanceQueue
#define HEAP_KEY_OF(a) (arg->distance[a])
#define HEAP_SET_POSITION(a, i) (arg->position[a] = (i))
#include "lib/binary_heap.h"

/*
 * A node has been found at this distance, less than what was known; it is in
 * the queue, or has not been there yet.
 */
static inline void
kg_distance_queue_lower(KgDistanceQueue *heap, uint32 v, double distance)
{
	uint32		position = isinf(heap->distance[v]) ? heap->n++ : heap->position[v];

	heap->distance[v] = distance;
	heap->nodes[position] = v;
	kg_distance_queue_sift_up(heap->nodes, position, heap);
}

/* Takes the nearest node out of a queue that is not empty. */
static inline uint32
kg_distance_queue_take(KgDistanceQueue *heap)
{
	return kg_distance_queue_pop(heap->nodes, heap->n--, heap);
}

#endif							/* KG_ALGO_DISTANCE_QUEUE_H */
