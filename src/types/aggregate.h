/*
 * aggregate.h
 *	  The state of avg() and of int8vec's sum(): a float8 array of the number of
 *	  vectors and, after that, the sum of each of their elements.
 */
#ifndef KG_AGGREGATE_H
#define KG_AGGREGATE_H

#include "fmgr.h"

#include "types/vectype.h"

/*
 * Adds a vector to the state, argument 0 of fcinfo: in place if an aggregate
 * calls, else in a copy.  Raises an error if the dimensions differ or a sum
 * overflows.
 */
extern ArrayType *kg_sums_add(FunctionCallInfo fcinfo, const KgVecType *type,
							  const float *x, int dim);

/* Mean and sum, palloc'd and not checked; NULL if there were no vectors. */
extern float *kg_sums_mean(const KgVecType *type, ArrayType *state, int *dim);
extern float *kg_sums_total(const KgVecType *type, ArrayType *state, int *dim);

#endif							/* KG_AGGREGATE_H */
