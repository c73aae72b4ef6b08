/*
 * repair.h
 *	  VACUUM's repair pass: leads searches past the nodes that it will free.
 */
#ifndef KG_REPAIR_H
#define KG_REPAIR_H

#include "ann/core/visited.h"
#include "ann/layout/frames.h"
#include "ann/layout/store.h"

/* The frame read last: nearly all nodes have the same, and none changes. */
typedef struct KgLastFrame
{
	int			number;			/* -1: none */
	KgFrame    *frame;
} KgLastFrame;

typedef struct KgRepairPass
{
	KgStore    *store;
	KgLastFrame *last;			/* the pass's own */
	const KgLayout *layout;
	const KgVisited *dead;		/* nodes to free */
	const KgVisited *dead_pages;	/* where nodes share lists, pages without
									 * a live node */
	BlockNumber pages;			/* of the index, when VACUUM began */
} KgRepairPass;

/*
 * Replaces the edges from live nodes to dead ones.  Then no edge leads to a
 * dead node, except edges that inserts write meanwhile.
 */
extern void kg_repair_pass(KgRepairPass *pass);

#endif							/* KG_REPAIR_H */
