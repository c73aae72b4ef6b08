/*
 * check_state.h
 *	  What a check of an index keeps: shared by the rules of all pages (check.c)
 *	  and those of filters (check_filters.c).
 */
#ifndef KG_CHECK_STATE_H
#define KG_CHECK_STATE_H

#include "postgres.h"

#include <stdarg.h>

#include "ann/core/visited.h"
#include "ann/layout/store.h"

/* Instead of a node: the row waits in the list of pending rows. */
#define KG_PENDING (KG_NO_NODE - 1)

typedef struct KgCheckReporter
{
	/* A broken invariant, and the page where it was found. */
	void		(*report) (void *arg, BlockNumber block, const char *format,
						   va_list args) pg_attribute_printf(3, 0);

	/*
	 * Called for each row, with its node, KG_NO_NODE or KG_PENDING, while a
	 * page is locked.  Only the caller can tell whether a row came before.
	 */
	void		(*row) (void *arg, KgTid tid, uint32 node);
	void	   *arg;
} KgCheckReporter;

typedef struct KgCheck
{
	const KgCheckReporter *reporter;
	KgStore		store;
	KgLayout	layout;
	BlockNumber pages;			/* of the index */
	char	   *kinds;			/* of each page */
	KgVisited	chunks;			/* pieces of overflow lists met so far */
	KgVisited	listed;			/* pages of the lists of rows without a node,
								 * and of that of pending rows */
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
