/*
 * duplicates.h
 *	  Heap TIDs beyond a node's first: overflow lists of rows with equal
 *	  vectors, and lists of rows that have no node at all.
 */
#ifndef KG_DUPLICATES_H
#define KG_DUPLICATES_H

#include "postgres.h"

#include "ann/layout/pending.h"
#include "ann/layout/store.h"

/* A row that shares a node. */
typedef struct KgDuplicate
{
	KgTid		tid;
	uint32		node;
	uint16		generation;		/* of the node's slot when it was read */
	uint32		hash;			/* and its hash */
	float		error;			/* as NodeSlot's */
	float		length;
	const KgPendingPlace *pending;	/* where the row waits, or NULL */
} KgDuplicate;

/*
 * Adds a row to a node's list.  False if the node is no longer live, or no
 * longer has this vector.
 */
extern bool kg_duplicates_add(KgStore *store, const KgDuplicate *row);

/*
 * Appends a node's overflow TIDs, in memory that grows in the current
 * context; the caller holds the lock of the node's page.  Returns the array,
 * *count and *capacity updated.
 */
extern KgTid *kg_duplicates_read(KgStore *store, uint32 chunk, KgTid *tids,
								 int *count, int *capacity);

/* Adds a row that has no node to a list. */
extern void kg_list_add(KgStore *store, KgListKind kind, KgTid tid);

/*
 * Reads a list page by page.  Nothing is locked between two calls, and by the
 * next one VACUUM may have taken the page that is to come out of the list, and
 * an insert may have put it to another use.  Pages of a list have falling
 * numbers, and the rows of a page stay on it, so that the reader sees that and
 * finds the place again: each page that holds a row the reader's snapshot can
 * see is met once.
 */
typedef struct KgListReader
{
	KgListKind	kind;
	BlockNumber next;			/* to read, or InvalidBlockNumber: none */
	uint32		last;			/* number of the last page read */
} KgListReader;

extern void kg_list_begin(KgListReader *reader, KgStore *store,
						  KgListKind kind);

/* The next page, locked until kg_store_done(); NULL at the list's end. */
extern Page kg_list_next(KgStore *store, KgListReader *reader);

/*
 * Error unless a page's number is less than the one before, which it becomes: who
 * follows a damaged list may come back to a page.
 */
extern void kg_list_check_number(const KgStore *store, Page page, uint64 *number,
								 BlockNumber block);

/* A chunk of a list of equal vectors; error if it has no rows, or too many. */
extern KgChunk *kg_duplicates_chunk(const KgStore *store, Page page, uint32 number);

/*
 * For whoever follows such a list, which ends unless it is damaged: a chunk that comes
 * again is found by Brent's algorithm.  Begins with zeros.
 */
typedef struct KgChunkChain
{
	uint32		mark;			/* a chunk that was met */
	uint64		steps;			/* since then */
	uint64		limit;
} KgChunkChain;

extern void kg_duplicates_check_chain(const KgStore *store, KgChunkChain *chain,
									  uint32 number);

#endif							/* KG_DUPLICATES_H */
