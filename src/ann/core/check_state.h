/*
 * check_state.h
 *	  What a check of an index keeps: shared by the rules of all pages (check.c)
 *	  and those of filters (check_filters.c).
 */
#ifndef KG_CHECK_STATE_H
#define KG_CHECK_STATE_H

#include "ann/core/check.h"
#include "ann/core/visited.h"

typedef struct KgCheck
{
	const KgCheckReporter *reporter;
	KgStore		store;
	KgLayout	layout;
	BlockNumber pages;			/* of the index */
	char	   *kinds;			/* of each page */
	KgVisited	chunks;			/* pieces of overflow lists met so far */
	KgVisited	listed;			/* pages of the lists of rows without a node */
	KgVisited	linked;			/* pages of the chains of free pages and of
								 * pages with free space */
	KgVisited	values;			/* pages of the lists of values and their map */
	KgVisited	valued;			/* nodes in the lists of values */
	int64		problems;		/* reported so far */
} KgCheck;

extern void kg_check_report(KgCheck *check, BlockNumber block,
							const char *format,...) pg_attribute_printf(3, 4);

static inline bool
kg_check_page_is(const KgCheck *check, BlockNumber block, KgPageKind kind)
{
	return block < check->pages && check->kinds[block] == (char) kind;
}

#endif							/* KG_CHECK_STATE_H */
