/*
 * body.c
 *	  Functions in C that call a body in SQL and keep it out of their errors.
 *
 * kg.f is in C; it calls kg.f_body, which has the same arguments and is in
 * SQL or PL/pgSQL.  An error in kg.f_body, or in a function that it calls,
 * has lines of CONTEXT with queries that the caller has not written; kg.f
 * removes them.
 *
 * Bodies pass numbers on as jsonb and text, read definitions, and have literals
 * with backslashes.  So the settings of the session that decide how these are
 * written and read are the default ones while a body runs: with fewer digits,
 * the weights that it writes would be rounded.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "graph/catalog/body.h"

/* The body of a function: its name and "_body", with the same arguments. */
static Oid
find_body(Oid function)
{
	Oid		   *types;
	int			n;
	char	   *name = psprintf("%s_body", get_func_name(function));
	Oid			body;

	(void) get_func_signature(function, &types, &n);
	body = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(types, n)),
						   ObjectIdGetDatum(get_func_namespace(function)));
	if (!OidIsValid(body))
		elog(ERROR, "function kg.%s is missing", name);
	return body;
}

/*
 * The first line of CONTEXT that the extension's SQL has added.  The lines
 * after it belong to the extension or to callers; callers add theirs once more
 * when the error is raised again.
 */
static char *
own_context(char *context)
{
	static const char *const own[] = {"SQL statement \"", "SQL function \"", "PL/pgSQL function kg."};
	char	   *line = context;

	while (line != NULL)
	{

		for (int i = 0; i < (int) lengthof(own); i++)
		{
			if (strncmp(line, own[i], strlen(own[i])) == 0)
				return line;
		}
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	/* No line is known, as when messages are translated: all are dropped. */
	return context;
}

void
kg_rethrow_without_context(MemoryContext context)
{
	ErrorData  *error;
	char	   *own;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	/* The lines of a user's trigger or policy come first, and stay. */
	own = error->context == NULL ? NULL : own_context(error->context);
	if (own == error->context)
		error->context = NULL;
	else
		own[-1] = '\0';
	error->internalquery = NULL;
	error->internalpos = 0;
	ThrowErrorData(error);
	pg_unreachable();
}

/* Until the caller ends its level of settings. */
static void
use_default_notation(void)
{
	static const char *const notation[][2] = {
		{"extra_float_digits", "1"},
		{"quote_all_identifiers", "off"},
		{"standard_conforming_strings", "on"},
	};

	for (int i = 0; i < (int) lengthof(notation); i++)
		(void) set_config_option(notation[i][0], notation[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

PG_FUNCTION_INFO_V1(kg_call_body);

/* f(...): returns f_body(...) */
Datum
kg_call_body(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	MemoryContext context = CurrentMemoryContext;
	FmgrInfo   *body = fcinfo->flinfo->fn_extra;
	volatile Datum result = (Datum) 0;
	int			settings = NewGUCNestLevel();

	if (body == NULL)
	{
		body = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(find_body(fcinfo->flinfo->fn_oid), body, fcinfo->flinfo->fn_mcxt);
		fmgr_info_set_expr(fcinfo->flinfo->fn_expr, body);
		fcinfo->flinfo->fn_extra = body;
	}
	InitFunctionCallInfoData(*call, body, fcinfo->nargs, fcinfo->fncollation,
							 fcinfo->context, fcinfo->resultinfo);
	memcpy(call->args, fcinfo->args, fcinfo->nargs * sizeof(NullableDatum));
	use_default_notation();
	PG_TRY();
	{
		result = FunctionCallInvoke(call);
	}
	PG_CATCH();
	{
		kg_rethrow_without_context(context);
	}
	PG_END_TRY();
	AtEOXact_GUC(true, settings);
	fcinfo->isnull = call->isnull;
	return result;
}
