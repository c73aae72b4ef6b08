/*
 * guard_drop.c
 *	  The event trigger before DROP EXTENSION and DROP SCHEMA: it names graphs
 *	  and columns that would be lost, and says how to drop graphs.
 *
 * Without it DROP EXTENSION drops registered graphs silently.  For a graph with
 * tables of its own PostgreSQL's hint is CASCADE, which drops the columns of
 * embeddings.  A hook is not enough: the session that drops the extension may
 * not have loaded the library.  The event trigger belongs to the creator of the
 * extension, always a superuser, and is not in dumps.
 */
#include "postgres.h"

#include "commands/event_trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#define EXTENSION "kg"			/* also the name of its schema */

/* No row unless the user is the owner: PostgreSQL refuses all others. */
#define LOSSES_FOR_OWNER \
	"SELECT losses, advice FROM kg.drop_losses() " \
	"WHERE EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'kg' " \
	"AND pg_catalog.pg_has_role(extowner, 'USAGE'))"

/* Does the command drop the extension? */
static bool
drops_extension(Node *parsetree)
{
	DropStmt   *stmt = (DropStmt *) parsetree;
	ListCell   *lc;

	if (!IsA(parsetree, DropStmt) ||
		(stmt->removeType != OBJECT_EXTENSION &&
		 stmt->removeType != OBJECT_SCHEMA))
		return false;
	foreach(lc, stmt->objects)
	{
		if (strcmp(strVal(lfirst(lc)), EXTENSION) == 0)
			return true;
	}
	return false;
}

/* A column of the only row, palloc'd in the context, or NULL. */
static char *
get_text(int column, MemoryContext context)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[0],
									 SPI_tuptable->tupdesc, column);

	return value ? MemoryContextStrdup(context, value) : NULL;
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_guard_drop);

Datum
kg_guard_drop(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	EventTriggerData *event = (EventTriggerData *) fcinfo->context;
	char	   *losses;
	char	   *advice;
	bool		cascade;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("kg.guard_drop is for event triggers only")));
	if (!drops_extension(event->parsetree))
		PG_RETURN_NULL();

	SPI_connect();
	if (SPI_execute(LOSSES_FOR_OWNER, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not ask kg.drop_losses");
	if (SPI_processed == 0)
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	losses = get_text(1, context);
	advice = get_text(2, context);
	SPI_finish();

	cascade = ((DropStmt *) event->parsetree)->behavior == DROP_CASCADE;
	if (losses)
		ereport(cascade ? NOTICE : ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 cascade ?
				 errmsg("extension %s goes with other objects that depend on it",
						EXTENSION) :
				 errmsg("cannot drop extension %s because other objects depend on it",
						EXTENSION),
				 errdetail_internal("%s", losses),
				 cascade ? 0 : errhint("%s", advice)));
	PG_RETURN_NULL();
}
