/*
 * memory.h
 *	  Memory of a search, within work_mem; lists and sets of nodes.
 */
#ifndef KG_GRAPH_MEMORY_H
#define KG_GRAPH_MEMORY_H

#include "postgres.h"

/*
 * The account from which a search allocates everything that grows with the
 * number of nodes it has visited.  The limit is work_mem times
 * hash_mem_multiplier, as for the executor's hash tables.  An allocation
 * beyond the limit is an error, which says how much is needed.
 */
typedef struct KgMemory
{
	MemoryContext context;
	Size		limit;			/* bytes */
	const char *setting;		/* the setting that the limit comes from */
	double		multiplier;		/* limit divided by that setting */
	Size		used;			/* bytes */
	uint64		visited;		/* nodes; the search counts, for the message */
	double		entities;		/* estimated number in the graph, or 0 */
	const char *advice;			/* another remedy, for the hint */
} KgMemory;

extern void kg_memory_init(KgMemory *memory, double entities, const char *advice);

/* Makes maintenance_work_mem the limit, for algorithms on whole graphs. */
extern void kg_memory_for_maintenance(KgMemory *memory);
extern void kg_memory_reset(KgMemory *memory);
extern void *kg_memory_alloc(KgMemory *memory, Size size);
extern void *kg_memory_alloc0(KgMemory *memory, Size size);
extern void kg_memory_free(KgMemory *memory, void *chunk);

/*
 * Moves the elements of a full array to a larger one, which is returned, and
 * frees the full one; for NULL, makes a new array.  "size" is the size of an
 * element, *capacity the number of elements that fit.
 */
extern void *kg_memory_enlarge(KgMemory *memory, void *array, Size *capacity, Size size);

/* A list of nodes. */
typedef struct KgNodeList
{
	KgMemory   *memory;
	int64	   *nodes;
	Size		n;
	Size		capacity;
} KgNodeList;

extern void kg_node_list_init(KgNodeList *list, KgMemory *memory);
extern void kg_node_list_grow(KgNodeList *list);

/* Sorts a list, ascending; drops duplicates if "distinct". */
extern void kg_node_list_sort(KgNodeList *list, bool distinct);

/*
 * Sorts values by their bits from "shift" on.  "other" is an array of the same
 * length, or NULL.  With it, many values are sorted digit by digit, which is
 * several times faster than by comparisons.  Returns the array that holds the
 * result: "values" or "other".
 */
extern int64 *kg_sort_int64(int64 *values, int64 *other, Size n, int shift);

/* Drops duplicates from an ascending array; returns how many values are left. */
extern Size kg_drop_duplicates(int64 *nodes, Size n);

/* Sorts nodes and drops duplicates; returns how many are left. */
extern Size kg_distinct_nodes(int64 *nodes, Size n);

static inline void
kg_node_list_append(KgNodeList *list, int64 node)
{
	if (unlikely(list->n == list->capacity))
		kg_node_list_grow(list);
	list->nodes[list->n++] = node;
}

/* The position of a node in an ascending array, or where it would be. */
static inline Size
kg_find_node(const int64 *nodes, Size n, int64 node)
{
	Size		low = 0;
	Size		high = n;

	while (low < high)
	{
		Size		middle = low + (high - low) / 2;

		if (nodes[middle] < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Is the node in an ascending array? */
static inline bool
kg_is_among(int64 node, const int64 *nodes, Size n)
{
	Size		i = kg_find_node(nodes, n, node);

	return i < n && nodes[i] == node;
}

/*
 * A set of nodes: a bitmap in words of 64 bits.  The words of one range of
 * ids are in an array, the others in a hash table.
 *
 * Ids mostly come from a sequence, so many nodes that a search visits share
 * words.  The hash table takes from 0.3 bytes a node (if a range of ids is
 * visited as a whole) to 43, and 64 while it grows (if no two are within the
 * same 64 ids).  An empty slot is one whose word has no bits; unlike
 * lib/simplehash, this needs no status.  When the table would grow, and an
 * array from the least to the greatest id takes no more memory, the set moves
 * to the array.  It is faster, because more of it stays in the processor's
 * cache.
 */
typedef struct KgWord
{
	uint64		key;			/* id / 64 */
	uint64		bits;			/* bit id % 64: is it in? 0: empty slot */
} KgWord;

typedef struct KgNodeSet
{
	KgMemory   *memory;
	uint64	   *range;			/* words of the keys from "first" on */
	uint64		first;
	uint64		nrange;			/* words in the array; 0: no array */
	KgWord	   *words;			/* hash table of the other keys */
	uint64		mask;			/* number of slots less one */
	int			shift;			/* 64 less log2 of the number of slots */
	uint64		nwords;			/* slots in use */
} KgNodeSet;

extern void kg_node_set_init(KgNodeSet *set, KgMemory *memory);
extern void kg_node_set_grow(KgNodeSet *set);
extern void kg_node_set_remove(KgNodeSet *set, int64 node);

/* The slot of this key, or the empty one where it belongs. */
static inline KgWord *
kg_node_set_slot(const KgNodeSet *set, uint64 key)
{
	uint64		i = (key * UINT64CONST(0x9E3779B97F4A7C15)) >> set->shift;

	while (set->words[i].bits != 0 && set->words[i].key != key)
		i = (i + 1) & set->mask;
	return &set->words[i];
}

static inline bool
kg_node_set_has(const KgNodeSet *set, int64 node)
{
	uint64		key = (uint64) node >> 6;
	uint64		bits;

	if (key - set->first < set->nrange)
		bits = set->range[key - set->first];
	else
		bits = kg_node_set_slot(set, key)->bits;
	return (bits >> (node & 63)) & 1;
}

/* Returns whether the node is new. */
static inline bool
kg_node_set_add(KgNodeSet *set, int64 node)
{
	uint64		key = (uint64) node >> 6;
	uint64		bit = UINT64CONST(1) << (node & 63);
	uint64	   *bits;
	KgWord	   *word;

	/* At most three slots of four are in use. */
	if (unlikely((set->nwords + 1) * 4 > (set->mask + 1) * 3))
		kg_node_set_grow(set);
	if (key - set->first < set->nrange)
		bits = &set->range[key - set->first];
	else
	{
		word = kg_node_set_slot(set, key);
		set->nwords += word->bits == 0;
		word->key = key;
		bits = &word->bits;
	}
	if (*bits & bit)
		return false;
	*bits |= bit;
	return true;
}

#endif							/* KG_GRAPH_MEMORY_H */
