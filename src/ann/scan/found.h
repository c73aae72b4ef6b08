/*
 * found.h
 *	  Nodes that a scan found and has not handed out: a heap by bound.
 */
#ifndef KG_FOUND_H
#define KG_FOUND_H

#include "postgres.h"

#include "ann/layout/page.h"
#include "ann/layout/store.h"

typedef struct KgFoundNode
{
	double		bound;			/* of its distance, in the operator's unit */
	uint32		node;
	uint32		chunk;			/* more rows with its vector, or KG_NO_CHUNK */
	uint16		generation;
	KgTid		tid;
	uint16		frame;			/* of what the slot stores */
	float		length;			/* the slot's */
	bool		coarse;			/* the node's copy may raise the bound */
} KgFoundNode;

typedef struct KgFound
{
	KgFoundNode *nodes;			/* nodes[0] has the lowest bound */
	int64		count;
	int64		capacity;
} KgFound;

/* An empty heap, in the current memory context. */
extern void kg_found_init(KgFound *found);
extern void kg_found_add(KgFound *found, const KgFoundNode *node);

/* Takes the node with the lowest bound; there must be one. */
extern KgFoundNode kg_found_pop(KgFound *found);

/*
 * All rows of a node that was found before, in an array as kg_duplicates_read()
 * has it, with room for one at least.
 * The overflow list is read under the lock of the node's page, which keeps it
 * from changing; if the slot has another generation, VACUUM removed all of the
 * rows, and the first one, as it was found, is invisible to whoever found it.
 */
extern KgTid *kg_found_read_rows(KgStore *store, const KgFoundNode *node,
								 KgTid *tids, int *count, int *capacity);

#endif							/* KG_FOUND_H */
