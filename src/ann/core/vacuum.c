/*
 * vacuum.c
 *	  Removing rows from an index.
 *
 * Passes over the node pages:
 *
 *	mark	removes dead rows; a node without rows becomes dead, but searches
 *			still pass through it
 *	repair	live nodes replace edges to dead nodes by edges to the dead nodes'
 *			neighbours; pinned edges of dead nodes get other holders
 *	entries	live entry points replace dead ones; lists of values likewise
 *	free	slots of dead nodes may be taken again
 *	reclaim	pages of other kinds that hold nothing or little may be taken again
 *
 * Where nodes share lists (kg_diskann), edges lead to pages, and the repair is of edges
 * to pages whose nodes are all dead.  An edge to a node that goes, while others of its
 * page stay, stays as well: it still leads to the page, and its code says where a node of
 * it was.
 *
 * A VACUUM that is cancelled in between leaves dead nodes behind.  They cost
 * time and space but no rows, and the next VACUUM treats them as its own.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/core/entries.h"
#include "ann/core/index.h"
#include "ann/core/reclaim.h"
#include "ann/core/repair.h"
#include "ann/core/vacuum.h"
#include "ann/core/value_repair.h"
#include "ann/layout/duplicates.h"

/* Live nodes to remember, for entry points that have no live neighbour. */
#define LIVE_SAMPLE 64

typedef struct Vacuum
{
	KgStore		store;
	KgLayout	layout;
	KgRowIsDead is_dead;
	void	   *is_dead_arg;
	KgVacuumCounts counts;		/* pages: when the passes began */
	KgVisited	dead;			/* nodes to free */
	KgVisited	dead_pages;		/* where nodes share lists, pages without a
								 * live node */
	int64		dead_count;
	BlockNumber *others;		/* pages without nodes */
	int64		other_count;
	int64		other_capacity;
	uint32		sample[LIVE_SAMPLE];	/* of the live nodes */
	KgLiveNodes live;
	MemoryContext context;		/* has all of this */
} Vacuum;

static bool
tid_is_dead(Vacuum *vacuum, KgTid tid)
{
	ItemPointerData pointer;

	tid_to_pointer(tid, &pointer);
	return vacuum->is_dead(&pointer, vacuum->is_dead_arg);
}

/* Drops the dead of an array of TIDs, keeping the order; returns how many. */
static int
compact_tids(Vacuum *vacuum, KgTid *tids, int count)
{
	int			live = 0;

	for (int i = 0; i < count; i++)
		if (!tid_is_dead(vacuum, tids[i]))
			tids[live++] = tids[i];
	return live;
}

/*
 * Mark: rows of one node.
 */

/* Where VACUUM is in a node's overflow list. */
typedef struct ChunkCursor
{
	uint32		node;
	uint32		previous;		/* the chunk to go on after, or KG_NO_CHUNK:
								 * at the first */
	bool		more;			/* there may be one */
	KgChunkChain chain;			/* from previous on, where none comes again */
} ChunkCursor;

/* Moves a chunk's rows to the end of the one before it, if they fit. */
static bool
merge_chunk(KgChunk *before, KgChunk *chunk)
{
	if (before == NULL || before->count + chunk->count > KG_CHUNK_TIDS)
		return false;
	memcpy(before->tids + before->count, chunk->tids,
		   sizeof(KgTid) * chunk->count);
	before->count += chunk->count;
	chunk->count = 0;
	return true;
}

/*
 * Compacts the next chunk of a node's overflow list, and unlinks it if nothing
 * is left or its rows fit into the one before, which VACUUM has compacted.
 * The lock of the node's page protects the list: between two calls inserts may
 * put rows before the first chunk, and nothing else happens to it.  Only
 * VACUUM ever locks two pages of chunks.
 */
static void
vacuum_chunk(Vacuum *vacuum, ChunkCursor *at)
{
	KgEdit		edit;
	Page		page;
	uint32	   *link;			/* the link to the chunk */
	uint32		number;
	KgChunk    *before = NULL;
	KgChunk    *chunk;
	int			removed;
	bool		merged;

	kg_edit_begin(&edit, &vacuum->store);
	page = kg_edit_page(&edit, node_block(&vacuum->layout, at->node),
						PAGE_NODES);
	link = &node_slot(&vacuum->layout, page, at->node)->chunk;
	if (at->previous != KG_NO_CHUNK)
	{
		page = kg_edit_page(&edit, chunk_block(at->previous), PAGE_CHUNKS);
		before = page_chunk(page, at->previous % KG_CHUNKS_PER_PAGE);
		link = &before->next;
	}
	number = *link;
	at->more = number != KG_NO_CHUNK;
	if (!at->more)
	{
		kg_edit_abort(&edit);
		return;
	}
	if (before == NULL || chunk_block(at->previous) != chunk_block(number))
		page = kg_edit_page(&edit, chunk_block(number), PAGE_CHUNKS);
	chunk = kg_duplicates_chunk(&vacuum->store, page, number);
	if (before)
		kg_duplicates_check_chain(&vacuum->store, &at->chain, number);
	removed = chunk->count;
	chunk->count = compact_tids(vacuum, chunk->tids, chunk->count);
	removed -= chunk->count;
	vacuum->counts.removed += removed;
	vacuum->counts.rows += chunk->count;

	merged = merge_chunk(before, chunk);
	at->more = chunk->next != KG_NO_CHUNK;
	if (chunk->count == 0)
		*link = chunk->next;
	else
	{
		if (before == NULL)
			kg_duplicates_check_chain(&vacuum->store, &at->chain, number);
		at->previous = number;
	}
	if (removed > 0 || merged)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
}

/* Replaces a node's dead first row by one of its list, or marks it dead. */
static void
vacuum_first_tid(Vacuum *vacuum, uint32 node)
{
	KgEdit		edit;
	Page		page;
	NodeSlot   *slot;

	kg_edit_begin(&edit, &vacuum->store);
	page = kg_edit_page(&edit, node_block(&vacuum->layout, node), PAGE_NODES);
	slot = node_slot(&vacuum->layout, page, node);
	if (slot->state != NODE_LIVE || !tid_is_dead(vacuum, slot->tid))
	{
		kg_edit_abort(&edit);
		return;
	}
	if (slot->chunk != KG_NO_CHUNK)
	{
		uint32		number = slot->chunk;
		KgChunk    *chunk;
		Page		chunks = kg_edit_page(&edit, chunk_block(number), PAGE_CHUNKS);

		chunk = kg_duplicates_chunk(&vacuum->store, chunks, number);
		slot->tid = chunk->tids[--chunk->count];
		vacuum->counts.rows--;	/* the node counts it */
		if (chunk->count == 0)
			slot->chunk = chunk->next;
	}
	else
	{
		slot->state = NODE_DEAD;
		page_update_hub(&vacuum->layout, page);
	}
	vacuum->counts.removed++;
	kg_edit_commit(&edit);
}

/*
 * The rows of a node that has an overflow list.  Rows that come meanwhile are
 * alive.  So at the end every row of the list is alive, and any of them may
 * replace a dead first row.
 */
static void
vacuum_node_list(Vacuum *vacuum, uint32 node)
{
	ChunkCursor at = {.node = node,.previous = KG_NO_CHUNK,.more = true};

	while (at.more)
	{
		kg_store_vacuum_delay(&vacuum->store);
		vacuum_chunk(vacuum, &at);
	}
	vacuum_first_tid(vacuum, node);
}

/* The nodes of a page that have overflow lists. */
typedef struct ListNodes
{
	int			count;
	uint32		nodes[KG_PAGE_USABLE / sizeof(NodeSlot)];
} ListNodes;

/*
 * Looks for work on a page: nodes with lists, and whether others have a dead
 * row.  The work cannot grow, since rows that come later are alive.
 */
static void
look_at_page(Vacuum *vacuum, BlockNumber block, ListNodes *lists,
			 bool *any_dead)
{
	const KgLayout *layout = &vacuum->layout;
	Page		page = kg_store_read_if(&vacuum->store, block, PAGE_NODES);

	lists->count = 0;
	*any_dead = false;
	if (page == NULL)
		return;
	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);

		if (slot->state != NODE_LIVE)
			continue;
		if (slot->chunk != KG_NO_CHUNK)
			lists->nodes[lists->count++] = block * layout->per_page + i;
		else if (!*any_dead)
			*any_dead = tid_is_dead(vacuum, slot->tid);
	}
	kg_store_done(&vacuum->store);
}

/*
 * Marks the nodes of a page whose only row is dead, in one record, and finds
 * those that have lists.  It does both under one lock: a node that gets a list
 * between look_at_page() and the mark would be missed by both.
 */
static void
mark_dead_nodes(Vacuum *vacuum, BlockNumber block, ListNodes *lists)
{
	const KgLayout *layout = &vacuum->layout;
	KgEdit		edit;
	Page		page;

	lists->count = 0;
	kg_edit_begin(&edit, &vacuum->store);
	page = kg_edit_page(&edit, block, PAGE_NODES);
	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);

		if (slot->state != NODE_LIVE)
			continue;
		if (slot->chunk != KG_NO_CHUNK)
			lists->nodes[lists->count++] = block * layout->per_page + i;
		else if (tid_is_dead(vacuum, slot->tid))
		{
			slot->state = NODE_DEAD;
			vacuum->counts.removed++;
		}
	}
	page_update_hub(layout, page);
	kg_edit_commit(&edit);
}

static void
remember_other(Vacuum *vacuum, BlockNumber block)
{
	if (vacuum->other_count == vacuum->other_capacity)
	{
		vacuum->other_capacity *= 2;
		vacuum->others = repalloc_huge(vacuum->others, sizeof(BlockNumber) *
									   vacuum->other_capacity);
	}
	vacuum->others[vacuum->other_count++] = block;
}

/*
 * Counts what is left on a page, remembers its dead nodes, and enters it into
 * the free space map if it has free slots.
 */
static void
count_page(Vacuum *vacuum, BlockNumber block)
{
	const KgLayout *layout = &vacuum->layout;
	Page		page = kg_store_read_if(&vacuum->store, block, PAGE_NODES);
	bool		capacity = false;
	NodeState	hub = NODE_FREE;

	if (page == NULL)
	{
		remember_other(vacuum, block);
		return;
	}
	if (kg_layout_has_hubs(layout))
		hub = (NodeState) page_hub(page)->state;
	if (hub == NODE_DEAD)
		kg_visited_add(&vacuum->dead_pages, block);
	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);
		uint32		node = block * layout->per_page + i;

		if (slot->state == NODE_FREE)
			capacity = hub == NODE_FREE;
		else if (slot->state == NODE_DEAD)
		{
			kg_visited_add(&vacuum->dead, node);
			vacuum->dead_count++;
		}
		else
		{
			/* rows of its list were counted with its chunks */
			vacuum->counts.rows++;
			vacuum->live.count++;
			if (vacuum->live.sample_count < LIVE_SAMPLE)
				vacuum->sample[vacuum->live.sample_count++] = node;
			else if (block % 61 == 0)
				vacuum->sample[node % LIVE_SAMPLE] = node;
		}
	}
	kg_store_done(&vacuum->store);
	if (capacity)
		kg_store_note_capacity(&vacuum->store, block, false);
}

static void
mark_pass(Vacuum *vacuum)
{
	ListNodes  *lists = palloc(sizeof(ListNodes));

	for (BlockNumber block = KG_META_BLOCK + 1; block < vacuum->counts.pages; block++)
	{
		bool		any_dead;

		kg_store_vacuum_delay(&vacuum->store);
		look_at_page(vacuum, block, lists, &any_dead);
		if (any_dead)
			mark_dead_nodes(vacuum, block, lists);
		for (int i = 0; i < lists->count; i++)
			vacuum_node_list(vacuum, lists->nodes[i]);
		count_page(vacuum, block);
	}
	pfree(lists);
}

/* Removes the dead of a list of rows without a node. */
static void
vacuum_list(Vacuum *vacuum, BlockNumber block)
{
	uint64		number = (uint64) UINT32_MAX + 1;

	while (block != InvalidBlockNumber)
	{
		KgEdit		edit;
		Page		page;
		KgListPage *list;
		uint32		before;

		kg_store_vacuum_delay(&vacuum->store);
		kg_edit_begin(&edit, &vacuum->store);
		page = kg_edit_page(&edit, block, PAGE_LIST);
		list = page_list(page);
		kg_list_check_number(&vacuum->store, page, &number, block);
		before = list->count;
		list->count = compact_tids(vacuum, list->tids, before);
		vacuum->counts.removed += before - list->count;
		vacuum->counts.rows += list->count;
		block = page_opaque(page)->next;
		if (list->count < before)
			kg_edit_commit(&edit);
		else
			kg_edit_abort(&edit);
	}
}

/*
 * Free.
 */

static void
free_pass(Vacuum *vacuum)
{
	const KgLayout *layout = &vacuum->layout;

	for (BlockNumber block = KG_META_BLOCK + 1; block < vacuum->counts.pages; block++)
	{
		KgEdit		edit;
		Page		page;
		bool		any = false;
		bool		capacity = true;

		kg_store_vacuum_delay(&vacuum->store);
		for (int i = 0; i < layout->per_page; i++)
			any |= kg_visited_has(&vacuum->dead, block * layout->per_page + i);
		if (!any)
			continue;

		kg_edit_begin(&edit, &vacuum->store);
		page = kg_edit_page(&edit, block, PAGE_NODES);
		for (int i = 0; i < layout->per_page; i++)
		{
			NodeSlot   *slot = page_slot(layout, page, i);

			if (!kg_visited_has(&vacuum->dead, block * layout->per_page + i))
				continue;
			slot->state = NODE_FREE;
			slot->degree = 0;
			slot->generation++;
		}
		page_update_hub(layout, page);
		if (kg_layout_has_hubs(layout))
			capacity = page_hub(page)->state == NODE_FREE;
		kg_edit_commit(&edit);
		if (capacity)
			kg_store_note_capacity(&vacuum->store, block, false);
	}
}

/*
 * Takes dead nodes out of the lists of values.  A page that is split while the
 * pass goes on leaves some of its entries to a page behind, so the pass goes on
 * to the last page that there is by then.
 */
static void
values_pass(Vacuum *vacuum)
{
	for (int64 i = 0; i < vacuum->other_count; i++)
	{
		kg_store_vacuum_delay(&vacuum->store);
		kg_values_repair_page(&vacuum->store, vacuum->others[i], &vacuum->dead);
	}
	for (BlockNumber block = vacuum->counts.pages; block < kg_store_pages(&vacuum->store);
		 block++)
	{
		kg_store_vacuum_delay(&vacuum->store);
		kg_values_repair_page(&vacuum->store, block, &vacuum->dead);
	}
}

/* Reclaim: pages that are not of nodes, as the mark pass found. */
static void
reclaim_pass(Vacuum *vacuum)
{
	kg_reclaim_chains(&vacuum->store);
	for (int64 i = 0; i < vacuum->other_count; i++)
	{
		kg_store_vacuum_delay(&vacuum->store);
		kg_reclaim_page(&vacuum->store, vacuum->others[i]);
	}
}

static Vacuum *
begin_vacuum(const KgStore *store)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_hnsw vacuum",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Vacuum	   *vacuum = palloc0(sizeof(Vacuum));

	vacuum->context = context;
	vacuum->store = *store;
	vacuum->layout = *store->layout;
	vacuum->store.layout = &vacuum->layout;
	vacuum->counts.pages = kg_store_pages(store);
	vacuum->other_capacity = 64;
	vacuum->others = palloc(sizeof(BlockNumber) * vacuum->other_capacity);
	vacuum->live.sample = vacuum->sample;
	kg_visited_init(&vacuum->dead, context);
	kg_visited_init(&vacuum->dead_pages, context);
	MemoryContextSwitchTo(old_context);
	return vacuum;
}

static KgRepairPass
repair_pass_of(Vacuum *vacuum)
{
	return (KgRepairPass)
	{
		.store = &vacuum->store,.layout = &vacuum->layout,
			.dead = &vacuum->dead,.dead_pages = &vacuum->dead_pages,
			.pages = vacuum->counts.pages
	};
}

void
kg_vacuum(const KgStore *store, KgRowIsDead is_dead, void *arg,
		  KgVacuumCounts *counts)
{
	Vacuum	   *vacuum = begin_vacuum(store);
	KgMetaPage	meta;

	vacuum->is_dead = is_dead;
	vacuum->is_dead_arg = arg;
	kg_index_read_meta(&vacuum->store, &meta);
	for (int i = 0; i < LIST_KINDS; i++)
		vacuum_list(vacuum, meta.lists[i]);
	mark_pass(vacuum);
	if (vacuum->dead_count > 0)
	{
		KgRepairPass pass = repair_pass_of(vacuum);

		kg_entries_replace(&vacuum->store, &vacuum->dead, &vacuum->live);
		kg_attach_pass(&pass, false);
		kg_repair_pass(&pass);
		kg_attach_pass(&pass, true);
		if (vacuum->layout.filters > 0)
			values_pass(vacuum);
		free_pass(vacuum);
	}
	reclaim_pass(vacuum);
	*counts = vacuum->counts;
	MemoryContextDelete(vacuum->context);
}

void
kg_vacuum_find_space(const KgStore *store)
{
	Vacuum	   *vacuum = begin_vacuum(store);
	KgMetaPage	meta;

	for (BlockNumber block = KG_META_BLOCK + 1; block < vacuum->counts.pages;
		 block++)
	{
		kg_store_vacuum_delay(&vacuum->store);
		count_page(vacuum, block);
	}
	kg_index_read_meta(&vacuum->store, &meta);
	if (meta.pending_number > 0)
	{
		KgRepairPass pass = repair_pass_of(vacuum);

		/*
		 * a merge that was cut short may have left nodes without edges to
		 * them
		 */
		kg_attach_pass(&pass, true);
	}
	reclaim_pass(vacuum);
	MemoryContextDelete(vacuum->context);
}
