/*
 * calibrate.c
 *	  Measures the effort that each recall takes.
 *
 * Queries are vectors of nodes at random.  What a row that is not in the index
 * would find is measured by passing over the query's own node: no search enters
 * it and no list of neighbours counts it.  One pass over all pages finds the
 * exact nearest nodes of all queries.  Then calibrate_search.c searches for them.
 * The README has figures.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/calibrate.h"
#include "ann/core/calibrate_search.h"
#include "ann/core/sample_nodes.h"

/* Vectors of nodes that are taken for queries. */
#define OWN_QUERIES 200

/* Draws of a node that may fail for each that is wanted. */
#define MOST_DRAWS 30

/* Passes over the pages, at most: fewer queries then. */
#define MOST_PASSES 4

/*
 * Queries.
 */

/* Fills samples with nodes at random, as many as there are draws for. */
static void
draw_nodes(KgCalibration *calibration, int wanted)
{
	KgNodeSampler sampler;

	kg_node_sampler_init(&sampler, calibration->store, calibration->index,
						 calibration->seed);
	for (int draws = wanted * MOST_DRAWS;
		 draws > 0 && calibration->count < wanted; draws--)
	{
		KgSample   *sample = &calibration->samples[calibration->count];

		CHECK_FOR_INTERRUPTS();
		if (kg_node_sampler_draw(&sampler, &sample->query, &sample->node))
			calibration->count++;
	}
}

static void
map_given(KgCalibration *calibration, const KgGivenQueries *given, int wanted)
{
	for (int i = 0; i < wanted; i++)
	{
		KgSample   *sample = &calibration->samples[calibration->count];
		int64		place = (int64) i * given->count / wanted;

		CHECK_FOR_INTERRUPTS();
		if (kg_query_set(&sample->query, calibration->index, calibration->store,
						 given->vectors[place]) && sample->query.norm > 0)
			calibration->count++;
	}
}

/*
 * The exact nearest nodes.
 */

static void
compare_page(KgCalibration *calibration, Page page, BlockNumber block, int first,
			 int end)
{
	const KgLayout *layout = calibration->store->layout;

	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);
		uint32		node = block * layout->per_page + i;

		if (slot->state != NODE_LIVE)
			continue;
		if (first == 0)
		{
			calibration->live++;
			(void) kg_visited_add(&calibration->there, node);
		}
		else if (!kg_visited_has(&calibration->there, node))
			continue;
		for (int j = first; j < end; j++)
		{
			KgSample   *sample = &calibration->samples[j];

			if (node != sample->node)
				kg_keep_nearest(&sample->nearest,
								kg_query_rank(&sample->query, slot,
											  kg_query_key(&sample->query, slot)));
		}
	}
}

/* The key of the k-th nearest; the nearest are in order. */
static int
compare_keys(const void *a, const void *b)
{
	float		x = ((const KgNearKey *) a)->minus_key;
	float		y = ((const KgNearKey *) b)->minus_key;

	return x > y ? -1 : x < y;
}

static void
sort_nearest(KgSample *sample)
{
	KgNearestKeys *nearest = &sample->nearest;

	qsort(nearest->keys, nearest->count, sizeof(KgNearKey), compare_keys);
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		int			k = Min(kg_recall_counts[i], nearest->count);

		sample->within[i] = k > 0 ? -nearest->keys[k - 1].minus_key : INFINITY;
	}
}

/* One pass over all pages for the samples from first to before end. */
static void
find_nearest(KgCalibration *calibration, int first, int end)
{
	KgStore    *store = calibration->store;
	BlockNumber pages = kg_store_pages(store);

	for (int i = first; i < end; i++)
		calibration->samples[i].nearest.wanted = KG_RECALL_MOST_ROWS;
	for (BlockNumber block = KG_META_BLOCK + 1; block < pages; block++)
	{
		Page		page;

		CHECK_FOR_INTERRUPTS();
		kg_store_vacuum_delay(store);
		page = kg_store_read_if(store, block, PAGE_NODES);
		if (page == NULL)
			continue;
		compare_page(calibration, page, block, first, end);
		kg_store_done(store);
	}
	for (int i = first; i < end; i++)
		sort_nearest(&calibration->samples[i]);
}

static void
write_table(KgCalibration *calibration, KgRecallTable *table)
{
	KgEdit		edit;
	KgMetaPage *meta;

	kg_edit_begin(&edit, calibration->store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));

	/* So that backends read the table with the entry points. */
	table->entry_version = ++meta->entry_version;
	meta->recall = *table;
	meta->hop_pages = calibration->hops > 0 ?
		(float) (calibration->pages / calibration->hops) : 1;
	kg_edit_commit(&edit);
}

/* Queries whose views of all frames fit into memory. */
static int
queries_at_once(const KgLayout *layout, const KgMetaPage *meta, Size memory)
{
	Size		view = sizeof(KgFrameView) + sizeof(float) * layout->shape.dim +
	kg_code_lut_bytes(&layout->shape);
	double		most = (double) memory / (view * (meta->frame_count + 1.0));

	return (int) Min(Max(most, 1), KG_CALIBRATE_MOST_QUERIES);
}

/* Measures; false if there is too little to measure. */
static bool
measure(KgCalibration *calibration, const KgGivenQueries *given, int at_once)
{
	int			wanted = given ? given->count : OWN_QUERIES;

	wanted = Min(Min(wanted, KG_CALIBRATE_MOST_QUERIES), at_once * MOST_PASSES);
	if (wanted < KG_CALIBRATE_LEAST_QUERIES)
		return false;
	calibration->samples = palloc_extended(sizeof(KgSample) * wanted,
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < wanted; i++)
		kg_query_init(&calibration->samples[i].query);
	if (given)
		map_given(calibration, given, wanted);
	else
		draw_nodes(calibration, wanted);
	if (calibration->count < KG_CALIBRATE_LEAST_QUERIES)
		return false;
	for (int i = 0; i < calibration->count; i += at_once)
		find_nearest(calibration, i, Min(i + at_once, calibration->count));
	if (calibration->live < KG_CALIBRATE_LEAST_NODES)
		return false;
	return true;
}

bool
kg_calibrate(KgStore *store, const KgIndex *index, const KgGivenQueries *given,
			 Size memory)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg_hnsw calibration",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	KgCalibration *calibration = palloc0(sizeof(KgCalibration));
	KgMetaPage	meta;
	bool		measured;

	kg_index_read_meta(store, &meta);
	calibration->store = store;
	calibration->index = index;
	calibration->seed = meta.entry_version;
	kg_visited_init(&calibration->there, context);
	measured = measure(calibration, given,
					   queries_at_once(store->layout, &meta, memory / MOST_PASSES));
	if (measured)
	{
		KgRecallTable table = {0};

		table.nodes = (uint32) Min(calibration->live, PG_UINT32_MAX);
		table.queries = calibration->count;
		table.given = given != NULL;
		kg_calibrate_search(calibration, &table);
		write_table(calibration, &table);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	return measured;
}

/*
 * Entry points are a sample of the nodes, and change as nodes come and go: when
 * a fifth more nodes have come, or a sixth were replaced, a sixth of the entry
 * points are others.
 */
bool
kg_calibrate_is_due(const KgMetaPage *meta, double nodes)
{
	uint32		changes = meta->entry_version - meta->recall.entry_version;

	if (nodes < KG_CALIBRATE_LEAST_NODES)
		return false;
	return meta->recall.nodes == 0 || changes > meta->entry_count / 6;
}
