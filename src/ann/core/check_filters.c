/*
 * check_filters.c
 *	  Checks words and the lists of values.
 *
 * Words stand in a node, on the page of words of its group, and beside its
 * number in its neighbours' lists.  An edge may have the words of another node
 * if its end was freed and taken again between an insert's search and its write
 * (README, "Concurrency"); a slot that was never freed has the words that it
 * always had.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "ann/core/check_filters.h"
#include "ann/layout/values.h"
#include "ann/layout/words.h"

typedef void (*SlotCheck) (KgCheck *check, BlockNumber block, uint32 node,
						   const NodeSlot *slot, void *arg);

/*
 * Calls a function for each slot, or for each that has a list, on a copy of its page:
 * nothing is locked.
 */
static void
for_each_slot(KgCheck *check, bool lists, SlotCheck function, void *arg)
{
	const KgLayout *layout = &check->layout;
	PGAlignedBlock copy;

	for (BlockNumber block = 0; block < check->pages; block++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!kg_check_page_is(check, block, PAGE_NODES))
			continue;
		memcpy(copy.data, kg_store_read(&check->store, block, PAGE_NODES), BLCKSZ);
		kg_store_done(&check->store);
		for (int i = 0; i < (lists ? page_lists(layout) : layout->per_page); i++)
			function(check, block, block * layout->per_page + i,
					 lists ? page_list_slot(layout, (Page) copy.data, i) :
					 page_slot(layout, (Page) copy.data, i), arg);
	}
}

/*
 * Words.
 */

/* Words, every stride'th, as a number that is not 0. */
static uint32
digest_of(const uint32 *words, int stride, int filters)
{
	uint32		digest = 1;

	for (int i = 0; i < filters; i++)
		digest = murmurhash32(digest * 31 + words[i * stride]);
	return digest ? digest : 1;
}

/*
 * A node's words and those on its group's page of words.  Notes a digest of
 * them, or 0 if edges may have others.
 */
static void
check_own_words(KgCheck *check, BlockNumber block, uint32 node,
				const NodeSlot *slot, void *arg)
{
	const KgLayout *layout = &check->layout;
	const uint32 *own = slot_own_words(layout, slot);
	uint32		words[KG_MAX_FILTERS];
	BlockNumber words_block;

	if (slot->state == NODE_FREE)
		return;
	if (slot->generation == 0)
		((uint32 *) arg)[node] = digest_of(own, 1, layout->filters);
	if (layout->word_pages == 0)
		return;
	words_block = kg_words_block(layout, (block - 1) / layout->group_pages);
	if (!kg_check_page_is(check, words_block, PAGE_WORDS))
	{
		kg_check_report(check, block, "words of node %u should be on block %u, which has none",
						node, words_block);
		return;
	}
	kg_words_read(&check->store, node, words);
	if (!kg_words_equal(words, own, layout->filters))
		kg_check_report(check, words_block, "node %u has other words than its page of words",
						node);
}

/* The words beside a node's neighbours. */
static void
check_edge_words(KgCheck *check, BlockNumber block, uint32 node,
				 const NodeSlot *slot, void *arg)
{
	const KgLayout *layout = &check->layout;
	const uint32 *digests = arg;

	if (slot->state == NODE_FREE || slot->degree > layout->max_degree)
		return;
	for (int i = 0; i < slot->degree; i++)
	{
		uint32		neighbor = slot_neighbors(layout, slot)[i];

		if (kg_check_page_is(check, node_block(layout, neighbor), PAGE_NODES) &&
			digests[neighbor] != 0 &&
			digests[neighbor] != digest_of(slot_words(layout, slot, 0) + i,
										   layout->max_degree, layout->filters))
			kg_check_report(check, block, "node %u has other words of neighbour %u than that one",
							node, neighbor);
	}
}

static void
check_words(KgCheck *check)
{
	Size		nodes = (Size) check->pages * check->layout.per_page;
	uint32	   *digests = palloc_extended(sizeof(uint32) * nodes,
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for_each_slot(check, false, check_own_words, digests);
	for_each_slot(check, true, check_edge_words, digests);
	pfree(digests);
}

/*
 * Lists of values.
 */

/* An entry that names a node. */
static void
check_entry(KgCheck *check, BlockNumber block, const KgValueEntry *entry)
{
	const KgLayout *layout = &check->layout;
	const NodeSlot *slot;

	if (!kg_check_page_is(check, node_block(layout, entry->node), PAGE_NODES))
	{
		kg_check_report(check, block, "list of value %u leads to node %u, which is on no page of nodes",
						entry->word, entry->node);
		return;
	}
	slot = kg_store_read_node(&check->store, entry->node);
	if (slot->state == NODE_FREE)
		kg_check_report(check, block, "list of value %u leads to node %u, which is a free slot",
						entry->word, entry->node);
	else if (slot_own_words(layout, slot)[0] != entry->word)
		kg_check_report(check, block, "list of value %u leads to node %u, which has value %u",
						entry->word, entry->node, slot_own_words(layout, slot)[0]);
	kg_store_done(&check->store);
	kg_visited_add(&check->valued, entry->node);
}

/* The lists of a page: each node once, and not too many of a value. */
static void
check_entries(KgCheck *check, BlockNumber block, const KgValuePage *values)
{
	for (int i = 0; i < values->count; i++)
	{
		const KgValueEntry *entry = &values->entries[i];
		int			same = 0;

		if (!kg_values_covers(values, kg_values_hash(entry->word)))
			kg_check_report(check, block, "list of value %u is on the wrong page",
							entry->word);
		for (int j = 0; j < i; j++)
		{
			if (values->entries[j].word != entry->word)
				continue;
			same += values->entries[j].node != KG_NO_NODE;
			if (values->entries[j].node == entry->node)
				kg_check_report(check, block, "list of value %u has node %u twice",
								entry->word, entry->node);
		}
		if (entry->node == KG_NO_NODE)
			continue;
		if (same == KG_VALUE_NODES)
			kg_check_report(check, block, "list of value %u has more than %d nodes",
							entry->word, KG_VALUE_NODES);
		check_entry(check, block, entry);
	}
}

/* A page of lists, to which a run of a map's children leads. */
static void
check_list_page(KgCheck *check, const KgValueMap *map, BlockNumber block,
				uint32 prefix, int run)
{
	PGAlignedBlock copy;
	const KgValuePage *values = page_values((Page) copy.data);

	memcpy(copy.data, kg_store_read(&check->store, block, PAGE_VALUES), BLCKSZ);
	kg_store_done(&check->store);
	if (values->bits < map->bits || values->bits > map->bits + KG_MAP_BITS ||
		values->prefix != prefix || run != KG_MAP_CHILDREN >> (values->bits - map->bits))
		kg_check_report(check, block, "lists of %u bits of hash 0x%x have %d places in the map at bit %u from 0x%x",
						values->bits, values->prefix, run, map->bits, prefix);
	else if (values->count > KG_VALUE_ENTRIES)
		kg_check_report(check, block, "lists of values have %u entries, more than %d",
						values->count, KG_VALUE_ENTRIES);
	else
		check_entries(check, block, values);
}

/* The hash that begins with these bits of a prefix and then a child's number. */
static uint32
child_prefix(const KgValueMap *map, uint32 prefix, int child)
{
	return prefix | (uint32) (((uint64) child << 32) >> (map->bits + KG_MAP_BITS));
}

/* A page of the map, which stands at these bits of a prefix. */
static void
check_map(KgCheck *check, BlockNumber block, uint32 bits, uint32 prefix)
{
	KgValueMap *map = palloc(sizeof(KgValueMap));

	*map = *page_value_map(kg_store_read(&check->store, block, PAGE_VALUE_MAP));
	kg_store_done(&check->store);
	if (map->bits != bits)
	{
		kg_check_report(check, block, "map of values at bit %u is for bit %u", bits,
						map->bits);
		return;
	}
	for (int i = 0, next; i < KG_MAP_CHILDREN; i = next)
	{
		BlockNumber child = map->children[i];
		bool		is_map = kg_check_page_is(check, child, PAGE_VALUE_MAP);

		for (next = i + 1; next < KG_MAP_CHILDREN && map->children[next] == child;)
			next++;
		if (!is_map && !kg_check_page_is(check, child, PAGE_VALUES))
			kg_check_report(check, block, "map of values leads to block %u, which has no lists",
							child);
		else if (!kg_visited_add(&check->values, child))
			kg_check_report(check, block, "map of values leads to block %u twice", child);
		else if (!is_map)
			check_list_page(check, map, child, child_prefix(map, prefix, i), next - i);
		else if (next - i > 1 || bits + KG_MAP_BITS >= 32)
			kg_check_report(check, block, "map of values leads to the map at block %u from %d places",
							child, next - i);
		else
			check_map(check, child, bits + KG_MAP_BITS, child_prefix(map, prefix, i));
	}
	pfree(map);
}

/* Where a live node is looked for. */
typedef struct ListPass
{
	BlockNumber root;
	bool		any;			/* last is set */
	uint32		last;			/* a value whose list does not have all nodes */
} ListPass;

/* Each live node is in its value's list, or the list says that it has not all. */
static void
check_listed(KgCheck *check, BlockNumber block, uint32 node, const NodeSlot *slot,
			 void *arg)
{
	ListPass   *pass = arg;
	uint32		word = slot_own_words(&check->layout, slot)[0];
	KgValueList list;

	if (slot->state != NODE_LIVE || kg_visited_has(&check->valued, node) ||
		(pass->any && pass->last == word))
		return;
	kg_values_read(&check->store, pass->root, word, &list);
	if (list.complete)
		kg_check_report(check, block, "node %u is not in the list of its value %u",
						node, word);
	else
	{
		pass->any = true;
		pass->last = word;
	}
}

static void
check_values(KgCheck *check, BlockNumber root)
{
	ListPass	pass = {.root = root};
	int64		before = check->problems;

	if (kg_check_page_is(check, root, PAGE_VALUE_MAP))
	{
		kg_visited_add(&check->values, root);
		check_map(check, root, 0, 0);
	}
	else
		kg_check_report(check, KG_META_BLOCK, "map of values is said to begin at block %u",
						root);
	/* a search for a value might not end in a map that is not sound */
	if (check->problems == before)
		for_each_slot(check, false, check_listed, &pass);
}

/* Pages that nothing leads to. */
static void
check_lost_pages(KgCheck *check)
{
	for (BlockNumber block = 0; block < check->pages; block++)
		if ((kg_check_page_is(check, block, PAGE_VALUES) ||
			 kg_check_page_is(check, block, PAGE_VALUE_MAP)) &&
			!kg_visited_has(&check->values, block))
			kg_check_report(check, block, "page of lists of values is not in the map");
}

void
kg_check_filters(KgCheck *check, BlockNumber root)
{
	if (check->layout.filters > 0)
	{
		check_words(check);
		check_values(check, root);
	}
	else if (root != InvalidBlockNumber)
		kg_check_report(check, KG_META_BLOCK, "index without filters has lists of values");
	check_lost_pages(check);
}
