/*
 * slot.h
 *	  A node's slot on a page: the struct at its start, and access to the
 *	  arrays behind it, whose places the layout tells.
 *
 * No server headers, so that the geometry can be tested alone.
 */
#ifndef KG_SLOT_H
#define KG_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "ann/layout/layout.h"

/* "No node", in neighbour lists and entry points. */
#define KG_NO_NODE UINT32_MAX

/* Numbers have 31 bits: searches mark expanded nodes with the last one. */
#define KG_MAX_NODES (UINT64_C(1) << 31)

/* "No chunk", where a node has no overflow list of heap TIDs. */
#define KG_NO_CHUNK UINT32_MAX

typedef enum NodeState
{
	NODE_FREE = 0,				/* may be taken; nothing else is valid */
	NODE_LIVE = 1,				/* has heap TIDs */
	NODE_DEAD = 2				/* has none, but searches still lead through
								 * it */
} NodeState;

/*
 * A slot's frame number leaves one bit free: the slot was given rows whose
 * vectors are equal as stored only, so that its finer copy tells of one of
 * them.
 */
#define SLOT_SHARED 0x8000
#define SLOT_FRAME 0x7fff

/* A heap TID as it stands in ItemPointerData: 6 bytes, aligned to 2. */
typedef struct KgTid
{
	uint16_t	block_hi;
	uint16_t	block_lo;
	uint16_t	offset;			/* 0: none */
} KgTid;

typedef struct NodeSlot
{
	KgTid		tid;			/* the first row with this vector */
	uint16_t	generation;		/* counts the slot's reuses */
	uint32_t	chunk;			/* more rows with this vector, or KG_NO_CHUNK */
	uint8_t		state;			/* NodeState */
	uint8_t		degree;			/* neighbours in use */
	uint16_t	frame;			/* of the stored vector; and SLOT_SHARED */
	float		error;			/* bound of |vector - stored|, internal unit */
	float		length;			/* |vector|, internal unit */
	uint32_t	hash;			/* of the column's value: rows with another
								 * are not equal */
} NodeSlot;

static inline uint16_t
slot_frame(const NodeSlot *slot)
{
	return slot->frame & SLOT_FRAME;
}

static inline uint32_t *
slot_neighbors(const KgLayout *layout, const NodeSlot *slot)
{
	return (uint32_t *) ((char *) slot + layout->neighbors);
}

static inline uint16_t *
slot_factor_a(const KgLayout *layout, const NodeSlot *slot)
{
	return (uint16_t *) ((char *) slot + layout->factor_a);
}

static inline uint16_t *
slot_factor_b(const KgLayout *layout, const NodeSlot *slot)
{
	return (uint16_t *) ((char *) slot + layout->factor_b);
}

static inline uint16_t *
slot_factor_r2(const KgLayout *layout, const NodeSlot *slot)
{
	return (uint16_t *) ((char *) slot + layout->factor_r2);
}

static inline uint8_t *
slot_code(const KgLayout *layout, const NodeSlot *slot, int i)
{
	return (uint8_t *) slot + layout->codes + i * layout->row_bytes;
}

static inline void *
slot_vector(const KgLayout *layout, const NodeSlot *slot)
{
	return (char *) slot + layout->vector;
}

/*
 * Squared distances are not negative: the sign of a factor r2 marks an edge
 * that must stay, because the neighbour counts on it.
 */
#define SLOT_PINNED 0x8000

static inline bool
slot_pinned(const KgLayout *layout, const NodeSlot *slot, int i)
{
	return (slot_factor_r2(layout, slot)[i] & SLOT_PINNED) != 0;
}

/*
 * The occluded bit of neighbour i: the rule of the relative neighbourhood
 * graph would drop it, because another neighbour is nearer to it.
 */
static inline bool
slot_occluded(const KgLayout *layout, const NodeSlot *slot, int i)
{
	const uint32_t *bits = (const uint32_t *) ((char *) slot + layout->occluded);

	return (bits[i / 32] >> (i % 32)) & 1;
}

static inline void
slot_set_occluded(const KgLayout *layout, NodeSlot *slot, int i, bool value)
{
	uint32_t   *bits = (uint32_t *) ((char *) slot + layout->occluded);

	if (value)
		bits[i / 32] |= UINT32_C(1) << (i % 32);
	else
		bits[i / 32] &= ~(UINT32_C(1) << (i % 32));
}

#endif							/* KG_SLOT_H */
