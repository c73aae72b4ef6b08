/*
 * space.h
 *	  From a column's vectors to the space that the index works in.
 *
 * A float vector is divided by its norm (cosine), divided by the index's unit (a
 * power of two near the data's norms, so that squares of distances suit
 * float4), and rotated, in double.  There
 *
 *	L2, cosine	the nearest are those at the least Euclidean distance
 *				(|q - x|^2 = 2 (1 - cos) for vectors of length 1)
 *	IP			those with the largest inner product
 *
 * L1 is no distance that a rotation keeps: such a space is not rotated, and the
 * graph is that of Euclidean distances.
 *
 * Bit strings are left as they are: their space has their own distances.
 *
 * Of a sparse vector (KgSparseValue) the space has a projection: sparse.h.
 */
#ifndef KG_SPACE_H
#define KG_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "ann/layout/layout.h"

/* Every index is rotated alike; the seed is arbitrary. */
#define KG_ROTATION_SEED UINT64_C(0x6b675f686e7377)

typedef struct KgSpace
{
	const KgLayout *layout;
	double		unit;			/* of internal coordinates; a power of two */
	const float *rotation;		/* kg_rotation_init's signs, if it rotates */
} KgSpace;

/* What is known of a vector that was mapped. */
typedef struct KgMapped
{
	double		norm;			/* in the column's space, of the vector itself */
	uint32_t	hash;			/* equal for equal vectors */
	bool		extreme;		/* so long or short that no bound holds for it */
} KgMapped;

/*
 * Maps a vector (layout->dims elements) to y (layout->shape.dim doubles; of bit
 * strings, words at the start of as much memory).  False
 * if it has no place in the space: a zero vector under cosine.
 */
extern bool kg_space_map(const KgSpace *space, const void *x, double *y,
						 KgMapped *mapped);

/*
 * The same for a point of the space that is no row: under cosine its length
 * counts.  It has layout->dims coordinates; of sparse vectors, those of the
 * projection.
 */
extern void kg_space_map_point(const KgSpace *space, const float *x, double *y);

/*
 * The 2-norm of what y may be off by from a true rotation of the vector,
 * relative to its norm.
 */
extern double kg_space_rel_err(const KgLayout *layout);

/*
 * A vector that is stored relative to a centre, in a unit, has its place at y;
 * and the vector of a place.
 */
extern void kg_space_place(const KgLayout *layout, const float *centre,
						   float unit, const float *vector, double *y);
extern void kg_space_relative(const KgLayout *layout, const float *centre,
							  float unit, const double *y, float *vector);

/* The distance of two bit strings in memory. */
extern double kg_space_bits_apart(const KgLayout *layout, const float *a,
								  const float *b);

/* The Euclidean distance of two places; of bit strings, theirs. */
extern double kg_space_apart(const KgLayout *layout, const double *a,
							 const double *b);

/* The power of two nearest to a norm, as float4 has it; 1 for zero. */
extern float kg_space_unit(double norm);

#endif							/* KG_SPACE_H */
