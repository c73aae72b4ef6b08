/*
 * back_edges.c
 *	  The edges from a new node's neighbours to it.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "ann/core/back_edges.h"
#include "ann/core/candidates.h"

/*
 * The most neighbours, the nearest, that are offered a back edge; more would
 * cost writes and find no more.
 */
#define MAX_TOLD 20

/* Holders among them: one for so many neighbours, up to a limit. */
#define NEIGHBORS_PER_HOLDER 5
#define MAX_KEEPERS 3

/* Pinned edges that are followed to find room for another: their trees are flat. */
#define MOST_DEPTH 100

#define ST_SORT sort_by_node
#define ST_ELEMENT_TYPE KgNeighbor
#define ST_COMPARE(a, b) ((a)->node < (b)->node ? -1 : (a)->node > (b)->node)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Moves the candidates that are to be edges to the group before the others, so
 * that they are told; returns how many of the first degree ones to tell.
 */
static int
tell_group_first(KgInserter *inserter, int degree)
{
	int			told = 0;

	for (int i = 0; i < degree; i++)
	{
		KgNeighbor	neighbor = inserter->expanded[i];

		if (i >= MAX_TOLD && !neighbor.grouped)
			continue;
		inserter->expanded[i] = inserter->expanded[told];
		inserter->expanded[told++] = neighbor;
	}
	return told;
}

/* Does the new node take a pinned edge over from this one? */
static bool
hands_over(const KgInserter *inserter, uint32 holder)
{
	for (int i = 0; i < inserter->handover_count; i++)
		if (inserter->handovers[i].holder == holder)
			return true;
	return false;
}

/*
 * Offers a back edge to the list of one neighbour; true if it has changed.  Notes
 * whether it accepted the edge, and whether a chosen holder pinned it.
 */
static bool
tell_neighbor(KgInserter *inserter, NodeSlot *slot,
			  const KgNeighbor *neighbor, uint32 node)
{
	KgEdgeWork *work = &inserter->work;
	KgQuery    *query = &inserter->query;
	KgOffer		offer = {.node = node,.error = inserter->error};
	bool		taken;
	bool		pinned = false;

	memcpy(offer.words, inserter->words, sizeof(offer.words));
	taken = neighbor->named && !inserter->named &&
		kg_edges_name(work, inserter->store, slot, &offer, query);
	inserter->named |= taken;
	taken = taken || kg_edges_offer(work, inserter->store, slot, &offer, query);
	inserter->accepted |= taken;
	if (neighbor->pinned || hands_over(inserter, neighbor->node))
	{
		offer.pinned = true;
		pinned = kg_edges_pin(work->layout, slot, node) ||
			kg_edges_offer(work, inserter->store, slot, &offer, query);
		inserter->pinned |= pinned;
	}
	for (int i = 0; i < inserter->handover_count && pinned; i++)
		if (inserter->handovers[i].holder == neighbor->node &&
			inserter->handovers[i].child != node)
			(void) kg_edges_unpin(work->layout, slot, inserter->handovers[i].child);
	return taken || pinned;
}

/*
 * Offers back edges to neighbours that stand on at most four pages, in one WAL
 * record.
 */
static void
tell_group(KgInserter *inserter, const KgNeighbor *neighbors, int count, uint32 node)
{
	const KgLayout *layout = &inserter->index->layout;
	KgEdit		edit;
	Page		page = NULL;
	BlockNumber block = InvalidBlockNumber;
	bool		changed = false;

	kg_edit_begin(&edit, inserter->store);
	for (int i = 0; i < count; i++)
	{
		const KgNeighbor *neighbor = &neighbors[i];
		NodeSlot   *slot;

		if (node_block(layout, neighbor->node) != block)
		{
			block = node_block(layout, neighbor->node);
			page = kg_edit_page(&edit, block, PAGE_NODES);
		}
		slot = node_slot(layout, page, neighbor->node);
		if (slot->state == NODE_LIVE &&
			slot->generation == neighbor->generation)
			changed |= tell_neighbor(inserter, node_list_slot(layout, slot, neighbor->node),
									 neighbor, node);
	}
	if (changed)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
}

void
kg_back_edges_offer(KgInserter *inserter, KgNeighbor *neighbors, int count,
					uint32 node)
{
	const KgLayout *layout = &inserter->index->layout;

	/* In memory nothing is logged: one page at a time keeps locks short. */
	int			most_pages = inserter->store->memory ? 1 : KG_LOG_PAGES;

	/* Pages are locked in ascending order: see the README. */
	sort_by_node(neighbors, count);
	for (int first = 0, last; first < count; first = last)
	{
		BlockNumber block = InvalidBlockNumber;
		int			pages = 0;

		for (last = first; last < count; last++)
		{
			BlockNumber next = node_block(layout, neighbors[last].node);

			if (next == block)
				continue;
			if (pages == most_pages)
				break;
			block = next;
			pages++;
		}
		tell_group(inserter, neighbors + first, last - first, node);
	}
}

/*
 * Moves the holders of edges that the new node takes over behind its
 * neighbours, expanded[0, degree), unless they are among these; returns how
 * many there are together.
 */
static int
add_holders(KgInserter *inserter, int degree)
{
	for (int i = 0; i < inserter->handover_count; i++)
	{
		int			holder = kg_candidates_find(inserter,
												inserter->handovers[i].holder);
		KgNeighbor	moved = inserter->expanded[holder];

		if (holder < degree)
			continue;
		inserter->expanded[holder] = inserter->expanded[degree];
		inserter->expanded[degree++] = moved;
	}
	return degree;
}

/* Goes to a node that a pinned edge leads to, as chance has it; false if there is none. */
static bool
go_down(KgInserter *inserter, KgNeighbor *at, uint32 node, int depth)
{
	const KgLayout *layout = &inserter->index->layout;
	const NodeSlot *slot = kg_store_read_node(inserter->store, at->node);
	const NodeSlot *list = node_list_slot(layout, slot, at->node);
	uint32		ends[KG_MAX_DEGREE];
	int			count = 0;

	for (int i = 0; i < Min(list->degree, layout->max_degree); i++)
	{
		uint32		end = slot_neighbors(layout, list)[i];

		if (slot_pinned(layout, list, i) && !same_end(layout, end, node))
			ends[count++] = end;
	}
	kg_store_done(inserter->store);
	if (count == 0)
		return false;
	at->node = ends[murmurhash32(node + depth) % count];
	slot = kg_store_read_node(inserter->store, at->node);
	at->generation = page_live_end(layout, slot, &at->node)->generation;
	kg_store_done(inserter->store);
	return true;
}

void
kg_back_edges_pin_below(KgInserter *inserter, const KgNeighbor *top, uint32 node)
{
	KgNeighbor	at = *top;

	at.pinned = true;
	for (int depth = 0; depth < MOST_DEPTH && !inserter->pinned; depth++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!go_down(inserter, &at, node, depth))
			break;
		tell_group(inserter, &at, 1, node);
	}
}

/*
 * Offers back edges to expanded[0, degree).  The nearest ones must pin the
 * edge or, if none of them can, the next that can: a node that no edge leads
 * to would be found by chance only.
 */
void
kg_back_edges_tell(KgInserter *inserter, uint32 node, int degree)
{
	const KgLayout *layout = &inserter->index->layout;
	int			holders = Min(Max(layout->max_degree / NEIGHBORS_PER_HOLDER, 1),
							  MAX_KEEPERS);

	degree = add_holders(inserter, tell_group_first(inserter, degree));
	inserter->accepted = false;
	inserter->pinned = false;
	for (int i = 0; i < degree; i++)
		inserter->expanded[i].pinned = i < holders;

	kg_back_edges_offer(inserter, inserter->expanded, degree, node);
	if (inserter->pinned)
		return;

	kg_candidates_sort(inserter, degree);
	for (int i = 0; i < degree && !inserter->pinned; i++)
	{
		inserter->expanded[i].pinned = true;
		tell_group(inserter, &inserter->expanded[i], 1, node);
	}
	if (degree > 0 && layout->metric != KG_METRIC_IP)
		kg_back_edges_pin_below(inserter, &inserter->expanded[0], node);
}
