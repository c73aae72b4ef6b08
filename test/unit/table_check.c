/*
 * table_check.c
 *	  What holds of a table's index when nobody changes it: see table.h.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>

#include "utils/memutils.h"

#include "ann/core/check.h"
#include "ann/layout/copies.h"
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
}

/*
 * How far rounding to float4 may move a row that is stored in a frame: as
 * kg_query_lower() has it.
 */
static double
rounding(const Check *check, const NodeSlot *slot, const double *y)
{
	Session    *session = check->session;
	const KgLayout *layout = &session->table->layout;
	KgFrame    *frame = palloc(kg_frame_bytes(layout));
	double		square = 0;

	kg_frame_read(&session->store, slot_frame(slot), frame);
	for (int i = 0; i < layout->shape.dim; i++)
		square += (y[i] - frame->centre[i]) * (y[i] - frame->centre[i]);
	return FLT_EPSILON * sqrt(square);
}

/* How far a row's vector is from what the node stores, less what the node says. */
static double
apart(const Check *check, const Row *row, int i, const KgNodeData *node)
{
	const Table *table = check->session->table;
	int			dim = table->layout.shape.dim;
	double	   *y = palloc(sizeof(double) * dim);
	KgMapped	mapped;
	double		square = 0;

	(void) kg_space_map(&check->index->space,
						table_elements(table, table_row_vector(table, row, i)), y,
						&mapped);
	if (!kg_layout_has_frames(&table->layout))
		return memcmp(node->y, y, sizeof(float) * dim) == 0 ? 0 : INFINITY;
	for (int j = 0; j < dim; j++)
		square += (node->y[j] - y[j]) * (node->y[j] - y[j]);
	return sqrt(square) - node->head.error * (1 + 1e-5) - 1e-9 -
		rounding(check, &node->head, y);
}

/* A node stores the elements of its rows. */
static void
check_elements(const Check *check, int number, uint32 at)
{
	Session    *session = check->session;
	const Table *table = session->table;
	int			room = table->layout.sparse;
	KgSparse   *own = palloc(kg_sparse_bytes(room));
	const NodeSlot *slot;
	bool		same;

	kg_sparse_store(table_elements(table, table_row_vector(table, &table->rows[number], 0)),
					room, own);
	slot = kg_store_read_node(&session->store, at);
	same = memcmp(own, slot_sparse(&table->layout, slot), kg_sparse_bytes(room)) == 0;
	kg_store_done(&session->store);
	if (!same)
		shim_fail("row %d stands at node %u, which has other elements", number, at);
}

/* A node's rows are as near to what it stores as it says. */
static void
check_vector(const Check *check, int number, uint32 at)
{
	Session    *session = check->session;
	const Table *table = session->table;
	const KgLayout *layout = &table->layout;
	const Row  *row = &table->rows[number];
	double	   *y = palloc(sizeof(double) * layout->shape.dim);
	KgMapped	mapped;
	KgNodeData	node = {.y = y};
	double		least = INFINITY;
	bool		maps = row->vector != NULL_VECTOR &&
	kg_space_map(&check->index->space,
				 table_elements(table, table_row_vector(table, row, 0)), y, &mapped);

	if (maps != (at != KG_NO_NODE))
		shim_fail("row %d with vector %d stands at node %u", number, row->vector, at);
	if (!maps)
		return;
	kg_node_read(&session->store, at, &node);
	if (memcmp(node.words, row->words, sizeof(uint32) * layout->filters) != 0)
		shim_fail("row %d stands at node %u, which has other words", number, at);
	if (layout->sparse > 0)
		check_elements(check, number, at);
	for (int i = 0; i < row->vectors; i++)
		least = Min(least, apart(check, row, i, &node));
	if (least > 0)
		shim_fail("row %d is %g from what node %u stores, which says %g", number,
				  least + node.head.error, at, node.head.error);
}

static void
check_rows(const Check *check)
{
	const Table *table = check->session->table;

	for (int i = 0; i < table->row_count; i++)
	{
		if (table->rows[i].state == ROW_UNUSED)
			continue;
		if (check->times[i] < table->rows[i].entries && !table->rows[i].doubtful)
			shim_fail("the index does not have row %d with vector %d", i,
					  table->rows[i].vector);
		for (int j = 0; j < check->times[i]; j++)
			check_vector(check, i, check->nodes[i * MAX_VECTORS + j]);
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

/* What an INSERT made of the row is no coarser than it says. */
static void
see_copy(Check *check, uint32 node, const NodeSlot *slot)
{
	const KgLayout *layout = &check->session->table->layout;
	Session    *session = check->session;
	int			dim = layout->shape.dim;
	KgCopy	   *copy = palloc(layout->copy_bytes);
	float	   *fine = palloc(sizeof(float) * dim);
	double	   *stored = palloc(sizeof(double) * dim);
	KgFrame    *frame = palloc(kg_frame_bytes(layout));
	double		square = 0;

	if (slot->state != NODE_LIVE || (slot->frame & SLOT_SHARED))
		return;
	kg_copy_read(&session->store, node, copy);
	kg_scalar_decode(KG_COPY_STORAGE, copy->vector, dim, fine);
	kg_frame_read(&session->store, slot_frame(slot), frame);
	kg_slot_position(&session->store, slot, stored);
	for (int i = 0; i < dim; i++)
	{
		double		difference = frame->centre[i] +
		(double) frame->unit * fine[i] - stored[i];

		square += difference * difference;
	}
	if (sqrt(square) > (copy->error + slot->error) * (1 + 1e-5))
		shim_fail("node %u has a copy %g away from it", node, sqrt(square));
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
	if (session->table->layout.copy_bytes > 0)
		for_each_slot(&check, false, see_copy);
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(session->work);
}
