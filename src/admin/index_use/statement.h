/*
 * statement.h
 *	  The text of a statement, analysed and rewritten but not run.
 */
#ifndef KG_STATEMENT_H
#define KG_STATEMENT_H

#include "postgres.h"
#include "nodes/pg_list.h"

typedef struct KgStatement
{
	const char *text;
	List	   *queries;		/* of Query, after the rules */
	int			cursor_options;

	/* if a name in the text is not found; else NULL */
	char	   *not_found;
	char	   *not_found_hint;
} KgStatement;

/*
 * Analyses a text of one statement.  EXPLAIN, DECLARE CURSOR, PREPARE, EXECUTE,
 * COPY (query) TO and CREATE TABLE AS stand for their queries.  Parameters ($1)
 * need no values, nor types where the parser can infer these.
 *
 * Raises the parser's errors, with their places in the text, and one for
 * statements without a plan.  An operator, function or type of vectors that is
 * not found is no error: then not_found says so, and queries is NIL.
 */
extern KgStatement *kg_statement_read(const char *text);

#endif							/* KG_STATEMENT_H */
