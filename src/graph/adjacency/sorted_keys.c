/*
 * leads.c
 *	  Nodes in the order of the keys by which an index has them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "utils/rel.h"

#include "pg/compat.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_columns.h"
#include "graph/catalog/keys.h"
#include "graph/adjacency/sorted_keys.h"

/* An eighth of work_mem is for keys, within bounds. */
#define MIN_LEADS 1024
#define MAX_LEADS (1 << 24)

/* Texts are compared by so many bytes at a time, while these decide. */
#define WORD sizeof(uint64)

#define LEAD_SIZE (sizeof(KgLead) + sizeof(int64) + sizeof(uint32))

static inline int
compare_texts(const KgLeadColumn *column, Datum a, Datum b)
{
	const struct varlena *x = (struct varlena *) DatumGetPointer(a);
	const struct varlena *y = (struct varlena *) DatumGetPointer(b);

	if (column->by_bytes && !VARATT_IS_COMPRESSED(x) && !VARATT_IS_COMPRESSED(y))
	{
		Size		n = VARSIZE_ANY_EXHDR(x);
		Size		m = VARSIZE_ANY_EXHDR(y);
		int			order = memcmp(VARDATA_ANY(x), VARDATA_ANY(y), Min(n, m));

		return order != 0 ? order : (n > m) - (n < m);
	}
	return DatumGetInt32(FunctionCall2Coll(column->compare, column->collation, a, b));
}

/* The first 8 bytes of a text, as a number. */
static inline uint64
first_bytes(const char *bytes, Size length)
{
	uint64		first = 0;

	memcpy(&first, bytes, Min(length, sizeof(first)));
	return pg_ntoh64(first);
}

/* first_bytes of a text on a page, which has 8 bytes whatever the length */
static inline uint64
bytes_on_page(const char *bytes, Size length)
{
	uint64		word;

	memcpy(&word, bytes, WORD);
	word = pg_ntoh64(word);
	if (length < WORD)
		word &= length == 0 ? 0 : ~UINT64CONST(0) << (BITS_PER_BYTE * (WORD - length));
	return word;
}

/*
 * compare_texts of a lead and a text on a page, by bytes, of which the first
 * mostly decide.  The page has 16 bytes from where that starts on, whatever they
 * are: at its end is no tuple.
 */
static inline int
compare_on_page(const KgLead *lead, const char *text)
{
	const char *bytes = VARDATA_1B(text);
	Size		length = VARSIZE_1B(text) - VARHDRSZ_SHORT;
	uint64		word = bytes_on_page(bytes, length);
	int			order = 0;

	if (lead->rest != word)
		return lead->rest < word ? -1 : 1;
	word = length <= WORD ? 0 : bytes_on_page(bytes + WORD, length - WORD);
	if (lead->more != word)
		return lead->more < word ? -1 : 1;
	if (Min(length, lead->length) > 2 * WORD)
		order = memcmp(VARDATA_ANY((char *) lead->key) + 2 * WORD, bytes + 2 * WORD,
					   Min(length, lead->length) - 2 * WORD);
	return order != 0 ? order : (lead->length > length) - (lead->length < length);
}

/* Compares values of a column; integers are bigint. */
static inline int
compare_values(const KgLeadColumn *column, Datum a, Datum b)
{
	if (column->kind == KG_KEY_INTEGER)
		return (DatumGetInt64(a) > DatumGetInt64(b)) - (DatumGetInt64(a) < DatumGetInt64(b));
	if (column->kind == KG_KEY_UUID)
		return memcmp(DatumGetPointer(a), DatumGetPointer(b), UUID_LEN);
	return compare_texts(column, a, b);
}

/* Compares keys that will have ranks. */
static inline int
compare_ranked(const KgLead *a, const KgLead *b, const KgLeads *leads)
{
	const Datum *x = (const Datum *) a->key;
	const Datum *y = (const Datum *) b->key;
	int			order = 0;
	int			i;

	if (a->rest != b->rest)
		return a->rest < b->rest ? -1 : 1;
	if (leads->ncolumns == 1 && leads->columns->by_bytes)
	{
		if (a->more != b->more)
			return a->more < b->more ? -1 : 1;
		if (Max(a->length, b->length) <= 2 * WORD)
			return (a->length > b->length) - (a->length < b->length);
	}
	if (leads->ncolumns == 1)
		return compare_texts(leads->columns, (Datum) a->key, (Datum) b->key);
	for (i = 0; i < leads->ncolumns && order == 0; i++)
		order = compare_values(&leads->columns[i], x[i], y[i]);
	return order;
}

/* The value of one of the first columns, which is not null. */
static inline Datum
tuple_value(const KgLeads *leads, const KgLeadColumn *column, IndexTuple itup)
{
	TupleDesc	desc = RelationGetDescr(leads->index);

	if (likely(column->kind == KG_KEY_INTEGER))
		return Int64GetDatum(kg_index_integer(itup, desc, &column->place));
	return kg_index_value(itup, desc, column->place.attno);
}

int
kg_leads_compare(const KgLeads *leads, Size i, IndexTuple itup)
{
	const Datum *values = (const Datum *) leads->leads[i].key;
	int			natts = leads->ncolumns;
	int			order = 0;
	int			c;

	if (leads->ncolumns == 1 && leads->columns->by_bytes && VARATT_IS_1B(kg_index_data(itup)))
		return compare_on_page(&leads->leads[i], kg_index_data(itup));
	if (leads->ncolumns == 1)
		return compare_texts(leads->columns, (Datum) values, PointerGetDatum(kg_index_data(itup)));
	if (unlikely(BTreeTupleIsPivot(itup)))
		natts = BTreeTupleGetNAtts(itup, leads->index);
	for (c = 0; c < leads->ncolumns && order == 0; c++)
	{
		if (c >= natts)
			return 1;
		if (kg_index_is_null(itup, c + 1))
			return -1;
		order = compare_values(&leads->columns[c], values[c],
							   tuple_value(leads, &leads->columns[c], itup));
	}
	return order;
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

#define ST_SORT sort_ranked
#define ST_ELEMENT_TYPE KgLead
#define ST_COMPARE_ARG_TYPE KgLeads
#define ST_COMPARE(a, b, leads) compare_ranked(a, b, leads)
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

/* Which of the columns of the key is it? */
static int
nth_column(const KgKeyAttrs *attrs, AttrNumber attno)
{
	int			i;

	for (i = 0; i < attrs->n; i++)
	{
		if (attrs->attnos[i] == attno)
			return i;
	}
	elog(ERROR, "column %d of an index is not of the key", attno);
}

void
kg_leads_by_rank(KgLeads *leads, Relation heap, Relation index, const KgKeyAttrs *attrs)
{
	int			i;

	leads->index = index;
	leads->ncolumns = attrs->n;
	leads->columns = palloc0(attrs->n * sizeof(KgLeadColumn));
	if (attrs->n > 1)
		leads->context = AllocSetContextCreate(CurrentMemoryContext, "kg keys of a frontier",
											   ALLOCSET_DEFAULT_SIZES);
	for (i = 0; i < attrs->n; i++)
	{
		KgLeadColumn *column = &leads->columns[i];
		AttrNumber	attno = index->rd_index->indkey.values[i];

		column->place = kg_index_locate(heap, index, attno);
		column->kind = kg_is_integer(column->place.type) ? KG_KEY_INTEGER :
			column->place.type == UUIDOID ? KG_KEY_UUID : KG_KEY_TEXT;
		column->nth = nth_column(attrs, attno);
		column->compare = index_getprocinfo(index, i + 1, BTORDER_PROC);
		column->collation = index->rd_indcollation[i];
		column->by_bytes = OidIsValid(column->collation) && kg_collates_by_bytes(column->collation);
	}
	leads->spread = attrs->n > 1 && leads->columns[0].kind == KG_KEY_INTEGER &&
		leads->columns[1].kind == KG_KEY_INTEGER;
}

static void
free_arrays(KgLeads *leads)
{
	if (leads->members != NULL)
		pfree(leads->members);
	leads->members = NULL;
	leads->nmembers = 0;
	if (leads->capacity == 0)
		return;
	if (leads->values != NULL)
		pfree(leads->values);
	leads->values = NULL;
	pfree(leads->leads);
	pfree(leads->own_keys);
	pfree(leads->first);
	leads->capacity = 0;
}

void
kg_leads_free(KgLeads *leads)
{
	free_arrays(leads);
	if (leads->columns != NULL)
		pfree(leads->columns);
	if (leads->context != NULL)
		MemoryContextDelete(leads->context);
}

/* Makes room for so many nodes, or for as many as memory allows. */
static void
reserve(KgLeads *leads, Size n)
{
	Size		nvalues = leads->ncolumns > 1 ? leads->ncolumns : 0;
	Size		most = (Size) work_mem * 1024 / 8 / (LEAD_SIZE + nvalues * sizeof(Datum));
	Size		capacity = Min(n, Max(MIN_LEADS, Min(most, MAX_LEADS)));

	if (capacity <= leads->capacity)
		return;
	free_arrays(leads);
	leads->leads = palloc_extended(capacity * sizeof(KgLead), MCXT_ALLOC_HUGE);
	leads->own_keys = palloc_extended(capacity * sizeof(int64), MCXT_ALLOC_HUGE);
	leads->first = palloc_extended((capacity + 1) * sizeof(uint32), MCXT_ALLOC_HUGE);
	if (nvalues > 0)
		leads->values = palloc_extended(capacity * nvalues * sizeof(Datum), MCXT_ALLOC_HUGE);
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

void
kg_leads_text_nodes(const KgLeads *leads, const char *const *texts, int n, int64 *nodes)
{
	int			i;

	kg_keys_numbers(leads->graph, leads->table, texts, n, false, nodes);
	for (i = 0; i < n; i++)
	{
		Size		bit = nodes[i] - leads->first_member;

		if (nodes[i] < leads->first_member || nodes[i] > leads->last_member ||
			(leads->members[bit / BITS_PER_BYTE] & (1 << (bit % BITS_PER_BYTE))) == 0)
			nodes[i] = 0;
	}
}

/* The first 8 bytes of a value that is sorted by bytes, or 0 (see KgLead). */
static uint64
beginning(const KgLeadColumn *column, Datum value)
{
	const char *text = DatumGetPointer(value);

	if (column->kind == KG_KEY_UUID)
		return first_bytes(text, UUID_LEN);
	return column->by_bytes ? first_bytes(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)) : 0;
}

/* What tells most texts apart that are sorted by bytes. */
static void
set_beginning(const KgLeadColumn *column, KgLead *lead)
{
	const char *text = (const char *) lead->key;

	lead->rest = beginning(column, (Datum) lead->key);
	lead->length = VARSIZE_ANY_EXHDR(text);
	lead->more = 0;
	if (column->by_bytes && lead->length > WORD)
		lead->more = first_bytes(VARDATA_ANY(text) + WORD, lead->length - WORD);
}

/*
 * beginning of several columns.  Of integers the first two count with 32 bits each.
 * A first one that does not fit leaves no room for another: nothing after it
 * decides.
 */
static uint64
beginning_of_columns(const KgLeads *leads, const Datum *values)
{
	int64		first;
	int64		second;

	if (leads->columns[0].kind != KG_KEY_INTEGER)
		return beginning(&leads->columns[0], values[0]);
	first = DatumGetInt64(values[0]);
	if (first <= PG_INT32_MIN)
		return 0;
	if (first >= PG_INT32_MAX)
		return PG_UINT64_MAX;
	second = PG_INT32_MIN;
	if (leads->columns[1].kind == KG_KEY_INTEGER)
		second = Min(Max(DatumGetInt64(values[1]), PG_INT32_MIN), PG_INT32_MAX);
	return (uint64) (uint32) (first - PG_INT32_MIN) << 32 | (uint32) (second - PG_INT32_MIN);
}

uint64
kg_leads_beginning(const KgLeads *leads, IndexTuple itup)
{
	Datum		values[2] = {Int64GetDatum(PG_INT64_MAX), Int64GetDatum(PG_INT64_MAX)};
	int			i;

	for (i = 0; i < 2 && !kg_index_is_null(itup, i + 1); i++)
		values[i] = tuple_value(leads, &leads->columns[i], itup);
	return beginning_of_columns(leads, values);
}

/* Where the values of the i-th lead are, which are those of this key. */
static Datum *
set_values(KgLeads *leads, Size i, Datum key)
{
	const KgNodeTable *nodes = &leads->graph->node_tables[leads->table];
	Datum	   *values = leads->values + i * leads->ncolumns;
	Datum		by_key[INDEX_MAX_KEYS];
	int			c;

	kg_key_values(nodes, key, by_key);
	for (c = 0; c < leads->ncolumns; c++)
		values[c] = by_key[leads->columns[c].nth];
	return values;
}

/* The next keys of several columns, sorted; returns their number. */
static Size
next_by_columns(KgLeads *leads)
{
	const KgGraph *graph = leads->graph;
	MemoryContext old;
	Datum	   *values;
	Size		n = 0;

	reserve(leads, leads->nnodes - leads->done);
	MemoryContextReset(leads->context);
	old = MemoryContextSwitchTo(leads->context);
	for (; leads->done < leads->nnodes && n < leads->capacity; leads->done++)
	{
		int64		node = leads->nodes[leads->done];

		if (kg_keys_table(graph, node) != leads->table)
			continue;
		values = set_values(leads, n, kg_keys_datum(graph, node));
		leads->leads[n].key = (int64) values;
		leads->leads[n].rest = beginning_of_columns(leads, values);
		leads->leads[n++].node = node;
	}
	MemoryContextSwitchTo(old);
	sort_ranked(leads->leads, n, leads);
	return n;
}

/* The next texts, sorted, or the only one that stands for all. */
static Size
next_texts(KgLeads *leads)
{
	const KgGraph *graph = leads->graph;
	Size		from = leads->done;
	Size		n = 0;

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
			set_beginning(leads->columns, &leads->leads[n]);
			leads->leads[n++].node = node;
		}
		sort_ranked(leads->leads, n, leads);
	}
	note_members(leads, from);
	return n;
}

static void
next_by_rank(KgLeads *leads)
{
	Size		i;

	leads->n = leads->ncolumns > 1 ? next_by_columns(leads) : next_texts(leads);
	for (i = 0; i < leads->n; i++)
		leads->own_keys[i] = 2 * i + 1;
	leads->keys = leads->own_keys;
	leads->rank = 0;
}

/*
 * How many keys are before that of the tuple, and whether it is there itself.  It
 * is mostly near where the last one was.
 */
static Size
count_before(KgLeads *leads, IndexTuple itup, bool *found)
{
	Size		low = 0;
	Size		high = leads->n;
	Size		probe = Min(leads->rank, leads->n - 1);
	Size		step = 1;

	*found = false;
	while (low < high)
	{
		int			order = kg_leads_compare(leads, probe, itup);

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
	bool		found;

	if (leads->unordered)
		return 1;
	leads->rank = count_before(leads, itup, &found);
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
	if (leads->ncolumns > 0)
	{
		next_by_rank(leads);
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
