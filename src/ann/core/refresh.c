/*
 * refresh.c
 *	  VACUUM's pass that chooses the lists of pages again, where nodes share lists.
 *
 * A list was chosen around the nodes that its page began with.  As others join and
 * these go, what the new ones offer competes with edges that were chosen for nodes
 * that are gone.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/core/insert.h"
#include "ann/core/page_list.h"
#include "ann/core/refresh.h"

/* A list is chosen again when this part of a page's nodes, one in so many, has joined. */
#define JOINED_PART 2

void
kg_refresh_lists(KgStore *store, KgIndex *index)
{
	KgInserter *inserter = kg_inserter_new(&index->layout);
	int			least_joined = (index->layout.members + JOINED_PART - 1) / JOINED_PART;
	BlockNumber pages = kg_store_pages(store);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_diskann refresh",
												  ALLOCSET_DEFAULT_SIZES);

	for (BlockNumber block = KG_META_BLOCK + 1; block < pages; block++)
	{
		MemoryContext old_context = MemoryContextSwitchTo(context);

		kg_store_vacuum_delay(store);
		kg_page_list_choose_again(inserter, index, store, block, least_joined);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}
