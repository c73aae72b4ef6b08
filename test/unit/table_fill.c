/*
 * table_fill.c
 *	  Inserts of all vectors of a table's pool, and scans of it: see table.h.
 */
#include "postgres.h"

#include <math.h>

#include "shim.h"
#include "table.h"
#include "unit.h"

/* The vector of the pool that is nearest to one and not inserted yet, or -1. */
static int
nearest_left(const Table *table, int vector, const bool *inserted)
{
	double		least = INFINITY;
	int			nearest = -1;

	for (int i = 0; i < table->options.pool; i++)
	{
		double		distance;

		if (inserted[i])
			continue;
		distance = table_distance(table, table_vector(table, vector), table_vector(table, i));
		if (nearest < 0 || distance < least)
		{
			nearest = i;
			least = distance;
		}
	}
	return nearest;
}

void
session_insert_pool(Session *session)
{
	const Table *table = session->table;
	int			pool = table->options.pool;
	bool	   *inserted = calloc(pool, sizeof(bool));

	for (int i = 0; i < pool; i++)
	{
		int			vectors[8];
		int			count = 0;

		if (inserted[i])
			continue;
		for (int next = i; next >= 0 && count < Max(table->options.members, 1);
			 next = nearest_left(table, i, inserted))
		{
			inserted[next] = true;
			vectors[count++] = next;
			if (table->options.members == 0 || i % 2 == 0)
				break;
		}
		if (count == 1)
			(void) session_insert(session, vectors[0], true);
		else
			session_insert_rows(session, vectors, count);
	}
	free(inserted);
	session_merge(session, true);
}

/*
 * Is the code of edge i of the vector that stands where it leads?  By its length, but for
 * the rounding of stored vectors; a coarse one is coded as nearer.
 */
static bool
is_true(const Table *table, KgStore *store, const NodeSlot *hub, int i)
{
	const KgLayout *layout = &table->layout;
	uint32		end = slot_neighbors(layout, hub)[i];
	float		length = sqrtf(kg_bf16_to_f32(slot_factor_r2(layout, hub)[i] & ~SLOT_PINNED));
	float		x[KG_MAX_DIMS];
	float		y[KG_MAX_DIMS];
	float		square = 0;
	float		norm = 0;
	const NodeSlot *member;
	bool		comparable;

	member = node_slot(layout, kg_store_read(store, node_block(layout, end), PAGE_NODES), end);
	kg_scalar_decode(layout->storage, slot_vector(layout, hub), layout->shape.dim, x);
	kg_scalar_decode(layout->storage, slot_vector(layout, member), layout->shape.dim, y);
	for (int j = 0; j < layout->shape.dim; j++)
	{
		square += (x[j] - y[j]) * (x[j] - y[j]);
		norm += y[j] * y[j];
	}
	comparable = slot_frame(member) == slot_frame(hub) && layout->storage != KG_STORAGE_SQ4;
	if (member->state != NODE_LIVE)
		square = INFINITY;
	kg_store_done(store);
	if (!isfinite(square) || !comparable)
		return isfinite(square);
	return fabsf(sqrtf(square) - length) <= 0.01f * (length + sqrtf(norm));
}

/* Marks the ends of a page's edges that are true.  Those that name one must be. */
static void
mark_ends(const Table *table, KgStore *store, const NodeSlot *hub, bool *ends)
{
	const KgLayout *layout = &table->layout;
	int			named = 0;

	for (int i = 0; i < hub->degree; i++)
	{
		bool		fits = is_true(table, store, hub, i);

		named += slot_named(layout, hub, i);
		if (slot_named(layout, hub, i) && !fits)
			shim_fail("an edge names node %u, but was made for another",
					  slot_neighbors(layout, hub)[i]);
		ends[slot_neighbors(layout, hub)[i]] |= fits;
	}
	if (named > layout->max_degree / 2)
		shim_fail("of %d edges, %d name their ends", layout->max_degree, named);
}

void
table_check_names(const Table *table, double part)
{
	const KgLayout *layout = &table->layout;
	KgStore		store;
	bool	   *ends;
	char		copy[BLCKSZ];
	int			nodes = 0;
	int			unnamed = 0;

	kg_store_init(&store, table->pages, layout);
	ends = calloc((Size) kg_store_pages(&store) * layout->per_page, sizeof(bool));
	for (int round = 0; round < 2; round++)
		for (BlockNumber block = 1; block < kg_store_pages(&store); block++)
		{
			Page		page = kg_store_read_if(&store, block, PAGE_NODES);

			if (page == NULL)
				continue;
			memcpy(copy, page, BLCKSZ);
			kg_store_done(&store);
			if (round == 0 && page_hub(copy)->state == NODE_LIVE)
				mark_ends(table, &store, page_hub(copy), ends);
			for (int i = 0; i < layout->per_page && round == 1; i++)
				if (hub_member(layout, page_hub(copy), i)->state == NODE_LIVE)
				{
					nodes++;
					unnamed += !ends[block * layout->per_page + i];
				}
		}
	if (unnamed > nodes * part)
		shim_fail("of %d nodes, %d are the end of no edge", nodes, unnamed);
	free(ends);
}

void
session_choose_all_again(Session *session)
{
	const Table *table = session->table;
	KgStore		store;

	if (table->options.members == 0)
		return;
	kg_store_init(&store, table->pages, &table->layout);
	for (BlockNumber block = 1; block < kg_store_pages(&store); block++)
		session_choose_again(session, block);
	if (table->options.metric != KG_METRIC_IP)
		table_check_names(table, 0.08);
}

void
session_scan_often(Session *session)
{
	int			times = session->table->options.filters > 0 ? 40 : 1;

	for (int i = 0; i < times; i++)
		session_scan(session, random_bits() % session->table->options.pool,
					 1 + random_bits() % 20);
}
