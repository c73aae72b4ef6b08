/*
 * node.h
 *	  A node: the struct at the start of its slot on a page.
 *
 * No server headers, so that the geometry can be tested alone.
 */
#ifndef KG_NODE_H
#define KG_NODE_H

#include <stdint.h>

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
	uint16_t	generation;		/* counts the slot's reuses; of a hub, nodes
								 * that joined since its list was chosen */
	uint32_t	chunk;			/* more rows with this vector, or KG_NO_CHUNK */
	uint8_t		state;			/* NodeState */
	uint8_t		degree;			/* neighbours in use */
	uint16_t	frame;			/* of the stored vector; and SLOT_SHARED */
	float		error;			/* bound of |vector - stored|, internal unit */
	float		length;			/* |vector|, internal unit */
	uint32_t	hash;			/* of the column's value: rows with another
								 * are not equal */
} NodeSlot;

#endif							/* KG_NODE_H */
