/*
 * expression_text.c
 *	  Expressions of a planned query as SQL.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "admin/index_use/expression_text.h"

/* Of longer literals the first characters are shown. */
#define MAX_LITERAL 40
#define SHOWN_OF_LITERAL 24

/* Cuts literals, of which vectors make long ones. */
static char *
shorten(const char *text)
{
	StringInfoData result;
	const char *end;

	initStringInfo(&result);
	for (const char *at = text; *at; at = end)
	{
		end = at + 1;
		if (*at == '\'')
		{
			while (*end && *end != '\'')
				end++;
			if (*end)
				end++;
		}
		if (end - at <= MAX_LITERAL)
			appendBinaryStringInfo(&result, at, end - at);
		else
		{
			appendBinaryStringInfo(&result, at,
								   pg_mbcliplen(at, end - at,
												SHOWN_OF_LITERAL));
			appendStringInfoString(&result, "...'");
		}
	}
	return result.data;
}

/* An operator comes with parentheses, for what may be around it. */
static char *
without_parentheses(Node *expr, char *text)
{
	size_t		length = strlen(text);

	if (!IsA(expr, OpExpr) || length < 2 || text[0] != '(' ||
		text[length - 1] != ')')
		return text;
	text[		length - 1] = '\0';
	return text +1;
}

/* The planner's marks around expressions from below outer joins are no SQL. */
static Node *
remove_placeholders(Node *node, void *context)
{
	if (node && IsA(node, PlaceHolderVar))
		node = (Node *) ((PlaceHolderVar *) node)->phexpr;
	return node ? expression_tree_mutator(node, remove_placeholders, context) :
		NULL;
}

char *
kg_expression_text(PlannerInfo *root, Node *expr)
{
	PlannedStmt *plan = makeNode(PlannedStmt);
	Bitmapset  *relations = NULL;
	List	   *names;
	List	   *context;
	char	   *text;

	/* The functions for EXPLAIN want a plan: one with the range table only. */
	plan->rtable = root->parse->rtable;
	for (int i = 1; i <= list_length(plan->rtable); i++)
		relations = bms_add_member(relations, i);
	names = select_rtable_names_for_explain(plan->rtable, relations);
	context = deparse_context_for_plan_tree(plan, names);
	context = set_deparse_context_plan(context, (Plan *) makeNode(Result), NIL);
	expr = remove_placeholders(expr, NULL);
	text = deparse_expression(expr, context,
							  bms_num_members(root->all_baserels) > 1, false);

	return shorten(without_parentheses(expr, text));
}

char *
kg_table_expression_text(Oid table, Node *expr)
{
	List	   *context = deparse_context_for(get_rel_name(table), table);

	return shorten(deparse_expression(expr, context, false, false));
}
