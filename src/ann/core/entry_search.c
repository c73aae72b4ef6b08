/*
 * entry_search.c
 *	  The entry points that are nearest to a query, by a scan of all codes.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "ann/core/entry_search.h"
#include "simd/simd.h"

/* The noise of an entry's estimate, as kg_query_noise() has it. */
static uint16
entry_noise(const KgEntryTable *table, KgQuery *query, int position)
{
	int			page = position / kg_entries_per_page(&query->layout);
	uint16		noise = query->geometry->entries_noise(query, table->frames[page]);

	return kg_estimate_noise(noise, table->b[position]);
}

/* May a search that has a plan begin with entry i? */
static inline bool
is_wanted(const KgEntryTable *table, const KgQuery *query, const KgFilterPlan *plan,
		  int i)
{
	const uint32 *words = table->words + i * query->layout.filters;

	if (plan == NULL)
		return true;
	return plan->in_group ? kg_filter_in_group(plan->filter, words[0]) :
		kg_filter_passes(plan->filter, words);
}

int
kg_entries_nearest(const KgEntryTable *table, KgQuery *query,
				   const KgFilterPlan *plan, KgNearEntry *best)
{
	KgCandidate nearest[KG_SEARCH_ENTRIES]; /* node: a position */
	int			per_page = kg_entries_per_page(&query->layout);
	int			count = 0;
	float		limit = INFINITY;
	int			rows;

	for (int first = 0; first < table->count; first += rows)
	{
		float		keys[KG_CODE_ROWS];

		/* no further than the page and the table go */
		rows = Min(per_page - first % per_page, KG_CODE_ROWS);
		rows = Min(rows, table->count - first);
		query->geometry->estimate_entries(table, query, first, rows, keys);
		for (int i = 0; i < rows; i++)
		{
			float		key = keys[i];
			int			at;

			/* NaN and infinity too must lead into the graph */
			if (unlikely(!(key < FLT_MAX)))
				key = FLT_MAX;
			if (key >= limit || !is_wanted(table, query, plan, first + i))
				continue;
			at = count < KG_SEARCH_ENTRIES ? count++ : count - 1;
			for (; at > 0 && nearest[at - 1].key > key; at--)
				nearest[at] = nearest[at - 1];
			nearest[at].key = key;
			nearest[at].node = first + i;
			if (count == KG_SEARCH_ENTRIES)
				limit = nearest[count - 1].key;
		}
	}
	for (int i = 0; i < count; i++)
	{
		best[i].key = nearest[i].key;
		best[i].node = table->nodes[nearest[i].node];
		best[i].noise = entry_noise(table, query, nearest[i].node);
		best[i].words = table->words + nearest[i].node * query->layout.filters;
	}
	return count;
}
