/*
 * build_batch.c
 *	  Rows that a build puts together on pages.
 */
#include "postgres.h"

#include <limits.h>

#include "ann/core/build_batch.h"
#include "ann/core/nearness.h"

/* Rows of a batch at least, whatever memory there is. */
#define LEAST_ROWS 1024

/* Memory that ordering takes for a row, beside its vector. */
#define ORDER_BYTES (2 * sizeof(int) + sizeof(float))

KgBuildBatch *
kg_build_batch_new(const KgLayout *layout, Size memory, double expected_rows)
{
	KgBuildBatch *batch = palloc0(sizeof(KgBuildBatch));
	Size		bytes = sizeof(KgRow) + sizeof(float) * layout->dims + ORDER_BYTES;
	double		rows = Min((double) memory / bytes, expected_rows * 1.1 + 1);

	batch->layout = layout;
	batch->capacity = (int) Min(Max(rows, LEAST_ROWS), INT_MAX / 2);
	batch->rows = palloc_extended(sizeof(KgRow) * batch->capacity, MCXT_ALLOC_HUGE);
	batch->vectors = palloc_extended(sizeof(float) * layout->dims * batch->capacity,
									 MCXT_ALLOC_HUGE);
	return batch;
}

void
kg_build_batch_add(KgBuildBatch *batch, const KgRow *row)
{
	Size		dims = batch->layout->dims;
	float	   *vector = batch->vectors + dims * batch->count;

	Assert(batch->count < batch->capacity);
	memcpy(vector, row->x, sizeof(float) * dims);
	batch->rows[batch->count] = *row;
	batch->rows[batch->count++].x = vector;
}

/*
 * The order of groups is at random, as it is of rows of most tables: a graph that grows
 * from one end to the other finds its way less well.
 */
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

void
kg_build_batch_hand_out(KgBuildBatch *batch, KgBuildGroup function, void *arg)
{
	const KgLayout *layout = batch->layout;
	int			members = layout->members;
	int			count = (batch->count + members - 1) / members;
	int		   *order = palloc_extended(sizeof(int) * Max(batch->count, 1), MCXT_ALLOC_HUGE);
	int		   *groups = palloc_extended(sizeof(int) * Max(count, 1), MCXT_ALLOC_HUGE);
	KgRow	   *rows = palloc(sizeof(KgRow) * members);

	kg_nearness_order(batch->vectors, layout->dims, layout->metric == KG_METRIC_COSINE, members,
					  order, batch->count);
	shuffle(groups, count);
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
