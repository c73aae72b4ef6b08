/*
 * rotation.h
 *	  A fast random rotation, so that no coordinate is special.
 *
 * Rounds of random signs and Walsh-Hadamard transforms.  A dimension that is
 * not a power of two is covered by transforms of the largest power of two
 * that fits, at the vector's start and end in turn, joined by Kac steps
 * between its halves: nothing is padded.
 */
#ifndef KG_ROTATION_H
#define KG_ROTATION_H

#include <stddef.h>
#include <stdint.h>

/* Floats that kg_rotation_init fills for a dimension. */
extern size_t kg_rotation_floats(int dim);

/* Draws the rotation of a seed; signs has kg_rotation_floats(dim). */
extern void kg_rotation_init(float *signs, int dim, uint64_t seed);

/* Rotates x (dim doubles) in place. dim is even, at least 2. */
extern void kg_rotate(const float *signs, int dim, double *x);

/*
 * Bound of the rounding error of kg_rotate: the 2-norm of the difference from
 * a true rotation, relative to the 2-norm of the vector.
 */
extern double kg_rotation_rel_err(int dim);

#endif							/* KG_ROTATION_H */
