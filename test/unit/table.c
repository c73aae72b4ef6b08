/*
 * table.c
 *	  See table.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/merge.h"
#include "ann/core/page_list.h"
#include "ann/core/pending_row.h"
#include "ann/core/refresh.h"
#include "ann/core/vacuum.h"
#include "ann/layout/duplicates.h"
#include "quant/bits.h"
#include "shim.h"
#include "table.h"
#include "tasks.h"
#include "unit.h"

#define CENTRES 5
#define ROWS_PER_BLOCK 64		/* of the table: TIDs need numbers */

KgTid
table_row_tid(int row)
{
	KgTid		tid = {.block_lo = row / ROWS_PER_BLOCK,
	.offset = row % ROWS_PER_BLOCK + 1};

	return tid;
}

int
table_tid_row(const Table *table, KgTid tid)
{
	int			row = tid.block_lo * ROWS_PER_BLOCK + tid.offset - 1;

	if (tid.block_hi != 0 || tid.offset == 0 || tid.offset > ROWS_PER_BLOCK ||
		row >= table->row_count)
		shim_fail("no row ever had TID (%u,%u)", tid.block_lo, tid.offset);
	return row;
}

/*
 * Tables.
 */

/* The signs of so many numbers as bits, at the start of their memory. */
static void
pack_signs(float *x, int dims)
{
	uint8	   *bits = malloc(kg_bits_bytes(dims));

	memset(bits, 0, kg_bits_bytes(dims));
	for (int i = 0; i < dims; i++)
		bits[i / 8] |= (x[i] > 0) << (7 - i % 8);
	memcpy(x, bits, kg_bits_bytes(dims));
	free(bits);
}

/* One in four elements stays, and the first. */
static void
make_sparse(float *x, int dims)
{
	for (int i = 1; i < dims; i++)
		if (random_bits() % 4 > 0)
			x[i] = 0;
}

static void
fill_pool(Table *table)
{
	int			dims = table->options.dims;
	float	   *centres = malloc(sizeof(float) * CENTRES * dims);

	for (int i = 0; i < CENTRES * dims; i++)
		centres[i] = 3 * random_normal();
	table->pool = malloc(sizeof(float) * table->options.pool * dims);
	for (int i = 0; i < table->options.pool; i++)
	{
		const float *centre = centres + random_bits() % CENTRES * dims;

		for (int j = 0; j < dims; j++)
			table->pool[i * dims + j] = centre[j] + random_normal();
		if (kg_metric_of_bits(table->options.metric))
			pack_signs(table->pool + i * dims, dims);
		if (table->options.sparse > 0)
			make_sparse(table->pool + i * dims, dims);
	}
	free(centres);
}

Table *
table_create(const TableOptions *options)
{
	Table	   *table = calloc(1, sizeof(Table));
	KgLayoutRequest request = {
		.dims = options->dims,.metric = options->metric,
		.max_degree = 2 * options->m,.storage = options->storage,
		.filters = options->filters,.sparse = options->sparse,
		.pages = options->members > 0,.members = options->members
	};
	KgStore		store;
	int			max_dims;

	table->options = *options;
	if (!kg_layout_solve(&request, &table->layout, &max_dims))
		shim_fail("a layout for %d dimensions at most", max_dims);
	table->pages = pages_create(&table->layout);
	table->context = shim_context_create(NULL);
	for (int i = 0; i < MAX_SCANS; i++)
		table->snapshots[i] = UINT64_MAX;
	CurrentMemoryContext = table->context;
	fill_pool(table);
	kg_store_init(&store, table->pages, &table->layout);
	kg_index_create(&store, options->ef_construction, 0);
	return table;
}

void
table_free(Table *table)
{
	CurrentMemoryContext = NULL;
	MemoryContextDelete(table->context);
	pages_free(table->pages);
	free(table->pool);
	free(table);
}

const float *
table_vector(const Table *table, int vector)
{
	static const float zeros[KG_MAX_DIMS];

	return vector == ZERO_VECTOR ? zeros :
		table->pool + (Size) vector * table->options.dims;
}

const float *
table_row_vector(const Table *table, const Row *row, int i)
{
	return table_vector(table, row->vector < 0 ? row->vector :
						(row->vector + i) % table->options.pool);
}

const void *
table_elements(const Table *table, const float *x)
{
	int			dims = table->options.dims;
	KgSparseValue *value;
	int32	   *indices;
	float	   *values;

	if (table->options.sparse == 0)
		return x;
	value = palloc0(sizeof(KgSparseValue));
	value->indices = indices = palloc(sizeof(int32) * dims);
	value->values = values = palloc(sizeof(float) * dims);
	for (int i = 0; i < dims; i++)
	{
		if (x[i] == 0)
			continue;
		indices[value->count] = i;
		values[value->count++] = x[i];
	}
	return value;
}

void
table_near(const Table *table, int vector, float *x)
{
	int			dims = table->options.dims;
	uint8	   *bits = (uint8 *) x;

	memcpy(x, table_vector(table, vector), sizeof(float) * dims);
	if (kg_metric_of_bits(table->options.metric))
		for (int i = random_bits() % 16; i < dims; i += 1 + random_bits() % 24)
			bits[i / 8] ^= 0x80 >> i % 8;
	else
		for (int i = 0; i < dims; i++)
			if (table->options.sparse == 0 || x[i] != 0)
				x[i] += 0.5f * random_normal();
}

double
table_distance(const Table *table, const float *x, const float *y)
{
	double		xy = 0;
	double		xx = 0;
	double		yy = 0;
	double		square = 0;
	double		sum = 0;

	if (kg_metric_of_bits(table->options.metric))
		return kg_space_bits_apart(&table->layout, x, y);
	for (int i = 0; i < table->options.dims; i++)
	{
		xy += (double) x[i] * y[i];
		xx += (double) x[i] * x[i];
		yy += (double) y[i] * y[i];
		square += ((double) x[i] - y[i]) * ((double) x[i] - y[i]);
		sum += fabs((double) x[i] - y[i]);
	}
	switch (table->options.metric)
	{
		case KG_METRIC_IP:
			return -xy;
		case KG_METRIC_COSINE:
			return 1 - xy / sqrt(xx * yy);
		case KG_METRIC_L1:
			return sum;
		default:
			return sqrt(square);
	}
}

void
table_delete(Table *table, int row)
{
	Assert(table->rows[row].state == ROW_THERE);
	table->rows[row].state = ROW_GONE;
	table->rows[row].died = ++table->clock;
}

int
table_any_row(const Table *table)
{
	for (int tries = 0; tries < 100 && table->row_count > 0; tries++)
	{
		int			row = random_bits() % table->row_count;

		if (table->rows[row].state == ROW_THERE)
			return row;
	}
	return -1;
}

static int
new_row(Table *table)
{
	if (table->unused_count > 0)
		return table->unused[--table->unused_count];
	if (table->row_count == MAX_ROWS)
		shim_fail("more than %d rows", MAX_ROWS);
	return table->row_count++;
}

/*
 * Sessions.
 */

Session *
session_create(Table *table)
{
	Session    *session = palloc0(sizeof(Session));

	session->table = table;
	session->context = CurrentMemoryContext;
	session->work = shim_context_create(CurrentMemoryContext);
	return session;
}

KgIndex *
session_open(Session *session)
{
	kg_store_init(&session->store, session->table->pages, NULL);
	if (session->index && !kg_index_keep_up(session->index, &session->store))
	{
		pfree(session->index);
		session->index = NULL;
	}
	if (session->index == NULL)
		session->index = kg_index_load(&session->store, session->context,
									   false);
	session->store.layout = &session->index->layout;

	/* a damaged meta page: as kg_column_elements() of each value */
	if (session->index->layout.dims != session->table->layout.dims)
		ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
						errmsg("expected %d dimensions, not %d",
							   session->index->layout.dims, session->table->layout.dims)));
	return session->index;
}

static void
insert_vector(Session *session, KgRow *entry, const float *x)
{
	KgIndex    *index = session_open(session);
	uint32		pages = 0;

	entry->x = table_elements(session->table, x);
	if (index->unit == 0)
	{
		kg_index_set_unit(&session->store, entry->x);
		index = session_open(session);
	}
	if ((int) (random_bits() % 8) >= session->table->pending_part ||
		!kg_pending_insert(session->inserter, index, &session->store, entry, &pages))
		kg_insert_row(session->inserter, index, &session->store, entry);
}

/* As kg_aminsert(), which may have failed after some of many vectors. */
static void
insert_entries(Session *session, int number, bool fails)
{
	Row		   *row = &session->table->rows[number];
	KgRow		entry = {.tid = table_row_tid(number)};
	KgIndex    *index = session_open(session);
	int			count = row->vectors;

	if (session->inserter == NULL)
	{
		MemoryContextSwitchTo(session->context);
		session->inserter = kg_inserter_new(&index->layout);
		MemoryContextSwitchTo(session->work);
	}
	if (row->vector == NULL_VECTOR)
	{
		kg_list_add(&session->store, LIST_NULLS, entry.tid);
		row->entries = 1;
		return;
	}
	memcpy(entry.words, row->words, sizeof(entry.words));
	if (fails && count > 1)
		count = random_bits() % count;
	for (int i = 0; i < count; i++)
	{
		insert_vector(session, &entry, table_row_vector(session->table, row, i));
		row->entries++;
	}
}

/* A row that is coming. */
static int
begin_row(Table *table, int vector)
{
	int			row = new_row(table);

	table->rows[row].state = ROW_COMING;
	table->rows[row].vector = vector;
	table_random_words(table, table->rows[row].words);
	table->rows[row].vectors = table->options.many && vector >= 0 ?
		1 + random_bits() % MAX_VECTORS : 1;
	table->rows[row].entries = 0;
	table->rows[row].doubtful = false;
	table->rows[row].born = UINT64_MAX;
	table->rows[row].died = UINT64_MAX;
	return row;
}

/* Its transaction ends. */
static void
end_row(Table *table, int row, bool commits)
{
	if (commits)
	{
		table->rows[row].state = ROW_THERE;
		table->rows[row].born = ++table->clock;
	}
	else
	{
		table->rows[row].state = ROW_GONE;
		table->rows[row].died = 0;
	}
}

int
session_insert(Session *session, int vector, bool commits)
{
	Table	   *table = session->table;
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	int			row = begin_row(table, vector);

	insert_entries(session, row, !commits);
	end_row(table, row, commits);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
	return row;
}

void
session_merge(Session *session, bool wait)
{
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	KgMergeRequest request = {.wait = wait,.memory = random_bits() % 20000};
	KgMergeCounts counts;

	session_open(session);
	(void) kg_merge(&session->store, &request, &counts);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}

void
session_insert_rows(Session *session, const int *vectors, int count)
{
	Table	   *table = session->table;
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	KgRow	   *entries = palloc0(sizeof(KgRow) * count);
	int		   *rows = palloc(sizeof(int) * count);
	KgIndex    *index = session_open(session);

	if (session->inserter == NULL)
	{
		MemoryContextSwitchTo(session->context);
		session->inserter = kg_inserter_new(&index->layout);
		MemoryContextSwitchTo(session->work);
	}
	for (int i = 0; i < count; i++)
	{
		rows[i] = begin_row(table, vectors[i]);
		entries[i].tid = table_row_tid(rows[i]);
		entries[i].x = table_elements(table, table_vector(table, vectors[i]));
		memcpy(entries[i].words, table->rows[rows[i]].words, sizeof(entries[i].words));
		table->rows[rows[i]].entries = 1;
		if (index->unit == 0)
		{
			kg_index_set_unit(&session->store, entries[i].x);
			index = session_open(session);
		}
	}
	kg_insert_rows(session->inserter, index, &session->store, entries, count);
	for (int i = 0; i < count; i++)
		end_row(table, rows[i], true);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}

void
session_choose_again(Session *session, BlockNumber block)
{
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	KgIndex    *index = session_open(session);

	if (session->inserter == NULL)
	{
		MemoryContextSwitchTo(session->context);
		session->inserter = kg_inserter_new(&index->layout);
		MemoryContextSwitchTo(session->work);
	}
	kg_page_list_choose_again(session->inserter, index, &session->store, block, 0);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}

/*
 * VACUUM.
 */

/* The rows that it removes, by number. */
typedef struct DeadRows
{
	const Table *table;
	bool		dead[MAX_ROWS];
	int			count;			/* of their entries */
} DeadRows;

static bool
is_dead(ItemPointer tid, void *arg)
{
	DeadRows   *rows = arg;

	return rows->dead[table_tid_row(rows->table, tid_from_pointer(tid))];
}

/* Those that no snapshot sees. */
static void
find_dead(const Table *table, DeadRows *rows)
{
	uint64		horizon = table->clock;

	for (int i = 0; i < MAX_SCANS; i++)
		horizon = Min(horizon, table->snapshots[i]);
	rows->table = table;
	for (int i = 0; i < table->row_count; i++)
	{
		rows->dead[i] = table->rows[i].state == ROW_GONE &&
			table->rows[i].died <= horizon;
		if (rows->dead[i])
			rows->count += table->rows[i].entries;
	}
}

/* Whether that was right is not known of those that are doubtful. */
static void
check_removed(const Table *table, const DeadRows *rows, double removed)
{
	int			doubtful = 0;

	for (int i = 0; i < table->row_count; i++)
		if (rows->dead[i] && table->rows[i].doubtful)
			doubtful += table->rows[i].entries;
	if (removed > rows->count || removed < rows->count - doubtful)
		shim_fail("VACUUM removed %.0f of %d entries of dead rows", removed, rows->count);
}

/* Their TIDs may be used again. */
static void
forget_rows(Table *table, const DeadRows *rows)
{
	for (int i = 0; i < table->row_count; i++)
		if (rows->dead[i])
		{
			table->rows[i].state = ROW_UNUSED;
			table->unused[table->unused_count++] = i;
		}
}

static void
remove_rows(Session *session, DeadRows *rows)
{
	KgVacuumCounts counts;
	KgMergeRequest request = {.wait = true,.memory = random_bits() % 20000};
	KgMergeCounts merged;

	if (rows->count > 0)
	{
		request.is_dead = is_dead;
		request.is_dead_arg = rows;
	}
	session_open(session);
	(void) kg_merge(&session->store, &request, &merged);
	session_open(session);
	if (rows->count == 0)
		kg_vacuum_find_space(&session->store);
	else
	{
		kg_vacuum(&session->store, is_dead, rows, &counts);
		check_removed(session->table, rows, merged.removed + counts.removed);
		forget_rows(session->table, rows);
	}
	if (kg_layout_has_hubs(&session->table->layout))
		kg_refresh_lists(&session->store, session_open(session));
}

void
session_vacuum(Session *session, bool cancel)
{
	Table	   *table = session->table;
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	DeadRows   *rows = palloc0(sizeof(DeadRows));
	jmp_buf		cancelled;

	find_dead(table, rows);
	pages_set_vacuum(table->pages, true);
	if (cancel)
		pages_cancel_vacuum(table->pages, &cancelled, random_bits() % 40);
	if (setjmp(cancelled) == 0)
		remove_rows(session, rows);
	else
	{
		for (int i = 0; i < table->row_count; i++)
			table->rows[i].doubtful |= rows->dead[i];
		pages_end_cancelled(table->pages);
	}
	pages_cancel_vacuum(table->pages, NULL, 0);
	pages_set_vacuum(table->pages, false);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}
