/*
 * vacuum.c
 *	  Removing rows from an index.
 *
 * Passes over the node pages:
 *
 *	mark	removes dead rows; a node without rows becomes dead, but walks
 *			still lead through it
 *	bridge	live nodes replace edges to dead nodes by edges to the dead nodes'
 *			neighbours; nodes that counted on an edge from a dead one are
 *			adopted by another
 *	entries	entry points that are dead give way to live ones
 *	free	slots of dead nodes may be taken again
 *
 * A VACUUM that is cancelled in between leaves dead nodes behind, which cost
 * time and space but no rows; the next one treats them as its own.
 */
#include "postgres.h"

#include "commands/vacuum.h"
#include "miscadmin.h"
#include "storage/freespace.h"
#include "storage/indexfsm.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "ann/bridge.h"
#include "ann/entries.h"
#include "ann/index.h"
#include "ann/tids.h"
#include "ann/vacuum.h"

/* Live nodes to remember, for entry points that have no live neighbour. */
#define LIVE_SAMPLE 64

typedef struct Vacuum
{
	KgStore		store;
	KgLayout	layout;
	IndexBulkDeleteResult *stats;
	IndexBulkDeleteCallback callback;
	void	   *callback_state;
	BlockNumber pages;			/* of the index, when the passes began */
	KgSeen		dead;			/* nodes to free */
	int64		dead_count;
	uint32		live[LIVE_SAMPLE];	/* a sample of the live nodes */
	int			live_count;
	MemoryContext context;		/* scratch, reset between nodes */
} Vacuum;

static bool
tid_is_dead(Vacuum *vacuum, KgTid tid)
{
	ItemPointerData pointer;

	tid_to_pointer(tid, &pointer);
	return vacuum->callback(&pointer, vacuum->callback_state);
}

/* Drops the dead of an array of TIDs, keeping the order; returns how many. */
static int
compact_tids(Vacuum *vacuum, KgTid *tids, int count)
{
	int			kept = 0;

	for (int i = 0; i < count; i++)
		if (!tid_is_dead(vacuum, tids[i]))
			tids[kept++] = tids[i];
	return kept;
}

/*
 * Mark: rows of one node.
 */

/*
 * Compacts one chunk of a node's overflow list, and unlinks it if nothing is
 * left: the one after previous or, if that is KG_NO_CHUNK, the first.  The
 * lock of the node's page protects the list, so that rows may be put before
 * the first chunk between two calls, and nothing else happens to it.  Only
 * VACUUM ever locks two pages of chunks.
 *
 * Returns the chunk to go on after, and sets *more to whether there is one.
 */
static uint32
vacuum_chunk(Vacuum *vacuum, uint32 node, uint32 previous, bool *more)
{
	KgEdit		edit;
	Page		page;
	uint32	   *link;			/* what leads to the chunk */
	uint32		number;
	KgChunk    *chunk;
	int			before;

	kg_edit_begin(&edit, &vacuum->store);
	page = kg_edit_page(&edit, node_block(&vacuum->layout, node), PAGE_NODES);
	link = &node_slot(&vacuum->layout, page, node)->chunk;
	if (previous != KG_NO_CHUNK)
	{
		page = kg_edit_page(&edit, chunk_block(previous), PAGE_CHUNKS);
		link = &page_chunk(page, previous % KG_CHUNKS_PER_PAGE)->next;
	}
	number = *link;
	if (number == KG_NO_CHUNK)
	{
		kg_edit_abort(&edit);
		*more = false;
		return KG_NO_CHUNK;
	}
	if (previous == KG_NO_CHUNK || chunk_block(previous) != chunk_block(number))
		page = kg_edit_page(&edit, chunk_block(number), PAGE_CHUNKS);
	chunk = page_chunk(page, number % KG_CHUNKS_PER_PAGE);
	before = chunk->count;
	chunk->count = compact_tids(vacuum, chunk->tids, before);
	vacuum->stats->tuples_removed += before - chunk->count;

	*more = chunk->next != KG_NO_CHUNK;
	if (chunk->count == 0)
		*link = chunk->next;
	else
		previous = number;
	if (chunk->count < before)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
	return previous;
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

		page = kg_edit_page(&edit, chunk_block(number), PAGE_CHUNKS);
		chunk = page_chunk(page, number % KG_CHUNKS_PER_PAGE);
		slot->tid = chunk->tids[--chunk->count];
		if (chunk->count == 0)
			slot->chunk = chunk->next;
	}
	else
		slot->state = NODE_DEAD;
	vacuum->stats->tuples_removed++;
	kg_edit_commit(&edit);
}

static void
vacuum_node_list(Vacuum *vacuum, uint32 node)
{
	uint32		previous = KG_NO_CHUNK;
	bool		more = true;

	while (more)
	{
		vacuum_delay_point(false);
		previous = vacuum_chunk(vacuum, node, previous, &more);
	}
	vacuum_first_tid(vacuum, node);
}

/*
 * Marks the nodes of a page that have no other row than a dead one, in one
 * record.
 */
static void
mark_dead_nodes(Vacuum *vacuum, BlockNumber block)
{
	const KgLayout *layout = &vacuum->layout;
	KgEdit		edit;
	Page		page;

	kg_edit_begin(&edit, &vacuum->store);
	page = kg_edit_page(&edit, block, PAGE_NODES);
	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);

		if (slot->state == NODE_LIVE && slot->chunk == KG_NO_CHUNK &&
			tid_is_dead(vacuum, slot->tid))
		{
			slot->state = NODE_DEAD;
			vacuum->stats->tuples_removed++;
		}
	}
	kg_edit_commit(&edit);
}

/* What a look at a page under a share lock told. */
typedef struct PageState
{
	bool		is_nodes;
	bool		any_dead_tid;
	int			lists;			/* nodes with overflow lists */
	uint32		list[KG_PAGE_USABLE / sizeof(NodeSlot)];
} PageState;

static void
look_at_page(Vacuum *vacuum, BlockNumber block, PageState *state)
{
	const KgLayout *layout = &vacuum->layout;
	Page		page = kg_store_read_if(&vacuum->store, block, PAGE_NODES);

	state->is_nodes = page != NULL;
	state->any_dead_tid = false;
	state->lists = 0;
	if (page == NULL)
		return;
	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);

		if (slot->state != NODE_LIVE)
			continue;
		if (slot->chunk != KG_NO_CHUNK)
			state->list[state->lists++] = block * layout->per_page + i;
		else if (tid_is_dead(vacuum, slot->tid))
			state->any_dead_tid = true;
	}
	kg_store_done(&vacuum->store);
}

/* Counts what is left on a page, and remembers its dead nodes. */
static void
count_page(Vacuum *vacuum, BlockNumber block)
{
	const KgLayout *layout = &vacuum->layout;
	Page		page = kg_store_read(&vacuum->store, block, PAGE_NODES);

	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);
		uint32		node = block * layout->per_page + i;

		if (slot->state == NODE_DEAD)
		{
			kg_seen_add(&vacuum->dead, node);
			vacuum->dead_count++;
		}
		else if (slot->state == NODE_LIVE)
		{
			int			rows = 0;
			int			room = 0;
			MemoryContext old_context;

			old_context = MemoryContextSwitchTo(vacuum->context);
			kg_tids_read(&vacuum->store, slot->chunk, NULL, &rows, &room);
			MemoryContextSwitchTo(old_context);
			MemoryContextReset(vacuum->context);
			vacuum->stats->num_index_tuples += 1 + rows;
			if (vacuum->live_count < LIVE_SAMPLE)
				vacuum->live[vacuum->live_count++] = node;
			else if (block % 61 == 0)
				vacuum->live[node % LIVE_SAMPLE] = node;
		}
	}
	kg_store_done(&vacuum->store);
}

static void
mark_pass(Vacuum *vacuum)
{
	PageState  *state = palloc(sizeof(PageState));

	for (BlockNumber block = KG_META_BLOCK + 1; block < vacuum->pages; block++)
	{
		vacuum_delay_point(false);
		look_at_page(vacuum, block, state);
		if (!state->is_nodes)
			continue;
		for (int i = 0; i < state->lists; i++)
			vacuum_node_list(vacuum, state->list[i]);
		if (state->any_dead_tid)
			mark_dead_nodes(vacuum, block);
		count_page(vacuum, block);
	}
	pfree(state);
}

/* The same for rows without a node. */
static void
vacuum_list(Vacuum *vacuum, BlockNumber block)
{
	while (block != InvalidBlockNumber)
	{
		KgEdit		edit;
		Page		page;
		KgListPage *list;
		uint32		before;

		vacuum_delay_point(false);
		kg_edit_begin(&edit, &vacuum->store);
		page = kg_edit_page(&edit, block, PAGE_LIST);
		list = page_list(page);
		before = list->count;
		list->count = compact_tids(vacuum, list->tids, before);
		vacuum->stats->tuples_removed += before - list->count;
		vacuum->stats->num_index_tuples += list->count;
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

	for (BlockNumber block = KG_META_BLOCK + 1; block < vacuum->pages; block++)
	{
		KgEdit		edit;
		Page		page;
		bool		any = false;

		vacuum_delay_point(false);
		for (int i = 0; i < layout->per_page; i++)
			any |= kg_seen_has(&vacuum->dead, block * layout->per_page + i);
		if (!any)
			continue;

		kg_edit_begin(&edit, &vacuum->store);
		page = kg_edit_page(&edit, block, PAGE_NODES);
		for (int i = 0; i < layout->per_page; i++)
		{
			NodeSlot   *slot = page_slot(layout, page, i);

			if (!kg_seen_has(&vacuum->dead, block * layout->per_page + i))
				continue;
			slot->state = NODE_FREE;
			slot->degree = 0;
			slot->generation++;
		}
		kg_edit_commit(&edit);
		RecordFreeIndexPage(vacuum->store.rel, block);
	}
}

IndexBulkDeleteResult *
kg_ambulkdelete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
				IndexBulkDeleteCallback callback, void *callback_state)
{
	Vacuum	   *vacuum = palloc0(sizeof(Vacuum));
	KgMetaPage	meta;

	if (stats == NULL)
		stats = palloc0(sizeof(IndexBulkDeleteResult));
	vacuum->layout = kg_index_open(info->index, &vacuum->store)->layout;
	vacuum->store.layout = &vacuum->layout;
	vacuum->store.strategy = info->strategy;
	vacuum->stats = stats;
	vacuum->callback = callback;
	vacuum->callback_state = callback_state;
	vacuum->pages = RelationGetNumberOfBlocks(info->index);
	vacuum->context = AllocSetContextCreate(CurrentMemoryContext,
											"kg_hnsw vacuum node",
											ALLOCSET_DEFAULT_SIZES);
	kg_seen_init(&vacuum->dead, CurrentMemoryContext);
	stats->num_index_tuples = 0;

	kg_index_read_meta(&vacuum->store, &meta);
	for (int i = 0; i < LIST_KINDS; i++)
		vacuum_list(vacuum, meta.lists[i]);
	mark_pass(vacuum);
	if (vacuum->dead_count > 0)
	{
		KgBridgePass pass = {
			.store = &vacuum->store,.layout = &vacuum->layout,
			.dead = &vacuum->dead,.pages = vacuum->pages
		};

		kg_bridge_pass(&pass);
		kg_entries_replace(&vacuum->store, &vacuum->dead, vacuum->live,
						   vacuum->live_count);
		free_pass(vacuum);
	}

	stats->num_pages = vacuum->pages;
	stats->estimated_count = false;
	MemoryContextDelete(vacuum->context);
	return stats;
}

IndexBulkDeleteResult *
kg_amvacuumcleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	if (info->analyze_only)
		return stats;
	if (stats == NULL)
	{
		stats = palloc0(sizeof(IndexBulkDeleteResult));
		stats->num_index_tuples = info->num_heap_tuples;
		stats->estimated_count = true;
	}
	IndexFreeSpaceMapVacuum(info->index);
	stats->num_pages = RelationGetNumberOfBlocks(info->index);
	return stats;
}
