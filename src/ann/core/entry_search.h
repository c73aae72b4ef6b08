/*
 * entry_search.h
 *	  The entry points that are nearest to a query.
 */
#ifndef KG_ENTRY_SEARCH_H
#define KG_ENTRY_SEARCH_H

#include "ann/core/entries.h"
#include "ann/core/filter.h"
#include "ann/core/query.h"

/* Entry points that a search begins with. */
#define KG_SEARCH_ENTRIES 32

/* An entry point, its estimated key and that estimate's noise (visited.h). */
typedef struct KgNearEntry
{
	float		key;
	uint32		node;
	uint16		noise;
	const uint32 *words;		/* of the table */
} KgNearEntry;

/*
 * The entries nearest to a query, sorted by estimate, into best, which has
 * KG_SEARCH_ENTRIES elements.  With a plan, those that pass its filter or, if
 * the search is to stay in a group, that are of it.
 */
extern int	kg_entries_nearest(const KgEntryTable *table, KgQuery *query,
							   const KgFilterPlan *plan, KgNearEntry *best);

#endif							/* KG_ENTRY_SEARCH_H */
