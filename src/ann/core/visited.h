/*
 * visited.h
 *	  A set of node numbers: an open-addressing hash while it is small, a
 *	  bitmap over all nodes when that takes less memory.
 *
 * A search also notes the noise of the estimate by which it met a node, until
 * it expands the node.
 */
#ifndef KG_VISITED_H
#define KG_VISITED_H

#include "postgres.h"

typedef struct KgVisited
{
	MemoryContext context;
	uint64	   *table;			/* generation << 48 | noise << 32 | node */
	uint32		mask;			/* table entries - 1 */
	uint32		count;
	uint16		generation;		/* entries of older ones are empty */
	bool		noisy;			/* noise was noted */
	bool		ranked;			/* entries have estimates: there is no bitmap */
	uint8	   *bitmap;			/* or NULL */
	uint8	   *expanded;		/* likewise, if noisy */
	uint64		bitmap_nodes;	/* bits in each */
} KgVisited;

/* Whether a set had a node that is met. */
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
 * An estimate replaces another whose noise is higher by more than this: two in
 * the exponent of a bfloat16, a factor of four.
 */
#define KG_NOISIER (2 << 7)

/* An empty set, in memory of context. */
extern void kg_visited_init(KgVisited *visited, MemoryContext context);

/* Empties it; keeps the memory of a hash. */
extern void kg_visited_reset(KgVisited *visited);

/* Doubles the hash, or goes over to a bitmap; not of estimates. */
extern void kg_visited_grow(KgVisited *visited, uint32 node);

/* Meets a node in a set that is a bitmap. */
extern KgMet kg_visited_meet_bit(KgVisited *visited, uint32 node);

static inline uint32
kg_visited_hash(const KgVisited *visited, uint32 node)
{
	/* Fibonacci hashing: the high bits of the product are well mixed */
	return ((node * UINT64CONST(0x9e3779b97f4a7c15)) >> 32) & visited->mask;
}

/* The node's entry in the hash, or the empty one where it belongs. */
static inline uint64 *
kg_visited_entry(const KgVisited *visited, uint32 node)
{
	uint32		h = kg_visited_hash(visited, node);

	while ((uint16) (visited->table[h] >> 48) == visited->generation &&
		   (uint32) visited->table[h] != node)
		h = (h + 1) & visited->mask;
	return &visited->table[h];
}

static inline uint64
kg_visited_pack(const KgVisited *visited, uint32 node, uint16 noise)
{
	return (uint64) visited->generation << 48 | (uint64) noise << 32 | node;
}

/*
 * Meets a node by an estimate of this noise, a bfloat16 above zero; zero marks
 * a node that was expanded.
 */
static inline KgMet
kg_visited_meet(KgVisited *visited, uint32 node, uint16 noise)
{
	uint64	   *entry;
	uint16		before;

	if (unlikely(visited->bitmap != NULL))
		return kg_visited_meet_bit(visited, node);
	entry = kg_visited_entry(visited, node);
	if ((uint16) (*entry >> 48) != visited->generation)
	{
		*entry = kg_visited_pack(visited, node, noise);
		visited->noisy |= noise != 0;
		if (unlikely(++visited->count > visited->mask / 2))
			kg_visited_grow(visited, node);
		return MET_NEW;
	}

	before = (uint16) (*entry >> 32);
	if (likely(before <= noise + KG_NOISIER))
		return MET_BEFORE;
	*entry = kg_visited_pack(visited, node, noise);
	return MET_NOISIER;
}

/*
 * Meets a node by an estimate of how far it is.  In a set whose nodes are all met so, an
 * entry has the upper half of the estimate in place of noise, as a number that sorts as
 * estimates do: MET_NOISIER says that this one is nearer than those before.
 */
static inline KgMet
kg_visited_meet_nearer(KgVisited *visited, uint32 node, float estimate)
{
	uint32		bits;
	uint16		upper;
	uint64	   *entry;

	memcpy(&bits, &estimate, sizeof(bits));
	upper = Max((bits & 0x80000000 ? ~bits : bits | 0x80000000) >> 16, 1);
	entry = kg_visited_entry(visited, node);
	if ((uint16) (*entry >> 48) != visited->generation)
	{
		*entry = kg_visited_pack(visited, node, upper);
		visited->ranked = true;
		if (unlikely(++visited->count > visited->mask / 2))
			kg_visited_grow(visited, node);
		return MET_NEW;
	}
	if (likely((uint16) (*entry >> 32) <= upper))
		return MET_BEFORE;
	*entry = kg_visited_pack(visited, node, upper);
	return MET_NOISIER;
}

/* Adds a node to a set without noise; false if it was there. */
static inline bool
kg_visited_add(KgVisited *visited, uint32 node)
{
	return kg_visited_meet(visited, node, 0) == MET_NEW;
}

/* Marks a node of the set as expanded; false if it was that before. */
extern bool kg_visited_expand(KgVisited *visited, uint32 node);

/* Takes that mark away, so that the node may be expanded again. */
extern void kg_visited_unexpand(KgVisited *visited, uint32 node);

/* True if the set has the node. */
extern bool kg_visited_has(const KgVisited *visited, uint32 node);

#endif							/* KG_VISITED_H */
