/*
 * statement.c
 *	  The text of a statement, analysed and rewritten but not run.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/extension.h"
#include "commands/prepare.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "tcop/cmdtag.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"

#include "admin/index_use/statement.h"

/* A statement as it is taken apart. */
typedef struct Parsed
{
	KgStatement *statement;
	Node	   *query;			/* raw */
	Oid		   *types;			/* of parameters, or NULL */
	int			ntypes;
} Parsed;

/* Gives an error of the parser its place in the text that the user gave. */
static void
place_error(void *arg)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery((const char *) arg);
	}
}

static void
take_prepare(Parsed *parsed, PrepareStmt *stmt)
{
	ListCell   *lc;

	parsed->query = stmt->query;
	parsed->ntypes = list_length(stmt->argtypes);
	parsed->types = palloc(sizeof(Oid) * Max(parsed->ntypes, 1));
	foreach(lc, stmt->argtypes)
	{
		parsed->types[foreach_current_index(lc)] =
			typenameTypeId(NULL, lfirst_node(TypeName, lc));
	}
}

static void
take_execute(Parsed *parsed, ExecuteStmt *stmt)
{
	CachedPlanSource *source =
	FetchPreparedStatement(stmt->name, true)->plansource;

	if (source->raw_parse_tree == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("prepared statement \"%s\" is empty", stmt->name)));
	parsed->query = copyObject(source->raw_parse_tree->stmt);
	parsed->statement->text = pstrdup(source->query_string);
	parsed->ntypes = source->num_params;
	parsed->types = palloc(sizeof(Oid) * Max(parsed->ntypes, 1));
	memcpy(parsed->types, source->param_types, sizeof(Oid) * parsed->ntypes);
}

/* SELECT INTO is explained as the SELECT. */
static void
remove_into(SelectStmt *stmt)
{
	while (stmt->op != SETOP_NONE && stmt->larg)
		stmt = stmt->larg;
	stmt->intoClause = NULL;
}

/* The statement within another one; false if there is none. */
static bool
take_inner(Parsed *parsed)
{
	Node	   *stmt = parsed->query;

	switch (nodeTag(stmt))
	{
		case T_RawStmt:
			parsed->query = ((RawStmt *) stmt)->stmt;
			return true;
		case T_ExplainStmt:
			parsed->query = ((ExplainStmt *) stmt)->query;
			return true;
		case T_DeclareCursorStmt:
			parsed->statement->cursor_options =
				((DeclareCursorStmt *) stmt)->options;
			parsed->query = ((DeclareCursorStmt *) stmt)->query;
			return true;
		case T_CreateTableAsStmt:
			parsed->query = ((CreateTableAsStmt *) stmt)->query;
			return true;
		case T_ViewStmt:
			parsed->query = ((ViewStmt *) stmt)->query;
			return true;
		case T_CopyStmt:
			if (((CopyStmt *) stmt)->query == NULL)
				return false;
			parsed->query = ((CopyStmt *) stmt)->query;
			return true;
		case T_PrepareStmt:
			take_prepare(parsed, (PrepareStmt *) stmt);
			return true;
		case T_ExecuteStmt:
			take_execute(parsed, (ExecuteStmt *) stmt);
			return true;
		case T_SelectStmt:
			remove_into((SelectStmt *) stmt);
			return false;
		default:
			return false;
	}
}

static bool
has_plan(Node *stmt)
{
	return IsA(stmt, SelectStmt) || IsA(stmt, InsertStmt) ||
		IsA(stmt, UpdateStmt) || IsA(stmt, DeleteStmt) ||
		IsA(stmt, MergeStmt);
}

static void
parse(Parsed *parsed)
{
	List	   *statements = pg_parse_query(parsed->statement->text);

	if (list_length(statements) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expected one statement, not %d",
						list_length(statements))));
	parsed->query = linitial(statements);
	while (take_inner(parsed))
		;
	if (!has_plan(parsed->query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s has no plan that could use an index",
						GetCommandTagName(CreateCommandTag(parsed->query))),
				 errhint("Statements with a plan are SELECT, INSERT, UPDATE, DELETE, MERGE and those that contain one of them.")));
}

/* Does an error speak of what this extension has? */
static bool
is_about_vectors(const ErrorData *error)
{
	static const char *const words[] = {
		"vec", "ball", "<->", "<=>", "<#>", "<+>", "<<", "distance",
		"inner_product", "max_sim", "@#"
	};

	if (error->sqlerrcode != ERRCODE_UNDEFINED_FUNCTION &&
		error->sqlerrcode != ERRCODE_UNDEFINED_OBJECT &&
		error->sqlerrcode != ERRCODE_AMBIGUOUS_FUNCTION)
		return false;
	for (size_t i = 0; i < lengthof(words); i++)
	{
		if (strstr(error->message, words[i]))
			return true;
	}
	return false;
}

/* What to do about a name that is not found. */
static char *
hint_for(const ErrorData *error)
{
	Oid			schema = get_namespace_oid("kg", true);
	List	   *path = fetch_search_path(false);
	bool		visible = list_member_oid(path, schema);

	list_free(path);
	if (!visible)
		return psprintf("Schema kg is not on the search_path: SET search_path = %s, kg, "
						"or write the schema, as in kg.vector and "
						"\"embedding OPERATOR(kg.<=>) q\".",
						namespace_search_path[0] ? namespace_search_path :
						"public");
	if (strstr(error->message, "[]"))
		return pstrdup("An array is not a vector: cast it, as in ARRAY[1,2,3]::kg.vector.");
	if (OidIsValid(get_extension_oid("vector", true)))
		return pstrdup("Extension vector has types of the same names: write which one is meant, as in q::kg.vector.");
	return error->hint ? pstrdup(error->hint) : NULL;
}

/*
 * Analyses within a subtransaction, which takes back what the parser holds
 * when a name is not found.
 */
static void
analyze(Parsed *parsed)
{
	KgStatement *statement = parsed->statement;
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	RawStmt    *raw = makeNode(RawStmt);

	raw->stmt = parsed->query;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		statement->queries =
			pg_analyze_and_rewrite_varparams(raw, statement->text,
											 &parsed->types, &parsed->ntypes,
											 NULL);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!is_about_vectors(error))
			ReThrowError(error);
		statement->not_found = error->message;
		statement->not_found_hint = hint_for(error);
	}
	PG_END_TRY();
}

KgStatement *
kg_statement_read(const char *text)
{
	Parsed		parsed = {.statement = palloc0(sizeof(KgStatement))};
	ErrorContextCallback callback;

	parsed.statement->text = text;

	callback.callback = place_error;
	callback.arg = unconstify(char *, text);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	parse(&parsed);
	callback.arg = unconstify(char *, parsed.statement->text);
	analyze(&parsed);
	error_context_stack = callback.previous;
	return parsed.statement;
}
