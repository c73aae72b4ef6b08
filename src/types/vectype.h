/*
 * vectype.h
 *	  What the vector types share: their names and limits, the checks that
 *	  every way into a type (text, binary, array, cast) makes, and some
 *	  arithmetic.
 *
 * The texts of the errors are pgvector's, because clients match on them.
 */
#ifndef KG_VECTYPE_H
#define KG_VECTYPE_H

#include "postgres.h"

#include <math.h>

#include "nodes/nodes.h"
#include "utils/array.h"

#include "pg/compat.h"

typedef struct KgVecType
{
	const char *name;			/* as messages call it */
	int			max_dim;		/* the most dimensions */
	float		overflow;		/* the smallest magnitude that overflows ... */
	float		underflow;		/* ... and the largest that becomes zero when
								 * rounded to an element */
	bool		sparse;			/* zeros are not stored, so a number that
								 * would round to zero is an error in text
								 * input */
} KgVecType;

extern const KgVecType kg_vector_type;
extern const KgVecType kg_halfvec_type;
extern const KgVecType kg_sparsevec_type;

/*
 * Each of the checks reports through escontext where that is given
 * (soft errors of input functions, see nodes/miscnodes.h) and then returns
 * false; with NULL it raises the error itself.
 */
extern bool kg_check_dim(const KgVecType *type, int dim, Node *escontext);
extern bool kg_check_typmod(int32 typmod, int dim, Node *escontext);
extern bool kg_check_element(const KgVecType *type, float value,
							 Node *escontext);

/*
 * Checks what is to be stored as elements of the type: raises an error for
 * NaN, infinity, and numbers that overflow.
 */
extern void kg_check_elements(const KgVecType *type, const float *x, int n);

/* Raises the error of an operation on a and b dimensions that differ. */
pg_noreturn extern void kg_dims_differ(const KgVecType *type, int a, int b);

/* Checks the field of the binary form that must be zero. */
extern void kg_check_unused(int32 unused);

/* The type modifier, which is the number of dimensions. */
extern int32 kg_typmod_in(const KgVecType *type, ArrayType *modifiers);

static inline void
kg_check_same_dim(const KgVecType *type, int a, int b)
{
	if (unlikely(a != b))
		kg_dims_differ(type, a, b);
}

/*
 * The cosine distance of two vectors from their inner product and squared
 * norms, kept in 0..2 against rounding; NaN if a norm is zero.
 */
extern float8 kg_cosine_distance(float ab, float aa, float bb);

/* The Euclidean norm, summed in double. */
extern float8 kg_norm(const float *x, int n);

#endif							/* KG_VECTYPE_H */
