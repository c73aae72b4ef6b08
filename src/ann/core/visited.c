/*
 * visited.c
 *	  A set of node numbers.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/core/visited.h"

/*
 * 16 kB, which stay in the first cache.  A search for a recall of .95 does not grow it, and one
 * that does pays less for that than for the misses of a larger one.
 */
#define INITIAL_ENTRIES 2048

/* Empty entries have generation 0, sets start with 1. */
static uint64 *
new_table(MemoryContext context, uint64 entries)
{
	return MemoryContextAllocExtended(context, entries * sizeof(uint64),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

void
kg_visited_init(KgVisited *visited, MemoryContext context)
{
	memset(visited, 0, sizeof(KgVisited));
	visited->context = context;
	visited->mask = INITIAL_ENTRIES - 1;
	visited->table = new_table(context, INITIAL_ENTRIES);
	visited->generation = 1;
}

void
kg_visited_reset(KgVisited *visited)
{
	visited->count = 0;
	visited->noisy = visited->ranked = false;
	if (visited->bitmap)
	{
		pfree(visited->bitmap);
		if (visited->expanded)
			pfree(visited->expanded);
		kg_visited_init(visited, visited->context);
		return;
	}
	if (++visited->generation == 0)
	{
		memset(visited->table, 0, ((Size) visited->mask + 1) * sizeof(uint64));
		visited->generation = 1;
	}
}

/* Is an entry of the hash in use? */
static inline bool
in_use(const KgVisited *visited, uint64 entry)
{
	return (uint16) (entry >> 48) == visited->generation;
}

static inline void
set_bit(uint8 *bitmap, uint32 node)
{
	bitmap[node / 8] |= 1 << (node % 8);
}

static inline bool
has_bit(const uint8 *bitmap, uint32 node)
{
	return (bitmap[node / 8] >> (node % 8)) & 1;
}

/* A bitmap of bitmap_nodes bits; copies and frees the old one. */
static uint8 *
resize_bitmap(const KgVisited *visited, uint8 *old, uint64 old_bits)
{
	uint8	   *bitmap = MemoryContextAllocExtended(visited->context,
													visited->bitmap_nodes / 8,
													MCXT_ALLOC_HUGE |
													MCXT_ALLOC_ZERO);

	if (old)
	{
		memcpy(bitmap, old, old_bits / 8);
		pfree(old);
	}
	return bitmap;
}

/* Makes the bitmaps long enough for a node and some to come. */
static void
grow_bitmaps(KgVisited *visited, uint64 node)
{
	uint64		old_bits = visited->bitmap_nodes;

	visited->bitmap_nodes = (node + 1 + node / 4 + 64) / 8 * 8;
	visited->bitmap = resize_bitmap(visited, visited->bitmap, old_bits);
	if (visited->noisy)
		visited->expanded = resize_bitmap(visited, visited->expanded, old_bits);
}

void
kg_visited_grow(KgVisited *visited, uint32 node)
{
	uint64		old_entries = (uint64) visited->mask + 1;
	uint64	   *old_table = visited->table;
	uint64		largest = node;

	for (uint64 i = 0; i < old_entries; i++)
		if (in_use(visited, old_table[i]))
			largest = Max(largest, (uint32) old_table[i]);

	if (!visited->ranked && largest / 8 < old_entries * 2 * sizeof(uint64))
	{
		visited->table = NULL;
		grow_bitmaps(visited, largest);
		for (uint64 i = 0; i < old_entries; i++)
		{
			if (!in_use(visited, old_table[i]))
				continue;
			set_bit(visited->bitmap, (uint32) old_table[i]);
			if (visited->noisy && (uint16) (old_table[i] >> 32) == 0)
				set_bit(visited->expanded, (uint32) old_table[i]);
		}
		pfree(old_table);
		return;
	}

	visited->mask = old_entries * 2 - 1;
	visited->table = new_table(visited->context, old_entries * 2);
	for (uint64 i = 0; i < old_entries; i++)
		if (in_use(visited, old_table[i]))
			*kg_visited_entry(visited, (uint32) old_table[i]) = old_table[i];
	pfree(old_table);
}

KgMet
kg_visited_meet_bit(KgVisited *visited, uint32 node)
{
	if (node >= visited->bitmap_nodes)
		grow_bitmaps(visited, node);
	if (has_bit(visited->bitmap, node))
		return MET_BEFORE;
	set_bit(visited->bitmap, node);
	return MET_NEW;
}

bool
kg_visited_expand(KgVisited *visited, uint32 node)
{
	uint64	   *entry;

	if (visited->bitmap)
	{
		if (has_bit(visited->expanded, node))
			return false;
		set_bit(visited->expanded, node);
		return true;
	}
	entry = kg_visited_entry(visited, node);
	if ((uint16) (*entry >> 32) == 0)
		return false;
	*entry &= ~(UINT64CONST(0xffff) << 32);
	return true;
}

void
kg_visited_unexpand(KgVisited *visited, uint32 node)
{
	uint64	   *entry;

	if (visited->bitmap)
	{
		visited->expanded[node / 8] &= ~(1 << (node % 8));
		return;
	}
	entry = kg_visited_entry(visited, node);
	if ((uint16) (*entry >> 32) == 0)
		*entry |= UINT64CONST(1) << 32;
}

bool
kg_visited_has(const KgVisited *visited, uint32 node)
{
	if (visited->bitmap)
		return node < visited->bitmap_nodes && has_bit(visited->bitmap, node);
	return in_use(visited, *kg_visited_entry(visited, node));
}
