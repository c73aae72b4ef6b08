/*
 * slot.h
 *	  Access to the arrays behind a node's struct in its slot, whose offsets
 *	  are the layout's.
 *
 * No server headers, so that the geometry can be tested alone.
 */
#ifndef KG_SLOT_H
#define KG_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "ann/layout/layout.h"
#include "ann/layout/node.h"

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

/* The node's words: what filters look at. */
static inline uint32_t *
slot_own_words(const KgLayout *layout, const NodeSlot *slot)
{
	return (uint32_t *) ((char *) slot + layout->own_words);
}

/* The neighbours' words for one filter, max_degree of them. */
static inline uint32_t *
slot_words(const KgLayout *layout, const NodeSlot *slot, int filter)
{
	return (uint32_t *) ((char *) slot + layout->words) +
		filter * layout->max_degree;
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

/* Of a hub. */
static inline uint16_t *
slot_nearness(const KgLayout *layout, const NodeSlot *slot)
{
	return (uint16_t *) ((char *) slot + layout->nearness);
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

/* The elements, of an index of sparse vectors. */
static inline KgSparse *
slot_sparse(const KgLayout *layout, const NodeSlot *slot)
{
	return (KgSparse *) ((char *) slot + layout->sparse_vector);
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

/* In slot_nearness: the edge leads to that very node of its page, for the node's sake. */
#define SLOT_NAMED 0x8000

static inline bool
slot_named(const KgLayout *layout, const NodeSlot *slot, int i)
{
	return kg_layout_has_hubs(layout) &&
		(slot_nearness(layout, slot)[i] & SLOT_NAMED) != 0;
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
