/*
 * leaf_checks.h
 *	  What must hold of a b-tree's page when a reader of leaf pages locks it.
 */
#ifndef KG_GRAPH_LEAF_CHECKS_H
#define KG_GRAPH_LEAF_CHECKS_H

#include "postgres.h"
#include "storage/buf.h"
#include "storage/bufpage.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* Error of class index corrupted: the index has "what" at a block. */
extern void kg_leaf_corrupted(Relation index, BlockNumber block, const char *what);

/* Locks and checks a page that is pinned already. */
extern Page kg_leaf_lock(Relation index, Snapshot snapshot, Buffer buffer);

/*
 * Checks a locked page that its left sibling led to: it leads back there.  If not, the
 * left one may have been split or deleted meanwhile: then both are looked at together,
 * as splits and deletions lock them.  Goes on with the page's lock.
 */
extern void kg_leaf_check_left_sibling(Relation index, Snapshot snapshot,
									   BlockNumber left, Buffer buffer);

#endif							/* KG_GRAPH_LEAF_CHECKS_H */
