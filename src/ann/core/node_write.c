/*
 * node_write.c
 *	  Writing a new node.
 */
#include "postgres.h"

#include "ann/core/node_write.h"
#include "ann/layout/copies.h"
#include "ann/layout/values.h"
#include "ann/layout/words.h"

/* Starts the edit with a free slot; false if there is none. */
static bool
begin_edit(KgInserter *inserter, BlockNumber block, KgEdit *edit, KgAllocation *position)
{
	if (block != KG_ANY_PAGE)
		return kg_allocate_join(inserter->index, inserter->store, edit, block, position);
	kg_allocate_edit(inserter->index, inserter->store, edit, position);
	return true;
}

uint32
kg_node_edit(KgInserter *inserter, BlockNumber block, KgEdit *edit,
			 KgAllocation *position)
{
	KgIndex    *index = inserter->index;
	const KgLayout *layout = &index->layout;
	KgStore    *store = inserter->store;
	BlockNumber list = InvalidBlockNumber;
	uint32		node;

	for (;;)
	{
		if (layout->filters > 0)
			list = kg_values_prepare(store, index->values, inserter->words[0]);
		if (!begin_edit(inserter, block, edit, position))
			return KG_NO_NODE;
		node = position->block * layout->per_page + position->slot;
		if (layout->word_pages > 0)
			kg_words_write(edit, node, inserter->words);
		if (inserter->copy)
			kg_copy_write(edit, node, inserter->copy);
		if (list == InvalidBlockNumber ||
			kg_values_add(edit, list, inserter->words[0], node))
			return node;
		/* another insert has split the page of lists */
		kg_edit_abort(edit);
	}
}

NodeSlot *
kg_node_write_slot(KgInserter *inserter, KgTid tid, const KgAllocation *position)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgQuery *query = &inserter->query;
	NodeSlot   *slot = page_take_slot(layout, position->page, position->slot);

	slot->tid = tid;
	slot->chunk = KG_NO_CHUNK;
	slot->state = NODE_LIVE;
	slot->frame = inserter->frame;
	slot->degree = 0;
	slot->error = inserter->error;
	slot->length = (float) query->norm;
	slot->hash = query->hash;
	memcpy(slot_own_words(layout, slot), inserter->words,
		   sizeof(uint32) * layout->filters);
	memcpy(slot_vector(layout, slot), inserter->stored, layout->vector_bytes);
	if (inserter->sparse)
		memcpy(slot_sparse(layout, slot), inserter->sparse,
			   kg_sparse_bytes(layout->sparse));
	return slot;
}
