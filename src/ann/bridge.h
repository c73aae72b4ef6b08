/*
 * bridge.h
 *	  Leading walks past nodes that are to be freed: a pass of VACUUM.
 */
#ifndef KG_BRIDGE_H
#define KG_BRIDGE_H

#include "ann/seen.h"
#include "ann/store.h"

typedef struct KgBridgePass
{
	KgStore    *store;
	const KgLayout *layout;
	const KgSeen *dead;			/* nodes to free */
	BlockNumber pages;			/* of the index, when VACUUM began */
} KgBridgePass;

/*
 * Replaces the edges from live nodes to dead ones, so that no edge leads to a
 * dead node but those that inserts write meanwhile.
 */
extern void kg_bridge_pass(const KgBridgePass *pass);

#endif							/* KG_BRIDGE_H */
