/*
 * calibrate_search.c
 *	  The searches of a calibration, and the table that follows from them.
 *
 * A long search for each query tells after how many nodes each of the nearest
 * was met, and how far the next candidate was at each step.  From this follows,
 * without a further search, where any rule would have ended it: see recall.h.
 * Searches by the rule keep fewer nodes in view than the long ones, so that
 * later estimates lead them to other nodes.  A few such searches tell by how much
 * the rest is to be corrected.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "ann/core/calibrate_search.h"

/*
 * Nodes that a search expands at first.  Until the recalls below are reached,
 * searches that did not find all are repeated with twice as many.
 */
#define FIRST_POOL 1000
#define LAST_POOL 4000
#define ENOUGH_OF_TEN 0.995
#define ENOUGH_OF_HUNDRED 0.99

/* The most nodes that a table asks for. */
#define MOST_HOPS 10000

/* Slack is between these, and found by so many halvings. */
#define LEAST_SLACK -1.0f
#define MOST_SLACK 1000.0f
#define HALVINGS 24

/*
 * The level that searches by the rule are tried with, for each level; the most
 * that they correct.
 */
static const int tried_levels[KG_RECALL_LEVELS] = {1, 1, 2, 2, 4, 4, 4};

#define MOST_CORRECTION 2.0

/* Levels that take more nodes are not tried: that would take long. */
#define MOST_TRIED_HOPS 500

/*
 * Slack is for so many times the misses that a recall allows, as the sample is
 * small.  At a high recall a part of the misses is little recall, and costs much.
 */
#define SAFETY(recall) ((recall) < 0.97 ? 0.85 : 1.0)

/* Of a search's overflow, in bytes. */
#define OVERFLOW_MEMORY (4 * 1024 * 1024)

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

/*
 * Searches.
 */

/*
 * A step is known when the next candidate is.  Where nodes share lists, several nodes
 * are expanded at once: a search can end only after the last of them.
 */
static void
end_step(KgCalibration *calibration, float next)
{
	KgSample   *sample = calibration->sample;
	KgStep	   *step;

	if (sample->count == 0)
		return;
	step = &sample->steps[sample->count - 1];
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		const KgNearestKeys *met = &calibration->met[i];
		float		key = -met->keys[0].minus_key;

		/* The rule needs all of the wanted to begin with. */
		if (met->count < met->wanted)
			step->slack[i] = -INFINITY;
		else if (key == 0)
			step->slack[i] = next > 0 ? INFINITY : 0;
		else
			step->slack[i] = (next - key) / fabsf(key);
		step->found[i] = (uint8) Min(calibration->found[i],
									 kg_recall_counts[i]);
	}
}

/* Adds steps for the nodes expanded by now; false if there are as many as wanted. */
static bool
add_steps(KgCalibration *calibration, uint64 hops)
{
	KgSample   *sample = calibration->sample;

	while ((uint64) sample->count < hops)
	{
		KgStep	   *step;

		if (sample->count == calibration->capacity)
			return false;
		step = &sample->steps[sample->count++];
		for (int i = 0; i < KG_RECALL_COUNTS; i++)
		{
			step->slack[i] = -INFINITY;
			step->found[i] = (uint8) Min(calibration->found[i], kg_recall_counts[i]);
		}
	}
	return true;
}

static void
note_step(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
	KgCalibration *calibration = search->expand_arg;
	float		rank;

	if (search->expansions != calibration->expansions)
		end_step(calibration, search->candidate_key);
	calibration->expansions = search->expansions;
	if (!add_steps(calibration, search->hops) || slot->state != NODE_LIVE)
		return;
	rank = kg_query_rank(search->query, slot, key);
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		kg_keep_nearest(&calibration->met[i], key);
		calibration->found[i] += kg_is_wanted(calibration, calibration->sample, i, node, rank);
	}
}

/* Before a search for a sample. */
static void
begin_search(KgCalibration *calibration, KgSample *sample)
{
	calibration->sample = sample;
	calibration->expansions = 0;
	calibration->search.without = sample->node;
	memset(calibration->found, 0, sizeof(calibration->found));
	for (int i = 0; i < KG_RECALL_COUNTS; i++)
	{
		calibration->met[i].wanted = kg_recall_counts[i];
		calibration->met[i].count = 0;
	}
}

static void
search_sample(KgCalibration *calibration, KgSample *sample, int pool)
{
	calibration->capacity = pool;
	begin_search(calibration, sample);
	sample->count = 0;
	if (sample->steps)
		pfree(sample->steps);
	sample->steps = palloc(sizeof(KgStep) * pool);
	kg_search_start(&calibration->search, calibration->index, calibration->store,
					&sample->query, pool);
	end_step(calibration, INFINITY);
}

/* Follows the rule as a scan does. */
static void
follow_rule(KgSearch *search, const NodeSlot *slot, uint32 node, float key)
{
	KgCalibration *calibration = search->expand_arg;
	int			k = calibration->rule_rows;
	KgNearestKeys *met = &calibration->met[k];

	if (slot->state != NODE_LIVE)
		return;
	kg_keep_nearest(met, key);
	calibration->found[k] += kg_is_wanted(calibration, calibration->sample, k, node,
										  kg_query_rank(search->query, slot, key));
	if (met->count == met->wanted &&
		search->hops >= kg_effort_least(calibration->rule))
		search->stop_beyond = kg_effort_limit(calibration->rule.slack,
											  -met->keys[0].minus_key);
}

/* Searches for all samples by a rule. */
static Outcome
try_rule(KgCalibration *calibration, int k, KgEffort rule)
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
		KgSample   *sample = &calibration->samples[i];

		kg_store_vacuum_delay(calibration->store);
		begin_search(calibration, sample);
		kg_search_start(search, calibration->index, calibration->store,
						&sample->query, pool);
		while (!search->paused && search->hops < kg_effort_most(rule) &&
			   kg_search_continue(search, pool));
		outcome.recall += Min(calibration->found[k], kg_recall_counts[k]);
		outcome.hops += search->hops;
		calibration->hops += search->hops;
		calibration->pages += search->expansions;
	}
	outcome.recall /= (double) calibration->count * kg_recall_counts[k];
	outcome.hops /= calibration->count;
	return outcome;
}

/* Of the wanted rows, how many were found after so many nodes? */
static double
recall_after(const KgCalibration *calibration, int k, int hops)
{
	double		found = 0;

	for (int i = 0; i < calibration->count; i++)
	{
		const KgSample *sample = &calibration->samples[i];

		if (sample->count > 0)
			found += sample->steps[Min(hops, sample->count) - 1].found[k];
	}
	return found / calibration->count / kg_recall_counts[k];
}

/* Were all of the nearest found? */
static bool
is_complete(const KgSample *sample)
{
	return sample->count > 0 &&
		sample->steps[sample->count - 1].found[KG_RECALL_COUNTS - 1] ==
		KG_RECALL_MOST_ROWS;
}

static void
search_all(KgCalibration *calibration)
{
	int			pool = FIRST_POOL;

	kg_search_init(&calibration->search);
	calibration->search.expand = note_step;
	calibration->search.expand_arg = calibration;
	for (;; pool *= 2)
	{
		for (int i = 0; i < calibration->count; i++)
		{
			kg_store_vacuum_delay(calibration->store);
			if (!is_complete(&calibration->samples[i]))
				search_sample(calibration, &calibration->samples[i], pool);
		}
		calibration->capacity = pool;
		if (pool >= LAST_POOL ||
			(recall_after(calibration, 1, pool) >= ENOUGH_OF_TEN &&
			 recall_after(calibration, 2, pool) >= ENOUGH_OF_HUNDRED))
			return;
	}
}

/*
 * The table.
 */

/* Nodes after which the recall is reached; the pool's size if it is not. */
static int
hops_for(const KgCalibration *calibration, int k, double level)
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
sample_gains(const KgSample *sample, int k, KgEffort effort, Gain *gains)
{
	int			first = (int) Max(ceil(kg_effort_least(effort)), 1);
	int			end = (int) Min(kg_effort_most(effort), sample->count);
	float		highest = -INFINITY;
	int			count = 0;
	int			found = 0;
	int			hops = 0;

	for (int i = Min(first, end); i <= end; i++)
	{
		const KgStep *step = &sample->steps[i - 1];

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
outcome_of(const KgCalibration *calibration, int k, const Gain *gains, int count,
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
solve_slack(const KgCalibration *calibration, int k, double recall,
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
fill_efforts(const KgCalibration *calibration, int k,
			 const Correction *corrections, KgEffort *efforts, Gain *gains)
{
	for (int level = 0; level < KG_RECALL_LEVELS; level++)
	{
		const Correction *correction = &corrections[level];
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
		solve_slack(calibration, k,
					1 - (1 - recall) * SAFETY(recall) / correction->missed, effort, gains);
		effort->mean *= (float) correction->hops;
		if (level > 0)
			effort->slack = Max(effort->slack, efforts[level - 1].slack);
	}
}

static Correction
find_correction(KgCalibration *calibration, int k, int level, KgEffort effort)
{
	Outcome		outcome = try_rule(calibration, k, effort);
	double		recall = kg_recall_levels[level];
	Correction	correction;

	correction.missed = (1 - outcome.recall) /
		((1 - recall) * SAFETY(recall));
	correction.missed = Min(Max(correction.missed, 1 / MOST_CORRECTION), MOST_CORRECTION);
	correction.hops = Min(Max(outcome.hops / effort.mean, 1 / MOST_CORRECTION),
						  MOST_CORRECTION);

	/* One row for each query: too few to count on missing less. */
	if (kg_recall_counts[k] == 1)
		correction.missed = Max(correction.missed, 1);
	return correction;
}

/* The same for each level, from those that are tried. */
static void
find_corrections(KgCalibration *calibration, int k, const KgEffort *efforts,
				 Correction *corrections)
{
	for (int level = 0; level < KG_RECALL_LEVELS; level++)
	{
		int			tried = tried_levels[level];

		if (level > 0 && (tried_levels[level - 1] == tried ||
						  efforts[tried].mean > MOST_TRIED_HOPS))
			corrections[level] = corrections[level - 1];
		else
			corrections[level] = find_correction(calibration, k, tried,
												 efforts[tried]);
	}
}

void
kg_calibrate_search(KgCalibration *calibration, KgRecallTable *table)
{
	Correction	corrections[KG_RECALL_LEVELS];
	Size		steps = 0;
	Gain	   *gains;

	search_all(calibration);
	for (int i = 0; i < calibration->count; i++)
		steps += calibration->samples[i].count;
	gains = palloc_extended(sizeof(Gain) * steps, MCXT_ALLOC_HUGE);
	for (int k = 0; k < KG_RECALL_COUNTS; k++)
	{
		KgEffort   *efforts = table->efforts[k];

		for (int i = 0; i < KG_RECALL_LEVELS; i++)
			corrections[i].missed = corrections[i].hops = 1;
		fill_efforts(calibration, k, corrections, efforts, gains);
		find_corrections(calibration, k, efforts, corrections);
		fill_efforts(calibration, k, corrections, efforts, gains);
	}
	pfree(gains);
}
