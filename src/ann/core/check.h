/*
 * check.h
 *	  Checks a whole index and reports each broken invariant.
 */
#ifndef KG_CHECK_H
#define KG_CHECK_H

#include "ann/core/check_state.h"

/* Nobody may change the index meanwhile.  store's layout is copied first. */
extern void kg_check(const KgStore *store, const KgCheckReporter *reporter);

#endif							/* KG_CHECK_H */
