/*
 * table_filter.c
 *	  Words of a table's rows, and filters: see table.h.
 */
#include "postgres.h"

#include "ann/layout/words.h"
#include "table.h"
#include "unit.h"

/* The word whose hash is this: the inverse of values.c's. */
static uint32
word_of_hash(uint32 hash)
{
	hash ^= hash >> 16;
	hash *= 0x7ed1b41d;
	hash ^= hash >> 13 ^ hash >> 26;
	hash *= 0xa5cb9243;
	return hash ^ hash >> 16;
}

uint32
table_value(const Table *table, uint32 value)
{
	return table->options.alike ? word_of_hash(value) : value;
}

/* One value of the first filter is frequent. */
static uint32
random_value(const Table *table)
{
	uint32		value = random_bits() % 4 == 0 ? 0 :
	random_bits() % Max(table->options.values, 1);

	if (random_bits() % 16 == 0)
		return KG_NULL_WORD;
	return table_value(table, value);
}

/* Of the others the third has bits. */
static uint32
random_word(const Table *table, int filter)
{
	if (filter == 0)
		return random_value(table);
	if (random_bits() % 16 == 0)
		return KG_NULL_WORD;
	return filter == 2 ? random_bits() & random_bits() & 0x0f : random_bits() % 5;
}

void
table_random_words(const Table *table, uint32 *words)
{
	for (int i = 0; i < table->options.filters; i++)
		words[i] = random_word(table, i);
}

static void
random_range(const Table *table, KgCondition *condition)
{
	uint32		a = random_word(table, condition->filter);
	uint32		b = random_bits() % 2 ? a : random_word(table, condition->filter);

	condition->kind = CONDITION_RANGE;
	condition->low = Min(a, b);
	condition->high = Max(a, b);
}

static void
random_values(const Table *table, KgCondition *condition)
{
	int			count = 1 + random_bits() % 6;

	condition->kind = CONDITION_IN;
	condition->words = palloc(sizeof(uint32) * count);
	condition->count = 0;
	for (int n = 0; n < count; n++)
	{
		uint32		word = random_word(table, condition->filter);
		int			at = 0;

		while (at < condition->count && condition->words[at] < word)
			at++;
		if (at < condition->count && condition->words[at] == word)
			continue;
		memmove(condition->words + at + 1, condition->words + at,
				sizeof(uint32) * (condition->count - at));
		condition->words[at] = word;
		condition->count++;
	}
}

void
table_random_filter(const Table *table, KgFilter *filter)
{
	int			filters = table->options.filters;

	filter->count = 1 + random_bits() % 3;
	filter->conditions = palloc0(sizeof(KgCondition) * filter->count);
	for (int i = 0; i < filter->count; i++)
	{
		KgCondition *condition = &filter->conditions[i];

		condition->filter = random_bits() % 2 ? 0 : random_bits() % filters;
		if (condition->filter == 2)
		{
			condition->kind = random_bits() % 2 ? CONDITION_ANY_BIT : CONDITION_ALL_BITS;
			condition->bits = random_bits() & 0x0f;
		}
		else if (random_bits() % 2)
			random_range(table, condition);
		else
			random_values(table, condition);
	}
	kg_filter_find_group(filter);
}
