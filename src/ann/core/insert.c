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

#include "ann/core/allocate.h"
#include "ann/core/back_edges.h"
#include "ann/core/candidates.h"
#include "ann/core/insert.h"
#include "ann/core/pending_row.h"
#include "ann/core/placement.h"
#include "ann/layout/copies.h"
#include "ann/layout/duplicates.h"
#include "ann/layout/values.h"
#include "ann/layout/words.h"

/*
 * A node is remote if its squared distance to the nearest is above this many
 * times the median one of the nearest's neighbours; there must be some.
 */
#define REMOTE_FACTOR 4
#define MIN_DEGREE_TO_JUDGE 8

/* Under inner product it is not if its length is below this part. */
#define SHORT_PART 0.7

KgInserter *
kg_inserter_new(const KgLayout *layout)
{
	Size		vector_size = sizeof(float) * layout->shape.dim;
	KgInserter *inserter = palloc0(sizeof(KgInserter));

	inserter->decoded = palloc(vector_size);
	inserter->scratch = palloc(vector_size);
	inserter->stored = palloc(layout->vector_bytes);
	if (layout->sparse > 0)
		inserter->sparse = palloc(kg_sparse_bytes(layout->sparse));
	if (layout->copy_bytes > 0)
		inserter->copy = palloc(layout->copy_bytes);
	kg_edge_work_init(&inserter->work, layout);
	kg_query_init(&inserter->query);
	kg_candidates_init(inserter, layout);
	return inserter;
}

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
			break;
		/* another insert has split the page of lists */
		kg_edit_abort(edit);
	}
	if (inserter->pending)
		kg_pending_take(edit, inserter->pending);
	return node;
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
	KgAllocation position = {.from_pending = inserter->pending != NULL};
	NodeSlot   *slot;
	uint32		node;

	memcpy(owner->vector, inserter->decoded, vector_size);
	owner->unit = kg_query_view(&inserter->query, inserter->frame)->unit;
	kg_geometry(layout)->own(layout, owner);
	if (layout->metric == KG_METRIC_IP)
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
	if (inserter->sparse)
		memcpy(slot_sparse(layout, slot), inserter->sparse,
			   kg_sparse_bytes(layout->sparse));

	/* VACUUM may have freed a neighbour since, and this may be its slot. */
	for (int i = 0; i < degree; i++)
		if (likely(inserter->expanded[i].node != node))
			kg_edges_put(layout, slot, slot->degree++, owner,
						 &inserter->expanded[i]);
	kg_edit_commit(&edit);
	kg_allocate_note(inserter->index, inserter->store, &position);
	return node;
}

/* Begins with a row; the query is its vector. */
static void
begin_row(KgInserter *inserter, KgIndex *index, KgStore *store, const uint32 *words)
{
	inserter->index = index;
	inserter->store = store;
	inserter->work.layout = &index->layout;
	inserter->pending = NULL;
	inserter->lost = 0;
	memcpy(inserter->words, words, sizeof(uint32) * index->layout.filters);
}

/* Adds the row whose vector is the query. */
static void
add_row(KgInserter *inserter, KgTid tid)
{
	const KgLayout *layout = &inserter->index->layout;
	bool		pinned;
	int			degree;
	uint32		node;

	if (inserter->sparse)
		kg_sparse_store(&inserter->query.sparse, layout->sparse, inserter->sparse);
	kg_candidates_search(inserter);
	if (kg_placement_add_to_equal(inserter, tid))
		return;

	kg_placement_store(inserter);
	judge_position(inserter);
	kg_candidates_align(inserter);
	kg_candidates_sort(inserter, inserter->count);
	if (layout->filters > 0)
		kg_edges_mark_group(layout, inserter->expanded, inserter->count,
							inserter->words[0]);
	degree = kg_edges_select(layout, inserter->expanded, inserter->count);
	node = write_node(inserter, tid, degree);
	kg_back_edges_tell(inserter, node, degree);

	/*
	 * A node whose back edge no neighbour accepted is far from all others:
	 * searches find it as an entry point, if at all.
	 */
	pinned = inserter->remote ||
		(!inserter->accepted && layout->metric != KG_METRIC_IP);
	kg_index_offer_entry(inserter->index, inserter->store, node, inserter->query.norm,
						 pinned);
}

void
kg_insert_row(KgInserter *inserter, KgIndex *index, KgStore *store, const KgRow *row)
{
	begin_row(inserter, index, store, row->words);
	if (kg_query_set(&inserter->query, index, store, row->x))
		add_row(inserter, row->tid);
	else
		kg_list_add(store, LIST_UNDIRECTED, row->tid);
}

void
kg_insert_pending(KgInserter *inserter, KgIndex *index, KgStore *store,
				  const KgPendingRow *row)
{
	begin_row(inserter, index, store, row->entry->words);
	kg_pending_set_query(inserter, row->entry);
	inserter->pending = &row->place;
	add_row(inserter, row->entry->tid);
}
