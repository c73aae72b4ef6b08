/*
 * leaf_pages.h
 *	  The leaf pages of a b-tree that hold given nodes, one after another.
 *
 *		kg_leaf_pages_begin(&pages, nodes, n);
 *		while (kg_leaf_pages_next(&pages))
 *		{
 *			copy what is needed from pages.page, which is locked;
 *			pages.next goes on to the first node that is not done
 *			kg_leaf_pages_unlock(&pages);
 *			... the page is still pinned
 *		}
 *		kg_leaf_pages_end(&pages);
 *
 * The index's first column is an integer, a uuid or a text, ascending, with nulls
 * last.  Of uuids, the "nodes" are their first halves, of texts, and where several
 * columns are the key, ranks (sorted_keys.h).
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

/* A leaf page to come, as its parent tells. */
typedef struct KgLeafPage
{
	BlockNumber block;
	Buffer		buffer;			/* pinned ahead, or invalid */
	Size		last;			/* the last node that it may hold */
	int64		low;			/* its nodes are between these, as its parent
								 * says, */
	int64		high;			/* if they are not equal */
} KgLeafPage;

typedef struct KgLeafPages
{
	Relation	heap;
	Relation	index;
	Snapshot	snapshot;
	KgSortedKeys *sorted;		/* given: tells the ranks */
	int			width;			/* bytes of the first column, or KG_RANKED;
								 * may be changed to that */
	bool		spread;			/* given: nodes are spread evenly over a page,
								 * as of a unique index of integers */

	const int64 *nodes;			/* ascending and distinct */
	Size		n;
	Size		next;			/* the first that is not done */
	int32		from_type;		/* of "next" only tuples of this type and
								 * later ones are needed; PG_INT32_MIN: all */

	/* The current page: locked until kg_leaf_pages_unlock, then pinned. */
	Buffer		buffer;
	Page		page;
	BlockNumber right;			/* its right sibling when it was read */
	bool		more;			/* may that hold more of the node "next"? */
	bool		locked;
	const char *following;		/* the page that comes next, pinned, or NULL */

	BlockNumber steps;			/* to the right since a node was done */
	BlockNumber max_steps;

	/* Those to come; a hint, as pages may be split and deleted meanwhile. */
	int			ncoming;
	int			coming;			/* the first that is not behind */
	int			pinned;			/* up to here they are pinned */
	int			expected;		/* up to here they are announced */
	KgLeafPage	pages[MaxIndexTuplesPerPage];
} KgLeafPages;

extern void kg_leaf_pages_init(KgLeafPages *pages, Relation heap, Relation index,
							   Snapshot snapshot);
extern void kg_leaf_pages_begin(KgLeafPages *pages, const int64 *nodes, Size n);

/*
 * Between unlock and next: goes on with tuples of this type of the node
 * "next", wherever they are.
 */
extern void kg_leaf_pages_jump(KgLeafPages *pages, int32 type);

/*
 * Locks the next page, the predicate lock for SERIALIZABLE included; false if
 * all nodes are done.
 */
extern bool kg_leaf_pages_next(KgLeafPages *pages);
extern void kg_leaf_pages_unlock(KgLeafPages *pages);
extern void kg_leaf_pages_end(KgLeafPages *pages);

/*
 * What functions on a page's tuples are to know of the first column: its width
 * and, added to that, whether it may be null.  Even where the table has NOT
 * NULL there may be entries of rows that were deleted before it had.
 */
#define KG_FORMAT_NULLS 32
#define KG_FORMAT_WIDTH(format) ((format) & (KG_FORMAT_NULLS - 1))

/* The first column of a tuple that is not truncated to nothing, null being last. */
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

/* Where it is if the second column is an integer and ascending, and not truncated. */
static inline int32
kg_tuple_type(IndexTuple itup, int format)
{
	if (unlikely(kg_index_is_null(itup, 1) || kg_index_is_null(itup, 2)))
		return PG_INT32_MAX;
	return *(const int32 *) (kg_index_data(itup) + Max(KG_FORMAT_WIDTH(format),
													   (int) sizeof(int32)));
}

/* Is a tuple before all those of this node, from this type on? */
static inline bool
kg_tuple_is_less(IndexTuple itup, int64 node, int32 type, int format, KgSortedKeys *sorted)
{
	int64		key;

	/* One comparison, where a rank takes several */
	if (KG_FORMAT_WIDTH(format) == KG_RANKED)
		return !kg_index_is_null(itup, 1) && kg_sorted_keys_is_before(sorted, itup, node);
	key = kg_tuple_node(itup, format, sorted);
	return key < node ||
		(type != PG_INT32_MIN && key == node && kg_tuple_type(itup, format) < type);
}

/*
 * The first tuple from "offset" on which is not less, one more than the last
 * if there is none.  It is mostly near.
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
