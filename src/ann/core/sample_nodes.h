/*
 * sample_nodes.h
 *	  Vectors of nodes at random, as queries.
 */
#ifndef KG_SAMPLE_NODES_H
#define KG_SAMPLE_NODES_H

#include "ann/core/index.h"
#include "ann/core/query.h"

typedef struct KgNodeSampler
{
	KgStore    *store;
	const KgIndex *index;
	uint64		numbers;		/* of nodes that there may be */
	uint64		random;
	double	   *y;				/* scratch: shape.dim */
	KgSparse   *sparse;			/* likewise, or NULL */
} KgNodeSampler;

/* A seed draws the same numbers again.  Its memory is in the current context. */
extern void kg_node_sampler_init(KgNodeSampler *sampler, KgStore *store,
								 const KgIndex *index, uint64 seed);

/*
 * Sets a query to the vector of a node drawn at random, and *node to its
 * number.  False if what was drawn is no live node with a direction.
 */
extern bool kg_node_sampler_draw(KgNodeSampler *sampler, KgQuery *query,
								 uint32 *node);

#endif							/* KG_SAMPLE_NODES_H */
