/*
 * build_parallel.h
 *	  Building an index with several processes.
 */
#ifndef KG_BUILD_PARALLEL_H
#define KG_BUILD_PARALLEL_H

#include "postgres.h"
#include "storage/dsm.h"
#include "storage/shm_toc.h"

#include "ann/core/build_rows.h"

typedef struct KgParallelBuild KgParallelBuild;

/*
 * How many workers should help; 0: none.  memory is how many bytes the pages
 * may take.
 */
extern int	kg_parallel_build_workers(Relation heap, Relation index,
									  Size memory);

/*
 * Sets up what the processes share: *shared and the pages, *memory.  NULL if
 * there is no shared memory for it: then the leader must build alone.
 */
extern KgParallelBuild *kg_parallel_build_begin(const KgBuilder *builder,
												int workers, Size limit,
												KgBuildShared **shared,
												KgBuildMemory **memory);

/*
 * Starts the workers, takes part, and waits for them.  Returns how many rows
 * all of them scanned.
 */
extern double kg_parallel_build_run(KgParallelBuild *build,
									KgBuilder *builder);

extern void kg_parallel_build_end(KgParallelBuild *build);

/* The main function of a worker. */
extern PGDLLEXPORT void kg_build_worker(dsm_segment *segment, shm_toc *toc);

#endif							/* KG_BUILD_PARALLEL_H */
