/*
 * leads.c
 *	  Nodes in the order of the keys by which an index has them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "miscadmin.h"
#include "utils/pg_locale.h"
#include "utils/rel.h"

#include "compat.h"
#include "graph/columns.h"
#include "graph/keys.h"
#include "graph/leads.h"

/* An eighth of work_mem is for keys, within bounds. */
#define MIN_LEADS 1024
#define MAX_LEADS (1 << 24)
#define LEAD_SIZE (sizeof(KgLead) + sizeof(int64) + sizeof(uint32))

static inline int
compare_texts(const KgLeads *leads, Datum a, Datum b)
{
	const struct varlena *x = (struct varlena *) DatumGetPointer(a);
	const struct varlena *y = (struct varlena *) DatumGetPointer(b);

	if (leads->by_bytes && !VARATT_IS_COMPRESSED(x) && !VARATT_IS_COMPRESSED(y))
	{
		Size		n = VARSIZE_ANY_EXHDR(x);
		Size		m = VARSIZE_ANY_EXHDR(y);
		int			order = memcmp(VARDATA_ANY(x), VARDATA_ANY(y), Min(n, m));

		return order != 0 ? order : (n > m) - (n < m);
	}
	return DatumGetInt32(FunctionCall2Coll(leads->compare, leads->collation, a, b));
}

int
kg_leads_compare(const KgLeads *leads, Size i, IndexTuple itup)
{
	return compare_texts(leads, (Datum) leads->leads[i].key, PointerGetDatum(kg_index_data(itup)));
}

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

#define ST_SORT sort_texts
#define ST_ELEMENT_TYPE KgLead
#define ST_COMPARE_ARG_TYPE KgLeads
#define ST_COMPARE(a, b, leads) compare_texts(leads, (Datum) (a)->key, (Datum) (b)->key)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
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
	leads->unordered = false;
}

void
kg_leads_of_texts(KgLeads *leads, Relation index)
{
	leads->compare = index_getprocinfo(index, 1, BTORDER_PROC);
	leads->collation = index->rd_indcollation[0];
	leads->by_bytes = kg_collates_by_bytes(leads->collation);
}

void
kg_leads_free(KgLeads *leads)
{
	if (leads->members != NULL)
		pfree(leads->members);
	leads->members = NULL;
	leads->nmembers = 0;
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

/* Remembers which nodes are among the keys, of those of the table from "from" on. */
static void
note_members(KgLeads *leads, Size from)
{
	int64		first = leads->nodes[from];
	int64		last = leads->nodes[leads->done - 1];
	Size		nbits = last - first + 1;
	Size		i;

	if (nbits > leads->nmembers)
	{
		if (leads->members != NULL)
			pfree(leads->members);
		leads->nmembers = Max(nbits, 2 * leads->nmembers);
		leads->members = palloc_extended(leads->nmembers / BITS_PER_BYTE + 1, MCXT_ALLOC_HUGE);
	}
	memset(leads->members, 0, nbits / BITS_PER_BYTE + 1);
	leads->first_member = first;
	leads->last_member = last;
	for (i = from; i < leads->done; i++)
	{
		Size		bit = leads->nodes[i] - first;

		leads->members[bit / BITS_PER_BYTE] |= 1 << (bit % BITS_PER_BYTE);
	}
}

int64
kg_leads_text_node(const KgLeads *leads, Datum key)
{
	int64		node = kg_keys_find(leads->graph, leads->table, key);
	Size		bit = node - leads->first_member;

	if (node < leads->first_member || node > leads->last_member ||
		(leads->members[bit / BITS_PER_BYTE] & (1 << (bit % BITS_PER_BYTE))) == 0)
		return 0;
	return node;
}

/* The next texts, sorted, or the only one that stands for all. */
static void
next_texts(KgLeads *leads)
{
	const KgGraph *graph = leads->graph;
	Size		from = leads->done;
	Size		n = 0;
	Size		i;

	if (leads->unordered)
	{
		reserve(leads, 1);
		leads->done = leads->nnodes;
		n = 1;
	}
	else
	{
		reserve(leads, leads->nnodes - leads->done);
		for (; leads->done < leads->nnodes && n < leads->capacity; leads->done++)
		{
			int64		node = leads->nodes[leads->done];

			if (kg_keys_table(graph, node) != leads->table)
				continue;
			leads->leads[n].key = (int64) kg_keys_datum(graph, node);
			leads->leads[n++].node = node;
		}
		sort_texts(leads->leads, n, leads);
	}
	for (i = 0; i < n; i++)
		leads->own_keys[i] = 2 * i + 1;
	leads->keys = leads->own_keys;
	leads->n = n;
	leads->rank = 0;
	note_members(leads, from);
}

/*
 * How many texts are before this one, and whether it is there itself.  It is
 * mostly near where the last one was.
 */
static Size
count_before(KgLeads *leads, Datum key, bool *found)
{
	Size		low = 0;
	Size		high = leads->n;
	Size		probe = Min(leads->rank, leads->n - 1);
	Size		step = 1;

	*found = false;
	while (low < high)
	{
		int			order = compare_texts(leads, (Datum) leads->leads[probe].key, key);

		if (order == 0)
		{
			*found = true;
			return probe;
		}
		if (order < 0)
			low = probe + 1;
		else
			high = probe;
		/* In steps that become larger, until it is between two of them */
		if (order < 0 && high == leads->n)
			probe = Min(probe + step, high - 1);
		else if (order > 0 && low == 0)
			probe = probe > step ? probe - step : 0;
		else
			probe = low + (high - low) / 2;
		probe = Min(Max(probe, low), high == 0 ? 0 : high - 1);
		step *= 2;
	}
	return low;
}

int64
kg_leads_rank(KgLeads *leads, IndexTuple itup)
{
	Datum		key = PointerGetDatum(kg_index_data(itup));
	bool		found;

	if (leads->unordered)
		return 1;
	leads->rank = count_before(leads, key, &found);
	return 2 * leads->rank + found;
}

bool
kg_leads_is_before(const KgLeads *leads, IndexTuple itup, int64 rank)
{
	return !leads->unordered && kg_leads_compare(leads, rank / 2, itup) > 0;
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
	if (leads->compare != NULL)
	{
		next_texts(leads);
		return true;
	}
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
