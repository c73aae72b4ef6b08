/*
 * test_ann_races.c
 *	  Inserts, scans and VACUUM on the same pages, changing over at random
 *	  wherever a page is locked or unlocked: whatever the interleaving, each scan
 *	  finds each row that its snapshot sees once, VACUUM removes what it is to,
 *	  the order of locks is kept, and the index is sound at the end.
 *
 *	test_ann_races [SEED [LAST SEED]]
 *
 * Without arguments, as many seeds as KG_UNIT_SECONDS leaves time for, or the
 * first few.  A seed that fails fails again.
 */
#include "postgres.h"

#include <limits.h>
#include <time.h>

#include "utils/memutils.h"

#include "shim.h"
#include "table.h"
#include "tasks.h"
#include "unit.h"

#define DEFAULT_SEEDS 200

static const struct
{
	const char *name;
	TableOptions options;
	bool		many;			/* rows: so that pages of them come and go */
	bool		no_nodes;		/* rows have none */
	int			start;			/* rows that are there first, if it matters */
}			kinds[] = {
	{"3 dimensions", {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 60}},
	{"few vectors", {4, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 8}},
	{"cosine", {8, KG_METRIC_COSINE, KG_STORAGE_SQ8, 4, 16, 60}},
	{"inner product", {8, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 60}},
	{"copies", {24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 60}},
	{"one node a page", {1500, KG_METRIC_L2, KG_STORAGE_AUTO, 6, 12, 30}},
	{"many rows", {2, KG_METRIC_L2, KG_STORAGE_AUTO, 2, 8, 3}, true},
	{"no nodes", {3, KG_METRIC_COSINE, KG_STORAGE_AUTO, 4, 16, 3}, true, true},
	{"L1", {8, KG_METRIC_L1, KG_STORAGE_SQ8, 4, 16, 60}},
	{"L1, copies", {24, KG_METRIC_L1, KG_STORAGE_SQ4, 4, 16, 60, 1, 3}},
	{"bits", {40, KG_METRIC_HAMMING, KG_STORAGE_AUTO, 4, 16, 60}},
	{"sets of bits, few vectors", {10, KG_METRIC_JACCARD, KG_STORAGE_AUTO, 4, 16, 12}},
	{"samples of bits", {30000, KG_METRIC_JACCARD, KG_STORAGE_AUTO, 6, 12, 20}},
	{"filters, bits", {40, KG_METRIC_HAMMING, KG_STORAGE_AUTO, 4, 16, 60, 2, 5}},
	{"sparse", {40, KG_METRIC_COSINE, KG_STORAGE_AUTO, 4, 16, 60,.sparse = 8}},
	{"sparse, few vectors", {12, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 8,.sparse = 8}},
	{"sparse, L1, filters", {40, KG_METRIC_L1, KG_STORAGE_AUTO, 4, 16, 60, 2, 5,.sparse = 8}},
	{"a filter", {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 60, 1, 5}},
	{"filters, few vectors", {4, KG_METRIC_COSINE, KG_STORAGE_AUTO, 4, 16, 8, 3, 3}},
	{"filters, inner product", {8, KG_METRIC_IP, KG_STORAGE_SQ8, 4, 16, 60, 2, 12}},
	{"filters, copies", {24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 60, 3, 8}},
	{"filters, one node a page", {1400, KG_METRIC_L2, KG_STORAGE_AUTO, 6, 12, 30, 4, 8}},
	{"many values", {2, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 8, 400, 2, 5000},.start = 1150},
	{"many vectors a row", {8, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 60,.many = true}},
	{"many vectors, few different", {4, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 8, 1, 4,.many = true}},
	{"pages, 3 dimensions", {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 60,.members = 3}},
	{"pages, few vectors", {4, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 8,.members = 2}},
	{"pages, cosine", {8, KG_METRIC_COSINE, KG_STORAGE_SQ8, 4, 16, 60,.members = 4}},
	{"pages, inner product", {8, KG_METRIC_IP, KG_STORAGE_AUTO, 4, 16, 60,.members = 2}},
	{"pages, copies", {24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 60,.members = 3}},
	{"pages, many rows", {2, KG_METRIC_L2, KG_STORAGE_AUTO, 2, 8, 3,.members = 2}, true},
	{"pages, a filter", {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 60, 1, 5,.members = 3}},
	{"pages, filters, few vectors", {4, KG_METRIC_COSINE, KG_STORAGE_AUTO, 4, 16, 8, 3, 3,.members = 2}},
	{"pages, filters, copies", {24, KG_METRIC_L2, KG_STORAGE_SQ4, 4, 16, 60, 3, 8,.members = 4}},
	{"values of like hashes", {2, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 8, 400, 1, 4000, true},.start = 1150},
};

#define KINDS ((int) (sizeof(kinds) / sizeof(kinds[0])))

static unsigned long seed;

/* What all tasks of a run know. */
static Table *table;
static int	kind;
static int	busy;				/* inserters and scanners that are not over */
static int	operations;			/* of each inserter */
static int	lists_part;			/* one row in so many has no node */
static bool cancels;			/* some VACUUMs give up */

static void
fail(const char *message)
{
	unit_fail("seed %lu (%s): %s", seed, kinds[kind].name, message);
	unit_end();
	unit_finish();
	exit(1);
}

/*
 * A vector for a new row: often that of one that was deleted and that VACUUM
 * may be about to remove.
 */
static int
any_vector(void)
{
	if (kinds[kind].no_nodes ||
		(lists_part > 0 && random_bits() % lists_part == 0))
		return random_bits() % 2 ? NULL_VECTOR : ZERO_VECTOR;
	for (int tries = random_bits() % 8; tries > 0; tries--)
	{
		const Row  *row = &table->rows[random_bits() %
									   Max(table->row_count, 1)];

		if (row->state == ROW_GONE && row->vector >= 0)
			return row->vector;
	}
	return random_bits() % kinds[kind].options.pool;
}

/* Chooses the list of some page again. */
static void
choose_some(Session *session)
{
	KgStore		store;

	kg_store_init(&store, table->pages, &table->layout);
	session_choose_again(session, random_bits() % kg_store_pages(&store));
}

/* Rows that are put on a page together, as a build puts them, or one row. */
static void
insert_some(Session *session)
{
	int			vectors[8];
	int			count = 1 + random_bits() % 8;

	if (kinds[kind].options.members > 0 && random_bits() % 8 == 0)
		choose_some(session);
	if (kinds[kind].options.members == 0 || random_bits() % 6 > 0)
	{
		(void) session_insert(session, any_vector(), random_bits() % 8 > 0);
		return;
	}
	for (int i = 0; i < count; i++)
	{
		vectors[i] = any_vector();
		if (vectors[i] == NULL_VECTOR)
			vectors[i] = ZERO_VECTOR;
	}
	session_insert_rows(session, vectors, count);
}

/* Now and then most of many rows go at once. */
static void
delete_some(void)
{
	int			row = random_bits() % 4 > 0 ? table_any_row(table) : -1;

	if (row >= 0)
		table_delete(table, row);
	if (!kinds[kind].many || random_bits() % 1000 > 0)
		return;
	for (int i = 0; i < table->row_count; i++)
		if (table->rows[i].state == ROW_THERE && random_bits() % 50 > 0)
			table_delete(table, i);
}

static void
run_inserter(void *arg)
{
	Session    *session = session_create(table);

	for (int i = 0; i < operations; i++)
	{
		insert_some(session);
		delete_some();
	}
	busy--;
}

static void
run_scanner(void *arg)
{
	Session    *session = session_create(table);

	for (int i = 0; i < operations / (kinds[kind].many ? 100 : 8); i++)
		session_scan(session, random_bits() % kinds[kind].options.pool,
					 1 + random_bits() % 60);
	busy--;
}

/* Another that merges the list of pending rows, at odds with VACUUM. */
static void
run_merges(void *arg)
{
	Session    *session = session_create(table);

	do
	{
		session_merge(session, random_bits() % 2);
		task_yield();
	} while (busy > 0);
}

static void
run_vacuum(void *arg)
{
	Session    *session = session_create(table);

	do
		session_vacuum(session, cancels && random_bits() % 3 == 0);
	while (busy > 0);
}

/* Removes all rows; then nothing may be left but free slots and pages. */
static void
empty_table(Session *session)
{
	TableCheck	counts;

	for (int i = 0; i < table->row_count; i++)
		if (table->rows[i].state == ROW_THERE)
			table_delete(table, i);
	session_vacuum(session, false);
	session_check(session, &counts);
	if (counts.nodes != 0 || counts.rows != 0 || counts.dead != 0)
		shim_fail("%d nodes, %d dead ones and %d rows are left of none",
				  counts.nodes, counts.dead, counts.rows);
}

static void
check_table(Session *session)
{
	TableCheck	counts;

	session_check(session, &counts);
	session_scan(session, 0, 40);
	session_vacuum(session, false);
	session_check(session, &counts);
	if (counts.pending != 0)
		shim_fail("VACUUM has left %d pending rows", counts.pending);
	if (counts.dead != 0 || counts.dead_edges != 0)
		shim_fail("VACUUM has left %d dead nodes and %d edges to such",
				  counts.dead, counts.dead_edges);
	session_scan(session, 0, 40);
}

static void
run_seed(void)
{
	Session    *session;
	int			inserters;
	int			scanners;

	random_seed(seed * 2654435761u + 1);
	kind = random_bits() % KINDS;
	lists_part = random_bits() % 3 > 0 ? 12 : 0;
	cancels = random_bits() % 4 == 0;
	operations = 8 + random_bits() % 60;
	if (kinds[kind].many)
		operations *= 15;
	inserters = 1 + random_bits() % 4;
	scanners = random_bits() % 3;
	table = table_create(&kinds[kind].options);
	table->pending_part = random_bits() % 3 > 0 ? random_bits() % 9 : 0;
	if (random_bits() % 2)
		pages_set_map_errors(table->pages, 20);
	session = session_create(table);
	for (int i = kinds[kind].start + random_bits() % (kinds[kind].many ? 5000 : 80); i > 0; i--)
		(void) session_insert(session, any_vector(), true);
	if (random_bits() % 4 == 0)
		pages_leave_new(table->pages);

	tasks_begin();
	busy = inserters + scanners;
	tasks_add("VACUUM", run_vacuum, NULL);
	if (table->pending_part > 0)
		for (int i = 1 + random_bits() % 2; i > 0; i--)
			tasks_add("merge", run_merges, NULL);
	for (int i = 0; i < inserters; i++)
		tasks_add("insert", run_inserter, NULL);
	for (int i = 0; i < scanners; i++)
		tasks_add("scan", run_scanner, NULL);
	tasks_run();
	check_table(session);
	empty_table(session);
	table_free(table);
}

int
main(int argc, char **argv)
{
	const char *seconds = getenv("KG_UNIT_SECONDS");
	time_t		end = time(NULL) + (seconds ? atoi(seconds) : 0);
	unsigned long first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	unsigned long last = seconds ? ULONG_MAX : DEFAULT_SEEDS;

	if (argc > 1)
		last = argc > 2 ? strtoul(argv[2], NULL, 10) : first;
	shim_on_failure(fail);
	unit_begin("index: interleavings of inserts, scans and VACUUM");
	for (seed = first; seed <= last && (last < ULONG_MAX || time(NULL) < end); seed++)
		run_seed();
	printf("# %lu interleavings\n", seed - first);
	unit_end();
	return unit_finish();
}
