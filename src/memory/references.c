/*
 * references.c
 *	  Does anything still refer to an entity that is about to be deleted?
 *
 * kg.merge_entities moves the rows that refer to the duplicate, as far as
 * policies let the caller see and change them.  The foreign keys would delete
 * the others with the entity.  So the tables' owner looks before.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "graph/catalog/catalog.h"

/*
 * Runs a query as a table's owner, with a safe search_path; returns whether it
 * found a row.
 */
static bool
found_by_owner(Oid owner, const char *query, int64 entity)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(entity)};
	Oid			save_userid;
	int			save_sec_context;
	int			settings;
	bool		found;

	/* An error leaves through transaction abort, which restores both. */
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(owner, save_sec_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	SPI_connect();
	if (SPI_execute_with_args(query, 1, types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for references to an entity");
	found = SPI_processed > 0;
	SPI_finish();
	AtEOXact_GUC(true, settings);
	SetUserIdAndSecContext(save_userid, save_sec_context);
	return found;
}

PG_FUNCTION_INFO_V1(kg_check_unreferenced);

/* check_unreferenced(graph text, entity bigint) */
Datum
kg_check_unreferenced(PG_FUNCTION_ARGS)
{
	static const char *const columns[][2] = {
		{"relation", "source"}, {"relation", "target"}, {"observation", "entity"},
		{"alias", "entity"}, {"change", "entity"}
	};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	KgGraph    *graph = kg_graph_get(name);
	Relation	entities;
	Oid			owner;

	if (graph->registered)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("graph \"%s\" is over tables that were registered", name)));
	entities = kg_graph_open(graph, graph->schema, graph->tables[KG_ENTITY]);
	owner = entities->rd_rel->relowner;
	if (pg_class_aclcheck(RelationGetRelid(entities), GetUserId(), ACL_DELETE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(entities));
	table_close(entities, NoLock);

	for (int i = 0; i < (int) lengthof(columns); i++)
	{
		char	   *query = psprintf("SELECT FROM %s.%s x WHERE x.%s OPERATOR(pg_catalog.=) $1",
									 quote_identifier(graph->schema), columns[i][0], columns[i][1]);

		if (found_by_owner(owner, query, PG_GETARG_INT64(1)))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("entity " INT64_FORMAT " has rows in table %s that you may not change",
							PG_GETARG_INT64(1),
							quote_qualified_identifier(graph->schema, columns[i][0]))));
	}
	PG_RETURN_VOID();
}
