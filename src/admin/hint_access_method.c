/*
 * hint_access_method.c
 *	  The event trigger before CREATE INDEX: USING hnsw or ivfflat, where there is
 *	  no such access method, gets a hint at kg_hnsw with PostgreSQL's own error.
 *
 * A hook is not enough: the session may not have loaded the library.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "commands/event_trigger.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_hint_access_method);

Datum
kg_hint_access_method(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = (EventTriggerData *) fcinfo->context;
	const char *method;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("kg.hint_access_method is for event triggers only")));
	if (!IsA(event->parsetree, IndexStmt))
		PG_RETURN_NULL();
	method = ((IndexStmt *) event->parsetree)->accessMethod;
	if (method && (strcmp(method, "hnsw") == 0 || strcmp(method, "ivfflat") == 0) &&
		!OidIsValid(get_am_oid(method, true)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("access method \"%s\" does not exist", method),
				 errhint("The access method of extension kg is kg_hnsw.")));
	PG_RETURN_NULL();
}
