/*
 * test_ann_pages.c
 *	  An index on plain pages, one thing after another: what the graph finds,
 *	  before and after VACUUM; rows with equal vectors and rows without a node;
 *	  that space is found again; and that each row is there once all the while.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/layout/duplicates.h"
#include "ann/layout/values.h"
#include "shim.h"
#include "table.h"
#include "unit.h"

#define NEAREST 10
#define QUERIES 60

static void
fail(const char *message)
{
	unit_fail("%s", message);
	unit_end();
	unit_finish();
	exit(1);
}

/*
 * The graph.
 */

static const struct
{
	const char *name;
	TableOptions options;
	int			ef;
	int			pending;		/* inserts of eight, to the list */
}			graphs[] = {
	{"L2", {24, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 60, 1000}, 60},
	{"cosine, sq8", {24, KG_METRIC_COSINE, KG_STORAGE_SQ8, 8, 60, 1000}, 60},
	{"inner product", {24, KG_METRIC_IP, KG_STORAGE_AUTO, 8, 60, 1000}, 60},
	{"sq4 with copies", {48, KG_METRIC_L2, KG_STORAGE_SQ4, 8, 60, 700}, 80},
	{"one node a page", {1200, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 40, 200}, 60},
	{"two dimensions", {2, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 40, 1000}, 60},
	{"a filter", {24, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 60, 1000, 1, 8}, 60},
	{"four filters", {24, KG_METRIC_COSINE, KG_STORAGE_SQ8, 8, 60, 1000, 4, 900}, 60},
	{"filters, inner product", {24, KG_METRIC_IP, KG_STORAGE_AUTO, 8, 60, 1000, 2, 3}, 60},
	{"L1", {24, KG_METRIC_L1, KG_STORAGE_AUTO, 8, 60, 1000}, 80},
	{"L1, sq4 with copies", {48, KG_METRIC_L1, KG_STORAGE_SQ4, 8, 60, 700}, 100},
	{"Hamming", {200, KG_METRIC_HAMMING, KG_STORAGE_AUTO, 8, 60, 1000}, 60},
	{"Jaccard", {200, KG_METRIC_JACCARD, KG_STORAGE_AUTO, 8, 60, 1000}, 60},
	{"samples of bits", {12000, KG_METRIC_HAMMING, KG_STORAGE_AUTO, 8, 60, 300}, 60},
	{"filters, bits", {200, KG_METRIC_HAMMING, KG_STORAGE_AUTO, 8, 60, 1000, 2, 8}, 60},
	{"sparse", {60, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 60, 700,.sparse = 24}, 80},
	{"sparse, cosine, long ones", {80, KG_METRIC_COSINE, KG_STORAGE_AUTO, 8, 60, 700,.sparse = 16}, 80},
	{"sparse, inner product", {60, KG_METRIC_IP, KG_STORAGE_AUTO, 8, 60, 700,.sparse = 24}, 80},
	{"sparse, L1, filters", {60, KG_METRIC_L1, KG_STORAGE_AUTO, 8, 60, 700, 2, 8,.sparse = 16}, 100},
	{"filters, sq4 with copies", {48, KG_METRIC_L2, KG_STORAGE_SQ4, 8, 60, 700, 2, 20}, 80},
	{"pages, L2", {24, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 60, 1000,.members = 4}, 60},
	{"pages, cosine", {24, KG_METRIC_COSINE, KG_STORAGE_SQ8, 8, 60, 1000,.members = 8}, 60},
	{"pages, inner product", {24, KG_METRIC_IP, KG_STORAGE_AUTO, 8, 60, 1000,.members = 4}, 60},
	{"pages, sq4 with copies", {48, KG_METRIC_L2, KG_STORAGE_SQ4, 8, 60, 700,.members = 3}, 80},
	{"pages of two", {1200, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 40, 200,.members = 2}, 60},
	{"pages, two dimensions", {2, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 40, 1000,.members = 5}, 60},
	{"pages, a filter", {24, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 60, 1000, 1, 8,.members = 5}, 60},
	{"pages, pending rows", {24, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 60, 1000,.members = 4}, 60, 8},
	{"pages, some pending rows", {24, KG_METRIC_IP, KG_STORAGE_AUTO, 8, 60, 1000, 1, 8,.members = 8}, 60, 5},
	{"pages, four filters", {24, KG_METRIC_COSINE, KG_STORAGE_SQ8, 8, 60, 1000, 4, 900,.members = 4}, 60},
};

static double
sort_key(const Table *table, const float *x, const float *y)
{
	double		xy = 0;
	double		yy = 0;

	if (table->options.metric >= KG_METRIC_L1)
		return table_distance(table, x, y);
	for (int i = 0; i < table->options.dims; i++)
	{
		xy += (double) x[i] * y[i];
		yy += (double) y[i] * y[i];
	}
	switch (table->options.metric)
	{
		case KG_METRIC_IP:
			return -xy;
		case KG_METRIC_COSINE:
			return -xy / sqrt(yy);
		default:
			return yy - 2 * xy;
	}
}

/* The distance of the farthest of the nearest rows, as a key. */
static double
farthest_of_nearest(const Table *table, const float *x, const int *rows,
					int count)
{
	double		nearest[NEAREST] = {0};
	int			found = 0;

	for (int i = 0; i < count; i++)
	{
		int			row = rows ? rows[i] : i;
		double		key;
		int			at;

		if (table->rows[row].state != ROW_THERE)
			continue;
		key = sort_key(table, x, table_vector(table, table->rows[row].vector));
		if (found == NEAREST && key >= nearest[NEAREST - 1])
			continue;
		at = found < NEAREST ? found++ : NEAREST - 1;
		for (; at > 0 && nearest[at - 1] > key; at--)
			nearest[at] = nearest[at - 1];
		nearest[at] = key;
	}
	return nearest[found - 1];
}

/* The part of the nearest rows that the graph finds. */
static double
recall(Session *session, int ef)
{
	const Table *table = session->table;
	int			rows[400];
	int			hits = 0;
	float	   *x = palloc(sizeof(float) * table->options.dims);

	for (int q = 0; q < QUERIES; q++)
	{
		int			count;
		double		limit;
		int			within = 0;

		table_near(table, random_bits() % table->options.pool, x);
		limit = farthest_of_nearest(table, x, NULL, table->row_count);
		count = session_nearest(session, x, ef, rows, 400);
		for (int i = 0; i < count; i++)
			within += sort_key(table, x, table_vector(table,
													  table->rows[rows[i]].vector)) <= limit;
		hits += Min(within, NEAREST);
	}
	return (double) hits / (QUERIES * NEAREST);
}

/* Nobody is at work, so that no edge may lead astray. */
static void
check_graph(Session *session, const char *when)
{
	TableCheck	counts;

	session_check(session, &counts);
	CHECK(counts.dead == 0 && counts.dead_edges == 0 &&
		  counts.stray_edges == 0,
		  "%s: %d dead nodes, %d edges to such, %d to free slots", when,
		  counts.dead, counts.dead_edges, counts.stray_edges);
	CHECK(counts.unkept == 0 || session->table->options.metric == KG_METRIC_IP,
		  "%s: %d nodes that nobody keeps", when, counts.unkept);
}

static void
delete_part(Table *table, int part)
{
	for (int i = 0; i < table->row_count; i++)
		if (table->rows[i].state == ROW_THERE && (int) (random_bits() % 100) < part)
			table_delete(table, i);
}

static void
test_graph(int g)
{
	Table	   *table = table_create(&graphs[g].options);
	Session    *session = session_create(table);
	KgStore		store;
	BlockNumber pages;
	double		found;

	table->pending_part = graphs[g].pending;
	session_insert_pool(session);
	session_choose_all_again(session);
	found = recall(session, graphs[g].ef);
	CHECK(found >= 0.95, "recall %g", found);
	check_graph(session, "as built");
	session_scan_often(session);
	kg_store_init(&store, table->pages, &table->layout);
	pages = kg_store_pages(&store);

	/* each time two thirds are left, and then all are there again */
	for (int round = 0; round < 2; round++)
	{
		delete_part(table, 33);
		session_vacuum(session, false);
		check_graph(session, "after VACUUM");
		session_scan_often(session);
		found = recall(session, graphs[g].ef);
		CHECK(found >= 0.95, "recall after VACUUM %g", found);
		while (table->unused_count > 0)
			(void) session_insert(session,
								  random_bits() % graphs[g].options.pool, true);
		session_merge(session, true);
		check_graph(session, "filled again");
	}
	CHECK(kg_store_pages(&store) <= pages + pages / 8 + 4,
		  "%u pages have become %u", pages, kg_store_pages(&store));
	table_free(table);
}

/*
 * Rows of few vectors, and of none.
 */

static void
test_churn(const char *name, KgMetric metric, int vectors, bool lists, int filters,
		   int members)
{
	TableOptions options = {4, metric, KG_STORAGE_AUTO, 4, 16, vectors, filters, 4,
	.members = members};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	KgStore		store;
	BlockNumber pages = 0;
	TableCheck	counts;

	kg_store_init(&store, table->pages, &table->layout);
	for (int round = 0; round < 12; round++)
	{
		for (int i = 0; i < 1500; i++)
			(void) session_insert(session, lists ?
								  (random_bits() % 2 ? NULL_VECTOR : ZERO_VECTOR) :
								  (int) (random_bits() % vectors), i % 10 > 0);
		if (round == 3)
			pages = kg_store_pages(&store);
		session_scan(session, 0, 10);
		session_check(session, &counts);
		delete_part(table, round % 4 == 3 ? 100 : 60);
		session_vacuum(session, false);
		session_check(session, &counts);
		session_scan(session, 0, 10);
	}
	/* lists of values may still become longer, up to a page each */
	CHECK(kg_store_pages(&store) <= pages + 3 +
		  (filters > 0 ? (BlockNumber) options.values + 1 : 0), "%s: %u pages have become %u",
		  name, pages, kg_store_pages(&store));
	table_free(table);
}

/* Clusters so narrow that each wants a frame of its own. */
static void
test_narrow(void)
{
	TableOptions options = {16, KG_METRIC_L2, KG_STORAGE_AUTO, 8, 40, 800};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	int			rows[200];
	int			found = 0;
	KgStore		store;
	KgMetaPage	meta;

	for (int i = 4 * 16; i < 800 * 16; i++)
		table->pool[i] = table->pool[i % (4 * 16)] + 1e-4f * random_normal();
	for (int i = 0; i < 800; i++)
		(void) session_insert(session, i, true);
	check_graph(session, "narrow clusters");
	session_scan(session, 5, 20);
	for (int i = 0; i < 800; i++)
	{
		int			count = session_nearest(session, table_vector(table, i), 40,
											rows, 200);

		for (int j = 0; j < count; j++)
			found += rows[j] == i;
	}
	CHECK(found >= 776, "%d of 800 rows are found", found);
	kg_store_init(&store, table->pages, &table->layout);
	kg_index_read_meta(&store, &meta);
	CHECK(meta.frame_count > 4, "%u frames", meta.frame_count);
	table_free(table);
}

/*
 * What comes between an insert's search and its write.
 */

static void
vacuum_now(void *session)
{
	session_vacuum(session, false);
}

/*
 * VACUUM frees the nodes that an insert has chosen as neighbours, and the
 * insert takes the slot of one of them: it must not lead to itself.
 */
static void
test_neighbor_freed(void)
{
	TableOptions options = {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 20};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	TableCheck	counts;

	for (int i = 0; i < 19; i++)
		(void) session_insert(session, i, true);
	for (int i = 0; i < 19; i += 2)
		table_delete(table, i);
	pages_at_find_capacity(table->pages, vacuum_now, session_create(table));
	(void) session_insert(session_create(table), 19, true);
	session_check(session, &counts);
	CHECK(counts.nodes == 10 && counts.rows == 10, "%d nodes, %d rows",
		  counts.nodes, counts.rows);
	CHECK(counts.stray_edges > 0, "the insert has seen no node that is freed");
	session_scan(session, 0, 20);
	table_free(table);
}

/* A row may not join the node that has taken the place of an equal one. */
static void
test_node_replaced(void)
{
	TableOptions options = {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 2};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	KgStore    *store = &session->store;
	KgDuplicate duplicate = {.tid = {.offset = 1}};
	const NodeSlot *slot;

	(void) session_insert(session, 0, true);
	(void) session_open(session);
	duplicate.node = (frame_map_block(store->layout) + 1) *
		store->layout->per_page;
	slot = kg_store_read_node(store, duplicate.node);
	CHECK(slot->state == NODE_LIVE, "the first node stands elsewhere");
	duplicate.generation = slot->generation;
	duplicate.hash = slot->hash;
	kg_store_done(store);

	table_delete(table, 0);
	session_vacuum(session, false);
	(void) session_open(session);
	CHECK(!kg_duplicates_add(store, &duplicate), "a row joins a free slot");

	/* of the same vector, so that the hash is the same */
	(void) session_insert(session, 0, true);
	(void) session_open(session);
	slot = kg_store_read_node(store, duplicate.node);
	CHECK(slot->state == NODE_LIVE, "the second node stands elsewhere");
	kg_store_done(store);
	CHECK(!kg_duplicates_add(store, &duplicate), "a row joins another node");
	table_free(table);
}

/*
 * Lists of values.
 */

/* Adds a node to its value's list, as an insert does. */
static void
add_to_list(KgStore *store, BlockNumber root, uint32 word, uint32 node)
{
	BlockNumber block = kg_values_prepare(store, root, word);
	KgEdit		edit;

	if (block == InvalidBlockNumber)
		return;
	kg_edit_begin(&edit, store);
	CHECK(kg_values_add(&edit, block, word, node), "no room for word %u", word);
	kg_edit_commit(&edit);
}

/* Value i of 3,000 has i % 70 nodes: lists of 64 and more do not have all. */
static void
test_lists(bool alike)
{
	TableOptions options = {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 2, 1, 3000, alike};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	KgStore    *store = &session->store;
	BlockNumber root = session_open(session)->values;
	int			wrong = 0;

	for (uint32 n = 0; n < 70; n++)
		for (uint32 i = 0; i < 3000; i++)
			if (i % 70 > n)
				add_to_list(store, root, table_value(table, i), i * 70 + n);
	for (uint32 i = 0; i < 3000; i++)
	{
		KgValueList list;
		uint32		nodes = i % 70;
		bool		complete = nodes <= KG_VALUE_NODES;

		kg_values_read(store, root, table_value(table, i), &list);
		wrong += list.complete != complete ||
			list.count != (int) Min(nodes, KG_VALUE_NODES);
		for (int n = 0; n < list.count; n++)
			wrong += list.nodes[n] / 70 != i;
	}
	CHECK(wrong == 0, "%d lists or nodes of them are wrong", wrong);
	CHECK(kg_store_pages(store) > 100, "%u pages", kg_store_pages(store));
	table_free(table);
}

/*
 * What comes between an insert's look for its list and its entry: the page is
 * filled, then split, then the list gets too long.
 */
static void
test_list_moved(void)
{
	TableOptions options = {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 2, 1, 5000};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	KgStore    *store = &session->store;
	BlockNumber root = session_open(session)->values;
	uint32		word = 0;
	uint32		others = 1;
	BlockNumber block;
	KgEdit		edit;
	Page		page;

	/* its list moves when the page is split */
	while (kg_values_hash(word) >> 31 == 0)
		word++;
	for (int i = 1; i < KG_VALUE_ENTRIES; i++)
		add_to_list(store, root, 100000 + others++, 7);
	block = kg_values_prepare(store, root, word);
	add_to_list(store, root, 100000 + others++, 7);
	kg_edit_begin(&edit, store);
	CHECK(!kg_values_add(&edit, block, word, 8), "an entry on a full page");
	kg_edit_abort(&edit);
	add_to_list(store, root, 100000 + others++, 7);
	kg_edit_begin(&edit, store);
	CHECK(!kg_values_add(&edit, block, word, 8), "an entry where the list was");
	kg_edit_abort(&edit);

	block = kg_values_prepare(store, root, word);
	for (uint32 i = 0; i < KG_VALUE_NODES + 5; i++)
		add_to_list(store, root, word, 10 + i);
	kg_edit_begin(&edit, store);
	page = kg_edit_page(&edit, block, PAGE_VALUES);
	others = page_values(page)->count;
	kg_edit_abort(&edit);
	kg_edit_begin(&edit, store);
	CHECK(kg_values_add(&edit, block, word, 8), "a list that is too long refuses");
	kg_edit_commit(&edit);
	page = kg_store_read(store, block, PAGE_VALUES);
	CHECK(page_values(page)->count == others, "it has got an entry");
	kg_store_done(store);
	table_free(table);
}

/*
 * VACUUM frees the nodes that an insert has chosen as neighbours, and a node of
 * another value takes the slot: the edge has the words of the one that is gone.
 * No list may name it by that value.
 */
static void
test_words_gone(void)
{
	TableOptions options = {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 400, 1, 2};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	Session    *other = session_create(table);
	TableCheck	counts;

	for (int round = 0; round < 12; round++)
	{
		while (table->row_count - table->unused_count < 400)
			(void) session_insert(session, random_bits() % 400, true);
		delete_part(table, 50);
		pages_at_find_capacity(table->pages, vacuum_now, other);
		(void) session_insert(session_create(table), random_bits() % 400, true);
		session_check(session, &counts);
		session_scan_often(session);
	}
	table_free(table);
}

/*
 * The page of a list that a scan is to read next becomes a page of the same
 * list, but another: the scan must go on with the one behind it.
 */
static void
test_list_position(void)
{
	TableOptions options = {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 5};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	Session    *other = session_create(table);
	KgListReader reader;
	Page		page;

	for (int i = 0; i < 3 * KG_LIST_TIDS; i++)
		(void) session_insert(other, NULL_VECTOR, true);
	(void) session_open(session);
	kg_list_begin(&reader, &session->store, LIST_NULLS);
	page = kg_list_next(&session->store, &reader);
	CHECK(page_list(page)->number == 2, "page %u", page_list(page)->number);
	kg_store_done(&session->store);

	for (int i = KG_LIST_TIDS; i < 2 * KG_LIST_TIDS; i++)
		table_delete(table, i);
	session_vacuum(other, false);
	for (int i = 0; i < KG_LIST_TIDS; i++)
		(void) session_insert(other, NULL_VECTOR, true);
	page = kg_store_read(&session->store, reader.next, PAGE_LIST);
	CHECK(page_list(page)->number == 3, "the page is not used again");
	kg_store_done(&session->store);

	page = kg_list_next(&session->store, &reader);
	CHECK(page_list(page)->number == 0, "then page %u",
		  page_list(page)->number);
	kg_store_done(&session->store);
	CHECK(kg_list_next(&session->store, &reader) == NULL, "and another");
	table_free(table);
}

/*
 * Pages with room stand in another order in their chain than in their list,
 * where scans lock them from the head on: so must VACUUM (pages.c looks).
 */
static void
test_list_locks(void)
{
	TableOptions options = {3, KG_METRIC_L2, KG_STORAGE_AUTO, 4, 16, 5};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	TableCheck	counts;
	int			full = 2 * KG_LIST_TIDS;

	for (int i = 0; i < full + 500; i++)
		(void) session_insert(session, NULL_VECTOR, true);
	for (int i = 0; i < full; i += 2)
		table_delete(table, i);
	session_vacuum(session, false);
	for (int i = full; i < full + 500; i++)
		table_delete(table, i);
	session_vacuum(session, false);
	session_check(session, &counts);
	CHECK(counts.rows == KG_LIST_TIDS, "%d rows", counts.rows);
	table_free(table);
}

int
main(void)
{
	shim_on_failure(fail);
	for (int g = 0; g < (int) (sizeof(graphs) / sizeof(graphs[0])); g++)
	{
		unit_begin("index: %s", graphs[g].name);
		test_graph(g);
		unit_end();
	}
	unit_begin("index: many rows of few vectors");
	test_churn("few vectors", KG_METRIC_L2, 5, false, 0, 0);
	test_churn("few vectors and values", KG_METRIC_L2, 5, false, 2, 0);
	test_churn("few vectors on pages", KG_METRIC_L2, 5, false, 0, 3);
	unit_end();
	unit_begin("index: rows of two hundred vectors");
	test_churn("more vectors", KG_METRIC_COSINE, 200, false, 0, 0);
	test_churn("more vectors, few values", KG_METRIC_COSINE, 200, false, 1, 0);
	test_churn("more vectors on pages", KG_METRIC_COSINE, 200, false, 0, 4);
	unit_end();
	unit_begin("index: rows without a node");
	test_churn("lists", KG_METRIC_COSINE, 5, true, 0, 0);
	test_churn("lists with filters", KG_METRIC_COSINE, 5, true, 2, 0);
	unit_end();
	unit_begin("index: an insert takes the slot of its neighbour");
	test_neighbor_freed();
	unit_end();
	unit_begin("index: VACUUM locks pages of a list as scans do");
	test_list_locks();
	unit_end();
	unit_begin("index: lists of values");
	test_lists(false);
	unit_end();
	unit_begin("index: lists of values of like hashes");
	test_lists(true);
	unit_end();
	unit_begin("index: a list of values moves before an insert adds to it");
	test_list_moved();
	unit_end();
	unit_begin("index: words of nodes that are gone");
	test_words_gone();
	unit_end();
	unit_begin("index: a row does not join another node");
	test_node_replaced();
	unit_end();
	unit_begin("index: a scan finds its place in a list again");
	test_list_position();
	unit_end();
	unit_begin("index: narrow clusters");
	test_narrow();
	unit_end();
	return unit_finish();
}
