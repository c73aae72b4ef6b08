/*
 * heap.h
 *	  A queue of nodes by distance, for E. Dijkstra, "A note on two problems in
 *	  connexion with graphs", Num. Math. 1959: a binary heap that knows where
 *	  each node is.
 */
#ifndef KG_ALGO_HEAP_H
#define KG_ALGO_HEAP_H

#include "postgres.h"

#include <math.h>

#include "algo/projection/budget.h"

typedef struct KgHeap
{
	double	   *distance;		/* least known of each node; infinite if none
								 * is */
	uint32	   *nodes;			/* the heap */
	uint32	   *place;			/* of each node in it, while it is there */
	uint32		n;				/* nodes in it */
} KgHeap;

/* Bytes for each node. */
#define KG_HEAP_SIZE (sizeof(double) + 2 * sizeof(uint32))

static inline void
kg_heap_init(KgHeap *heap, uint32 nnodes, KgBudget *budget)
{
	uint32		v;

	heap->distance = kg_budget_alloc(budget, nnodes, sizeof(double));
	heap->nodes = kg_budget_alloc(budget, nnodes, sizeof(uint32));
	heap->place = kg_budget_alloc(budget, nnodes, sizeof(uint32));
	heap->n = 0;
	for (v = 0; v < nnodes; v++)
		heap->distance[v] = INFINITY;
}

static inline void
kg_heap_put(KgHeap *heap, uint32 place, uint32 v)
{
	heap->nodes[place] = v;
	heap->place[v] = place;
}

/*
 * A node has been found at this distance, less than what was known; it is in
 * the queue, or has not been there yet.
 */
static inline void
kg_heap_lower(KgHeap *heap, uint32 v, double distance)
{
	uint32		place = isinf(heap->distance[v]) ? heap->n++ : heap->place[v];

	heap->distance[v] = distance;
	while (place > 0)
	{
		uint32		above = heap->nodes[(place - 1) / 2];

		if (heap->distance[above] <= distance)
			break;
		kg_heap_put(heap, place, above);
		place = (place - 1) / 2;
	}
	kg_heap_put(heap, place, v);
}

/* Takes the nearest node out of a queue that is not empty. */
static inline uint32
kg_heap_take(KgHeap *heap)
{
	uint32		nearest = heap->nodes[0];
	uint32		last = heap->nodes[--heap->n];
	uint32		place = 0;
	uint32		child;

	while ((child = 2 * place + 1) < heap->n)
	{
		if (child + 1 < heap->n &&
			heap->distance[heap->nodes[child + 1]] < heap->distance[heap->nodes[child]])
			child++;
		if (heap->distance[last] <= heap->distance[heap->nodes[child]])
			break;
		kg_heap_put(heap, place, heap->nodes[child]);
		place = child;
	}
	if (heap->n > 0)
		kg_heap_put(heap, place, last);
	return nearest;
}

#endif							/* KG_ALGO_HEAP_H */
