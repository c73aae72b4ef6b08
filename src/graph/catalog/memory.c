/*
 * memory.c
 *	  Memory of a search, within work_mem; lists and sets of nodes.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "graph/catalog/memory.h"

#define INITIAL_NODES 256
#define INITIAL_ELEMENTS 32
#define INITIAL_WORDS_LOG2 6
#define MANY_WORDS 256

/* With fewer nodes, no estimate is made of the memory that all nodes need. */
#define MIN_NODES_TO_ESTIMATE 100

/* This many nodes or more are sorted digit by digit; bits of a digit. */
#define MIN_NODES_BY_DIGITS 1024
#define DIGIT_BITS 11
#define DIGITS (1 << DIGIT_BITS)
/* more than a memory context adds to a large chunk */
#define ALLOCATION_OVERHEAD 256

#define ST_SORT sort_nodes
#define ST_ELEMENT_TYPE int64
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

void
kg_memory_init(KgMemory *memory, double entities, const char *advice)
{
	memset(memory, 0, sizeof(*memory));
	memory->context = AllocSetContextCreate(CurrentMemoryContext, "kg search",
											ALLOCSET_DEFAULT_SIZES);
	memory->multiplier = Max(hash_mem_multiplier, 1);
	memory->limit = (Size) Min(work_mem * 1024.0 * memory->multiplier, MaxAllocHugeSize);
	memory->setting = "work_mem";
	memory->entities = entities;
	memory->advice = advice;
}

void
kg_memory_for_maintenance(KgMemory *memory)
{
	memory->limit = (Size) maintenance_work_mem * 1024;
	memory->multiplier = 1;
	memory->setting = "maintenance_work_mem";
}

void
kg_memory_reset(KgMemory *memory)
{
	MemoryContextDelete(memory->context);
	memory->context = NULL;
}

/* In kB, rounded up. */
static uint64
kilobytes(double bytes)
{
	return (uint64) (bytes / 1024) + 1;
}

static void
out_of_work_mem(const KgMemory *memory, Size size)
{
	double		needed = (double) memory->used + size;
	StringInfoData hint;

	initStringInfo(&hint);
	appendStringInfo(&hint, "Set %s to at least " UINT64_FORMAT " kB to get further",
					 memory->setting, kilobytes(needed / memory->multiplier));
	if (memory->entities > memory->visited && memory->visited >= MIN_NODES_TO_ESTIMATE)
		appendStringInfo(&hint, ", or to about " UINT64_FORMAT " kB to reach all of about %.0f entities",
						 kilobytes(needed / memory->multiplier / memory->visited *
								   memory->entities),
						 memory->entities);
	appendStringInfo(&hint, "; or %s.", memory->advice);
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("the entities reached do not fit in %s", memory->setting),
			 errdetail("The search has reached " UINT64_FORMAT " %s and needs "
					   UINT64_FORMAT " kB to go on; %s%s is " UINT64_FORMAT " kB.",
					   memory->visited, memory->visited == 1 ? "entity" : "entities",
					   kilobytes(needed), memory->setting,
					   memory->multiplier > 1 ? " times hash_mem_multiplier" : "",
					   (uint64) memory->limit / 1024),
			 errhint("%s", hint.data)));
}

static void *
alloc_flags(KgMemory *memory, Size size, int flags)
{
	void	   *chunk;

	if (size > memory->limit || memory->used > memory->limit - size)
		out_of_work_mem(memory, size);
	chunk = MemoryContextAllocExtended(memory->context, size, MCXT_ALLOC_HUGE | flags);
	memory->used += GetMemoryChunkSpace(chunk);
	return chunk;
}

void *
kg_memory_alloc(KgMemory *memory, Size size)
{
	return alloc_flags(memory, size, 0);
}

void *
kg_memory_alloc0(KgMemory *memory, Size size)
{
	return alloc_flags(memory, size, MCXT_ALLOC_ZERO);
}

void
kg_memory_free(KgMemory *memory, void *chunk)
{
	memory->used -= GetMemoryChunkSpace(chunk);
	pfree(chunk);
}

void *
kg_memory_enlarge(KgMemory *memory, void *array, Size *capacity, Size size)
{
	Size		larger = Max(*capacity * 2, INITIAL_ELEMENTS);
	void	   *copy = kg_memory_alloc0(memory, larger * size);

	if (array != NULL)
	{
		memcpy(copy, array, *capacity * size);
		kg_memory_free(memory, array);
	}
	*capacity = larger;
	return copy;
}

void
kg_node_list_init(KgNodeList *list, KgMemory *memory)
{
	list->memory = memory;
	list->n = 0;
	list->capacity = INITIAL_NODES;
	list->nodes = kg_memory_alloc(memory, list->capacity * sizeof(int64));
}

void
kg_node_list_grow(KgNodeList *list)
{
	int64	   *nodes = kg_memory_alloc(list->memory, list->capacity * 2 * sizeof(int64));

	memcpy(nodes, list->nodes, list->n * sizeof(int64));
	kg_memory_free(list->memory, list->nodes);
	list->nodes = nodes;
	list->capacity *= 2;
}

/* Sorts by the digit that starts at bit "shift", from one array to another. */
static void
sort_by_digit(const int64 *from, int64 *to, Size n, int64 least, int shift)
{
	Size		position[DIGITS] = {0};
	Size		start = 0;

#define DIGIT(node) ((((uint64) (node) - (uint64) least) >> shift) & (DIGITS - 1))
	for (Size i = 0; i < n; i++)
		position[DIGIT(from[i])]++;
	for (int digit = 0; digit < DIGITS; digit++)
	{
		Size		count = position[digit];

		position[digit] = start;
		start += count;
	}
	for (Size i = 0; i < n; i++)
		to[position[DIGIT(from[i])]++] = from[i];
#undef DIGIT
}

int64 *
kg_sort_int64(int64 *values, int64 *other, Size n, int shift)
{
	int64		least;
	int64		greatest;

	if (n < MIN_NODES_BY_DIGITS || other == NULL)
	{
		sort_nodes(values, n);
		return values;
	}
	least = greatest = values[0];
	for (Size i = 1; i < n; i++)
	{
		least = Min(least, values[i]);
		greatest = Max(greatest, values[i]);
	}
	least = (int64) ((uint64) least >> shift << shift);
	for (; shift < 64 && ((uint64) greatest - (uint64) least) >> shift != 0; shift += DIGIT_BITS)
	{
		int64	   *sorted = other;

		CHECK_FOR_INTERRUPTS();
		sort_by_digit(values, sorted, n, least, shift);
		other = values;
		values = sorted;
	}
	return values;
}

/* Sorts a list, digit by digit if a second array fits in memory. */
static void
sort_list(KgNodeList *list)
{
	KgMemory   *memory = list->memory;
	Size		size = list->capacity * sizeof(int64);
	int64	   *nodes = list->nodes;
	int64	   *other = NULL;

	if (list->n >= MIN_NODES_BY_DIGITS && memory->used <= memory->limit &&
		size + ALLOCATION_OVERHEAD <= memory->limit - memory->used)
		other = kg_memory_alloc(memory, size);
	list->nodes = kg_sort_int64(nodes, other, list->n, 0);
	if (other != NULL)
		kg_memory_free(memory, list->nodes == other ? nodes : other);
}

Size
kg_drop_duplicates(int64 *nodes, Size n)
{
	Size		kept = 0;

	for (Size i = 0; i < n; i++)
	{
		if (kept == 0 || nodes[kept - 1] != nodes[i])
			nodes[kept++] = nodes[i];
	}
	return kept;
}

void
kg_node_list_sort(KgNodeList *list, bool distinct)
{
	sort_list(list);
	if (distinct)
		list->n = kg_drop_duplicates(list->nodes, list->n);
}

Size
kg_distinct_nodes(int64 *nodes, Size n)
{
	sort_nodes(nodes, n);
	return kg_drop_duplicates(nodes, n);
}

static void
set_words(KgNodeSet *set, int log2)
{
	set->words = kg_memory_alloc0(set->memory, sizeof(KgWord) << log2);
	set->mask = (UINT64CONST(1) << log2) - 1;
	set->shift = 64 - log2;
	set->nwords = 0;
}

void
kg_node_set_init(KgNodeSet *set, KgMemory *memory)
{
	set->memory = memory;
	set->range = NULL;
	set->first = 0;
	set->nrange = 0;
	set_words(set, INITIAL_WORDS_LOG2);
}

/* The least and the greatest key in the set; all keys of the array count. */
static void
find_keys(const KgNodeSet *set, uint64 *first, uint64 *last)
{
	*first = set->nrange > 0 ? set->first : PG_UINT64_MAX;
	*last = set->nrange > 0 ? set->first + set->nrange - 1 : 0;
	for (uint64 i = 0; i <= set->mask; i++)
	{
		if (set->words[i].bits == 0)
			continue;
		*first = Min(*first, set->words[i].key);
		*last = Max(*last, set->words[i].key);
	}
}

/* Moves everything to an array for "nrange" keys. */
static void
make_range(KgNodeSet *set, uint64 first, uint64 nrange)
{
	uint64	   *range = kg_memory_alloc0(set->memory, nrange * sizeof(uint64));

	if (set->nrange > 0)
	{
		memcpy(range + (set->first - first), set->range, set->nrange * sizeof(uint64));
		kg_memory_free(set->memory, set->range);
	}
	for (uint64 i = 0; i <= set->mask; i++)
	{
		if (set->words[i].bits != 0)
			range[set->words[i].key - first] = set->words[i].bits;
	}
	set->range = range;
	set->first = first;
	set->nrange = nrange;
	kg_memory_free(set->memory, set->words);
	set_words(set, INITIAL_WORDS_LOG2);
}

static void
double_words(KgNodeSet *set)
{
	KgWord	   *old = set->words;
	uint64		nold = set->mask + 1;
	uint64		nwords = set->nwords;

	set_words(set, 64 - set->shift + 1);
	set->nwords = nwords;
	for (uint64 i = 0; i < nold; i++)
	{
		if (old[i].bits != 0)
			*kg_node_set_slot(set, old[i].key) = old[i];
	}
	kg_memory_free(set->memory, old);
}

void
kg_node_set_grow(KgNodeSet *set)
{
	uint64		larger = (set->mask + 1) * 2 * sizeof(KgWord);
	uint64		limit = set->nrange * sizeof(uint64) + larger;
	uint64		first;
	uint64		last;

	/* An array is so much faster that it may take more, within the limit. */
	if (set->mask >= MANY_WORDS)
		limit = Max(limit, Min(larger * 8, set->memory->limit / 8));
	find_keys(set, &first, &last);
	if (last - first < limit / sizeof(uint64))
		make_range(set, first, last - first + 1);
	else
		double_words(set);
}

/*
 * A slot has become empty.  A look-up stops at an empty slot, so a word behind
 * the gap moves into it if the word's look-up would pass the gap.
 */
static void
close_gap(KgNodeSet *set, uint64 gap)
{
	for (uint64 i = (gap + 1) & set->mask; set->words[i].bits != 0; i = (i + 1) & set->mask)
	{
		uint64		home = (set->words[i].key * UINT64CONST(0x9E3779B97F4A7C15)) >> set->shift;

		if (((i - home) & set->mask) < ((i - gap) & set->mask))
			continue;
		set->words[gap] = set->words[i];
		set->words[i].bits = 0;
		gap = i;
	}
}

void
kg_node_set_remove(KgNodeSet *set, int64 node)
{
	uint64		key = (uint64) node >> 6;
	uint64		bit = UINT64CONST(1) << (node & 63);
	KgWord	   *word;

	if (key - set->first < set->nrange)
	{
		set->range[key - set->first] &= ~bit;
		return;
	}
	word = kg_node_set_slot(set, key);
	if ((word->bits & bit) == 0)
		return;
	word->bits &= ~bit;
	if (word->bits != 0)
		return;
	set->nwords--;
	close_gap(set, word - set->words);
}
