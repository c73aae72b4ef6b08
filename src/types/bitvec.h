/*
 * bitvec.h
 *	  PostgreSQL's bit strings as vectors.
 */
#ifndef KG_BITVEC_H
#define KG_BITVEC_H

#include "postgres.h"

#include "utils/varbit.h"

/* A bit for each element of x, set where it is positive; palloc'd. */
extern VarBit *kg_bit_signs(const float *x, int dim);

#endif							/* KG_BITVEC_H */
