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

#include "ann/core/back_edges.h"
#include "ann/core/candidates.h"
#include "ann/core/insert.h"
#include "ann/core/members.h"
#include "ann/core/node_write.h"
#include "ann/core/pending_row.h"
#include "ann/core/placement.h"
#include "ann/layout/duplicates.h"

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
	if (kg_layout_has_hubs(layout))
		kg_members_init(inserter, layout);
	kg_candidates_init(inserter, layout);
	return inserter;
}

/* Writes the node; returns its number. */
static uint32
write_node(KgInserter *inserter, KgTid tid, int degree)
{
	const KgLayout *layout = &inserter->index->layout;
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
			owner->whole[i] = (float) inserter->query.y[i];

	node = kg_node_edit(inserter, KG_ANY_PAGE, &edit, &position);
	slot = kg_node_write_slot(inserter, tid, &position);

	/* VACUUM may have freed a neighbour since, and this may be its slot. */
	for (int i = 0; i < degree; i++)
		if (likely(inserter->expanded[i].node != node))
			kg_edges_put(layout, slot, slot->degree++, owner,
						 &inserter->expanded[i]);
	kg_edit_commit(&edit);
	kg_allocate_note(inserter->index, inserter->store, &position);
	return node;
}

static void
begin(KgInserter *inserter, KgIndex *index, KgStore *store)
{
	inserter->index = index;
	inserter->store = store;
	inserter->work.layout = &index->layout;
}

/* Adds the row whose vector is the query. */
static void
add_row(KgInserter *inserter, KgTid tid)
{
	const KgLayout *layout = &inserter->index->layout;
	KgEntryNeed need = ENTRY_OF_SAMPLE;
	int			degree;
	uint32		node;

	if (inserter->sparse)
		kg_sparse_store(&inserter->query.sparse, layout->sparse, inserter->sparse);
	kg_candidates_search(inserter, &inserter->query, inserter->index->ef_construction);
	if (kg_placement_add_to_equal(inserter, tid))
		return;

	kg_placement_store(inserter);
	kg_placement_judge(inserter);
	kg_candidates_align(inserter, &inserter->query);
	kg_candidates_sort(inserter, inserter->count);
	if (layout->filters > 0)
		kg_edges_mark_group(layout, inserter->expanded, inserter->count,
							inserter->words[0]);
	degree = kg_edges_select(layout, inserter->expanded, inserter->count);
	node = write_node(inserter, tid, degree);
	kg_back_edges_tell(inserter, node, degree);

	/*
	 * A node whose back edge no neighbour accepted is far from all others:
	 * searches find it as an entry point, if at all.  So will they one that
	 * none has pinned.
	 */
	if (!inserter->pinned && layout->metric != KG_METRIC_IP)
		need = ENTRY_IS_ALONE;
	else if (inserter->remote || (!inserter->accepted && layout->metric != KG_METRIC_IP))
		need = ENTRY_IS_FAR;
	kg_index_offer_entry(inserter->index, inserter->store, node, inserter->query.norm,
						 need);
}

void
kg_insert_row(KgInserter *inserter, KgIndex *index, KgStore *store, const KgRow *row)
{
	begin(inserter, index, store);
	if (kg_layout_has_hubs(&index->layout))
		kg_members_insert(inserter, row);
	else if (kg_pending_take_row(inserter, row))
		add_row(inserter, row->tid);
	else
		kg_list_add(store, LIST_UNDIRECTED, row->tid);
}

void
kg_insert_rows(KgInserter *inserter, KgIndex *index, KgStore *store, const KgRow *rows,
			   int count)
{
	const KgLayout *layout = &index->layout;

	begin(inserter, index, store);
	for (int i = 0; i < count; i += layout->members)
	{
		if (kg_layout_has_hubs(layout))
			kg_members_insert_page(inserter, rows + i, Min(count - i, layout->members));
		else
			kg_insert_row(inserter, index, store, rows + i);
	}
}
