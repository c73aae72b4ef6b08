/*
 * set_updated.c
 *	  The trigger that keeps updated_at and updated_by of an entity.
 *
 * The trigger also makes the table depend on the extension, even if the
 * embedding column is dropped: as long as it exists, DROP EXTENSION requires
 * CASCADE.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type_d.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/*
 * The column's number if it has this type and the command left it alone; else
 * 0.
 */
static int
unchanged_column(TriggerData *trigger, const char *name, Oid type)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	int			attno = SPI_fnumber(desc, name);
	Form_pg_attribute att;
	Datum		old_value,
				new_value;
	bool		old_null,
				new_null;

	if (attno <= 0)
		return 0;
	att = TupleDescAttr(desc, attno - 1);
	if (att->atttypid != type)
		return 0;
	old_value = heap_getattr(trigger->tg_trigtuple, attno, desc, &old_null);
	new_value = heap_getattr(trigger->tg_newtuple, attno, desc, &new_null);
	if (old_null != new_null ||
		(!old_null && !datum_image_eq(old_value, new_value, att->attbyval, att->attlen)))
		return 0;
	return attno;
}

PG_FUNCTION_INFO_V1(kg_set_updated);

Datum
kg_set_updated(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	int			columns[2];
	Datum		values[2];
	bool		nulls[2] = {false, false};
	int			ncolumns = 0;
	int			attno;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("kg.set_updated must be called by a BEFORE UPDATE trigger for each row")));

	attno = unchanged_column(trigger, "updated_at", TIMESTAMPTZOID);
	if (attno > 0)
	{
		columns[ncolumns] = attno;
		values[ncolumns++] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	}
	attno = unchanged_column(trigger, "updated_by", TEXTOID);
	if (attno > 0)
	{
		columns[ncolumns] = attno;
		values[ncolumns++] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	}
	if (ncolumns == 0)
		return PointerGetDatum(trigger->tg_newtuple);
	return PointerGetDatum(heap_modify_tuple_by_cols(trigger->tg_newtuple,
													 RelationGetDescr(trigger->tg_relation),
													 ncolumns, columns, values, nulls));
}
