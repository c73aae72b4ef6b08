/*
 * buf.h
 *	  See postgres.h.  What a buffer is, pages.c says.
 */
#ifndef BUF_H
#define BUF_H

typedef int Buffer;
typedef struct BufferAccessStrategyData *BufferAccessStrategy;

#define InvalidBuffer 0

#endif							/* BUF_H */
