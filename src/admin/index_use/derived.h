/*
 * derived.h
 *	  Columns of subqueries and CTEs that were not pulled up: where they come
 *	  from, and what keeps the outer query from their tables' indexes.
 */
#ifndef KG_DERIVED_H
#define KG_DERIVED_H

#include "postgres.h"
#include "nodes/pathnodes.h"

typedef struct KgDerived
{
	bool		cte;
	const char *name;			/* of the subquery, view or CTE */
	const char *because;		/* it was not pulled up; or NULL */
	bool		security_barrier;
	Oid			table;
	AttrNumber	attno;
} KgDerived;

/* False if the expression is no column of a subquery, or not a table's. */
extern bool kg_derived_find(PlannerInfo *root, Node *expr, KgDerived *derived);

#endif							/* KG_DERIVED_H */
