/*
 * node_cache.c
 *	  Nodes that this backend has found on all-visible pages of their table.
 *
 * To find a node by the index on its key is to visit a page of memory at
 * random.  So a backend remembers the heap blocks of nodes that it found on
 * all-visible pages.  A remembered node is still there, and visible to every
 * snapshot, if (1) the block's bit in the visibility map is set, and (2) the
 * LSN of the map's page is what it was when the node was found.  Then the bit
 * has been set all the time, so nobody deleted or updated the row.  Who may
 * have come between:
 *
 *	  - Whoever deletes or updates a row clears the bit of its block before he
 *		commits, which is before any snapshot misses the row.  Then (1) fails.
 *	  - VACUUM may have set the bit again.  It holds the exclusive lock of the
 *		map's page while it sets the bit, and the page's LSN to that of a new
 *		WAL record.  Then (2) fails.
 *	  - VACUUM may have truncated the table.  It cuts off only blocks without
 *		rows and clears their bits; new blocks get theirs as above.  A page of
 *		the map that was made anew has another LSN, or none: (2) fails.
 *	  - TRUNCATE, CLUSTER and the like may have given the table a new file.
 *		Nodes are remembered for one file.
 *
 * A search copies a page of the map when it first needs it, after it got its
 * snapshot, and under the page's share lock, so that bits and LSN belong
 * together.  It tests (1) and (2) on the copy, and forgets all nodes of the
 * table if (2) fails.  Changes after the copy do no harm: a deletion that
 * clears the bit later commits after the snapshot was taken, which therefore
 * sees the row; and a bit that is set later is not in the copy.
 *
 * A node that is found after the copy is remembered if the copy has its bit.
 * The row was there then, because the snapshot, which is older, sees it.
 * SERIALIZABLE transactions do without: they must leave locks on the index.
 */
#include "postgres.h"

#include "access/visibilitymap.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#include "graph/adjacency/node_cache.h"
#include "graph/adjacency/visibility.h"
#include "graph/catalog/dictionary.h"
#include "graph/catalog/key_hash.h"
#include "pg/buffer_hints.h"
#include "pg/compat.h"
#include "pg/visibility_map.h"

/* How many tables' nodes are remembered at a time. */
#define CACHED_TABLES 8

/* All of them together may take work_mem divided by this. */
#define MEMORY_DIVISOR 2

#define INITIAL_SLOTS 256

/* A key is in one of this many slots from its hash on, or replaces another. */
#define PROBES 16

/* Uuids and texts of up to this many bytes are in the slot itself. */
#define BYTES_HERE 16

/* A slot of integers has an array of blocks if its range is not shorter. */
#define MAX_SPAN 32

/* A slot of either kind; all bytes are zero if it is empty. */
typedef struct Slot
{
	uint64		tag;
} Slot;

/* A slot of 64 consecutive integers: less than a byte each, mostly. */
typedef struct IntegerSlot
{
	uint64		tag;			/* the integers divided by 64, plus 1 */
	uint64		known;			/* bitmap of those that are remembered */
	BlockNumber first;			/* their rows are in [first, last] */
	BlockNumber last;
	BlockNumber *blocks;		/* of each; NULL if the range is short */
} IntegerSlot;

/* A slot of a uuid or a text. */
typedef struct BytesSlot
{
	uint64		tag;			/* the key's hash; 1 if that is 0 */
	BlockNumber block;
	uint32		length;
	union
	{
		char		here[BYTES_HERE];	/* if "length" allows it */
		char	   *elsewhere;
	}			bytes;
} BytesSlot;

#define SLOT_SIZE 32
StaticAssertDecl(sizeof(IntegerSlot) <= SLOT_SIZE && sizeof(BytesSlot) <= SLOT_SIZE,
				 "slots of both kinds fit");

/* The nodes that are remembered of a table. */
typedef struct CachedTable
{
	Oid			relid;			/* InvalidOid: free */
	Oid			filenumber;		/* its file, */
	KgKeyAttrs	key;			/* and the columns of the key */
	bool		integers;
	uint64		serial;			/* never the same after nodes are forgotten */
	uint64		last_used;
	MemoryContext context;		/* of the slots, or NULL */
	char	   *slots;			/* IntegerSlot or BytesSlot; or NULL */
	void	   *chunk;			/* the allocation that contains the slots */
	uint64		mask;			/* number of slots less one */
	int			shift;			/* 64 less log2 of the number of slots */
	uint64		nused;
	bool		dense;			/* slots are of consecutive tags from
								 * first_tag on; else it is a hash table */
	uint64		first_tag;
	XLogRecPtr	lsns[KG_MAP_PAGES]; /* as in (2); 0: no node is from there */
} CachedTable;

static CachedTable cached_tables[CACHED_TABLES];
static uint64 last_serial;
static uint64 uses;

struct KgNodeCache
{
	const KgGraph *graph;
	Relation	heap;
	CachedTable *table;
	bool		texts;			/* if not integers: texts, or else uuids */
	uint64		serial;			/* the table's when the cache was opened */
	bool		looked_at[KG_MAP_PAGES];
	uint8	   *maps[KG_MAP_PAGES]; /* copies of the map's pages, or NULL */
};

/* A key in the form that slots have. */
typedef struct CachedKey
{
	uint64		tag;
	int			nth;			/* which of the slot's 64 integers */
	const char *bytes;
	uint32		length;
} CachedKey;

static void
forget(CachedTable *table)
{
	if (table->context != NULL)
		MemoryContextDelete(table->context);
	table->context = NULL;
	table->slots = NULL;
	table->nused = 0;
	table->serial = ++last_serial;
}

/* Is there memory for "size" bytes?  Other tables are forgotten for it. */
static bool
make_room(CachedTable *table, Size size)
{
	Size		limit = (Size) work_mem * 1024 / MEMORY_DIVISOR;

	for (;;)
	{
		CachedTable *oldest = NULL;
		Size		used = size;

		for (int i = 0; i < CACHED_TABLES; i++)
		{
			CachedTable *other = &cached_tables[i];

			if (other->context == NULL)
				continue;
			used += MemoryContextMemAllocated(other->context, true);
			if (other != table && (oldest == NULL || other->last_used < oldest->last_used))
				oldest = other;
		}
		if (used <= limit)
			return true;
		if (oldest == NULL)
			return false;
		forget(oldest);
	}
}

/* Finds the entry of a table, or makes one in place of the oldest. */
static CachedTable *
find_table(Relation heap, const KgKeyAttrs *key, bool integers)
{
	CachedTable *oldest = &cached_tables[0];

	for (int i = 0; i < CACHED_TABLES; i++)
	{
		CachedTable *table = &cached_tables[i];

		if (table->relid == RelationGetRelid(heap) && table->integers == integers &&
			table->filenumber == heap->rd_locator.relNumber && table->key.n == key->n &&
			memcmp(table->key.attnos, key->attnos, key->n * sizeof(AttrNumber)) == 0)
			return table;
		if (table->last_used < oldest->last_used)
			oldest = table;
	}
	forget(oldest);
	oldest->relid = RelationGetRelid(heap);
	oldest->filenumber = heap->rd_locator.relNumber;
	oldest->key = *key;
	oldest->integers = integers;
	memset(oldest->lsns, 0, sizeof(oldest->lsns));
	return oldest;
}

KgNodeCache *
kg_node_cache_open(const KgGraph *graph, int table, Relation heap, const KgKeyAttrs *key)
{
	KgNodeCache *cache;

	/* Without WAL, setting a bit does not change the LSN. */
	if (IsolationIsSerializable() || !RelationIsPermanent(heap) || !RelationNeedsWAL(heap))
		return NULL;
	cache = palloc0(sizeof(KgNodeCache));
	cache->graph = graph;
	cache->texts = graph->node_tables[table].kind == KG_KEY_TEXT;
	cache->heap = heap;
	cache->table = find_table(heap, key, graph->node_tables[table].kind == KG_KEY_INTEGER);
	cache->table->last_used = ++uses;
	cache->serial = cache->table->serial;
	return cache;
}

void
kg_node_cache_close(KgNodeCache *cache)
{
	if (cache == NULL)
		return;
	for (int i = 0; i < KG_MAP_PAGES; i++)
	{
		if (cache->maps[i] != NULL)
			pfree(cache->maps[i]);
	}
	pfree(cache);
}

/* Copies a page of the map; forgets all nodes if its LSN has changed. */
static pg_noinline void
copy_map(KgNodeCache *cache, BlockNumber number)
{
	Buffer		buffer = InvalidBuffer;
	CachedTable *table = cache->table;
	uint8	   *copy;
	XLogRecPtr	lsn;

	cache->looked_at[number] = true;
	(void) visibilitymap_get_status(cache->heap, number * KG_BLOCKS_A_MAP_PAGE, &buffer);
	if (!BufferIsValid(buffer))
		return;
	copy = palloc(BLCKSZ);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	lsn = PageGetLSN(BufferGetPage(buffer));
	memcpy(copy, PageGetContents(BufferGetPage(buffer)),
		   BLCKSZ - MAXALIGN(SizeOfPageHeaderData));
	UnlockReleaseBuffer(buffer);
	if (XLogRecPtrIsInvalid(lsn))
	{
		pfree(copy);
		return;
	}
	cache->maps[number] = copy;
	if (table->lsns[number] == lsn)
		return;
	if (!XLogRecPtrIsInvalid(table->lsns[number]))
	{
		forget(table);
		cache->serial = table->serial;
	}
	table->lsns[number] = lsn;
}

/* Do (1) and (2) above hold for the block? */
static inline bool
is_unchanged(KgNodeCache *cache, BlockNumber block)
{
	BlockNumber number = block / KG_BLOCKS_A_MAP_PAGE;

	if (number >= KG_MAP_PAGES)
		return false;
	if (unlikely(!cache->looked_at[number]))
		copy_map(cache, number);
	return cache->maps[number] != NULL && kg_map_shows_all_visible(cache->maps[number], block);
}

static inline CachedKey
make_key(const KgNodeCache *cache, int64 node)
{
	Datum		datum = cache->graph->keys == NULL ? Int64GetDatum(node) :
	kg_keys_datum(cache->graph, node);
	CachedKey	key = {0};

	if (cache->table->integers)
	{
		key.tag = DatumGetUInt64(datum) / 64 + 1;
		key.nth = DatumGetUInt64(datum) % 64;
		return key;
	}
	key.bytes = DatumGetPointer(datum);
	key.length = UUID_LEN;
	if (cache->texts)
	{
		key.bytes = VARDATA_ANY(DatumGetPointer(datum));
		key.length = VARSIZE_ANY_EXHDR(DatumGetPointer(datum));
	}
	key.tag = Max(kg_hash_key_bytes(key.bytes, key.length, 0), 1);
	return key;
}

static inline Slot *
nth_slot(const CachedTable *table, uint64 i)
{
	return (Slot *) (table->slots + i * SLOT_SIZE);
}

/* Where this tag's slot should be; above "mask" if "dense" has none. */
static inline uint64
position_of(const CachedTable *table, uint64 tag)
{
	if (table->dense)
		return tag - table->first_tag;
	return (table->integers ? kg_mix(tag) : tag) >> table->shift;
}

static inline bool
is_of_key(const CachedTable *table, const Slot *slot, const CachedKey *key)
{
	const BytesSlot *text = (const BytesSlot *) slot;

	if (slot->tag != key->tag)
		return false;
	return table->integers ||
		(text->length == key->length &&
		 memcmp(text->length <= BYTES_HERE ? text->bytes.here : text->bytes.elsewhere,
				key->bytes, key->length) == 0);
}

/* A key's slot, or an empty one for it; NULL if other keys have them all. */
static inline Slot *
find_slot(const CachedTable *table, const CachedKey *key)
{
	uint64		i = position_of(table, key->tag);

	if (table->dense)
		return i <= table->mask ? nth_slot(table, i) : NULL;
	for (int probe = 0; probe < PROBES; probe++, i = (i + 1) & table->mask)
	{
		Slot	   *slot = nth_slot(table, i);

		if (slot->tag == 0 || is_of_key(table, slot, key))
			return slot;
	}
	return NULL;
}

/* Is the row of the key known to be where it was?  A slot may be empty. */
static inline bool
is_there(KgNodeCache *cache, const Slot *slot, const CachedKey *key)
{
	const IntegerSlot *integers = (const IntegerSlot *) slot;
	BlockNumber block;
	BlockNumber last;

	if (!cache->table->integers)
		return slot->tag != 0 && is_unchanged(cache, ((const BytesSlot *) slot)->block);
	if (((integers->known >> key->nth) & 1) == 0)
		return false;
	if (integers->blocks != NULL)
		return is_unchanged(cache, integers->blocks[key->nth]);
	/* A copy of the map may make the table forget its nodes, and this slot. */
	for (block = integers->first, last = integers->last; block <= last; block++)
	{
		if (!is_unchanged(cache, block))
			return false;
	}
	return true;
}

/* find_some for integers with few gaps, whose slots are close together. */
static void
find_dense(KgNodeCache *cache, const int64 *nodes, int n, bool *there)
{
	const CachedTable *table = cache->table;

	for (int i = 0; i < n; i++)
		kg_prefetch(nth_slot(table, position_of(table, (uint64) nodes[i] / 64 + 1)));
	for (int i = 0; i < n && table->slots != NULL; i++)
	{
		CachedKey	key = {(uint64) nodes[i] / 64 + 1, (uint64) nodes[i] % 64};
		const Slot *slot = find_slot(table, &key);

		there[i] = slot != NULL && is_there(cache, slot, &key) && table->slots != NULL;
	}
}

static void
find_some(KgNodeCache *cache, const int64 *nodes, int n, bool *there)
{
	const CachedTable *table = cache->table;
	CachedKey	keys[KG_KEYS_AHEAD];

	for (int i = 0; i < n; i++)
	{
		keys[i] = make_key(cache, nodes[i]);
		kg_prefetch(nth_slot(table, position_of(table, keys[i].tag)));
	}
	for (int i = 0; i < n && table->slots != NULL; i++)
	{
		Slot	   *slot = find_slot(table, &keys[i]);

		there[i] = slot != NULL && is_there(cache, slot, &keys[i]) && table->slots != NULL;
	}
}

void
kg_node_cache_find(KgNodeCache *cache, const int64 *nodes, int n, bool *there)
{
	memset(there, false, n * sizeof(bool));
	if (cache == NULL || cache->table->serial != cache->serial)
		return;
	for (int i = 0; i < n && cache->table->slots != NULL; i += KG_KEYS_AHEAD)
		(cache->graph->keys == NULL && cache->table->dense ? find_dense : find_some)
			(cache, nodes + i, Min(n - i, KG_KEYS_AHEAD), there + i);
}

/*
 * Chooses the new number of slots, including one for "tag", and whether they
 * are dense: integers have a slot for each tag between the least and the
 * greatest, if these are not many more than the slots in use.
 */
static uint64
choose_slots(CachedTable *table, uint64 tag)
{
	uint64		nslots = table->slots == NULL ? INITIAL_SLOTS : 2 * (table->mask + 1);
	uint64		low = tag;
	uint64		high = tag;

	for (uint64 i = 0; table->slots != NULL && i <= table->mask; i++)
	{
		uint64		other = nth_slot(table, i)->tag;

		low = other == 0 ? low : Min(low, other);
		high = Max(high, other);
	}
	table->dense = table->integers && high - low < Max(INITIAL_SLOTS, 4 * (table->nused + 1));
	if (!table->dense)
		return nslots;
	for (nslots = INITIAL_SLOTS; nslots <= high - low;)
		nslots *= 2;
	/* As many spare slots before the tags as after them */
	table->first_tag = low - Min(low, (nslots - (high - low)) / 2);
	return nslots;
}

/* Adds slots, and one for this tag, if there is memory. */
static pg_noinline void
grow(CachedTable *table, uint64 tag)
{
	CachedTable old = *table;
	uint64		nslots;

	if (table->context == NULL)
		table->context = AllocSetContextCreate(TopMemoryContext, "kg node cache",
											   ALLOCSET_DEFAULT_SIZES);
	old.context = table->context;
	nslots = choose_slots(table, tag);
	table->chunk = make_room(table, nslots * SLOT_SIZE) ?
		MemoryContextAllocExtended(table->context, nslots * SLOT_SIZE + KG_CACHE_LINE,
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO | MCXT_ALLOC_NO_OOM) : NULL;
	if (table->chunk == NULL)
	{
		*table = old;
		return;
	}
	/* No slot crosses a cache line. */
	table->slots = (char *) TYPEALIGN(KG_CACHE_LINE, table->chunk);
	table->mask = nslots - 1;
	table->shift = 64 - pg_leftmost_one_pos64(nslots);
	if (old.slots == NULL)
		return;
	for (uint64 i = 0; i <= old.mask; i++)
	{
		Slot	   *slot = nth_slot(&old, i);
		uint64		j = position_of(table, slot->tag);

		if (slot->tag == 0)
			continue;
		while (nth_slot(table, j)->tag != 0)
			j = (j + 1) & table->mask;
		memcpy(nth_slot(table, j), slot, SLOT_SIZE);
	}
	pfree(old.chunk);
}

/* Empties a slot for another key. */
static void
clear_slot(CachedTable *table, Slot *slot)
{
	IntegerSlot *integers = (IntegerSlot *) slot;
	BytesSlot  *text = (BytesSlot *) slot;

	if (table->integers && integers->blocks != NULL)
		pfree(integers->blocks);
	if (!table->integers && text->length > BYTES_HERE)
		pfree(text->bytes.elsewhere);
	memset(slot, 0, SLOT_SIZE);
	table->nused--;
}

/* Allocates memory for what does not fit a slot; NULL if there is none. */
static void *
allocate(CachedTable *table, Size size)
{
	return make_room(table, size) ? MemoryContextAlloc(table->context, size) : NULL;
}

static void
note_text(CachedTable *table, BytesSlot *slot, const CachedKey *key, BlockNumber block)
{
	char	   *bytes = slot->bytes.here;

	if (slot->tag == 0)
	{
		if (key->length > BYTES_HERE)
			bytes = slot->bytes.elsewhere = allocate(table, key->length);
		if (bytes == NULL)
			return;
		memcpy(bytes, key->bytes, key->length);
		slot->length = key->length;
		slot->tag = key->tag;
		table->nused++;
	}
	slot->block = block;
}

static void
note_integer(CachedTable *table, IntegerSlot *slot, const CachedKey *key, BlockNumber block)
{
	if (slot->tag == 0)
	{
		slot->tag = key->tag;
		table->nused++;
	}
	if (slot->blocks == NULL && slot->known != 0 &&
		Max(slot->last, block) - Min(slot->first, block) >= MAX_SPAN)
	{
		/* The others are forgotten: their blocks are not known one by one. */
		slot->known = 0;
		slot->blocks = allocate(table, 64 * sizeof(BlockNumber));
	}
	if (slot->known == 0)
		slot->first = slot->last = block;
	slot->first = Min(slot->first, block);
	slot->last = Max(slot->last, block);
	if (slot->blocks != NULL)
		slot->blocks[key->nth] = block;
	slot->known |= UINT64CONST(1) << key->nth;
}

void
kg_node_cache_add(KgNodeCache *cache, int64 node, BlockNumber block)
{
	CachedTable *table;
	CachedKey	key;
	Slot	   *slot;

	if (cache == NULL || cache->table->serial != cache->serial || !is_unchanged(cache, block))
		return;
	table = cache->table;
	key = make_key(cache, node);
	slot = table->slots == NULL ? NULL : find_slot(table, &key);
	/* At most three slots of four are in use, if memory allows. */
	if (table->slots == NULL ||
		(table->dense ? slot == NULL : (table->nused + 1) * 4 > (table->mask + 1) * 3))
	{
		grow(table, key.tag);
		if (table->slots == NULL)
			return;
		slot = find_slot(table, &key);
	}
	if (slot == NULL)
	{
		if (table->dense)
			return;
		slot = nth_slot(table, position_of(table, key.tag));
		clear_slot(table, slot);
	}
	if (table->integers)
		note_integer(table, (IntegerSlot *) slot, &key, block);
	else
		note_text(table, (BytesSlot *) slot, &key, block);
}
