/*
 * table_scan.c
 *	  Scans of a table's index: see table.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/layout/duplicates.h"
#include "ann/layout/values.h"
#include "ann/layout/words.h"
#include "ann/scan/found.h"
#include "shim.h"
#include "table.h"
#include "unit.h"

/* What a scan keeps apart in memory before it is forgotten. */
#define SCAN_MEMORY (1024 * 1024)

/* More values than these are not looked up one by one. */
#define MOST_VALUES 8

typedef struct Scan
{
	Session    *session;
	const float *x;
	uint64		snapshot;
	KgQuery		query;
	KgSearch	search;
	KgFilter	filter;			/* count is 0: none */
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

/* A row leaves the scan. */
static void
meet_row(Scan *scan, KgTid tid, double bound)
{
	const Table *table = scan->session->table;
	int			number = table_tid_row(table, tid);
	const Row  *row = &table->rows[number];
	double		d = -INFINITY;

	if (row->state == ROW_UNUSED || !is_visible(row, scan->snapshot))
		return;
	/* scans in the order of MaxSim know what they have returned */
	if (scan->met[number]++ == row->entries)
		shim_fail("row %d is found twice", number);
	if (!kg_filter_passes(&scan->filter, row->words))
		shim_fail("row %d is found and does not pass", number);
	if (!scan->measured || row->vector < 0)
		return;
	for (int i = 0; i < row->vectors; i++)
		d = Max(d, table_distance(table, scan->x, table_row_vector(table, row, i)));
	if (bound > d + 1e-5 * (1 + fabs(d)))
		shim_fail("row %d is found with bound %g and has distance %g", number,
				  bound, d);
}

/* Does the scan want a slot's node? */
static bool
is_wanted(const Scan *scan, const NodeSlot *slot)
{
	return slot->state == NODE_LIVE &&
		kg_filter_passes(&scan->filter,
						 slot_own_words(&scan->session->table->layout, slot));
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
expand(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
	Scan	   *scan = search->expand_arg;

	if (is_wanted(scan, slot))
		keep_node(scan, slot, node,
				  kg_query_lower(&scan->query, slot, key));
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

/* Any of the ways in which filtered.c might go about it. */
static void
plan_search(Scan *scan, const KgIndex *index)
{
	KgFilterPlan *plan = &scan->search.plan;
	int			values = Min(scan->filter.group_count, MOST_VALUES);
	uint32	   *starts = palloc(sizeof(uint32) * Max(values, 1) * KG_VALUE_NODES);

	plan->filter = &scan->filter;
	plan->in_group = scan->filter.group && random_bits() % 2;
	plan->stride = 1 + random_bits() % 4;
	plan->patience = 1 + random_bits() % 30;
	plan->starts = starts;
	for (int i = 0; plan->in_group && i < values; i++)
	{
		KgValueList list;

		kg_values_read(&scan->session->store, index->values, scan->filter.group[i], &list);
		for (int j = 0; j < list.count; j++)
			starts[plan->start_count++] = list.nodes[j];
	}
}

static void
search_graph(Scan *scan, const KgIndex *index, int ef)
{
	kg_search_init(&scan->search);
	scan->search.expand = expand;
	scan->search.expand_arg = scan;
	scan->search.memory_limit = SCAN_MEMORY;
	if (scan->filter.count > 0)
		plan_search(scan, index);
	kg_search_start(&scan->search, index, &scan->session->store, &scan->query, ef);
	do
		hand_out(scan, kg_query_value(&scan->query, scan->search.horizon));
	while (kg_search_continue(&scan->search, scan->search.ef));
	hand_out(scan, INFINITY);
}

/*
 * As sweep.c, but that pages are read in batches of any size.
 */

static void
sweep_slot(Scan *scan, const NodeSlot *slot, uint32 node)
{
	double		bound = -INFINITY;

	if (!is_wanted(scan, slot) || kg_visited_has(&scan->returned, node))
		return;
	if (scan->measured)
		bound = kg_query_lower(&scan->query, slot,
							   kg_query_key(&scan->query, slot));
	keep_node(scan, slot, node, bound);
}

static void
sweep_page(Scan *scan, BlockNumber block)
{
	KgStore    *store = &scan->session->store;
	const KgLayout *layout = store->layout;
	Page		page = kg_store_read_if(store, block, PAGE_NODES);

	if (page == NULL)
		return;
	for (int i = 0; i < layout->per_page; i++)
		sweep_slot(scan, page_slot(layout, page, i), block * layout->per_page + i);
	kg_store_done(store);
	if (random_bits() % 4 == 0)
		hand_out(scan, INFINITY);
}

static void
sweep_node(Scan *scan, uint32 node)
{
	KgStore    *store = &scan->session->store;
	Page		page = kg_store_read_if(store, node_block(store->layout, node), PAGE_NODES);

	if (page == NULL)
		return;
	sweep_slot(scan, node_slot(store->layout, page, node), node);
	kg_store_done(store);
	if (random_bits() % 16 == 0)
		hand_out(scan, INFINITY);
}

/* The nodes of a group that pass by its page of words. */
static void
sweep_group(Scan *scan, uint32 group, BlockNumber end)
{
	KgStore    *store = &scan->session->store;
	const KgLayout *layout = store->layout;
	int			count = kg_words_per_page(layout);
	Page		page = kg_store_read_if(store, kg_words_block(layout, group), PAGE_WORDS);
	bool		passes[KG_PAGE_USABLE / sizeof(uint32)];

	if (page == NULL)
		return;
	kg_filter_mark(&scan->filter, kg_words_of(layout, page, 0), count, count, passes);
	kg_store_done(store);
	for (int i = 0; i < count; i++)
		if (passes[i] && node_block(layout, kg_words_node(layout, group, i)) < end)
			sweep_node(scan, kg_words_node(layout, group, i));
}

static void
sweep_pages(Scan *scan, BlockNumber end)
{
	const KgLayout *layout = scan->session->store.layout;
	bool		by_words = scan->filter.count > 0 && layout->word_pages > 0 &&
	random_bits() % 4 > 0;

	for (BlockNumber block = KG_META_BLOCK + 1; block < end;
		 block += by_words ? layout->group_pages : 1)
	{
		if (by_words)
			sweep_group(scan, (block - 1) / layout->group_pages, end);
		else
			sweep_page(scan, block);
	}
	hand_out(scan, INFINITY);
}

/* As filtered.c: the nodes of lists that have all; false if they do not. */
static bool
sweep_lists(Scan *scan)
{
	const KgFilter *filter = &scan->filter;
	uint32	   *nodes;
	int			count = 0;

	if (filter->group == NULL || filter->group_count > MOST_VALUES || random_bits() % 3 == 0)
		return false;
	nodes = palloc(sizeof(uint32) * filter->group_count * KG_VALUE_NODES);
	for (int i = 0; i < filter->group_count; i++)
	{
		KgValueList list;

		kg_values_read(&scan->session->store, scan->session->index->values,
					   filter->group[i], &list);
		if (!list.complete)
			return false;
		memcpy(nodes + count, list.nodes, sizeof(uint32) * list.count);
		count += list.count;
	}
	for (int i = 0; i < count; i++)
		sweep_node(scan, nodes[i]);
	hand_out(scan, INFINITY);
	return true;
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
		{
			KgTid		tid = page_list(page)->tids[i];
			const Table *table = scan->session->table;

			/* these have no words: the executor looks */
			if (kg_filter_passes(&scan->filter,
								 table->rows[table_tid_row(table, tid)].words))
				meet_row(scan, tid, -INFINITY);
		}
		kg_store_done(store);
	}
}

static void
check_scan(const Scan *scan)
{
	const Table *table = scan->session->table;

	for (int i = 0; i < table->row_count; i++)
		if (is_visible(&table->rows[i], scan->snapshot) &&
			scan->met[i] < table->rows[i].entries &&
			kg_filter_passes(&scan->filter, table->rows[i].words))
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
								  &session->store,
								  table_elements(session->table, x));
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
	if (table->options.filters > 0 && random_bits() % 5 > 0)
		table_random_filter(table, &scan->filter);
	if (!sweep_lists(scan))
	{
		if (scan->measured && random_bits() % 4 > 0)
			search_graph(scan, session->index, ef);
		sweep_pages(scan, end);
	}
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
