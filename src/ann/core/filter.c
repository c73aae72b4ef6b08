/*
 * filter.c
 *	  Conditions on words.
 */
#include "postgres.h"

#include "ann/core/filter.h"
#include "ann/layout/words.h"

static bool
is_among(const KgCondition *condition, uint32 word)
{
	int			low = 0;
	int			high = condition->count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (condition->words[middle] < word)
			low = middle + 1;
		else
			high = middle;
	}
	return low < condition->count && condition->words[low] == word;
}

static inline bool
meets(const KgCondition *condition, uint32 word)
{
	switch (condition->kind)
	{
		case CONDITION_RANGE:
			return word >= condition->low && word <= condition->high;
		case CONDITION_IN:
			return is_among(condition, word);
		case CONDITION_ANY_BIT:
			return (word & condition->bits) != 0 && word != KG_NULL_WORD;
		default:
			return (word & condition->bits) == condition->bits &&
				word != KG_NULL_WORD;
	}
}

bool
kg_filter_passes(const KgFilter *filter, const uint32 *words)
{
	for (int i = 0; i < filter->count; i++)
		if (!meets(&filter->conditions[i], words[filter->conditions[i].filter]))
			return false;
	return true;
}

void
kg_filter_mark(const KgFilter *filter, const uint32 *words, int stride, int count,
			   bool *passes)
{
	memset(passes, true, count);
	for (int c = 0; c < filter->count; c++)
	{
		const KgCondition *condition = &filter->conditions[c];
		const uint32 *column = words + condition->filter * stride;
		uint32		low = condition->low;
		uint32		width = condition->high - condition->low;

		if (condition->kind == CONDITION_RANGE)
			for (int i = 0; i < count; i++)
				passes[i] &= column[i] - low <= width;
		else
			for (int i = 0; i < count; i++)
				passes[i] &= meets(condition, column[i]);
	}
}

/* The narrowest condition that names values. */
void
kg_filter_find_group(KgFilter *filter)
{
	filter->group = NULL;
	filter->group_count = 0;
	for (int i = 0; i < filter->count; i++)
	{
		const KgCondition *condition = &filter->conditions[i];
		bool		one = condition->kind == CONDITION_RANGE &&
		condition->low == condition->high;

		if (condition->filter != 0 || !(one || condition->kind == CONDITION_IN))
			continue;
		if (filter->group && filter->group_count <= (one ? 1 : condition->count))
			continue;
		filter->group = one ? &condition->low : condition->words;
		filter->group_count = one ? 1 : condition->count;
	}
}

bool
kg_filter_in_group(const KgFilter *filter, uint32 word)
{
	const KgCondition group = {.words = (uint32 *) filter->group,.count = filter->group_count};

	return filter->group_count == 1 ? filter->group[0] == word :
		is_among(&group, word);
}
