/*
 * buffer_hints.h
 *	  Pages of relations, found where this backend last saw them.
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

/* ReadBufferExtended of the main fork, faster for what was read before. */
extern Buffer kg_read_buffer(Relation rel, BlockNumber block,
							 BufferAccessStrategy strategy);

/*
 * Where a block was last seen, or InvalidBuffer: to prefetch from, no more,
 * since something else may be there by now.
 */
extern Buffer kg_recent_buffer(Relation rel, BlockNumber block);

/*
 * A block will be read soon.  If it is where it was, its buffer's descriptor
 * comes into the cache and the page's address is returned, for a caller who
 * wants to prefetch from it; else NULL, and a page that must come from disk
 * is asked for.
 */
extern const char *kg_expect_block(Relation rel, BlockNumber block);

#endif							/* KG_BUFFER_HINTS_H */
