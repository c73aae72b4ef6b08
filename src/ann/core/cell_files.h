/*
 * cell_files.h
 *	  The rows of a build in temporary files, by the cell of the space that they are in.
 *
 * Several processes may share them: each has a file for each cell.  When all have put
 * their rows, each takes a part of the files, and reads them, no file twice.  Files are
 * gone with an error, cancellation or crash, as all temporary ones.
 */
#ifndef KG_CELL_FILES_H
#define KG_CELL_FILES_H

#include "postgres.h"
#include "storage/dsm.h"

#include "ann/core/flat_row.h"

typedef struct KgCellFiles KgCellFiles;

/* Memory of an open file: its buffer, and a little. */
#define KG_CELL_FILE_BYTES (BLCKSZ + 256)

/* Files for 2^depth cells, in the current context, none of which exists yet. */
extern KgCellFiles *kg_cell_files_new(int depth);

extern void kg_cell_files_put(KgCellFiles *files, int cell, const KgFlatRow *row);

/* All rows are there.  Waits for the other processes. */
extern void kg_cell_files_finish(KgCellFiles *files);

/*
 * Takes the next file or, if rows is above zero, those of the next cells that have up to
 * so many rows, of one cell at least.  False if none is left.
 */
extern bool kg_cell_files_take(KgCellFiles *files, uint64 rows);

/* Rows of the files that were taken last. */
extern uint64 kg_cell_files_taken_rows(const KgCellFiles *files);

/* The next row of the files that were taken, without its vector; NULL if there is none. */
extern const KgFlatRow *kg_cell_files_peek(KgCellFiles *files);

/* Reads that row, which was peeked at, and is as long as it said. */
extern void kg_cell_files_read(KgCellFiles *files, KgFlatRow *row);

/* Rows of all processes, after kg_cell_files_finish(). */
extern uint64 kg_cell_files_rows(const KgCellFiles *files);

extern void kg_cell_files_free(KgCellFiles *files);

/*
 * Sharing.  The first process makes shared files, of at most 2^depth cells, and may lower
 * their depth before others attach.  Each has a number below processes, the first one
 * processes - 1.
 */
extern Size kg_cell_files_shared_size(int depth, int processes);
extern KgCellFiles *kg_cell_files_share(void *space, int depth, int processes,
										dsm_segment *segment);
extern void kg_cell_files_set_depth(KgCellFiles *files, int depth);
extern KgCellFiles *kg_cell_files_attach(void *space, int process, dsm_segment *segment);

/* Are all rows there already?  Then a process that attached puts none. */
extern bool kg_cell_files_are_complete(const KgCellFiles *files);

#endif							/* KG_CELL_FILES_H */
