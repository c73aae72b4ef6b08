/*
 * sparse.h
 *	  Sparse vectors: what the index's space has in their place, and how a node
 *	  stores one.
 *
 * A column may have a billion dimensions.  The space has KG_SPARSE_DIMS: each
 * dimension of the column has four entries there, whose places and signs are a
 * hash of its number (a sparse Johnson-Lindenstrauss transform: Kane and Nelson,
 * Sparser Johnson-Lindenstrauss transforms, J. ACM 2014).  The graph is one of
 * these projections.  What the operators say of a row follows from its elements,
 * which stand in the slot as they are.
 */
#ifndef KG_SPARSE_H
#define KG_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Dimensions of the space, a multiple of 2 * KG_SPARSE_ENTRIES. */
#define KG_SPARSE_DIMS 768
#define KG_SPARSE_ENTRIES 4

/* Elements that a node has room for: of an index of an empty table; limits. */
#define KG_SPARSE_DEFAULT 64
#define KG_SPARSE_LEAST 8
#define KG_SPARSE_MOST 512

/*
 * A value of the column: elements by ascending index, none of them zero.  Of no elements
 * the arrays are somewhere, too, not NULL.
 */
typedef struct KgSparseValue
{
	int			count;
	const int32_t *indices;
	const float *values;
} KgSparseValue;

/*
 * As a node stores it: all elements or, if there are more than room, those that
 * are largest in absolute value.  Then indices and values follow, as many as
 * there is room for, those in use first, the rest zero.
 */
typedef struct KgSparse
{
	int32_t		elements;		/* of the value */
	float		rest;			/* norm of those that are not stored, rounded
								 * up; 0 if all are */
} KgSparse;

static inline int
kg_sparse_bytes(int room)
{
	return (int) (sizeof(KgSparse) + (sizeof(int32_t) + sizeof(float)) * room);
}

/* What is stored: all that there is only if rest is 0.  A damaged number counts as 0. */
static inline KgSparseValue
kg_sparse_stored(const KgSparse *sparse, int room)
{
	const int32_t *indices = (const int32_t *) (sparse + 1);
	KgSparseValue value = {
		sparse->elements < 0 ? 0 : sparse->elements < room ? sparse->elements : room,
		indices, (const void *) (indices + room)
	};

	return value;
}

extern void kg_sparse_store(const KgSparseValue *value, int room,
							KgSparse *sparse);

/* Is the stored value sound: may kg_sparse_store() have written it? */
extern bool kg_sparse_is_sound(const KgSparse *sparse, int room);

/* The projection: KG_SPARSE_DIMS doubles, not rotated. */
extern void kg_sparse_project(const KgSparseValue *value, double scale,
							  double *y);

extern double kg_sparse_norm(const KgSparseValue *value);

/* Equal for equal values. */
extern uint32_t kg_sparse_hash(const KgSparseValue *value);

#endif							/* KG_SPARSE_H */
