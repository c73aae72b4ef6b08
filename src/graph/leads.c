/*
 * leads.c
 *	  Nodes in the order of the keys by which an index has them.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "graph/keys.h"
#include "graph/leads.h"

/* An eighth of work_mem is for keys, within bounds. */
#define MIN_LEADS 1024
#define MAX_LEADS (1 << 24)
#define LEAD_SIZE (sizeof(KgLead) + sizeof(int64) + sizeof(uint32))

static inline int
compare_leads(const KgLead *a, const KgLead *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->rest < b->rest ? -1 : a->rest > b->rest;
}

#define ST_SORT sort_leads
#define ST_ELEMENT_TYPE KgLead
#define ST_COMPARE(a, b) compare_leads(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
kg_leads_init(KgLeads *leads, const KgGraph *graph, int table)
{
	memset(leads, 0, sizeof(*leads));
	leads->graph = graph;
	leads->table = table;
}

void
kg_leads_begin(KgLeads *leads, const int64 *nodes, Size n)
{
	leads->nodes = nodes;
	leads->nnodes = n;
	leads->done = 0;
}

void
kg_leads_free(KgLeads *leads)
{
	if (leads->capacity == 0)
		return;
	pfree(leads->leads);
	pfree(leads->own_keys);
	pfree(leads->first);
	leads->capacity = 0;
}

/* Makes room for so many nodes, or for as many as memory allows. */
static void
reserve(KgLeads *leads, Size n)
{
	Size		most = (Size) work_mem * 1024 / 8 / LEAD_SIZE;
	Size		capacity = Min(n, Max(MIN_LEADS, Min(most, MAX_LEADS)));

	if (capacity <= leads->capacity)
		return;
	kg_leads_free(leads);
	leads->leads = palloc_extended(capacity * sizeof(KgLead), MCXT_ALLOC_HUGE);
	leads->own_keys = palloc_extended(capacity * sizeof(int64), MCXT_ALLOC_HUGE);
	leads->first = palloc_extended((capacity + 1) * sizeof(uint32), MCXT_ALLOC_HUGE);
	leads->capacity = capacity;
}

static void
set_lead(KgLead *lead, KgKeyKind kind, Datum key, int64 node)
{
	lead->node = node;
	if (kind == KG_KEY_UUID)
	{
		lead->key = kg_uuid_key(DatumGetPointer(key));
		lead->rest = kg_uuid_rest(DatumGetPointer(key));
		return;
	}
	lead->key = DatumGetInt64(key);
	lead->rest = 0;
}

bool
kg_leads_next(KgLeads *leads)
{
	const KgGraph *graph = leads->graph;
	KgKeyKind	kind = graph->node_tables[leads->table].kind;
	Size		n = 0;
	Size		i;

	if (leads->done == leads->nnodes)
		return false;
	leads->n = 0;
	if (graph->keys == NULL)
	{
		leads->keys = leads->nodes;
		leads->n = leads->done = leads->nnodes;
		return true;
	}
	reserve(leads, leads->nnodes - leads->done);
	for (; leads->done < leads->nnodes && n < leads->capacity; leads->done++)
	{
		int64		node = leads->nodes[leads->done];

		if (kg_keys_table(graph, node) == leads->table)
			set_lead(&leads->leads[n++], kind, kg_keys_datum(graph, node), node);
	}
	sort_leads(leads->leads, n);
	for (i = 0; i < n; i++)
	{
		if (leads->n > 0 && leads->own_keys[leads->n - 1] == leads->leads[i].key)
			continue;
		leads->first[leads->n] = i;
		leads->own_keys[leads->n++] = leads->leads[i].key;
	}
	leads->first[leads->n] = n;
	leads->keys = leads->own_keys;
	return true;
}
