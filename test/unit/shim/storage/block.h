/*
 * block.h
 *	  See postgres.h.
 */
#ifndef BLOCK_H
#define BLOCK_H

typedef uint32 BlockNumber;

#define InvalidBlockNumber ((BlockNumber) 0xffffffff)

#endif							/* BLOCK_H */
