/*
 * pending_rows.c
 *	  Pending rows of a scan.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "ann/scan/pending_rows.h"

#define FIRST_SIZE 512

void
kg_pending_rows_init(KgPendingRows *rows)
{
	memset(rows, 0, sizeof(KgPendingRows));
	rows->context = CurrentMemoryContext;
	kg_found_init(&rows->found);
}

void
kg_pending_rows_reset(KgPendingRows *rows)
{
	rows->found.count = 0;
	if (rows->count > 0)
		memset(rows->table, 0, sizeof(KgTid) * rows->size);
	rows->count = 0;
}

/* Where a TID is in the table, or would be. */
static KgTid *
find(const KgPendingRows *rows, KgTid tid)
{
	uint32		i = murmurhash32(((uint32) tid.block_hi << 16 | tid.block_lo) * 31 +
								 tid.offset);

	while (tid_valid(rows->table[i & (rows->size - 1)]) &&
		   memcmp(&rows->table[i & (rows->size - 1)], &tid, sizeof(KgTid)) != 0)
		i++;
	return &rows->table[i & (rows->size - 1)];
}

static void
grow(KgPendingRows *rows)
{
	KgTid	   *old = rows->table;
	uint32		old_size = rows->size;

	rows->size = Max(rows->size * 2, FIRST_SIZE);
	rows->table = MemoryContextAllocExtended(rows->context, sizeof(KgTid) * rows->size,
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < old_size; i++)
		if (tid_valid(old[i]))
			*find(rows, old[i]) = old[i];
	if (old)
		pfree(old);
}

void
kg_pending_rows_add(KgPendingRows *rows, KgTid tid, double bound)
{
	KgFoundNode row = {
		.bound = bound,.node = KG_NO_NODE,.chunk = KG_NO_CHUNK,.tid = tid
	};
	KgTid	   *place;

	if (!tid_valid(tid))
		return;
	if (rows->count * 2 >= rows->size)
		grow(rows);
	place = find(rows, tid);
	if (tid_valid(*place))
		return;
	*place = tid;
	rows->count++;
	kg_found_add(&rows->found, &row);
}

int
kg_pending_rows_drop(const KgPendingRows *rows, KgTid *tids, int count)
{
	int			left = 0;

	if (rows->count == 0)
		return count;
	for (int i = 0; i < count; i++)
		if (!tid_valid(*find(rows, tids[i])))
			tids[left++] = tids[i];
	return left;
}
