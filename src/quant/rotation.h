/*
 * rotation.h
 *	  A fast random rotation, so that no coordinate is special.
 *
 * Rounds of random signs and Walsh-Hadamard transforms.  If the dimension is
 * not a power of two, transforms have the largest power of two that fits, at
 * the vector's start and end in turn, and Kac steps mix its halves.  So vectors
 * are not padded.
 */
#ifndef KG_ROTATION_H
#define KG_ROTATION_H

#include <stddef.h>
#include <stdint.h>

/* The number of floats that kg_rotation_init fills. */
extern size_t kg_rotation_floats(int dim);

/* Draws a rotation from a seed; signs has kg_rotation_floats(dim) elements. */
extern void kg_rotation_init(float *signs, int dim, uint64_t seed);

/* Rotates x (dim doubles) in place. dim is even, at least 2. */
extern void kg_rotate(const float *signs, int dim, double *x);

/*
 * Bound of the rounding error of kg_rotate: the 2-norm of the difference from
 * a true rotation, relative to the 2-norm of the vector.
 */
extern double kg_rotation_rel_err(int dim);

#endif							/* KG_ROTATION_H */
