/*
 * found.c
 *	  Nodes that a scan found and has not handed out: a heap by bound.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/scan/found.h"

#define HEAP_NAME heap
#define HEAP_ELEMENT KgFoundNode
#define HEAP_KEY bound
#include "lib/binary_heap.h"

#define INITIAL_ROOM 256

void
kg_found_init(KgFound *found)
{
	found->count = 0;
	found->capacity = INITIAL_ROOM;
	found->nodes = palloc(sizeof(KgFoundNode) * found->capacity);
}

void
kg_found_add(KgFound *found, const KgFoundNode *node)
{
	if (found->count == found->capacity)
	{
		found->capacity *= 2;
		found->nodes = repalloc_huge(found->nodes,
									 found->capacity * sizeof(KgFoundNode));
	}
	found->nodes[found->count] = *node;
	heap_sift_up(found->nodes, found->count++);
}

KgFoundNode
kg_found_pop(KgFound *found)
{
	return heap_pop(found->nodes, found->count--);
}
