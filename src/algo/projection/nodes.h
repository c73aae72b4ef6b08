/*
 * nodes.h
 *	  The nodes of a projection: ids of entities and their numbers.
 *
 * Numbers follow the order of ids.  So an algorithm may break ties by number,
 * and the result does not depend on the order of the table's rows.
 */
#ifndef KG_ALGO_NODES_H
#define KG_ALGO_NODES_H

#include "postgres.h"

#include "algo/projection/budget.h"
#include "graph/catalog/graph.h"
#include "graph/catalog/memory.h"

#define KG_NO_NODE PG_UINT32_MAX

typedef struct KgNodes
{
	uint32		n;
	int64	   *ids;			/* ascending and distinct */
	int			shift;			/* an id is in bucket (id - ids[0]) >> shift */
	uint32	   *buckets;		/* start of each in ids, and the end of ids */
} KgNodes;

/* Reads the entities of a graph, as the current user sees them. */
extern void kg_nodes_read(KgNodes *nodes, const KgGraph *graph,
						  KgBudget *budget);

/* The same from an array of the budget, which is taken over and sorted. */
extern void kg_nodes_make(KgNodes *nodes, int64 *ids, uint32 n,
						  KgBudget *budget);

/* Frees 4 to 8 bytes a node; kg_nodes_find must not be called any more. */
extern void kg_nodes_forget_buckets(KgNodes *nodes, KgBudget *budget);

/* The number of this entity, or KG_NO_NODE. */
static inline uint32
kg_nodes_find(const KgNodes *nodes, int64 id)
{
	uint64		bucket;
	uint32		start;
	Size		i;

	if (nodes->n == 0 || id < nodes->ids[0] || id > nodes->ids[nodes->n - 1])
		return KG_NO_NODE;
	bucket = ((uint64) id - (uint64) nodes->ids[0]) >> nodes->shift;
	start = nodes->buckets[bucket];
	i = start + kg_find_node(nodes->ids + start,
							 nodes->buckets[bucket + 1] - start, id);
	return i < nodes->n && nodes->ids[i] == id ? (uint32) i : KG_NO_NODE;
}

#endif							/* KG_ALGO_NODES_H */
