/*
 * calibrate.c
 *	  Measures the effort that each recall takes.
 *
 * Queries are vectors of nodes at random.  What a row that is not in the index
 * would find is measured by passing over the query's own node: no search enters
 * it and no list of neighbours counts it.  One pass over all pages finds the
 * exact nearest nodes of all queries.  Then a long search for each query tells
 * after how many nodes each of them was met, and how far the next candidate was
 * at each step.  From this follows, without a further search, where any rule
 * would have ended it: see recall.h.  Searches by the rule keep fewer nodes in
 * view than the long ones, so that later estimates lead them to other nodes; a
 * few such searches tell by how much the rest is to be corrected.  The README
 * has figures.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ann/core/calibrate.h"
#include "ann/core/recall.h"
#include "ann/core/search.h"

/* Vectors of nodes that are taken for queries. */
#define OWN_QUERIES 200

/* Draws of a node that may fail for each that is wanted. */
#define MOST_DRAWS 30

/*
 * Nodes that a search expands at first.  If that is not enough for the rows and
 * the recall below, it is repeated with twice as many.
 */
#define FIRST_POOL 1000
#define LAST_POOL 4000
#define ENOUGH_RECALL 0.995

/* The most nodes that a table asks for. */
#define MOST_HOPS 10000

/* Slack is between these, and found by so many halvings. */
#define LEAST_SLACK -1.0f
#define MOST_SLACK 1000.0f
#define HALVINGS 24

/* The level that searches by the rule are tried with; the most they correct. */
#define TRIED_LEVEL 2
#define MOST_CORRECTION 2.0

/* Of a search's overflow, in bytes. */
#define OVERFLOW_MEMORY (4 * 1024 * 1024)

/* Passes over the pages, at most: fewer queries then. */
#define MOST_PASSES 4

#define NEAREST KG_RECALL_MOST_ROWS

typedef struct NearKey
{
	float		minus_key;
} NearKey;

#define HEAP_NAME farthest
#define HEAP_ELEMENT NearKey
#define HEAP_KEY minus_key
#include "lib/binary_heap.h"

/* The nearest so many keys, the farthest first. */
typedef struct Nearest
{
	int			wanted;
	int			count;
	NearKey		keys[NEAREST];
} Nearest;

/* One step of a search, for each number of rows. */
typedef struct Step
{
	float		slack[KG_RECALL_COUNTS];	/* with less it would end here */
	uint8		found[KG_RECALL_COUNTS];	/* of the nearest, by then */
} Step;

typedef struct Sample
{
	KgQuery		query;
	uint32		node;			/* its own; 0: it has none */
	Nearest		nearest;		/* among all nodes */
	float		within[KG_RECALL_COUNTS];	/* the key of the k-th of them */
	Step	   *steps;
	int			count;
} Sample;

typedef struct Calibration
{
	KgStore    *store;
	const KgIndex *index;
	Sample	   *samples;
	int			count;
	int64		live;			/* nodes, without queries' own */
	uint64		random;

	KgSearch	search;
	Sample	   *sample;			/* that is searched for */
	int			capacity;		/* of its steps */
	Nearest		seen[KG_RECALL_COUNTS];
	int			found[KG_RECALL_COUNTS];

	/* of searches by a rule */
	KgEffort	rule;
	int			rule_rows;		/* of kg_recall_counts */
} Calibration;

/* What searches find and expand, of all samples together or in the mean. */
typedef struct Outcome
{
	double		recall;
	double		hops;
} Outcome;

/* Where a rule with more slack than this goes on, and with how much more. */
typedef struct Gain
{
	float		slack;
	float		found;			/* of the wanted, more */
	float		hops;			/* more */
} Gain;

static void
keep_nearest(Nearest *nearest, float key)
{
	if (nearest->count == nearest->wanted)
	{
		if (key >= -nearest->keys[0].minus_key)
			return;
		(void) farthest_pop(nearest->keys, nearest->count--);
	}
	nearest->keys[nearest->count].minus_key = -key;
	farthest_sift_up(nearest->keys, nearest->count++);
}

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators */
static uint64
next_random(Calibration *calibration)
{
	uint64		z = calibration->random += UINT64CONST(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/*
 * Queries.
 */

/* Takes a node for a query; false if it is none, or not one for a search. */
static bool
take_node(Calibration *calibration, Sample *sample, uint32 node, double *y)
{
	KgStore    *store = calibration->store;
	const KgLayout *layout = store->layout;
	Page		page = kg_store_read_if(store, node_block(layout, node),
										PAGE_NODES);
	bool		live;

	if (page == NULL)
		return false;
	live = node_slot(layout, page, node)->state == NODE_LIVE;
	if (live)
		kg_slot_position(store, node_slot(layout, page, node), y);
	kg_store_done(store);
	if (!live)
		return false;
	kg_query_set_position(&sample->query, calibration->index, store, y);
	sample->node = node;
	return sample->query.norm > 0 || layout->metric != KG_METRIC_IP;
}

/* Fills samples with nodes at random, as many as there are draws for. */
static void
draw_nodes(Calibration *calibration, int wanted)
{
	const KgLayout *layout = calibration->store->layout;
	uint64		numbers = (uint64) kg_store_pages(calibration->store) *
		layout->per_page;
	double	   *y = palloc(sizeof(double) * layout->shape.dim);

	for (int draws = wanted * MOST_DRAWS;
		 draws > 0 && calibration->count < wanted; draws--)
	{
		uint32		node = (uint32) (next_random(calibration) % numbers);

		CHECK_FOR_INTERRUPTS();
		if (take_node(calibration, &calibration->samples[calibration->count],
					  node, y))
			calibration->count++;
	}
	pfree(y);
}

static void
map_given(Calibration *calibration, const KgGivenQueries *given, int wanted)
{
	for (int i = 0; i < wanted; i++)
	{
		Sample	   *sample = &calibration->samples[calibration->count];
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
compare_page(Calibration *calibration, Page page, BlockNumber block, int first,
			 int end)
{
	const KgLayout *layout = calibration->store->layout;

	for (int i = 0; i < layout->per_page; i++)
	{
		NodeSlot   *slot = page_slot(layout, page, i);
		uint32		node = block * layout->per_page + i;

		if (slot->state != NODE_LIVE)
			continue;
		calibration->live += first == 0;
		for (int j = first; j < end; j++)
		{
			Sample	   *sample = &calibration->samples[j];

			if (node != sample->node)
				keep_nearest(&sample->nearest,
							 kg_query_key(&sample->query, slot));
		}
	}
}

/* The key of the k-th nearest; the nearest are in order. */
static int
compare_keys(const void *a, const void *b)
{
	float		x = ((const NearKey *) a)->minus_key;
	float		y = ((const NearKey *) b)->minus_key;

	return x > y ? -1 : x < y;
}

static void
sort_nearest(Sample *sample)
{
	Nearest    *nearest = &sample->nearest;

	qsort(nearest->keys, nearest->count, sizeof(NearKey), compare_keys);
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		int			k = Min(kg_recall_counts[i], nearest->count);

		sample->within[i] = k > 0 ? -nearest->keys[k - 1].minus_key : INFINITY;
	}
}

/* One pass over all pages for the samples from first to before end. */
static void
find_nearest(Calibration *calibration, int first, int end)
{
	KgStore    *store = calibration->store;
	BlockNumber pages = kg_store_pages(store);

	for (int i = first; i < end; i++)
		calibration->samples[i].nearest.wanted = NEAREST;
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

/*
 * Searches.
 */

/* A step is known when the next candidate is. */
static void
end_step(Calibration *calibration, float next)
{
	Sample	   *sample = calibration->sample;
	Step	   *step;

	if (sample->count == 0)
		return;
	step = &sample->steps[sample->count - 1];
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		const Nearest *seen = &calibration->seen[i];
		float		key = -seen->keys[0].minus_key;

		/* The rule needs all of the wanted to begin with. */
		if (seen->count < seen->wanted)
			step->slack[i] = -INFINITY;
		else if (key == 0)
			step->slack[i] = next > 0 ? INFINITY : 0;
		else
			step->slack[i] = (next - key) / fabsf(key);
		step->found[i] = (uint8) Min(calibration->found[i],
									 kg_recall_counts[i]);
	}
}

static void
note_step(KgSearch *search, const NodeSlot *slot, uint32 node, float key,
		  const float *estimates)
{
	Calibration *calibration = search->expand_arg;
	Sample	   *sample = calibration->sample;

	end_step(calibration, search->pool[search->pool_cursor - 1].key);
	if (sample->count == calibration->capacity)
		return;
	sample->count++;
	if (slot->state != NODE_LIVE)
		return;
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		keep_nearest(&calibration->seen[i], key);
		calibration->found[i] += key <= sample->within[i];
	}
}

/* Before a search for a sample. */
static void
begin_search(Calibration *calibration, Sample *sample)
{
	calibration->sample = sample;
	calibration->search.without = sample->node;
	memset(calibration->found, 0, sizeof(calibration->found));
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		calibration->seen[i].wanted = kg_recall_counts[i];
		calibration->seen[i].count = 0;
	}
}

static void
search_sample(Calibration *calibration, Sample *sample, int pool)
{
	calibration->capacity = pool;
	begin_search(calibration, sample);
	sample->count = 0;
	if (sample->steps)
		pfree(sample->steps);
	sample->steps = palloc(sizeof(Step) * pool);
	kg_search_start(&calibration->search, calibration->index, calibration->store,
					&sample->query, pool);
	end_step(calibration, INFINITY);
}

/* Follows the rule as a scan does. */
static void
follow_rule(KgSearch *search, const NodeSlot *slot, uint32 node, float key,
			const float *estimates)
{
	Calibration *calibration = search->expand_arg;
	int			k = calibration->rule_rows;
	Nearest    *seen = &calibration->seen[k];

	if (slot->state != NODE_LIVE)
		return;
	keep_nearest(seen, key);
	calibration->found[k] += key <= calibration->sample->within[k];
	if (seen->count == seen->wanted &&
		search->hops >= kg_effort_least(calibration->rule))
		search->stop_beyond = kg_effort_limit(calibration->rule.slack,
											  -seen->keys[0].minus_key);
}

/* Searches for all samples by a rule. */
static Outcome
try_rule(Calibration *calibration, int k, KgEffort rule)
{
	KgSearch   *search = &calibration->search;
	int			pool = (int) ceil(rule.hops);
	Outcome		outcome = {0};

	calibration->rule = rule;
	calibration->rule_rows = k;
	search->expand = follow_rule;
	search->memory_limit = OVERFLOW_MEMORY;
	for (int i = 0; i < calibration->count; i++)
	{
		Sample	   *sample = &calibration->samples[i];

		kg_store_vacuum_delay(calibration->store);
		begin_search(calibration, sample);
		kg_search_start(search, calibration->index, calibration->store,
						&sample->query, pool);
		while (!search->paused && search->hops < kg_effort_most(rule) &&
			   kg_search_continue(search, pool));
		outcome.recall += Min(calibration->found[k], kg_recall_counts[k]);
		outcome.hops += search->hops;
	}
	outcome.recall /= (double) calibration->count * kg_recall_counts[k];
	outcome.hops /= calibration->count;
	return outcome;
}

/* Of the wanted rows, how many were found after so many nodes? */
static double
recall_after(const Calibration *calibration, int k, int hops)
{
	double		found = 0;

	for (int i = 0; i < calibration->count; i++)
	{
		const Sample *sample = &calibration->samples[i];

		if (sample->count > 0)
			found += sample->steps[Min(hops, sample->count) - 1].found[k];
	}
	return found / calibration->count / kg_recall_counts[k];
}

static void
search_all(Calibration *calibration)
{
	int			pool = FIRST_POOL;

	kg_search_init(&calibration->search);
	calibration->search.expand = note_step;
	calibration->search.expand_arg = calibration;
	for (;;)
	{
		for (int i = 0; i < calibration->count; i++)
		{
			kg_store_vacuum_delay(calibration->store);
			search_sample(calibration, &calibration->samples[i], pool);
		}
		if (pool >= LAST_POOL || recall_after(calibration, 1, pool) >= ENOUGH_RECALL)
			return;
		pool *= 2;
	}
}

/*
 * The table.
 */

/* Nodes after which the recall is reached; the pool's size if it is not. */
static int
hops_for(const Calibration *calibration, int k, double level)
{
	int			low = 1;
	int			high = calibration->capacity;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (recall_after(calibration, k, middle) >= level)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * The gains of a sample: with no slack at all a search ends at the first step
 * that may end it; with each one's slack it goes on to the next such step.
 */
static int
sample_gains(const Sample *sample, int k, KgEffort effort, Gain *gains)
{
	int			first = (int) Max(ceil(kg_effort_least(effort)), 1);
	int			end = (int) Min(kg_effort_most(effort), sample->count);
	float		highest = -INFINITY;
	int			count = 0;
	int			found = 0;
	int			hops = 0;

	for (int i = Min(first, end); i <= end; i++)
	{
		const Step *step = &sample->steps[i - 1];

		if (i < end && step->slack[k] <= highest)
			continue;
		gains[count].slack = highest;
		gains[count].found = step->found[k] - found;
		gains[count].hops = i - hops;
		count++;
		found = step->found[k];
		hops = i;
		highest = i < end ? step->slack[k] : INFINITY;
	}
	return count;
}

/* What searches find and expand with this slack. */
static Outcome
outcome_of(const Calibration *calibration, int k, const Gain *gains, int count,
		   float slack)
{
	Outcome		outcome = {0};

	for (int i = 0; i < count; i++)
		if (gains[i].slack <= slack)
		{
			outcome.recall += gains[i].found;
			outcome.hops += gains[i].hops;
		}
	outcome.recall /= (double) calibration->count * kg_recall_counts[k];
	outcome.hops /= calibration->count;
	return outcome;
}

/* The least slack with which the recall is reached, and what it costs. */
static void
solve_slack(const Calibration *calibration, int k, double recall,
			KgEffort *effort, Gain *gains)
{
	float		low = LEAST_SLACK;
	float		high = MOST_SLACK;
	int			count = 0;

	for (int i = 0; i < calibration->count; i++)
		if (calibration->samples[i].count > 0)
			count += sample_gains(&calibration->samples[i], k, *effort,
								  gains + count);
	for (int i = 0; i < HALVINGS; i++)
	{
		float		middle = (low + high) / 2;

		if (outcome_of(calibration, k, gains, count, middle).recall >= recall)
			high = middle;
		else
			low = middle;
	}
	effort->slack = high;
	effort->mean = (float) Max(outcome_of(calibration, k, gains, count, high).hops, 1);
}

/* Of a level that was not reached: what the two before it lead to expect. */
static KgEffort
expect_more(const KgEffort *efforts, int level)
{
	KgEffort	effort = efforts[level - 1];
	float		factor = 2;

	if (level >= 2)
	{
		factor = Max(effort.hops / efforts[level - 2].hops, 1);
		effort.slack += Max(effort.slack - efforts[level - 2].slack, 0);
	}
	effort.hops = Min(effort.hops * Min(factor, 4), MOST_HOPS);
	effort.mean = Max(effort.mean, Min(effort.mean * Min(factor, 4), effort.hops));
	return effort;
}

/* By what factors searches by the rule miss less, and expand more. */
typedef struct Correction
{
	double		missed;
	double		hops;
} Correction;

/* The efforts for one number of rows, for each level. */
static void
fill_efforts(const Calibration *calibration, int k, Correction correction,
			 KgEffort *efforts, Gain *gains)
{
	for (int level = 0; level < KG_RECALL_LEVELS; level++)
	{
		double		recall = kg_recall_levels[level];
		KgEffort   *effort = &efforts[level];

		CHECK_FOR_INTERRUPTS();
		if (level > 0 && recall_after(calibration, k,
									  calibration->capacity) < recall)
		{
			*effort = expect_more(efforts, level);
			continue;
		}
		effort->hops = (float) hops_for(calibration, k, recall);
		solve_slack(calibration, k, 1 - (1 - recall) / correction.missed, effort,
					gains);
		effort->mean *= (float) correction.hops;
		if (level > 0)
			effort->slack = Max(effort->slack, efforts[level - 1].slack);
	}
}

static Correction
find_correction(Calibration *calibration, int k, const KgEffort *efforts)
{
	const KgEffort *effort = &efforts[TRIED_LEVEL];
	Outcome		outcome = try_rule(calibration, k, *effort);
	Correction	correction;

	correction.missed = (1 - outcome.recall) / (1 - kg_recall_levels[TRIED_LEVEL]);
	correction.missed = Min(Max(correction.missed, 1 / MOST_CORRECTION), MOST_CORRECTION);
	correction.hops = Min(Max(outcome.hops / effort->mean, 1 / MOST_CORRECTION),
						  MOST_CORRECTION);

	/* One row for each query: too few to count on missing less. */
	if (kg_recall_counts[k] == 1)
		correction.missed = Max(correction.missed, 1);
	return correction;
}

static void
fill_table(Calibration *calibration, KgRecallTable *table)
{
	const Correction none = {1, 1};
	Size		steps = 0;
	Gain	   *gains;

	for (int i = 0; i < calibration->count; i++)
		steps += calibration->samples[i].count;
	gains = palloc_extended(sizeof(Gain) * steps, MCXT_ALLOC_HUGE);
	for (int k = 0; k < KG_RECALL_COUNTS; k++)
	{
		KgEffort   *efforts = table->efforts[k];

		fill_efforts(calibration, k, none, efforts, gains);
		fill_efforts(calibration, k, find_correction(calibration, k, efforts),
					 efforts, gains);
	}
	pfree(gains);
}

static void
write_table(Calibration *calibration, KgRecallTable *table)
{
	KgEdit		edit;
	KgMetaPage *meta;

	kg_edit_begin(&edit, calibration->store);
	meta = page_meta(kg_edit_page(&edit, KG_META_BLOCK, PAGE_META));

	/* So that backends read the table with the entry points. */
	table->entry_version = ++meta->entry_version;
	meta->recall = *table;
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
measure(Calibration *calibration, const KgGivenQueries *given, int at_once)
{
	int			wanted = given ? given->count : OWN_QUERIES;

	wanted = Min(Min(wanted, KG_CALIBRATE_MOST_QUERIES), at_once * MOST_PASSES);
	if (wanted < KG_CALIBRATE_LEAST_QUERIES)
		return false;
	calibration->samples = palloc_extended(sizeof(Sample) * wanted,
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
	search_all(calibration);
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
	Calibration *calibration = palloc0(sizeof(Calibration));
	KgMetaPage	meta;
	bool		measured;

	kg_index_read_meta(store, &meta);
	calibration->store = store;
	calibration->index = index;
	calibration->random = meta.entry_version;
	measured = measure(calibration, given,
					   queries_at_once(store->layout, &meta, memory));
	if (measured)
	{
		KgRecallTable table = {0};

		table.nodes = (uint32) Min(calibration->live, PG_UINT32_MAX);
		table.queries = calibration->count;
		table.given = given != NULL;
		fill_table(calibration, &table);
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
