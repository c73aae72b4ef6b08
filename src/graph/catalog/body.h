/*
 * body.h
 *	  Errors without the queries that a caller has not written.
 */
#ifndef KG_GRAPH_BODY_H
#define KG_GRAPH_BODY_H

#include "postgres.h"
#include "utils/palloc.h"

#include "pg/compat.h"

/*
 * For PG_CATCH: raises the error again, without the lines of CONTEXT that SQL
 * of ours has added.  "context" is the one to which memory belongs outside.
 */
pg_noreturn extern void kg_rethrow_without_context(MemoryContext context);

#endif							/* KG_GRAPH_BODY_H */
