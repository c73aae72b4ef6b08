/*
 * casts.h
 *	  Casts of the types of a table's columns that run other roles' functions.
 */
#ifndef KG_CASTS_H
#define KG_CASTS_H

#include "postgres.h"
#include "utils/rel.h"

/*
 * An error if a query on the table may run a function of a role that has not
 * the current user's rights already, by a cast of the type of a column.
 */
extern void kg_check_casts(Relation rel);

#endif
