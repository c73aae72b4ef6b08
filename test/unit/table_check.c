/*
 * table_check.c
 *	  What holds of a table's index when nobody changes it: see table.h.
 */
#include "postgres.h"

#include <stdarg.h>

#include "utils/memutils.h"

#include "ann/core/check.h"
#include "ann/core/check_row.h"
#include "ann/core/reach.h"
#include "shim.h"
#include "table.h"

typedef struct Check
{
	Session    *session;
	KgIndex    *index;
	int		   *times;			/* by row: how often the index has it */
	uint32	   *nodes;			/* by row: which ones have it, MAX_VECTORS */
	uint8	   *leads;			/* by node: an edge that is kept, an entry */
	TableCheck *counts;
} Check;

static void
report(void *arg, BlockNumber block, const char *format, va_list args)
{
	char		problem[300];

	vsnprintf(problem, sizeof(problem), format, args);
	shim_fail("block %u: %s", block, problem);
}

static void
note_row(void *arg, KgTid tid, uint32 node)
{
	Check	   *check = arg;
	const Table *table = check->session->table;
	int			row = table_tid_row(table, tid);

	if (table->rows[row].state == ROW_UNUSED)
		shim_fail("the index has row %d, which VACUUM removed, at node %u",
				  row, node);
	if (check->times[row] == table->rows[row].entries)
		shim_fail("row %d stands at nodes %u and %u", row,
				  check->nodes[row * MAX_VECTORS], node);
	check->nodes[row * MAX_VECTORS + check->times[row]++] = node;
	check->counts->rows++;
	check->counts->pending += node == KG_PENDING;
}

/* A node's rows are as near to what it stores as it says. */
static void
check_vector(const Check *check, int number, uint32 at)
{
	Session    *session = check->session;
	const Table *table = session->table;
	const Row  *row = &table->rows[number];
	double	   *y = palloc(sizeof(double) * table->layout.shape.dim);
	const void *x[MAX_VECTORS];
	KgMapped	mapped;
	KgRowFit	fit;
	bool		maps = row->vector != NULL_VECTOR &&
	kg_space_map(&check->index->space,
				 table_elements(table, table_row_vector(table, row, 0)), y, &mapped);

	if (maps != (at != KG_NO_NODE))
		shim_fail("row %d with vector %d stands at node %u", number, row->vector, at);
	if (!maps || at == KG_PENDING)
		return;
	for (int i = 0; i < row->vectors; i++)
		x[i] = table_elements(table, table_row_vector(table, row, i));
	fit = kg_row_fit(&session->store, check->index, x, row->vectors, row->words, at);
	if (fit != ROW_FITS)
		shim_fail("row %d stands at node %u, which has another %s", number, at,
				  kg_row_fit_names[fit]);
}

/* Edges lead from the entry points to the node of a row, but to short vectors. */
static void
check_met(const Check *check, const KgReach *reach, int number, uint32 at)
{
	const Table *table = check->session->table;

	if (table->rows[number].state == ROW_THERE && table->layout.metric != KG_METRIC_IP &&
		at != KG_NO_NODE && at != KG_PENDING && !kg_reach_has(reach, at))
		shim_fail("no edges lead from the entry points to node %u of row %d", at, number);
}

static void
check_rows(const Check *check)
{
	const Table *table = check->session->table;
	KgReach		reach;

	kg_reach_init(&reach, &check->session->store, false, true);
	kg_reach_scan(&reach);

	for (int i = 0; i < table->row_count; i++)
	{
		if (table->rows[i].state == ROW_UNUSED)
			continue;
		if (check->times[i] < table->rows[i].entries && !table->rows[i].doubtful)
			shim_fail("the index does not have row %d with vector %d", i,
					  table->rows[i].vector);
		for (int j = 0; j < check->times[i]; j++)
		{
			check_vector(check, i, check->nodes[i * MAX_VECTORS + j]);
			check_met(check, &reach, i, check->nodes[i * MAX_VECTORS + j]);
		}
	}
}

/*
 * Edges.
 */

/* An edge that is kept, or an entry, leads to a node; where lists are shared to its page. */
static void
note_end(Check *check, uint32 node)
{
	const KgLayout *layout = &check->session->table->layout;

	check->leads[node] = 1;
	for (int i = 0; i < layout->per_page && kg_layout_has_hubs(layout); i++)
		check->leads[node - node % layout->per_page + i] = 1;
}

/* Where nodes share lists, an edge leads to a page: it is what its hub is. */
static void
count_edges(Check *check, const NodeSlot *slot)
{
	const KgLayout *layout = &check->session->table->layout;
	KgStore		others = check->session->store;

	for (int i = 0; i < slot->degree; i++)
	{
		uint32		node = slot_neighbors(layout, slot)[i];
		const NodeSlot *neighbor = kg_store_read_node(&others, node);

		if (kg_layout_has_hubs(layout))
			neighbor = node_list_slot(layout, neighbor, node);

		check->counts->stray_edges += neighbor->state == NODE_FREE;
		check->counts->dead_edges += neighbor->state == NODE_DEAD;
		kg_store_done(&others);
		if (slot_pinned(layout, slot, i))
			note_end(check, node);
	}
}

/* Calls a function for each node, or for each slot that has a list, copied. */
static void
for_each_slot(Check *check, bool lists,
			  void (*function) (Check *, uint32, const NodeSlot *))
{
	KgStore    *store = &check->session->store;
	const KgLayout *layout = store->layout;
	BlockNumber pages = kg_store_pages(store);
	char	   *copy = palloc(BLCKSZ);

	for (BlockNumber block = KG_META_BLOCK + 1; block < pages; block++)
	{
		Page		page = kg_store_read_if(store, block, PAGE_NODES);

		if (page == NULL)
			continue;
		memcpy(copy, page, BLCKSZ);
		kg_store_done(store);
		for (int i = 0; i < (lists ? page_lists(layout) : layout->per_page); i++)
			function(check, block * layout->per_page + i,
					 lists ? page_list_slot(layout, copy, i) : page_slot(layout, copy, i));
	}
}

static void
see_node(Check *check, uint32 node, const NodeSlot *slot)
{
	check->counts->nodes += slot->state == NODE_LIVE;
	check->counts->dead += slot->state == NODE_DEAD;
}

static void
see_list(Check *check, uint32 node, const NodeSlot *slot)
{
	if (slot->state == NODE_LIVE)
		count_edges(check, slot);
}

static void
see_unkept(Check *check, uint32 node, const NodeSlot *slot)
{
	if (slot->state == NODE_LIVE && !check->leads[node])
		check->counts->unkept++;
}

void
session_check(Session *session, TableCheck *counts)
{
	MemoryContext old_context = MemoryContextSwitchTo(session->work);
	Check		check = {.session = session,.counts = counts};
	KgCheckReporter reporter = {
		.report = report,.row = note_row,.arg = &check
	};

	memset(counts, 0, sizeof(TableCheck));
	check.index = session_open(session);
	check.times = palloc0(sizeof(int) * MAX_ROWS);
	check.nodes = palloc0(sizeof(uint32) * MAX_ROWS * MAX_VECTORS);
	check.leads = palloc0((Size) kg_store_pages(&session->store) *
						  session->table->layout.per_page);
	kg_check(&session->store, &reporter);
	check_rows(&check);
	for (int i = 0; i < check.index->entries.count; i++)
		note_end(&check, check.index->entries.nodes[i]);
	for_each_slot(&check, false, see_node);
	for_each_slot(&check, true, see_list);
	for_each_slot(&check, false, see_unkept);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}
