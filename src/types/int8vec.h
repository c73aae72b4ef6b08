/*
 * int8vec.h
 *	  kg.int8vec: a fixed number of multiples of one float4, in a byte each.
 */
#ifndef KG_INT8VEC_H
#define KG_INT8VEC_H

#include "postgres.h"

#include "quant/multiples.h"
#include "types/stored.h"

/* A zeroed int8vec, palloc'd in the current context. */
extern Int8Vector *kg_int8vec_new(int dim);

/* An int8vec of elements, rounded; an error if one is not finite. */
extern Int8Vector *kg_int8vec_make(const float *x, int dim);

static inline KgMultiples
kg_int8vec_form(const Int8Vector *a)
{
	KgMultiples form = {a->scale, a->offset};

	return form;
}

/* The elements, without loss. */
static inline void
kg_int8vec_floats(const Int8Vector *a, float *x)
{
	kg_multiples_decode(kg_int8vec_form(a), a->x, a->dim, x);
}

#endif							/* KG_INT8VEC_H */
