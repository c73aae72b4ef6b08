/*
 * vector.h
 *	  kg.vector: a fixed number of float4, in pgvector's layout.
 */
#ifndef KG_VECTOR_H
#define KG_VECTOR_H

#include "postgres.h"

#include "types/stored.h"

/* A zeroed vector, palloc'd in the current context. */
extern Vector *kg_vector_new(int dim);

#endif							/* KG_VECTOR_H */
