/*
 * members.c
 *	  Adding rows where the nodes of a page share a list.
 *
 * A row joins the page with the nearest centre that has room, if that is near enough,
 * and offers its neighbours to the page's list.  Else it begins a new page.  A build, and
 * a merge of pending rows, put rows that are near each other on a new page at once.
 * Their mean, the page's centre, is what its hub stores; page_list.c chooses its list.
 *
 * A node stays on its page for as long as it lives.  What must hold is said of
 * pages: a page with a live node has an entry point, or a live node's page has a
 * pinned edge to one of its slots.  So a node that joins needs no edge, but the
 * page must have a live node, which is looked at under the page's lock: VACUUM
 * takes away the edges to pages that have none.
 */
#include "postgres.h"

#include "ann/core/back_edges.h"
#include "ann/core/candidates.h"
#include "ann/core/join.h"
#include "ann/core/members.h"
#include "ann/core/near_pages.h"
#include "ann/core/node_write.h"
#include "ann/core/page_list.h"
#include "ann/core/pending_row.h"
#include "ann/core/placement.h"
#include "ann/layout/duplicates.h"
#include "simd/simd.h"

/* Pages that pin an edge to a new one. */
#define HOLDERS 3

void
kg_members_init(KgInserter *inserter, const KgLayout *layout)
{
	kg_query_init(&inserter->centre);
	inserter->hub = palloc(layout->vector_bytes);
	inserter->members = palloc0(sizeof(KgMember) * layout->members);
	for (int i = 0; i < layout->members; i++)
	{
		KgMember   *member = &inserter->members[i];

		member->stored = palloc(layout->vector_bytes);
		member->vector = palloc(sizeof(float) * layout->shape.dim);
		if (layout->copy_bytes > 0)
			member->copy = palloc(layout->copy_bytes);
	}
	inserter->near_frame = palloc(kg_frame_bytes(layout));
	kg_page_list_init(inserter, layout);
}

/* Keeps the row that the inserter has, which is stored, as one of the new page's. */
static void
keep_member(KgInserter *inserter, int row)
{
	const KgLayout *layout = &inserter->index->layout;
	KgMember   *member = &inserter->members[inserter->member_count++];
	int			hub_frame;

	member->row = row;
	member->frame = inserter->frame;
	member->error = inserter->error;
	member->hash = inserter->query.hash;
	memcpy(member->stored, inserter->stored, layout->vector_bytes);
	if (member->copy)
		memcpy(member->copy, inserter->copy, layout->copy_bytes);
	hub_frame = inserter->members[0].frame;
	memcpy(member->vector, kg_query_view_vector(&inserter->query, hub_frame)->q,
		   sizeof(float) * layout->shape.dim);
}

/* Sets the inserter to such a row again. */
static void
take_member(KgInserter *inserter, const KgRow *rows, const KgMember *member)
{
	const KgLayout *layout = &inserter->index->layout;

	(void) kg_pending_take_row(inserter, &rows[member->row]);
	inserter->frame = member->frame;
	inserter->error = member->error;
	memcpy(inserter->stored, member->stored, layout->vector_bytes);
	if (member->copy)
		memcpy(inserter->copy, member->copy, layout->copy_bytes);
}

/* May the row be equal to one that was kept? */
static bool
is_like_member(const KgInserter *inserter)
{
	for (int i = 0; i < inserter->member_count; i++)
		if (inserter->members[i].hash == inserter->query.hash)
			return true;
	return false;
}

/*
 * Writing nodes.
 */

/* Sets work.owner to the page's centre in the hub's frame, as the hub stores it. */
static void
set_owner(KgInserter *inserter, int frame)
{
	const KgLayout *layout = &inserter->index->layout;
	const KgFrameView *view = kg_query_view_vector(&inserter->centre, frame);
	KgOwner    *owner = &inserter->work.owner;

	(void) kg_scalar_encode(layout->storage, view->q, layout->shape.dim,
							inserter->hub, owner->vector);
	owner->unit = view->unit;
	kg_geometry(layout)->own(layout, owner);
	if (layout->metric == KG_METRIC_IP)
		for (int i = 0; i < layout->shape.dim; i++)
			owner->whole[i] = (float) inserter->centre.y[i];
}

/* Writes the hub of a new page, with the first degree candidates as neighbours. */
static void
write_hub(KgInserter *inserter, NodeSlot *hub, BlockNumber block, int degree)
{
	const KgLayout *layout = &inserter->index->layout;

	memset(hub, 0, layout->vector);
	hub->chunk = KG_NO_CHUNK;
	hub->state = NODE_LIVE;
	hub->frame = inserter->members[0].frame;
	hub->length = (float) inserter->centre.norm;
	memcpy(slot_vector(layout, hub), inserter->hub, layout->vector_bytes);

	/* VACUUM may have emptied a neighbour's page since, and this may be it. */
	for (int i = 0; i < degree; i++)
		if (likely(node_block(layout, inserter->expanded[i].node) != block))
			kg_edges_put(layout, hub, hub->degree++, &inserter->work.owner,
						 &inserter->expanded[i]);
}

/* Writes a new page with the row's node; returns that. */
static uint32
write_page(KgInserter *inserter, KgTid tid, int degree)
{
	KgEdit		edit;
	KgAllocation position = {.from_pending = inserter->pending != NULL};
	uint32		node;

	set_owner(inserter, inserter->members[0].frame);
	node = kg_node_edit(inserter, KG_ANY_PAGE, &edit, &position);
	(void) kg_node_write_slot(inserter, tid, &position);
	write_hub(inserter, page_hub(position.page), position.block, degree);
	kg_edit_commit(&edit);
	kg_allocate_note(inserter->index, inserter->store, &position);
	return node;
}

/*
 * The edges between a new page and others.
 */

/* The member that is nearest to a neighbour, in the hub's frame. */
static int
nearest_member(const KgInserter *inserter, const KgNeighbor *neighbor)
{
	const KgLayout *layout = &inserter->index->layout;
	int			nearest = 0;
	float		least = 0;

	for (int i = 0; i < inserter->member_count; i++)
	{
		float		l2sq = kg_simd->l2sq_f32(inserter->members[i].vector,
											 neighbor->vector, layout->shape.dim);

		if (inserter->members[i].node == KG_NO_NODE || (i > nearest && l2sq >= least))
			continue;
		nearest = i;
		least = l2sq;
	}
	return nearest;
}

/*
 * Offers edges to a new page, to each of its neighbours one to the member that is
 * nearest to that.  The nearest must pin the edge or, if none of them can, the next
 * that can.
 */
static void
tell_page(KgInserter *inserter, const KgRow *rows, int degree)
{
	KgNeighbor *told = palloc(sizeof(KgNeighbor) * Max(degree, 1));
	int		   *nearest = palloc(sizeof(int) * Max(degree, 1));

	inserter->accepted = false;
	inserter->pinned = false;
	for (int i = 0; i < degree; i++)
	{
		inserter->expanded[i].pinned = i < HOLDERS;
		nearest[i] = nearest_member(inserter, &inserter->expanded[i]);
	}
	for (int m = 0; m < inserter->member_count; m++)
	{
		const KgMember *member = &inserter->members[m];
		int			count = 0;

		for (int i = 0; i < degree; i++)
			if (nearest[i] == m)
				told[count++] = inserter->expanded[i];
		if (count == 0)
			continue;
		take_member(inserter, rows, member);
		kg_back_edges_offer(inserter, told, count, member->node);
	}
	for (int i = 0; i < degree && !inserter->pinned; i++)
	{
		const KgMember *member = &inserter->members[nearest[i]];

		told[0] = inserter->expanded[i];
		told[0].pinned = true;
		take_member(inserter, rows, member);
		kg_back_edges_offer(inserter, told, 1, member->node);
	}
	if (degree > 0 && inserter->index->layout.metric != KG_METRIC_IP)
	{
		take_member(inserter, rows, &inserter->members[nearest[0]]);
		kg_back_edges_pin_below(inserter, &inserter->expanded[0],
								inserter->members[nearest[0]].node);
	}
	pfree(told);
	pfree(nearest);
}

/*
 * Puts the members on a new page.  The candidates are measured from the centre, and
 * their vectors are relative to their own frames.
 */
static void
begin_page(KgInserter *inserter, const KgRow *rows)
{
	KgIndex    *index = inserter->index;
	KgMember   *first = &inserter->members[0];
	BlockNumber block;
	KgEntryNeed need = ENTRY_OF_SAMPLE;
	int			degree;

	kg_placement_judge(inserter);
	inserter->frame = first->frame;
	degree = kg_page_list_choose(inserter);

	take_member(inserter, rows, first);
	first->node = write_page(inserter, rows[first->row].tid, degree);
	block = node_block(&index->layout, first->node);
	for (int i = 1; i < inserter->member_count; i++)
	{
		KgMember   *member = &inserter->members[i];

		take_member(inserter, rows, member);
		member->node = kg_join_page(inserter, rows[member->row].tid, block, 0);
	}
	tell_page(inserter, rows, degree);

	if (!inserter->pinned && index->layout.metric != KG_METRIC_IP)
		need = ENTRY_IS_ALONE;
	else if (inserter->remote)
		need = ENTRY_IS_FAR;
	for (int i = 0; i < inserter->member_count; i++)
	{
		KgMember   *member = &inserter->members[i];

		take_member(inserter, rows, member);
		if (member->node != KG_NO_NODE)
			kg_index_offer_entry(index, inserter->store, member->node,
								 inserter->query.norm, i == 0 ? need : ENTRY_OF_SAMPLE);
	}
}

/* Puts the members, whose places have this sum, on a new page around their mean. */
static void
begin_page_of_members(KgInserter *inserter, const KgRow *rows, const double *sum)
{
	int			dim = inserter->index->layout.shape.dim;
	double	   *centre = palloc(sizeof(double) * dim);

	for (int j = 0; j < dim; j++)
		centre[j] = sum[j] / inserter->member_count;
	kg_query_set_position(&inserter->centre, inserter->index, inserter->store, centre);
	kg_page_list_take_kept(inserter);
	begin_page(inserter, rows);
	pfree(centre);
}

/*
 * Sets the inserter to a row, with what its search finds as candidates, and stores it;
 * false if it has no node or shares that of an equal one.
 */
static bool
place_row(KgInserter *inserter, const KgRow *row)
{
	if (!kg_pending_take_row(inserter, row))
	{
		kg_list_add(inserter->store, LIST_UNDIRECTED, row->tid);
		return false;
	}
	kg_candidates_search(inserter, &inserter->query, inserter->index->ef_construction);
	if (kg_placement_add_to_equal(inserter, row->tid))
		return false;
	kg_placement_store(inserter);
	return true;
}

void
kg_members_insert(KgInserter *inserter, const KgRow *row)
{
	float		most;

	inserter->member_count = 0;
	inserter->near_count = 0;
	if (!place_row(inserter, row))
		return;
	most = kg_join_distance(inserter);
	kg_page_list_keep(inserter);
	if (kg_join_near_page(inserter, row->tid, most, inserter->near_count))
		return;
	keep_member(inserter, 0);
	begin_page_of_members(inserter, row, inserter->query.y);
}

/*
 * Rows that are put on a page together.
 */

typedef struct Group
{
	const KgRow *rows;
	int			count;
	double	   *mean;			/* of all: shape.dim doubles */
	double	   *sum;			/* of the members */
	int		   *later;			/* rows that are to be inserted one by one */
	int			later_count;
	bool		together;		/* one search for all */
} Group;

static void
begin_group(KgInserter *inserter, Group *group, const KgRow *rows, int count)
{
	int			dim = inserter->index->layout.shape.dim;

	group->rows = rows;
	group->count = count;
	group->mean = palloc0(sizeof(double) * dim);
	group->together = rows[0].pending == NULL &&
		kg_near_pages_suits(&inserter->index->layout);
	group->sum = palloc0(sizeof(double) * dim);
	group->later = palloc(sizeof(int) * count);
	group->later_count = 0;
	inserter->member_count = 0;
	inserter->near_count = 0;
	for (int i = 0; i < count && !group->together; i++)
		if (kg_pending_take_row(inserter, &rows[i]))
			for (int j = 0; j < dim; j++)
				group->mean[j] += inserter->query.y[j] / count;
}

/* Is the group's mean within a squared distance of the row? */
static bool
is_near_mean(const KgInserter *inserter, const Group *group, float most)
{
	double		square = 0;

	for (int j = 0; j < inserter->index->layout.shape.dim; j++)
	{
		double		difference = inserter->query.y[j] - group->mean[j];

		square += difference * difference;
	}
	return square <= most;
}

/*
 * A row of a build becomes a member of the group's page.  A pending row rather joins a
 * page that is near it, and is left for later if the group is not.
 */
static void
add_to_group(KgInserter *inserter, Group *group, int i)
{
	const KgRow *row = &group->rows[i];
	int			before = inserter->near_count;
	float		most;

	if (!place_row(inserter, row))
		return;
	most = kg_join_distance(inserter);
	kg_page_list_keep(inserter);
	if (row->pending)
	{
		bool		joined = kg_join_near_page(inserter, row->tid, most,
											   inserter->near_count - before);

		if (joined || !is_near_mean(inserter, group, most))
		{
			inserter->near_count = before;
			if (!joined)
				group->later[group->later_count++] = i;
			return;
		}
	}
	keep_member(inserter, i);
	for (int j = 0; j < inserter->index->layout.shape.dim; j++)
		group->sum[j] += inserter->query.y[j];
}

/* Adds the rows one by one, each by a search of its own. */
static void
add_each(KgInserter *inserter, Group *group)
{
	for (int i = 0; i < group->count; i++)
	{
		/* a row that is equal to a member finds its node later */
		if (kg_pending_take_row(inserter, &group->rows[i]) && is_like_member(inserter))
			group->later[group->later_count++] = i;
		else
			add_to_group(inserter, group, i);
	}
}

/* Sets the search's queries to the rows; which says which each one is. */
static void
set_queries(KgInserter *inserter, const Group *group, int *which)
{
	KgNearPages *near = kg_near_pages_get(inserter);

	near->count = 0;
	for (int i = 0; i < group->count; i++)
	{
		const KgRow *row = &group->rows[i];

		if (kg_query_set(&near->queries[near->count].query, inserter->index,
						 inserter->store, row->x))
			which[near->count++] = i;
		else
			kg_list_add(inserter->store, LIST_UNDIRECTED, row->tid);
	}
}

/* Adds the rows by one search for all. */
static void
add_together(KgInserter *inserter, Group *group)
{
	KgNearPages *near = kg_near_pages_get(inserter);
	int			dim = inserter->index->layout.shape.dim;
	int			which[KG_MAX_MEMBERS];
	int			query_of[KG_MAX_MEMBERS];

	set_queries(inserter, group, which);
	if (near->count > 0)
		kg_near_pages_search(inserter, InvalidBlockNumber);
	for (int i = 0; i < near->count; i++)
	{
		const KgRow *row = &group->rows[which[i]];

		(void) kg_pending_take_row(inserter, row);
		kg_near_pages_measure(inserter, i);
		if (is_like_member(inserter))
			group->later[group->later_count++] = which[i];
		else if (!kg_placement_add_to_equal(inserter, row->tid))
		{
			kg_placement_store(inserter);
			query_of[inserter->member_count] = i;
			keep_member(inserter, which[i]);
			for (int j = 0; j < dim; j++)
				group->sum[j] += inserter->query.y[j];
		}
	}
	if (inserter->member_count > 0)
	{
		kg_near_pages_align(inserter, inserter->members[0].frame);
		for (int i = 0; i < inserter->member_count; i++)
			kg_page_list_keep_of(inserter, query_of[i]);
	}
}

void
kg_members_insert_page(KgInserter *inserter, const KgRow *rows, int count)
{
	Group		group;

	begin_group(inserter, &group, rows, count);
	if (group.together)
		add_together(inserter, &group);
	else
		add_each(inserter, &group);
	if (inserter->member_count > 0)
		begin_page_of_members(inserter, rows, group.sum);
	/* others have filled the page meanwhile */
	for (int i = 0; i < inserter->member_count; i++)
		if (inserter->members[i].node == KG_NO_NODE)
			group.later[group.later_count++] = inserter->members[i].row;
	for (int i = 0; i < group.later_count; i++)
		kg_members_insert(inserter, &rows[group.later[i]]);
	pfree(group.mean);
	pfree(group.sum);
	pfree(group.later);
}
