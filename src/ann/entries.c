/*
 * entries.c
 *	  The entry points: a sample of the nodes, with codes.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"

#include "ann/entries.h"
#include "simd/simd.h"

/* The first nodes are entry points, then one of so many, up to a limit. */
#define FIRST_ENTRIES 64
#define NODES_PER_ENTRY 64
#define MAX_ENTRIES 2048

/* kg_simd's code_scan may read so much past the last row. */
#define SCAN_SLACK 15

/* The centre, which entries' codes are relative to. */
static const float origin[KG_MAX_DIMS + KG_CODE_ROWS];

static Size
entry_size(const KgLayout *layout)
{
	return INTALIGN(offsetof(KgEntry, code) + layout->row_bytes);
}

int
kg_entries_per_page(const KgLayout *layout)
{
	return (int) (KG_PAGE_USABLE / entry_size(layout));
}

int
kg_entries_max(const KgLayout *layout)
{
	return Min(MAX_ENTRIES, KG_ENTRY_PAGES * kg_entries_per_page(layout));
}

double
kg_entries_expected(const KgLayout *layout, double nodes)
{
	double		count = Min(nodes, FIRST_ENTRIES);

	count += (nodes - count) / NODES_PER_ENTRY;
	return Min(count, kg_entries_max(layout));
}

int
kg_entries_place(const KgLayout *layout, int count, uint32 node)
{
	uint32		random = murmurhash32(node);
	int			max = kg_entries_max(layout);
	uint64		place;

	if (count < FIRST_ENTRIES)
		return count;
	if (count < max)
		return random % NODES_PER_ENTRY == 0 ? count : -1;

	/*
	 * Its number is close enough to the count of nodes before it, and a hash
	 * of it random enough: builds are repeatable.
	 */
	place = ((uint64) random * node) >> 32;
	return place < (uint64) max ? (int) place : -1;
}

KgEntry *
kg_entry_on(const KgLayout *layout, Page page, int i)
{
	return (KgEntry *) (PageGetContents(page) + i * entry_size(layout));
}

KgEntry *
kg_entry_new(const KgLayout *layout, uint32 node, const float *vector)
{
	KgEntry    *entry = palloc0(entry_size(layout));
	KgCodeFactors factors = kg_code_encode(&layout->shape, vector, origin,
										   entry->code);

	entry->node = node;
	entry->a = kg_code_factor(factors.a);
	entry->b = kg_code_factor(factors.b);
	return entry;
}

/*
 * The table.
 */

Size
kg_entry_table_size(const KgLayout *layout, int room)
{
	return room * (sizeof(uint32) + 2 * sizeof(uint16) + layout->row_bytes) +
		SCAN_SLACK;
}

void
kg_entry_table_init(KgEntryTable *table, const KgLayout *layout, int room,
					char *memory)
{
	table->room = room;
	table->count = 0;
	table->nodes = (uint32 *) memory;
	table->a = (uint16 *) (table->nodes + room);
	table->b = table->a + room;
	table->codes = (uint8 *) (table->b + room);
}

void
kg_entry_table_set(KgEntryTable *table, const KgLayout *layout, int i,
				   const KgEntry *entry)
{
	table->nodes[i] = entry->node;
	table->a[i] = entry->a;
	table->b[i] = entry->b;
	memcpy(table->codes + (Size) i * layout->row_bytes, entry->code,
		   layout->row_bytes);
	table->count = Max(table->count, i + 1);
}

void
kg_entries_read(KgStore *store, const KgMetaPage *meta, KgEntryTable *table)
{
	const KgLayout *layout = store->layout;
	int			per_page = kg_entries_per_page(layout);
	int			count = Min((int) meta->entry_count, table->room);

	table->count = 0;
	for (int first = 0; first < count; first += per_page)
	{
		Page		page = kg_store_read(store, meta->entry_pages[first / per_page],
										 PAGE_ENTRIES);

		for (int i = first; i < Min(first + per_page, count); i++)
			kg_entry_table_set(table, layout, i,
							   kg_entry_on(layout, page, i - first));
		kg_store_done(store);
	}
}

int
kg_entries_nearest(const KgEntryTable *table, const KgLayout *layout,
				   const float *query, const KgCodeQuery *code,
				   KgCandidate *best)
{
	float		norm2 = kg_simd->l2sq_f32(query, origin, layout->shape.dim);
	int			count = 0;
	float		limit = INFINITY;

	for (int first = 0; first < table->count; first += KG_CODE_ROWS)
	{
		int			rows = Min(table->count - first, KG_CODE_ROWS);
		uint32		sums[KG_CODE_ROWS];
		float		estimates[KG_CODE_ROWS];

		kg_simd->code_scan(table->codes + (Size) first * layout->row_bytes,
						   layout->row_bytes, rows, code->lut, sums);
		kg_simd->code_estimate(sums, table->a + first, table->b + first,
							   norm2, 1, code->bias, code->delta, rows,
							   estimates);
		for (int i = 0; i < rows; i++)
		{
			float		l2sq = estimates[i];
			int			at;

			/* NaN and infinity too must lead into the graph */
			if (unlikely(!(l2sq < FLT_MAX)))
				l2sq = FLT_MAX;
			if (l2sq >= limit)
				continue;
			at = count < KG_WALK_ENTRIES ? count++ : count - 1;
			for (; at > 0 && best[at - 1].l2sq > l2sq; at--)
				best[at] = best[at - 1];
			best[at].l2sq = l2sq;
			best[at].node = table->nodes[first + i];
			if (count == KG_WALK_ENTRIES)
				limit = best[count - 1].l2sq;
		}
	}
	return count;
}

/*
 * Changes.
 */

int
kg_entries_add(KgEdit *edit, KgMetaPage *meta, int place,
			   const KgEntry *entry)
{
	const KgLayout *layout = edit->store->layout;
	int			per_page = kg_entries_per_page(layout);
	int			max = kg_entries_max(layout);
	BlockNumber *block;
	Page		page;

	if ((int) meta->entry_count < max)
		place = (int) meta->entry_count++;
	else if (place < 0 || place >= max)
		place = (int) (entry->node % max);
	block = &meta->entry_pages[place / per_page];
	page = *block == InvalidBlockNumber ?
		kg_edit_new_page(edit, PAGE_ENTRIES, block) :
		kg_edit_page(edit, *block, PAGE_ENTRIES);
	memcpy(kg_entry_on(layout, page, place % per_page), entry,
		   entry_size(layout));
	meta->entry_version++;
	return place;
}

/* An entry of a node, if that is live; else NULL. */
static KgEntry *
entry_of_live(KgStore *store, uint32 node)
{
	const KgLayout *layout = store->layout;
	const NodeSlot *slot = kg_store_read_node(store, node);
	KgEntry    *entry = NULL;

	if (slot->state == NODE_LIVE)
	{
		float	   *vector = palloc(sizeof(float) * layout->shape.dim);

		kg_scalar_decode(layout->storage, slot_vector(layout, slot),
						 layout->shape.dim, vector);
		entry = kg_entry_new(layout, node, vector);
		pfree(vector);
	}
	kg_store_done(store);
	return entry;
}

/* An entry for the place of a dead node: of its first live neighbour. */
static KgEntry *
entry_of_neighbor(KgStore *store, uint32 dead)
{
	const KgLayout *layout = store->layout;
	const NodeSlot *slot = kg_store_read_node(store, dead);
	int			degree = slot->degree;
	uint32		neighbors[KG_MAX_M];
	KgEntry    *entry = NULL;

	memcpy(neighbors, slot_neighbors(layout, slot), sizeof(uint32) * degree);
	kg_store_done(store);
	for (int i = 0; i < degree && entry == NULL; i++)
		entry = entry_of_live(store, neighbors[i]);
	return entry;
}

/*
 * Replaces entry i if its node is dead.  If there is no live node to take the
 * place, the last entry does.
 */
static void
replace_dead(KgStore *store, int i, uint32 dead, KgEntry *entry)
{
	const KgLayout *layout = store->layout;
	int			per_page = kg_entries_per_page(layout);
	KgEdit		edit;
	KgMetaPage *meta;
	Page		page;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	page = kg_edit_page(&edit, meta->entry_pages[i / per_page], PAGE_ENTRIES);
	if (kg_entry_on(layout, page, i % per_page)->node != dead)
	{
		/* an insert was faster */
		kg_edit_abort(&edit);
		return;
	}
	if (entry == NULL)
	{
		int			last = --meta->entry_count;

		if (last / per_page != i / per_page)
		{
			entry = palloc(entry_size(layout));
			memcpy(entry, kg_entry_on(layout,
									  kg_store_read(store, meta->entry_pages[last / per_page],
													PAGE_ENTRIES),
									  last % per_page), entry_size(layout));
			kg_store_done(store);
		}
		else
			entry = kg_entry_on(layout, page, last % per_page);
	}
	memmove(kg_entry_on(layout, page, i % per_page), entry,
			entry_size(layout));
	meta->entry_version++;
	kg_edit_commit(&edit);
}

void
kg_entries_replace(KgStore *store, const KgSeen *dead, const uint32 *live,
				   int count)
{
	const KgLayout *layout = store->layout;
	KgMetaPage	meta;
	KgEntryTable table;
	int			room = kg_entries_max(layout);

	meta = *page_meta(kg_store_read(store, KG_META_BLOCK, PAGE_META));
	kg_store_done(store);
	kg_entry_table_init(&table, layout, room,
						palloc(kg_entry_table_size(layout, room)));
	kg_entries_read(store, &meta, &table);

	/* From the last one on: one that goes is filled by one that was seen to. */
	for (int i = table.count - 1; i >= 0; i--)
	{
		KgEntry    *entry;

		CHECK_FOR_INTERRUPTS();
		if (!kg_seen_has(dead, table.nodes[i]))
			continue;
		entry = entry_of_neighbor(store, table.nodes[i]);
		if (entry == NULL && count > 0)
			entry = entry_of_live(store, live[i % count]);
		replace_dead(store, i, table.nodes[i], entry);
	}
	pfree(table.nodes);
}
