/*
 * seen.c
 *	  A set of node numbers.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/seen.h"

/* 64 kB: a walk of the default width never grows it. */
#define INITIAL_ENTRIES 8192

/* Empty entries have generation 0, sets start with 1. */
static uint64 *
new_table(MemoryContext context, uint64 entries)
{
	return MemoryContextAllocExtended(context, entries * sizeof(uint64),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

void
kg_seen_init(KgSeen *seen, MemoryContext context)
{
	memset(seen, 0, sizeof(KgSeen));
	seen->context = context;
	seen->mask = INITIAL_ENTRIES - 1;
	seen->table = new_table(context, INITIAL_ENTRIES);
	seen->generation = 1;
}

void
kg_seen_reset(KgSeen *seen)
{
	seen->count = 0;
	if (seen->bitmap)
	{
		pfree(seen->bitmap);
		kg_seen_init(seen, seen->context);
		return;
	}
	if (++seen->generation == 0)
	{
		memset(seen->table, 0, ((Size) seen->mask + 1) * sizeof(uint64));
		seen->generation = 1;
	}
}

static void
bitmap_add(KgSeen *seen, uint32 node)
{
	seen->bitmap[node / 8] |= 1 << (node % 8);
}

/* A bitmap that has the node and some to come. */
static uint8 *
new_bitmap(KgSeen *seen, uint64 nodes)
{
	seen->bitmap_nodes = (nodes + nodes / 4 + 64) / 8 * 8;
	return MemoryContextAllocExtended(seen->context, seen->bitmap_nodes / 8,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

void
kg_seen_grow(KgSeen *seen, uint32 node)
{
	uint64		old_entries = (uint64) seen->mask + 1;
	uint64	   *old_table = seen->table;
	uint64		largest = node;

	if (seen->bitmap)
	{
		uint8	   *old_bitmap = seen->bitmap;
		uint64		old_nodes = seen->bitmap_nodes;

		seen->bitmap = new_bitmap(seen, (uint64) node + 1);
		memcpy(seen->bitmap, old_bitmap, old_nodes / 8);
		pfree(old_bitmap);
		return;
	}

	for (uint64 i = 0; i < old_entries; i++)
		if ((uint32) (old_table[i] >> 32) == seen->generation)
			largest = Max(largest, (uint32) old_table[i]);

	if (largest / 8 < old_entries * 2 * sizeof(uint64))
	{
		seen->bitmap = new_bitmap(seen, largest + 1);
		for (uint64 i = 0; i < old_entries; i++)
			if ((uint32) (old_table[i] >> 32) == seen->generation)
				bitmap_add(seen, (uint32) old_table[i]);
		pfree(old_table);
		seen->table = NULL;
		return;
	}

	seen->mask = old_entries * 2 - 1;
	seen->table = new_table(seen->context, old_entries * 2);
	seen->count = 0;
	for (uint64 i = 0; i < old_entries; i++)
		if ((uint32) (old_table[i] >> 32) == seen->generation)
			kg_seen_add(seen, (uint32) old_table[i]);
	pfree(old_table);
}

bool
kg_seen_has(const KgSeen *seen, uint32 node)
{
	uint32		h;

	if (seen->bitmap)
		return node < seen->bitmap_nodes &&
			(seen->bitmap[node / 8] >> (node % 8)) & 1;
	for (h = kg_seen_hash(seen, node);
		 (uint32) (seen->table[h] >> 32) == seen->generation;
		 h = (h + 1) & seen->mask)
		if ((uint32) seen->table[h] == node)
			return true;
	return false;
}
