/*
 * csr.c
 *	  Compressed sparse rows: the arcs of a graph in memory.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "algo/projection/csr.h"

#define ARCS_A_CHUNK 16384

/* Nodes or arcs between checks for interrupts; a power of two. */
#define INTERRUPT_EVERY 65536

#define ST_SORT sort_weights
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

struct KgArcChunk
{
	KgArcChunk *next;
	uint32		n;
	uint32		from[ARCS_A_CHUNK];
	uint32		to[ARCS_A_CHUNK];
	float8		weight[FLEXIBLE_ARRAY_MEMBER];	/* none unless weighted */
};

void
kg_arc_list_init(KgArcList *list, KgBudget *budget, bool weighted)
{
	memset(list, 0, sizeof(*list));
	list->budget = budget;
	list->weighted = weighted;
}

static void
add_chunk(KgArcList *list)
{
	KgArcChunk *chunk = kg_budget_alloc(list->budget, 1,
										offsetof(KgArcChunk, weight) +
										(list->weighted ?
										 ARCS_A_CHUNK * sizeof(float8) : 0));

	chunk->next = NULL;
	chunk->n = 0;
	if (list->last == NULL)
		list->first = chunk;
	else
		list->last->next = chunk;
	list->last = chunk;
}

void
kg_arc_list_add(KgArcList *list, uint32 from, uint32 to, float8 weight)
{
	KgArcChunk *chunk = list->last;

	if (chunk == NULL || chunk->n == ARCS_A_CHUNK)
	{
		add_chunk(list);
		chunk = list->last;
	}
	chunk->from[chunk->n] = from;
	chunk->to[chunk->n] = to;
	if (list->weighted)
		chunk->weight[chunk->n] = weight;
	chunk->n++;
	list->n++;
}

static void
alloc_rows(KgCsr *csr, KgBudget *budget, uint32 n, uint64 narcs, bool weighted)
{
	csr->n = n;
	csr->offsets = kg_budget_alloc0(budget, (uint64) n + 1, sizeof(uint64));
	csr->targets = kg_budget_alloc(budget, narcs, sizeof(uint32));
	csr->weights = NULL;
	if (weighted)
		csr->weights = kg_budget_alloc(budget, narcs, sizeof(double));
}

/*
 * A counting sort in three steps.  At first offsets[v + 1] is the number of
 * arcs of v.  This function makes it the position of the first arc of v.
 * add_arc() then counts it up to the position where the next row starts.
 */
static void
counts_to_positions(KgCsr *csr)
{
	uint64		position = 0;

	for (uint32 v = 0; v < csr->n; v++)
	{
		uint64		count = csr->offsets[v + 1];

		csr->offsets[v + 1] = position;
		position += count;
	}
}

static inline void
add_arc(KgCsr *csr, uint32 from, uint32 to, double weight)
{
	uint64		position = csr->offsets[(uint64) from + 1]++;

	csr->targets[position] = to;
	if (csr->weights)
		csr->weights[position] = weight;
}

/*
 * Makes rows of the list's arcs against their direction, and frees the list.
 * A row is in any order.
 */
static void
build_reversed(KgCsr *csr, KgArcList *list, uint32 n)
{
	KgArcChunk *chunk;

	alloc_rows(csr, list->budget, n, list->n, list->weighted);
	for (chunk = list->first; chunk != NULL; chunk = chunk->next)
	{
		for (uint32 i = 0; i < chunk->n; i++)
			csr->offsets[(uint64) chunk->to[i] + 1]++;
		CHECK_FOR_INTERRUPTS();
	}
	counts_to_positions(csr);
	while ((chunk = list->first) != NULL)
	{
		for (uint32 i = 0; i < chunk->n; i++)
			add_arc(csr, chunk->to[i], chunk->from[i],
					list->weighted ? chunk->weight[i] : 1);
		list->first = chunk->next;
		kg_budget_free(list->budget, chunk);
		CHECK_FOR_INTERRUPTS();
	}
	list->last = NULL;
	list->n = 0;
}

/*
 * Sorts the weights of parallel arcs, so that sums of weights do not depend on
 * the order of the table's rows, which may differ from scan to scan.
 */
static void
sort_parallel_weights(KgCsr *csr)
{
	for (uint32 v = 0; v < csr->n; v++)
	{
		uint64		end = csr->offsets[v + 1];
		uint64		next;

		for (uint64 start = csr->offsets[v]; start < end; start = next)
		{
			next = start + 1;
			while (next < end && csr->targets[next] == csr->targets[start])
				next++;
			if (next > start + 1)
				sort_weights(csr->weights + start, next - start);
		}
		if ((v & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

void
kg_csr_build(KgCsr *csr, KgArcList *list, uint32 n)
{
	KgCsr		reversed;

	build_reversed(&reversed, list, n);
	/* Arcs are added in the order of their sources, which sorts the rows. */
	kg_csr_transpose(csr, &reversed, list->budget);
	kg_csr_free(&reversed, list->budget);
	if (csr->weights)
		sort_parallel_weights(csr);
}

void
kg_csr_transpose(KgCsr *result, const KgCsr *csr, KgBudget *budget)
{
	uint64		narcs = csr->offsets[csr->n];

	alloc_rows(result, budget, csr->n, narcs, csr->weights != NULL);
	for (uint64 i = 0; i < narcs; i++)
	{
		result->offsets[(uint64) csr->targets[i] + 1]++;
		if ((i & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	counts_to_positions(result);
	for (uint32 v = 0; v < csr->n; v++)
	{
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
			add_arc(result, csr->targets[i], v, kg_csr_weight(csr, i));
		if ((v & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

static void
simplify(KgCsr *csr, bool sum)
{
	uint64		kept = 0;
	uint64		i = 0;

	for (uint32 v = 0; v < csr->n; v++)
	{
		uint64		end = csr->offsets[v + 1];
		uint64		start = kept;

		csr->offsets[v] = start;
		for (; i < end; i++)
		{
			uint32		to = csr->targets[i];

			if (to == v)
				continue;
			if (kept > start && csr->targets[kept - 1] == to)
			{
				if (csr->weights && sum)
					csr->weights[kept - 1] += csr->weights[i];
				continue;
			}
			csr->targets[kept] = to;
			if (csr->weights)
				csr->weights[kept] = csr->weights[i];
			kept++;
		}
		if ((v & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	csr->offsets[csr->n] = kept;
}

void
kg_csr_simplify(KgCsr *csr)
{
	simplify(csr, true);
}

void
kg_csr_simplify_to_least(KgCsr *csr)
{
	/* Parallel arcs are sorted by weight. */
	simplify(csr, false);
}

uint64
kg_csr_find(const KgCsr *csr, uint32 from, uint32 to)
{
	uint64		low = csr->offsets[from];
	uint64		high = csr->offsets[from + 1];

	while (low < high)
	{
		uint64		middle = low + (high - low) / 2;

		if (csr->targets[middle] < to)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < csr->offsets[from + 1] && csr->targets[low] == to)
		return low;
	return KG_NO_ARC;
}

void
kg_csr_free(KgCsr *csr, KgBudget *budget)
{
	kg_budget_free(budget, csr->offsets);
	kg_budget_free(budget, csr->targets);
	kg_budget_free(budget, csr->weights);
	memset(csr, 0, sizeof(*csr));
}
