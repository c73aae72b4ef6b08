/*
 * reclaim.h
 *	  VACUUM's last pass: space that it emptied is found again.
 */
#ifndef KG_RECLAIM_H
#define KG_RECLAIM_H

#include "ann/layout/store.h"

/* Takes pages that hold nothing out of the chains and lists that have them. */
extern void kg_reclaim_chains(KgStore *store);

/*
 * After that, for each page that is none of nodes: makes it free if it holds
 * nothing, or puts it into its chain of pages with room.
 */
extern void kg_reclaim_page(KgStore *store, BlockNumber block);

#endif							/* KG_RECLAIM_H */
