/*
 * bits.c
 *	  What the graph asks of bit strings: Hamming and Jaccard distance.
 *
 * Bits are their own codes, so that estimates are exact; of long strings a
 * neighbour's code is a sample of its bits, and an estimate what the sample
 * says.  Whichever node it comes from, a node's estimate is the same.  Keys are
 * the distances themselves: squares of Euclidean distances in some space
 * (Hamming: of the bits as coordinates; Jaccard: Gower and Legendre, 1986), so
 * that edges are pruned as those of floats are.
 */
#include "postgres.h"

#include <math.h>

#include "ann/core/edges.h"
#include "ann/core/geometry.h"
#include "ann/core/query.h"
#include "quant/bits.h"

/* Half an ulp of float4, relative. */
#define UNIT_ROUNDOFF (1.0 / 16777216.0)

/* Are codes samples of the bits? */
static inline bool
is_sampled(const KgLayout *layout)
{
	return layout->shape.code_dims < layout->dims;
}

static float
bits_square(const KgLayout *layout, const float *q)
{
	return (float) kg_bits_count((const uint8 *) q, kg_bits_bytes(layout->dims));
}

static void
bits_locate(KgQuery *query)
{
	query->norm = sqrt(bits_square(&query->layout, (const void *) query->y));
}

/* view->code.lut is the query's own sample, code.bias how many of its bits are set. */
static void
bits_prepare(KgQuery *query, KgFrameView *view, const KgFrame *frame)
{
	const KgLayout *layout = &query->layout;

	view->code.bias = view->norm2;
	view->code.delta = (float) layout->dims / layout->shape.code_dims;
	if (!is_sampled(layout))
		return;
	if (view->code.lut == NULL)
		view->code.lut = kg_query_alloc(query, layout->row_bytes);
	kg_bits_sample((const uint8 *) view->q, layout->dims,
				   layout->shape.code_dims, view->code.lut);
	view->code.bias = (float) kg_bits_count(view->code.lut, layout->row_bytes);
}

static float
bits_apart(const KgLayout *layout, const float *a, const float *b)
{
	return (float) kg_space_bits_apart(layout, a, b);
}

static float
bits_key(KgQuery *query, const KgStored *stored)
{
	return bits_apart(&query->layout, kg_query_view(query, stored->frame)->q,
					  stored->vector);
}

/* Distances of so many codes, one after another, from the query's. */
static void
scan_rows(const KgLayout *layout, const KgFrameView *view, const uint8 *codes,
		  int count, float *distances)
{
	const uint8 *code = is_sampled(layout) ? view->code.lut :
	(const uint8 *) view->q;
	uint64		own = (uint64) view->code.bias;
	uint32		counts[KG_CODE_ROWS];
	uint32		both[KG_CODE_ROWS];

	for (int first = 0; first < count; first += KG_CODE_ROWS)
	{
		const uint8 *rows = codes + (Size) first * layout->row_bytes;
		int			n = Min(count - first, KG_CODE_ROWS);

		if (layout->metric == KG_METRIC_HAMMING)
		{
			kg_simd->hamming_rows(code, rows, layout->row_bytes, n, counts);
			for (int i = 0; i < n; i++)
				distances[first + i] = counts[i] * view->code.delta;
			continue;
		}
		kg_simd->jaccard_rows(code, rows, layout->row_bytes, n, both, counts);
		for (int i = 0; i < n; i++)
			distances[first + i] = (float) kg_bits_jaccard(both[i], own, counts[i]);
	}
}

static void
bits_estimate(KgQuery *query, const NodeSlot *slot, float key, float *estimates)
{
	scan_rows(&query->layout, kg_query_view(query, slot_frame(slot)),
			  slot_code(&query->layout, slot, 0), slot->degree, estimates);
}

static void
bits_estimate_entries(const KgEntryTable *table, KgQuery *query, int first,
					  int rows, float *keys)
{
	scan_rows(&query->layout, kg_query_view(query, KG_ORIGIN_FRAME),
			  table->codes + (Size) first * query->layout.row_bytes, rows, keys);
}

static uint16
bits_noise(KgQuery *query, const NodeSlot *slot, float key)
{
	return 0;
}

static uint16
bits_entries_noise(KgQuery *query, int frame)
{
	return 0;
}

static double
bits_value(const KgQuery *query, double key)
{
	return key;
}

/* A Jaccard distance was rounded to float4, perhaps up. */
static double
bits_lower(KgQuery *query, const KgStored *stored, float key)
{
	return query->layout.metric == KG_METRIC_HAMMING ? key :
		key * (1 - 2 * UNIT_ROUNDOFF);
}

static float
bits_rank(KgQuery *query, const KgStored *stored, float key)
{
	return key;
}

/* Both distances are metrics. */
static double
bits_reach(const KgQuery *query, const KgQuery *centre, double radius)
{
	return radius + kg_query_apart(query, centre);
}

static void
bits_own(const KgLayout *layout, KgOwner *owner)
{
}

static float
bits_put_code(const KgLayout *layout, NodeSlot *slot, int i,
			  const KgOwner *owner, const KgNeighbor *neighbor)
{
	kg_bits_sample((const uint8 *) neighbor->vector, layout->dims,
				   layout->shape.code_dims, slot_code(layout, slot, i));
	return bits_apart(layout, neighbor->vector, owner->vector);
}

static void
bits_put_entry(const KgLayout *layout, const KgFrame *frame, const double *y,
			   KgEntry *entry)
{
	kg_bits_sample((const uint8 *) y, layout->dims, layout->shape.code_dims,
				   entry->code);
	entry->a = entry->b = 0;
}

const KgGeometry kg_bits_geometry = {
	.locate = bits_locate,
	.prepare = bits_prepare,
	.square = bits_square,
	.key = bits_key,
	.estimate = bits_estimate,
	.noise = bits_noise,
	.estimate_entries = bits_estimate_entries,
	.entries_noise = bits_entries_noise,
	.value = bits_value,
	.lower = bits_lower,
	.rank = bits_rank,
	.reach = bits_reach,
	.apart = bits_apart,
	.own = bits_own,
	.put_code = bits_put_code,
	.put_entry = bits_put_entry,
};
