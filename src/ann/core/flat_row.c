/*
 * flat_row.c
 *	  A row of a build as one piece of memory, and the point that stands for it.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"

#include "ann/core/bisect.h"
#include "ann/core/flat_row.h"
#include "quant/bits.h"

static uint32
vector_bytes(const KgLayout *layout, const void *x)
{
	if (layout->sparse > 0)
		return ((const KgSparseValue *) x)->count * (sizeof(int32_t) + sizeof(float));
	if (kg_metric_of_bits(layout->metric))
		return kg_bits_bytes(layout->dims);
	return layout->dims * sizeof(float);
}

uint32
kg_flat_row_size(const KgLayout *layout, const void *x)
{
	return MAXALIGN(offsetof(KgFlatRow, x) + vector_bytes(layout, x));
}

void
kg_flat_row_write(const KgLayout *layout, const KgRow *row, KgFlatRow *flat)
{
	flat->size = kg_flat_row_size(layout, row->x);
	flat->count = 0;
	flat->tid = row->tid;
	memset(flat->words, 0, sizeof(flat->words));
	memcpy(flat->words, row->words, sizeof(uint32) * layout->filters);
	if (layout->sparse > 0)
	{
		const KgSparseValue *value = row->x;
		Size		indices = sizeof(int32_t) * value->count;

		flat->count = value->count;
		memcpy(flat->x, value->indices, indices);
		memcpy((char *) flat->x + indices, value->values,
			   sizeof(float) * value->count);
	}
	else
		memcpy(flat->x, row->x, vector_bytes(layout, row->x));
}

KgRow
kg_flat_row_read(const KgLayout *layout, const KgFlatRow *flat,
				 KgSparseValue *sparse)
{
	KgRow		row = {.tid = flat->tid,.x = flat->x};

	memcpy(row.words, flat->words, sizeof(row.words));
	if (layout->sparse > 0)
	{
		sparse->count = flat->count;
		sparse->indices = (const int32_t *) flat->x;
		sparse->values = (const float *) (sparse->indices + flat->count);
		row.x = sparse;
	}
	return row;
}

/* Of a bit string each bit is a dimension. */
static int
space_dims(const KgLayout *layout)
{
	return kg_metric_of_bits(layout->metric) ? layout->dims : layout->shape.dim;
}

int
kg_point_dims(const KgLayout *layout)
{
	return Min(space_dims(layout), KG_POINT_DIMS);
}

void
kg_point_make(const KgSpace *space, const void *x, double *y, float *point)
{
	const KgLayout *layout = space->layout;
	bool		bits = kg_metric_of_bits(layout->metric);
	int			all = space_dims(layout);
	int			dims = kg_point_dims(layout);
	KgMapped	mapped;

	memset(point, 0, sizeof(float) * dims);
	if (!kg_space_map(space, x, y, &mapped))
		return;
	for (int i = 0; i < all; i++)
	{
		double		value = bits ? ((const uint8_t *) y)[i / 8] >> (i % 8) & 1 : y[i];

		if (i >= dims && murmurhash32(i) & 1)
			value = -value;
		point[i % dims] += (float) value;
	}
	for (int i = 0; i < dims; i++)
		if (!(fabsf(point[i]) <= KG_MOST_COORDINATE))
			point[i] = point[i] > 0 ? KG_MOST_COORDINATE :
				point[i] < 0 ? -KG_MOST_COORDINATE : 0;
}
