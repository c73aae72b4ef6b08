/*
 * bridge.h
 *	  Leading walks past nodes that are to be freed: a pass of VACUUM.
 */
#ifndef KG_BRIDGE_H
#define KG_BRIDGE_H

#include "ann/layout/frames.h"
#include "ann/core/visited.h"
#include "ann/layout/store.h"

/* The frame read last.  Nearly all nodes have the same, and none changes. */
typedef struct KgLastFrame
{
	int			number;			/* -1: none */
	KgFrame    *frame;
} KgLastFrame;

typedef struct KgBridgePass
{
	KgStore    *store;
	KgLastFrame *last;			/* the pass's own */
	const KgLayout *layout;
	const KgSeen *dead;			/* nodes to free */
	BlockNumber pages;			/* of the index, when VACUUM began */
} KgBridgePass;

/*
 * Replaces the edges from live nodes to dead ones, so that no edge leads to a
 * dead node but those that inserts write meanwhile.
 */
extern void kg_bridge_pass(KgBridgePass *pass);

#endif							/* KG_BRIDGE_H */
