/*
 * register.c
 *	  Writes kg.graph, kg.node_table and kg.edge_table.
 *
 * The functions check the caller's rights on the graph's own tables and then
 * write as the owner of the catalogue, as foreign keys do.  So no role needs a
 * privilege to write the catalogue, and none can change the entry of another.
 * The README ("Who may write the catalogue") tells why it is done this way.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type_d.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "graph/catalog/catalog.h"
#include "types/type_oid.h"
#include "pg/compat.h"

/*
 * The command runs with a search_path of its own: an unqualified name in it, as
 * that of a type, would else be looked up in the caller's schemas, and the
 * caller's function run as the owner.
 */
uint64
kg_catalog_write(const char *command, int nargs, Oid *types, Datum *values)
{
	Relation	rel;
	uint64		nrows;
	Oid			owner;
	Oid			save_userid;
	int			save_sec_context;
	int			settings;

	rel = table_open(get_relname_relid("graph", get_namespace_oid("kg", false)),
					 RowExclusiveLock);
	owner = rel->rd_rel->relowner;
	table_close(rel, NoLock);

	/*
	 * An error leaves through transaction abort, which restores the user and
	 * the setting.
	 */
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(owner, save_sec_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	SPI_connect();
	if (SPI_execute_with_args(command, nargs, types, values, NULL, false, 0) < 0)
		elog(ERROR, "could not write the catalogue of graphs");
	nrows = SPI_processed;
	SPI_finish();
	AtEOXact_GUC(true, settings);
	SetUserIdAndSecContext(save_userid, save_sec_context);
	return nrows;
}

/*
 * Inserts a row into kg.graph.  The command ends with ON CONFLICT DO NOTHING,
 * which waits for a transaction that has inserted a graph of this name.
 */
static void
enter_graph(const char *name, const char *command, int nargs, Oid *types, Datum *values)
{
	if (kg_catalog_write(command, nargs, types, values) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("graph \"%s\" already exists", name)));
}

static void
check_metric(const char *metric)
{
	if (metric == NULL ||
		(strcmp(metric, "cosine") != 0 && strcmp(metric, "l2") != 0 && strcmp(metric, "ip") != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown metric %s", metric ? quote_literal_cstr(metric) : "NULL"),
				 errhint("Use 'cosine', 'l2' or 'ip'. Tables are given by name, as in nodes => '[...]'.")));
}

/* A text, or NULL for null. */
static char *
text_argument(FunctionCallInfo fcinfo, int argno)
{
	return PG_ARGISNULL(argno) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argno));
}

static void
check_named(const char *name)
{
	if (name == NULL || name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a graph needs a name")));
}

PG_FUNCTION_INFO_V1(kg_register_graph);

/*
 * register_graph(name text, metric text, made_schema boolean)
 *
 * Enters the tables in the schema of that name, which create_graph has just
 * made.  The caller must own them all.  Otherwise a role could enter tables
 * that others do not expect under a name that they trust, or take the name of
 * another role's graph.
 */
Datum
kg_register_graph(PG_FUNCTION_ARGS)
{
	static const char *const tables[KG_NUM_TABLES] = {
		"entity", "relation", "observation", "entity_type", "relation_type"
	};
	Oid			types[] = {TEXTOID, TEXTOID, BOOLOID};
	Datum		values[] = {
		PG_GETARG_DATUM(0), PG_GETARG_DATUM(1),
		BoolGetDatum(!PG_ARGISNULL(2) && PG_GETARG_BOOL(2))
	};
	char	   *name = text_argument(fcinfo, 0);
	Oid			schema;

	check_named(name);
	check_metric(text_argument(fcinfo, 1));
	schema = get_namespace_oid(name, false);
	for (int i = 0; i < KG_NUM_TABLES; i++)
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
	enter_graph(name, "INSERT INTO kg.graph (name, schema_name, metric, made_schema)"
				" VALUES ($1, $1, $2, $3) ON CONFLICT DO NOTHING", 3, types, values);
	PG_RETURN_VOID();
}

/*
 * kg.create_graph names a graph like its schema.  So whoever registers a graph
 * with the name of a schema must have the right to make a graph there.
 */
static void
check_may_name(const char *name)
{
	Oid			schema = get_namespace_oid(name, true);

	if (strncmp(name, "pg_", 3) == 0 || strcmp(name, "information_schema") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("graph name \"%s\" is reserved for system schemas", name)));
	if (OidIsValid(schema) && !kg_has_schema_privilege(schema, GetUserId(), ACL_CREATE))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to name a graph like schema \"%s\"", name),
				 errhint("Give the graph another name, or ask for GRANT CREATE ON SCHEMA %s.",
						 quote_identifier(name))));
}

/* The base type of a column; InvalidOid if the name is NULL. */
static Oid
column_type(const KgGraph *graph, Relation rel, const char *name)
{
	AttrNumber	attno = kg_graph_column(graph, rel, name);

	return attno == InvalidAttrNumber ? InvalidOid :
		getBaseType(TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid);
}

/* An error unless the column, if there is one, is of one of these types. */
static void
check_type(const KgGraph *graph, Relation rel, const char *name, const char *role,
		   const Oid *types)
{
	Oid			type = column_type(graph, rel, name);
	Oid			stored;

	if (!OidIsValid(type))
		return;
	stored = kg_stored_type(type);
	for (int i = 0; OidIsValid(types[i]); i++)
	{
		if (types[i] == type || types[i] == stored)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of table %s is of type %s, which cannot be used as %s",
					name, kg_quoted_relation(rel), format_type_be(type), role)));
}

/*
 * Opens a table to check it; an error unless it can hold rows and is the
 * caller's.
 */
static Relation
open_own_table(const KgGraph *graph, const char *schema, const char *table)
{
	Relation	rel = kg_graph_open(graph, schema, table);

	switch (rel->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("%s is not a table", kg_quoted_relation(rel))));
	}
	if (!kg_owns_table(RelationGetRelid(rel), GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(rel->rd_rel->relkind),
					   RelationGetRelationName(rel));

	/* In another session its name would mean another table. */
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" is temporary", RelationGetRelationName(rel)),
				 errdetail("A graph outlives the session that registers it.")));
	return rel;
}

static void
check_node_table(const KgGraph *graph, const KgNodeTable *table)
{
	const Oid	names[] = {TEXTOID, VARCHAROID, BPCHAROID, NAMEOID, InvalidOid};
	const Oid	embeddings[] = {kg_type("vector"), kg_type("halfvec"),
	kg_type("int8vec"), InvalidOid};
	Relation	rel = open_own_table(graph, table->schema, table->table);

	check_type(graph, rel, table->name, "a name", names);
	check_type(graph, rel, table->embedding, "an embedding", embeddings);
	check_type(graph, rel, table->content, "a text", names);
	table_close(rel, NoLock);
}

static void
check_edge_table(const KgGraph *graph, const KgEdgeTable *table)
{
	static const Oid integers[] = {INT2OID, INT4OID, INT8OID, InvalidOid};
	static const Oid numbers[] = {
		INT2OID, INT4OID, INT8OID, FLOAT4OID, FLOAT8OID, NUMERICOID, InvalidOid
	};
	static const Oid times[] = {DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, InvalidOid};
	Relation	rel = open_own_table(graph, table->schema, table->table);

	kg_graph_check_ends(graph, rel, table);
	kg_graph_column(graph, rel, table->type_column);
	check_type(graph, rel, table->id, "an id", integers);
	check_type(graph, rel, table->weight, "a weight", numbers);
	check_type(graph, rel, table->valid_from, "the start of a validity", times);
	check_type(graph, rel, table->valid_to, "the end of a validity", times);
	check_type(graph, rel, table->recorded_at, "the time from which an edge was known", times);
	check_type(graph, rel, table->expired_at, "the time until which an edge was known", times);
	table_close(rel, NoLock);
}

/* Removes the lists of a graph's tables, and what was counted in them. */
static void
forget_tables(Datum graph)
{
	Oid			types[] = {TEXTOID};

	kg_catalog_write("WITH edges AS (DELETE FROM kg.edge_table WHERE graph OPERATOR(pg_catalog.=) $1),"
					 " sizes AS (DELETE FROM kg.registered_text_size WHERE graph OPERATOR(pg_catalog.=) $1),"
					 " lexemes AS (DELETE FROM kg.registered_lexeme WHERE graph OPERATOR(pg_catalog.=) $1)"
					 " DELETE FROM kg.node_table WHERE graph OPERATOR(pg_catalog.=) $1",
					 1, types, &graph);
}

PG_FUNCTION_INFO_V1(kg_register_tables);

/*
 * register_tables(name text, metric text, nodes jsonb, edges jsonb)
 *
 * The entry is written first and then checked, read as other functions read it.
 * An error rolls it back.
 */
Datum
kg_register_tables(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TEXTOID, TEXTOID, JSONBOID, JSONBOID};
	Datum		values[] = {
		PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)
	};
	char	   *name = text_argument(fcinfo, 0);
	KgGraph    *graph;

	check_named(name);
	check_may_name(name);
	check_metric(text_argument(fcinfo, 1));
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the tables of graph \"%s\" must not be null", name),
				 errhint("Use kg.register_graph.")));
	enter_graph(name, "INSERT INTO kg.graph (name, schema_name, entity_table, relation_table,"
				" observation_table, entity_type_table, relation_type_table, metric)"
				" VALUES ($1, NULL, NULL, NULL, NULL, NULL, NULL, $2) ON CONFLICT DO NOTHING",
				2, types, values);
	/* A partial restore may have left rows without one in kg.graph. */
	forget_tables(values[0]);
	kg_catalog_write("WITH nodes AS ("
					 "INSERT INTO kg.node_table SELECT $1, n.label, n.schema, n.\"table\", n.key,"
					 " n.name, n.embedding, n.content FROM pg_catalog.jsonb_to_recordset($3) AS n(label text,"
					 " schema text, \"table\" text, key text, name text, embedding text, content text))"
					 "INSERT INTO kg.edge_table SELECT $1, pg_catalog.row_number() OVER (), e.schema,"
					 " e.\"table\", e.source, e.target, e.source_label, e.target_label, e.type,"
					 " e.type_column, e.id, e.weight, e.valid_from, e.valid_to,"
					 " coalesce(e.trust_ends, false), e.recorded_at, e.expired_at"
					 " FROM pg_catalog.jsonb_to_recordset($4) AS e(schema text, \"table\" text,"
					 " source text, target text, source_label text, target_label text, type text,"
					 " type_column text, id text, weight text, valid_from text, valid_to text,"
					 " trust_ends boolean, recorded_at text, expired_at text)",
					 4, types, values);
	CommandCounterIncrement();
	graph = kg_graph_get(name);
	kg_graph_resolve(graph);
	for (int i = 0; i < graph->nnode_tables; i++)
		check_node_table(graph, &graph->node_tables[i]);
	for (int i = 0; i < graph->nedge_tables; i++)
		check_edge_table(graph, &graph->edge_tables[i]);
	PG_RETURN_VOID();
}

/*
 * An error unless the current user may take this table's graph out of the
 * catalogue: he must have the right to drop the table.  If the table is gone,
 * the entry only stands in the way of a new graph of that name; then, with
 * "check_create", he must have the right to make the table.  Returns whether
 * the table, or its schema as the user's own, is there.
 */
static bool
check_may_forget(const char *schema_name, const char *table, bool check_create)
{
	Oid			user = GetUserId();
	Oid			schema = get_namespace_oid(schema_name, true);
	Oid			relid;

	if (!OidIsValid(schema))
	{
		if (!kg_has_database_privilege(MyDatabaseId, user, ACL_CREATE))
			aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_DATABASE,
						   get_database_name(MyDatabaseId));
		return false;
	}
	if (kg_owns_schema(schema, user))
		return true;
	relid = get_relname_relid(table, schema);
	if (OidIsValid(relid))
	{
		if (!kg_owns_table(relid, user))
			aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)), table);
		return true;
	}
	if (check_create && !kg_has_schema_privilege(schema, user, ACL_CREATE))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_SCHEMA, schema_name);
	return false;
}

static void
check_may_unregister(const KgGraph *graph)
{
	bool		found = false;

	if (graph->registered)
	{
		for (int i = 0; i < graph->nnode_tables; i++)
			check_may_forget(graph->node_tables[i].schema, graph->node_tables[i].table, true);
		for (int i = 0; i < graph->nedge_tables; i++)
			check_may_forget(graph->edge_tables[i].schema, graph->edge_tables[i].table, true);
		return;
	}
	for (int i = 0; i < KG_NUM_TABLES; i++)
		found |= check_may_forget(graph->schema, graph->tables[i], false);
	if (!found)
		check_may_forget(graph->schema, graph->tables[KG_ENTITY], true);
}

PG_FUNCTION_INFO_V1(kg_unregister_graph);

/* unregister_graph(name text) */
Datum
kg_unregister_graph(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {PG_GETARG_DATUM(0)};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	(void) kg_graph_get(name);

	/* The row lock keeps others from replacing the entry after the check. */
	if (kg_catalog_write("SELECT FROM kg.graph WHERE name OPERATOR(pg_catalog.=) $1 FOR UPDATE",
						 1, types, values) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("graph \"%s\" was changed by another transaction", name)));
	check_may_unregister(kg_graph_get(name));
	kg_catalog_write("DELETE FROM kg.graph WHERE name OPERATOR(pg_catalog.=) $1",
					 1, types, values);
	forget_tables(values[0]);
	PG_RETURN_VOID();
}
