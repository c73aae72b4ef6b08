/*
 * copies.h
 *	  Finer copies of vectors that nodes store in few bits, on pages of their
 *	  own.  A scan reads them to put candidates in order before their rows are
 *	  fetched.
 *
 * A copy belongs to the row that its node was made for: nodes with SLOT_SHARED
 * have none that counts.
 */
#ifndef KG_COPIES_H
#define KG_COPIES_H

#include "ann/layout/store.h"

/* The first block of a node's copy and how many it stands on. */
extern BlockNumber kg_copy_first_block(const KgLayout *layout, uint32 node,
									   int *blocks);

/*
 * Writes a node's copy (layout->copy_bytes) as part of the edit that writes
 * the node.
 */
extern void kg_copy_write(KgEdit *edit, uint32 node, const KgCopy *copy);

/* Reads it. */
extern void kg_copy_read(KgStore *store, uint32 node, KgCopy *copy);

#endif							/* KG_COPIES_H */
