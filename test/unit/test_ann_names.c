/*
 * test_ann_names.c
 *	  Where nodes share lists: that edges lead to each node, not only to its page, while
 *	  others come and go.
 */
#include "postgres.h"

#include "table.h"
#include "unit.h"

#define ROUNDS 12

static const struct
{
	const char *name;
	TableOptions options;
}			tables[] = {
	{"L2", {24, KG_METRIC_L2, KG_STORAGE_AUTO, 16, 60, 4000,.members = 6}},
	{"cosine, sq8", {24, KG_METRIC_COSINE, KG_STORAGE_SQ8, 32, 60, 4000,.members = 12}},
	{"a filter", {24, KG_METRIC_L2, KG_STORAGE_AUTO, 16, 60, 4000, 1, 8,.members = 6}},
};

/* Deletes a fifth of the rows, and inserts as many others. */
static void
replace_some(Session *session, bool *there)
{
	Table	   *table = session->table;
	int			gone = 0;

	for (int i = 0; i < table->row_count; i++)
		if (table->rows[i].state == ROW_THERE && random_bits() % 5 == 0)
		{
			there[table->rows[i].vector] = false;
			table_delete(table, i);
			gone++;
		}
	session_vacuum(session, false);
	while (gone > 0)
	{
		int			vector = random_bits() % table->options.pool;

		if (there[vector])
			continue;
		(void) session_insert(session, vector, true);
		there[vector] = true;
		gone--;
	}
}

int
main(void)
{
	for (int t = 0; t < (int) (sizeof(tables) / sizeof(tables[0])); t++)
	{
		Table	   *table = table_create(&tables[t].options);
		Session    *session = session_create(table);
		bool	   *there = calloc(tables[t].options.pool, sizeof(bool));

		unit_begin("index: ends of edges, %s", tables[t].name);
		for (int i = 0; i < tables[t].options.pool / 2; i++)
		{
			(void) session_insert(session, i, true);
			there[i] = true;
		}
		session_choose_all_again(session);
		for (int round = 0; round < ROUNDS; round++)
		{
			replace_some(session, there);
			table_check_names(table, 0.02);
		}
		session_scan_often(session);
		unit_end();
		free(there);
		table_free(table);
	}
	return unit_finish();
}
