/*
 * taxicab.h
 *	  The taxicab distance (L1) of a query and a row, for KgGeometry.
 */
#ifndef KG_TAXICAB_H
#define KG_TAXICAB_H

#include "ann/core/query.h"

extern double kg_taxicab_value(const KgQuery *query, double key);
extern double kg_taxicab_lower(KgQuery *query, const KgStored *stored, float key);
extern float kg_taxicab_rank(KgQuery *query, const KgStored *stored, float key);
extern double kg_taxicab_reach(const KgQuery *query, const KgQuery *centre,
							   double radius);

#endif							/* KG_TAXICAB_H */
