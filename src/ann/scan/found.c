/*
 * found.c
 *	  Nodes that a scan found and has not handed out: a heap by bound.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/layout/duplicates.h"
#include "ann/scan/found.h"

#define HEAP_NAME heap
#define HEAP_ELEMENT KgFoundNode
#define HEAP_KEY bound
#include "lib/binary_heap.h"

#define INITIAL_CAPACITY 256

void
kg_found_init(KgFound *found)
{
	found->count = 0;
	found->capacity = INITIAL_CAPACITY;
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
	heap_push(found->nodes, found->count++, *node);
}

KgFoundNode
kg_found_pop(KgFound *found)
{
	return heap_pop(found->nodes, found->count--);
}

KgTid *
kg_found_read_rows(KgStore *store, const KgFoundNode *node, KgTid *tids,
				   int *count, int *capacity)
{
	const NodeSlot *slot;

	*count = 1;
	tids[0] = node->tid;
	if (node->chunk == KG_NO_CHUNK)
		return tids;
	slot = kg_store_read_node(store, node->node);
	if (slot->state == NODE_LIVE && slot->generation == node->generation)
	{
		tids[0] = slot->tid;
		tids = kg_duplicates_read(store, slot->chunk, tids, count, capacity);
	}
	kg_store_done(store);
	return tids;
}
