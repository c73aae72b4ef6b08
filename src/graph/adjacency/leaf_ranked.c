/*
 * leaf_ranked.c
 *	  Copies edges from a leaf page whose keys stand for their ranks: texts, and
 *	  keys of several columns.
 *
 * Keys are found on the page by comparisons.  Where a collation makes
 * comparisons expensive, all texts of the page are looked up in the dictionary
 * instead.
 */
#include "postgres.h"

#include <math.h>

#include "utils/rel.h"

#include "graph/adjacency/leaf_ranked.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/dictionary.h"
#include "pg/btree.h"
#include "pg/buffer_hints.h"

/*
 * Costs in ns, about: of comparing two texts by bytes or by a collation, of
 * looking up all texts of a page of edges or of a page of nodes (which are all
 * different), and of a page besides that.  Fewer nodes than MIN_UNORDERED are
 * always sorted.
 */
#define PLAIN_COMPARISON 8.0
#define COMPARISON 200.0
#define EDGE_PAGE 2000.0
#define NODE_PAGE 10000.0
#define PAGE_ALONE 500.0
#define MIN_UNORDERED 64

/* Comparisons that it takes to find a text on a page. */
#define TEXT_COMPARISONS 8

/*
 * Keys that have more than SCATTERED tuples of the page between them are
 * searched for by halves, KEYS_IN_STEP keys at a time.
 */
#define SCATTERED 16
#define KEYS_IN_STEP 8

/* Copies the edges of a tuple that has the node's key. */
static inline void
copy_ranked(KgLeafScan *scan, ItemId item, IndexTuple itup, int64 node)
{
	if (likely(!ItemIdIsDead(item)) || !scan->ignore_dead)
		kg_leaf_copy_tuple(scan, itup, node);
}

static inline bool
is_same_text(const char *a, const char *b)
{
	Size		size = VARSIZE_ANY(a);

	return size == VARSIZE_ANY(b) && memcmp(a, b, size) == 0;
}

/*
 * Looks up n different texts in the dictionary, and copies the tuples of those
 * that belong to wanted nodes.  The tuples of the i-th text are from starts[i]
 * to starts[i + 1] - 1.
 */
static void
copy_known(KgLeafScan *scan, Page page, const char *const *texts,
		   const OffsetNumber *starts, int n)
{
	int64		nodes[KG_KEYS_AHEAD];
	OffsetNumber offset;

	kg_sorted_keys_text_nodes(&scan->sorted, texts, n, nodes);
	for (int i = 0; i < n; i++)
	{
		for (offset = starts[i]; nodes[i] != 0 && offset < starts[i + 1]; offset++)
			copy_ranked(scan, PageGetItemId(page, offset), kg_page_tuple(page, offset), nodes[i]);
	}
}

/*
 * Looks up all texts of the page in the dictionary, and copies the tuples of
 * wanted nodes.  Comparisons by a collation would take longer.
 */
static void
copy_known_texts(KgLeafScan *scan, Page page)
{
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	OffsetNumber starts[KG_KEYS_AHEAD + 1];
	const char *texts[KG_KEYS_AHEAD];
	OffsetNumber offset;
	int			n = 0;

	for (offset = P_FIRSTDATAKEY(BTPageGetOpaque(page)); offset <= max; offset++)
	{
		IndexTuple	itup = kg_page_tuple(page, offset);
		const char *text = kg_index_data(itup);

		kg_prefetch((const char *) itup + scan->to_next);
		if (kg_index_is_null(itup, 1))
			break;
		kg_check_varlena(itup, text);
		if (n > 0 && is_same_text(text, texts[n - 1]))
			continue;
		starts[n] = offset;
		if (n == KG_KEYS_AHEAD)
		{
			copy_known(scan, page, texts, starts, n);
			starts[0] = offset;
			n = 0;
		}
		texts[n++] = text;
	}
	starts[n] = offset;
	copy_known(scan, page, texts, starts, n);
}

/* Is the tuple before the i-th key? */
static inline bool
is_before(const KgLeafScan *scan, IndexTuple itup, Size i)
{
	return !kg_index_is_null(itup, 1) && kg_sorted_keys_compare(&scan->sorted, i, itup) > 0;
}

/*
 * The first tuple from "offset" on that is not before the i-th key.  "nkeys"
 * keys, this one included, remain to be found on the page, so the first step
 * is the distance that they have on average.
 */
static OffsetNumber
find_ranked(const KgLeafScan *scan, Page page, OffsetNumber offset, Size i, Size nkeys)
{
	OffsetNumber end = PageGetMaxOffsetNumber(page) + 1;
	OffsetNumber step = Max((end - offset) / (nkeys + 1), 1);

	while (offset < end)
	{
		OffsetNumber probe = Min(offset + step - 1, offset + (end - offset) / 2);

		if (is_before(scan, kg_page_tuple(page, probe), i))
			offset = probe + 1;
		else
			end = probe;
		step *= 2;
	}
	return offset;
}

/*
 * find_ranked for n keys from "first" on that are far apart.  All are searched
 * for by halves at the same time, so that their cache misses overlap.
 */
static void
find_scattered(const KgLeafScan *scan, Page page, Size first, int n, OffsetNumber *found)
{
	OffsetNumber end[KEYS_IN_STEP];
	OffsetNumber middle[KEYS_IN_STEP];
	bool		go_on = true;

	for (int k = 0; k < n; k++)
	{
		found[k] = P_FIRSTDATAKEY(BTPageGetOpaque(page));
		end[k] = PageGetMaxOffsetNumber(page) + 1;
	}
	while (go_on)
	{
		for (int k = 0; k < n; k++)
		{
			middle[k] = found[k] + (end[k] - found[k]) / 2;
			if (found[k] < end[k])
				kg_prefetch(kg_page_tuple(page, middle[k]));
		}
		go_on = false;
		for (int k = 0; k < n; k++)
		{
			if (found[k] >= end[k])
				continue;
			if (is_before(scan, kg_page_tuple(page, middle[k]), first + k))
				found[k] = middle[k] + 1;
			else
				end[k] = middle[k];
			go_on |= found[k] < end[k];
		}
	}
}

/* find_ranked from a guess on, to the left or to the right. */
static OffsetNumber
find_near(const KgLeafScan *scan, Page page, OffsetNumber guess, Size i)
{
	OffsetNumber low = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber end = PageGetMaxOffsetNumber(page) + 1;
	OffsetNumber step = 1;
	bool		right = is_before(scan, kg_page_tuple(page, guess), i);

	if (right)
		low = guess + 1;
	else
		end = guess;
	while (low < end)
	{
		OffsetNumber probe;

		if (step == 0)
			probe = low + (end - low) / 2;
		else
			probe = right ? Min(low + step - 1, end - 1) : Max(end - step, low);
		if (is_before(scan, kg_page_tuple(page, probe), i))
		{
			low = probe + 1;
			step = right ? 2 * step : 0;
		}
		else
		{
			end = probe;
			step = right ? 0 : 2 * step;
		}
	}
	return low;
}

/* find_scattered for keys whose beginnings tell about where they are. */
static void
find_spread(const KgLeafScan *scan, Page page, Size first, int n, OffsetNumber *found)
{
	OffsetNumber start = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	uint64		low = kg_sorted_keys_beginning(&scan->sorted, kg_page_tuple(page, start));
	uint64		high = kg_sorted_keys_beginning(&scan->sorted, kg_page_tuple(page, max));

	for (int k = 0; k < n; k++)
	{
		uint64		key = Min(Max(scan->sorted.entries[first + k].rest, low), high);

		found[k] = start;
		if (high > low)
			found[k] += (OffsetNumber) ((double) (key - low) / (double) (high - low) *
										(max - start));
		kg_prefetch(kg_page_tuple(page, found[k]));
	}
	for (int k = 0; k < n; k++)
		found[k] = find_near(scan, page, found[k], first + k);
}

/*
 * Copies the tuples of the i-th key from "offset" on; returns the next offset.
 */
static OffsetNumber
copy_from(KgLeafScan *scan, Page page, OffsetNumber offset, Size i)
{
	OffsetNumber max = PageGetMaxOffsetNumber(page);

	for (; offset <= max; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		IndexTuple	itup = kg_page_tuple(page, offset);

		kg_prefetch((const char *) itup + scan->to_next);
		if (kg_index_is_null(itup, 1) || kg_sorted_keys_compare(&scan->sorted, i, itup) != 0)
			break;
		copy_ranked(scan, item, itup, scan->sorted.entries[i].node);
	}
	return offset;
}

/* Finds each key up to the high one on the page by comparisons. */
static void
copy_found(KgLeafScan *scan, Page page, int64 high)
{
	const KgLeafPages *pages = &scan->pages;
	OffsetNumber offset = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	OffsetNumber found[KEYS_IN_STEP];
	Size		i = pages->next;
	Size		end = i;

	while (end < pages->n && pages->nodes[end] <= high)
		end++;
	if (offset > max)
		return;
	if (!scan->sorted.spread && (end - i) * SCATTERED > max)
	{
		for (; i < end && offset <= max; i++)
		{
			offset = find_ranked(scan, page, offset, i, end - i);
			offset = copy_from(scan, page, offset, i);
		}
		return;
	}
	while (i < end)
	{
		int			n = Min(end - i, KEYS_IN_STEP);

		if (scan->sorted.spread)
			find_spread(scan, page, i, n, found);
		else
			find_scattered(scan, page, i, n, found);
		for (int k = 0; k < n; k++, i++)
			copy_from(scan, page, found[k], i);
	}
}

Size
kg_leaf_copy_by_rank(KgLeafScan *scan, IndexTuple high_key)
{
	const KgLeafPages *pages = &scan->pages;
	int64		high = PG_INT64_MAX;
	Size		i = pages->next;

	if (high_key != NULL)
		high = kg_tuple_node(high_key, KG_RANKED | KG_FORMAT_NULLS, &scan->sorted);
	if (!scan->sorted.unordered &&
		(pages->n - pages->next <= scan->max_found ||
		 pages->nodes[pages->next + scan->max_found] > high))
		copy_found(scan, pages->page, high);
	else
		copy_known_texts(scan, pages->page);
	if (high_key == NULL)
		return pages->n;
	while (i < pages->n && pages->nodes[i] < high)
		i++;
	return i;
}

void
kg_leaf_choose_for_texts(KgLeafScan *scan, Size n)
{
	bool		unique = scan->pages.index->rd_index->indisunique;
	double		compare = scan->sorted.columns->by_bytes ? PLAIN_COMPARISON : COMPARISON;
	double		page = unique ? NODE_PAGE : EDGE_PAGE;
	double		npages = RelationGetNumberOfBlocks(scan->pages.index);
	double		find = TEXT_COMPARISONS * compare;

	scan->max_found = scan->sorted.columns->by_bytes ? n : (Size) (page / find);
	scan->sorted.unordered = n >= MIN_UNORDERED &&
		npages * (PAGE_ALONE + page) <
		n * log2((double) n) * compare + Min((double) n, npages) * PAGE_ALONE +
		Min(n * find, npages * page);
}
