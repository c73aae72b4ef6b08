/*
 * insert.c
 *	  Adding a row to an index.
 *
 * A search finds the nearest nodes and keeps their vectors.  The rule of the
 * relative neighbourhood graph chooses the new node's neighbours among them.
 * One WAL record writes the node.  Then each neighbour is offered a back edge,
 * which it judges by its own codes: only its own page is read.  After a crash
 * in between, fewer edges lead to the node, but the index is right.
 *
 * With filters a second search stays within the row's group, the nodes with
 * the same word of the first filter, and finds neighbours there: see edges.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "ann/core/allocate.h"
#include "ann/core/insert.h"
#include "ann/layout/copies.h"
#include "ann/layout/duplicates.h"
#include "ann/layout/values.h"
#include "ann/layout/words.h"
#include "simd/simd.h"

#define INITIAL_EXPANDED 256

/*
 * The most neighbours, the nearest, that are offered a back edge; more would
 * cost writes and find no more.
 */
#define MAX_TOLD 20

/* Holders among them: one for so many neighbours, up to a limit. */
#define NEIGHBORS_PER_HOLDER 5
#define MAX_KEEPERS 3

/* The most pinned edges that a new node takes over. */
#define MAX_HANDOVERS 8

/*
 * The loss of storing a vector, times this, should be less than the distance
 * within which there are so many nodes: else searches cannot tell them apart.
 */
#define LOSS_FACTOR 32
#define NODES_AROUND 4

/* A frame is better if its centre is nearer by this factor, squared. */
#define NEARER_FRAME 0.64

/*
 * Vectors that are no farther apart than this, relative to their length, are
 * equal for float4.
 */
#define FLOAT4_RESOLUTION (1.0 / 4194304.0)

/*
 * A node is remote if its squared distance to the nearest is above this many
 * times the median one of the nearest's neighbours; there must be some.
 */
#define REMOTE_FACTOR 4
#define MIN_DEGREE_TO_JUDGE 8

/*
 * The search of the group keeps so many nodes in view for each of the group's
 * edges, and begins at the nearest of the group that the first search saw.  If
 * it saw few, it begins with some of the value's list, too.
 */
#define GROUP_VIEW 2
#define GROUP_STARTS 16
#define FEW_GROUP_STARTS 4
#define LISTED_GROUP_STARTS 8

/* Under inner product it is not if its length is below this part. */
#define SHORT_PART 0.7

/* Spacing of the subnormal float4 numbers. */
#define FLOAT4_SUBNORMAL 1.4013e-45

/* A pinned edge to a node that the new one is nearer to. */
typedef struct Handover
{
	uint32		holder;			/* whose edge it is */
	uint32		child;			/* the node it leads to */
	float		l2sq;			/* their squared distance */
} Handover;

/* A candidate to be sorted. */
typedef struct Position
{
	float		key;
	uint32		node;
	int			from;			/* where it is now */
} Position;

struct KgInserter
{
	KgIndex    *index;			/* of the row at hand */
	KgStore    *store;
	KgSearch	search;
	KgSearch	group_search;	/* with filters */
	KgQuery		query;			/* the row's vector */
	KgEdgeWork	work;
	float	   *decoded;		/* the vector, as read from the slot */
	void	   *stored;			/* as the slot stores it */
	KgCopy	   *copy;			/* its finer copy, or NULL */
	float	   *scratch;		/* shape.dim floats */

	/* the live nodes that the search expanded; their vectors are in vectors */
	KgNeighbor *expanded;
	KgNeighbor *sorted;			/* memory to sort them */
	Position   *positions;		/* likewise */
	uint32	   *hashes;			/* their slots' */
	float	   *vectors;		/* shape.dim floats each */
	int			count;
	int			capacity;

	/* nodes of the row's group that the search saw, the nearest */
	KgCandidate seen[GROUP_STARTS];
	int			seen_count;

	Handover	handovers[MAX_HANDOVERS];
	int			handover_count;

	bool		reported_no_frame;

	/* of the new node */
	uint32		words[KG_MAX_FILTERS];
	int			frame;
	float		error;			/* as NodeSlot's */
	bool		accepted;		/* a neighbour took its back edge unpinned */
	bool		pinned;			/* a neighbour pinned its back edge */
	bool		remote;			/* far from the nearest node, compared to that
								 * node's neighbours */
};

/* Keeps a node as a candidate.  Its vector is relative to its own frame. */
static void
add_candidate(KgInserter *inserter, const KgLayout *layout,
			  const NodeSlot *slot, uint32 node, float key)
{
	KgNeighbor *expanded;

	if (inserter->count == inserter->capacity)
	{
		inserter->capacity *= 2;
		inserter->expanded = repalloc_huge(inserter->expanded,
										   sizeof(KgNeighbor) * inserter->capacity);
		inserter->sorted = repalloc_huge(inserter->sorted,
										 sizeof(KgNeighbor) * inserter->capacity);
		inserter->positions = repalloc_huge(inserter->positions,
											sizeof(Position) * inserter->capacity);
		inserter->hashes = repalloc_huge(inserter->hashes,
										 sizeof(uint32) * inserter->capacity);
		inserter->vectors = repalloc_huge(inserter->vectors, sizeof(float) *
										  inserter->capacity * layout->shape.dim);
	}
	expanded = &inserter->expanded[inserter->count];
	expanded->node = node;
	expanded->generation = slot->generation;
	expanded->frame = slot_frame(slot);
	expanded->occluded = false;
	expanded->pinned = false;
	expanded->grouped = false;
	memcpy(expanded->words, slot_own_words(layout, slot),
		   sizeof(uint32) * layout->filters);
	expanded->key = key;
	expanded->error = slot->error;
	expanded->length = slot->length;
	inserter->hashes[inserter->count] = slot->hash;
	kg_scalar_decode(layout->storage, slot_vector(layout, slot),
					 layout->shape.dim, inserter->vectors +
					 (Size) inserter->count * layout->shape.dim);
	inserter->count++;
}

/* Notes the neighbours of a node that are of the row's group. */
static void
see_group(KgInserter *inserter, const KgLayout *layout, const NodeSlot *slot,
		  const float *estimates)
{
	const uint32 *words = slot_words(layout, slot, 0);
	KgCandidate *seen = inserter->seen;
	int			degree = slot->degree;

	for (int i = 0; i < degree; i++)
	{
		KgCandidate candidate = {.key = estimates[i],.node = slot_neighbors(layout, slot)[i]};
		int			at = 0;

		if (words[i] != inserter->words[0] ||
			(inserter->seen_count == GROUP_STARTS &&
			 candidate.key >= seen[GROUP_STARTS - 1].key))
			continue;
		while (at < inserter->seen_count && seen[at].node != candidate.node)
			at++;
		if (at < inserter->seen_count)
			continue;
		at = inserter->seen_count < GROUP_STARTS ? inserter->seen_count++ :
			GROUP_STARTS - 1;
		for (; at > 0 && seen[at - 1].key > candidate.key; at--)
			seen[at] = seen[at - 1];
		seen[at] = candidate;
	}
}

/* Keeps an expanded node, and pinned edges that may be taken over. */
static void
expand(KgSearch *search, const NodeSlot *slot, uint32 node, float key,
	   const float *estimates)
{
	KgInserter *inserter = search->expand_arg;
	const KgLayout *layout = &search->layout;
	const uint16 *r2 = slot_factor_r2(layout, slot);
	int			degree = slot->degree;
	float		unit;

	if (layout->filters > 0)
		see_group(inserter, layout, slot, estimates);
	if (slot->state != NODE_LIVE)
		return;
	add_candidate(inserter, layout, slot, node,
				  kg_query_best_key(search->query, slot, key));
	if (layout->metric == KG_METRIC_IP)
		return;
	unit = kg_query_view(search->query, slot_frame(slot))->unit;
	for (int i = 0; i < degree; i++)
	{
		Handover	handover;

		if (!(r2[i] & SLOT_PINNED))
			continue;
		handover.holder = node;
		handover.child = slot_neighbors(layout, slot)[i];
		handover.l2sq = kg_bf16_to_f32(r2[i] & ~SLOT_PINNED) * (unit * unit);
		if (estimates[i] < handover.l2sq &&
			inserter->handover_count < Min(MAX_HANDOVERS,
										   layout->max_degree / 2))
			inserter->handovers[inserter->handover_count++] = handover;
	}
}

/* The position of a node among the candidates, or -1. */
static int
find_candidate(const KgInserter *inserter, uint32 node)
{
	for (int i = 0; i < inserter->count; i++)
		if (inserter->expanded[i].node == node)
			return i;
	return -1;
}

/* Keeps a node that the search of the group expands. */
static void
expand_group(KgSearch *search, const NodeSlot *slot, uint32 node, float key,
			 const float *estimates)
{
	KgInserter *inserter = search->expand_arg;

	if (slot->state == NODE_LIVE &&
		slot_own_words(&search->layout, slot)[0] == inserter->words[0] &&
		find_candidate(inserter, node) < 0)
		add_candidate(inserter, &search->layout, slot, node,
					  kg_query_best_key(search->query, slot, key));
}

/*
 * Each node counts on one pinned edge to it, which should start at the node
 * that is nearest to it: else nodes between the two ends hide it from
 * searches.  So the new node takes over pinned edges to nodes that it is
 * nearer to.  The search chose them by estimates; here are the distances.
 */
static void
check_handovers(KgInserter *inserter)
{
	const KgLayout *layout = &inserter->index->layout;
	int			taken = 0;

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
							  kg_query_best_key(&inserter->query, slot,
												kg_query_key(&inserter->query,
															 slot)));
			}
			kg_store_done(inserter->store);
		}
		if (child < 0 || inserter->expanded[child].pinned ||
			inserter->expanded[child].key >= handover.l2sq)
			continue;
		inserter->expanded[child].pinned = true;
		inserter->handovers[taken++] = handover;
	}
	inserter->handover_count = taken;
}

KgInserter *
kg_inserter_new(const KgLayout *layout)
{
	Size		vector_size = sizeof(float) * layout->shape.dim;
	KgInserter *inserter = palloc0(sizeof(KgInserter));

	inserter->decoded = palloc(vector_size);
	inserter->scratch = palloc(vector_size);
	inserter->stored = palloc(layout->vector_bytes);
	if (layout->copy_bytes > 0)
		inserter->copy = palloc(layout->copy_bytes);
	inserter->capacity = INITIAL_EXPANDED;
	inserter->expanded = palloc(sizeof(KgNeighbor) * inserter->capacity);
	inserter->sorted = palloc(sizeof(KgNeighbor) * inserter->capacity);
	inserter->positions = palloc(sizeof(Position) * inserter->capacity);
	inserter->hashes = palloc(sizeof(uint32) * inserter->capacity);
	inserter->vectors = palloc_extended(vector_size * inserter->capacity,
										MCXT_ALLOC_HUGE);
	kg_edge_work_init(&inserter->work, layout);
	kg_query_init(&inserter->query);
	kg_search_init(&inserter->search);
	inserter->search.expand = expand;
	inserter->search.expand_arg = inserter;
	if (layout->filters > 0)
	{
		kg_search_init(&inserter->group_search);
		inserter->group_search.expand = expand_group;
		inserter->group_search.expand_arg = inserter;
	}
	return inserter;
}

static inline int
compare_positions(const Position *x, const Position *y)
{
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

#define ST_SORT sort_positions
#define ST_ELEMENT_TYPE Position
#define ST_COMPARE(a, b) compare_positions(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Sorts the first count candidates by key.  Their positions are sorted, since
 * these are smaller.
 */
static void
sort_candidates(KgInserter *inserter, int count)
{
	for (int i = 0; i < count; i++)
	{
		inserter->positions[i].key = inserter->expanded[i].key;
		inserter->positions[i].node = inserter->expanded[i].node;
		inserter->positions[i].from = i;
	}
	sort_positions(inserter->positions, count);
	for (int i = 0; i < count; i++)
		inserter->sorted[i] = inserter->expanded[inserter->positions[i].from];
	memcpy(inserter->expanded, inserter->sorted, sizeof(KgNeighbor) * count);
}

/*
 * How the row is stored.
 */

/* Squared distances to all candidates, in internal units squared. */
static void
measure_candidates(KgInserter *inserter)
{
	int			dim = inserter->index->layout.shape.dim;

	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *expanded = &inserter->expanded[i];
		KgFrameView *view;

		expanded->vector = inserter->vectors + (Size) i * dim;
		expanded->l2sq = expanded->key;
		if (inserter->index->layout.metric == KG_METRIC_IP)
		{
			view = kg_query_view_vector(&inserter->query, expanded->frame);
			expanded->l2sq = kg_simd->l2sq_f32(view->q, expanded->vector, dim) *
				(view->unit * view->unit);
		}
	}
}

/*
 * The distance within which there are NODES_AROUND nodes; infinity if there
 * are fewer.
 */
static double
distance_around(const KgInserter *inserter)
{
	float		nearest[NODES_AROUND];
	int			count = 0;

	for (int i = 0; i < inserter->count; i++)
	{
		float		l2sq = inserter->expanded[i].l2sq;
		int			at;

		if (count == NODES_AROUND && l2sq >= nearest[count - 1])
			continue;
		at = count < NODES_AROUND ? count++ : count - 1;
		for (; at > 0 && nearest[at - 1] > l2sq; at--)
			nearest[at] = nearest[at - 1];
		nearest[at] = l2sq;
	}
	return count < NODES_AROUND ? INFINITY : sqrt(nearest[count - 1]);
}

/* The squared distance of the row to a frame's centre. */
static double
distance_to_centre(KgInserter *inserter, int frame)
{
	const KgFrameView *view = kg_query_view_vector(&inserter->query, frame);

	return (double) view->norm2 * view->unit * view->unit;
}

/* The frame with the nearest centre: the candidates', or the default one. */
static int
nearest_frame(KgInserter *inserter)
{
	int			best = inserter->index->default_frame_number;
	double		best_distance = distance_to_centre(inserter, best);
	int			last = best;

	for (int i = 0; i < inserter->count; i++)
	{
		int			frame = inserter->expanded[i].frame;
		double		distance;

		if (frame == last || frame == best)
			continue;
		last = frame;
		distance = distance_to_centre(inserter, frame);
		if (distance < best_distance * NEARER_FRAME)
		{
			best = frame;
			best_distance = distance;
		}
	}
	return best;
}

/* The most that a view's vector is off because tiny coordinates vanish. */
static double
vanishing(const KgFrameView *view)
{
	return view->unit * (FLOAT4_SUBNORMAL * KG_MAX_DIMS);
}

static float
round_up(double error)
{
	return nextafterf((float) error, INFINITY);
}

/* Stores the vector in a frame.  Returns the loss: the finer copy's if any. */
static double
store_in_frame(KgInserter *inserter, int frame)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgFrameView *view = kg_query_view_vector(&inserter->query, frame);
	float		error;

	inserter->frame = frame;
	error = kg_scalar_encode(layout->storage, view->q, layout->shape.dim,
							 inserter->stored, inserter->decoded);
	inserter->error = round_up((double) error * view->unit + vanishing(view));
	if (inserter->copy)
	{
		error = kg_scalar_encode(KG_COPY_STORAGE, view->q, layout->shape.dim,
								 inserter->copy->vector, inserter->scratch);
		inserter->copy->error = round_up((double) error * view->unit +
										 vanishing(view));
	}
	return (double) error * view->unit;
}

/* Warns once a statement that rows are stored too coarsely. */
static void
report_no_frame(KgInserter *inserter)
{
	if (inserter->reported_no_frame || inserter->query.extreme)
		return;
	inserter->reported_no_frame = true;
	ereport(WARNING,
			(errmsg("index \"%s\" cannot store vectors that are so near to each other precisely",
					kg_store_name(inserter->store)),
			 errdetail("It has all of the %d frames that it can have.",
					   kg_frames_max(&inserter->index->layout)),
			 errhint("Searches find fewer of the nearest rows there. kg.index_info() counts such rows as coarse_nodes.")));
}

/* Makes a frame around the row, unless the index has all that it can have. */
static void
store_in_new_frame(KgInserter *inserter, double unit)
{
	KgFrame    *frame = inserter->work.frame;
	int			number;

	frame->unit = kg_space_unit(unit);
	for (int i = 0; i < inserter->index->layout.shape.dim; i++)
		frame->centre[i] = (float) inserter->query.y[i];
	number = kg_frame_add(inserter->store, frame, false);
	if (number < 0)
	{
		report_no_frame(inserter);
		return;
	}
	(void) store_in_frame(inserter, number);
}

static void
store_vector(KgInserter *inserter)
{
	double		around = distance_around(inserter);
	double		lost = store_in_frame(inserter, nearest_frame(inserter));

	if (lost * LOSS_FACTOR > around)
		store_in_new_frame(inserter, around > 0 ? around : lost);
	if (inserter->query.extreme)
	{
		inserter->error = INFINITY;
		if (inserter->copy)
			inserter->copy->error = INFINITY;
	}
}

/*
 * Makes the candidates' vectors relative to the row's frame.  Adds their
 * differences from the row to the row there, so that near ones stay exact.
 */
static void
align_candidates(KgInserter *inserter)
{
	KgQuery    *query = &inserter->query;
	int			dim = inserter->index->layout.shape.dim;
	float		unit = kg_query_view_vector(query, inserter->frame)->unit;

	for (int i = 0; i < inserter->count; i++)
	{
		KgNeighbor *expanded = &inserter->expanded[i];
		const float *row;
		const float *from;
		float		scale;

		expanded->l2sq /= unit * unit;
		if (expanded->frame == inserter->frame)
			continue;
		kg_query_view_vector(query, expanded->frame);
		row = kg_query_view_vector(query, inserter->frame)->q;
		from = kg_query_view(query, expanded->frame)->q;
		scale = kg_query_view(query, expanded->frame)->unit / unit;
		for (int j = 0; j < dim; j++)
			expanded->vector[j] = row[j] + (expanded->vector[j] - from[j]) * scale;
	}
}

/*
 * Starts the edit that writes the node, with all pages that it changes locked.
 * Writes the node's words, and adds it to its value's list.  Returns its
 * number.
 */
static uint32
edit_node(KgInserter *inserter, KgEdit *edit, KgAllocation *position)
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
		kg_allocate_edit(index, store, edit, position);
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

/* Writes the node; returns its number. */
static uint32
write_node(KgInserter *inserter, KgTid tid, int degree)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgQuery *query = &inserter->query;
	KgOwner    *owner = &inserter->work.owner;
	Size		vector_size = sizeof(float) * layout->shape.dim;
	KgEdit		edit;
	KgAllocation position;
	NodeSlot   *slot;
	uint32		node;

	memcpy(owner->vector, inserter->decoded, vector_size);
	owner->unit = kg_query_view(&inserter->query, inserter->frame)->unit;
	for (int i = 0; i < layout->shape.dim; i++)
		owner->whole[i] = (float) query->y[i];

	node = edit_node(inserter, &edit, &position);
	slot = page_take_slot(layout, position.page, position.slot);
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

	/* VACUUM may have freed a neighbour since, and this may be its slot. */
	for (int i = 0; i < degree; i++)
		if (likely(inserter->expanded[i].node != node))
			kg_edges_put(layout, slot, slot->degree++, owner,
						 &inserter->expanded[i]);
	kg_edit_commit(&edit);
	kg_allocate_note(inserter->index, inserter->store, &position);
	return node;
}

#define ST_SORT sort_by_node
#define ST_ELEMENT_TYPE KgNeighbor
#define ST_COMPARE(a, b) ((a)->node < (b)->node ? -1 : (a)->node > (b)->node)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Is the new node far from this slot's node, compared to the slot's
 * neighbours?  Then it is the first node of a new region.
 */
static bool
is_remote(KgInserter *inserter, const NodeSlot *slot, float l2sq)
{
	const KgLayout *layout = &inserter->index->layout;
	int			farther = 0;

	if (slot->degree < MIN_DEGREE_TO_JUDGE)
		return false;
	if (layout->metric == KG_METRIC_IP &&
		inserter->query.norm < slot->length * SHORT_PART)
		return false;
	for (int i = 0; i < slot->degree; i++)
		if (kg_bf16_to_f32(slot_factor_r2(layout, slot)[i] & ~SLOT_PINNED) *
			REMOTE_FACTOR > l2sq)
			farther++;
	return farther < slot->degree / 2;
}

/*
 * Offers a back edge to one neighbour; true if its slot has changed.  Notes
 * whether it accepted the edge, and whether a chosen holder pinned it.
 */
static bool
tell_neighbor(KgInserter *inserter, NodeSlot *slot,
			  const KgNeighbor *neighbor, uint32 node)
{
	KgEdgeWork *work = &inserter->work;
	KgQuery    *query = &inserter->query;
	KgOffer		offer = {.node = node,.error = inserter->error};
	bool		changed = false;
	bool		taken;

	memcpy(offer.words, inserter->words, sizeof(offer.words));
	for (int i = 0; i < inserter->handover_count; i++)
		if (inserter->handovers[i].holder == neighbor->node)
			changed |= kg_edges_unpin(work->layout, slot,
									  inserter->handovers[i].child);
	taken = kg_edges_offer(work, inserter->store, slot, &offer, query);
	inserter->accepted |= taken;
	if (neighbor->pinned)
	{
		offer.pinned = true;
		taken = kg_edges_pin(work->layout, slot, node) ||
			kg_edges_offer(work, inserter->store, slot, &offer, query);
		inserter->pinned |= taken;
	}
	return changed || taken;
}

/*
 * Offers back edges to neighbours [first, last), which stand on at most four
 * pages, in one WAL record.
 */
static void
tell_group(KgInserter *inserter, int first, int last, uint32 node)
{
	const KgLayout *layout = &inserter->index->layout;
	KgEdit		edit;
	Page		page = NULL;
	BlockNumber block = InvalidBlockNumber;
	bool		changed = false;

	kg_edit_begin(&edit, inserter->store);
	for (int i = first; i < last; i++)
	{
		const KgNeighbor *neighbor = &inserter->expanded[i];
		NodeSlot   *slot;

		if (node_block(layout, neighbor->node) != block)
		{
			block = node_block(layout, neighbor->node);
			page = kg_edit_page(&edit, block, PAGE_NODES);
		}
		slot = node_slot(layout, page, neighbor->node);
		if (slot->state == NODE_LIVE &&
			slot->generation == neighbor->generation)
			changed |= tell_neighbor(inserter, slot, neighbor, node);
	}
	if (changed)
		kg_edit_commit(&edit);
	else
		kg_edit_abort(&edit);
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
		int			holder = find_candidate(inserter,
											inserter->handovers[i].holder);
		KgNeighbor	moved = inserter->expanded[holder];

		if (holder < degree)
			continue;
		inserter->expanded[holder] = inserter->expanded[degree];
		inserter->expanded[degree++] = moved;
	}
	return degree;
}

/*
 * Offers back edges to expanded[0, degree).  The nearest ones must pin the
 * edge or, if none of them can, the next that can: a node that no edge leads
 * to would be found by chance only.
 */
static void
tell_neighbors(KgInserter *inserter, uint32 node, int degree)
{
	const KgLayout *layout = &inserter->index->layout;
	int			holders = Min(Max(layout->max_degree / NEIGHBORS_PER_HOLDER, 1),
							  MAX_KEEPERS);

	/* In memory nothing is logged: one page at a time keeps locks short. */
	int			most_pages = inserter->store->memory ? 1 : KG_LOG_PAGES;

	inserter->accepted = false;
	inserter->pinned = false;
	for (int i = 0; i < degree; i++)
		inserter->expanded[i].pinned = i < holders;

	/* Pages are locked in ascending order: see the README. */
	sort_by_node(inserter->expanded, degree);
	for (int first = 0, last; first < degree; first = last)
	{
		BlockNumber block = InvalidBlockNumber;
		int			pages = 0;

		for (last = first; last < degree; last++)
		{
			BlockNumber next = node_block(layout, inserter->expanded[last].node);

			if (next == block)
				continue;
			if (pages == most_pages)
				break;
			block = next;
			pages++;
		}
		tell_group(inserter, first, last, node);
	}
	if (inserter->pinned)
		return;

	sort_candidates(inserter, degree);
	for (int i = 0; i < degree && !inserter->pinned; i++)
	{
		inserter->expanded[i].pinned = true;
		tell_group(inserter, i, i + 1, node);
	}
}

/* Notes whether the new node is remote from the nearest candidate. */
static void
judge_position(KgInserter *inserter)
{
	const KgNeighbor *nearest = &inserter->expanded[0];
	const NodeSlot *slot;
	float		unit;

	inserter->remote = false;
	if (inserter->count == 0)
		return;
	for (int i = 1; i < inserter->count; i++)
		if (inserter->expanded[i].l2sq < nearest->l2sq)
			nearest = &inserter->expanded[i];
	unit = kg_query_view(&inserter->query, nearest->frame)->unit;
	slot = kg_store_read_node(inserter->store, nearest->node);
	inserter->remote = is_remote(inserter, slot,
								 nearest->l2sq / (unit * unit));
	kg_store_done(inserter->store);
}

/*
 * Is the row equal to what an expanded node stores?  Either both have the same
 * value, or float4 can hardly tell them apart.  *error becomes the bound of
 * the row's distance to what is stored.
 */
static bool
is_equal(KgInserter *inserter, int i, float *error)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgNeighbor *expanded = &inserter->expanded[i];
	double		resolution = inserter->query.norm * FLOAT4_RESOLUTION;
	const KgFrameView *view;
	double		square = 0;
	double		distance;

	if (!kg_words_equal(expanded->words, inserter->words, layout->filters))
		return false;
	if (inserter->hashes[i] == inserter->query.hash)
	{
		(void) store_in_frame(inserter, expanded->frame);
		*error = inserter->error;
		if (memcmp(expanded->vector, inserter->decoded,
				   sizeof(float) * layout->shape.dim) == 0)
			return true;
	}
	if (expanded->l2sq > resolution * resolution)
		return false;

	/* l2sq is the best case; squares of tiny distances vanish in float4. */
	view = kg_query_view_vector(&inserter->query, expanded->frame);
	for (int j = 0; j < layout->shape.dim; j++)
		square += ((double) view->q[j] - expanded->vector[j]) *
			((double) view->q[j] - expanded->vector[j]);
	distance = sqrt(square) * view->unit;
	distance += vanishing(view);
	*error = round_up(distance + resolution * FLOAT4_RESOLUTION);
	return distance <= resolution;
}

/* Adds the row to an expanded node that stores the same; false if none. */
static bool
add_to_equal(KgInserter *inserter, KgTid tid)
{
	KgDuplicate row = {
		.tid = tid,
		.length = (float) inserter->query.norm
	};

	for (int i = 0; i < inserter->count; i++)
	{
		if (!is_equal(inserter, i, &row.error))
			continue;
		if (inserter->query.extreme)
			row.error = INFINITY;
		row.node = inserter->expanded[i].node;
		row.generation = inserter->expanded[i].generation;
		row.hash = inserter->hashes[i];
		if (kg_duplicates_add(inserter->store, &row))
			return true;
	}
	return false;
}

/*
 * Searches the row's group for neighbours there, unless the first search has
 * expanded enough of it anyway.
 */
static void
search_group(KgInserter *inserter)
{
	KgIndex    *index = inserter->index;
	const KgLayout *layout = &index->layout;
	int			wanted = kg_group_edges(layout) * GROUP_VIEW;
	KgCondition condition = {
		.kind = CONDITION_RANGE,.low = inserter->words[0],.high = inserter->words[0]
	};
	KgFilter	filter = {.count = 1,.conditions = &condition};
	KgFilterPlan *plan = &inserter->group_search.plan;
	uint32		starts[GROUP_STARTS + LISTED_GROUP_STARTS];
	KgValueList list;
	int			members = 0;

	for (int i = 0; i < inserter->count; i++)
		members += inserter->expanded[i].words[0] == inserter->words[0];
	if (members >= wanted)
		return;
	kg_filter_find_group(&filter);
	plan->filter = &filter;
	plan->in_group = true;
	plan->stride = 1;
	plan->starts = starts;
	plan->start_count = inserter->seen_count;
	for (int i = 0; i < inserter->seen_count; i++)
		starts[i] = inserter->seen[i].node;
	if (inserter->seen_count < FEW_GROUP_STARTS)
	{
		kg_values_read(inserter->store, index->values, inserter->words[0], &list);
		for (int i = 0; i < Min(list.count, LISTED_GROUP_STARTS); i++)
			starts[plan->start_count++] = list.nodes[i];
	}
	kg_search_start(&inserter->group_search, index, inserter->store,
					&inserter->query, wanted);
}

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

void
kg_insert_row(KgInserter *inserter, KgIndex *index, KgStore *store, const KgRow *row)
{
	const KgLayout *layout = &index->layout;
	bool		pinned;
	int			degree;
	uint32		node;

	inserter->index = index;
	inserter->store = store;
	inserter->work.layout = layout;
	memcpy(inserter->words, row->words, sizeof(inserter->words));
	if (!kg_query_set(&inserter->query, index, store, row->x))
	{
		kg_list_add(store, LIST_UNDIRECTED, row->tid);
		return;
	}
	inserter->count = 0;
	inserter->seen_count = 0;
	inserter->handover_count = 0;
	kg_search_start(&inserter->search, index, store, &inserter->query,
					index->ef_construction);
	check_handovers(inserter);
	if (layout->filters > 0)
		search_group(inserter);
	measure_candidates(inserter);
	if (add_to_equal(inserter, row->tid))
		return;

	store_vector(inserter);
	judge_position(inserter);
	align_candidates(inserter);
	sort_candidates(inserter, inserter->count);
	if (layout->filters > 0)
		kg_edges_mark_group(layout, inserter->expanded, inserter->count,
							inserter->words[0]);
	degree = kg_edges_select(layout, inserter->expanded, inserter->count);
	node = write_node(inserter, row->tid, degree);
	tell_neighbors(inserter, node,
				   add_holders(inserter, tell_group_first(inserter, degree)));

	/*
	 * A node whose back edge no neighbour accepted is far from all others:
	 * searches find it as an entry point, if at all.
	 */
	pinned = inserter->remote ||
		(!inserter->accepted && layout->metric != KG_METRIC_IP);
	kg_index_offer_entry(index, store, node, inserter->query.norm, pinned);
}
