/*
 * buffer_hints.c
 *	  Reads pages from the buffers where this backend last saw them.
 *
 * ReadBuffer() looks a block up in a hash table that all backends share, which
 * costs as much as looking at some ten entries of the page.
 * ReadRecentBuffer() only checks that a buffer still holds a block.  So the
 * buffers remembered here are hints: another backend may evict a block or
 * read another one into its buffer at any time, and no hint is ever removed.
 * A wrong hint costs a ReadBuffer(), as if there were none.
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
 * The server's conventions that this file relies on.  Static memory is zero,
 * and no buffer's number is.  Adding one to a usage count below the maximum
 * changes no other field of a buffer's state, which is one atomic word.
 */
StaticAssertDecl(InvalidBuffer == 0 && sizeof(Buffer) == sizeof(int),
				 "buffers are numbered otherwise");
#if PG_VERSION_NUM >= 190000
/* 64 bits wide since 19, with the lock of its contents in those above the flags */
typedef uint64 BufferState;

#define read_state pg_atomic_read_u64
#define exchange_state pg_atomic_compare_exchange_u64
StaticAssertDecl((BM_LOCK_MASK & (BUF_REFCOUNT_MASK | BUF_USAGECOUNT_MASK | BUF_FLAG_MASK)) == 0,
				 "a buffer's lock overlaps with other fields of its state");
#else
typedef uint32 BufferState;

#define read_state pg_atomic_read_u32
#define exchange_state pg_atomic_compare_exchange_u32
#endif
StaticAssertDecl(sizeof(((BufferDesc *) NULL)->state) == sizeof(BufferState),
				 "the state of a buffer is of another width");
StaticAssertDecl(BUF_USAGECOUNT_ONE == ((BufferState) 1 << BUF_USAGECOUNT_SHIFT) &&
				 ((BM_MAX_USAGE_COUNT * BUF_USAGECOUNT_ONE) &
				  ~(BufferState) BUF_USAGECOUNT_MASK) == 0,
				 "usage counts do not fit in their bits");
StaticAssertDecl((BUF_REFCOUNT_MASK ^ BUF_USAGECOUNT_MASK ^ BUF_FLAG_MASK) ==
				 (BUF_REFCOUNT_MASK | BUF_USAGECOUNT_MASK | BUF_FLAG_MASK) &&
				 (BM_LOCKED & BUF_FLAG_MASK) == BM_LOCKED,
				 "the fields of a buffer's state overlap");

/*
 * The hints: a direct-mapped table of 2 MB.  The blocks of a relation have
 * consecutive slots; those of the next relation follow.
 */
#define RECENT_BUFFERS (1 << 19)
static Buffer recent_buffers[RECENT_BUFFERS];

/*
 * The relations that have hints, direct-mapped as well: a relation that takes
 * another's slot loses the other's hints.  When 100 indexes of 1,000 x 32 were
 * searched in turn (LIMIT 10), a search took 276 us of CPU with 64 slots and
 * 175 us with 8,192; a search of one index took 110 us.
 */
#define RECENT_RELATIONS 8192
static struct
{
	Oid			relid;
	uint32		first;			/* slot of its block 0 */
	BlockNumber blocks;			/* that it had when last asked */
}			recent_relations[RECENT_RELATIONS];
static uint32 next_first;

/*
 * After a read from disk, the next COLD_BLOCKS expected blocks are asked of the
 * disk beforehand; cold_blocks counts them down.
 */
#define COLD_BLOCKS 64
static int	cold_blocks;

/* The relation's place in the table, which it takes if another has it. */
static inline int
recent_relation(Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	int			i = murmurhash32(relid) % RECENT_RELATIONS;

	if (unlikely(recent_relations[i].relid != relid))
	{
		recent_relations[i].relid = relid;
		recent_relations[i].first = next_first;
		recent_relations[i].blocks = RelationGetNumberOfBlocks(rel);
		next_first += recent_relations[i].blocks;
	}
	return i;
}

static inline Buffer *
recent_slot(Relation rel, BlockNumber block)
{
	return recent_buffers +
		(recent_relations[recent_relation(rel)].first + block) % RECENT_BUFFERS;
}

/*
 * Has the relation this block?  Block numbers come from pages, which may be
 * damaged.  The size is asked of the system for blocks that are new only: a
 * relation that has become shorter is another one's error.
 */
static bool
has_block(Relation rel, BlockNumber block)
{
	int			i = recent_relation(rel);

	if (block >= recent_relations[i].blocks)
		recent_relations[i].blocks = RelationGetNumberOfBlocks(rel);
	return block < recent_relations[i].blocks;
}

static void
no_such_block(Relation rel, BlockNumber block)
{
	const char *name = RelationGetRelationName(rel);

	if (rel->rd_rel->relkind == RELKIND_INDEX)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" refers to its block %u, which it does not have", name, block),
				 errhint("Please REINDEX it.")));
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("an index of table \"%s\" refers to block %u, which the table does not have",
					name, block),
			 errhint("Please REINDEX the table.")));
}

Buffer
kg_recent_buffer(Relation rel, BlockNumber block)
{
	return *recent_slot(rel, block);
}

/*
 * Counts a use of the buffer, so that the clock sweep spares pages in use:
 * PinBuffer() does, ReadRecentBuffer() does not.  If another backend changes
 * the state meanwhile, this use goes uncounted, which does no harm.
 */
static inline void
raise_usage_count(Buffer buffer)
{
	BufferDesc *desc = GetBufferDescriptor(buffer - 1);
	BufferState state = read_state(&desc->state);

	if (!(state & BM_LOCKED) &&
		BUF_STATE_GET_USAGECOUNT(state) < BM_MAX_USAGE_COUNT)
		(void) exchange_state(&desc->state, &state, state + BUF_USAGECOUNT_ONE);
}

Buffer
kg_read_buffer(Relation rel, BlockNumber block, BufferAccessStrategy strategy)
{
	Buffer	   *recent = recent_slot(rel, block);
	int64		disk_reads = pgBufferUsage.shared_blks_read;

	/* Buffers of temporary tables, below 0, are cheap to find anyway. */
	if (*recent > 0 &&
		ReadRecentBuffer(rel->rd_locator, MAIN_FORKNUM, block, *recent))
	{
		raise_usage_count(*recent);
		pgstat_count_buffer_read(rel);
		pgstat_count_buffer_hit(rel);

		/* ReadBuffer() charges a page, too. */
		if (VacuumCostActive)
			VacuumCostBalance += VacuumCostPageHit;
		return *recent;
	}
	if (!has_block(rel, block))
		no_such_block(rel, block);
	*recent = ReadBufferExtended(rel, MAIN_FORKNUM, block, RBM_NORMAL,
								 strategy);
	if (pgBufferUsage.shared_blks_read != disk_reads)
		cold_blocks = COLD_BLOCKS;
	return *recent;
}

/* Has this backend the lock of a buffer?  Since 19 it is no LWLock. */
#if PG_VERSION_NUM >= 190000
#define held_by_me(buffer) BufferIsLockedByMe(buffer)
#define held_alone_by_me(buffer) \
	BufferIsLockedByMeInMode((buffer), BUFFER_LOCK_EXCLUSIVE)
#else
#define content_lock(buffer) \
	BufferDescriptorGetContentLock(GetBufferDescriptor((buffer) - 1))
#define held_by_me(buffer) LWLockHeldByMe(content_lock(buffer))
#define held_alone_by_me(buffer) \
	LWLockHeldByMeInMode(content_lock(buffer), LW_EXCLUSIVE)
#endif

void
kg_lock_buffer(Relation rel, Buffer buffer, int mode)
{
	/* nobody locks buffers of temporary tables */
	if (!BufferIsLocal(buffer) &&
		(mode == BUFFER_LOCK_EXCLUSIVE ? held_by_me(buffer) : held_alone_by_me(buffer)))
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a page that leads back to block %u",
						RelationGetRelationName(rel), BufferGetBlockNumber(buffer)),
				 errhint("Please REINDEX it.")));
	LockBuffer(buffer, mode);
}

void
kg_ask_block(Relation rel, BlockNumber block)
{
	if (has_block(rel, block))
		(void) PrefetchBuffer(rel, MAIN_FORKNUM, block);
}

const char *
kg_expect_block(Relation rel, BlockNumber block)
{
	Buffer		recent = *recent_slot(rel, block);

	if (cold_blocks > 0)
	{
		cold_blocks--;
		kg_ask_block(rel, block);
	}
	if (recent <= 0)
		return NULL;
	kg_prefetch(GetBufferDescriptor(recent - 1));
	return BufferGetPage(recent);
}
