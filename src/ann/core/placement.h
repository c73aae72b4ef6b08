/*
 * placement.h
 *	  How a row is stored: with an equal one, or as a vector in a frame.
 */
#ifndef KG_PLACEMENT_H
#define KG_PLACEMENT_H

#include "ann/core/inserter.h"

/* Adds the row to a candidate that stores the same; false if there is none. */
extern bool kg_placement_add_to_equal(KgInserter *inserter, KgTid tid);

/* Chooses the row's frame, or makes one, and encodes the row's vector there. */
extern void kg_placement_store(KgInserter *inserter);

/*
 * Notes whether the new node is remote from the nearest candidate: the candidates'
 * squared distances are set.
 */
extern void kg_placement_judge(KgInserter *inserter);

#endif							/* KG_PLACEMENT_H */
