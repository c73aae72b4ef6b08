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

void
session_choose_all_again(Session *session)
{
	const Table *table = session->table;
	KgStore		store;

	kg_store_init(&store, table->pages, &table->layout);
	for (BlockNumber block = 1; block < kg_store_pages(&store) && table->options.members > 0;
		 block++)
		session_choose_again(session, block);
}

void
session_scan_often(Session *session)
{
	int			times = session->table->options.filters > 0 ? 40 : 1;

	for (int i = 0; i < times; i++)
		session_scan(session, random_bits() % session->table->options.pool,
					 1 + random_bits() % 20);
}
