/*
 * refresh.h
 *	  Where nodes share lists: choosing the lists of pages anew.
 */
#ifndef KG_REFRESH_H
#define KG_REFRESH_H

#include "ann/core/index.h"

/*
 * Chooses the lists anew of pages that many nodes have joined since.  store->layout is
 * the index's.  Allocates in the current memory context.
 */
extern void kg_refresh_lists(KgStore *store, KgIndex *index);

#endif							/* KG_REFRESH_H */
