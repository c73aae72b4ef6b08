/*
 * build_memory.c
 *	  The pages of an index that is being built, in memory.
 *
 * Pages come in chunks, so that small indexes take little and no page ever
 * moves.  Chunks are palloc'd, or pieces of a DSA area when processes share
 * them; then each page has an LWLock, which stands for its buffer's.  When all
 * are taken, the oldest is written out and serves again.
 */
#include "postgres.h"

#include "port/atomics.h"
#include "storage/shmem.h"
#include "utils/dsa.h"
#include "utils/memutils.h"

#include "ann/layout/build_memory.h"
#include "pg/compat.h"

/* 1 MB */
#define CHUNK_PAGES 128

/* First piece of the DSA area, which stands in the build's own segment. */
#define AREA_SIZE (64 * 1024)

typedef struct PageChunk
{
	char		pages[CHUNK_PAGES][BLCKSZ];
	LWLock		locks[CHUNK_PAGES]; /* if shared */
} PageChunk;

/* What the processes of a build share. */
typedef struct SharedPages
{
	LWLock		lock;			/* of chunk_count and chunks */
	pg_atomic_uint32 page_count;	/* of the index, so far */
	uint32		first;			/* changed while nobody uses pages */
	int			tranche;
	uint32		chunk_limit;	/* lowered when memory runs out */
	uint32		chunk_count;
	dsa_pointer chunks[FLEXIBLE_ARRAY_MEMBER];
} SharedPages;

struct KgBuildMemory
{
	SharedPages *shared;		/* or NULL */
	dsa_area   *area;
	MemoryContext context;		/* of chunks that are not shared */
	uint32		page_count;		/* unless shared */
	uint32		first;			/* likewise: the first page in memory */
	uint32		chunk_limit;
	uint32		chunk_count;	/* known to this process */
	PageChunk **chunks;
};

int
kg_lwlock_tranche(void)
{
	static bool registered = false;
	bool		found;
	int		   *tranche;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	tranche = ShmemInitStruct("kg LWLock tranche", sizeof(int), &found);
	if (!found)
		*tranche = kg_new_tranche("kg");
	LWLockRelease(AddinShmemInitLock);
	if (!registered)
		kg_name_tranche(*tranche, "kg");
	registered = true;
	return *tranche;
}

static uint32
chunk_limit(Size limit)
{
	return (uint32) Max(limit / sizeof(PageChunk), 1);
}

static KgBuildMemory *
new_memory(uint32 limit)
{
	KgBuildMemory *memory = palloc0(sizeof(KgBuildMemory));

	memory->context = CurrentMemoryContext;
	memory->chunk_limit = limit;
	memory->chunks = palloc0(sizeof(PageChunk *) * limit);
	return memory;
}

KgBuildMemory *
kg_build_memory_create(Size limit)
{
	KgBuildMemory *memory = new_memory(chunk_limit(limit));

	memory->context = AllocSetContextCreate(CurrentMemoryContext,
											"kg_hnsw build pages",
											ALLOCSET_DEFAULT_SIZES);
	return memory;
}

/* The area's place behind the array. */
static void *
area_position(SharedPages *shared)
{
	return (char *) shared +
		MAXALIGN(offsetof(SharedPages, chunks) +
				 sizeof(dsa_pointer) * shared->chunk_limit);
}

Size
kg_build_memory_shared_size(Size limit)
{
	return MAXALIGN(offsetof(SharedPages, chunks) +
					sizeof(dsa_pointer) * chunk_limit(limit)) + AREA_SIZE;
}

KgBuildMemory *
kg_build_memory_share(void *space, Size limit, dsm_segment *segment)
{
	SharedPages *shared = space;
	KgBuildMemory *memory = new_memory(chunk_limit(limit));

	shared->tranche = kg_lwlock_tranche();
	LWLockInitialize(&shared->lock, shared->tranche);
	pg_atomic_init_u32(&shared->page_count, 0);
	shared->first = 0;
	shared->chunk_limit = memory->chunk_limit;
	shared->chunk_count = 0;
	memory->shared = shared;
	memory->area = dsa_create_in_place(area_position(shared), AREA_SIZE,
									   shared->tranche, segment);
	dsa_set_size_limit(memory->area, Max(limit, 2 * sizeof(PageChunk)));
	return memory;
}

KgBuildMemory *
kg_build_memory_attach(void *space, dsm_segment *segment)
{
	SharedPages *shared = space;
	KgBuildMemory *memory = new_memory(shared->chunk_limit);

	kg_lwlock_tranche();
	memory->shared = shared;
	memory->area = dsa_attach_in_place(area_position(shared), segment);
	return memory;
}

/* Adds a chunk that all processes see. */
static bool
add_shared_chunk(KgBuildMemory *memory)
{
	SharedPages *shared = memory->shared;
	dsa_pointer pointer;
	PageChunk  *chunk;

	pointer = dsa_allocate_extended(memory->area, sizeof(PageChunk),
									DSA_ALLOC_HUGE | DSA_ALLOC_NO_OOM);
	if (!DsaPointerIsValid(pointer))
		return false;
	chunk = dsa_get_address(memory->area, pointer);
	for (int i = 0; i < CHUNK_PAGES; i++)
		LWLockInitialize(&chunk->locks[i], shared->tranche);
	shared->chunks[shared->chunk_count++] = pointer;
	return true;
}

/* Chunks that can be had, and those that there are. */
static uint32
limit_of(const KgBuildMemory *memory)
{
	return memory->shared ? memory->shared->chunk_limit : memory->chunk_limit;
}

static void
add_shared_chunks(KgBuildMemory *memory, uint32 wanted)
{
	SharedPages *shared = memory->shared;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	while (shared->chunk_count < Min(wanted, shared->chunk_limit))
		if (!add_shared_chunk(memory))
			shared->chunk_limit = Max(shared->chunk_count, 1);
	memory->chunk_count = shared->chunk_count;
	LWLockRelease(&shared->lock);
}

bool
kg_build_memory_reserve(KgBuildMemory *memory, int pages)
{
	uint32		first = kg_build_memory_first(memory) / CHUNK_PAGES;
	uint32		end = (kg_build_memory_pages(memory) + pages) / CHUNK_PAGES + 1;
	uint32		wanted = Min(end, limit_of(memory));

	if (memory->chunk_count < wanted && memory->shared)
		add_shared_chunks(memory, wanted);
	while (memory->chunk_count < wanted && !memory->shared)
		memory->chunks[memory->chunk_count++] =
			MemoryContextAlloc(memory->context, sizeof(PageChunk));
	return end - first <= memory->chunk_count;
}

BlockNumber
kg_build_memory_oldest(KgBuildMemory *memory, int pages)
{
	BlockNumber next = kg_build_memory_first(memory) + CHUNK_PAGES;

	/* The chunk in use must not be all that there is. */
	if (limit_of(memory) < 2 + (uint32) pages / CHUNK_PAGES ||
		next > kg_build_memory_pages(memory))
		return InvalidBlockNumber;
	return next;
}

void
kg_build_memory_advance(KgBuildMemory *memory, BlockNumber first)
{
	if (memory->shared)
		memory->shared->first = first;
	else
		memory->first = first;
}

BlockNumber
kg_build_memory_first(const KgBuildMemory *memory)
{
	return memory->shared ? memory->shared->first : memory->first;
}

BlockNumber
kg_build_memory_extend(KgBuildMemory *memory, KgMakeSidePage make_side_page,
					   const void *arg)
{
	BlockNumber block;

	if (memory->shared)
		LWLockAcquire(&memory->shared->lock, LW_EXCLUSIVE);
	do
		block = memory->shared ?
			pg_atomic_fetch_add_u32(&memory->shared->page_count, 1) :
			memory->page_count++;
	while (make_side_page(kg_build_memory_page(memory, block), block, arg));
	if (memory->shared)
		LWLockRelease(&memory->shared->lock);
	return block;
}

BlockNumber
kg_build_memory_pages(KgBuildMemory *memory)
{
	return memory->shared ?
		pg_atomic_read_u32(&memory->shared->page_count) : memory->page_count;
}

/* Chunk i + limit takes the memory of chunk i. */
static inline PageChunk *
chunk_of(KgBuildMemory *memory, BlockNumber block)
{
	uint32		i = block / CHUNK_PAGES;
	PageChunk **chunk;

	if (unlikely(i >= memory->chunk_count))
		i %= limit_of(memory);
	chunk = &memory->chunks[i];
	/* Whoever told of the block did so after its chunk was there. */
	if (unlikely(*chunk == NULL))
		*chunk = dsa_get_address(memory->area, memory->shared->chunks[i]);
	return *chunk;
}

Page
kg_build_memory_page(KgBuildMemory *memory, BlockNumber block)
{
	return chunk_of(memory, block)->pages[block % CHUNK_PAGES];
}

LWLock *
kg_build_memory_lock(KgBuildMemory *memory, BlockNumber block)
{
	return memory->shared ?
		&chunk_of(memory, block)->locks[block % CHUNK_PAGES] : NULL;
}

void
kg_build_memory_free(KgBuildMemory *memory)
{
	if (memory->shared)
	{
		for (uint32 i = 0; i < memory->shared->chunk_count; i++)
			dsa_free(memory->area, memory->shared->chunks[i]);
		memory->shared->chunk_count = 0;
		dsa_trim(memory->area);
	}
	else
		MemoryContextDelete(memory->context);
}

void
kg_build_memory_detach(KgBuildMemory *memory)
{
	dsa_detach(memory->area);
}
