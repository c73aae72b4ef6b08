/*
 * leaf_pages.c
 *	  Visits the leaf pages of a b-tree that may hold nodes of a sorted list.
 *
 * A descent ends at a page of level 1, whose downlinks name the leaf pages for
 * the next nodes.  A few of these pages are pinned and prefetched ahead.  The
 * list is only a hint, because a leaf page may be split or deleted before it
 * is locked.  So the reader locks the page, compares its high key with the
 * next node, and moves right if the node's tuples start further right (Lehman
 * and Yao).  A deleted page leads to the right, too, and is not reused while
 * our snapshot is held.
 *
 * Whatever happens meanwhile, the keys of a page are never above those of the
 * page that its parent named next: a split moves keys to a new page at the
 * right, and a deleted page leaves its keys' range to its right sibling.  A page
 * whose high key is above that, or that has no right sibling then, is damaged:
 * the scan would skip nodes that are on the pages after it.  So is one whose right
 * sibling has another left sibling.
 *
 * These functions follow the locking rules in access/nbtree/README.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "graph/adjacency/leaf_checks.h"
#include "graph/adjacency/leaf_pages.h"
#include "pg/btree.h"
#include "pg/buffer_hints.h"
#include "pg/compat.h"

/* Pages after the current one that are pinned, and that are announced. */
#define PAGES_AHEAD 3
#define PAGES_EXPECTED 12

/* A search by halves first probes the borders of this many parts. */
#define MIDDLES 8

/* Bytes that the header and the line pointers of a page take, about. */
#define FETCH_BYTES 640

void
kg_leaf_pages_init(KgLeafPages *pages, Relation heap, Relation index, Snapshot snapshot)
{
	pages->heap = heap;
	pages->index = index;
	pages->snapshot = snapshot;
	pages->width = TupleDescAttr(RelationGetDescr(index), 0)->attlen;
	if (pages->width < 0)
		pages->width = KG_RANKED;
	pages->buffer = InvalidBuffer;
	pages->locked = false;
	pages->n = 0;
	pages->ncoming = 0;
}

void
kg_leaf_pages_begin(KgLeafPages *pages, const int64 *nodes, Size n)
{
	Assert(!BufferIsValid(pages->buffer));
	pages->nodes = nodes;
	pages->n = n;
	pages->next = 0;
	pages->from_type = PG_INT32_MIN;
	pages->more = false;
	pages->steps = 0;
	pages->max_steps = 0;
	pages->ncoming = pages->coming = pages->pinned = pages->expected = 0;
}

/*
 * Are all tuples of this node, from this type on (PG_INT32_MIN: of all types),
 * to the right of the pivot?  The pivot is a high key or the key of a
 * downlink, but not the first downlink of an internal page, which has no key.
 *
 * If the pivot's key is the node itself, the answer is yes only if truncation
 * has removed from the pivot everything after the node, or after the type: the
 * other columns, and the heap TID, which a pivot has if all its columns are
 * equal to those of the next tuple.
 */
static inline bool
pivot_precedes(const KgLeafPages *pages, IndexTuple pivot, int64 node, int32 type)
{
	const int	format = pages->width | KG_FORMAT_NULLS;
	int64		key;
	int			natts;

	if (pages->width == KG_RANKED)
	{
		int			order = -1;

		if (!pages->sorted->unordered && !kg_index_is_null(pivot, 1))
			order = kg_sorted_keys_compare(pages->sorted, node / 2, pivot);
		return order > 0 ||
			(order == 0 && BTreeTupleGetHeapTID(pivot) == NULL &&
			 BTreeTupleGetNAtts(pivot, pages->index) == pages->sorted->ncolumns);
	}
	key = kg_tuple_node(pivot, format, pages->sorted);
	if (key != node)
		return key < node;
	/* Other uuids with this first half may be before the pivot's. */
	if (pages->width == UUID_LEN)
		return false;
	if (unlikely(node == PG_INT64_MAX) && kg_index_is_null(pivot, 1))
		return false;
	natts = BTreeTupleGetNAtts(pivot, pages->index);
	if (natts > 1)
	{
		if (type == PG_INT32_MIN)
			return false;
		if (natts > 2 || kg_tuple_type(pivot, format) != type)
			return kg_tuple_type(pivot, format) < type;
	}
	return BTreeTupleGetHeapTID(pivot) == NULL;
}

/* Counts a step to the right; right links in a circle are an error. */
static void
count_step(KgLeafPages *pages, BlockNumber block)
{
	if (++pages->steps <= pages->max_steps)
		return;
	pages->max_steps = RelationGetNumberOfBlocks(pages->index);
	if (pages->steps > pages->max_steps)
		kg_leaf_corrupted(pages->index, block, "a circle of right links");
}

/*
 * Moves right from a locked page to the page where the needed tuples of the
 * node "next" start, if there are any, and returns that page locked.
 */
static Buffer
move_right(KgLeafPages *pages, Buffer buffer)
{
	int64		node = pages->nodes[pages->next];

	for (;;)
	{
		Page		page = BufferGetPage(buffer);
		BTPageOpaque opaque = BTPageGetOpaque(page);
		BlockNumber left = BufferGetBlockNumber(buffer);
		BlockNumber right = opaque->btpo_next;

		if (!P_IGNORE(opaque) &&
			(P_RIGHTMOST(opaque) ||
			 !pivot_precedes(pages, kg_page_tuple(page, P_HIKEY), node, pages->from_type)))
			return buffer;
		if (P_RIGHTMOST(opaque))
			kg_leaf_corrupted(pages->index, left, "a deleted page without a right sibling");
		count_step(pages, right);
		UnlockReleaseBuffer(buffer);
		CHECK_FOR_INTERRUPTS();
		buffer = kg_read_buffer(pages->index, right, NULL);
		kg_leaf_lock(pages->index, pages->snapshot, buffer);
		kg_leaf_check_left_sibling(pages->index, pages->snapshot, left, buffer);
	}
}

/*
 * Finds, on a locked internal page, the downlink to the first page that may
 * hold tuples of this node and type or later ones.  The downlink at "offset"
 * must not be after it.
 */
static OffsetNumber
find_downlink(const KgLeafPages *pages, Page page, OffsetNumber offset, int64 node, int32 type)
{
	OffsetNumber low = offset + 1;
	OffsetNumber high = PageGetMaxOffsetNumber(page) + 1;

	/* Comparing ranks misses the cache: try the next downlink, then halves. */
	if (pages->width == KG_RANKED)
	{
		if (low < high && !pivot_precedes(pages, kg_page_tuple(page, low), node, type))
			high = low;
	}
	else
	{
		low = kg_page_gallop(page, low, node, PG_INT32_MIN, pages->width | KG_FORMAT_NULLS,
							 pages->sorted);
		/* At most one pivot of a node precedes all its tuples. */
		if (low < high && type == PG_INT32_MIN)
			high = low + 1;
	}
	while (low < high)
	{
		OffsetNumber middle = low + (high - low) / 2;

		if (pivot_precedes(pages, kg_page_tuple(page, middle), node, type))
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

/* The key of the page after that of a downlink; NULL if it is the last of its level. */
static inline IndexTuple
next_pivot(Page page, OffsetNumber offset)
{
	if (offset < PageGetMaxOffsetNumber(page))
		return kg_page_tuple(page, offset + 1);
	return P_RIGHTMOST(BTPageGetOpaque(page)) ? NULL : kg_page_tuple(page, P_HIKEY);
}

/*
 * Checks a locked page that its parent named: its keys are not above "end", the
 * key of the page that the parent named next.  A deleted page may be anything.
 */
static inline void
check_end(const KgLeafPages *pages, Buffer buffer, int64 end)
{
	Page		page = BufferGetPage(buffer);
	BTPageOpaque opaque = BTPageGetOpaque(page);

	if (P_IGNORE(opaque))
		return;
	if (unlikely(P_RIGHTMOST(opaque)))
		kg_leaf_corrupted(pages->index, BufferGetBlockNumber(buffer),
						  "no right sibling, although its parent names one,");
	/* To find a rank takes several comparisons. */
	if (pages->width != KG_RANKED &&
		unlikely(kg_tuple_node(kg_page_tuple(page, P_HIKEY), pages->width | KG_FORMAT_NULLS,
							   pages->sorted) > end))
		kg_leaf_corrupted(pages->index, BufferGetBlockNumber(buffer), "a high key above its parent's next key");
}

/*
 * Lists the leaf pages below a locked page of level 1 that may hold tuples of
 * the nodes from "next" on.
 */
static void
list_leaf_pages(KgLeafPages *pages, Page page)
{
	BTPageOpaque opaque = BTPageGetOpaque(page);
	OffsetNumber offset = P_FIRSTDATAKEY(opaque);
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	Size		i = pages->next;

	offset = find_downlink(pages, page, offset, pages->nodes[i], pages->from_type);
	while (i < pages->n)
	{
		KgLeafPage *leaf = &pages->pages[pages->ncoming++];
		IndexTuple	end = next_pivot(page, offset);
		int64		key;

		leaf->block = BTreeTupleGetDownLink(kg_page_tuple(page, offset));
		leaf->buffer = InvalidBuffer;
		leaf->low = leaf->high = 0;
		leaf->bounded = end != NULL;
		if (end == NULL)
		{
			leaf->last = pages->n - 1;
			return;
		}
		key = kg_tuple_node(end, pages->width | KG_FORMAT_NULLS, pages->sorted);
		leaf->end = key;
		/* The first downlink of a level has no key. */
		if (pages->spread && offset > P_FIRSTDATAKEY(opaque))
		{
			leaf->low = kg_tuple_node(kg_page_tuple(page, offset), pages->width | KG_FORMAT_NULLS,
									  pages->sorted);
			leaf->high = key;
		}
		while (i < pages->n && pages->nodes[i] < key)
			i++;
		/* "from_type" concerns the first node only. */
		if (i < pages->n && pages->nodes[i] == key &&
			!pivot_precedes(pages, end, key, i == pages->next ? pages->from_type : PG_INT32_MIN))
			leaf->last = i;		/* continues to the right */
		else
			leaf->last = i - 1;
		if (offset == max)
			return;
		offset++;
		if (i < pages->n && pages->nodes[i] > key)
			offset = find_downlink(pages, page, offset, pages->nodes[i], PG_INT32_MIN);
	}
}

/* Locks the root.  An empty index has none: the index itself is locked. */
static Buffer
lock_root(const KgLeafPages *pages)
{
	Buffer		root = kg_bt_getroot(pages->index, pages->heap);

	if (!BufferIsValid(root))
	{
		/* Somebody may have made a root before the predicate lock was held. */
		PredicateLockRelation(pages->index, pages->snapshot);
		root = kg_bt_getroot(pages->index, pages->heap);
	}
	return root;
}

/*
 * Lists leaf pages for the nodes from "next" on; false if the index is empty.
 */
static bool
find_leaf_pages(KgLeafPages *pages)
{
	Buffer		buffer = lock_root(pages);

	pages->ncoming = pages->coming = pages->pinned = pages->expected = 0;
	if (!BufferIsValid(buffer))
		return false;
	for (;;)
	{
		Page		page;
		BTPageOpaque opaque;
		OffsetNumber offset;
		BlockNumber child;
		IndexTuple	pivot;
		int64		end = 0;
		uint32		level;

		buffer = move_right(pages, buffer);
		page = BufferGetPage(buffer);
		opaque = BTPageGetOpaque(page);
		level = opaque->btpo_level;
		if (level == 0)
		{
			/* Mostly the root.  It will be locked again. */
			pages->pages[0].block = BufferGetBlockNumber(buffer);
			pages->pages[0].buffer = InvalidBuffer;
			pages->pages[0].last = pages->n - 1;
			pages->pages[0].low = pages->pages[0].high = 0;
			pages->pages[0].bounded = false;
			pages->ncoming = 1;
			break;
		}
		if (PageGetMaxOffsetNumber(page) < P_FIRSTDATAKEY(opaque))
			kg_leaf_corrupted(pages->index, BufferGetBlockNumber(buffer), "an empty internal page");
		if (level == 1)
		{
			list_leaf_pages(pages, page);
			break;
		}
		offset = find_downlink(pages, page, P_FIRSTDATAKEY(opaque),
							   pages->nodes[pages->next], pages->from_type);
		child = BTreeTupleGetDownLink(kg_page_tuple(page, offset));
		pivot = next_pivot(page, offset);
		if (pivot != NULL)
			end = kg_tuple_node(pivot, pages->width | KG_FORMAT_NULLS, pages->sorted);
		UnlockReleaseBuffer(buffer);
		buffer = kg_read_buffer(pages->index, child, NULL);
		page = kg_leaf_lock(pages->index, pages->snapshot, buffer);
		if (pivot != NULL)
			check_end(pages, buffer, end);
		opaque = BTPageGetOpaque(page);
		if (!P_IGNORE(opaque) && opaque->btpo_level != level - 1)
			kg_leaf_corrupted(pages->index, child, "a page of another level than its parent says");
	}
	UnlockReleaseBuffer(buffer);
	return true;
}

/* Pins coming pages and prefetches their first cache lines. */
static void
pin_ahead(KgLeafPages *pages)
{
	int			end = Min(pages->coming + 1 + PAGES_AHEAD, pages->ncoming);
	int			expected_end = Min(pages->coming + 1 + PAGES_EXPECTED, pages->ncoming);

	pages->expected = Max(pages->expected, pages->coming);
	for (; pages->expected < expected_end; pages->expected++)
		(void) kg_expect_block(pages->index, pages->pages[pages->expected].block);
	for (; pages->pinned < end; pages->pinned++)
	{
		KgLeafPage *leaf = &pages->pages[pages->pinned];
		const char *page;

		leaf->buffer = kg_read_buffer(pages->index, leaf->block, NULL);
		page = BufferGetPage(leaf->buffer);
		for (int i = 0; i < (leaf->low == leaf->high ? FETCH_BYTES : 1); i += KG_CACHE_LINE)
			kg_prefetch(page + i);
		kg_prefetch(page + BLCKSZ - KG_CACHE_LINE);
	}
}

/*
 * Prefetches what the nodes need of a coming page whose header is in the
 * cache: on one call the line pointers, on the next call the tuples.  Their
 * positions are guessed from the keys at the page's borders.  The page is not
 * locked, so what is read here is used for prefetching only.
 *
 * Inline, because compilers take a function that only prefetches for one that
 * does nothing, and drop the call.
 */
static pg_attribute_always_inline void
expect_nodes(const KgLeafPages *pages, int which, bool tuples)
{
	const KgLeafPage *leaf = &pages->pages[which];
	const char *page;
	double		scale;
	OffsetNumber max;

	if (which >= pages->pinned || leaf->low == leaf->high || !BufferIsValid(leaf->buffer))
		return;
	page = BufferGetPage(leaf->buffer);
	max = Min(PageGetMaxOffsetNumber((Page) page), MaxIndexTuplesPerPage);
	scale = (double) max / ((double) leaf->high - (double) leaf->low);
	for (Size i = leaf[-1].last + 1; i <= leaf->last; i++)
	{
		double		position = ((double) pages->nodes[i] - (double) leaf->low) * scale;
		ItemId		item = PageGetItemId((Page) page, P_FIRSTKEY + (OffsetNumber) Max(position, 0));

		kg_prefetch(tuples ? page + ItemIdGetOffset(item) : (const char *) item);
	}
}

/*
 * The same for keys that stand for their ranks: prefetches the tuples that a
 * search by halves probes first.
 */
static pg_attribute_always_inline void
expect_middles(const KgLeafPages *pages, int which)
{
	const char *page;
	OffsetNumber max;

	if (which >= pages->pinned || !BufferIsValid(pages->pages[which].buffer))
		return;
	page = BufferGetPage(pages->pages[which].buffer);
	max = Min(PageGetMaxOffsetNumber((Page) page), MaxIndexTuplesPerPage);
	for (int i = 1; i < MIDDLES; i++)
		kg_prefetch(page + ItemIdGetOffset(PageGetItemId((Page) page, Max(max * i / MIDDLES, 1))));
}

/* Unpins the first coming page and goes past it. */
static void
leave_behind(KgLeafPages *pages)
{
	KgLeafPage *leaf = &pages->pages[pages->coming++];

	if (BufferIsValid(leaf->buffer))
		ReleaseBuffer(leaf->buffer);
	leaf->buffer = InvalidBuffer;
	pages->pinned = Max(pages->pinned, pages->coming);
}

/* Returns the first coming page; the caller takes over its pin. */
static Buffer
take_coming(KgLeafPages *pages)
{
	Buffer		buffer;

	pin_ahead(pages);
	buffer = pages->pages[pages->coming].buffer;
	if (!BufferIsValid(buffer))
		return kg_read_buffer(pages->index, pages->pages[pages->coming].block, NULL);
	pages->pages[pages->coming].buffer = InvalidBuffer;
	return buffer;
}

/*
 * Returns the page to read next, pinned; an invalid buffer if there is none.
 */
static Buffer
next_buffer(KgLeafPages *pages)
{
	if (pages->more)
	{
		/* The list mostly starts with the current page. */
		int			following = pages->coming + 1;

		count_step(pages, pages->right);
		if (following >= pages->ncoming || pages->pages[following].block != pages->right)
			return kg_read_buffer(pages->index, pages->right, NULL);
		leave_behind(pages);
		return take_coming(pages);
	}
	pages->steps = 0;
	while (pages->coming < pages->ncoming && pages->pages[pages->coming].last < pages->next)
		leave_behind(pages);
	if (pages->coming == pages->ncoming && !find_leaf_pages(pages))
		return InvalidBuffer;
	return take_coming(pages);
}

void
kg_leaf_pages_jump(KgLeafPages *pages, int32 type)
{
	pages->from_type = type;
	pages->more = false;
	while (pages->coming < pages->ncoming)
		leave_behind(pages);
}

bool
kg_leaf_pages_next(KgLeafPages *pages)
{
	BTPageOpaque opaque;
	BlockNumber left = InvalidBlockNumber;

	if (BufferIsValid(pages->buffer))
	{
		if (pages->more)
			left = BufferGetBlockNumber(pages->buffer);
		ReleaseBuffer(pages->buffer);
	}
	pages->buffer = InvalidBuffer;
	if (pages->next == pages->n)
		return false;
	CHECK_FOR_INTERRUPTS();
	pages->buffer = next_buffer(pages);
	if (!BufferIsValid(pages->buffer))
	{
		pages->next = pages->n;
		return false;
	}
	kg_leaf_lock(pages->index, pages->snapshot, pages->buffer);
	if (BlockNumberIsValid(left))
		kg_leaf_check_left_sibling(pages->index, pages->snapshot, left, pages->buffer);
	if (pages->coming < pages->ncoming && pages->pages[pages->coming].bounded &&
		BufferGetBlockNumber(pages->buffer) == pages->pages[pages->coming].block)
		check_end(pages, pages->buffer, pages->pages[pages->coming].end);
	pages->buffer = move_right(pages, pages->buffer);
	pages->locked = true;
	pages->page = BufferGetPage(pages->buffer);
	opaque = BTPageGetOpaque(pages->page);
	if (!P_ISLEAF(opaque))
		kg_leaf_corrupted(pages->index, BufferGetBlockNumber(pages->buffer), "an internal page among leaf pages");
	pages->right = opaque->btpo_next;
	pages->following = NULL;
	if (pages->coming + 1 < pages->pinned)
		pages->following = BufferGetPage(pages->pages[pages->coming + 1].buffer);
	if (pages->spread)
	{
		expect_nodes(pages, pages->coming + 2, false);
		expect_nodes(pages, pages->coming + 1, true);
	}
	else if (pages->width == KG_RANKED)
		expect_middles(pages, pages->coming + 1);
	PredicateLockPage(pages->index, BufferGetBlockNumber(pages->buffer), pages->snapshot);
	return true;
}

void
kg_leaf_pages_unlock(KgLeafPages *pages)
{
	LockBuffer(pages->buffer, BUFFER_LOCK_UNLOCK);
	pages->locked = false;
}

void
kg_leaf_pages_end(KgLeafPages *pages)
{
	if (pages->locked)
		kg_leaf_pages_unlock(pages);
	if (BufferIsValid(pages->buffer))
		ReleaseBuffer(pages->buffer);
	pages->buffer = InvalidBuffer;
	while (pages->coming < pages->ncoming)
		leave_behind(pages);
}
