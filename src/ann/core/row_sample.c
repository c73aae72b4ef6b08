/*
 * row_sample.c
 *	  A fair sample of the vectors of a table.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "utils/memutils.h"

#include "ann/core/row_sample.h"

#define MOST_SAMPLED 16384
#define LEAST_SAMPLED 8

struct KgRowSample
{
	MemoryContext context;
	Size		memory;
	KgFlatRow **rows;
	uint32		count;
	uint32		capacity;
	uint64		offered;
	double		bytes;			/* of all that were offered */
	pg_prng_state random;
};

KgRowSample *
kg_row_sample_new(Size memory)
{
	KgRowSample *sample = palloc0(sizeof(KgRowSample));

	sample->context = AllocSetContextCreate(CurrentMemoryContext, "kg build sample",
											ALLOCSET_DEFAULT_SIZES);
	sample->memory = memory;
	pg_prng_seed(&sample->random, 1);
	return sample;
}

static KgFlatRow *
flat_vector(MemoryContext context, const KgLayout *layout, const void *x)
{
	KgRow		row = {.x = x};
	KgFlatRow  *flat = MemoryContextAlloc(context, kg_flat_row_size(layout, x));

	kg_flat_row_write(layout, &row, flat);
	return flat;
}

/* Reservoir sampling (Vitter, 1985, algorithm R). */
void
kg_row_sample_add(KgRowSample *sample, const KgLayout *layout, const void *x)
{
	uint32		size = kg_flat_row_size(layout, x);
	uint64		at = sample->offered;

	if (sample->offered == 0)
	{
		Size		bytes = size + sizeof(float) * kg_point_dims(layout) + KG_ROW_OVERHEAD;

		sample->capacity = Max(Min(sample->memory / bytes, MOST_SAMPLED), LEAST_SAMPLED);
		sample->rows = MemoryContextAlloc(sample->context,
										  sizeof(KgFlatRow *) * sample->capacity);
	}
	sample->bytes += size;
	if (at >= sample->capacity)
		at = pg_prng_uint64_range(&sample->random, 0, sample->offered);
	sample->offered++;
	if (at >= sample->capacity)
		return;
	if (at < sample->count)
		pfree(sample->rows[at]);
	else
		sample->count++;
	sample->rows[at] = flat_vector(sample->context, layout, x);
}

void
kg_row_sample_free(KgRowSample *sample)
{
	MemoryContextDelete(sample->context);
	pfree(sample);
}

double
kg_row_sample_bytes(const KgRowSample *sample, const KgLayout *layout)
{
	return sample->bytes / Max(sample->offered, 1) + KG_ROW_OVERHEAD +
		sizeof(float) * kg_point_dims(layout);
}

uint32
kg_row_sample_count(const KgRowSample *sample)
{
	return sample->count;
}

KgFlatRow **
kg_row_sample_rows(const KgRowSample *sample)
{
	return sample->rows;
}
