/*
 * nearness.h
 *	  Vectors in groups of near ones.
 */
#ifndef KG_NEARNESS_H
#define KG_NEARNESS_H

#include "postgres.h"

/*
 * Orders count vectors of dims floats each, so that each group of so many that follow
 * one another in the order (the last may be smaller) is of vectors near each other:
 * order becomes a permutation of their numbers.  By direction: vectors count as if their
 * length were 1.
 */
extern void kg_nearness_order(const float *vectors, int dims, bool by_direction, int group,
							  int *order, int count);

/* Memory that this takes for a vector, the order included. */
extern Size kg_nearness_bytes(int dims, int group);

#endif							/* KG_NEARNESS_H */
