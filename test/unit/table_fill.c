/*
 * table_fill.c
 *	  Inserts of all vectors of a table's pool, and scans of it: see table.h.
 */
#include "postgres.h"

#include <math.h>

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

/* Of all nodes, so many may be the end of no edge. */
#define UNNAMED_PART 0.05

/* Does an edge lead to the very node, of nearly all, not to another of its page? */
static void
check_named(const Table *table, KgStore *store)
{
	const KgLayout *layout = &table->layout;
	int			per_page = layout->per_page;
	bool	   *named = calloc((Size) kg_store_pages(store) * per_page, sizeof(bool));
	int			nodes = 0;
	int			unnamed = 0;

	for (int round = 0; round < 2; round++)
		for (BlockNumber block = 1; block < kg_store_pages(store); block++)
		{
			Page		page = kg_store_read_if(store, block, PAGE_NODES);
			const NodeSlot *hub;

			if (page == NULL)
				continue;
			hub = page_hub(page);
			for (int i = 0; i < hub->degree && round == 0; i++)
				named[slot_neighbors(layout, hub)[i]] = true;
			for (int i = 0; i < per_page && round == 1; i++)
				if (hub_member(layout, hub, i)->state == NODE_LIVE)
				{
					nodes++;
					unnamed += !named[block * per_page + i];
				}
			kg_store_done(store);
		}
	if (unnamed > nodes * UNNAMED_PART)
		shim_fail("of %d nodes, %d are the end of no edge", nodes, unnamed);
	free(named);
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
		check_named(table, &store);
}

void
session_scan_often(Session *session)
{
	int			times = session->table->options.filters > 0 ? 40 : 1;

	for (int i = 0; i < times; i++)
		session_scan(session, random_bits() % session->table->options.pool,
					 1 + random_bits() % 20);
}
