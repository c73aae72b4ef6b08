/*
 * leaf_copy.c
 *	  Copies the edges of given nodes from a leaf page.
 */
#include "postgres.h"

#include "access/itup.h"
#include "access/nbtree.h"
#include "catalog/pg_type_d.h"
#include "utils/rel.h"

#include "graph/adjacency/leaf_copy.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_columns.h"
#include "pg/btree.h"
#include "pg/buffer_hints.h"

/* Part of the format: edges are copied by copy_other. */
#define FORMAT_OTHER 64

/* Part of the format: the index is unique, see find_unique. */
#define FORMAT_UNIQUE 128

/* find_unique guesses this often before it searches. */
#define MAX_GUESSES 3

/*
 * Finds the query's first type that is not less than "from"; false if none is.
 */
static bool
find_type(const KgEdgeQuery *query, int32 from, int32 *type)
{
	int			i = 0;

	while (i < query->ntypes && query->types[i] < from)
		i++;
	if (i == query->ntypes)
		return false;
	*type = query->types[i];
	return true;
}

static bool
passes_filter(const KgLeafScan *scan, IndexTuple itup)
{
	const KgEdgeQuery *query = scan->query;

	if (!query->any_type &&
		!kg_is_of_types(query, kg_index_integer(itup, scan->desc, &scan->type)))
		return false;
	if (!query->any_time && !kg_index_is_valid(itup, scan->desc, &scan->valid_from,
											   &scan->valid_to, query->as_of))
		return false;
	return !query->known_then || kg_index_is_valid(itup, scan->desc, &scan->recorded_at,
												   &scan->expired_at, query->known_at);
}

/*
 * Is it an edge that is no longer known?  The entry of one that is known has a
 * null bitmap, of which this reads a bit.
 */
static inline bool
is_expired(const KgLeafScan *scan, IndexTuple itup)
{
	return scan->expired != 0 && !kg_index_is_null(itup, scan->expired);
}

/* The type and the weight, unless all edges have the same or none. */
static void
copy_details(const KgLeafScan *scan, IndexTuple itup, KgEdge *edge)
{
	Datum		weight;

	edge->type = scan->type_of_all;
	edge->type_is_null = false;
	if (scan->type.attno != 0)
		edge->type = kg_type_number(kg_index_integer(itup, scan->desc, &scan->type));
	edge->weight_is_null = true;
	if (scan->weight.attno == 0)
		return;
	weight = index_getattr(itup, scan->weight.attno, scan->desc, &edge->weight_is_null);
	if (!edge->weight_is_null)
		edge->weight = kg_weight(weight, scan->weight.type);
}

/* How many rows a posting list has. */
static int
posting_rows(IndexTuple itup)
{
	int			nrows = BTreeTupleGetNPosting(itup);

	if (nrows < 1 ||
		BTreeTupleGetPostingOffset(itup) + nrows * sizeof(ItemPointerData) > IndexTupleSize(itup))
		kg_bad_index_tuple();
	return nrows;
}

/* Copies what a search needs of a tuple, once for each of its rows. */
static inline void
copy_edge(KgLeafScan *scan, IndexTuple itup, int64 from, int64 to)
{
	KgEdge	   *edge = &scan->edges[scan->n];
	int			nrows = unlikely(BTreeTupleIsPosting(itup)) ? posting_rows(itup) : 1;

	/* Line pointers of a damaged page may name a tuple twice. */
	if (unlikely(scan->n + nrows > KG_LEAF_EDGES))
		kg_bad_index_tuple();
	edge->from = from;
	edge->to = to;
	edge->outgoing = scan->outgoing;
	edge->id_is_null = scan->id.attno == 0 ||
		(scan->id.nullable && kg_index_is_null(itup, scan->id.attno));
	edge->id = edge->id_is_null ? 0 : kg_index_integer(itup, scan->desc, &scan->id);
	if (scan->details)
		copy_details(scan, itup, edge);
	if (unlikely(BTreeTupleIsPosting(itup)))
	{
		for (int i = 0; i < nrows; i++)
		{
			scan->edges[scan->n] = *edge;
			scan->edges[scan->n++].row = *BTreeTupleGetPostingN(itup, i);
		}
		return;
	}
	edge->row = itup->t_tid;
	scan->n++;
}

/* Is an end of the edge null? */
static inline bool
is_no_edge(const KgLeafScan *scan, IndexTuple itup)
{
	return IndexTupleHasNulls(itup) &&
		(kg_index_is_null(itup, 1) ||
		 (scan->to.attno != 0 && kg_index_is_null(itup, scan->to.attno)) ||
		 (scan->far_key != NULL && kg_key_is_null(scan->far_key, itup)));
}

/*
 * Copies the keys at the other end of one tuple's edges, which start at
 * "first".  The dictionary numbers these keys later: that may take longer than
 * a page should be locked.
 */
static void
keep_far_keys(KgLeafScan *scan, IndexTuple itup, int first)
{
	Datum		key = kg_index_value(itup, scan->desc, scan->to.attno);
	char	   *copy = NULL;
	int			bytes = scan->far_key != NULL ? KG_KEY_COPY : 1;	/* for one of a page */

	/* As in copy_edge; a page has no more bytes than these. */
	if (scan->far_bytes != NULL)
	{
		if (unlikely(scan->far_used + bytes * IndexTupleSize(itup) > (Size) bytes * BLCKSZ))
			kg_bad_index_tuple();
		copy = scan->far_bytes + scan->far_used;
	}
	if (scan->far_key != NULL)
		scan->far_used += kg_key_copy(scan->far_key, itup, scan->desc, copy);
	else if (kg_is_integer(scan->to.type))
	{
		for (int i = first; i < scan->n; i++)
			scan->edges[i].to = kg_integer(key, scan->to.type);
		return;
	}
	else if (scan->to.type == UUIDOID)
	{
		memcpy(copy, DatumGetPointer(key), UUID_LEN);
		scan->far_used += UUID_LEN;
	}
	else
	{
		memcpy(copy, DatumGetPointer(key), VARSIZE_ANY(DatumGetPointer(key)));
		scan->far_used += INTALIGN(VARSIZE_ANY(DatumGetPointer(key)));
	}
	for (int i = first; i < scan->n; i++)
		scan->far[i] = copy;
}

void
kg_leaf_copy_tuple(KgLeafScan *scan, IndexTuple itup, int64 from)
{
	int			first = scan->n;

	if (is_no_edge(scan, itup) || is_expired(scan, itup) ||
		(scan->filter && !passes_filter(scan, itup)))
		return;
	copy_edge(scan, itup, from, 0);
	if (scan->to.attno != 0)
		keep_far_keys(scan, itup, first);
}

/*
 * Copies a tuple with the i-th key, where there is a dictionary or where only
 * rows are asked for.
 */
static void
copy_other(KgLeafScan *scan, IndexTuple itup, Size i)
{
	int64		from = scan->pages.nodes[i];

	if (scan->graph->keys != NULL)
		from = kg_sorted_keys_node(&scan->sorted, i, scan->pages.width == UUID_LEN ?
								   kg_uuid_rest(kg_index_data(itup)) : 0);
	if (scan->graph->keys == NULL || from != 0)
		kg_leaf_copy_tuple(scan, itup, from);
}

/*
 * Copies the edges of the i-th node from "offset" on; returns the offset of
 * the first tuple of another node.
 */
static pg_attribute_always_inline OffsetNumber
copy_node(KgLeafScan *scan, Page page, OffsetNumber offset, Size i, int format)
{
	int64		node = scan->pages.nodes[i];
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	ptrdiff_t	to_next = scan->to_next;
	AttrNumber	expired = scan->expired;

	for (; offset <= max; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		IndexTuple	itup = kg_page_tuple(page, offset);
		int64		to;

		if (kg_tuple_node(itup, format, &scan->sorted) != node)
			break;
		kg_prefetch((const char *) itup + to_next);
		if (scan->by_type)
		{
			int32		type = kg_tuple_type(itup, format);
			int32		needed;

			if (!find_type(scan->query, type, &needed))
				needed = PG_INT32_MAX;
			if (needed != type && type != PG_INT32_MAX)
			{
				offset = kg_page_gallop(page, offset + 1, node, needed, format, &scan->sorted) - 1;
				continue;
			}
		}
		if (unlikely(ItemIdIsDead(item)) && scan->ignore_dead)
			continue;
		if (format & FORMAT_OTHER)
		{
			copy_other(scan, itup, i);
			continue;
		}
		if ((format & KG_FORMAT_NULLS) && is_no_edge(scan, itup))
			continue;
		to = kg_index_integer(itup, scan->desc, &scan->to);
		if (scan->visited != NULL && kg_node_set_has(scan->visited, to))
			continue;
		/* Most edges of a search lead to visited nodes. */
		if (expired != 0 && !kg_index_is_null(itup, expired))
			continue;
		if (scan->filter && !passes_filter(scan, itup))
			continue;
		copy_edge(scan, itup, node, to);
	}
	return offset;
}

/*
 * As kg_page_gallop: the first tuple from "low" on that is not less than the
 * node, on a page of a unique index.  Its keys are mostly spread evenly, so
 * that a guess between the first key and the high key reads a few lines of
 * memory less than a search by halves.
 */
static pg_attribute_always_inline OffsetNumber
find_unique(Page page, OffsetNumber low, int64 node, int64 high_key, int format,
			KgSortedKeys *sorted)
{
	OffsetNumber high = PageGetMaxOffsetNumber(page) + 1;

	for (int guesses = 0; guesses < MAX_GUESSES && low < high; guesses++)
	{
		int64		low_key = kg_tuple_node(kg_page_tuple(page, low), format, sorted);
		OffsetNumber guess;

		if (node <= low_key)
			return low;
		/* The high key may have been that of a row that is gone. */
		if (high_key <= node)
			break;
		guess = low + (OffsetNumber) (((double) node - low_key) / ((double) high_key - low_key) *
									  (high - low));
		guess = Min(guess, high - 1);
		if (kg_tuple_is_less(kg_page_tuple(page, guess), node, PG_INT32_MIN, format, sorted))
		{
			low = guess + 1;
			continue;
		}
		high = guess;
		high_key = kg_tuple_node(kg_page_tuple(page, guess), format, sorted);
		if (kg_tuple_is_less(kg_page_tuple(page, guess - 1), node, PG_INT32_MIN, format, sorted))
			return guess;
	}
	return kg_page_gallop(page, low, node, PG_INT32_MIN, format, sorted);
}

/*
 * Copies the edges of the nodes from "next" on; returns the first node that
 * may have more edges to the right of the page.
 */
static pg_attribute_always_inline Size
copy_nodes(KgLeafScan *scan, IndexTuple high_key, int format)
{
	const KgLeafPages *pages = &scan->pages;
	KgSortedKeys *sorted = &scan->sorted;
	Page		page = pages->page;
	OffsetNumber offset = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	Size		i = pages->next;
	int64		high = high_key ? kg_tuple_node(high_key, format, sorted) : PG_INT64_MAX;

	while (i < pages->n && pages->nodes[i] <= high)
	{
		int64		key;

		if (format & FORMAT_UNIQUE)
			offset = find_unique(page, offset, pages->nodes[i], high, format, sorted);
		else
			offset = kg_page_gallop(page, offset, pages->nodes[i], PG_INT32_MIN, format, sorted);
		offset = copy_node(scan, page, offset, i, format);
		if (offset > max)
			break;
		key = kg_tuple_node(kg_page_tuple(page, offset), format, sorted);
		/* or the nodes of all pages from here to the key's would be skipped */
		if (unlikely(key > high))
			kg_bad_index_tuple();
		do
			i++;
		while (i < pages->n && pages->nodes[i] < key);
	}
	if (high_key == NULL)
		return pages->n;
	while (i < pages->n && pages->nodes[i] < high)
		i++;
	return i;
}

/*
 * Has copy_nodes compiled once for each kind of first column.  If the column
 * is null in any tuple of the page, it is null in the high key, because nulls
 * are last.
 */
Size
kg_leaf_copy_by_key(KgLeafScan *scan, IndexTuple high_key)
{
	const KgLeafPages *pages = &scan->pages;

	if (pages->spread && high_key != NULL && pages->width == sizeof(int64))
		return copy_nodes(scan, high_key, sizeof(int64) | KG_FORMAT_NULLS | FORMAT_OTHER |
						  FORMAT_UNIQUE);
	if (pages->spread && high_key != NULL && pages->width == sizeof(int32))
		return copy_nodes(scan, high_key, sizeof(int32) | KG_FORMAT_NULLS | FORMAT_OTHER |
						  FORMAT_UNIQUE);
	if (scan->other)
		return copy_nodes(scan, high_key, pages->width | KG_FORMAT_NULLS | FORMAT_OTHER);
	if (scan->nulls || high_key == NULL || kg_index_is_null(high_key, 1))
		return copy_nodes(scan, high_key, pages->width | KG_FORMAT_NULLS);
	if (pages->width == sizeof(int64))
		return copy_nodes(scan, high_key, sizeof(int64));
	if (pages->width == sizeof(int32))
		return copy_nodes(scan, high_key, sizeof(int32));
	return copy_nodes(scan, high_key, sizeof(int16));
}

void
kg_leaf_find_overflow(KgLeafScan *scan, IndexTuple high_key)
{
	KgLeafPages *pages = &scan->pages;
	int32		high_type;
	int32		type;

	pages->more = true;
	if (!scan->by_type || BTreeTupleGetNAtts(high_key, pages->index) < 2)
		return;
	high_type = kg_tuple_type(high_key, pages->width);
	if (!find_type(scan->query, high_type, &type))
	{
		pages->more = false;
		pages->next++;
		pages->from_type = PG_INT32_MIN;
	}
	else if (type > high_type)
		scan->jump_type = type;
}
