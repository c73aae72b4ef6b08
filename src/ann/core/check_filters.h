/*
 * check_filters.h
 *	  The rules of pages that only filters have.
 */
#ifndef KG_CHECK_FILTERS_H
#define KG_CHECK_FILTERS_H

#include "ann/core/check_state.h"

/*
 * The nodes' words, and the lists of values, whose map begins at root.  Nodes
 * and kinds of pages have been checked.
 */
extern void kg_check_filters(KgCheck *check, BlockNumber root);

#endif							/* KG_CHECK_FILTERS_H */
