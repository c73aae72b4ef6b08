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
 * Leads pinned edges of live nodes from the entry points to every live node, after
 * kg_entries_replace().  Before edges to dead nodes go, only where a neighbour can be
 * the holder, so that little is lost where VACUUM is cancelled in between; and when the
 * index is repaired, the others become entry points.  Nodes that inserts add meanwhile
 * need none of it.
 */
extern void kg_attach_pass(KgRepairPass *pass, bool repaired);

/*
 * Replaces the edges from live nodes to dead ones.  Then no edge leads to a
 * dead node, except edges that inserts write meanwhile.
 */
extern void kg_repair_pass(KgRepairPass *pass);

#endif							/* KG_REPAIR_H */
