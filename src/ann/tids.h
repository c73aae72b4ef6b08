/*
 * tids.h
 *	  Heap TIDs beyond a node's first: overflow lists of rows with equal
 *	  vectors, and lists of rows that have no node at all.
 */
#ifndef KG_TIDS_H
#define KG_TIDS_H

#include "postgres.h"

#include "ann/store.h"

/* A row that shares a node. */
typedef struct KgDuplicate
{
	KgTid		tid;
	uint32		node;
	uint16		generation;		/* of the node's slot when it was read */
	uint32		hash;			/* and its hash */
	float		error;			/* as NodeSlot's */
	float		square;
} KgDuplicate;

/*
 * Adds a row to a node's list.  False if the node is no longer live, or no
 * longer has this vector.
 */
extern bool kg_tids_add(KgStore *store, const KgDuplicate *row);

/*
 * Appends a node's overflow TIDs, in memory that grows in the current
 * context; the caller holds the lock of the node's page.  Returns the array,
 * *count and *room updated.
 */
extern KgTid *kg_tids_read(KgStore *store, uint32 chunk, KgTid *tids,
						   int *count, int *room);

/* Adds a row that has no node to a list. */
extern void kg_list_add(KgStore *store, KgListKind kind, KgTid tid);

#endif							/* KG_TIDS_H */
