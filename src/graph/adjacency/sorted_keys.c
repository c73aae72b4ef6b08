/*
 * sorted_keys.c
 *	  Nodes in the order of the keys by which an index has them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "graph/adjacency/sorted_keys.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_columns.h"
#include "graph/catalog/keys.h"
#include "pg/btree.h"
#include "pg/compat.h"

/* An eighth of work_mem is for keys, within bounds. */
#define MIN_LEADS 1024
#define MAX_LEADS (1 << 24)

/* Texts are compared by words of this size while these decide. */
#define WORD sizeof(uint64)

#define KEY_SIZE (sizeof(KgSortedKey) + sizeof(int64) + sizeof(uint32))

static inline int
compare_texts(const KgSortedKeyColumn *column, Datum a, Datum b)
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

/* The first 8 bytes of a text as a number; zeros follow a shorter text. */
static inline uint64
first_bytes(const char *bytes, Size length)
{
	uint64		first = 0;

	memcpy(&first, bytes, Min(length, sizeof(first)));
	return pg_ntoh64(first);
}

/* first_bytes of a text on a page, where 8 bytes can always be read. */
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
 * compare_texts of an entry and a text on a page, by bytes.  Mostly the first
 * 16 bytes decide.  As many can be read from where any text of the page
 * starts, because no tuple is at the very end of a page.
 */
static inline int
compare_on_page(const KgSortedKey *entry, const char *text)
{
	const char *bytes = VARDATA_1B(text);
	Size		length = VARSIZE_1B(text) - VARHDRSZ_SHORT;
	uint64		word = bytes_on_page(bytes, length);
	int			order = 0;

	if (entry->rest != word)
		return entry->rest < word ? -1 : 1;
	word = length <= WORD ? 0 : bytes_on_page(bytes + WORD, length - WORD);
	if (entry->more != word)
		return entry->more < word ? -1 : 1;
	if (Min(length, entry->length) > 2 * WORD)
		order = memcmp(VARDATA_ANY((char *) entry->key) + 2 * WORD, bytes + 2 * WORD,
					   Min(length, entry->length) - 2 * WORD);
	return order != 0 ? order : (entry->length > length) - (entry->length < length);
}

/* Compares values of a column; integers are of type bigint. */
static inline int
compare_values(const KgSortedKeyColumn *column, Datum a, Datum b)
{
	if (column->kind == KG_KEY_INTEGER)
		return (DatumGetInt64(a) > DatumGetInt64(b)) - (DatumGetInt64(a) < DatumGetInt64(b));
	if (column->kind == KG_KEY_UUID)
		return memcmp(DatumGetPointer(a), DatumGetPointer(b), UUID_LEN);
	return compare_texts(column, a, b);
}

/* Compares keys that will be replaced by their ranks. */
static inline int
compare_ranked(const KgSortedKey *a, const KgSortedKey *b, const KgSortedKeys *sorted)
{
	const Datum *x = (const Datum *) a->key;
	const Datum *y = (const Datum *) b->key;
	int			order = 0;

	if (a->rest != b->rest)
		return a->rest < b->rest ? -1 : 1;
	if (sorted->ncolumns == 1 && sorted->columns->by_bytes)
	{
		if (a->more != b->more)
			return a->more < b->more ? -1 : 1;
		if (Max(a->length, b->length) <= 2 * WORD)
			return (a->length > b->length) - (a->length < b->length);
	}
	if (sorted->ncolumns == 1)
		return compare_texts(sorted->columns, (Datum) a->key, (Datum) b->key);
	for (int i = 0; i < sorted->ncolumns && order == 0; i++)
		order = compare_values(&sorted->columns[i], x[i], y[i]);
	return order;
}

/* The tuple's value of a key column, which is not null. */
static inline Datum
tuple_value(const KgSortedKeys *sorted, const KgSortedKeyColumn *column, IndexTuple itup)
{
	TupleDesc	desc = RelationGetDescr(sorted->index);

	if (likely(column->kind == KG_KEY_INTEGER))
		return Int64GetDatum(kg_index_integer(itup, desc, &column->position));
	return kg_index_value(itup, desc, column->position.attno);
}

int
kg_sorted_keys_compare(const KgSortedKeys *sorted, Size i, IndexTuple itup)
{
	const Datum *values = (const Datum *) sorted->entries[i].key;
	int			natts = sorted->ncolumns;
	int			order = 0;

	if (sorted->ncolumns == 1)
		kg_check_varlena(itup, kg_index_data(itup));
	if (sorted->ncolumns == 1 && sorted->columns->by_bytes && VARATT_IS_1B(kg_index_data(itup)))
		return compare_on_page(&sorted->entries[i], kg_index_data(itup));
	if (sorted->ncolumns == 1)
		return compare_texts(sorted->columns, (Datum) values, PointerGetDatum(kg_index_data(itup)));
	if (unlikely(BTreeTupleIsPivot(itup)))
		natts = BTreeTupleGetNAtts(itup, sorted->index);
	for (int c = 0; c < sorted->ncolumns && order == 0; c++)
	{
		if (c >= natts)
			return 1;
		if (kg_index_is_null(itup, c + 1))
			return -1;
		order = compare_values(&sorted->columns[c], values[c],
							   tuple_value(sorted, &sorted->columns[c], itup));
	}
	return order;
}

static inline int
compare_leads(const KgSortedKey *a, const KgSortedKey *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->rest < b->rest ? -1 : a->rest > b->rest;
}

#define ST_SORT sort_leads
#define ST_ELEMENT_TYPE KgSortedKey
#define ST_COMPARE(a, b) compare_leads(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_ranked
#define ST_ELEMENT_TYPE KgSortedKey
#define ST_COMPARE_ARG_TYPE KgSortedKeys
#define ST_COMPARE(a, b, sorted) compare_ranked(a, b, sorted)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

void
kg_sorted_keys_init(KgSortedKeys *sorted, const KgGraph *graph, int table)
{
	memset(sorted, 0, sizeof(*sorted));
	sorted->graph = graph;
	sorted->table = table;
}

void
kg_sorted_keys_begin(KgSortedKeys *sorted, const int64 *nodes, Size n)
{
	sorted->nodes = nodes;
	sorted->nnodes = n;
	sorted->done = 0;
	sorted->unordered = false;
}

/* Which column of the key has this number in the table? */
static int
nth_column(const KgKeyAttrs *attrs, AttrNumber attno)
{
	for (int i = 0; i < attrs->n; i++)
	{
		if (attrs->attnos[i] == attno)
			return i;
	}
	elog(ERROR, "column %d of an index is not of the key", attno);
}

void
kg_sorted_keys_by_rank(KgSortedKeys *sorted, Relation heap, Relation index, const KgKeyAttrs *attrs)
{
	sorted->index = index;
	sorted->ncolumns = attrs->n;
	sorted->columns = palloc0(attrs->n * sizeof(KgSortedKeyColumn));
	if (attrs->n > 1)
		sorted->context = AllocSetContextCreate(CurrentMemoryContext, "kg keys of a frontier",
												ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < attrs->n; i++)
	{
		KgSortedKeyColumn *column = &sorted->columns[i];
		AttrNumber	attno = index->rd_index->indkey.values[i];

		column->position = kg_index_locate(heap, index, attno);
		column->kind = kg_is_integer(column->position.type) ? KG_KEY_INTEGER :
			column->position.type == UUIDOID ? KG_KEY_UUID : KG_KEY_TEXT;
		column->nth = nth_column(attrs, attno);
		column->compare = index_getprocinfo(index, i + 1, BTORDER_PROC);
		column->collation = index->rd_indcollation[i];
		column->by_bytes = OidIsValid(column->collation) && kg_collates_by_bytes(column->collation);
	}
	sorted->spread = attrs->n > 1 && sorted->columns[0].kind == KG_KEY_INTEGER &&
		sorted->columns[1].kind == KG_KEY_INTEGER;
}

static void
free_arrays(KgSortedKeys *sorted)
{
	if (sorted->members != NULL)
		pfree(sorted->members);
	sorted->members = NULL;
	sorted->nmembers = 0;
	if (sorted->capacity == 0)
		return;
	if (sorted->values != NULL)
		pfree(sorted->values);
	sorted->values = NULL;
	pfree(sorted->entries);
	pfree(sorted->own_keys);
	pfree(sorted->first);
	sorted->capacity = 0;
}

void
kg_sorted_keys_free(KgSortedKeys *sorted)
{
	free_arrays(sorted);
	if (sorted->columns != NULL)
		pfree(sorted->columns);
	if (sorted->context != NULL)
		MemoryContextDelete(sorted->context);
}

/* Allocates arrays for n nodes, or for as many as memory allows. */
static void
reserve(KgSortedKeys *sorted, Size n)
{
	Size		nvalues = sorted->ncolumns > 1 ? sorted->ncolumns : 0;
	Size		most = (Size) work_mem * 1024 / 8 / (KEY_SIZE + nvalues * sizeof(Datum));
	Size		capacity = Min(n, Max(MIN_LEADS, Min(most, MAX_LEADS)));

	if (capacity <= sorted->capacity)
		return;
	free_arrays(sorted);
	sorted->entries = palloc_extended(capacity * sizeof(KgSortedKey), MCXT_ALLOC_HUGE);
	sorted->own_keys = palloc_extended(capacity * sizeof(int64), MCXT_ALLOC_HUGE);
	sorted->first = palloc_extended((capacity + 1) * sizeof(uint32), MCXT_ALLOC_HUGE);
	if (nvalues > 0)
		sorted->values = palloc_extended(capacity * nvalues * sizeof(Datum), MCXT_ALLOC_HUGE);
	sorted->capacity = capacity;
}

static void
set_lead(KgSortedKey *entry, KgKeyKind kind, Datum key, int64 node)
{
	entry->node = node;
	if (kind == KG_KEY_UUID)
	{
		entry->key = kg_uuid_key(DatumGetPointer(key));
		entry->rest = kg_uuid_rest(DatumGetPointer(key));
		return;
	}
	entry->key = DatumGetInt64(key);
	entry->rest = 0;
}

/* Notes which nodes are among the keys: those from index "from" on. */
static void
note_members(KgSortedKeys *sorted, Size from)
{
	int64		first = sorted->nodes[from];
	int64		last = sorted->nodes[sorted->done - 1];
	Size		nbits = last - first + 1;

	if (nbits > sorted->nmembers)
	{
		if (sorted->members != NULL)
			pfree(sorted->members);
		sorted->nmembers = Max(nbits, 2 * sorted->nmembers);
		sorted->members = palloc_extended(sorted->nmembers / BITS_PER_BYTE + 1, MCXT_ALLOC_HUGE);
	}
	memset(sorted->members, 0, nbits / BITS_PER_BYTE + 1);
	sorted->first_member = first;
	sorted->last_member = last;
	for (Size i = from; i < sorted->done; i++)
	{
		Size		bit = sorted->nodes[i] - first;

		sorted->members[bit / BITS_PER_BYTE] |= 1 << (bit % BITS_PER_BYTE);
	}
}

void
kg_sorted_keys_text_nodes(const KgSortedKeys *sorted, const char *const *texts, int n, int64 *nodes)
{
	kg_keys_numbers(sorted->graph, sorted->table, texts, n, false, nodes);
	for (int i = 0; i < n; i++)
	{
		Size		bit = nodes[i] - sorted->first_member;

		if (nodes[i] < sorted->first_member || nodes[i] > sorted->last_member ||
			(sorted->members[bit / BITS_PER_BYTE] & (1 << (bit % BITS_PER_BYTE))) == 0)
			nodes[i] = 0;
	}
}

/* The first 8 bytes of a value sorted by bytes, else 0 (see KgSortedKey). */
static uint64
beginning(const KgSortedKeyColumn *column, Datum value)
{
	const char *text = DatumGetPointer(value);

	if (column->kind == KG_KEY_UUID)
		return first_bytes(text, UUID_LEN);
	return column->by_bytes ? first_bytes(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)) : 0;
}

/* Sets what decides most comparisons of texts that are sorted by bytes. */
static void
set_beginning(const KgSortedKeyColumn *column, KgSortedKey *entry)
{
	const char *text = (const char *) entry->key;

	entry->rest = beginning(column, (Datum) entry->key);
	entry->length = VARSIZE_ANY_EXHDR(text);
	entry->more = 0;
	if (column->by_bytes && entry->length > WORD)
		entry->more = first_bytes(VARDATA_ANY(text) + WORD, entry->length - WORD);
}

/*
 * The beginning of a key of several columns.  If these are integers, the first
 * two count with 32 bits each.  If the first is out of this range, only its
 * sign counts, because nothing after it may decide.
 */
static uint64
beginning_of_columns(const KgSortedKeys *sorted, const Datum *values)
{
	int64		first;
	int64		second;

	if (sorted->columns[0].kind != KG_KEY_INTEGER)
		return beginning(&sorted->columns[0], values[0]);
	first = DatumGetInt64(values[0]);
	if (first <= PG_INT32_MIN)
		return 0;
	if (first >= PG_INT32_MAX)
		return PG_UINT64_MAX;
	second = PG_INT32_MIN;
	if (sorted->columns[1].kind == KG_KEY_INTEGER)
		second = Min(Max(DatumGetInt64(values[1]), PG_INT32_MIN), PG_INT32_MAX);
	return (uint64) (uint32) (first - PG_INT32_MIN) << 32 | (uint32) (second - PG_INT32_MIN);
}

uint64
kg_sorted_keys_beginning(const KgSortedKeys *sorted, IndexTuple itup)
{
	Datum		values[2] = {Int64GetDatum(PG_INT64_MAX), Int64GetDatum(PG_INT64_MAX)};

	for (int i = 0; i < 2 && !kg_index_is_null(itup, i + 1); i++)
		values[i] = tuple_value(sorted, &sorted->columns[i], itup);
	return beginning_of_columns(sorted, values);
}

/* Stores the values of the i-th key in the index's order; returns them. */
static Datum *
set_values(KgSortedKeys *sorted, Size i, Datum key)
{
	const KgNodeTable *nodes = &sorted->graph->node_tables[sorted->table];
	Datum	   *values = sorted->values + i * sorted->ncolumns;
	Datum		by_key[INDEX_MAX_KEYS];

	kg_key_values(nodes, key, by_key);
	for (int c = 0; c < sorted->ncolumns; c++)
		values[c] = by_key[sorted->columns[c].nth];
	return values;
}

/* Gets and sorts the next keys of several columns; returns their number. */
static Size
next_by_columns(KgSortedKeys *sorted)
{
	const KgGraph *graph = sorted->graph;
	MemoryContext old;
	Datum	   *values;
	Size		n = 0;

	reserve(sorted, sorted->nnodes - sorted->done);
	MemoryContextReset(sorted->context);
	old = MemoryContextSwitchTo(sorted->context);
	for (; sorted->done < sorted->nnodes && n < sorted->capacity; sorted->done++)
	{
		int64		node = sorted->nodes[sorted->done];

		if (kg_keys_table(graph, node) != sorted->table)
			continue;
		values = set_values(sorted, n, kg_keys_datum(graph, node));
		sorted->entries[n].key = (int64) values;
		sorted->entries[n].rest = beginning_of_columns(sorted, values);
		sorted->entries[n++].node = node;
	}
	MemoryContextSwitchTo(old);
	sort_ranked(sorted->entries, n, sorted);
	return n;
}

/* Gets and sorts the next texts, or the one key for all; counts them. */
static Size
next_texts(KgSortedKeys *sorted)
{
	const KgGraph *graph = sorted->graph;
	Size		from = sorted->done;
	Size		n = 0;

	if (sorted->unordered)
	{
		reserve(sorted, 1);
		sorted->done = sorted->nnodes;
		n = 1;
	}
	else
	{
		reserve(sorted, sorted->nnodes - sorted->done);
		for (; sorted->done < sorted->nnodes && n < sorted->capacity; sorted->done++)
		{
			int64		node = sorted->nodes[sorted->done];

			if (kg_keys_table(graph, node) != sorted->table)
				continue;
			sorted->entries[n].key = (int64) kg_keys_datum(graph, node);
			set_beginning(sorted->columns, &sorted->entries[n]);
			sorted->entries[n++].node = node;
		}
		sort_ranked(sorted->entries, n, sorted);
	}
	note_members(sorted, from);
	return n;
}

static void
next_by_rank(KgSortedKeys *sorted)
{
	sorted->n = sorted->ncolumns > 1 ? next_by_columns(sorted) : next_texts(sorted);
	for (Size i = 0; i < sorted->n; i++)
		sorted->own_keys[i] = 2 * i + 1;
	sorted->keys = sorted->own_keys;
	sorted->rank = 0;
}

/*
 * Counts the keys that are before the tuple's, and says whether that is among
 * them.  The search starts where the last one ended: the result is mostly
 * near.
 */
static Size
count_before(KgSortedKeys *sorted, IndexTuple itup, bool *found)
{
	Size		low = 0;
	Size		high = sorted->n;
	Size		probe = Min(sorted->rank, sorted->n - 1);
	Size		step = 1;

	*found = false;
	while (low < high)
	{
		int			order = kg_sorted_keys_compare(sorted, probe, itup);

		if (order == 0)
		{
			*found = true;
			return probe;
		}
		if (order < 0)
			low = probe + 1;
		else
			high = probe;
		/* In growing steps, until the key is between two of them */
		if (order < 0 && high == sorted->n)
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
kg_sorted_keys_rank(KgSortedKeys *sorted, IndexTuple itup)
{
	bool		found;

	if (sorted->unordered)
		return 1;
	sorted->rank = count_before(sorted, itup, &found);
	return 2 * sorted->rank + found;
}

bool
kg_sorted_keys_is_before(const KgSortedKeys *sorted, IndexTuple itup, int64 rank)
{
	return !sorted->unordered && kg_sorted_keys_compare(sorted, rank / 2, itup) > 0;
}

bool
kg_sorted_keys_next(KgSortedKeys *sorted)
{
	const KgGraph *graph = sorted->graph;
	KgKeyKind	kind = graph->node_tables[sorted->table].kind;
	Size		n = 0;

	if (sorted->done == sorted->nnodes)
		return false;
	sorted->n = 0;
	if (sorted->ncolumns > 0)
	{
		next_by_rank(sorted);
		return true;
	}
	if (graph->keys == NULL)
	{
		sorted->keys = sorted->nodes;
		sorted->n = sorted->done = sorted->nnodes;
		return true;
	}
	reserve(sorted, sorted->nnodes - sorted->done);
	for (; sorted->done < sorted->nnodes && n < sorted->capacity; sorted->done++)
	{
		int64		node = sorted->nodes[sorted->done];

		if (kg_keys_table(graph, node) == sorted->table)
			set_lead(&sorted->entries[n++], kind, kg_keys_datum(graph, node), node);
	}
	sort_leads(sorted->entries, n);
	for (Size i = 0; i < n; i++)
	{
		if (sorted->n > 0 && sorted->own_keys[sorted->n - 1] == sorted->entries[i].key)
			continue;
		sorted->first[sorted->n] = i;
		sorted->own_keys[sorted->n++] = sorted->entries[i].key;
	}
	sorted->first[sorted->n] = n;
	sorted->keys = sorted->own_keys;
	return true;
}
