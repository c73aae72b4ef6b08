/*
 * cell_files.c
 *	  The rows of a build in temporary files.
 *
 * Files are taken in the order of their cells, one or some at a time, those of a cell, one of
 * each process, one after another: so processes work in the same neighbourhood.
 */
#include "postgres.h"

#include "port/atomics.h"
#include "storage/barrier.h"
#include "storage/buffile.h"
#include "storage/sharedfileset.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "ann/core/cell_files.h"

/* What processes share. */
typedef struct SharedFiles
{
	SharedFileSet files;
	Barrier		barrier;		/* until all rows are there */
	pg_atomic_uint32 taken;		/* files, in their order */
	int			processes;
	int			depth;
	uint64		written[FLEXIBLE_ARRAY_MEMBER]; /* rows of each process and
												 * cell */
} SharedFiles;

struct KgCellFiles
{
	MemoryContext context;
	int			depth;
	int			processes;
	int			process;
	SharedFiles *shared;		/* or NULL */
	uint64	   *written;		/* as in SharedFiles */
	BufFile   **files;			/* this process's, by cell, or NULL */
	bool		complete;

	uint32		taken;			/* unless shared */
	uint32		first;			/* that this process has taken last */
	uint32		next;			/* of these to be read */
	uint32		end;
	BufFile    *reading;
	char		name[MAXPGPATH];	/* of it, if shared */
	uint64		left;			/* its rows */
	KgFlatRow  *head;			/* of the row that is read next, if has_head */
	bool		has_head;
};

static KgCellFiles *
new_files(int depth, int processes)
{
	KgCellFiles *files = palloc0(sizeof(KgCellFiles));

	files->context = CurrentMemoryContext;
	files->depth = depth;
	files->processes = processes;
	files->files = palloc0(sizeof(BufFile *) << depth);
	files->head = palloc(offsetof(KgFlatRow, x));
	return files;
}

KgCellFiles *
kg_cell_files_new(int depth)
{
	KgCellFiles *files = new_files(depth, 1);

	files->written = palloc0(sizeof(uint64) << depth);
	return files;
}

/* How many rows a process has put into a cell. */
static uint64 *
written(const KgCellFiles *files, int process, int cell)
{
	return &files->written[((Size) process << files->depth) + cell];
}

/*
 * Writing.
 */

static void
name_file(char *name, int process, int cell)
{
	snprintf(name, MAXPGPATH, "%d.%d", process, cell);
}

static BufFile *
file_of(KgCellFiles *files, int cell)
{
	MemoryContext old_context;
	char		name[MAXPGPATH];

	if (files->files[cell])
		return files->files[cell];
	old_context = MemoryContextSwitchTo(files->context);
	name_file(name, files->process, cell);
	files->files[cell] = files->shared ?
		BufFileCreateFileSet(&files->shared->files.fs, name) :
		BufFileCreateTemp(false);
	MemoryContextSwitchTo(old_context);
	return files->files[cell];
}

void
kg_cell_files_put(KgCellFiles *files, int cell, const KgFlatRow *row)
{
	BufFileWrite(file_of(files, cell), (void *) row, row->size);
	(*written(files, files->process, cell))++;
}

void
kg_cell_files_finish(KgCellFiles *files)
{
	if (files->shared == NULL)
		return;
	for (int cell = 0; cell < 1 << files->depth; cell++)
	{
		if (files->files[cell] == NULL)
			continue;
		BufFileExportFileSet(files->files[cell]);
		BufFileClose(files->files[cell]);
		files->files[cell] = NULL;
	}
	if (!files->complete)
		BarrierArriveAndWait(&files->shared->barrier,
							 WAIT_EVENT_PARALLEL_CREATE_INDEX_SCAN);
	BarrierDetach(&files->shared->barrier);
	files->complete = true;
}

/*
 * Reading.
 */

/* Rows that all processes have put into a cell. */
static uint64
rows_of_cell(const KgCellFiles *files, int cell)
{
	uint64		rows = 0;

	for (int i = 0; i < files->processes; i++)
		rows += *written(files, i, cell);
	return rows;
}

/* Where the files end that are taken from this one on: see kg_cell_files_take(). */
static uint32
end_of_taken(const KgCellFiles *files, uint32 first, uint64 rows)
{
	int			cell = first / files->processes;
	uint64		sum;

	if (rows == 0)
		return first + 1;
	sum = rows_of_cell(files, cell++);
	while (cell < 1 << files->depth && (sum += rows_of_cell(files, cell)) <= rows)
		cell++;
	return cell * files->processes;
}

bool
kg_cell_files_take(KgCellFiles *files, uint64 rows)
{
	uint32		all = (uint32) files->processes << files->depth;
	uint32		first = files->shared ? pg_atomic_read_u32(&files->shared->taken) :
	files->taken;
	uint32		end;

	do
	{
		if (first >= all)
			return false;
		end = end_of_taken(files, first, rows);
	} while (files->shared &&
			 !pg_atomic_compare_exchange_u32(&files->shared->taken, &first, end));
	files->taken = files->end = end;
	files->first = files->next = first;
	return true;
}

uint64
kg_cell_files_taken_rows(const KgCellFiles *files)
{
	uint64		rows = 0;

	for (uint32 file = files->first; file < files->end; file++)
		rows += *written(files, file % files->processes, file / files->processes);
	return rows;
}

/* Opens the next file that has rows; false if none of those taken has. */
static bool
open_next(KgCellFiles *files)
{
	while (files->next < files->end)
	{
		int			cell = files->next / files->processes;
		int			process = files->next++ % files->processes;

		files->left = *written(files, process, cell);
		if (files->left == 0)
			continue;
		if (files->shared)
		{
			name_file(files->name, process, cell);
			files->reading = BufFileOpenFileSet(&files->shared->files.fs, files->name,
												O_RDONLY, false);
			return true;
		}
		files->reading = files->files[cell];
		files->files[cell] = NULL;
		if (BufFileSeek(files->reading, 0, 0, SEEK_SET) != 0)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not rewind a temporary file of an index build: %m")));
		return true;
	}
	return false;
}

/* Closes the file that was read, and removes it. */
static void
close_file(KgCellFiles *files)
{
	BufFileClose(files->reading);
	files->reading = NULL;
	if (files->shared)
		BufFileDeleteFileSet(&files->shared->files.fs, files->name, true);
}

static void
read_bytes(KgCellFiles *files, void *to, Size size)
{
	if (BufFileRead(files->reading, to, size) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read %zu bytes of a temporary file of an index build: %m",
						size)));
}

const KgFlatRow *
kg_cell_files_peek(KgCellFiles *files)
{
	MemoryContext old_context = MemoryContextSwitchTo(files->context);
	bool		found = true;

	if (!files->has_head && files->left == 0)
	{
		if (files->reading)
			close_file(files);
		found = open_next(files);
	}
	if (found && !files->has_head)
		read_bytes(files, files->head, offsetof(KgFlatRow, x));
	files->has_head = found;
	MemoryContextSwitchTo(old_context);
	return found ? files->head : NULL;
}

void
kg_cell_files_read(KgCellFiles *files, KgFlatRow *row)
{
	memcpy(row, files->head, offsetof(KgFlatRow, x));
	read_bytes(files, row->x, row->size - offsetof(KgFlatRow, x));
	files->has_head = false;
	files->left--;
}

uint64
kg_cell_files_rows(const KgCellFiles *files)
{
	uint64		rows = 0;

	for (int cell = 0; cell < 1 << files->depth; cell++)
		rows += rows_of_cell(files, cell);
	return rows;
}

void
kg_cell_files_free(KgCellFiles *files)
{
	if (files->reading)
		close_file(files);
	for (int cell = 0; cell < 1 << files->depth; cell++)
		if (files->files[cell])
			BufFileClose(files->files[cell]);
}

/*
 * Sharing.
 */

Size
kg_cell_files_shared_size(int depth, int processes)
{
	return offsetof(SharedFiles, written) + sizeof(uint64) * ((Size) processes << depth);
}

static KgCellFiles *
use_shared(SharedFiles *shared, int process)
{
	KgCellFiles *files = new_files(shared->depth, shared->processes);

	files->shared = shared;
	files->process = process;
	files->written = shared->written;
	files->complete = BarrierAttach(&shared->barrier) > 0;
	return files;
}

KgCellFiles *
kg_cell_files_share(void *space, int depth, int processes, dsm_segment *segment)
{
	SharedFiles *shared = space;

	memset(shared, 0, kg_cell_files_shared_size(depth, processes));
	SharedFileSetInit(&shared->files, segment);
	BarrierInit(&shared->barrier, 0);
	pg_atomic_init_u32(&shared->taken, 0);
	shared->processes = processes;
	shared->depth = depth;
	return use_shared(shared, processes - 1);
}

void
kg_cell_files_set_depth(KgCellFiles *files, int depth)
{
	files->depth = files->shared->depth = depth;
}

KgCellFiles *
kg_cell_files_attach(void *space, int process, dsm_segment *segment)
{
	SharedFiles *shared = space;

	SharedFileSetAttach(&shared->files, segment);
	return use_shared(shared, process);
}

bool
kg_cell_files_are_complete(const KgCellFiles *files)
{
	return files->complete;
}
