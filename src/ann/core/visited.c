/*
 * seen.c
 *	  A set of node numbers.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "ann/core/visited.h"

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
	seen->noisy = false;
	if (seen->bitmap)
	{
		pfree(seen->bitmap);
		if (seen->settled)
			pfree(seen->settled);
		kg_seen_init(seen, seen->context);
		return;
	}
	if (++seen->generation == 0)
	{
		memset(seen->table, 0, ((Size) seen->mask + 1) * sizeof(uint64));
		seen->generation = 1;
	}
}

/* Is an entry of the hash in use? */
static inline bool
in_use(const KgSeen *seen, uint64 entry)
{
	return (uint16) (entry >> 48) == seen->generation;
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

/* A bitmap of as many bits as the set has now; the old one goes. */
static uint8 *
resize_bitmap(const KgSeen *seen, uint8 *old, uint64 old_bits)
{
	uint8	   *bitmap = MemoryContextAllocExtended(seen->context,
													seen->bitmap_nodes / 8,
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
grow_bitmaps(KgSeen *seen, uint64 node)
{
	uint64		old_bits = seen->bitmap_nodes;

	seen->bitmap_nodes = (node + 1 + node / 4 + 64) / 8 * 8;
	seen->bitmap = resize_bitmap(seen, seen->bitmap, old_bits);
	if (seen->noisy)
		seen->settled = resize_bitmap(seen, seen->settled, old_bits);
}

void
kg_seen_grow(KgSeen *seen, uint32 node)
{
	uint64		old_entries = (uint64) seen->mask + 1;
	uint64	   *old_table = seen->table;
	uint64		largest = node;

	for (uint64 i = 0; i < old_entries; i++)
		if (in_use(seen, old_table[i]))
			largest = Max(largest, (uint32) old_table[i]);

	if (largest / 8 < old_entries * 2 * sizeof(uint64))
	{
		seen->table = NULL;
		grow_bitmaps(seen, largest);
		for (uint64 i = 0; i < old_entries; i++)
		{
			if (!in_use(seen, old_table[i]))
				continue;
			set_bit(seen->bitmap, (uint32) old_table[i]);
			if (seen->noisy && (uint16) (old_table[i] >> 32) == 0)
				set_bit(seen->settled, (uint32) old_table[i]);
		}
		pfree(old_table);
		return;
	}

	seen->mask = old_entries * 2 - 1;
	seen->table = new_table(seen->context, old_entries * 2);
	for (uint64 i = 0; i < old_entries; i++)
		if (in_use(seen, old_table[i]))
			*kg_seen_entry(seen, (uint32) old_table[i]) = old_table[i];
	pfree(old_table);
}

KgMet
kg_seen_meet_bit(KgSeen *seen, uint32 node)
{
	if (node >= seen->bitmap_nodes)
		grow_bitmaps(seen, node);
	if (has_bit(seen->bitmap, node))
		return MET_BEFORE;
	set_bit(seen->bitmap, node);
	return MET_NEW;
}

bool
kg_seen_settle(KgSeen *seen, uint32 node)
{
	uint64	   *entry;

	if (seen->bitmap)
	{
		if (has_bit(seen->settled, node))
			return false;
		set_bit(seen->settled, node);
		return true;
	}
	entry = kg_seen_entry(seen, node);
	if ((uint16) (*entry >> 32) == 0)
		return false;
	*entry &= ~(UINT64CONST(0xffff) << 32);
	return true;
}

void
kg_seen_unsettle(KgSeen *seen, uint32 node)
{
	uint64	   *entry;

	if (seen->bitmap)
	{
		seen->settled[node / 8] &= ~(1 << (node % 8));
		return;
	}
	entry = kg_seen_entry(seen, node);
	if ((uint16) (*entry >> 32) == 0)
		*entry |= UINT64CONST(1) << 32;
}

bool
kg_seen_has(const KgSeen *seen, uint32 node)
{
	if (seen->bitmap)
		return node < seen->bitmap_nodes && has_bit(seen->bitmap, node);
	return in_use(seen, *kg_seen_entry(seen, node));
}
