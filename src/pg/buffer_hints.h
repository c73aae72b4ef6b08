/*
 * buffer_hints.h
 *	  Reads pages from the buffers where this backend last saw them.
 */
#ifndef KG_BUFFER_HINTS_H
#define KG_BUFFER_HINTS_H

#include "storage/bufmgr.h"
#include "utils/relcache.h"

/* Bytes that a processor fetches at once. */
#define KG_CACHE_LINE 64

#if defined(__GNUC__)
#define kg_prefetch(address) __builtin_prefetch(address)
#else
#define kg_prefetch(address) ((void) 0)
#endif

/*
 * ReadBufferExtended of the main fork, faster for a block read before.  A block
 * that the relation does not have is an error: the index is damaged.
 */
extern Buffer kg_read_buffer(Relation rel, BlockNumber block,
							 BufferAccessStrategy strategy);

/*
 * LockBuffer, but an error of class index corrupted where this backend would wait
 * for itself without end: a damaged page leads to one that it has locked.
 */
extern void kg_lock_buffer(Relation rel, Buffer buffer, int mode);

/*
 * PrefetchBuffer, which asks the system for a block, but for blocks that a
 * damaged page names and the relation does not have.
 */
extern void kg_ask_block(Relation rel, BlockNumber block);

/*
 * The buffer that a block was last seen in, or InvalidBuffer.  The buffer is
 * not pinned and may hold another block by now: use it to prefetch only.
 */
extern Buffer kg_recent_buffer(Relation rel, BlockNumber block);

/*
 * Prepares for a block that will be read soon.  Of a block seen before, the
 * buffer's descriptor is prefetched; returns the page's address, from which
 * the caller may prefetch but not read, or NULL for a block not seen yet.
 * While reads come from disk, the block is asked of the disk as well.
 */
extern const char *kg_expect_block(Relation rel, BlockNumber block);

#endif							/* KG_BUFFER_HINTS_H */
