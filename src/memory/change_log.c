/*
 * change_log.c
 *	  The trigger that keeps the old values of changed entities for kg.history.
 *
 * Whoever may update an entity need not have a privilege on the log, and could
 * forge its rows if he had.  So the trigger writes as the owner of the table,
 * as foreign keys do.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type_d.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "graph/catalog/plans.h"

/* The columns whose old values are kept, as parameters 3 and following. */
static const struct
{
	const char *name;
	Oid			type;
}			logged[] = {
	{"name", TEXTOID},
	{"type", INT4OID},
	{"properties", JSONBOID},
	{"content", TEXTOID},
};

enum
{
	NLOGGED = lengthof(logged),
	NPARAMETERS = NLOGGED + 2
};

/* The owner of a table in a schema; InvalidOid if there is none. */
static Oid
owner_of(const char *table, Oid namespace)
{
	Oid			relid = get_relname_relid(table, namespace);
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Sets the parameters for the old values of a row: those that the command has
 * changed; the others are null.  Returns whether there are any.
 */
static bool
changed_values(TriggerData *trigger, Datum *values, char *nulls)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	bool		changed = false;

	for (int i = 0; i < NLOGGED; i++)
	{
		int			attno = SPI_fnumber(desc, logged[i].name);
		Form_pg_attribute att = attno > 0 ? TupleDescAttr(desc, attno - 1) : NULL;
		Datum		new_value;
		bool		old_null,
					new_null;

		nulls[i] = 'n';
		if (att == NULL || att->atttypid != logged[i].type)
			continue;
		values[i] = heap_getattr(trigger->tg_trigtuple, attno, desc, &old_null);
		new_value = heap_getattr(trigger->tg_newtuple, attno, desc, &new_null);
		if (old_null ||
			(!new_null && datum_image_eq(values[i], new_value, att->attbyval, att->attlen)))
			continue;
		nulls[i] = ' ';
		changed = true;
	}
	return changed;
}

/*
 * Inserts the row into the log as the owner of both tables.  The search_path is
 * a safe one: the caller's schemas may have objects with names of the system's.
 */
static void
write_change(const char *schema, Oid owner, Datum *values, char *nulls)
{
	char	   *query = psprintf("INSERT INTO %s.change (entity, action, by, detail) SELECT $1, 'update', $2, "
								 "CASE WHEN $3 IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('name', $3) END OPERATOR(pg_catalog.||) "
								 "CASE WHEN $4 IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('type', "
								 "(SELECT t.name FROM %s.entity_type t WHERE t.id OPERATOR(pg_catalog.=) $4)) END OPERATOR(pg_catalog.||) "
								 "CASE WHEN $5 IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('properties', $5) END OPERATOR(pg_catalog.||) "
								 "CASE WHEN $6 IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('content', $6) END",
								 quote_identifier(schema), quote_identifier(schema));
	Oid			types[NPARAMETERS] = {INT8OID, TEXTOID};
	Oid			save_userid;
	int			save_sec_context;
	int			settings;
	int			result;

	for (int i = 0; i < NLOGGED; i++)
		types[2 + i] = logged[i].type;

	/* An error leaves through transaction abort, which restores both. */
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(owner, save_sec_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	result = SPI_execute_plan(kg_plan(query, NPARAMETERS, types, 0), values, nulls, false, 0);
	if (result != SPI_OK_INSERT)
		elog(ERROR, "could not write a change: %s", SPI_result_code_string(result));
	AtEOXact_GUC(true, settings);
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

PG_FUNCTION_INFO_V1(kg_log_change);

Datum
kg_log_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Datum		values[NPARAMETERS];
	char		nulls[NPARAMETERS];
	TupleDesc	desc;
	Oid			namespace;
	Oid			owner;
	bool		isnull;
	int			id;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("kg.log_change must be called by an AFTER UPDATE trigger for each row")));
	desc = RelationGetDescr(trigger->tg_relation);
	namespace = RelationGetNamespace(trigger->tg_relation);
	owner = trigger->tg_relation->rd_rel->relowner;
	id = SPI_fnumber(desc, "id");

	/* A table "change" of somebody else is no log of this table. */
	if (id <= 0 || SPI_gettypeid(desc, id) != INT8OID ||
		owner_of("change", namespace) != owner ||
		!changed_values(trigger, values + 2, nulls + 2))
		return PointerGetDatum(NULL);
	values[0] = heap_getattr(trigger->tg_trigtuple, id, desc, &isnull);
	nulls[0] = isnull ? 'n' : ' ';
	values[1] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	nulls[1] = ' ';
	SPI_connect();
	write_change(get_namespace_name(namespace), owner, values, nulls);
	SPI_finish();
	return PointerGetDatum(NULL);
}
