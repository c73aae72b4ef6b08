/*
 * expression_text.h
 *	  Expressions of a planned query as SQL.
 */
#ifndef KG_EXPRESSION_TEXT_H
#define KG_EXPRESSION_TEXT_H

#include "postgres.h"
#include "nodes/pathnodes.h"

/*
 * An expression of a SELECT.  Long constants are cut; a value from outside of
 * the SELECT is $0 and the like.
 */
extern char *kg_expression_text(PlannerInfo *root, Node *expr);

/* An expression of relation 1, as indexes have it. */
extern char *kg_table_expression_text(Oid table, Node *expr);

#endif							/* KG_EXPRESSION_TEXT_H */
