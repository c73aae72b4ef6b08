/*
 * catalog.c
 *	  kg.graph: which graphs there are and which tables they consist of.
 *
 * Everyone may read the catalogue; only the two functions at the end write
 * it.  They judge the rights of the caller by the graph's own tables and then
 * write in the name of the catalogue's owner, as foreign keys do, so no role
 * needs a privilege on kg.graph and none can touch the entry of another.
 * The README tells why it is done this way.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation_d.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type_d.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "graph/graph.h"

/* Columns of kg.graph, in the order of catalog.sql. */
enum
{
	ANUM_GRAPH_NAME = 1,
	ANUM_GRAPH_SCHEMA,
	ANUM_GRAPH_FIRST_TABLE,		/* KG_NUM_TABLES in the order of KgTable */
	ANUM_GRAPH_METRIC = ANUM_GRAPH_FIRST_TABLE + KG_NUM_TABLES
};

static char *
text_column(HeapTuple tuple, int attno, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, attno, desc, &isnull);

	if (isnull)
		elog(ERROR, "unexpected null in column %d of kg.graph", attno);
	return TextDatumGetCString(value);
}

/*
 * The entry of a graph or NULL.  Read like a system catalogue, with a
 * snapshot of its own: names mean what they mean now, as those of tables do.
 */
static KgGraph *
find_graph(const char *name)
{
	Oid			namespace = get_namespace_oid("kg", false);
	Oid			relid = get_relname_relid("graph", namespace);
	Oid			index = get_relname_relid("graph_pkey", namespace);
	Relation	rel;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	KgGraph    *graph = NULL;

	if (!OidIsValid(relid) || !OidIsValid(index))
		elog(ERROR, "the catalogue kg.graph is missing");
	rel = table_open(relid, AccessShareLock);
	ScanKeyEntryInitialize(&key, 0, ANUM_GRAPH_NAME, BTEqualStrategyNumber,
						   InvalidOid, DEFAULT_COLLATION_OID, F_TEXTEQ,
						   CStringGetTextDatum(name));
	scan = systable_beginscan(rel, index, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		TupleDesc	desc = RelationGetDescr(rel);
		int			i;

		graph = palloc0(sizeof(KgGraph));
		graph->name = pstrdup(name);
		graph->schema = text_column(tuple, ANUM_GRAPH_SCHEMA, desc);
		for (i = 0; i < KG_NUM_TABLES; i++)
			graph->tables[i] = text_column(tuple, ANUM_GRAPH_FIRST_TABLE + i, desc);
		graph->metric = text_column(tuple, ANUM_GRAPH_METRIC, desc);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return graph;
}

static void
no_such_graph(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("graph \"%s\" does not exist", name),
			 errhint("Make it with SELECT kg.create_graph(%s), or see the graphs of this database in the table kg.graph.",
					 quote_literal_cstr(name))));
}

KgGraph *
kg_graph_get(const char *name)
{
	KgGraph    *graph = find_graph(name);

	if (graph == NULL)
		no_such_graph(name);
	return graph;
}

char *
kg_graph_quoted_table(const KgGraph *graph, KgTable table)
{
	return quote_qualified_identifier(graph->schema, graph->tables[table]);
}

Relation
kg_graph_open_table(const KgGraph *graph, KgTable table)
{
	RangeVar   *name = makeRangeVar(graph->schema, graph->tables[table], -1);
	Oid			relid = InvalidOid;

	/* A missing schema is reported below, with more to say than usual. */
	if (OidIsValid(get_namespace_oid(graph->schema, true)))
		relid = RangeVarGetRelid(name, AccessShareLock, true);
	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("graph \"%s\" is registered but its table %s is missing",
						graph->name, kg_graph_quoted_table(graph, table)),
				 errhint("Bring the table back, or remove what is left of the graph with SELECT kg.drop_graph(%s).",
						 quote_literal_cstr(graph->name))));
	return table_open(relid, NoLock);
}

/* Runs a command that writes kg.graph as the owner of kg.graph. */
static void
write_catalog(const char *command, int nargs, Oid *types, Datum *values)
{
	Relation	rel;
	Oid			owner;
	Oid			save_userid;
	int			save_sec_context;

	rel = table_open(get_relname_relid("graph", get_namespace_oid("kg", false)),
					 RowExclusiveLock);
	owner = rel->rd_rel->relowner;
	table_close(rel, NoLock);

	/* An error leaves through transaction abort, which restores the user. */
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(owner, save_sec_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	SPI_connect();
	if (SPI_execute_with_args(command, nargs, types, values, NULL, false, 0) < 0)
		elog(ERROR, "could not write kg.graph");
	SPI_finish();
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

PG_FUNCTION_INFO_V1(kg_register_graph);

/*
 * register_graph(name text, metric text, made_schema boolean)
 *
 * The tables are those in the schema of that name, which create_graph has
 * just made.  The caller must own them all: otherwise one role could enter,
 * under a name that others trust, tables that are not the ones they expect,
 * or claim the name of a graph that another role has.
 */
Datum
kg_register_graph(PG_FUNCTION_ARGS)
{
	static const char *const tables[KG_NUM_TABLES] = {
		"entity", "relation", "observation", "entity_type", "relation_type"
	};
	Oid			types[] = {TEXTOID, TEXTOID, BOOLOID};
	Datum		values[] = {
		PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)
	};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid			schema = get_namespace_oid(name, false);
	int			i;

	for (i = 0; i < KG_NUM_TABLES; i++)
	{
		Oid			relid = get_relname_relid(tables[i], schema);

		if (!OidIsValid(relid))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("schema \"%s\" has no table \"%s\"", name, tables[i]),
					 errhint("kg.create_graph makes and registers the tables of a graph.")));
		if (!kg_owns_table(relid, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, tables[i]);
	}
	write_catalog("INSERT INTO kg.graph (name, schema_name, metric, made_schema)"
				  " VALUES ($1, $1, $2, $3)", 3, types, values);
	PG_RETURN_VOID();
}

/*
 * May this role take the graph out of the catalogue?  Whoever could drop all
 * of its tables may.  When they are gone already, the entry stands in the way
 * of a new graph of that name, so whoever could make that one may.
 */
static void
check_may_unregister(const KgGraph *graph)
{
	Oid			user = GetUserId();
	Oid			schema = get_namespace_oid(graph->schema, true);
	bool		found = false;
	int			i;

	if (!OidIsValid(schema))
	{
		if (!kg_has_database_privilege(MyDatabaseId, user, ACL_CREATE))
			aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_DATABASE,
						   get_database_name(MyDatabaseId));
		return;
	}
	if (kg_owns_schema(schema, user))
		return;
	for (i = 0; i < KG_NUM_TABLES; i++)
	{
		Oid			relid = get_relname_relid(graph->tables[i], schema);

		if (!OidIsValid(relid))
			continue;
		found = true;
		if (!kg_owns_table(relid, user))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, graph->tables[i]);
	}
	if (!found && !kg_has_schema_privilege(schema, user, ACL_CREATE))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_SCHEMA, graph->schema);
}

PG_FUNCTION_INFO_V1(kg_unregister_graph);

/* unregister_graph(name text) */
Datum
kg_unregister_graph(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {PG_GETARG_DATUM(0)};

	check_may_unregister(kg_graph_get(text_to_cstring(PG_GETARG_TEXT_PP(0))));
	write_catalog("DELETE FROM kg.graph WHERE name OPERATOR(pg_catalog.=) $1",
				  1, types, values);
	PG_RETURN_VOID();
}
