/*
 * entries.c
 *	  The entry points on their pages.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "ann/entries.h"

static Size
entry_size(const KgLayout *layout)
{
	return INTALIGN(offsetof(KgEntry, vector) + layout->vector_bytes);
}

int
kg_entries_per_page(const KgLayout *layout)
{
	return (int) (KG_PAGE_USABLE / entry_size(layout));
}

KgEntry *
kg_entry_on(const KgLayout *layout, Page page, int i)
{
	return (KgEntry *) (PageGetContents(page) + i * entry_size(layout));
}

int
kg_entries_read(KgStore *store, const KgMetaPage *meta, uint32 *nodes,
				char *vectors)
{
	const KgLayout *layout = store->layout;
	int			per_page = kg_entries_per_page(layout);
	int			count = (int) Min(meta->entry_count, KG_ENTRY_POINTS);
	Page		page = NULL;

	for (int i = 0; i < count; i++)
	{
		KgEntry    *entry;

		if (i % per_page == 0)
			page = kg_store_read(store, meta->entry_pages[i / per_page],
								 PAGE_ENTRIES);
		entry = kg_entry_on(layout, page, i % per_page);
		nodes[i] = entry->node;
		memcpy(vectors + (Size) i * layout->vector_bytes, entry->vector,
			   layout->vector_bytes);
		if (i % per_page == per_page - 1 || i == count - 1)
			kg_store_done(store);
	}
	return count;
}

void
kg_entries_put(KgEdit *edit, KgMetaPage *meta, int i, uint32 node,
			   const void *vector)
{
	const KgLayout *layout = edit->store->layout;
	int			per_page = kg_entries_per_page(layout);
	BlockNumber *block = &meta->entry_pages[i / per_page];
	Page		page = *block == InvalidBlockNumber ?
	kg_edit_new_page(edit, PAGE_ENTRIES, block) :
	kg_edit_page(edit, *block, PAGE_ENTRIES);
	KgEntry    *entry = kg_entry_on(layout, page, i % per_page);

	entry->node = node;
	memcpy(entry->vector, vector, layout->vector_bytes);
	meta->entry_version++;
}

/* Copies a node's vector; false if it has none. */
static bool
read_vector(KgStore *store, uint32 node, void *vector)
{
	const KgLayout *layout = store->layout;
	const NodeSlot *slot = kg_store_read_node(store, node);
	bool		live = slot->state == NODE_LIVE;

	if (live)
		memcpy(vector, slot_vector(layout, slot), layout->vector_bytes);
	kg_store_done(store);
	return live;
}

/*
 * What VACUUM puts in the places of dead entries: live nodes and their
 * vectors.
 */
typedef struct Spare
{
	int			count;
	uint32		nodes[KG_ENTRY_POINTS];
	char	   *vectors;
} Spare;

static void
read_spare(KgStore *store, const uint32 *live, int count, Spare *spare)
{
	const KgLayout *layout = store->layout;

	spare->count = 0;
	for (int i = 0; i < count; i++)
		if (read_vector(store, live[i], spare->vectors +
						(Size) spare->count * layout->vector_bytes))
			spare->nodes[spare->count++] = live[i];
}

/*
 * Replaces one dead entry; false if there is none.  Where VACUUM saw no live
 * node, those that were inserted since take all places, or the entries go.
 */
static bool
replace_one(KgStore *store, const KgSeen *dead, const Spare *spare)
{
	const KgLayout *layout = store->layout;
	uint32		nodes[KG_ENTRY_POINTS];
	char	   *vectors = palloc((Size) KG_ENTRY_POINTS * layout->vector_bytes);
	int			count;
	int			replaced = -1;
	int			live = -1;
	KgEdit		edit;
	KgMetaPage *meta;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	count = kg_entries_read(store, meta, nodes, vectors);
	for (int i = 0; i < count; i++)
	{
		if (!kg_seen_has(dead, nodes[i]))
			live = i;
		else if (replaced < 0)
			replaced = i;
	}

	if (replaced < 0)
	{
		kg_edit_abort(&edit);
		pfree(vectors);
		return false;
	}
	if (spare->count > 0)
	{
		int			taken = replaced % spare->count;

		kg_entries_put(&edit, meta, replaced, spare->nodes[taken],
					   spare->vectors + (Size) taken * layout->vector_bytes);
	}
	else if (live >= 0)
		kg_entries_put(&edit, meta, replaced, nodes[live],
					   vectors + (Size) live * layout->vector_bytes);
	else
	{
		meta->entry_count = 0;
		meta->entry_version++;
	}
	kg_edit_commit(&edit);
	pfree(vectors);
	return true;
}

void
kg_entries_replace(KgStore *store, const KgSeen *dead, const uint32 *live,
				   int count)
{
	Spare	   *spare = palloc(sizeof(Spare));

	spare->vectors = palloc((Size) KG_ENTRY_POINTS *
							store->layout->vector_bytes);
	read_spare(store, live, count, spare);
	while (replace_one(store, dead, spare))
		CHECK_FOR_INTERRUPTS();
	pfree(spare->vectors);
	pfree(spare);
}
