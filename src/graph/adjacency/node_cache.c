/*
 * node_cache.c
 *	  Nodes that this backend has found on all-visible pages of their table.
 *
 * To look a node up by the index on its key is to visit a page of memory at
 * random.  So a backend remembers the heap blocks of nodes that it has found.  A
 * row on a page that has been all-visible ever since is there still, and every
 * snapshot sees it: who changes or deletes it clears the page's bit in the
 * visibility map before.  The bit may be set again later, by VACUUM; but whoever
 * sets bits also sets the LSN of the map's page, to that of a new WAL record, and
 * holds the page's exclusive lock for both.  So
 *
 *		the page of the map has the LSN that it had when the row was found, and
 *		the block's bit is set
 *
 * says that the bit has been set all the time.  A search copies a page of the map
 * when it needs it first, under lock, after it got its snapshot.  A map page with
 * another LSN makes the table forget all nodes.
 *
 * A row that is found after the page has been copied was there when it was copied:
 * the snapshot, which is older, sees it.  If the copy says that its block was
 * all-visible, it is remembered.
 *
 * Not in a SERIALIZABLE transaction: that has to leave locks on what it reads.
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

/* Tables of which nodes are remembered at a time. */
#define CACHED_TABLES 8

/* They share work_mem divided by this. */
#define MEMORY_DIVISOR 2

#define INITIAL_SLOTS 256

/* A slot is one of so many from where its hash says, or takes another's place. */
#define PROBES 16

/* Bytes of a uuid or a text that a slot has room for. */
#define BYTES_HERE 16

/* The rows of a slot's integers are together if they are in so many blocks. */
#define MAX_SPAN 32

/* A slot; of zero bytes if it is empty. */
typedef struct Slot
{
	uint64		tag;
} Slot;

/* Of 64 integers that follow each other: less than a byte each, mostly. */
typedef struct IntegerSlot
{
	uint64		tag;			/* the quotient + 1 */
	uint64		known;			/* whose rows are in these blocks: */
	BlockNumber first;
	BlockNumber last;
	BlockNumber *blocks;		/* of each, if they are not together */
} IntegerSlot;

/* Of a uuid or a text. */
typedef struct BytesSlot
{
	uint64		tag;			/* its hash, or 1 */
	BlockNumber block;
	uint32		length;
	union
	{
		char		here[BYTES_HERE];	/* if there are no more */
		char	   *elsewhere;
	}			bytes;
} BytesSlot;

#define SLOT_SIZE 32
StaticAssertDecl(sizeof(IntegerSlot) <= SLOT_SIZE && sizeof(BytesSlot) <= SLOT_SIZE,
				 "slots of both kinds fit");

/* What is remembered of a table. */
typedef struct CachedTable
{
	Oid			relid;			/* InvalidOid: free */
	Oid			filenumber;		/* of this file of the table, */
	KgKeyAttrs	key;			/* by these columns */
	bool		integers;
	uint64		serial;			/* never the same after something has been
								 * forgotten */
	uint64		last_used;
	MemoryContext context;		/* of the slots, or NULL */
	char	   *slots;			/* IntegerSlot or BytesSlot; or NULL */
	void	   *chunk;			/* where they have been allocated */
	uint64		mask;			/* number of slots less one */
	int			shift;			/* 64 less log2 of the number of slots */
	uint64		nused;
	bool		dense;			/* the slot of this tag is the first, and the
								 * others follow it */
	uint64		first_tag;
	XLogRecPtr	lsns[KG_MAP_PAGES]; /* of the map's pages; invalid: no row is
									 * from there */
} CachedTable;

static CachedTable cached_tables[CACHED_TABLES];
static uint64 last_serial;
static uint64 uses;

struct KgNodeCache
{
	const KgGraph *graph;
	Relation	heap;
	CachedTable *table;
	bool		texts;			/* of these, and no uuids */
	uint64		serial;			/* what the table had; else it is another now */
	bool		looked_at[KG_MAP_PAGES];
	uint8	   *maps[KG_MAP_PAGES]; /* copies of the map's pages, or NULL */
};

/* A key as slots have it. */
typedef struct CachedKey
{
	uint64		tag;
	int			nth;			/* of a slot's integers */
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

/* Has the backend room for so many bytes more?  Other tables make some. */
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

/* The entry of a table, which is made if there is none. */
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

	/* The map's LSN says nothing of a table without WAL. */
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

/* Copies a page of the map, and compares it with what is remembered. */
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

/* Has the block's page been all-visible since its rows were found? */
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

/* Where the slot of this tag should be: none is there, if "dense", from mask + 1 on. */
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

/* The slot of a key, or the empty one where it belongs; NULL if others are there. */
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

/* Is the row of a key where it was?  Its slot may be empty. */
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
	/* A look at a page of the map may make the table forget everything. */
	for (block = integers->first, last = integers->last; block <= last; block++)
	{
		if (!is_unchanged(cache, block))
			return false;
	}
	return true;
}

/* For integers without gaps to speak of, whose slots are near each other. */
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
 * Chooses the number of slots, with one for "tag": for integers one for each tag
 * between the least and the greatest, if these are not many more than there are.
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
	/* As much room before them as behind */
	table->first_tag = low - Min(low, (nslots - (high - low)) / 2);
	return nslots;
}

/* Makes room for more slots, and one with this tag, if there is memory. */
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
	/* No slot is on two lines. */
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

/* Room for what a slot does not hold itself, or NULL. */
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
		/* It is not known in which of the blocks each of the others is. */
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
