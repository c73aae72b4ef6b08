/*
 * reclaim.h
 *	  VACUUM's last pass: makes emptied space available again.
 */
#ifndef KG_RECLAIM_H
#define KG_RECLAIM_H

#include "ann/layout/store.h"

/* Takes empty pages out of their chains and lists. */
extern void kg_reclaim_chains(KgStore *store);

/*
 * After that, for each page that is not one of nodes: makes it free if it is
 * empty, or puts it into its chain of pages with free space.
 */
extern void kg_reclaim_page(KgStore *store, BlockNumber block);

#endif							/* KG_RECLAIM_H */
