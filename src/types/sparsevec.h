/*
 * sparsevec.h
 *	  kg.sparsevec: a vector of float4 that stores only the elements that are
 *	  not zero, in pgvector's layout.
 */
#ifndef KG_SPARSEVEC_H
#define KG_SPARSEVEC_H

#include "postgres.h"

#include "types/stored.h"

/*
 * Makes a sparsevec of n values, without those that are zero, palloc'd in the
 * current context.  indices are the indices of the values, ascending and below
 * dim; NULL means 0..n-1.  Raises an error if there are too many elements or
 * one is NaN or infinite.
 */
extern SparseVector *kg_sparsevec_make(int dim, const int32 *indices,
									   const float *values, int n);

#endif							/* KG_SPARSEVEC_H */
