/*
 * join.c
 *	  Where nodes share lists: a row on a page that has nodes.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/back_edges.h"
#include "ann/core/join.h"
#include "ann/core/node_write.h"

/*
 * The more of the slots around the row are free, the farther it may go for one: by all
 * slots divided by those taken, to this power.
 */
#define FREE_POWER 3

/* Near pages that are told of a row that has joined another. */
#define PAGES_TOLD 20

/* Of these the nearest, one of which is to name it: see name_members() in page_list.c. */
#define NAMERS 4

float
kg_join_distance(const KgInserter *inserter)
{
	float		nearest[KG_MAX_MEMBERS];
	int			members = inserter->index->layout.members;
	double		room = (double) inserter->slots /
	Max(inserter->slots - inserter->free_slots, 1);
	int			count = 0;

	for (int i = 0; i < inserter->count; i++)
	{
		float		l2sq = inserter->expanded[i].l2sq;
		int			at;

		if (count == members && l2sq >= nearest[count - 1])
			continue;
		at = count < members ? count++ : count - 1;
		for (; at > 0 && nearest[at - 1] > l2sq; at--)
			nearest[at] = nearest[at - 1];
		nearest[at] = l2sq;
	}
	if (count < members)
		return INFINITY;
	return (float) (nearest[count - 1] * pow(room, 2 * FREE_POWER));
}

/* Offers what was kept as near the row, count candidates, to the list of its page. */
static void
offer_near(KgInserter *inserter, NodeSlot *hub, BlockNumber block, int count)
{
	const KgLayout *layout = &inserter->index->layout;

	for (int i = inserter->near_count - count; i < inserter->near_count; i++)
	{
		const KgNeighbor *near = &inserter->near[i];
		KgOffer		offer = {.node = near->node,.error = near->error};

		if (node_block(layout, near->node) == block)
			continue;
		memcpy(offer.words, near->words, sizeof(offer.words));
		kg_query_set_stored(&inserter->centre, inserter->store, near->frame,
							inserter->near_frame, near->vector);
		(void) kg_edges_offer(&inserter->work, inserter->store, hub, &offer,
							  &inserter->centre);
	}
}

uint32
kg_join_page(KgInserter *inserter, KgTid tid, BlockNumber block, int near)
{
	KgEdit		edit;
	KgAllocation position = {0};
	uint32		node = kg_node_edit(inserter, block, &edit, &position);

	if (node == KG_NO_NODE)
		return node;
	(void) kg_node_write_slot(inserter, tid, &position);
	if (near > 0)
	{
		kg_edges_come_nearer(&inserter->index->layout, page_hub(position.page),
							 &inserter->query);
		offer_near(inserter, page_hub(position.page), block, near);
		if (page_hub(position.page)->generation < UINT16_MAX)
			page_hub(position.page)->generation++;
	}
	kg_edit_commit(&edit);
	return node;
}

/* Offers a node that has joined a page to the lists of other pages near it. */
static void
tell_near_pages(KgInserter *inserter, uint32 node)
{
	const KgLayout *layout = &inserter->index->layout;
	KgNeighbor	told[PAGES_TOLD];
	int			count = 0;

	for (int i = 0; i < inserter->count && count < PAGES_TOLD; i++)
	{
		const KgNeighbor *candidate = &inserter->expanded[i];
		int			same = 0;

		while (same < count && !same_end(layout, told[same].node, candidate->node))
			same++;
		if (same == count && !same_end(layout, candidate->node, node))
		{
			told[count] = *candidate;
			told[count].named = count < NAMERS && kg_edges_by_nearness(layout);
			count++;
		}
	}
	inserter->named = false;
	kg_back_edges_offer(inserter, told, count, node);
}

bool
kg_join_near_page(KgInserter *inserter, KgTid tid, float most, int near)
{
	uint32		node = KG_NO_NODE;

	kg_frame_read(inserter->store, inserter->frame, inserter->near_frame);
	while (node == KG_NO_NODE)
	{
		KgOpenPage *nearest = NULL;

		for (int i = 0; i < inserter->open_count; i++)
			if (inserter->open[i].l2sq <= (nearest ? nearest->l2sq : most))
				nearest = &inserter->open[i];
		if (nearest == NULL)
			return false;
		node = kg_join_page(inserter, tid, nearest->block, near);
		*nearest = inserter->open[--inserter->open_count];
	}
	tell_near_pages(inserter, node);
	kg_index_offer_entry(inserter->index, inserter->store, node, inserter->query.norm,
						 ENTRY_OF_SAMPLE);
	return true;
}
