/*
 * value_repair.c
 *	  VACUUM's care for the lists of values.
 */
#include "postgres.h"

#include "ann/core/value_repair.h"
#include "ann/layout/values.h"

/* A dead node of a list, and what comes in its place, or KG_NO_NODE. */
typedef struct Replacement
{
	KgValueEntry entry;
	uint32		node;
} Replacement;

static bool
has_entry(const KgValuePage *values, uint32 word, uint32 node)
{
	for (int i = 0; i < values->count; i++)
		if (values->entries[i].word == word && values->entries[i].node == node)
			return true;
	return false;
}

/* Is it a live node of the value?  An edge may lead to another one by now. */
static bool
is_live(KgStore *store, uint32 word, uint32 node)
{
	const NodeSlot *slot = kg_store_read_node(store, node);
	bool		live = slot->state == NODE_LIVE &&
	slot_own_words(store->layout, slot)[0] == word;

	kg_store_done(store);
	return live;
}

/* A live neighbour of a dead node, of the same value and not listed yet. */
static uint32
find_successor(KgStore *store, const KgValuePage *values, const KgValueEntry *entry,
			   const KgVisited *dead)
{
	const KgLayout *layout = store->layout;
	const NodeSlot *slot = node_list_slot(layout, kg_store_read_node(store, entry->node),
										  entry->node);
	uint32		candidates[KG_MAX_DEGREE];
	int			count = 0;

	for (int i = 0; i < slot->degree; i++)
	{
		uint32		node = slot_neighbors(layout, slot)[i];

		if (slot_words(layout, slot, 0)[i] == entry->word &&
			!kg_visited_has(dead, node) && !has_entry(values, entry->word, node))
			candidates[count++] = node;
	}
	kg_store_done(store);
	for (int i = 0; i < count; i++)
		if (is_live(store, entry->word, candidates[i]))
			return candidates[i];
	return KG_NO_NODE;
}

/*
 * Changes the page as planned.  Inserts may have split it meanwhile, or added
 * to it: entries are looked for anew, and those that have moved are left to
 * the page that they have moved to, which the pass comes to later.
 */
static void
write_replacements(KgStore *store, BlockNumber block, const Replacement *replacements,
				   int count)
{
	KgEdit		edit;
	KgValuePage *values;

	kg_edit_begin(&edit, store);
	values = page_values(kg_edit_page(&edit, block, PAGE_VALUES));
	kg_values_check_page(store, values, block);
	for (int r = 0; r < count; r++)
	{
		const Replacement *replacement = &replacements[r];

		for (int i = 0; i < values->count; i++)
		{
			KgValueEntry *entry = &values->entries[i];

			if (entry->word != replacement->entry.word ||
				entry->node != replacement->entry.node)
				continue;
			if (replacement->node != KG_NO_NODE &&
				!has_entry(values, entry->word, replacement->node))
				entry->node = replacement->node;
			else
				*entry = values->entries[--values->count];
			break;
		}
	}
	kg_edit_commit(&edit);
}

void
kg_values_repair_page(KgStore *store, BlockNumber block, const KgVisited *dead)
{
	PGAlignedBlock copy;
	const KgValuePage *values = page_values((Page) copy.data);
	Page		page = kg_store_read_if(store, block, PAGE_VALUES);
	Replacement *replacements;
	int			count = 0;

	if (page == NULL)
		return;
	memcpy(copy.data, page, BLCKSZ);
	kg_store_done(store);
	kg_values_check_page(store, values, block);
	replacements = palloc(sizeof(Replacement) * Max(values->count, 1));
	for (int i = 0; i < values->count; i++)
	{
		KgValueEntry entry = values->entries[i];

		if (entry.node == KG_NO_NODE || !kg_visited_has(dead, entry.node))
			continue;
		replacements[count].entry = entry;
		replacements[count].node = KG_NO_NODE;
		if (has_entry(values, entry.word, KG_NO_NODE))
			replacements[count].node = find_successor(store, values, &entry, dead);
		count++;
	}
	if (count > 0)
		write_replacements(store, block, replacements, count);
	pfree(replacements);
}
