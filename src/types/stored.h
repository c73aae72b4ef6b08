/*
 * stored.h
 *	  The vector types as they are stored: in pgvector's layouts where pgvector
 *	  has the type.
 */
#ifndef KG_STORED_H
#define KG_STORED_H

#include "postgres.h"
#include "fmgr.h"

/* kg.vector: a fixed number of float4 */
#define VECTOR_MAX_DIM 16000

typedef struct Vector
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int16		dim;			/* number of dimensions, 1 to VECTOR_MAX_DIM */
	int16		unused;			/* reserved, always zero */
	float		x[FLEXIBLE_ARRAY_MEMBER];
} Vector;

#define VECTOR_SIZE(dim) (offsetof(Vector, x) + sizeof(float) * (dim))
#define DatumGetVector(d) ((Vector *) PG_DETOAST_DATUM(d))
#define PG_GETARG_VECTOR_P(n) DatumGetVector(PG_GETARG_DATUM(n))
#define PG_RETURN_VECTOR_P(x) PG_RETURN_POINTER(x)

/* kg.halfvec: a fixed number of IEEE binary16 */
#define HALFVEC_MAX_DIM 16000

typedef struct HalfVector
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int16		dim;			/* number of dimensions, 1 to HALFVEC_MAX_DIM */
	int16		unused;			/* reserved, always zero */
	uint16		x[FLEXIBLE_ARRAY_MEMBER];	/* binary16 bits */
} HalfVector;

#define HALFVEC_SIZE(dim) (offsetof(HalfVector, x) + sizeof(uint16) * (dim))
#define DatumGetHalfVector(d) ((HalfVector *) PG_DETOAST_DATUM(d))
#define PG_GETARG_HALFVEC_P(n) DatumGetHalfVector(PG_GETARG_DATUM(n))
#define PG_RETURN_HALFVEC_P(x) PG_RETURN_POINTER(x)

/* kg.int8vec: multiples of a scale, see quant/multiples.h */
#define INT8VEC_MAX_DIM 16000

typedef struct Int8Vector
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	int16		dim;			/* number of dimensions, 1 to INT8VEC_MAX_DIM */
	int16		offset;			/* the least multiple */
	float		scale;
	uint8		x[FLEXIBLE_ARRAY_MEMBER];	/* multiples, less the least */
} Int8Vector;

#define INT8VEC_SIZE(dim) (offsetof(Int8Vector, x) + sizeof(uint8) * (dim))
#define DatumGetInt8Vector(d) ((Int8Vector *) PG_DETOAST_DATUM(d))
#define PG_GETARG_INT8VEC_P(n) DatumGetInt8Vector(PG_GETARG_DATUM(n))
#define PG_RETURN_INT8VEC_P(x) PG_RETURN_POINTER(x)

/* kg.sparsevec: the elements that are not zero, and their indices */
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

#endif							/* KG_STORED_H */
