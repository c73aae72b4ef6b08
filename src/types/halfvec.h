/*
 * halfvec.h
 *	  kg.halfvec: a fixed number of IEEE binary16, in pgvector's layout.
 */
#ifndef KG_HALFVEC_H
#define KG_HALFVEC_H

#include "postgres.h"

#include "types/stored.h"

/* A zeroed halfvec, palloc'd in the current context. */
extern HalfVector *kg_halfvec_new(int dim);

/* A halfvec of elements, rounded; an error if they do not fit. */
extern HalfVector *kg_halfvec_make(const float *x, int dim);

#endif							/* KG_HALFVEC_H */
