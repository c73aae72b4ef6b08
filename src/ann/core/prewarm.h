/*
 * prewarm.h
 *	  Loads the pages of an index that searches use most.
 */
#ifndef KG_PREWARM_H
#define KG_PREWARM_H

#include "ann/core/index.h"

/*
 * Loads up to so many pages that are not in shared buffers; all pages in
 * their order if there are no more.  Returns how many it loaded.
 */
extern uint64 kg_prewarm(KgStore *store, const KgIndex *index, uint64 most);

#endif							/* KG_PREWARM_H */
