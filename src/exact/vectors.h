/*
 * vectors.h
 *	  Vectors of one type and dimension, one after another: as values for the
 *	  operators, as floats for matrix products, and with their norms.  Sparse
 *	  vectors, whose sizes differ, are values alone.
 */
#ifndef KG_EXACT_VECTORS_H
#define KG_EXACT_VECTORS_H

#include "postgres.h"

#include "exact/blas.h"
#include "types/dense_type.h"

/* For bit strings and sparse vectors, which have no floats and no norms. */
extern const KgDenseType kg_vectors_bit_type;
extern const KgDenseType kg_vectors_sparse_type;

typedef struct KgVectors
{
	const KgDenseType *type;
	int			dims;
	int			capacity;
	int			count;
	Size		value_bytes;	/* from one value to the next */
	char	   *values;			/* of sparse vectors: Datums */
	MemoryContext apart;		/* what these point to; else NULL */
	Size		apart_limit;	/* its size when they are full */
	float	   *floats;			/* NULL: those of the values */
	double	   *norms;
} KgVectors;

/* Bytes that a vector of this type and dimension takes, a sparse one at least. */
extern Size kg_vectors_bytes(const KgDenseType *type, int dims);

/*
 * Allocates room for some vectors in the current context.  Sparse ones may take so
 * many bytes besides.
 */
extern void kg_vectors_init(KgVectors *vectors, const KgDenseType *type,
							int dims, int capacity, Size apart_limit);

/* Is there no room for another? */
extern bool kg_vectors_full(const KgVectors *vectors);

/* Forgets all. */
extern void kg_vectors_clear(KgVectors *vectors);

/* The dimension of a value, and nothing else of it if it is stored apart. */
extern int	kg_vectors_dims(const KgDenseType *type, Datum value);

/* Adds a value, of the vectors' type and toasted perhaps; there is room. */
extern void kg_vectors_add(KgVectors *vectors, Datum value);

extern void kg_vectors_free(KgVectors *vectors);

/* Value i, detoasted. */
static inline Datum
kg_vectors_value(const KgVectors *vectors, int i)
{
	char	   *value = vectors->values + vectors->value_bytes * i;

	return vectors->apart ? *(Datum *) value : PointerGetDatum(value);
}

/* Floats of n vectors from the first on. */
extern KgMatrix kg_vectors_matrix(const KgVectors *vectors, int first, int n);

#endif							/* KG_EXACT_VECTORS_H */
