/*
 * sparsevec.h
 *	  kg.sparsevec: a vector of float4 that stores only the elements that are
 *	  not zero, in pgvector's layout.
 */
#ifndef KG_SPARSEVEC_H
#define KG_SPARSEVEC_H

#include "postgres.h"
#include "fmgr.h"

#define SPARSEVEC_MAX_DIM 1000000000
#define SPARSEVEC_MAX_NNZ 16000

typedef struct SparseVector
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int32		dim;			/* number of dimensions, 1 to
								 * SPARSEVEC_MAX_DIM */
	int32		nnz;			/* elements stored, 0 to SPARSEVEC_MAX_NNZ */
	int32		unused;			/* reserved, always zero */
	int32		indices[FLEXIBLE_ARRAY_MEMBER]; /* from 0, ascending */
	/* float values[nnz] follow, none of them zero */
} SparseVector;

#define SPARSEVEC_SIZE(nnz) \
	(offsetof(SparseVector, indices) + (sizeof(int32) + sizeof(float)) * (nnz))
#define SPARSEVEC_VALUES(x) ((float *) ((x)->indices + (x)->nnz))
#define DatumGetSparseVector(d) ((SparseVector *) PG_DETOAST_DATUM(d))
#define PG_GETARG_SPARSEVEC_P(n) DatumGetSparseVector(PG_GETARG_DATUM(n))
#define PG_RETURN_SPARSEVEC_P(x) PG_RETURN_POINTER(x)

/*
 * A sparsevec of those of n values that are not zero, palloc'd in the current
 * context.  indices, ascending and below dim, says where they belong; NULL
 * stands for 0..n-1.  Raises an error if there are too many or one is NaN or
 * infinite.
 */
extern SparseVector *kg_sparsevec_make(int dim, const int32 *indices,
									   const float *values, int n);

#endif							/* KG_SPARSEVEC_H */
