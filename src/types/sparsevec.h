/*
 * sparsevec.h
 *	  kg.sparsevec: a vector of float4 that stores only the elements that are
 *	  not zero, in pgvector's layout.
 */
#ifndef KG_SPARSEVEC_H
#define KG_SPARSEVEC_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "types/stored.h"
#include "types/text.h"

/*
 * Makes a sparsevec of n values, without those that are zero, palloc'd in the
 * current context.  indices are the indices of the values, ascending and below
 * dim; NULL means 0..n-1.  Raises an error if there are too many elements or
 * one is NaN or infinite.
 */
extern SparseVector *kg_sparsevec_make(int dim, const int32 *indices,
									   const float *values, int n);

/*
 * Scans "{1:1,3:2}/5", elements in any order; NULL after a soft error.  Input may
 * follow.  Messages name the scanner's type, whose limit is that of sparsevec.
 */
extern SparseVector *kg_sparsevec_scan(KgScanner *scan);

/* Appends the binary form. */
extern void kg_sparsevec_append(StringInfo buf, const SparseVector *a);

/* Functions of SQL. */
extern Datum kg_sparsevec_out(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_recv(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_l2_distance(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_negative_inner_product(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_cosine_distance(PG_FUNCTION_ARGS);
extern Datum kg_sparsevec_l1_distance(PG_FUNCTION_ARGS);

#endif							/* KG_SPARSEVEC_H */
