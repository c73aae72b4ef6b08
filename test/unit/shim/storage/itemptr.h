/*
 * itemptr.h
 *	  See postgres.h.
 */
#ifndef ITEMPTR_H
#define ITEMPTR_H

typedef struct ItemPointerData
{
	uint16		block_hi;
	uint16		block_lo;
	uint16		offset;
}			__attribute__((packed, aligned(2))) ItemPointerData;

typedef ItemPointerData * ItemPointer;

#endif							/* ITEMPTR_H */
