/*
 * recentre.h
 *	  Codes the entry points anew around their mean.
 */
#ifndef KG_RECENTRE_H
#define KG_RECENTRE_H

#include "ann/layout/store.h"

/*
 * Codes the entries anew around their mean, if that is far from the centre of
 * their frame; the new frame becomes the default one.  No lock is held.
 */
extern void kg_recentre(KgStore *store);

#endif							/* KG_RECENTRE_H */
