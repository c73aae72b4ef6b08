/*
 * multiples.h
 *	  Vectors of float4 in a byte a dimension: each element is a whole multiple
 *	  of one scale.
 *
 *		x[i] = scale * (offset + codes[i])
 *
 * Multiples are -KG_MOST_MULTIPLE to KG_MOST_MULTIPLE and differ by at most 255
 * within a vector.  Every such product is a float4 without rounding, so the
 * floats say all: from them kg_multiples_encode() finds the same scale and
 * codes again.  That makes text a faithful form of the vector.  For this, a
 * vector has one form only: scale is the largest number of which all elements
 * are multiples (0 if all are zero), offset the least multiple.
 */
#ifndef KG_MULTIPLES_H
#define KG_MULTIPLES_H

#include <stdint.h>

#define KG_MOST_MULTIPLE 32767

typedef struct KgMultiples
{
	float		scale;			/* at least 0 */
	int			offset;
} KgMultiples;

/*
 * Codes x, n finite floats.  The loss is none where the floats are such
 * multiples, as integers within 255 of each other are; else at most half a
 * scale, which is a 254th of the range of x, or a 32,000th of the largest
 * magnitude if that is more, and some 2^-9 of this longer so that products are
 * exact.  A product beyond float4 comes a whole scale nearer to zero.
 */
extern KgMultiples kg_multiples_encode(const float *x, int n, uint8_t *codes);

extern void kg_multiples_decode(KgMultiples form, const uint8_t *codes, int n,
								float *x);

/* Is this multiple of the scale in range, and a float4 without rounding? */
extern int	kg_multiples_is_exact(float scale, int multiple);

/* Brings scale and codes, whose products are exact, into the one form. */
extern void kg_multiples_reduce(KgMultiples *form, uint8_t *codes, int n);

/* The scale times factor, rounded so that products stay exact. */
extern float kg_multiples_rescale(KgMultiples form, const uint8_t *codes,
								  int n, double factor);

#endif							/* KG_MULTIPLES_H */
