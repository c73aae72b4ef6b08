/*
 * unplanned.h
 *	  Distances of a query before it is planned: the planner drops some.
 */
#ifndef KG_UNPLANNED_H
#define KG_UNPLANNED_H

#include "postgres.h"
#include "nodes/parsenodes.h"

/* Does the query compute a distance, or test one? */
extern bool kg_unplanned_has_distance(Query *query);

/* Distances from NULL, as text: a list of char *. */
extern List *kg_unplanned_nulls(Query *query);

#endif							/* KG_UNPLANNED_H */
