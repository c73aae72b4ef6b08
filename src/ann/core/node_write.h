/*
 * node_write.h
 *	  Writing a new node: its slot, its words and its copy, in one record.
 */
#ifndef KG_NODE_WRITE_H
#define KG_NODE_WRITE_H

#include "ann/core/allocate.h"
#include "ann/core/inserter.h"

/*
 * Starts the edit that writes the row's node, with all pages that it changes
 * locked: on a page that has a node and room for another (KG_ANY_PAGE: on any
 * page that has a free slot or, where nodes share lists, nothing).  Writes the
 * node's words and copy, and adds it to its value's list.  Returns its number;
 * KG_NO_NODE, and nothing is locked, if the page has no room by now.
 */
extern uint32 kg_node_edit(KgInserter *inserter, BlockNumber block, KgEdit *edit,
						   KgAllocation *position);

#define KG_ANY_PAGE InvalidBlockNumber

/* Writes the slot, but for its list; returns it. */
extern NodeSlot *kg_node_write_slot(KgInserter *inserter, KgTid tid,
									const KgAllocation *position);

#endif							/* KG_NODE_WRITE_H */
