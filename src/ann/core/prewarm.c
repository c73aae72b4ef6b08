/*
 * prewarm.c
 *	  Loads the pages of an index that searches use most.
 *
 * If not all pages are wanted, it searches for nodes at random: what many
 * searches pass is loaded first, and used so often by the end that the buffer
 * manager keeps it longest.  The README has figures.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/prewarm.h"
#include "ann/core/sample_nodes.h"
#include "ann/core/search.h"

/* Of each search: about what LIMIT 10 takes for a recall of .95 to .98. */
#define PREWARM_EF 40

/* So many draws that load nothing: what searches use is there. */
#define PREWARM_VAIN 200

static void
expand_nothing(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
}

static void
load_in_order(KgStore *store)
{
	BlockNumber pages = kg_store_pages(store);

	for (BlockNumber block = 0; block < pages; block++)
	{
		CHECK_FOR_INTERRUPTS();
		(void) kg_store_read_any(store, block);
		kg_store_done(store);
	}
}

static void
load_by_searches(KgStore *store, const KgIndex *index, uint64 most)
{
	KgNodeSampler sampler;
	KgQuery		query;
	KgSearch	search;
	uint32		node;

	kg_node_sampler_init(&sampler, store, index, 0);
	kg_query_init(&query);
	kg_search_init(&search);
	search.expand = expand_nothing;
	for (int vain = 0; store->misses < most && vain < PREWARM_VAIN; vain++)
	{
		uint64		before = store->misses;

		CHECK_FOR_INTERRUPTS();
		if (kg_node_sampler_draw(&sampler, &query, &node))
			kg_search_start(&search, index, store, &query, PREWARM_EF);
		if (store->misses > before)
			vain = -1;
	}
}

uint64
kg_prewarm(KgStore *store, const KgIndex *index, uint64 most)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg index prewarm",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	store->misses = 0;
	if (kg_store_pages(store) <= most)
		load_in_order(store);
	else
		load_by_searches(store, index, most);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	return store->misses;
}
