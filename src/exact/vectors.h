/*
 * vectors.h
 *	  Vectors of one type and dimension, one after another: as values for the
 *	  operators, as floats for matrix products, and with their norms.
 */
#ifndef KG_EXACT_VECTORS_H
#define KG_EXACT_VECTORS_H

#include "postgres.h"

#include "exact/blas.h"
#include "types/vectype.h"

/* For bit strings, which have no floats and no norms. */
extern const KgVecType kg_vectors_bit_type;

typedef struct KgVectors
{
	const KgVecType *type;		/* kg_vector_type, kg_halfvec_type or
								 * kg_vectors_bit_type */
	int			dims;
	int			capacity;
	int			count;
	Size		value_bytes;	/* from one value to the next */
	char	   *values;
	float	   *floats;			/* NULL: those of the values */
	double	   *norms;
} KgVectors;

/* Bytes that a vector of this type and dimension takes. */
extern Size kg_vectors_bytes(const KgVecType *type, int dims);

/* Allocates room for some vectors in the current context. */
extern void kg_vectors_init(KgVectors *vectors, const KgVecType *type,
							int dims, int capacity);

/* The dimension of a value, and nothing else of it if it is stored apart. */
extern int	kg_vectors_dims(const KgVecType *type, Datum value);

/* Adds a value, of the vectors' type and toasted perhaps; there is room. */
extern void kg_vectors_add(KgVectors *vectors, Datum value);

extern void kg_vectors_free(KgVectors *vectors);

/* Value i, detoasted. */
static inline Datum
kg_vectors_value(const KgVectors *vectors, int i)
{
	return PointerGetDatum(vectors->values + vectors->value_bytes * i);
}

/* Floats of n vectors from the first on. */
extern KgMatrix kg_vectors_matrix(const KgVectors *vectors, int first, int n);

#endif							/* KG_EXACT_VECTORS_H */
