/*
 * table.c
 *	  See table.h.
 */
#include "postgres.h"

#include <math.h>
#include <stdarg.h>

#include "utils/memutils.h"

#include "ann/core/vacuum.h"
#include "ann/layout/duplicates.h"
#include "ann/scan/found.h"
#include "shim.h"
#include "table.h"
#include "tasks.h"
#include "unit.h"

#define CENTRES 5
#define ROWS_PER_BLOCK 64		/* of the table: TIDs need numbers */

/* What a scan keeps apart in memory before it is forgotten. */
#define SCAN_MEMORY (1024 * 1024)

static KgTid
row_tid(int row)
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
	}
	free(centres);
}

Table *
table_create(const TableOptions *options)
{
	Table	   *table = calloc(1, sizeof(Table));
	KgLayoutRequest request = {
		.dims = options->dims,.metric = options->metric,
		.max_degree = 2 * options->m,.storage = options->storage
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
	return session->index;
}

/* As kg_aminsert(). */
static void
insert_entry(Session *session, int vector, KgTid tid)
{
	KgIndex    *index = session_open(session);
	const float *x;

	if (session->inserter == NULL)
	{
		MemoryContextSwitchTo(session->context);
		session->inserter = kg_inserter_new(&index->layout);
		MemoryContextSwitchTo(session->work);
	}
	if (vector == NULL_VECTOR)
	{
		kg_list_add(&session->store, LIST_NULLS, tid);
		return;
	}
	x = table_vector(session->table, vector);
	if (index->unit == 0)
	{
		kg_index_set_unit(&session->store, x);
		index = session_open(session);
	}
	kg_insert_row(session->inserter, index, &session->store, x, tid);
}

int
session_insert(Session *session, int vector, bool commits)
{
	Table	   *table = session->table;
	int			row = new_row(table);
	MemoryContext old_context = MemoryContextSwitchTo(session->work);

	table->rows[row].state = ROW_COMING;
	table->rows[row].vector = vector;
	table->rows[row].doubtful = false;
	table->rows[row].born = UINT64_MAX;
	table->rows[row].died = UINT64_MAX;
	insert_entry(session, vector, row_tid(row));
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
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
	return row;
}

/*
 * VACUUM.
 */

/* The rows that it removes, by number. */
typedef struct DeadRows
{
	const Table *table;
	bool		dead[MAX_ROWS];
	int			count;
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
		rows->count += rows->dead[i];
	}
}

/* Whether that was right is not known of those that are doubtful. */
static void
check_removed(const Table *table, const DeadRows *rows, double removed)
{
	int			doubtful = 0;

	for (int i = 0; i < table->row_count; i++)
		doubtful += rows->dead[i] && table->rows[i].doubtful;
	if (removed > rows->count || removed < rows->count - doubtful)
		shim_fail("VACUUM removed %.0f of %d dead rows", removed, rows->count);
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

	session_open(session);
	if (rows->count == 0)
	{
		kg_vacuum_find_space(&session->store);
		return;
	}
	kg_vacuum(&session->store, is_dead, rows, &counts);
	check_removed(session->table, rows, counts.removed);
	forget_rows(session->table, rows);
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
		for (int i = 0; i < table->row_count; i++)
			table->rows[i].doubtful |= rows->dead[i];
	pages_cancel_vacuum(table->pages, NULL, 0);
	pages_set_vacuum(table->pages, false);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}

/*
 * Scans.
 */

typedef struct Scan
{
	Session    *session;
	const float *x;
	uint64		snapshot;
	KgQuery		query;
	KgSearch	search;
	bool		measured;		/* the query has a place in the space */
	KgFound		found;
	KgVisited	returned;
	KgTid	   *tids;
	int			tid_count;
	int			tid_capacity;
	uint8	   *met;			/* how often, by row */
} Scan;

static bool
is_visible(const Row *row, uint64 snapshot)
{
	return row->born <= snapshot && row->died > snapshot;
}

/* What the operator returns, but for its rounding. */
static double
distance(const Table *table, const float *x, const float *y)
{
	double		xy = 0;
	double		xx = 0;
	double		yy = 0;
	double		square = 0;

	for (int i = 0; i < table->options.dims; i++)
	{
		xy += (double) x[i] * y[i];
		xx += (double) x[i] * x[i];
		yy += (double) y[i] * y[i];
		square += ((double) x[i] - y[i]) * ((double) x[i] - y[i]);
	}
	switch (table->options.metric)
	{
		case KG_METRIC_IP:
			return -xy;
		case KG_METRIC_COSINE:
			return 1 - xy / sqrt(xx * yy);
		default:
			return sqrt(square);
	}
}

/* A row leaves the scan. */
static void
meet_row(Scan *scan, KgTid tid, double bound)
{
	const Table *table = scan->session->table;
	int			number = table_tid_row(table, tid);
	const Row  *row = &table->rows[number];
	double		d;

	if (row->state == ROW_UNUSED || !is_visible(row, scan->snapshot))
		return;
	if (scan->met[number]++ > 0)
		shim_fail("row %d is found twice", number);
	if (!scan->measured || row->vector < 0)
		return;
	d = distance(table, scan->x, table_vector(table, row->vector));
	if (bound > d + 1e-5 * (1 + fabs(d)))
		shim_fail("row %d is found with bound %g and has distance %g", number,
				  bound, d);
}

/* As scan.c's. */
static void
keep_node(Scan *scan, const NodeSlot *slot, uint32 node, double bound)
{
	KgFoundNode found = {
		.bound = bound,.node = node,.chunk = slot->chunk,
		.generation = slot->generation,.tid = slot->tid,
		.frame = slot_frame(slot),.length = slot->length
	};

	kg_found_add(&scan->found, &found);
}

static void
expand(KgSearch *search, const NodeSlot *slot, uint32 node, float key,
	   const float *estimates)
{
	Scan	   *scan = search->expand_arg;

	if (slot->state == NODE_LIVE)
		keep_node(scan, slot, node,
				  kg_query_lower(&scan->query, slot_frame(slot), key,
								 slot->error, slot->length));
}

/* Rows of the nodes found within a bound leave. */
static void
hand_out(Scan *scan, double horizon)
{
	while (scan->found.count > 0 && scan->found.nodes[0].bound <= horizon)
	{
		KgFoundNode node = kg_found_pop(&scan->found);

		scan->tids = kg_found_read_rows(&scan->session->store, &node,
										scan->tids, &scan->tid_count,
										&scan->tid_capacity);
		kg_visited_add(&scan->returned, node.node);
		for (int i = 0; i < scan->tid_count; i++)
			meet_row(scan, scan->tids[i], node.bound);
	}
}

static void
search_graph(Scan *scan, const KgIndex *index, int ef)
{
	kg_search_init(&scan->search);
	scan->search.expand = expand;
	scan->search.expand_arg = scan;
	scan->search.memory_limit = SCAN_MEMORY;
	kg_search_start(&scan->search, index, &scan->session->store, &scan->query, ef);
	do
		hand_out(scan, kg_query_value(&scan->query, scan->search.horizon));
	while (kg_search_continue(&scan->search, scan->search.ef));
	hand_out(scan, INFINITY);
}

/* As sweep.c, but that pages are read in batches of any size. */
static void
sweep_pages(Scan *scan, BlockNumber end)
{
	KgStore    *store = &scan->session->store;
	const KgLayout *layout = store->layout;

	for (BlockNumber block = KG_META_BLOCK + 1; block < end; block++)
	{
		Page		page = kg_store_read_if(store, block, PAGE_NODES);

		if (page == NULL)
			continue;
		for (int i = 0; i < layout->per_page; i++)
		{
			const NodeSlot *slot = page_slot(layout, page, i);
			uint32		node = block * layout->per_page + i;
			double		bound = -INFINITY;

			if (slot->state != NODE_LIVE || kg_visited_has(&scan->returned, node))
				continue;
			if (scan->measured)
				bound = kg_query_lower(&scan->query, slot_frame(slot),
									   kg_query_key(&scan->query, slot),
									   slot->error, slot->length);
			keep_node(scan, slot, node, bound);
		}
		kg_store_done(store);
		if (random_bits() % 4 == 0)
			hand_out(scan, INFINITY);
	}
	hand_out(scan, INFINITY);
}

static void
read_list(Scan *scan, KgListKind kind)
{
	KgStore    *store = &scan->session->store;
	KgListReader reader;
	Page		page;

	kg_list_begin(&reader, store, kind);
	while ((page = kg_list_next(store, &reader)) != NULL)
	{
		for (uint32 i = 0; i < page_list(page)->count; i++)
			meet_row(scan, page_list(page)->tids[i], -INFINITY);
		kg_store_done(store);
	}
}

static void
check_scan(const Scan *scan)
{
	const Table *table = scan->session->table;

	for (int i = 0; i < table->row_count; i++)
		if (is_visible(&table->rows[i], scan->snapshot) && !scan->met[i])
			shim_fail("row %d with vector %d is not found", i,
					  table->rows[i].vector);
}

/* Opens the index and sets the query. */
static Scan *
begin_scan(Session *session, const float *x)
{
	Scan	   *scan = palloc0(sizeof(Scan));

	scan->session = session;
	scan->x = x;
	scan->snapshot = session->table->clock;
	scan->met = palloc0(MAX_ROWS);
	scan->tid_capacity = 1;
	scan->tids = palloc(sizeof(KgTid));
	kg_found_init(&scan->found);
	kg_visited_init(&scan->returned, CurrentMemoryContext);
	kg_query_init(&scan->query);
	scan->measured = kg_query_set(&scan->query, session_open(session),
								  &session->store, x);
	return scan;
}

/* A place among the snapshots, taken now. */
static uint64 *
take_snapshot(Table *table)
{
	for (int i = 0; i < MAX_SCANS; i++)
		if (table->snapshots[i] == UINT64_MAX)
		{
			table->snapshots[i] = table->clock;
			return &table->snapshots[i];
		}
	shim_fail("more than %d scans", MAX_SCANS);
}

void
session_scan(Session *session, int vector, int ef)
{
	Table	   *table = session->table;
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	uint64	   *snapshot = take_snapshot(table);
	Scan	   *scan = begin_scan(session, table_vector(table, vector));
	BlockNumber end = kg_store_pages(&session->store);

	scan->snapshot = *snapshot;
	if (scan->measured)
		search_graph(scan, session->index, ef);
	sweep_pages(scan, end);
	for (int i = 0; i < LIST_KINDS; i++)
		read_list(scan, i);
	check_scan(scan);
	*snapshot = UINT64_MAX;
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}

int
session_nearest(Session *session, const float *x, int ef, int *rows, int count)
{
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	Scan	   *scan = begin_scan(session, x);
	int			found = 0;

	kg_search_init(&scan->search);
	scan->search.expand = expand;
	scan->search.expand_arg = scan;
	kg_search_start(&scan->search, session->index, &session->store, &scan->query,
					ef);
	while (scan->found.count > 0 && found < count)
	{
		KgFoundNode node = kg_found_pop(&scan->found);

		scan->tids = kg_found_read_rows(&session->store, &node, scan->tids,
										&scan->tid_count, &scan->tid_capacity);
		for (int i = 0; i < scan->tid_count && found < count; i++)
			rows[found++] = table_tid_row(session->table, scan->tids[i]);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
	return found;
}
