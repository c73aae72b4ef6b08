/*
 * recent.c
 *	  Pages of relations, found where this backend last saw them.
 *
 * ReadBuffer() looks a block up in a hash table that all backends share, which
 * costs as much as looking at some ten entries of the page.
 * ReadRecentBuffer() only checks that the block is still where it was, so what
 * is remembered here may be wrong, and need never be removed.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "pgstat.h"
#include "utils/rel.h"

#include "compat.h"
#include "recent.h"

/* Direct-mapped by a hash of relation and block: 1 MB. */
#define RECENT_BUFFERS (1 << 18)
static Buffer recent_buffers[RECENT_BUFFERS];

/*
 * ReadRecentBuffer() does not raise a buffer's usage count.  Every so many
 * reads go through ReadBuffer(), so that the clock sweep sees which pages are
 * in use.
 */
#define USAGE_INTERVAL 16
static uint32 recent_reads;

static inline Buffer *
recent_slot(Relation rel, BlockNumber block)
{
	uint32		hash = block + murmurhash32(RelationGetRelid(rel));

	return &recent_buffers[hash % RECENT_BUFFERS];
}

Buffer
kg_recent_buffer(Relation rel, BlockNumber block)
{
	return *recent_slot(rel, block);
}

Buffer
kg_read_buffer(Relation rel, BlockNumber block, BufferAccessStrategy strategy)
{
	Buffer	   *recent = recent_slot(rel, block);

	/* Those of temporary tables are few and cheap to find. */
	if (*recent > 0 && ++recent_reads % USAGE_INTERVAL != 0 &&
		ReadRecentBuffer(rel->rd_locator, MAIN_FORKNUM, block, *recent))
	{
		pgstat_count_buffer_read(rel);
		pgstat_count_buffer_hit(rel);
		return *recent;
	}
	*recent = ReadBufferExtended(rel, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
	return *recent;
}
