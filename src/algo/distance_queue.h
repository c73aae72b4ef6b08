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

static inline void
kg_distance_queue_put(KgDistanceQueue *heap, uint32 position, uint32 v)
{
	heap->nodes[position] = v;
	heap->position[v] = position;
}

/*
 * A node has been found at this distance, less than what was known; it is in
 * the queue, or has not been there yet.
 */
static inline void
kg_distance_queue_lower(KgDistanceQueue *heap, uint32 v, double distance)
{
	uint32		position = isinf(heap->distance[v]) ? heap->n++ : heap->position[v];

	heap->distance[v] = distance;
	while (position > 0)
	{
		uint32		above = heap->nodes[(position - 1) / 2];

		if (heap->distance[above] <= distance)
			break;
		kg_distance_queue_put(heap, position, above);
		position = (position - 1) / 2;
	}
	kg_distance_queue_put(heap, position, v);
}

/* Takes the nearest node out of a queue that is not empty. */
static inline uint32
kg_distance_queue_take(KgDistanceQueue *heap)
{
	uint32		nearest = heap->nodes[0];
	uint32		last = heap->nodes[--heap->n];
	uint32		position = 0;
	uint32		child;

	while ((child = 2 * position + 1) < heap->n)
	{
		if (child + 1 < heap->n &&
			heap->distance[heap->nodes[child + 1]] < heap->distance[heap->nodes[child]])
			child++;
		if (heap->distance[last] <= heap->distance[heap->nodes[child]])
			break;
		kg_distance_queue_put(heap, position, heap->nodes[child]);
		position = child;
	}
	if (heap->n > 0)
		kg_distance_queue_put(heap, position, last);
	return nearest;
}

#endif							/* KG_ALGO_HEAP_H */
