/*
 * filter.h
 *	  What a scan asks of the filter columns, as conditions on words.
 *
 * Words may be the same for different values, so nodes that pass may have rows
 * that do not; but the rows of a node that fails all fail.
 */
#ifndef KG_FILTER_H
#define KG_FILTER_H

#include "postgres.h"

#include "ann/layout/slot.h"

typedef enum KgConditionKind
{
	CONDITION_RANGE,			/* low <= word <= high */
	CONDITION_IN,				/* word is one of words */
	CONDITION_ANY_BIT,			/* word has one of the bits, and is not NULL */
	CONDITION_ALL_BITS			/* word has all of the bits, and is not NULL */
} KgConditionKind;

typedef struct KgCondition
{
	KgConditionKind kind;
	int			filter;			/* which word, from 0 */
	uint32		low;
	uint32		high;
	uint32		bits;
	uint32	   *words;			/* ascending, each once */
	int			count;
} KgCondition;

/* All conditions must be met. */
typedef struct KgFilter
{
	int			count;
	KgCondition *conditions;

	/*
	 * The values of the first filter that rows must have, if a condition says
	 * so; NULL: any.
	 */
	const uint32 *group;
	int			group_count;
} KgFilter;

/* How a search goes about a filter. */
typedef struct KgFilterPlan
{
	const KgFilter *filter;		/* NULL: there is none */
	bool		in_group;		/* all that lead on are nodes of filter->group */
	uint32		stride;			/* of the nodes that do not pass, one in so
								 * many may be a bridge */
	uint64		patience;		/* bridges end when so many in a row led to
								 * nothing for the pool */
	const uint32 *starts;		/* nodes to begin with, besides entry points */
	int			start_count;
} KgFilterPlan;

/* Finds filter->group.  Call it when all conditions are there. */
extern void kg_filter_find_group(KgFilter *filter);

/* Does a node with these words pass? */
extern bool kg_filter_passes(const KgFilter *filter, const uint32 *words);

/* Is this one of the values that the first filter must have? */
extern bool kg_filter_in_group(const KgFilter *filter, uint32 word);

/*
 * Which of count nodes pass: words has those of the first filter, then those of
 * the second, each stride apart.
 */
extern void kg_filter_mark(const KgFilter *filter, const uint32 *words, int stride,
						   int count, bool *passes);

#endif							/* KG_FILTER_H */
