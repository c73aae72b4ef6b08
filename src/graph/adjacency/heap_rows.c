/*
 * heap_rows.c
 *	  Visits many rows of a table in the order of its pages.
 *
 * Meanwhile the pages and rows that come next are prefetched.  A buffer that
 * had a page before may have another one by now, so what is read there is used
 * for prefetching only.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"

#include "graph/adjacency/heap_rows.h"
#include "graph/catalog/memory.h"
#include "pg/buffer_hints.h"
#include "pg/compat.h"

static inline const ItemPointerData *
nth_row(const KgHeapRows *rows, int i)
{
	return (const ItemPointerData *) (rows->rows + kg_heap_rows_nth(rows, i) * rows->stride);
}

void
kg_heap_rows_begin(KgHeapRows *rows, Relation heap, const ItemPointerData * first, Size stride,
				   int n)
{
	rows->heap = heap;
	rows->rows = (const char *) first;
	rows->stride = stride;
	rows->n = n;
	rows->buffer = InvalidBuffer;
	rows->block = InvalidBlockNumber;
	rows->memory = palloc(2 * n * sizeof(int64));
	for (int i = 0; i < n; i++)
	{
		const		ItemPointerData *row = (const ItemPointerData *) (rows->rows + i * stride);

		rows->memory[i] = (int64) ((uint64) ItemPointerGetBlockNumber(row) << 32 | i);
	}
	rows->order = kg_sort_int64(rows->memory, rows->memory + n, n, 32);
}

static inline const char *
row_identifier(const char *page, const ItemPointerData * row)
{
	OffsetNumber offset = ItemPointerGetOffsetNumber(row);

	return page + SizeOfPageHeaderData + (Min(offset, MaxHeapTuplesPerPage) - 1) *
		sizeof(ItemIdData);
}

/* Prefetches a batch of pages. */
static void
expect_pages(const KgHeapRows *rows, int from)
{
	int			to = Min(from + KG_EXPECT_BATCH, rows->n);

	for (int i = from; i < to; i++)
	{
		const		ItemPointerData *row = nth_row(rows, i);
		const char *page = kg_expect_block(rows->heap, ItemPointerGetBlockNumber(row));

		if (page == NULL)
			continue;
		kg_prefetch(page);
		kg_prefetch(row_identifier(page, row));
	}
}

/* Prefetches the rows themselves. */
static void
expect_rows(const KgHeapRows *rows, int from)
{
	int			to = Min(from + KG_EXPECT_BATCH, rows->n);

	for (int i = from; i < to; i++)
	{
		const		ItemPointerData *row = nth_row(rows, i);
		Buffer		recent = kg_recent_buffer(rows->heap, ItemPointerGetBlockNumber(row));
		const char *page;

		if (recent <= 0)
			continue;
		page = BufferGetPage(recent);
		kg_prefetch(page + ItemIdGetOffset((const ItemIdData *) row_identifier(page, row)));
	}
}

void
kg_heap_rows_expect_batch(const KgHeapRows *rows, int from)
{
	if (from == 0)
	{
		expect_pages(rows, 0);
		expect_pages(rows, KG_EXPECT_BATCH);
		expect_rows(rows, 0);
	}
	expect_pages(rows, from + 2 * KG_EXPECT_BATCH);
	expect_rows(rows, from + KG_EXPECT_BATCH);
}

Buffer
kg_heap_rows_pin(KgHeapRows *rows, int i)
{
	BlockNumber block = ItemPointerGetBlockNumber(nth_row(rows, i));

	if (block == rows->block)
		return rows->buffer;
	CHECK_FOR_INTERRUPTS();
	if (BufferIsValid(rows->buffer))
		ReleaseBuffer(rows->buffer);
	rows->buffer = kg_read_buffer(rows->heap, block, NULL);
	rows->block = block;
	kg_prune_page(rows->heap, rows->buffer);
	return rows->buffer;
}

void
kg_heap_rows_end(KgHeapRows *rows)
{
	if (BufferIsValid(rows->buffer))
		ReleaseBuffer(rows->buffer);
	pfree(rows->memory);
}
