/*
 * nodes.c
 *	  The nodes of a projection: ids of entities and their numbers.
 *
 * Buckets divide the range of ids evenly.  Ids from a sequence have a bucket
 * each and are found without a search.  However ids are spread, there are at
 * most two buckets a node, and a search within one takes at most log2(n) steps.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "algo/projection/nodes.h"
#include "algo/projection/source.h"

#define INITIAL_NODES 1024
#define INTERRUPT_EVERY 65536

#define ST_SORT sort_ids
#define ST_ELEMENT_TYPE int64
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

typedef struct Collector
{
	KgBudget   *budget;
	int64	   *ids;
	uint64		n;
	uint64		capacity;
	bool		sorted;			/* ascending and distinct so far */
} Collector;

static void
collect(void *arg, int64 id)
{
	Collector  *c = arg;

	if (c->n == c->capacity)
	{
		c->budget->entities = Max(c->budget->entities, c->n);
		c->capacity *= 2;
		c->ids = kg_budget_resize(c->budget, c->ids, c->capacity,
								  sizeof(int64));
	}
	if (c->n > 0 && c->ids[c->n - 1] >= id)
		c->sorted = false;
	c->ids[c->n++] = id;
}

/* Sorts ids and drops repeated ones; returns the number of distinct ids. */
static uint64
sort_distinct(int64 *ids, uint64 n)
{
	uint64		kept = 0;

	sort_ids(ids, n);
	for (uint64 i = 0; i < n; i++)
	{
		if (kept == 0 || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	}
	return kept;
}

static void
make_buckets(KgNodes *nodes, KgBudget *budget)
{
	uint64		range = (uint64) nodes->ids[nodes->n - 1] -
	(uint64) nodes->ids[0];
	uint64		nbuckets;
	uint64		bucket = 0;

	nodes->shift = 0;
	while ((range >> nodes->shift) >= 2 * (uint64) nodes->n)
		nodes->shift++;
	nbuckets = (range >> nodes->shift) + 1;
	nodes->buckets = kg_budget_alloc(budget, nbuckets + 1, sizeof(uint32));
	for (uint32 i = 0; i < nodes->n; i++)
	{
		uint64		own = ((uint64) nodes->ids[i] -
						   (uint64) nodes->ids[0]) >> nodes->shift;

		while (bucket <= own)
			nodes->buckets[bucket++] = i;
		if ((i & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	nodes->buckets[bucket] = nodes->n;
	Assert(bucket == nbuckets);
}

void
kg_nodes_read(KgNodes *nodes, const KgGraph *graph, KgBudget *budget)
{
	Collector	c = {0};

	memset(nodes, 0, sizeof(*nodes));
	c.budget = budget;
	c.capacity = INITIAL_NODES;
	c.sorted = true;
	c.ids = kg_budget_alloc(budget, c.capacity, sizeof(int64));
	kg_source_nodes(graph, collect, &c);
	if (!c.sorted)
		c.n = sort_distinct(c.ids, c.n);
	if (c.n >= KG_NO_NODE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("graph \"%s\" has " UINT64_FORMAT " entities, but algorithms take at most %u",
						graph->name, c.n, KG_NO_NODE - 1)));
	nodes->n = c.n;
	budget->entities = c.n;
	nodes->ids = kg_budget_resize(budget, c.ids, Max(c.n, 1), sizeof(int64));
	if (nodes->n > 0)
		make_buckets(nodes, budget);
}

void
kg_nodes_make(KgNodes *nodes, int64 *ids, uint32 n, KgBudget *budget)
{
	memset(nodes, 0, sizeof(*nodes));
	nodes->ids = ids;
	nodes->n = (uint32) sort_distinct(ids, n);
	if (nodes->n > 0)
		make_buckets(nodes, budget);
}

void
kg_nodes_forget_buckets(KgNodes *nodes, KgBudget *budget)
{
	kg_budget_free(budget, nodes->buckets);
	nodes->buckets = NULL;
}
