/*
 * index_query.c
 *	  The queries of an index's rows: all of them, and the nearest by the index.
 *
 * They are what a user would write: the indexed expression as the index's
 * definition has it, with the predicate of a partial index.  ONLY, as an index
 * of a table does not have the rows of tables that inherit from it.
 */
#include "postgres.h"

#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/plancat.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "admin/index_query.h"
#include "ann/core/column.h"

/* The index that the planner may take, and its table. */
static const KgIndexQuery *forced_query = NULL;
static kg_relation_hook_type next_hook = NULL;

/* " AND (predicate)" or "" */
static char *
predicate_sql(Relation index)
{
	List	   *predicate = RelationGetIndexPredicate(index);
	Oid			table = index->rd_index->indrelid;

	if (predicate == NIL)
		return "";
	return psprintf(" AND (%s)",
					deparse_expression((Node *) make_ands_explicit(predicate),
									   deparse_context_for(get_rel_name(table), table),
									   false, false));
}

/* OPERATOR(schema.name) of an index's distance */
static char *
operator_sql(Relation index)
{
	Oid			op = get_opfamily_member(index->rd_opfamily[0],
										 index->rd_opcintype[0],
										 index->rd_opcintype[0],
										 KG_DISTANCE_STRATEGY);
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(op));
	Form_pg_operator form;
	char	   *sql;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "index \"%s\" has no operator of a distance",
			 RelationGetRelationName(index));
	form = (Form_pg_operator) GETSTRUCT(tuple);
	sql = psprintf("OPERATOR(%s.%s)",
				   quote_identifier(get_namespace_name(form->oprnamespace)),
				   NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return sql;
}

/* Has the owner of a function fewer rights than the user who would run it? */
static bool
is_untrusted(Oid function, void *context)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	if (has_privs_of_role(owner, GetUserId()))
		return false;
	*(Oid *) context = function;
	return true;
}

static bool
calls_untrusted(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_untrusted, context))
		return true;
	return expression_tree_walker(node, calls_untrusted, context);
}

/*
 * An error if the index's expressions or predicate call a function of a role
 * that has not the current user's rights already: the user has written no
 * query that calls it.
 */
static void
check_functions(Relation index)
{
	Oid			function = InvalidOid;

	if (calls_untrusted((Node *) RelationGetIndexExpressions(index), &function) ||
		calls_untrusted((Node *) RelationGetIndexPredicate(index), &function))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("index \"%s\" calls function %s, which another role could let run with your rights",
						RelationGetRelationName(index), format_procedure(function)),
				 errhint("SET ROLE to the owner of the table.")));
}

KgIndexQuery
kg_index_query(Relation index, int limit)
{
	Oid			table = index->rd_index->indrelid;
	KgIndexQuery query = {
		.index = RelationGetRelid(index),
		.table = table,
		.index_name = pstrdup(RelationGetRelationName(index)),
		.type = index->rd_opcintype[0],
	};
	char	   *schema = get_namespace_name(get_rel_namespace(table));
	char	   *from = psprintf("ONLY %s AS t",
								quote_qualified_identifier(schema, get_rel_name(table)));
	char	   *predicate = predicate_sql(index);
	char	   *distance;
	char	   *vector =
	TextDatumGetCString(OidFunctionCall3(F_PG_GET_INDEXDEF_OID_INT4_BOOL,
										 ObjectIdGetDatum(query.index),
										 Int32GetDatum(1),
										 BoolGetDatum(false)));

	check_functions(index);
	distance = psprintf("%s %s $1", vector, operator_sql(index));
	query.rows = psprintf("SELECT tableoid, ctid, %s FROM %s WHERE %s IS NOT NULL%s",
						  vector, from, vector, predicate);
	query.nearest = psprintf("SELECT tableoid, ctid, %s FROM %s WHERE true%s ORDER BY %s LIMIT %d",
							 distance, from, predicate, distance, limit);
	return query;
}

/* Hides the table's other indexes from the planner. */
static void
hide_other_indexes(KG_RELATION_HOOK_PARAMETERS)
{
	if (next_hook)
		next_hook(KG_RELATION_HOOK_ARGUMENTS);
	if (forced_query && KG_RELATION_HOOK_TABLE == forced_query->table)
	{
		ListCell   *cell;

		foreach(cell, rel->indexlist)
		{
			if (((IndexOptInfo *) lfirst(cell))->indexoid != forced_query->index)
				rel->indexlist = foreach_delete_current(rel->indexlist, cell);
		}
	}
}

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
kg_index_query_begin(const KgIndexQuery *query, KgForcedIndex *forced)
{
	static const char *const off[] = {
		"enable_seqscan", "enable_sort", "enable_bitmapscan",
		"enable_indexonlyscan", "enable_tidscan"
	};

	forced->settings = NewGUCNestLevel();
	forced->previous = kg_relation_hook;
	for (int i = 0; i < (int) lengthof(off); i++)
		set_for_now(off[i], "off");
	set_for_now("enable_indexscan", "on");
	next_hook = kg_relation_hook;
	forced_query = query;
	kg_relation_hook = hide_other_indexes;
}

void
kg_index_query_end(KgForcedIndex *forced)
{
	kg_relation_hook = forced->previous;
	forced_query = NULL;
	next_hook = NULL;
	AtEOXact_GUC(true, forced->settings);
}

/* Does the plan return rows in the order of an index's distances? */
static bool
is_index_plan(const Plan *plan, Oid index)
{
	for (; plan != NULL; plan = plan->lefttree)
	{
		if (IsA(plan, IndexScan))
			return ((const IndexScan *) plan)->indexid == index &&
				((const IndexScan *) plan)->indexorderby != NIL;
		if (!IsA(plan, Limit) && !IsA(plan, Result))
			return false;
	}
	return false;
}

SPIPlanPtr
kg_index_query_plan(const KgIndexQuery *query)
{
	Oid			type = query->type;
	SPIPlanPtr	plan = SPI_prepare_cursor(query->nearest, 1, &type,
										  CURSOR_OPT_GENERIC_PLAN);
	CachedPlan *cached;
	PlannedStmt *statement;
	bool		served;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query->nearest,
			 SPI_result_code_string(SPI_result));
	cached = SPI_plan_get_cached_plan(plan);
	if (cached == NULL)
		elog(ERROR, "could not plan \"%s\"", query->nearest);
	statement = linitial_node(PlannedStmt, cached->stmt_list);
	served = is_index_plan(statement->planTree, query->index);
	/* no resource owner has the plan of an SPIPlanPtr that is not kept */
	ReleaseCachedPlan(cached, NULL);
	if (!served)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the planner cannot use index \"%s\" for its own rows",
						query->index_name),
				 errdetail_internal("%s", query->nearest)));
	return plan;
}
