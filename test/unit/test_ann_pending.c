/*
 * test_ann_pending.c
 *	  The list of pending rows: what a scan meets that stands in it.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/layout/pending.h"
#include "shim.h"
#include "table.h"
#include "unit.h"

static void
fail(const char *message)
{
	unit_fail("%s", message);
	unit_end();
	unit_finish();
	exit(1);
}

/* Takes the row of a page of pending rows out, as a merge does. */
static void
take_pending(KgStore *store, BlockNumber block)
{
	KgPendingPlace place = {.block = block};
	KgEdit		edit;

	kg_edit_begin(&edit, store);
	kg_pending_take(&edit, &place);
	kg_edit_commit(&edit);
}

/*
 * A scan stands between two pages of the list of pending rows when a merge frees
 * both, and an insert makes the second the last of the list.
 */
static void
test_pending_position(void)
{
	const TableOptions options = {1500, KG_METRIC_L2, KG_STORAGE_AUTO, 6, 12, 30};
	Table	   *table = table_create(&options);
	Session    *session = session_create(table);
	KgStore    *store = &session->store;
	KgPendingReader reader = {0};
	BlockNumber first;

	table->pending_part = 8;
	for (int i = 0; i < 5; i++)
		(void) session_insert(session, i, true);
	(void) session_open(session);
	CHECK(kg_pending_per_page(store->layout) == 1, "more than a row a page");
	CHECK(kg_pending_next(store, &reader) != NULL, "no page");
	kg_store_done(store);
	first = reader.block;
	CHECK(!kg_pending_free_head(store), "a page with a row was freed");
	take_pending(store, first);
	take_pending(store, reader.next);
	CHECK(kg_pending_free_head(store) && kg_pending_free_head(store),
		  "pages without rows stay");
	(void) session_insert(session, 5, true);
	(void) session_open(session);
	for (uint32 number = 2; number < 6; number++)
	{
		Page		page = kg_pending_next(store, &reader);

		CHECK(page && page_pending(page)->number == number, "not page %u", number);
		if (page)
			kg_store_done(store);
	}
	CHECK(kg_pending_next(store, &reader) == NULL, "more pages");
	table_free(table);
}

int
main(void)
{
	shim_on_failure(fail);
	unit_begin("index: a scan finds its place in the list of pending rows again");
	test_pending_position();
	unit_end();
	return unit_finish();
}
