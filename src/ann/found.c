/*
 * found.c
 *	  Nodes that a scan found and has not handed out: a heap by bound.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/found.h"

#define INITIAL_ROOM 256

void
kg_found_init(KgFound *found)
{
	found->count = 0;
	found->room = INITIAL_ROOM;
	found->nodes = palloc(sizeof(KgFoundNode) * found->room);
}

void
kg_found_add(KgFound *found, const KgFoundNode *node)
{
	int64		i;

	if (found->count == found->room)
	{
		found->room *= 2;
		found->nodes = repalloc_huge(found->nodes,
									 found->room * sizeof(KgFoundNode));
	}
	for (i = found->count++; i > 0; i = (i - 1) / 2)
	{
		if (found->nodes[(i - 1) / 2].bound <= node->bound)
			break;
		found->nodes[i] = found->nodes[(i - 1) / 2];
	}
	found->nodes[i] = *node;
}

KgFoundNode
kg_found_pop(KgFound *found)
{
	KgFoundNode *nodes = found->nodes;
	KgFoundNode top = nodes[0];
	KgFoundNode moving = nodes[--found->count];
	int64		i = 0;

	for (;;)
	{
		int64		child = 2 * i + 1;

		if (child >= found->count)
			break;
		if (child + 1 < found->count &&
			nodes[child + 1].bound < nodes[child].bound)
			child++;
		if (moving.bound <= nodes[child].bound)
			break;
		nodes[i] = nodes[child];
		i = child;
	}
	nodes[i] = moving;
	return top;
}
