/*
 * rabitq.h
 *	  Binary codes of a node's neighbours, relative to the node's own vector,
 *	  and estimates of distances by them.
 *
 * RaBitQ (Gao and Long, SIGMOD 2024) and its extension to several bits
 * (SIGMOD 2025), factored as in SymphonyQG (SIGMOD 2025).  With
 * r = x - c for a neighbour x of node c, and y the code's value,
 * y[i] = +-1 (one bit) or +-0.5, +-1.5 (two bits),
 *
 *		|q - x|^2 = |q - c|^2 + |r|^2 - 2 <q - c, r>
 *				 ~= |q - c|^2 + a + b <q, y>
 *
 * where g = |r|^2 / <r, y>, a = |r|^2 + 2 g <c, y> and b = -2 g.
 *
 * A code may cover only the first code_dims dimensions (after a rotation all
 * are alike), or more dimensions than the vectors have, padded with zeros.  A
 * row holds the plane of signs, then the plane of magnitudes.
 */
#ifndef KG_RABITQ_H
#define KG_RABITQ_H

#include <stddef.h>
#include <stdint.h>

/* The shape of codes: dimensions of the vectors, dimensions and bits coded. */
typedef struct KgCodeShape
{
	int			dim;			/* of the vectors */
	int			code_dims;		/* coded dimensions, a multiple of 8 */
	int			bits;			/* 1 or 2 */
} KgCodeShape;

/* The factors of an estimate, in the unit of the vectors squared. */
typedef struct KgCodeFactors
{
	float		a;
	float		b;
	float		r2;				/* |x - c|^2 */
} KgCodeFactors;

/* A query, prepared for scanning codes. */
typedef struct KgCodeQuery
{
	uint8_t    *lut;			/* kg_code_lut_bytes() */
	float		bias;			/* <q, y> = bias + delta * table sum */
	float		delta;
} KgCodeQuery;

/* Bytes of one code. */
extern int	kg_code_bytes(const KgCodeShape *shape);

/* Codes x relative to c (dim floats each) into row. */
extern KgCodeFactors kg_code_encode(const KgCodeShape *shape, const float *x,
									const float *c, uint8_t *row);

/* The dot product of a code's value and v (dim floats). */
extern float kg_code_dot(const KgCodeShape *shape, const uint8_t *row,
						 const float *v);

/* Bytes of a query's table. */
extern size_t kg_code_lut_bytes(const KgCodeShape *shape);

/* Prepares q (dim floats); the caller has allocated query->lut. */
extern void kg_code_query(const KgCodeShape *shape, const float *q,
						  KgCodeQuery *query);

#endif							/* KG_RABITQ_H */
