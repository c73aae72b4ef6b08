/*
 * allocate.c
 *	  Allocating a node: finding a free slot for it.
 *
 * A backend goes on filling the page that it filled last.  Else it asks the
 * free space map, which has pages of nodes only.  Else it takes a free page or
 * extends the index.  The state in a slot is the truth, and the map a hint:
 * VACUUM enters all pages with free slots, since a crash or a promotion may
 * lose earlier entries.
 */
#include "postgres.h"

#include "ann/core/allocate.h"

/*
 * A free slot of the page, or -1; *more if the page has another.  Where nodes
 * share lists a page that has any is for nodes near these.
 */
static int
free_slot(const KgLayout *layout, Page page, bool *more)
{
	int			found = -1;

	*more = false;
	if (kg_layout_has_hubs(layout) && page_hub(page)->state != NODE_FREE)
		return -1;
	for (int i = 0; i < layout->per_page; i++)
	{
		if (page_slot(layout, page, i)->state != NODE_FREE)
			continue;
		if (found >= 0)
		{
			*more = true;
			break;
		}
		found = i;
	}
	return found;
}

/* A page that may have a free slot, or InvalidBlockNumber. */
static BlockNumber
find_insert_block(const KgIndex *index, KgStore *store)
{
	if (index->insert_block != InvalidBlockNumber)
		return index->insert_block;
	/* Nothing was deleted yet from an index that is being built. */
	if (!store->wal)
		return InvalidBlockNumber;
	return kg_store_find_capacity(store);
}

/* Would kg_edit_new_page() find a free page? */
static bool
any_free_page(KgStore *store)
{
	bool		found;

	if (store->memory || !store->wal)
		return false;
	/* a record has no room for a free page's meta page beside all others */
	if (store->layout->filters > 0 && store->layout->copy_pages > 0)
		return false;
	found = page_meta(kg_store_read(store, KG_META_BLOCK,
									PAGE_META))->free != InvalidBlockNumber;
	kg_store_done(store);
	return found;
}

void
kg_allocate_edit(KgIndex *index, KgStore *store, KgEdit *edit, KgAllocation *position)
{
	const KgLayout *layout = &index->layout;

	position->is_new = false;
	for (;;)
	{
		position->block = find_insert_block(index, store);
		if (position->block == InvalidBlockNumber)
			break;
		kg_edit_begin(edit, store);
		position->page = side_block(layout, position->block) ? NULL :
			kg_edit_page_if(edit, position->block, PAGE_NODES);
		if (position->page)
		{
			position->slot = free_slot(layout, position->page, &position->more);
			position->more &= !kg_layout_has_hubs(layout);
			if (position->slot >= 0)
				return;
		}
		kg_edit_abort(edit);
		index->insert_block = InvalidBlockNumber;
	}

	kg_edit_begin(edit, store);
	if (any_free_page(store))
		kg_edit_page(edit, KG_META_BLOCK, PAGE_META);
	position->page = kg_edit_new_page(edit, PAGE_NODES, &position->block);
	position->slot = 0;
	position->more = layout->per_page > 1 && !kg_layout_has_hubs(layout);
	position->is_new = true;
	if (((uint64) position->block + 1) * layout->per_page > KG_MAX_NODES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("index \"%s\" cannot have more than " UINT64_FORMAT " nodes",
						kg_store_name(store),
						KG_MAX_NODES),
				 errhint("Partition the table.")));
}

bool
kg_allocate_join(KgIndex *index, KgStore *store, KgEdit *edit, BlockNumber block,
				 KgAllocation *position)
{
	const KgLayout *layout = &index->layout;

	position->is_new = false;
	position->more = false;
	position->block = block;
	kg_edit_begin(edit, store);
	position->page = kg_edit_page(edit, block, PAGE_NODES);
	if (page_hub(position->page)->state == NODE_LIVE)
		for (position->slot = 0; position->slot < layout->per_page; position->slot++)
			if (page_slot(layout, position->page, position->slot)->state == NODE_FREE)
				return true;
	kg_edit_abort(edit);
	return false;
}

void
kg_allocate_note(KgIndex *index, KgStore *store, const KgAllocation *position)
{
	index->insert_block = position->more ? position->block :
		InvalidBlockNumber;
	if (position->more && store->wal)
		kg_store_note_capacity(store, position->block, position->is_new);
}
