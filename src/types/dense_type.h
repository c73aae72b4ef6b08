/*
 * dense_type.h
 *	  The dense vector types by oid: what code needs that works on any of them.
 */
#ifndef KG_DENSE_TYPE_H
#define KG_DENSE_TYPE_H

#include "postgres.h"

#include "types/vectype.h"

typedef struct KgDenseType
{
	const KgVecType *type;
	int			header_bytes;	/* of a value */
	int			element_bytes;
	/* a detoasted value's elements, without loss */
	void		(*to_floats) (const void *value, float *x);
	/* a value, palloc'd; rounded, an error if an element does not fit */
	void	   *(*from_floats) (const float *x, int dim);
} KgDenseType;

/* A dense type of schema kg, or one stored alike; NULL for any other. */
extern const KgDenseType *kg_dense_type(Oid type);

/* "kg.vector, kg.halfvec and kg.int8vec", for messages. */
extern const char kg_dense_type_names[];

#endif							/* KG_DENSE_TYPE_H */
