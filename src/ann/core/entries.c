/*
 * entries.c
 *	  The entry points: a sample of the nodes, with codes.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/entries.h"
#include "ann/core/geometry.h"
#include "ann/layout/space.h"

/* All of the first nodes, then one in NODES_PER_ENTRY, up to a limit. */
#define FIRST_ENTRIES 64
#define NODES_PER_ENTRY 64
#define MAX_ENTRIES 2048

/* A variable of Gumbel's distribution exceeds this once in 64 times. */
#define ONE_IN_64 4.151040f

/*
 * Under inner product the longest vectors are near to most queries: the
 * probability that a node becomes an entry point grows with this power.
 */
#define LENGTH_POWER 8

/* This much more priority means a length a hundred times as long. */
#define GIANT 36

/* kg_simd's code_scan may read this many bytes past the last row. */
#define SCAN_SLACK 15

Size
kg_entry_size(const KgLayout *layout)
{
	return INTALIGN(offsetof(KgEntry, code) + layout->row_bytes) +
		sizeof(uint32) * layout->filters;
}

int
kg_entries_per_page(const KgLayout *layout)
{
	return (int) ((KG_PAGE_USABLE - offsetof(KgEntryPage, entries)) /
				  kg_entry_size(layout));
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

/*
 * Weighted reservoir sampling: it keeps the nodes with the largest sums of the
 * weight's logarithm and a random variable of Gumbel's distribution
 * (Efraimidis and Spirakis, 2006, in logarithms).  The random variable is a
 * hash of the node's number, so that builds are repeatable.
 */
bool
kg_entries_want_centre(const KgMetaPage *meta)
{
	return meta->entry_changes >= Max(FIRST_ENTRIES, meta->entry_count / 2);
}

float
kg_entries_priority(const KgLayout *layout, uint32 node, double length)
{
	double		uniform = (murmurhash32(node) + 0.5) / 4294967296.0;
	double		weight = 0;

	if (layout->metric == KG_METRIC_IP)
		weight = LENGTH_POWER * log(Max(length, FLT_MIN));
	return (float) (weight - log(-log(uniform)));
}

int
kg_entries_position(const KgEntryTable *table, const KgLayout *layout,
					uint32 node, float priority)
{
	int			count = table->count;
	int			max = kg_entries_max(layout);
	bool		lengths = layout->metric == KG_METRIC_IP;

	if (count < Min(FIRST_ENTRIES, max))
		return count;
	if (count < max && !lengths)
		return priority > ONE_IN_64 ? count : -1;

	/* Where lengths count, no fixed priority is known to be high. */
	if (table->lowest < 0 || priority <= table->priorities[table->lowest])
		return -1;
	return count < Min(kg_entries_expected(layout, node), max) ? count :
		table->lowest;
}

bool
kg_entry_is_permanent(const KgEntryTable *table, int i)
{
	return table->priorities[i] > KG_PERMANENT / 2;
}

static void
find_lowest(KgEntryTable *table)
{
	table->lowest = -1;
	table->permanent = 0;
	for (int i = 0; i < table->count; i++)
	{
		if (kg_entry_is_permanent(table, i))
			table->permanent++;
		if (table->lowest < 0 ||
			table->priorities[i] < table->priorities[table->lowest])
			table->lowest = i;
	}
	table->giant_count = 0;
	for (int i = 0; i < table->count && table->giant_count < KG_GIANTS; i++)
	{
		float		priority = table->priorities[i];

		if (priority > KG_PERMANENT / 2)
			priority -= KG_PERMANENT;
		if (priority > table->priorities[table->lowest] + GIANT)
			table->giants[table->giant_count++] = i;
	}
}

KgEntry *
kg_entry_on(const KgLayout *layout, Page page, int i)
{
	KgEntryPage *entries = (KgEntryPage *) PageGetContents(page);

	return (KgEntry *) (entries->entries + i * kg_entry_size(layout));
}

uint32 *
kg_entry_page_frame(Page page)
{
	return &((KgEntryPage *) PageGetContents(page))->frame;
}

uint32 *
kg_entry_words(const KgLayout *layout, const KgEntry *entry)
{
	return (uint32 *) ((char *) entry +
					   INTALIGN(offsetof(KgEntry, code) + layout->row_bytes));
}

bool
kg_entry_is_of(const KgLayout *layout, const KgFrame *frame,
			   const KgEntry *entry, const KgNodeData *node)
{
	KgEntry    *again = kg_entry_new(layout, frame, node, entry->priority);
	bool		same = memcmp(entry->code, again->code, layout->row_bytes) == 0 &&
	memcmp(kg_entry_words(layout, entry), node->words,
		   sizeof(uint32) * layout->filters) == 0;

	pfree(again);
	return same;
}

KgEntry *
kg_entry_new(const KgLayout *layout, const KgFrame *frame, const KgNodeData *node,
			 float priority)
{
	KgEntry    *entry = palloc0(kg_entry_size(layout));

	kg_geometry(layout)->put_entry(layout, frame, node->y, entry);
	entry->node = node->node;
	entry->priority = priority;
	memcpy(kg_entry_words(layout, entry), node->words,
		   sizeof(uint32) * layout->filters);
	return entry;
}

/*
 * The table.
 */

Size
kg_entry_table_size(const KgLayout *layout, int capacity)
{
	return capacity * (sizeof(uint32) * (1 + layout->filters) + sizeof(float) +
					   2 * sizeof(uint16) + layout->row_bytes) + SCAN_SLACK;
}

void
kg_entry_table_init(KgEntryTable *table, const KgLayout *layout, int capacity,
					char *memory)
{
	table->capacity = capacity;
	table->count = 0;
	table->lowest = -1;
	table->nodes = (uint32 *) memory;
	table->priorities = (float *) (table->nodes + capacity);
	table->words = (uint32 *) (table->priorities + capacity);
	table->a = (uint16 *) (table->words + capacity * layout->filters);
	table->b = table->a + capacity;
	table->codes = (uint8 *) (table->b + capacity);
}

/* Sets entry i, without regard to which is lowest. */
static void
table_put(KgEntryTable *table, const KgLayout *layout, int i,
		  const KgEntry *entry)
{
	table->nodes[i] = entry->node;
	table->priorities[i] = entry->priority;
	table->a[i] = entry->a;
	table->b[i] = entry->b;
	memcpy(table->words + i * layout->filters, kg_entry_words(layout, entry),
		   sizeof(uint32) * layout->filters);
	memcpy(table->codes + (Size) i * layout->row_bytes, entry->code,
		   layout->row_bytes);
	table->count = Max(table->count, i + 1);
}

void
kg_entry_table_set(KgEntryTable *table, const KgLayout *layout, int i,
				   const KgEntry *entry)
{
	table_put(table, layout, i, entry);
	find_lowest(table);
}

void
kg_entries_read(KgStore *store, const KgMetaPage *meta, KgEntryTable *table)
{
	const KgLayout *layout = store->layout;
	int			per_page = kg_entries_per_page(layout);
	int			count = Min((int) meta->entry_count, table->capacity);

	table->count = 0;
	for (int first = 0; first < count; first += per_page)
	{
		Page		page = kg_store_read(store, meta->entry_pages[first / per_page],
										 PAGE_ENTRIES);

		table->frames[first / per_page] = *kg_entry_page_frame(page);
		for (int i = first; i < Min(first + per_page, count); i++)
			table_put(table, layout, i, kg_entry_on(layout, page, i - first));
		kg_store_done(store);
	}
	find_lowest(table);
}

/*
 * Changes.
 */

int
kg_entries_add(KgEdit *edit, KgMetaPage *meta, int position,
			   const KgNodeData *node, float priority, KgEntry **entry)
{
	const KgLayout *layout = edit->store->layout;
	int			per_page = kg_entries_per_page(layout);
	int			max = kg_entries_max(layout);
	KgFrame    *frame = palloc(kg_frame_bytes(layout));
	BlockNumber *block;
	Page		page;

	/* The position comes from this backend's table; others may be newer. */
	if (position < 0 || position >= (int) meta->entry_count)
		position = (int) meta->entry_count < max ? (int) meta->entry_count++ :
			(int) (node->node % max);
	block = &meta->entry_pages[position / per_page];
	if (*block == InvalidBlockNumber)
	{
		page = kg_edit_new_page(edit, PAGE_ENTRIES, block);
		*kg_entry_page_frame(page) = meta->default_frame;
	}
	else
		page = kg_edit_page(edit, *block, PAGE_ENTRIES);
	kg_frame_read(edit->store, *kg_entry_page_frame(page), frame);
	*entry = kg_entry_new(layout, frame, node, priority);
	memcpy(kg_entry_on(layout, page, position % per_page), *entry,
		   kg_entry_size(layout));
	meta->entry_version++;
	meta->entry_changes++;
	pfree(frame);
	return position;
}

/* Memory for a vector in the index's space. */
static double *
new_position(const KgStore *store)
{
	return palloc(sizeof(double) * store->layout->shape.dim);
}

/* The node that replaces a dead one as an entry point. */
typedef struct Successor
{
	KgNodeData	data;			/* node is KG_NO_NODE: there is none */
	float		priority;
} Successor;

static const Successor no_successor = {.data.node = KG_NO_NODE};

static Successor
successor_if_live(KgStore *store, uint32 node)
{
	Successor	successor = {.data.y = new_position(store)};

	kg_node_read(store, node, &successor.data);
	successor.priority = kg_entries_priority(store->layout, node,
											 successor.data.head.length);
	if (successor.data.head.state != NODE_LIVE)
		successor.data.node = KG_NO_NODE;
	return successor;
}

/*
 * Where nodes share lists: a live node of the dead one's page, which may be led to by
 * this entry alone.
 */
static Successor
successor_of_page(KgStore *store, uint32 dead)
{
	const KgLayout *layout = store->layout;
	uint32		first = dead - dead % layout->per_page;
	Successor	successor = no_successor;

	for (int i = 0; i < layout->members && successor.data.node == KG_NO_NODE; i++)
		successor = successor_if_live(store, first + i);
	return successor;
}

/*
 * The nearest live neighbour of a dead node: if the dead node was the only
 * entry point there, all others may be far away.
 */
static Successor
successor_of_neighbors(KgStore *store, uint32 dead)
{
	const KgLayout *layout = store->layout;
	const NodeSlot *slot = node_list_slot(layout, kg_store_read_node(store, dead), dead);
	int			degree = slot->degree;
	uint32		neighbors[KG_MAX_DEGREE];
	uint16		r2[KG_MAX_DEGREE];
	Successor	successor = no_successor;

	memcpy(neighbors, slot_neighbors(layout, slot), sizeof(uint32) * degree);
	memcpy(r2, slot_factor_r2(layout, slot), sizeof(uint16) * degree);
	kg_store_done(store);
	for (; degree > 0 && successor.data.node == KG_NO_NODE; degree--)
	{
		int			nearest = 0;

		/* squares of bfloat16 sort as their bits do */
		for (int i = 1; i < degree; i++)
			if ((r2[i] & ~SLOT_PINNED) < (r2[nearest] & ~SLOT_PINNED))
				nearest = i;
		successor = successor_if_live(store, neighbors[nearest]);
		neighbors[nearest] = neighbors[degree - 1];
		r2[nearest] = r2[degree - 1];
	}
	return successor;
}

static Successor
successor_of_dead(KgStore *store, uint32 dead)
{
	Successor	successor = no_successor;

	if (kg_layout_has_hubs(store->layout))
		successor = successor_of_page(store, dead);
	return successor.data.node != KG_NO_NODE ? successor :
		successor_of_neighbors(store, dead);
}

/*
 * Moves the last entry to position i, as part of an edit that holds the meta
 * page and the page of i.
 */
static void
fill_from_last(KgEdit *edit, KgMetaPage *meta, Page page, int i)
{
	KgStore    *store = edit->store;
	const KgLayout *layout = store->layout;
	int			per_page = kg_entries_per_page(layout);
	int			last = --meta->entry_count;
	KgFrame    *frame = palloc(kg_frame_bytes(layout));
	KgEntry    *moved = palloc(kg_entry_size(layout));
	KgNodeData	data = {.y = new_position(store)};

	if (last / per_page != i / per_page)
	{
		memcpy(moved, kg_entry_on(layout,
								  kg_store_read(store, meta->entry_pages[last / per_page],
												PAGE_ENTRIES),
								  last % per_page), kg_entry_size(layout));
		kg_store_done(store);
		kg_frame_read(store, *kg_entry_page_frame(page), frame);
		kg_node_read(store, moved->node, &data);
		moved = kg_entry_new(layout, frame, &data, moved->priority);
	}
	else
		memcpy(moved, kg_entry_on(layout, page, last % per_page),
			   kg_entry_size(layout));
	memcpy(kg_entry_on(layout, page, i % per_page), moved,
		   kg_entry_size(layout));
}

/*
 * Replaces entry i if its node is dead.  Without a successor, the last entry
 * moves there.
 */
static void
replace_dead(KgStore *store, int i, uint32 dead, const Successor *successor)
{
	const KgLayout *layout = store->layout;
	int			per_page = kg_entries_per_page(layout);
	KgFrame    *frame = palloc(kg_frame_bytes(layout));
	KgEdit		edit;
	KgMetaPage *meta;
	Page		page;

	kg_edit_begin(&edit, store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));
	page = kg_edit_page(&edit, meta->entry_pages[i / per_page], PAGE_ENTRIES);
	if (kg_entry_on(layout, page, i % per_page)->node != dead)
	{
		/* an insert has replaced it */
		kg_edit_abort(&edit);
		return;
	}
	if (successor->data.node != KG_NO_NODE)
	{
		kg_frame_read(store, *kg_entry_page_frame(page), frame);
		memcpy(kg_entry_on(layout, page, i % per_page),
			   kg_entry_new(layout, frame, &successor->data,
							successor->priority),
			   kg_entry_size(layout));
	}
	else
		fill_from_last(&edit, meta, page, i);
	meta->entry_version++;
	meta->entry_changes++;
	kg_edit_commit(&edit);
}

void
kg_entries_read_all(KgStore *store, KgMetaPage *meta, KgEntryTable *table)
{
	int			capacity = kg_entries_max(store->layout);

	*meta = *page_meta(kg_store_read(store, KG_META_BLOCK, PAGE_META));
	kg_store_done(store);
	kg_entry_table_init(table, store->layout, capacity,
						palloc(kg_entry_table_size(store->layout, capacity)));
	kg_entries_read(store, meta, table);
}

/*
 * The successor of entry i, whose node is dead.  Inserts add an entry for so
 * many new nodes; as many must go with nodes that go.  Permanent ones stay:
 * they may be all that leads to their neighbours, and then their successors
 * are.
 */
static Successor
find_successor(KgStore *store, const KgEntryTable *table, int i, int surplus,
			   const KgLiveNodes *live)
{
	Successor	successor = no_successor;

	if (surplus > 0 && !kg_entry_is_permanent(table, i))
		return successor;
	successor = successor_of_dead(store, table->nodes[i]);
	if (successor.data.node != KG_NO_NODE && kg_entry_is_permanent(table, i))
		successor.priority += KG_PERMANENT;
	else if (successor.data.node == KG_NO_NODE && live->sample_count > 0)
		successor = successor_if_live(store,
									  live->sample[i % live->sample_count]);
	return successor;
}

void
kg_entries_replace(KgStore *store, const KgVisited *dead, const KgLiveNodes *live)
{
	KgMetaPage	meta;
	KgEntryTable table;
	int			surplus;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_hnsw entry points",
												  ALLOCSET_DEFAULT_SIZES);

	kg_entries_read_all(store, &meta, &table);
	surplus = table.count -
		(int) ceil(kg_entries_expected(store->layout, (double) live->count));

	/* Backwards: the last entry, which may fill a gap, was checked before. */
	for (int i = table.count - 1; i >= 0; i--)
	{
		MemoryContext old_context = MemoryContextSwitchTo(context);
		Successor	successor;

		CHECK_FOR_INTERRUPTS();
		if (kg_visited_has(dead, table.nodes[i]))
		{
			successor = find_successor(store, &table, i, surplus, live);
			if (successor.data.node == KG_NO_NODE)
				surplus--;
			replace_dead(store, i, table.nodes[i], &successor);
		}
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
	pfree(table.nodes);
}
