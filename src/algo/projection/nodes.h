/*
 * nodes.h
 *	  The nodes of a projection: ids of entities and their numbers.
 *
 * Numbers follow the order of ids, so what an algorithm decides by number,
 * ties for instance, does not depend on where rows lie in the table.
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
	uint32	   *buckets;		/* where each starts in ids; the end last */
} KgNodes;

/* Reads the entities of a graph, as the current user sees them. */
extern void kg_nodes_read(KgNodes *nodes, const KgGraph *graph, KgBudget *budget);

/*
 * The same of other numbers: takes the array of the budget over, and sorts it.
 */
extern void kg_nodes_make(KgNodes *nodes, int64 *ids, uint32 n, KgBudget *budget);

/* Frees what kg_nodes_find needs: 4 to 8 bytes a node. */
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
