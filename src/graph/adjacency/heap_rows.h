/*
 * heap_rows.h
 *	  Visits many rows of a table in the order of its pages.
 *
 *		kg_heap_rows_begin(&rows, heap, &first[0].row, sizeof(first[0]), n);
 *		for (i = 0; i < n; i++)
 *		{
 *			kg_heap_rows_expect(&rows, i);
 *			j = kg_heap_rows_nth(&rows, i);
 *			... unless row j needs no visit:
 *			buffer = kg_heap_rows_pin(&rows, i);
 *		}
 *		kg_heap_rows_end(&rows);
 */
#ifndef KG_GRAPH_HEAP_ROWS_H
#define KG_GRAPH_HEAP_ROWS_H

#include "postgres.h"
#include "storage/block.h"
#include "storage/buf.h"
#include "storage/itemptr.h"
#include "utils/relcache.h"

/*
 * Rows are prefetched in batches: their pages two batches ahead, the rows
 * themselves one batch ahead.  Each misses the translation buffer, and the
 * page walks overlap as long as no locked instruction is between them.
 */
#define KG_EXPECT_BATCH 16

typedef struct KgHeapRows
{
	Relation	heap;
	const char *rows;			/* ItemPointerData of the first */
	Size		stride;			/* bytes from one to the next */
	int			n;
	int64	   *order;			/* block and index of each row */
	int64	   *memory;			/* for "order", and to sort it */
	Buffer		buffer;			/* the page that is pinned, if any */
	BlockNumber block;
} KgHeapRows;

/* Takes 16 bytes a row. */
extern void kg_heap_rows_begin(KgHeapRows *rows, Relation heap, const ItemPointerData * first,
							   Size stride, int n);
extern void kg_heap_rows_expect_batch(const KgHeapRows *rows, int from);

/*
 * Pins the page of the i-th row until another is pinned; prunes it if needed.
 */
extern Buffer kg_heap_rows_pin(KgHeapRows *rows, int i);
extern void kg_heap_rows_end(KgHeapRows *rows);

/* Which of the caller's rows is the i-th in order. */
static inline int
kg_heap_rows_nth(const KgHeapRows *rows, int i)
{
	return (uint32) rows->order[i];
}

static inline void
kg_heap_rows_expect(const KgHeapRows *rows, int i)
{
	if (i % KG_EXPECT_BATCH == 0)
		kg_heap_rows_expect_batch(rows, i);
}

#endif							/* KG_GRAPH_HEAP_ROWS_H */
