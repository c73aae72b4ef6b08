/*
 * buffer_hints.c
 *	  Pages of relations, found where this backend last saw them.
 *
 * ReadBuffer() looks a block up in a hash table that all backends share, which
 * costs as much as looking at some ten entries of the page.
 * ReadRecentBuffer() only checks that the block is still where it was, so what
 * is remembered here may be wrong, and need never be removed.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/buf_internals.h"
#include "utils/rel.h"

#include "pg/buffer_hints.h"
#include "pg/compat.h"

/*
 * Direct-mapped: 2 MB, of which blocks of a relation take consecutive places,
 * from where those of the relation before it end.
 */
#define RECENT_BUFFERS (1 << 19)
static Buffer recent_buffers[RECENT_BUFFERS];

/*
 * Direct-mapped too: a relation that takes another's place forgets where all of
 * the other's blocks were.  Of 100 indexes of 1,000 x 32 searched in turn (LIMIT
 * 10), a search took 276 us of CPU with 64 places, 175 us with 8,192; of one
 * index, 110 us.
 */
#define RECENT_RELATIONS 8192
static struct
{
	Oid			relid;
	uint32		first;			/* place of its block 0 */
}			recent_relations[RECENT_RELATIONS];
static uint32 next_first;

/*
 * After a read from disk, so many blocks that are expected are asked for
 * beforehand.
 */
#define COLD_BLOCKS 64
static int	cold_blocks;

static inline Buffer *
recent_slot(Relation rel, BlockNumber block)
{
	Oid			relid = RelationGetRelid(rel);
	int			i = murmurhash32(relid) % RECENT_RELATIONS;

	if (unlikely(recent_relations[i].relid != relid))
	{
		recent_relations[i].relid = relid;
		recent_relations[i].first = next_first;
		next_first += RelationGetNumberOfBlocks(rel);
	}
	return &recent_buffers[(recent_relations[i].first + block) % RECENT_BUFFERS];
}

Buffer
kg_recent_buffer(Relation rel, BlockNumber block)
{
	return *recent_slot(rel, block);
}

/*
 * As PinBuffer() does, and ReadRecentBuffer() does not, so that the clock sweep
 * sees which pages are in use.  That another process is faster is no harm.
 */
static inline void
raise_usage_count(Buffer buffer)
{
	BufferDesc *desc = GetBufferDescriptor(buffer - 1);
	uint32		state = pg_atomic_read_u32(&desc->state);

	if (!(state & BM_LOCKED) && BUF_STATE_GET_USAGECOUNT(state) < BM_MAX_USAGE_COUNT)
		(void) pg_atomic_compare_exchange_u32(&desc->state, &state,
											  state + BUF_USAGECOUNT_ONE);
}

Buffer
kg_read_buffer(Relation rel, BlockNumber block, BufferAccessStrategy strategy)
{
	Buffer	   *recent = recent_slot(rel, block);
	int64		disk_reads = pgBufferUsage.shared_blks_read;

	/* Those of temporary tables are few and cheap to find. */
	if (*recent > 0 &&
		ReadRecentBuffer(rel->rd_locator, MAIN_FORKNUM, block, *recent))
	{
		raise_usage_count(*recent);
		pgstat_count_buffer_read(rel);
		pgstat_count_buffer_hit(rel);

		/* as ReadBuffer() does */
		if (VacuumCostActive)
			VacuumCostBalance += VacuumCostPageHit;
		return *recent;
	}
	*recent = ReadBufferExtended(rel, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
	if (pgBufferUsage.shared_blks_read != disk_reads)
		cold_blocks = COLD_BLOCKS;
	return *recent;
}

const char *
kg_expect_block(Relation rel, BlockNumber block)
{
	Buffer		recent = *recent_slot(rel, block);

	if (cold_blocks > 0)
	{
		cold_blocks--;
		(void) PrefetchBuffer(rel, MAIN_FORKNUM, block);
	}
	if (recent <= 0)
		return NULL;
	kg_prefetch(GetBufferDescriptor(recent - 1));
	return BufferGetPage(recent);
}
