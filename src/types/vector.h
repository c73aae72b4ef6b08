/*
 * vector.h
 *	  kg.vector: a fixed number of float4, stored as pgvector stores its own.
 */
#ifndef KG_VECTOR_H
#define KG_VECTOR_H

#include "postgres.h"
#include "fmgr.h"

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

/* A zeroed vector, palloc'd in the current context. */
extern Vector *kg_vector_new(int dim);

#endif							/* KG_VECTOR_H */
