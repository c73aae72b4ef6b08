/*
 * halfvec.h
 *	  kg.halfvec: a fixed number of IEEE binary16, stored as pgvector's.
 */
#ifndef KG_HALFVEC_H
#define KG_HALFVEC_H

#include "postgres.h"
#include "fmgr.h"

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

/* A zeroed halfvec, palloc'd in the current context. */
extern HalfVector *kg_halfvec_new(int dim);

/* A halfvec of elements, rounded; an error if they do not fit. */
extern HalfVector *kg_halfvec_make(const float *x, int dim);

#endif							/* KG_HALFVEC_H */
