/*
 * leaf_pages.h
 *	  The leaf pages of a b-tree that hold given nodes, one after another.
 *
 *		kg_leaf_pages_begin(&pages, nodes, n);
 *		while (kg_leaf_pages_next(&pages))
 *		{
 *			copy what is needed from pages.page, which is locked;
 *			set pages.next to the first node that is not done
 *			kg_leaf_pages_unlock(&pages);
 *			... the page is still pinned
 *		}
 *		kg_leaf_pages_end(&pages);
 *
 * The index's first column is an integer, a uuid or a text, ascending, with
 * nulls last.  "nodes" are integers in the order of the keys: integer keys
 * themselves, the first halves of uuids, or ranks of texts and of keys of
 * several columns (sorted_keys.h).
 */
#ifndef KG_GRAPH_LEAF_PAGES_H
#define KG_GRAPH_LEAF_PAGES_H

#include "postgres.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "storage/bufmgr.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "graph/adjacency/sorted_keys.h"
#include "graph/catalog/columns.h"
#include "pg/btree.h"

/* A leaf page to visit, according to its parent. */
typedef struct KgLeafPage
{
	BlockNumber block;
	Buffer		buffer;			/* pinned ahead, or invalid */
	Size		last;			/* index of the last node that it may hold */
	int64		low;			/* its keys are in [low, high), according to
								 * the parent; */
	int64		high;			/* not known if these are equal */
	bool		bounded;		/* Does the parent name a page after it? ... */
	int64		end;			/* ... that page's first key */
} KgLeafPage;

typedef struct KgLeafPages
{
	Relation	heap;
	Relation	index;
	Snapshot	snapshot;
	KgSortedKeys *sorted;		/* given by the caller: has the ranks */
	int			width;			/* bytes of the first column, or KG_RANKED,
								 * which the caller may set, too */
	bool		spread;			/* given: keys are spread evenly over a page,
								 * as in a unique index of integers */

	const int64 *nodes;			/* ascending and distinct */
	Size		n;
	Size		next;			/* index of the first that is not done */
	int32		from_type;		/* the first type that is needed of node
								 * "next"; PG_INT32_MIN: all types */

	/* The current page: locked until kg_leaf_pages_unlock, then pinned. */
	Buffer		buffer;
	Page		page;
	BlockNumber right;			/* its right sibling when it was locked */
	bool		more;			/* may "right" hold more of node "next"? */
	bool		locked;
	const char *following;		/* the next page of the list, pinned, or NULL */

	BlockNumber steps;			/* steps to the right since a node was done */
	BlockNumber max_steps;

	/* Pages to visit.  A hint: they may be split or deleted by then. */
	int			ncoming;
	int			coming;			/* index of the first that was not left behind */
	int			pinned;			/* those before this index are pinned */
	int			expected;		/* those before this index are announced */
	KgLeafPage	pages[MaxIndexTuplesPerPage];
} KgLeafPages;

extern void kg_leaf_pages_init(KgLeafPages *pages, Relation heap, Relation index,
							   Snapshot snapshot);
extern void kg_leaf_pages_begin(KgLeafPages *pages, const int64 *nodes, Size n);

/*
 * To be called between unlock and next: continues with tuples of this type of
 * the node "next", on whatever page they are.
 */
extern void kg_leaf_pages_jump(KgLeafPages *pages, int32 type);

/*
 * Locks the next page and takes its predicate lock, for SERIALIZABLE; false if
 * all nodes are done.
 */
extern bool kg_leaf_pages_next(KgLeafPages *pages);
extern void kg_leaf_pages_unlock(KgLeafPages *pages);
extern void kg_leaf_pages_end(KgLeafPages *pages);

/*
 * The format of the first column, an argument of functions on a page's tuples:
 * its width, plus KG_FORMAT_NULLS if it may be null.  It may be null even
 * under NOT NULL, in entries of rows that were deleted before that was added.
 */
#define KG_FORMAT_NULLS 32
#define KG_FORMAT_WIDTH(format) ((format) & (KG_FORMAT_NULLS - 1))

/*
 * The first column of a tuple, as a node; the greatest integer if it is null.
 * It must not have been truncated.
 */
static inline int64
kg_tuple_node(IndexTuple itup, int format, KgSortedKeys *sorted)
{
	if ((format & KG_FORMAT_NULLS) && unlikely(kg_index_is_null(itup, 1)))
		return PG_INT64_MAX;
	if (KG_FORMAT_WIDTH(format) == KG_RANKED)
		return kg_sorted_keys_rank(sorted, itup);
	if (KG_FORMAT_WIDTH(format) == UUID_LEN)
		return kg_uuid_key(kg_index_data(itup));
	return kg_integer_at(kg_index_data(itup), KG_FORMAT_WIDTH(format));
}

/* The second column, an ascending integer; it must not be truncated. */
static inline int32
kg_tuple_type(IndexTuple itup, int format)
{
	if (unlikely(kg_index_is_null(itup, 1) || kg_index_is_null(itup, 2)))
		return PG_INT32_MAX;
	return *(const int32 *) (kg_index_data(itup) + Max(KG_FORMAT_WIDTH(format),
													   (int) sizeof(int32)));
}

/* Is the tuple before all tuples of this node, from this type on? */
static inline bool
kg_tuple_is_less(IndexTuple itup, int64 node, int32 type, int format, KgSortedKeys *sorted)
{
	int64		key;

	/* One comparison; to find the tuple's rank would take several. */
	if (KG_FORMAT_WIDTH(format) == KG_RANKED)
		return !kg_index_is_null(itup, 1) && kg_sorted_keys_is_before(sorted, itup, node);
	key = kg_tuple_node(itup, format, sorted);
	return key < node ||
		(type != PG_INT32_MIN && key == node && kg_tuple_type(itup, format) < type);
}

/*
 * The first tuple from "offset" on that is not less; one more than the last if
 * all are less.  It is searched for in growing steps, because it is mostly
 * near.
 */
static pg_attribute_always_inline OffsetNumber
kg_page_gallop(Page page, OffsetNumber offset, int64 node, int32 type, int format,
			   KgSortedKeys *sorted)
{
	OffsetNumber end = PageGetMaxOffsetNumber(page) + 1;
	OffsetNumber step = 1;

	while (offset < end)
	{
		OffsetNumber probe = offset + step - 1;

		if (probe >= end)
			break;
		if (!kg_tuple_is_less(kg_page_tuple(page, probe), node, type, format, sorted))
		{
			end = probe;
			break;
		}
		offset = probe + 1;
		step *= 2;
	}
	while (offset < end)
	{
		OffsetNumber middle = offset + (end - offset) / 2;

		if (kg_tuple_is_less(kg_page_tuple(page, middle), node, type, format, sorted))
			offset = middle + 1;
		else
			end = middle;
	}
	return offset;
}

#endif							/* KG_GRAPH_LEAF_PAGES_H */
