/*
 * seen.h
 *	  A set of node numbers: an open-addressing hash while it is small, a
 *	  bitmap over all nodes when that takes less memory.
 */
#ifndef KG_SEEN_H
#define KG_SEEN_H

#include "postgres.h"

typedef struct KgSeen
{
	MemoryContext context;
	uint64	   *table;			/* generation << 32 | node */
	uint32		mask;			/* table entries - 1 */
	uint32		count;
	uint32		generation;		/* entries of older ones are empty */
	uint8	   *bitmap;			/* or NULL */
	uint64		bitmap_nodes;	/* bits in it */
} KgSeen;

/* An empty set, in memory of context. */
extern void kg_seen_init(KgSeen *seen, MemoryContext context);

/* Empties it; keeps the memory of a hash. */
extern void kg_seen_reset(KgSeen *seen);

/* Doubles the hash, or goes over to a bitmap. */
extern void kg_seen_grow(KgSeen *seen, uint32 node);

static inline uint32
kg_seen_hash(const KgSeen *seen, uint32 node)
{
	/* Fibonacci hashing: the high bits of the product are well mixed */
	return ((node * UINT64CONST(0x9e3779b97f4a7c15)) >> 32) & seen->mask;
}

/* Adds a node; false if it was in the set. */
static inline bool
kg_seen_add(KgSeen *seen, uint32 node)
{
	uint32		h;

	if (unlikely(seen->bitmap != NULL))
	{
		uint8		bit = 1 << (node % 8);

		if (node >= seen->bitmap_nodes)
			kg_seen_grow(seen, node);
		if (seen->bitmap[node / 8] & bit)
			return false;
		seen->bitmap[node / 8] |= bit;
		return true;
	}

	h = kg_seen_hash(seen, node);
	while ((uint32) (seen->table[h] >> 32) == seen->generation)
	{
		if ((uint32) seen->table[h] == node)
			return false;
		h = (h + 1) & seen->mask;
	}
	seen->table[h] = (uint64) seen->generation << 32 | node;
	if (unlikely(++seen->count > seen->mask / 2))
		kg_seen_grow(seen, node);
	return true;
}

/* True if the set has the node. */
extern bool kg_seen_has(const KgSeen *seen, uint32 node);

#endif							/* KG_SEEN_H */
