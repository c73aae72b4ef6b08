/*
 * insert.c
 *	  Adding a row to an index.
 *
 * A walk finds the nearest nodes and keeps their vectors; the rule of the
 * relative neighbourhood graph chooses the new node's neighbours among them;
 * one WAL record writes the node; then each neighbour is offered the new node
 * in return.  A neighbour judges it by its own codes, so no page but its own
 * is read.  A crash in between leaves a node with fewer edges leading to it,
 * and a right index.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ann/copies.h"
#include "ann/insert.h"
#include "ann/place.h"
#include "ann/tids.h"
#include "simd/simd.h"

#define INITIAL_VISITED 256

/*
 * Neighbours that are told of a new node, the nearest; more would cost writes
 * and find no more.
 */
#define MAX_TOLD 20

/* Of them, how many must keep the edge: one for so many of m, up to a limit. */
#define NEIGHBORS_PER_KEEPER 5
#define MAX_KEEPERS 3

/* Edges that a new node takes over, at most. */
#define MAX_HANDOVERS 8

/* An edge that must stay, to a node that the new one is nearer to. */
typedef struct Handover
{
	uint32		keeper;			/* whose edge it is */
	uint32		child;			/* whom it leads to */
	float		l2sq;			/* their squared distance */
} Handover;

struct KgInserter
{
	KgIndex    *index;			/* of the row at hand */
	KgStore    *store;
	KgWalk		walk;
	float	   *mapped;			/* the row's vector in the index's space */
	float	   *decoded;		/* the same, as stored and read again */
	void	   *stored;			/* as it stands in the slot */
	KgCopy	   *copy;			/* and on a page of copies, or NULL */
	float	   *scratch;		/* shape.dim floats */

	/* the live nodes of the walk, each with a vector in vectors */
	KgNeighbor *visited;
	float	   *vectors;		/* shape.dim floats each */
	int			count;
	int			room;

	Handover	handovers[MAX_HANDOVERS];
	int			handover_count;

	/* of the new node */
	bool		welcome;		/* a neighbour took it of its own accord */
	bool		kept;			/* a neighbour keeps it */
};

/* Keeps a node as a candidate. */
static void
add_candidate(KgInserter *inserter, const KgLayout *layout,
			  const NodeSlot *slot, uint32 node, float l2sq)
{
	KgNeighbor *visited;

	if (inserter->count == inserter->room)
	{
		inserter->room *= 2;
		inserter->visited = repalloc_huge(inserter->visited,
										  sizeof(KgNeighbor) * inserter->room);
		inserter->vectors = repalloc_huge(inserter->vectors, sizeof(float) *
										  inserter->room * layout->shape.dim);
	}
	visited = &inserter->visited[inserter->count];
	visited->node = node;
	visited->generation = slot->generation;
	visited->occluded = false;
	visited->kept = false;
	visited->l2sq = l2sq;
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, inserter->vectors +
					 (Size) inserter->count * layout->shape.dim);
	inserter->count++;
}

/* Keeps a visited node, and what the new one could take over from it. */
static void
visit(KgWalk *walk, const NodeSlot *slot, uint32 node, float l2sq,
	  const float *estimates)
{
	KgInserter *inserter = walk->visit_arg;
	const KgLayout *layout = &walk->layout;

	if (slot->state != NODE_LIVE)
		return;
	add_candidate(inserter, layout, slot, node, l2sq);
	for (int i = 0; i < slot->degree; i++)
	{
		Handover	handover;

		if (!slot_kept(layout, slot, i))
			continue;
		handover.keeper = node;
		handover.child = slot_neighbors(layout, slot)[i];
		handover.l2sq = kg_f16_to_f32(slot_factor_r2(layout, slot)[i] & ~SLOT_KEPT);
		if (estimates[i] < handover.l2sq &&
			inserter->handover_count < Min(MAX_HANDOVERS, layout->m / 2))
			inserter->handovers[inserter->handover_count++] = handover;
	}
}

/* The place of a node among the candidates; -1 if it is none. */
static int
find_candidate(const KgInserter *inserter, uint32 node)
{
	for (int i = 0; i < inserter->count; i++)
		if (inserter->visited[i].node == node)
			return i;
	return -1;
}

/*
 * Each node counts on one edge to it, and that should start as near to it as
 * any node is: else those that come between its start and its end hide it
 * from searches.  So the new node takes over the edges to nodes that it is
 * nearer to.  Estimates said so; here are the distances.
 */
static void
check_handovers(KgInserter *inserter)
{
	const KgLayout *layout = &inserter->index->layout;
	int			kept = 0;

	for (int i = 0; i < inserter->handover_count; i++)
	{
		Handover	handover = inserter->handovers[i];
		int			child = find_candidate(inserter, handover.child);

		if (child < 0)
		{
			const NodeSlot *slot = kg_store_read_node(inserter->store,
													  handover.child);

			if (slot->state == NODE_LIVE)
			{
				child = inserter->count;
				add_candidate(inserter, layout, slot, handover.child,
							  kg_scalar_l2sq(layout->storage,
											 inserter->decoded,
											 slot_vector(layout, slot),
											 layout->shape.dim));
			}
			kg_store_done(inserter->store);
		}
		if (child < 0 || inserter->visited[child].kept ||
			inserter->visited[child].l2sq >= handover.l2sq)
			continue;
		inserter->visited[child].kept = true;
		inserter->handovers[kept++] = handover;
	}
	inserter->handover_count = kept;
}

KgInserter *
kg_inserter_new(const KgLayout *layout)
{
	Size		vector_size = sizeof(float) * layout->shape.dim;
	KgInserter *inserter = palloc0(sizeof(KgInserter));

	inserter->mapped = palloc(vector_size);
	inserter->decoded = palloc(vector_size);
	inserter->scratch = palloc(vector_size);
	inserter->stored = palloc(layout->vector_bytes);
	if (layout->copy_bytes > 0)
		inserter->copy = palloc(layout->copy_bytes);
	inserter->room = INITIAL_VISITED;
	inserter->visited = palloc(sizeof(KgNeighbor) * inserter->room);
	inserter->vectors = palloc_extended(vector_size * inserter->room,
										MCXT_ALLOC_HUGE);
	kg_walk_init(&inserter->walk);
	inserter->walk.visit = visit;
	inserter->walk.visit_arg = inserter;
	return inserter;
}

static int
compare_neighbors(const void *a, const void *b)
{
	const KgNeighbor *x = a;
	const KgNeighbor *y = b;

	if (x->l2sq != y->l2sq)
		return x->l2sq < y->l2sq ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* Makes the new node's finer copy. */
static void
make_copy(KgInserter *inserter, float error)
{
	KgCopy	   *copy = inserter->copy;

	copy->error = kg_scalar_encode(KG_COPY_STORAGE, inserter->mapped,
								   inserter->index->layout.shape.dim,
								   copy->vector, inserter->scratch);
	if (!isfinite(error))
		copy->error = INFINITY;
}

/* Writes the node; returns its number. */
static uint32
write_node(KgInserter *inserter, KgTid tid, float error, float excess,
		   int degree)
{
	const KgLayout *layout = &inserter->index->layout;
	KgEdit		edit;
	KgPlace		place;
	NodeSlot   *slot;
	uint32		node;

	if (inserter->copy)
		make_copy(inserter, error);
	kg_place_edit(inserter->index, inserter->store, &edit, &place);
	slot = page_take_slot(layout, place.page, place.slot);
	node = place.block * layout->per_page + place.slot;
	slot->tid = tid;
	slot->chunk = KG_NO_CHUNK;
	slot->state = NODE_LIVE;
	slot->flags = 0;
	slot->degree = degree;
	slot->error = error;
	slot->excess = excess;
	memcpy(slot_vector(layout, slot), inserter->stored, layout->vector_bytes);
	for (int i = 0; i < degree; i++)
		kg_edges_put(layout, slot, i, inserter->decoded,
					 &inserter->visited[i]);
	if (inserter->copy)
		kg_copy_write(&edit, node, inserter->copy);
	kg_edit_commit(&edit);
	kg_place_note(inserter->index, inserter->store, &place);
	return node;
}

static int
compare_nodes(const void *a, const void *b)
{
	uint32		x = ((const KgNeighbor *) a)->node;
	uint32		y = ((const KgNeighbor *) b)->node;

	return x < y ? -1 : x > y;
}

/*
 * Offers the new node to one neighbour; true if its slot has changed.  Notes
 * whether it is welcome, and whether one that is to keep the edge does.
 */
static bool
tell_neighbor(KgInserter *inserter, NodeSlot *slot,
			  const KgNeighbor *neighbor, const KgNeighbor *new_node)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgCodeQuery *code = &inserter->walk.code;
	KgNeighbor	offer = *new_node;
	bool		changed = false;
	bool		taken;

	for (int i = 0; i < inserter->handover_count; i++)
		if (inserter->handovers[i].keeper == neighbor->node)
			changed |= kg_edges_release(layout, slot,
										inserter->handovers[i].child);
	offer.l2sq = neighbor->l2sq;
	taken = kg_edges_offer(layout, slot, &offer, code, inserter->scratch);
	inserter->welcome |= taken;
	if (neighbor->kept)
	{
		offer.kept = true;
		taken = kg_edges_keep(layout, slot, offer.node) ||
			kg_edges_offer(layout, slot, &offer, code, inserter->scratch);
		inserter->kept |= taken;
	}
	return changed || taken;
}

/*
 * Offers the new node to neighbours [first, last), which stand on at most
 * four pages, in one WAL record.
 */
static void
tell_group(KgInserter *inserter, int first, int last,
		   const KgNeighbor *new_node)
{
	const KgLayout *layout = &inserter->index->layout;
	KgEdit		edit;
	Page		page = NULL;
	BlockNumber block = InvalidBlockNumber;
	bool		changed = false;

	kg_edit_begin(&edit, inserter->store);
	for (int i = first; i < last; i++)
	{
		const KgNeighbor *neighbor = &inserter->visited[i];
		NodeSlot   *slot;

		if (node_block(layout, neighbor->node) != block)
		{
			block = node_block(layout, neighbor->node);
			page = kg_edit_page(&edit, block, PAGE_NODES);
		}
		slot = node_slot(layout, page, neighbor->node);
		if (slot->state == NODE_LIVE &&
			slot->generation == neighbor->generation)
			changed |= tell_neighbor(inserter, slot, neighbor, new_node);
	}
	if (changed)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
}

/*
 * Moves those whose edges the new node takes over behind its neighbours,
 * visited[0, degree), unless they are among them; returns how many there are
 * together.
 */
static int
add_keepers(KgInserter *inserter, int degree)
{
	for (int i = 0; i < inserter->handover_count; i++)
	{
		int			keeper = find_candidate(inserter,
											inserter->handovers[i].keeper);
		KgNeighbor	moved = inserter->visited[keeper];

		if (keeper < degree)
			continue;
		inserter->visited[keeper] = inserter->visited[degree];
		inserter->visited[degree++] = moved;
	}
	return degree;
}

/*
 * Offers the new node to visited[0, degree).  The nearest ones must keep the
 * edge or, if none of them can, the next that can: a node that no edge leads
 * to would be found by chance only.
 */
static void
tell_neighbors(KgInserter *inserter, uint32 node, int degree)
{
	const KgLayout *layout = &inserter->index->layout;
	KgNeighbor	new_node = {.node = node,.vector = inserter->decoded};
	int			keepers = Min(Max(layout->m / NEIGHBORS_PER_KEEPER, 1), MAX_KEEPERS);

	/* No record saves anything by having several, and locks are short. */
	int			most_pages = inserter->store->memory ? 1 : MAX_GENERIC_XLOG_PAGES;

	inserter->welcome = false;
	inserter->kept = false;
	for (int i = 0; i < degree; i++)
		inserter->visited[i].kept = i < keepers;

	/* Pages are locked in ascending order: see the README. */
	qsort(inserter->visited, degree, sizeof(KgNeighbor), compare_nodes);
	for (int first = 0, last; first < degree; first = last)
	{
		BlockNumber block = InvalidBlockNumber;
		int			pages = 0;

		for (last = first; last < degree; last++)
		{
			BlockNumber next = node_block(layout, inserter->visited[last].node);

			if (next == block)
				continue;
			if (pages == most_pages)
				break;
			block = next;
			pages++;
		}
		tell_group(inserter, first, last, &new_node);
	}
	if (inserter->kept)
		return;

	qsort(inserter->visited, degree, sizeof(KgNeighbor), compare_neighbors);
	for (int i = 0; i < degree && !inserter->kept; i++)
	{
		inserter->visited[i].kept = true;
		tell_group(inserter, i, i + 1, &new_node);
	}
}

/* Shares a visited node whose stored vector is the same; false if none. */
static bool
add_to_equal(KgInserter *inserter, KgTid tid, float error, float excess)
{
	KgDuplicate row = {
		.tid = tid,.error = error,.excess = excess,
		.vector = inserter->stored
	};

	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *visited = &inserter->visited[i];

		if (memcmp(visited->vector, inserter->decoded, sizeof(float) *
				   inserter->index->layout.shape.dim) != 0)
			continue;
		row.node = visited->node;
		row.generation = visited->generation;
		if (kg_tids_add(inserter->store, &row))
			return true;
	}
	return false;
}

void
kg_insert_row(KgInserter *inserter, KgIndex *index, KgStore *store,
			  const float *x, KgTid tid)
{
	const KgLayout *layout = &index->layout;
	KgMapped	mapped;
	float		error;
	int			degree;
	uint32		node;

	inserter->index = index;
	inserter->store = store;
	if (!kg_space_map_row(&index->space, x, inserter->mapped, &mapped))
	{
		kg_list_add(store, LIST_UNDIRECTED, tid);
		return;
	}
	error = kg_scalar_encode(layout->storage, inserter->mapped,
							 layout->shape.dim, inserter->stored,
							 inserter->decoded);
	if (mapped.extreme)
		error = INFINITY;

	inserter->count = 0;
	inserter->handover_count = 0;
	kg_walk_start(&inserter->walk, index, store, inserter->mapped,
				  index->ef_construction);
	check_handovers(inserter);
	for (int i = 0; i < inserter->count; i++)
		inserter->visited[i].vector = inserter->vectors +
			(Size) i * layout->shape.dim;
	if (add_to_equal(inserter, tid, error, mapped.excess))
		return;

	qsort(inserter->visited, inserter->count, sizeof(KgNeighbor),
		  compare_neighbors);
	degree = kg_edges_select(layout, inserter->visited, inserter->count);
	node = write_node(inserter, tid, error, mapped.excess, degree);
	tell_neighbors(inserter, node,
				   add_keepers(inserter, Min(degree, MAX_TOLD)));

	/*
	 * A node that none of them would take of its own accord is far from all
	 * others, and will be found as an entry point if at all.
	 */
	kg_index_offer_entry(index, store, node, inserter->decoded,
						 !inserter->welcome);
}

/* What a statement keeps from row to row. */
typedef struct InsertState
{
	KgInserter *inserter;
	MemoryContext row_context;
} InsertState;

bool
kg_aminsert(Relation rel, Datum *values, bool *isnull, ItemPointer heap_tid,
			Relation heap, IndexUniqueCheck unique, bool unchanged,
			IndexInfo *info)
{
	InsertState *state = info->ii_AmCache;
	const KgColumn *column = kg_column_get(rel);
	MemoryContext old_context;
	KgStore		store;
	KgIndex    *index;
	Datum		value = 0;

	if (state == NULL)
	{
		state = MemoryContextAllocZero(info->ii_Context, sizeof(InsertState));
		state->row_context = AllocSetContextCreate(info->ii_Context,
												   "kg_hnsw insert",
												   ALLOCSET_DEFAULT_SIZES);
		info->ii_AmCache = state;
	}
	old_context = MemoryContextSwitchTo(state->row_context);

	/*
	 * A value kept out of line is fetched before the index is opened: that
	 * opens another relation, which may drop what the relation cache has.
	 */
	if (!isnull[0])
		value = PointerGetDatum(PG_DETOAST_DATUM(values[0]));

	index = kg_index_open(rel, &store);
	if (state->inserter == NULL)
	{
		MemoryContextSwitchTo(info->ii_Context);
		state->inserter = kg_inserter_new(&index->layout);
		MemoryContextSwitchTo(state->row_context);
	}
	if (isnull[0])
		kg_list_add(&store, LIST_NULLS, tid_from_pointer(heap_tid));
	else
	{
		const float *x = kg_column_floats(column, value, index->layout.dims);

		if (index->unit == 0)
		{
			kg_index_set_unit(&store, x);
			index = kg_index_open(rel, &store);
		}
		kg_insert_row(state->inserter, index, &store, x,
					  tid_from_pointer(heap_tid));
	}

	MemoryContextSwitchTo(old_context);
	MemoryContextReset(state->row_context);
	return false;
}
