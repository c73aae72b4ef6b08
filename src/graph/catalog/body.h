/*
 * body.h
 *	  Errors whose context shows no query of the extension's own.
 */
#ifndef KG_GRAPH_BODY_H
#define KG_GRAPH_BODY_H

#include "postgres.h"
#include "utils/palloc.h"

#include "pg/compat.h"

/*
 * To be called in PG_CATCH: raises the error again, without the lines of
 * CONTEXT that the extension's SQL has added.  "context" is the memory
 * context that was current before PG_TRY.
 */
pg_noreturn extern void kg_rethrow_without_context(MemoryContext context);

#endif							/* KG_GRAPH_BODY_H */
