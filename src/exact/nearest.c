/*
 * nearest.c
 *	  The k nearest rows of a query, in a binary heap.
 *
 * (lib/binary_heap.h orders by one number, PostgreSQL's lib/binaryheap by a
 * callback on Datums.)
 */
#include "postgres.h"

#include "utils/float.h"

#include "exact/nearest.h"

int
kg_exact_compare(const KgExactRow *a, const KgExactRow *b)
{
	int			order = float8_cmp_internal(a->distance, b->distance);

	if (order == 0)
		order = (a->table > b->table) - (a->table < b->table);
	if (order == 0)
		order = ItemPointerCompare((ItemPointer) &a->tid,
								   (ItemPointer) &b->tid);
	return order;
}

static int
compare_rows(const void *a, const void *b, void *arg)
{
	return kg_exact_compare(a, b);
}

void
kg_nearest_rows_init(KgNearestRows *nearest, int k)
{
	nearest->rows = palloc_extended(sizeof(KgExactRow) * k, MCXT_ALLOC_HUGE);
	nearest->count = 0;
	nearest->k = k;
}

void
kg_nearest_rows_reset(KgNearestRows *nearest)
{
	for (int i = 0; i < nearest->count; i++)
	{
		if (nearest->rows[i].key)
			pfree(nearest->rows[i].key);
	}
	nearest->count = 0;
}

float8
kg_nearest_rows_limit(const KgNearestRows *nearest)
{
	return nearest->count < nearest->k ? get_float8_infinity() :
		nearest->rows[0].distance;
}

bool
kg_nearest_rows_wants(const KgNearestRows *nearest, const KgExactRow *row)
{
	return nearest->count < nearest->k ||
		kg_exact_compare(row, &nearest->rows[0]) < 0;
}

/* Moves a row down from the first position. */
static void
sift_down(KgNearestRows *nearest, KgExactRow moving)
{
	KgExactRow *rows = nearest->rows;
	int			i = 0;

	for (;;)
	{
		int			child = 2 * i + 1;

		if (child >= nearest->count)
			break;
		if (child + 1 < nearest->count &&
			kg_exact_compare(&rows[child + 1], &rows[child]) > 0)
			child++;
		if (kg_exact_compare(&moving, &rows[child]) >= 0)
			break;
		rows[i] = rows[child];
		i = child;
	}
	rows[i] = moving;
}

void
kg_nearest_rows_add(KgNearestRows *nearest, KgExactRow row)
{
	KgExactRow *rows = nearest->rows;
	int			i;

	if (nearest->count == nearest->k)
	{
		if (rows[0].key)
			pfree(rows[0].key);
		sift_down(nearest, row);
		return;
	}
	for (i = nearest->count++; i > 0; i = (i - 1) / 2)
	{
		if (kg_exact_compare(&rows[(i - 1) / 2], &row) >= 0)
			break;
		rows[i] = rows[(i - 1) / 2];
	}
	rows[i] = row;
}

void
kg_nearest_rows_sort(KgNearestRows *nearest)
{
	qsort_interruptible(nearest->rows, nearest->count, sizeof(KgExactRow),
						compare_rows, NULL);
}
