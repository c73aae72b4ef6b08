/*
 * memory.c
 *	  What a search holds: memory within work_mem, lists and sets of nodes.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "graph/memory.h"

#define INITIAL_NODES 256
#define INITIAL_WORDS_LOG2 6

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
	memory->limit = (Size) work_mem * 1024;
	memory->setting = "work_mem";
	memory->entities = entities;
	memory->advice = advice;
}

void
kg_memory_for_maintenance(KgMemory *memory)
{
	memory->limit = (Size) maintenance_work_mem * 1024;
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
					 memory->setting, kilobytes(needed));
	if (memory->entities > memory->reached && memory->reached > 0)
		appendStringInfo(&hint, ", or to about " UINT64_FORMAT " kB to reach all of about %.0f entities",
						 kilobytes(needed / memory->reached * memory->entities),
						 memory->entities);
	appendStringInfo(&hint, "; or %s.", memory->advice);
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("the entities reached do not fit in %s", memory->setting),
			 errdetail("The search has reached " UINT64_FORMAT " entities and needs "
					   UINT64_FORMAT " kB to go on; %s is " UINT64_FORMAT " kB.",
					   memory->reached, kilobytes(needed), memory->setting,
					   (uint64) memory->limit / 1024),
			 errhint("%s", hint.data)));
}

void *
kg_memory_alloc0(KgMemory *memory, Size size)
{
	void	   *chunk;

	if (size > memory->limit || memory->used > memory->limit - size)
		out_of_work_mem(memory, size);
	chunk = MemoryContextAllocExtended(memory->context, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	memory->used += GetMemoryChunkSpace(chunk);
	return chunk;
}

void
kg_memory_free(KgMemory *memory, void *chunk)
{
	memory->used -= GetMemoryChunkSpace(chunk);
	pfree(chunk);
}

void
kg_node_list_init(KgNodeList *list, KgMemory *memory)
{
	list->memory = memory;
	list->n = 0;
	list->capacity = INITIAL_NODES;
	list->nodes = kg_memory_alloc0(memory, list->capacity * sizeof(int64));
}

void
kg_node_list_grow(KgNodeList *list)
{
	int64	   *nodes = kg_memory_alloc0(list->memory, list->capacity * 2 * sizeof(int64));

	memcpy(nodes, list->nodes, list->n * sizeof(int64));
	kg_memory_free(list->memory, list->nodes);
	list->nodes = nodes;
	list->capacity *= 2;
}

void
kg_node_list_sort(KgNodeList *list, bool distinct)
{
	Size		kept = 0;
	Size		i;

	sort_nodes(list->nodes, list->n);
	if (!distinct)
		return;
	for (i = 0; i < list->n; i++)
	{
		if (kept == 0 || list->nodes[kept - 1] != list->nodes[i])
			list->nodes[kept++] = list->nodes[i];
	}
	list->n = kept;
}

static void
set_words(KgNodeSet *set, int log2)
{
	set->words = kg_memory_alloc0(set->memory, sizeof(KgWord) << log2);
	set->mask = (UINT64CONST(1) << log2) - 1;
	set->shift = 64 - log2;
}

void
kg_node_set_init(KgNodeSet *set, KgMemory *memory)
{
	set->memory = memory;
	set->nwords = 0;
	set_words(set, INITIAL_WORDS_LOG2);
}

void
kg_node_set_grow(KgNodeSet *set)
{
	KgWord	   *old = set->words;
	uint64		nold = set->mask + 1;
	uint64		i;

	set_words(set, 64 - set->shift + 1);
	for (i = 0; i < nold; i++)
	{
		if (old[i].bits != 0)
			*kg_node_set_slot(set, old[i].key) = old[i];
	}
	kg_memory_free(set->memory, old);
}
