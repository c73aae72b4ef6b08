/*
 * check_pending.h
 *	  Checks the list of pending rows.
 */
#ifndef KG_CHECK_PENDING_H
#define KG_CHECK_PENDING_H

#include "ann/core/check_state.h"

/* Reports rows, too. */
extern void kg_check_pending(KgCheck *check, const KgMetaPage *meta);

#endif							/* KG_CHECK_PENDING_H */
