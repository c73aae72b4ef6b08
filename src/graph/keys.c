/*
 * keys.c
 *	  Nodes inside and outside: numbers, keys and addresses.
 *
 * The dictionary is an array of keys, in which nodes have consecutive
 * numbers, and a hash table of these numbers.  It comes out of work_mem.  The
 * array is in parts, so that it grows without a copy: to touch memory that the
 * system has just given takes longer than all else.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "common/hashfn.h"
#include "nodes/pg_list.h"
#include "port/atomics.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "graph/adjacency.h"
#include "graph/columns.h"
#include "graph/key_sql.h"
#include "graph/keys.h"
#include "graph/memory.h"
#include "recent.h"

#define INITIAL_SLOTS 1024

/* Keys in a part of their array. */
#define PART_BITS 10
#define PART_KEYS (1 << PART_BITS)

/* A uuid as it is written. */
#define UUID_TEXT_LEN 36

/* The bytes of keys that are no integers are allocated in blocks. */
#define BLOCK_SIZE 8192

/*
 * A slot has the number of a node and the upper half of its hash.  That tells most
 * keys apart that are not the same, and where the slot is in a larger table.
 */
#define NODE_MASK UINT64CONST(0xFFFFFFFF)

typedef struct Key
{
	union
	{
		int64		number;
		const char *bytes;		/* of a text, after a header of VARHDRSZ */
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
	uint64	   *slots;			/* nodes, with a part of the hash above
								 * NODE_MASK; 0: empty */
	uint64		mask;			/* number of slots less one */
	int			shift;			/* 64 less log2 of the number of slots */
	char	   *block;
	Size		block_free;
} KgKeys;

static inline uint64
hash_key(const Key *key, KgKeyKind kind)
{
	uint64		hash = kind == KG_KEY_INTEGER ?
	hash_bytes_extended((const unsigned char *) &key->value.number, sizeof(int64), key->table) :
	hash_bytes_extended((const unsigned char *) key->value.bytes, key->length, key->table);

	return hash;
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

/* The slot of this key, or the empty one where it belongs; with which tag. */
static uint64 *
find_slot(const KgGraph *graph, const Key *key, uint64 *tag)
{
	KgKeys	   *keys = graph->keys;
	KgKeyKind	kind = kind_of(graph, key);
	uint64		hash = hash_key(key, kind);
	uint64		i = hash >> keys->shift;

	while (keys->slots[i] != 0 &&
		   (((keys->slots[i] ^ hash) & ~NODE_MASK) != 0 ||
			!keys_equal(nth_key(keys, (keys->slots[i] & NODE_MASK) - 1), key, kind)))
		i = (i + 1) & keys->mask;
	*tag = hash & ~NODE_MASK;
	return &keys->slots[i];
}

/* Doubles the number of slots. */
static void
add_slots(KgKeys *keys)
{
	uint64		nslots = 2 * (keys->mask + 1);
	uint64	   *slots = kg_memory_alloc0(&keys->memory, nslots * sizeof(uint64));
	uint64		i;

	for (i = 0; i <= keys->mask; i++)
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

/* Makes room for another part of the array. */
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
 * A copy of a key's bytes that lives as long as the dictionary and is a datum:
 * of a text with its header before it.
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

/* The key as it is compared; its bytes are the datum's, which is not toasted. */
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

/* Of a key in the dictionary. */
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

static int64
intern(const KgGraph *graph, int table, Datum datum)
{
	KgKeys	   *keys = graph->keys;
	KgKeyKind	kind = graph->node_tables[table].kind;
	Key			key = make_key(graph, table, datum);
	uint64		tag;
	uint64	   *slot = find_slot(graph, &key, &tag);

	if (*slot != 0)
		return *slot & NODE_MASK;
	/* At most three slots of four are in use. */
	if ((keys->n + 1) * 4 > (keys->mask + 1) * 3)
	{
		add_slots(keys);
		slot = find_slot(graph, &key, &tag);
	}
	if ((keys->n & (PART_KEYS - 1)) == 0)
		add_part(keys);
	if (kind != KG_KEY_INTEGER)
		key.value.bytes = keep_bytes(keys, &key, kind);
	*nth_key(keys, keys->n++) = key;
	keys->memory.reached = keys->n;
	*slot = keys->n | tag;
	return keys->n;
}

static inline bool
is_toasted(const void *text)
{
	return VARATT_IS_COMPRESSED(text) || VARATT_IS_EXTERNAL(text);
}

int64
kg_keys_intern(const KgGraph *graph, int table, Datum datum)
{
	struct varlena *plain;
	int64		node;

	if (graph->node_tables[table].kind != KG_KEY_TEXT || !is_toasted(DatumGetPointer(datum)))
		return intern(graph, table, datum);
	plain = PG_DETOAST_DATUM_PACKED(datum);
	node = intern(graph, table, PointerGetDatum(plain));
	pfree(plain);
	return node;
}

void
kg_keys_expect(const KgGraph *graph, int table, const char *const *keys, int n)
{
	KgKeys	   *dictionary = graph->keys;
	KgKeyKind	kind = graph->node_tables[table].kind;
	uint64		slots[KG_KEYS_AHEAD];
	int			i;

	Assert(n <= KG_KEYS_AHEAD);
	for (i = 0; i < n; i++)
	{
		Key			key;

		slots[i] = 0;
		if (kind == KG_KEY_TEXT && is_toasted(keys[i]))
			continue;
		key = make_key(graph, table, PointerGetDatum(keys[i]));
		slots[i] = hash_key(&key, kind) >> dictionary->shift;
		kg_prefetch(&dictionary->slots[slots[i]]);
	}
	for (i = 0; i < n; i++)
	{
		slots[i] = dictionary->slots[slots[i]] & NODE_MASK;
		if (slots[i] != 0)
			kg_prefetch(nth_key(dictionary, slots[i] - 1));
	}
	for (i = 0; i < n; i++)
	{
		if (slots[i] != 0)
			kg_prefetch(nth_key(dictionary, slots[i] - 1)->value.bytes);
	}

	/*
	 * Compilers take a function that only prefetches for one that does
	 * nothing.
	 */
	pg_compiler_barrier();
}

int64
kg_keys_find(const KgGraph *graph, int table, Datum datum)
{
	struct varlena *plain = NULL;
	Key			key;
	uint64		tag;
	int64		node;

	if (graph->node_tables[table].kind == KG_KEY_TEXT)
	{
		plain = PG_DETOAST_DATUM_PACKED(datum);
		key = make_key(graph, table, PointerGetDatum(plain));
	}
	else
		key = make_key(graph, table, datum);
	node = *find_slot(graph, &key, &tag) & NODE_MASK;
	if (plain != NULL && plain != (struct varlena *) DatumGetPointer(datum))
		pfree(plain);
	return node;
}

int64
kg_keys_node(const KgGraph *graph, int table, Datum value, Oid type)
{
	if (!kg_is_integer(type))
		return kg_keys_intern(graph, table, value);
	if (graph->keys == NULL)
		return kg_integer(value, type);
	return intern(graph, table, Int64GetDatum(kg_integer(value, type)));
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
	Size		i;

	for (i = 0; i < n; i++)
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
	return kind == KG_KEY_INTEGER ? INT8ARRAYOID : kind == KG_KEY_UUID ? UUIDARRAYOID : TEXTARRAYOID;
}

const char *
kg_key_type_name(KgKeyKind kind)
{
	return kind == KG_KEY_INTEGER ? "pg_catalog.int8" :
		kind == KG_KEY_UUID ? "pg_catalog.uuid" : "pg_catalog.text";
}

/* Writes a uuid as uuid_out does, to 36 bytes. */
static void
write_uuid(char *to, const char *bytes)
{
	static const char digits[] = "0123456789abcdef";
	int			i;

	for (i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = digits[(unsigned char) bytes[i] >> 4];
		*to++ = digits[(unsigned char) bytes[i] & 15];
	}
}

/* The address of a node in the dictionary, palloc'd. */
static text *
node_address(const KgGraph *graph, int64 node)
{
	const Key  *key = key_of(graph, node);
	const char *label = graph->nnode_tables == 1 ? "" : graph->node_tables[key->table].label;
	Size		before = graph->nnode_tables == 1 ? 0 : strlen(label) + 1;
	char		number[MAXINT8LEN + 1];
	const char *bytes = key->value.bytes;
	Size		length = key->length;
	text	   *address;
	char	   *to;

	if (kind_of(graph, key) == KG_KEY_INTEGER)
	{
		bytes = number;
		length = pg_lltoa(key->value.number, number);
	}
	else if (kind_of(graph, key) == KG_KEY_UUID)
		length = UUID_TEXT_LEN;
	address = palloc(VARHDRSZ + before + length);
	SET_VARSIZE(address, VARHDRSZ + before + length);
	to = VARDATA(address);
	if (before > 0)
	{
		memcpy(to, label, before - 1);
		to[before - 1] = ':';
	}
	if (kind_of(graph, key) == KG_KEY_UUID)
		write_uuid(to + before, bytes);
	else
		memcpy(to + before, bytes, length);
	return address;
}

char *
kg_node_name(const KgGraph *graph, int64 node)
{
	if (graph->keys == NULL)
		return psprintf(INT64_FORMAT, node);
	return text_to_cstring(node_address(graph, node));
}

Datum
kg_node_key(const KgGraph *graph, int64 node, bool *isnull)
{
	*isnull = graph->keys == NULL;
	return *isnull ? (Datum) 0 : PointerGetDatum(node_address(graph, node));
}

Datum
kg_node_key_shared(const KgGraph *graph, int64 node, bool *isnull)
{
	if (graph->nnode_tables > 1 || graph->node_tables[0].kind != KG_KEY_TEXT)
		return kg_node_key(graph, node, isnull);
	*isnull = false;
	return key_datum(graph, key_of(graph, node));
}

/* Which node table does the address name?  Leaves *address at the key. */
static int
table_of_address(const KgGraph *graph, const char **address)
{
	Size		length = strcspn(*address, ":");
	int			i;

	if (graph->nnode_tables == 1)
		return 0;
	if ((*address)[length] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("node \"%s\" does not say which table it is in", *address),
				 errdetail("Graph \"%s\" has several node tables.", graph->name),
				 errhint("Write the table's label before it, as in '%s:%s'.",
						 graph->node_tables[0].label, *address)));
	for (i = 0; i < graph->nnode_tables; i++)
	{
		const char *label = graph->node_tables[i].label;

		if (strlen(label) == length && strncmp(label, *address, length) == 0)
		{
			*address += length + 1;
			return i;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("graph \"%s\" has no node table with the label \"%.*s\"", graph->name,
					(int) length, *address),
			 errdetail("The node was given as \"%s\".", *address)));
}

/*
 * A key as its type reads it.  What the type has to say about another text does
 * not tell where the text came from, so its error is replaced.
 */
static Datum
parse_key(const KgGraph *graph, int table, const char *key, const char *address)
{
	const KgNodeTable *nodes = &graph->node_tables[table];
	KgKeyKind	kind = nodes->kind;
	const char *label = nodes->label;
	volatile Datum datum = (Datum) 0;
	MemoryContext context = CurrentMemoryContext;
	int			code = 0;

	if (kind == KG_KEY_TEXT && !nodes->by_sql)
		return CStringGetTextDatum(key);
	PG_TRY();
	{
		if (nodes->by_sql)
		{
			char	   *canonical = kg_key_canonical(nodes, key);

			if (canonical == NULL)
				ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("no key")));
			datum = CStringGetTextDatum(canonical);
		}
		else
			datum = DirectFunctionCall1(kind == KG_KEY_INTEGER ? int8in : uuid_in,
										CStringGetDatum(key));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		code = geterrcode();
		FlushErrorState();
		ereport(ERROR,
				(errcode(code),
				 errmsg("node \"%s\" cannot be one of graph \"%s\"", address, graph->name),
				 label == NULL ? errdetail("Its nodes are numbers.") :
				 nodes->ncolumns > 1 ?
				 errdetail("Keys of nodes with the label \"%s\" are arrays of JSON with %d values, as [1, \"x\"].",
						   label, nodes->ncolumns) :
				 errdetail("Keys of nodes with the label \"%s\" are of type %s.", label,
						   format_type_be(nodes->types[0]))));
	}
	PG_END_TRY();
	return datum;
}

int64
kg_node_lookup(const KgGraph *graph, const char *address)
{
	const char *key = address;
	int			table = table_of_address(graph, &key);
	Datum		datum = parse_key(graph, table, key, address);

	if (graph->keys == NULL)
		return DatumGetInt64(datum);
	return kg_keys_intern(graph, table, datum);
}

int32
kg_type_intern(const KgGraph *graph, const char *name)
{
	ListCell   *lc;
	MemoryContext old;

	foreach(lc, graph->types->names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return foreach_current_index(lc);
	}
	old = MemoryContextSwitchTo(graph->types->context);
	graph->types->names = lappend(graph->types->names, pstrdup(name));
	MemoryContextSwitchTo(old);
	return list_length(graph->types->names) - 1;
}

Datum
kg_type_name(const KgGraph *graph, const KgEdge *edge, bool *isnull)
{
	*isnull = !graph->registered || edge->type_is_null;
	if (*isnull)
		return (Datum) 0;
	return CStringGetTextDatum(list_nth(graph->types->names, edge->type));
}
