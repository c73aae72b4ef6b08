/*
 * filtered.c
 *	  How a scan goes about its filter.  The README ("Filters") has the rules
 *	  and the figures.
 */
#include "postgres.h"

#include <math.h>

#include "ann/layout/values.h"
#include "ann/layout/words.h"
#include "ann/scan/filtered.h"

/*
 * More values than these are not looked up one by one.  A search stays in the
 * groups of a few only: hardly any edge leads from one group to another.
 */
#define MOST_VALUES 64
#define MOST_GROUPS 4

/* Of lists with no more nodes than these, all are read. */
#define MOST_LISTED (10 * KG_VALUE_NODES)

/*
 * A search in groups begins at some nodes of their lists, unless it is one group
 * that has entry points enough.
 */
#define FEW_ENTRIES 8
#define LISTED_STARTS 16

/* Words that a sweep compares in the time in which a search expands a node. */
#define WORDS_FOR_A_HOP 2500.0

/* One in the square root of this over the rate may be a bridge. */
#define BRIDGES_PART 0.1

/*
 * How much farther a search goes if fewer nodes than FEW_PASS pass: by so much
 * for each time that their rate is halved, and by more below VERY_FEW_PASS,
 * where most of those near the query are met by chance.
 */
#define FEW_PASS 0.8
#define FARTHER 0.5
#define VERY_FEW_PASS 0.04
#define MUCH_FARTHER 1.8

/*
 * In a group, whose edges are fewer, likewise; but the fewer nodes a graph has,
 * the less far searches go: of sift1m's tenants, 10,306 rows by themselves take
 * 35 nodes, and all 1,000,000 some 150.
 */
#define FARTHER_IN_GROUP 1.8
#define HOPS_BY_NODES 0.1

/* A search of the smallest graph goes this far at least. */
#define LEAST_FARTHER 0.2

/* Where edges to a group are among those seen, lower rates say nothing. */
#define LEAST_KNOWN_RATE 0.4
#define MOST_BIASED 0.3

/* What is known of the rate beforehand counts as so many nodes seen. */
#define KNOWN_BEFORE 200.0

/* Nodes that a search keeps in view at least. */
#define LEAST_POOL 8

/* Nodes expanded in vain until bridges end. */
#define PATIENCE 100

/* Which part of the entry points pass; *grouped counts those of the group. */
static double
sample_entries(const KgScan *scan, const KgEntryTable *table, int *grouped)
{
	int			passed = 0;

	*grouped = 0;
	for (int i = 0; i < table->count; i++)
	{
		const uint32 *words = table->words + i * scan->layout.filters;

		passed += kg_filter_passes(&scan->filter, words);
		if (scan->filter.group)
			*grouped += kg_filter_in_group(&scan->filter, words[0]);
	}
	return (passed + 0.5) / (table->count + 1.0);
}

/* Nodes of the lists to begin with: a few of each. */
static void
choose_starts(KgScan *scan, const KgIndex *index)
{
	KgFilterPlan *plan = &scan->search.plan;
	int			values = scan->filter.group_count;
	int			each = LISTED_STARTS / values;
	uint32	   *starts = palloc(sizeof(uint32) * values * each);

	plan->starts = starts;
	plan->start_count = 0;
	for (int i = 0; i < values; i++)
	{
		KgValueList list;

		kg_values_read(&scan->store, index->values, scan->filter.group[i], &list);
		for (int j = 0; j < Min(list.count, each); j++)
			starts[plan->start_count++] = list.nodes[j];
	}
}

/*
 * The fewer nodes pass, the fewer of the others are bridges: it takes a few of
 * those around a node to see it.
 */
static uint32
stride_for(double rate)
{
	return (uint32) Max(1, rint(sqrt(BRIDGES_PART / rate)));
}

void
kg_filtered_plan(KgScan *scan, KgIndex *index)
{
	KgFilterPlan *plan = &scan->search.plan;
	int			count = index->entries.count;
	int			grouped;

	memset(plan, 0, sizeof(KgFilterPlan));
	plan->filter = &scan->filter;
	plan->patience = PATIENCE;
	scan->pass_rate = sample_entries(scan, &index->entries, &grouped);
	scan->group_rate = scan->pass_rate;
	scan->group = 1;
	if (scan->filter.group && scan->filter.group_count <= MOST_GROUPS &&
		grouped < KG_MOST_GROUPED * count)
	{
		plan->in_group = true;
		if (grouped < FEW_ENTRIES || scan->filter.group_count > 1)
			choose_starts(scan, index);
		scan->group = (grouped + 0.5) / (count + 1);
		scan->group_rate = Min(1, scan->pass_rate / scan->group);
	}
	scan->biased = scan->filter.group && !plan->in_group && grouped < MOST_BIASED * count;
	plan->stride = stride_for(scan->group_rate);
}

bool
kg_filtered_list(KgScan *scan, const KgIndex *index)
{
	const KgFilter *filter = &scan->filter;

	if (filter->group == NULL || filter->group_count > MOST_VALUES)
		return false;
	scan->listed = palloc(sizeof(uint32) * MOST_LISTED);
	scan->listed_count = 0;
	for (int i = 0; i < filter->group_count; i++)
	{
		KgValueList list;

		kg_values_read(&scan->store, index->values, filter->group[i], &list);
		if (!list.complete || scan->listed_count + list.count > MOST_LISTED)
		{
			scan->listed = NULL;
			return false;
		}
		memcpy(scan->listed + scan->listed_count, list.nodes,
			   sizeof(uint32) * list.count);
		scan->listed_count += list.count;
	}
	return true;
}

double
kg_filtered_sweep_hops(const KgScan *scan)
{
	double		nodes = (double) scan->sweep_end * scan->layout.per_page;

	if (scan->layout.word_pages == 0)
		return nodes / KG_SWEPT_FOR_A_HOP;
	return kg_filtered_sweep(nodes, scan->filter.count, scan->pass_rate);
}

double
kg_filtered_farther(double rate, double group)
{
	double		factor = 1;

	if (rate < FEW_PASS)
		factor += FARTHER * log2(FEW_PASS / rate);
	if (rate < VERY_FEW_PASS)
		factor += MUCH_FARTHER * log2(VERY_FEW_PASS / rate);
	if (group < 1)
		factor *= FARTHER_IN_GROUP * pow(group, HOPS_BY_NODES);
	return Max(factor, LEAST_FARTHER);
}

static double
farther(const KgScan *scan, double rate)
{
	return kg_filtered_farther(rate, scan->group);
}

double
kg_filtered_sweep(double nodes, int conditions, double rate)
{
	return nodes * (conditions / WORDS_FOR_A_HOP + rate * KG_READ_PART);
}

/* For each node that passes, nodes that the search expands. */
static double
hops_for_one(const KgScan *scan, double rate)
{
	return 1 + (1 - rate) / (rate * scan->search.plan.stride);
}

double
kg_filtered_search_hops(const KgScan *scan, double hops)
{
	return hops * farther(scan, scan->group_rate);
}

double
kg_filtered_pool(const KgScan *scan, double hops)
{
	return Max(hops * farther(scan, scan->group_rate) / hops_for_one(scan, scan->group_rate),
			   LEAST_POOL);
}

/*
 * By the rate at which neighbours of nodes that pass do so, as far as the search
 * has seen them: near the query it may be another than elsewhere.
 */
double
kg_filtered_progress(const KgScan *scan)
{
	const KgSearch *search = &scan->search;
	double		rate;

	if (!kg_scan_filtered(scan))
		return search->hops;
	rate = (search->met_passing + scan->group_rate * KNOWN_BEFORE) /
		(search->met + KNOWN_BEFORE);

	/* by the edges that nodes have to their group it looks higher */
	if (scan->biased && rate < LEAST_KNOWN_RATE)
		rate = scan->group_rate;
	return search->passed * hops_for_one(scan, rate) / farther(scan, rate);
}
