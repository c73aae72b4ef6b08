/*
 * row_batch.c
 *	  Rows that are put together on pages.
 */
#include "postgres.h"

#include "ann/core/row_batch.h"
#include "ann/core/nearness.h"

Size
kg_row_batch_bytes(const KgLayout *layout, int dims)
{
	return sizeof(KgRow) + sizeof(float) * dims + kg_nearness_bytes(dims, layout->members);
}

KgRowBatch *
kg_row_batch_new(const KgLayout *layout, int dims, int capacity)
{
	KgRowBatch *batch = palloc0(sizeof(KgRowBatch));

	batch->members = layout->members;
	batch->by_direction = layout->metric == KG_METRIC_COSINE;
	batch->dims = dims;
	batch->capacity = Max(capacity, 1);
	batch->rows = palloc_extended(sizeof(KgRow) * batch->capacity, MCXT_ALLOC_HUGE);
	batch->vectors = palloc_extended(sizeof(float) * dims * batch->capacity, MCXT_ALLOC_HUGE);
	return batch;
}

void
kg_row_batch_add(KgRowBatch *batch, const KgRow *row, const float *vector)
{
	KgRow	   *added = &batch->rows[batch->count];
	float	   *copy = batch->vectors + (Size) batch->dims * batch->count++;

	Assert(batch->count <= batch->capacity);
	memcpy(copy, vector, sizeof(float) * batch->dims);
	*added = *row;
	if (row->x)
		added->x = copy;
}

/* One group in so many comes before the others. */
#define FIRST_PART 8

static void
shuffle(int *groups, int count)
{
	uint64		random = 1;

	for (int i = 0; i < count; i++)
		groups[i] = i;
	for (int i = count - 1; i > 0; i--)
	{
		int			other;
		int			group = groups[i];

		/* Knuth's MMIX generator */
		random = random * UINT64CONST(6364136223846793005) + UINT64CONST(1442695040888963407);
		other = (int) ((random >> 33) % (i + 1));
		groups[i] = groups[other];
		groups[other] = group;
	}
}

/*
 * The order of groups: some at random, since a graph that grows from one end to the other
 * finds its way less well; then all others in their order, in which near ones follow each
 * other, so that each finds the pages around it in the processor's cache.
 */
static void
order_groups(int *groups, int count)
{
	int			ordered = 0;

	shuffle(groups, count);
	for (int i = 0; i < count; i++)
		if (groups[i] % FIRST_PART == 0)
			groups[ordered++] = groups[i];
	for (int i = 0; i < count; i++)
		if (i % FIRST_PART != 0)
			groups[ordered++] = i;
}

void
kg_row_batch_hand_out(KgRowBatch *batch, KgRowGroup function, void *arg)
{
	int			members = batch->members;
	int			count = (batch->count + members - 1) / members;
	int		   *order = palloc_extended(sizeof(int) * Max(batch->count, 1), MCXT_ALLOC_HUGE);
	int		   *groups = palloc_extended(sizeof(int) * Max(count, 1), MCXT_ALLOC_HUGE);
	KgRow	   *rows = palloc(sizeof(KgRow) * members);

	kg_nearness_order(batch->vectors, batch->dims, batch->by_direction, members, order,
					  batch->count);
	order_groups(groups, count);
	for (int i = 0; i < count; i++)
	{
		int			first = groups[i] * members;
		int			size = Min(members, batch->count - first);

		for (int j = 0; j < size; j++)
			rows[j] = batch->rows[order[first + j]];
		function(rows, size, arg);
	}
	pfree(order);
	pfree(groups);
	pfree(rows);
	batch->count = 0;
}
