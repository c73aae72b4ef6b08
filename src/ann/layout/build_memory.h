/*
 * build_memory.h
 *	  The pages of an index that is being built, in memory: one process's own
 *	  or shared by the processes of a parallel build.
 */
#ifndef KG_BUILD_MEMORY_H
#define KG_BUILD_MEMORY_H

#include "postgres.h"
#include "storage/bufpage.h"
#include "storage/dsm.h"
#include "storage/lwlock.h"

typedef struct KgBuildMemory KgBuildMemory;

/* One process's own, in the current context; limit in bytes. */
extern KgBuildMemory *kg_build_memory_create(Size limit);

/* Bytes of shared memory that describe pages of up to limit bytes. */
extern Size kg_build_memory_shared_size(Size limit);

/* Sets up shared pages; space is of kg_build_memory_shared_size() in segment. */
extern KgBuildMemory *kg_build_memory_share(void *space, Size limit,
											dsm_segment *segment);

/* The same pages, in another process. */
extern KgBuildMemory *kg_build_memory_attach(void *space, dsm_segment *segment);

/*
 * Makes sure that so many more pages can be had by kg_build_memory_extend().  False
 * if they do not fit; then they cannot be had.
 */
extern bool kg_build_memory_reserve(KgBuildMemory *memory, int pages);

/*
 * Is this a block of a side page?  Then it is initialised.  Nobody is given a
 * block behind it before that: a node there may write to the side page at once.
 */
typedef bool (*KgMakeSidePage) (Page page, BlockNumber block, const void *arg);

/* A new page, not initialised; it was reserved. */
extern BlockNumber kg_build_memory_extend(KgBuildMemory *memory,
										  KgMakeSidePage make_side_page,
										  const void *arg);

/* Pages of the index so far.  Those before the first are no longer in memory. */
extern BlockNumber kg_build_memory_pages(KgBuildMemory *memory);
extern BlockNumber kg_build_memory_first(const KgBuildMemory *memory);

/*
 * To reserve so many pages: the oldest ones, up to the returned one, may go once
 * they have been written elsewhere, and kg_build_memory_advance() makes that the
 * first.  Meanwhile nobody else may use any page.  InvalidBlockNumber: there is
 * too little memory for that.
 */
extern BlockNumber kg_build_memory_oldest(KgBuildMemory *memory, int pages);
extern void kg_build_memory_advance(KgBuildMemory *memory, BlockNumber first);

extern Page kg_build_memory_page(KgBuildMemory *memory, BlockNumber block);

/* The lock of a page, or NULL: no other process has it. */
extern LWLock *kg_build_memory_lock(KgBuildMemory *memory, BlockNumber block);

/* Gives the pages' memory back, of all processes if it is shared. */
extern void kg_build_memory_free(KgBuildMemory *memory);

/* Lets go of shared pages; the process that shared them does so last. */
extern void kg_build_memory_detach(KgBuildMemory *memory);

/* The tranche of kg's LWLocks in shared memory. */
extern int	kg_lwlock_tranche(void);

#endif							/* KG_BUILD_MEMORY_H */
