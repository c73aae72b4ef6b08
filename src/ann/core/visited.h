/*
 * seen.h
 *	  A set of node numbers: an open-addressing hash while it is small, a
 *	  bitmap over all nodes when that takes less memory.
 *
 * A walk also notes how noisy the estimate is by which it met a node, until
 * it settles the node by visiting it.
 */
#ifndef KG_SEEN_H
#define KG_SEEN_H

#include "postgres.h"

typedef struct KgSeen
{
	MemoryContext context;
	uint64	   *table;			/* generation << 48 | noise << 32 | node */
	uint32		mask;			/* table entries - 1 */
	uint32		count;
	uint16		generation;		/* entries of older ones are empty */
	bool		noisy;			/* noise was noted */
	uint8	   *bitmap;			/* or NULL */
	uint8	   *settled;		/* likewise, if noisy */
	uint64		bitmap_nodes;	/* bits in each */
} KgSeen;

/* What a set knew of a node. */
typedef enum KgMet
{
	MET_NEW,
	MET_BEFORE,
	MET_NOISIER					/* before, by an estimate much worse than this
								 * one, which is noted now */
} KgMet;

/* More noise than any estimate has. */
#define KG_MOST_NOISE 0x7fff

/*
 * An estimate replaces one whose noise is above its own by this: two in the
 * exponent of a bfloat16, a factor of four.
 */
#define KG_NOISIER (2 << 7)

/* An empty set, in memory of context. */
extern void kg_seen_init(KgSeen *seen, MemoryContext context);

/* Empties it; keeps the memory of a hash. */
extern void kg_seen_reset(KgSeen *seen);

/* Doubles the hash, or goes over to a bitmap. */
extern void kg_seen_grow(KgSeen *seen, uint32 node);

/* Meets a node in a set that is a bitmap. */
extern KgMet kg_seen_meet_bit(KgSeen *seen, uint32 node);

static inline uint32
kg_seen_hash(const KgSeen *seen, uint32 node)
{
	/* Fibonacci hashing: the high bits of the product are well mixed */
	return ((node * UINT64CONST(0x9e3779b97f4a7c15)) >> 32) & seen->mask;
}

/* The node's entry in the hash, or the empty one where it belongs. */
static inline uint64 *
kg_seen_entry(const KgSeen *seen, uint32 node)
{
	uint32		h = kg_seen_hash(seen, node);

	while ((uint16) (seen->table[h] >> 48) == seen->generation &&
		   (uint32) seen->table[h] != node)
		h = (h + 1) & seen->mask;
	return &seen->table[h];
}

static inline uint64
kg_seen_pack(const KgSeen *seen, uint32 node, uint16 noise)
{
	return (uint64) seen->generation << 48 | (uint64) noise << 32 | node;
}

/*
 * Meets a node by an estimate of this noise, a bfloat16 above zero; zero is
 * that of a node that is settled.
 */
static inline KgMet
kg_seen_meet(KgSeen *seen, uint32 node, uint16 noise)
{
	uint64	   *entry;
	uint16		before;

	if (unlikely(seen->bitmap != NULL))
		return kg_seen_meet_bit(seen, node);
	entry = kg_seen_entry(seen, node);
	if ((uint16) (*entry >> 48) != seen->generation)
	{
		*entry = kg_seen_pack(seen, node, noise);
		seen->noisy |= noise != 0;
		if (unlikely(++seen->count > seen->mask / 2))
			kg_seen_grow(seen, node);
		return MET_NEW;
	}

	before = (uint16) (*entry >> 32);
	if (likely(before <= noise + KG_NOISIER))
		return MET_BEFORE;
	*entry = kg_seen_pack(seen, node, noise);
	return MET_NOISIER;
}

/* Adds a node to a set without noise; false if it was there. */
static inline bool
kg_seen_add(KgSeen *seen, uint32 node)
{
	return kg_seen_meet(seen, node, 0) == MET_NEW;
}

/* Settles a node of the set; false if it was settled before. */
extern bool kg_seen_settle(KgSeen *seen, uint32 node);

/* A settled node of the set may be settled again. */
extern void kg_seen_unsettle(KgSeen *seen, uint32 node);

/* True if the set has the node. */
extern bool kg_seen_has(const KgSeen *seen, uint32 node);

#endif							/* KG_SEEN_H */
