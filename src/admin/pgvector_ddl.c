/*
 * pgvector_ddl.c
 *	  The event trigger of extension kg_pgvector, before CREATE INDEX and ALTER
 *	  EXTENSION.
 *
 * Classes of kg's types and of pgvector's have the same names, as those of
 * pgvector's users stand in their statements.  PostgreSQL takes the first class
 * of a name on the search_path, whatever its type is, and fails if that is the
 * other one.  The trigger writes the schema of the class that fits before the
 * name.  It is an event trigger for the reason that kg_guard_drop is one.
 *
 * An index's definition names its class with the schema.  So a dump is restored
 * only if extension vector is where it was: it may not be moved.  (PostgreSQL
 * has "no_relocate" for this from version 16 on.)
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_opclass.h"
#include "commands/defrem.h"
#include "commands/event_trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_coerce.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/compat.h"

#define ACCESS_METHOD_PREFIX "kg_"
#define PGVECTOR "vector"		/* the extension's name */

/* The type of an index column, as CREATE INDEX will see it. */
static Oid
column_type(Relation rel, const IndexElem *elem)
{
	ParseState *pstate;
	ParseNamespaceItem *item;
	AttrNumber	attno;
	Oid			type;

	if (elem->name)
	{
		attno = get_attnum(RelationGetRelid(rel), elem->name);
		return attno == InvalidAttrNumber ? InvalidOid :
			get_atttype(RelationGetRelid(rel), attno);
	}
	pstate = make_parsestate(NULL);
	item = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL,
										 false, true);
	addNSItemToQuery(pstate, item, false, true, true);
	type = exprType(transformExpr(pstate, copyObject(elem->expr),
								  EXPR_KIND_INDEX_EXPRESSION));
	free_parsestate(pstate);
	return type;
}

static bool
accepts(Oid opclass, Oid type)
{
	return IsBinaryCoercible(type, get_opclass_input_type(opclass));
}

/* The class of this name that accepts the type: on the search_path, or any. */
static Oid
find_class(Oid method, const char *name, Oid type)
{
	List	   *path = fetch_search_path(true);
	Oid			found = InvalidOid;
	CatCList   *list;
	ListCell   *lc;

	foreach(lc, path)
	{
		Oid			opclass = GetSysCacheOid3(CLAAMNAMENSP, Anum_pg_opclass_oid,
											  ObjectIdGetDatum(method),
											  CStringGetDatum(name),
											  ObjectIdGetDatum(lfirst_oid(lc)));

		if (OidIsValid(opclass) && accepts(opclass, type))
			return opclass;
	}
	list = SearchSysCacheList2(CLAAMNAMENSP, ObjectIdGetDatum(method),
							   CStringGetDatum(name));
	for (int i = 0; i < list->n_members; i++)
	{
		Oid			opclass = ((Form_pg_opclass) GETSTRUCT(&list->members[i]->tuple))->oid;

		if (accepts(opclass, type))
			found = opclass;
	}
	ReleaseCatCacheList(list);
	return found;
}

/* The name of a class with its schema, as the grammar gives it. */
static List *
qualified_name(Oid opclass)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	Form_pg_opclass form;
	List	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	name = list_make2(makeString(get_namespace_name(form->opcnamespace)),
					  makeString(pstrdup(NameStr(form->opcname))));
	ReleaseSysCache(tuple);
	return name;
}

/* Qualifies the class of an index column if the search_path leads to another. */
static void
choose_class(Relation rel, Oid method, IndexElem *elem)
{
	const char *name;
	Oid			first;
	Oid			type;
	Oid			fitting;
	MemoryContext old;

	if (list_length(elem->opclass) != 1)
		return;
	name = strVal(linitial(elem->opclass));
	first = OpclassnameGetOpcid(method, name);
	type = column_type(rel, elem);
	if (!OidIsValid(type) || (OidIsValid(first) && accepts(first, type)))
		return;
	fitting = find_class(method, name, type);
	if (!OidIsValid(fitting))
		return;
	/* The current memory is gone when the statement runs. */
	old = MemoryContextSwitchTo(GetMemoryChunkContext(elem));
	elem->opclass = qualified_name(fitting);
	MemoryContextSwitchTo(old);
}

/* What is wrong with the statement is PostgreSQL's to report. */
static void
choose_classes(IndexStmt *stmt)
{
	Relation	rel;
	Oid			table;
	Oid			method;
	ListCell   *lc;

	if (strncmp(stmt->accessMethod, ACCESS_METHOD_PREFIX,
				strlen(ACCESS_METHOD_PREFIX)) != 0 || stmt->transformed)
		return;
	method = get_am_oid(stmt->accessMethod, true);
	table = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (!OidIsValid(method) || !OidIsValid(table) ||
		!kg_owns_table(table, GetUserId()))
		return;
	rel = try_table_open(table, AccessShareLock);
	if (rel == NULL)
		return;
	foreach(lc, stmt->indexParams)
	{
		choose_class(rel, method, lfirst_node(IndexElem, lc));
	}
	table_close(rel, AccessShareLock);
}

static void
refuse_move(const AlterObjectSchemaStmt *stmt)
{
	if (stmt->objectType == OBJECT_EXTENSION &&
		strcmp(strVal(stmt->object), PGVECTOR) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot move extension \"%s\" to schema \"%s\" because extension kg_pgvector is installed",
						PGVECTOR, stmt->newschema),
				 errdetail("The operator classes of kg_pgvector are in its schema, where dumps of indexes name them."),
				 errhint("Drop extension kg_pgvector, move extension \"%s\", and create both the extension and its indexes again.",
						 PGVECTOR)));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_pgvector_ddl);

Datum
kg_pgvector_ddl(PG_FUNCTION_ARGS)
{
	Node	   *parsetree;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("kg.pgvector_ddl is for event triggers only")));
	parsetree = ((EventTriggerData *) fcinfo->context)->parsetree;
	if (IsA(parsetree, IndexStmt))
		choose_classes((IndexStmt *) parsetree);
	else if (IsA(parsetree, AlterObjectSchemaStmt))
		refuse_move((AlterObjectSchemaStmt *) parsetree);
	PG_RETURN_NULL();
}
