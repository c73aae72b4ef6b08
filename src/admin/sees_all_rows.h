/*
 * sees_all_rows.h
 *	  Who may hear figures that tell of all rows of a table.
 */
#ifndef KG_SEES_ALL_ROWS_H
#define KG_SEES_ALL_ROWS_H

#include "postgres.h"

/*
 * May the current user read the table, or a column of it, without a policy
 * that could hide rows?
 */
extern bool kg_sees_all_rows(Oid table);

#endif
