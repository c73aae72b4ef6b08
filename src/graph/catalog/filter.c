/*
 * filter.c
 *	  Conditions on relations that callers write in SQL.
 *
 * The SQL reader puts a filter into its query, which runs as the current
 * user, so a filter can do nothing that a SELECT of that user could not.  But
 * it might change the rest of the query, for example by closing a parenthesis
 * that it has not opened.  Therefore it is first parsed alone.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "catalog/pg_proc.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "utils/lsyscache.h"

#include "graph/catalog/filter.h"

typedef struct Parsed
{
	const char *filter;
	int			start;			/* characters before it in the text that is
								 * parsed */
} Parsed;

/* Error context callback: makes the position of an error one in the filter. */
static void
parse_error(void *arg)
{
	const Parsed *parsed = arg;
	int			position = geterrposition() - parsed->start;

	errposition(0);
	if (position > 0)
	{
		internalerrposition(position);
		internalerrquery(parsed->filter);
	}
	errcontext("filter of a graph search");
}

/* The parse tree of a single expression, or NULL if it is something else. */
static Node *
parse_expression(const char *filter)
{
	Parsed		parsed = {filter, 0};
	ErrorContextCallback callback = {error_context_stack, parse_error, &parsed};
	List	   *statements;
	SelectStmt *select;
	ResTarget  *target;

	error_context_stack = &callback;
	/* This mode parses what may follow SELECT in a query. */
	statements = raw_parser(filter, RAW_PARSE_PLPGSQL_EXPR);
	error_context_stack = callback.previous;

	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(select, SelectStmt) || list_length(select->targetList) != 1 ||
		select->distinctClause != NIL || select->fromClause != NIL ||
		select->whereClause != NULL || select->groupClause != NIL ||
		select->havingClause != NULL || select->windowClause != NIL ||
		select->sortClause != NIL || select->limitOffset != NULL ||
		select->limitCount != NULL || select->lockingClause != NIL)
		return NULL;
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL)
		return NULL;
	if (IsA(target->val, ColumnRef) &&
		IsA(llast(((ColumnRef *) target->val)->fields), A_Star))
		return NULL;
	return target->val;
}

static bool
has_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ParamRef))
		return true;
	return raw_expression_tree_walker(node, has_parameter, context);
}

void
kg_check_filter(const char *filter)
{
	Node	   *expression = parse_expression(filter);

	if (expression == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("filter \"%s\" is not a single expression", filter),
				 errhint("Write what could stand after WHERE, such as 'r.weight > 0.5'.")));
	if (has_parameter(expression, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("filter \"%s\" has a parameter", filter),
				 errhint("Put values into the text with format() and %%L.")));
}

static bool
names_entities(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		Node	   *first = linitial(((ColumnRef *) node)->fields);

		return IsA(first, String) &&
			(strcmp(strVal(first), "s") == 0 || strcmp(strVal(first), "t") == 0);
	}
	return raw_expression_tree_walker(node, names_entities, context);
}

bool
kg_filter_names_entities(const char *filter)
{
	return names_entities(parse_expression(filter), NULL);
}

static bool
is_unsafe(Oid function, void *context)
{
	return func_parallel(function) != PROPARALLEL_SAFE;
}

/* Does a query call functions that are not parallel safe? */
static bool
calls_unsafe_function(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_unsafe, context))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, calls_unsafe_function, context, 0);
	return expression_tree_walker(node, calls_unsafe_function, context);
}

void
kg_check_filter_query(const char *sql, const char *filter, const Oid *argtypes, int nargs)
{
	Parsed		parsed = {filter, 0};
	ErrorContextCallback callback = {error_context_stack, parse_error, &parsed};
	const char *found = sql;
	RawStmt    *statement;
	Query	   *query;

	/* The last match is the filter: the query ends with it. */
	while ((found = strstr(found, filter)) != NULL)
		parsed.start = pg_mbstrlen_with_len(sql, found++ - sql);
	error_context_stack = &callback;
	statement = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT));
	query = parse_analyze_fixedparams(statement, sql, argtypes, nargs, NULL);
	error_context_stack = callback.previous;
	if (contain_volatile_functions((Node *) query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("filter calls a volatile function"),
				 errdetail("A search may ask about a relation more than once.")));
	if (IsParallelWorker() && calls_unsafe_function((Node *) query, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("filter calls a function that is not parallel safe in a parallel query"),
				 errhint("Set max_parallel_workers_per_gather to 0, or mark the function as PARALLEL SAFE if it is.")));
}
