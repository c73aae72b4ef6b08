/*
 * sparse.h
 *	  What the operators say of a query and a row that are sparse vectors: bounds
 *	  of their results, from the elements that nodes store.
 */
#ifndef KG_CORE_SPARSE_H
#define KG_CORE_SPARSE_H

#include "ann/core/query.h"

extern double kg_sparse_lower(KgQuery *query, const KgStored *stored, float key);
extern float kg_sparse_rank(KgQuery *query, const KgStored *stored, float key);
extern double kg_sparse_taxicab_reach(const KgQuery *query,
									  const KgQuery *centre, double radius);

#endif							/* KG_CORE_SPARSE_H */
