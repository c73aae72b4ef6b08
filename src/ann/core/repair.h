/*
 * repair.h
 *	  Leading searches past nodes that are to be freed: a pass of VACUUM.
 */
#ifndef KG_REPAIR_H
#define KG_REPAIR_H

#include "ann/core/visited.h"
#include "ann/layout/frames.h"
#include "ann/layout/store.h"

/* The frame read last.  Nearly all nodes have the same, and none changes. */
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
	BlockNumber pages;			/* of the index, when VACUUM began */
} KgRepairPass;

/*
 * Replaces the edges from live nodes to dead ones, so that no edge leads to a
 * dead node but those that inserts write meanwhile.
 */
extern void kg_repair_pass(KgRepairPass *pass);

#endif							/* KG_BRIDGE_H */
