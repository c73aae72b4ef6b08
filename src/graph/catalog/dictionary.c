/*
 * dictionary.c
 *	  The dictionary of a graph: numbers of nodes for their keys.
 *
 * It consists of an array of keys, whose nodes have consecutive numbers, and a
 * hash table of these numbers.  Its memory counts as work_mem.  The array is
 * in parts, so that it grows without a copy: the first access to memory from
 * the system takes longer than everything else.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "graph/catalog/columns.h"
#include "graph/catalog/dictionary.h"
#include "graph/catalog/key_hash.h"
#include "graph/catalog/memory.h"
#include "pg/buffer_hints.h"

#define INITIAL_SLOTS 1024

/* Keys in a part of their array. */
#define PART_BITS 10
#define PART_KEYS (1 << PART_BITS)

/* The bytes of keys that are no integers are allocated in blocks. */
#define BLOCK_SIZE 8192

/*
 * A slot has the number of a node and the upper half of its hash.  That half
 * tells most different keys apart, and gives the slot's position in a larger
 * table.
 */
#define NODE_MASK UINT64CONST(0xFFFFFFFF)

typedef struct Key
{
	union
	{
		int64		number;
		const char *bytes;		/* a text's have a header before them */
	}			value;
	uint32		length;			/* of the bytes */
	int32		table;			/* in graph->node_tables */
} Key;

typedef struct KgKeys
{
	KgMemory	memory;
	Key		  **parts;			/* the i-th key is that of node i + 1 */
	Size		parts_capacity;
	uint64		n;
	uint64	   *slots;			/* number of a node, and above NODE_MASK a
								 * part of its hash; 0: empty */
	uint64		mask;			/* number of slots less one */
	int			shift;			/* 64 less log2 of the number of slots */
	char	   *block;
	Size		block_free;
} KgKeys;

static inline uint64
hash_key(const Key *key, KgKeyKind kind)
{
	uint64		seed = (uint64) key->table << 32;

	return kind == KG_KEY_INTEGER ? kg_mix(kg_mix(seed) ^ key->value.number) :
		kg_hash_key_bytes(key->value.bytes, key->length, seed);
}

static inline bool
keys_equal(const Key *a, const Key *b, KgKeyKind kind)
{
	if (a->table != b->table)
		return false;
	if (kind == KG_KEY_INTEGER)
		return a->value.number == b->value.number;
	return a->length == b->length && memcmp(a->value.bytes, b->value.bytes, a->length) == 0;
}

static KgKeyKind
kind_of(const KgGraph *graph, const Key *key)
{
	return graph->node_tables[key->table].kind;
}

static inline Key *
nth_key(const KgKeys *keys, uint64 i)
{
	return &keys->parts[i >> PART_BITS][i & (PART_KEYS - 1)];
}

KgKeys *
kg_keys_create(const KgGraph *graph)
{
	KgKeys	   *keys = palloc0(sizeof(KgKeys));

	kg_memory_init(&keys->memory, 0, "reach fewer entities");
	keys->mask = INITIAL_SLOTS - 1;
	keys->shift = 64 - pg_leftmost_one_pos64(INITIAL_SLOTS);
	keys->slots = kg_memory_alloc0(&keys->memory, (keys->mask + 1) * sizeof(uint64));
	return keys;
}

void
kg_keys_for_maintenance(const KgGraph *graph)
{
	if (graph->keys != NULL)
		kg_memory_for_maintenance(&graph->keys->memory);
}

/* The slot of a key with this hash, or the empty slot where it belongs. */
static inline uint64 *
find_slot(const KgGraph *graph, const Key *key, uint64 hash)
{
	KgKeys	   *keys = graph->keys;
	KgKeyKind	kind = kind_of(graph, key);
	uint64		i = hash >> keys->shift;

	while (keys->slots[i] != 0 &&
		   (((keys->slots[i] ^ hash) & ~NODE_MASK) != 0 ||
			!keys_equal(nth_key(keys, (keys->slots[i] & NODE_MASK) - 1), key, kind)))
		i = (i + 1) & keys->mask;
	return &keys->slots[i];
}

/* Doubles the number of slots. */
static void
add_slots(KgKeys *keys)
{
	uint64		nslots = 2 * (keys->mask + 1);
	uint64	   *slots = kg_memory_alloc0(&keys->memory, nslots * sizeof(uint64));

	for (uint64 i = 0; i <= keys->mask; i++)
	{
		uint64		j = keys->slots[i] >> (keys->shift - 1);

		if (keys->slots[i] == 0)
			continue;
		while (slots[j] != 0)
			j = (j + 1) & (nslots - 1);
		slots[j] = keys->slots[i];
	}
	kg_memory_free(&keys->memory, keys->slots);
	keys->slots = slots;
	keys->mask = nslots - 1;
	keys->shift--;
}

/* Adds a part to the array. */
static void
add_part(KgKeys *keys)
{
	Size		part = keys->n >> PART_BITS;

	if (keys->n + PART_KEYS > NODE_MASK)
		elog(ERROR, "too many nodes");
	if (part == keys->parts_capacity)
		keys->parts = kg_memory_enlarge(&keys->memory, keys->parts, &keys->parts_capacity,
										sizeof(Key *));
	keys->parts[part] = kg_memory_alloc(&keys->memory, PART_KEYS * sizeof(Key));
}

/*
 * Copies a key's bytes for as long as the dictionary lives.  The copy is a
 * datum; that of a text has its header before the bytes.
 */
static const char *
keep_bytes(KgKeys *keys, const Key *key, KgKeyKind kind)
{
	Size		header = kind == KG_KEY_TEXT ? VARHDRSZ : 0;
	Size		size = INTALIGN(header + key->length);
	char	   *copy;

	if (size > BLOCK_SIZE / 4)
		copy = kg_memory_alloc(&keys->memory, size);
	else
	{
		if (keys->block_free < size)
		{
			keys->block = kg_memory_alloc(&keys->memory, BLOCK_SIZE);
			keys->block_free = BLOCK_SIZE;
		}
		copy = keys->block + (BLOCK_SIZE - keys->block_free);
		keys->block_free -= size;
	}
	if (kind == KG_KEY_TEXT)
		SET_VARSIZE(copy, header + key->length);
	memcpy(copy + header, key->value.bytes, key->length);
	return copy + header;
}

/*
 * A key that can be compared; its bytes are the datum's, which is not toasted.
 */
static Key
make_key(const KgGraph *graph, int table, Datum datum)
{
	Key			key = {{0}, 0, table};

	switch (graph->node_tables[table].kind)
	{
		case KG_KEY_INTEGER:
			key.value.number = DatumGetInt64(datum);
			break;
		case KG_KEY_UUID:
			key.value.bytes = (const char *) DatumGetUUIDP(datum)->data;
			key.length = UUID_LEN;
			break;
		case KG_KEY_TEXT:
			key.value.bytes = VARDATA_ANY(DatumGetPointer(datum));
			key.length = VARSIZE_ANY_EXHDR(DatumGetPointer(datum));
			break;
	}
	return key;
}

/* The datum of a key in the dictionary. */
static Datum
key_datum(const KgGraph *graph, const Key *key)
{
	switch (kind_of(graph, key))
	{
		case KG_KEY_INTEGER:
			return Int64GetDatum(key->value.number);
		case KG_KEY_UUID:
			return PointerGetDatum(key->value.bytes);
		case KG_KEY_TEXT:
			return PointerGetDatum(key->value.bytes - VARHDRSZ);
	}
	pg_unreachable();
}

static const Key *
key_of(const KgGraph *graph, int64 node)
{
	if (node < 1 || (uint64) node > graph->keys->n)
		elog(ERROR, "no node of graph \"%s\" has number " INT64_FORMAT, graph->name, node);
	return nth_key(graph->keys, node - 1);
}

/* The number of a key with this hash; a new one for a new key. */
static int64
intern_hashed(const KgGraph *graph, Key *key, uint64 hash)
{
	KgKeys	   *keys = graph->keys;
	KgKeyKind	kind = kind_of(graph, key);
	uint64	   *slot = find_slot(graph, key, hash);

	if (*slot != 0)
		return *slot & NODE_MASK;
	/* At most three slots of four are in use. */
	if ((keys->n + 1) * 4 > (keys->mask + 1) * 3)
	{
		add_slots(keys);
		slot = find_slot(graph, key, hash);
	}
	if ((keys->n & (PART_KEYS - 1)) == 0)
		add_part(keys);
	if (kind != KG_KEY_INTEGER)
		key->value.bytes = keep_bytes(keys, key, kind);
	*nth_key(keys, keys->n++) = *key;
	keys->memory.visited = keys->n;
	*slot = keys->n | (hash & ~NODE_MASK);
	return keys->n;
}

static inline bool
is_toasted(const void *text)
{
	return VARATT_IS_COMPRESSED(text) || VARATT_IS_EXTERNAL(text);
}

/* The number of a key's node; for a new key a new one if "add", else 0. */
static int64
number(const KgGraph *graph, int table, Datum datum, bool add)
{
	struct varlena *plain = NULL;
	Key			key;
	uint64		hash;
	int64		node;

	if (graph->node_tables[table].kind == KG_KEY_TEXT && is_toasted(DatumGetPointer(datum)))
	{
		plain = PG_DETOAST_DATUM_PACKED(datum);
		datum = PointerGetDatum(plain);
	}
	key = make_key(graph, table, datum);
	hash = hash_key(&key, graph->node_tables[table].kind);
	node = add ? intern_hashed(graph, &key, hash) :
		(int64) (*find_slot(graph, &key, hash) & NODE_MASK);
	if (plain != NULL)
		pfree(plain);
	return node;
}

int64
kg_keys_intern(const KgGraph *graph, int table, Datum datum)
{
	return number(graph, table, datum, true);
}

int64
kg_keys_find(const KgGraph *graph, int table, Datum datum)
{
	return number(graph, table, datum, false);
}

/* Prefetches the dictionary's slots, keys and bytes for these hashes. */
static pg_attribute_always_inline void
expect_keys(const KgKeys *keys, const uint64 *hashes, int n)
{
	uint64		nodes[KG_KEYS_AHEAD];

	for (int i = 0; i < n; i++)
		kg_prefetch(&keys->slots[hashes[i] >> keys->shift]);
	for (int i = 0; i < n; i++)
	{
		nodes[i] = keys->slots[hashes[i] >> keys->shift] & NODE_MASK;
		if (nodes[i] != 0)
			kg_prefetch(nth_key(keys, nodes[i] - 1));
	}
	for (int i = 0; i < n; i++)
	{
		if (nodes[i] != 0)
			kg_prefetch(nth_key(keys, nodes[i] - 1)->value.bytes);
	}
}

void
kg_keys_numbers(const KgGraph *graph, int table, const char *const *keys, int n, bool add,
				int64 *nodes)
{
	KgKeyKind	kind = graph->node_tables[table].kind;
	Key			own[KG_KEYS_AHEAD];
	uint64		hashes[KG_KEYS_AHEAD];

	Assert(n <= KG_KEYS_AHEAD);
	for (int i = 0; i < n; i++)
	{
		hashes[i] = 0;
		if (kind == KG_KEY_TEXT && is_toasted(keys[i]))
			continue;
		own[i] = make_key(graph, table, PointerGetDatum(keys[i]));
		hashes[i] = hash_key(&own[i], kind);
	}
	expect_keys(graph->keys, hashes, n);
	for (int i = 0; i < n; i++)
	{
		if (kind == KG_KEY_TEXT && is_toasted(keys[i]))
			nodes[i] = number(graph, table, PointerGetDatum(keys[i]), add);
		else
			nodes[i] = add ? intern_hashed(graph, &own[i], hashes[i]) :
				(int64) (*find_slot(graph, &own[i], hashes[i]) & NODE_MASK);
	}
}

int64
kg_keys_node(const KgGraph *graph, int table, Datum value, Oid type)
{
	if (!kg_is_integer(type))
		return kg_keys_intern(graph, table, value);
	if (graph->keys == NULL)
		return kg_integer(value, type);
	return kg_keys_intern(graph, table, Int64GetDatum(kg_integer(value, type)));
}

int
kg_keys_table(const KgGraph *graph, int64 node)
{
	return graph->keys == NULL ? 0 : key_of(graph, node)->table;
}

Datum
kg_keys_datum(const KgGraph *graph, int64 node)
{
	return graph->keys == NULL ? Int64GetDatum(node) : key_datum(graph, key_of(graph, node));
}

ArrayType *
kg_keys_array(const KgGraph *graph, int table, const int64 *nodes, Size n)
{
	KgKeyKind	kind = graph->node_tables[table].kind;
	Datum	   *datums = palloc_extended(Max(n, 1) * sizeof(Datum), MCXT_ALLOC_HUGE);
	ArrayType  *array;
	int			nkeys = 0;

	for (Size i = 0; i < n; i++)
	{
		if (kg_keys_table(graph, nodes[i]) == table)
			datums[nkeys++] = kg_keys_datum(graph, nodes[i]);
	}
	if (kind == KG_KEY_INTEGER)
		array = construct_array(datums, nkeys, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
								TYPALIGN_DOUBLE);
	else if (kind == KG_KEY_UUID)
		array = construct_array(datums, nkeys, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
	else
		array = construct_array(datums, nkeys, TEXTOID, -1, false, TYPALIGN_INT);
	pfree(datums);
	return array;
}

Oid
kg_key_type(KgKeyKind kind)
{
	return kind == KG_KEY_INTEGER ? INT8OID : kind == KG_KEY_UUID ? UUIDOID : TEXTOID;
}

Oid
kg_key_array_type(KgKeyKind kind)
{
	return kind == KG_KEY_INTEGER ? INT8ARRAYOID : kind == KG_KEY_UUID ? UUIDARRAYOID :
		TEXTARRAYOID;
}

const char *
kg_key_type_name(KgKeyKind kind)
{
	return kind == KG_KEY_INTEGER ? "pg_catalog.int8" :
		kind == KG_KEY_UUID ? "pg_catalog.uuid" : "pg_catalog.text";
}
