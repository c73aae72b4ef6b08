/*
 * values.c
 *	  The nodes of each value of the first filter.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "ann/layout/values.h"

#define HASH_BITS 32

/* A search for a page begins anew when it was split meanwhile, not so often. */
#define MOST_SPLITS 1000

/* Different words have different hashes: this is a permutation. */
uint32
kg_values_hash(uint32 word)
{
	return murmurhash32(word);
}

bool
kg_values_covers(const KgValuePage *values, uint32 hash)
{
	return values->bits == 0 ||
		(hash ^ values->prefix) >> (HASH_BITS - values->bits) == 0;
}

static pg_noinline void
report_damage(const KgStore *store, BlockNumber block)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("index \"%s\" has damaged lists of values at block %u",
					kg_store_name(store), block),
			 errhint("Please REINDEX it.")));
}

void
kg_values_check_page(const KgStore *store, const KgValuePage *values, BlockNumber block)
{
	uint64		rest;

	if (values->count > KG_VALUE_ENTRIES || values->bits > HASH_BITS)
		report_damage(store, block);
	rest = ((uint64) 1 << (HASH_BITS - values->bits)) - 1;
	if (values->prefix & rest)
		report_damage(store, block);
}

/* A page of the map, which a search meets at a bit of the hash. */
static const KgValueMap *
read_map(const KgStore *store, Page page, uint32 bits, BlockNumber block)
{
	if (page_value_map(page)->bits != bits || bits >= HASH_BITS)
		report_damage(store, block);
	return page_value_map(page);
}

/* The child that a map leads to for a hash. */
static int
child_index(const KgValueMap *map, uint32 hash)
{
	return (int) ((((uint64) hash << (map->bits + KG_MAP_BITS)) >> HASH_BITS) &
				  (KG_MAP_CHILDREN - 1));
}

/* Makes a map that leads to one page. */
static void
init_map(Page page, uint32 bits, BlockNumber child)
{
	KgValueMap *map = page_value_map(page);

	map->bits = bits;
	for (int i = 0; i < KG_MAP_CHILDREN; i++)
		map->children[i] = child;
}

BlockNumber
kg_values_create(KgStore *store)
{
	KgEdit		edit;
	BlockNumber root;
	BlockNumber first;
	Page		page;

	kg_edit_begin(&edit, store);
	page = kg_edit_new_page(&edit, PAGE_VALUE_MAP, &root);
	(void) kg_edit_new_page(&edit, PAGE_VALUES, &first);
	init_map(page, 0, first);
	kg_edit_commit(&edit);
	return root;
}

/*
 * Locked until kg_store_done(): the page of a hash's list.  *map_block becomes
 * the page of the map that led there.  The page may be split between the two:
 * then the search begins anew.
 */
static KgValuePage *
find_page(KgStore *store, BlockNumber root, uint32 hash, BlockNumber *map_block,
		  BlockNumber *block)
{
	for (int splits = 0; splits < MOST_SPLITS; splits++)
	{
		Page		page;
		uint32		bits = 0;

		*map_block = *block = root;
		while ((page = kg_store_read_if(store, *block, PAGE_VALUE_MAP)) != NULL)
		{
			const KgValueMap *map = read_map(store, page, bits, *block);

			*map_block = *block;
			*block = map->children[child_index(map, hash)];
			bits += KG_MAP_BITS;
			kg_store_done(store);
		}
		page = kg_store_read(store, *block, PAGE_VALUES);
		kg_values_check_page(store, page_values(page), *block);
		if (kg_values_covers(page_values(page), hash))
			return page_values(page);
		kg_store_done(store);
		CHECK_FOR_INTERRUPTS();
	}
	report_damage(store, *block);
	pg_unreachable();
}

static void
read_list(const KgValuePage *values, uint32 word, KgValueList *list)
{
	list->complete = true;
	list->count = 0;
	for (int i = 0; i < values->count; i++)
	{
		const KgValueEntry *entry = &values->entries[i];

		if (entry->word != word)
			continue;
		if (entry->node == KG_NO_NODE)
			list->complete = false;
		else if (list->count < KG_VALUE_NODES)
			list->nodes[list->count++] = entry->node;
	}
}

void
kg_values_read(KgStore *store, BlockNumber root, uint32 word, KgValueList *list)
{
	BlockNumber map;
	BlockNumber block;

	read_list(find_page(store, root, kg_values_hash(word), &map, &block), word, list);
	kg_store_done(store);
}

/*
 * Room.
 */

static bool
has_room(const KgValuePage *values)
{
	return values->count < KG_VALUE_ENTRIES;
}

/* Moves the lists of the second half of a page's hashes to a new page. */
static void
split_page(KgEdit *edit, KgValueMap *map, KgValuePage *values)
{
	BlockNumber block;
	KgValuePage *other = page_values(kg_edit_new_page(edit, PAGE_VALUES, &block));
	uint32		bit = UINT32_C(1) << (HASH_BITS - 1 - values->bits);
	int			first;
	int			children;
	int			remaining = 0;

	values->bits++;
	other->bits = values->bits;
	other->prefix = values->prefix | bit;
	other->count = 0;
	for (int i = 0; i < values->count; i++)
	{
		KgValueEntry entry = values->entries[i];

		if (kg_values_hash(entry.word) & bit)
			other->entries[other->count++] = entry;
		else
			values->entries[remaining++] = entry;
	}
	values->count = remaining;
	first = child_index(map, other->prefix);
	children = KG_MAP_CHILDREN >> (other->bits - map->bits);
	for (int i = first; i < first + children; i++)
		map->children[i] = block;
}

/* A step towards room for a hash: a split, or one more level of the map. */
static void
make_room(KgStore *store, BlockNumber map_block, uint32 hash)
{
	KgEdit		edit;
	KgValueMap *map;
	KgValuePage *values;
	BlockNumber *child;
	Page		page;

	kg_edit_begin(&edit, store);
	map = page_value_map(kg_edit_page(&edit, map_block, PAGE_VALUE_MAP));
	child = &map->children[child_index(map, hash)];
	page = kg_edit_page_if(&edit, *child, PAGE_VALUES);
	if (page == NULL || page_opaque(page)->kind != PAGE_VALUES ||
		has_room(page_values(page)))
	{
		/* another process was faster */
		kg_edit_abort(&edit);
		return;
	}
	values = page_values(page);
	kg_values_check_page(store, values, *child);
	/* a page of one word is never full */
	if (map->bits >= HASH_BITS || values->bits < map->bits || values->bits == HASH_BITS ||
		!kg_values_covers(values, hash))
		report_damage(store, *child);
	if (values->bits < map->bits + KG_MAP_BITS)
		split_page(&edit, map, values);
	else
	{
		BlockNumber block;

		init_map(kg_edit_new_page(&edit, PAGE_VALUE_MAP, &block), values->bits, *child);
		*child = block;
	}
	kg_edit_commit(&edit);
}

BlockNumber
kg_values_prepare(KgStore *store, BlockNumber root, uint32 word)
{
	uint32		hash = kg_values_hash(word);

	for (;;)
	{
		KgValueList list;
		BlockNumber map;
		BlockNumber block;
		KgValuePage *values = find_page(store, root, hash, &map, &block);
		bool		room = has_room(values);

		read_list(values, word, &list);
		kg_store_done(store);
		if (!list.complete && (list.count == KG_VALUE_NODES || !room))
			return InvalidBlockNumber;
		if (room)
			return block;
		make_room(store, map, hash);
	}
}

bool
kg_values_add(KgEdit *edit, BlockNumber block, uint32 word, uint32 node)
{
	KgValuePage *values = page_values(kg_edit_page(edit, block, PAGE_VALUES));
	KgValueEntry *entry;
	KgValueList list;

	kg_values_check_page(edit->store, values, block);
	if (!kg_values_covers(values, kg_values_hash(word)))
		return false;
	read_list(values, word, &list);
	if (!list.complete && (list.count == KG_VALUE_NODES || !has_room(values)))
		return true;
	if (!has_room(values))
		return false;
	entry = &values->entries[values->count];
	entry->word = word;
	entry->node = list.count < KG_VALUE_NODES ? node : KG_NO_NODE;
	values->count++;
	return true;
}
