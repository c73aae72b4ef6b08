/*
 * vectype.h
 *	  The common parts of the vector types: names and limits, some arithmetic,
 *	  and the checks of all input, be it text, binary, array or cast.
 *
 * The texts of errors are pgvector's, because clients match on them.
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
	const char *name;			/* in messages */
	int			max_dim;		/* the most dimensions */
	float		overflow;		/* the smallest magnitude that overflows */
	float		underflow;		/* the largest magnitude that rounds to zero */
	bool		sparse;			/* zeros are not stored, so text input rejects
								 * numbers that round to zero */
} KgVecType;

extern const KgVecType kg_vector_type;
extern const KgVecType kg_halfvec_type;
extern const KgVecType kg_int8vec_type;
extern const KgVecType kg_sparsevec_type;

/*
 * Each check saves its error in escontext (a soft error of an input function,
 * see nodes/miscnodes.h) and returns false; if escontext is NULL, it raises the
 * error.
 */
extern bool kg_check_dim(const KgVecType *type, int dim, Node *escontext);
extern bool kg_check_typmod(int32 typmod, int dim, Node *escontext);
extern bool kg_check_element(const KgVecType *type, float value,
							 Node *escontext);

/*
 * Checks elements before they are stored: raises an error for NaN, infinity,
 * and numbers that overflow the type.
 */
extern void kg_check_elements(const KgVecType *type, const float *x, int n);

/* Raises the error of an operation on vectors of a and b dimensions. */
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
 * The part of dim elements that subvector() takes: "count" from number "start"
 * on, counted from 1.  As in substring(), positions before the first and after
 * the last element are skipped.  Returns how many; the first, counted from 0,
 * in *first.
 */
extern int	kg_subvector_range(int dim, int32 start, int32 count, int *first);

/*
 * The cosine distance of two vectors from their inner product and squared
 * norms, clamped to 0..2; NaN if a norm is zero.
 */
extern float8 kg_cosine_distance(float ab, float aa, float bb);

/* The Euclidean norm, summed in double. */
extern float8 kg_norm(const float *x, int n);

#endif							/* KG_VECTYPE_H */
