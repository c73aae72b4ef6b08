/*
 * check.h
 *	  Checks a whole index and reports each broken invariant.
 */
#ifndef KG_CHECK_H
#define KG_CHECK_H

#include "postgres.h"

#include <stdarg.h>

#include "ann/layout/store.h"

typedef struct KgCheckReporter
{
	/* A broken invariant, and the page where it was found. */
	void		(*report) (void *arg, BlockNumber block, const char *format,
						   va_list args) pg_attribute_printf(3, 0);

	/*
	 * Called for each row, with its node or KG_NO_NODE, while a page is
	 * locked.  Only the caller can tell whether a row came before.
	 */
	void		(*row) (void *arg, KgTid tid, uint32 node);
	void	   *arg;
} KgCheckReporter;

/* Nobody may change the index meanwhile.  store's layout is copied first. */
extern void kg_check(const KgStore *store, const KgCheckReporter *reporter);

#endif							/* KG_CHECK_H */
