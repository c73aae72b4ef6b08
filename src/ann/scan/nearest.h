/*
 * nearest.h
 *	  An index scan that knows how many rows are wanted of it.
 */
#ifndef KG_NEAREST_H
#define KG_NEAREST_H

#include "postgres.h"
#include "nodes/execnodes.h"

/*
 * Takes over an index scan in the order of a distance that the executor has
 * just started.  limit is the node whose rows it feeds, or NULL if there is
 * none; more, how many rows beyond those a node between the two reads.
 */
extern void kg_nearest_install(IndexScanState *node, LimitState *limit,
							   int more);

#endif							/* KG_NEAREST_H */
