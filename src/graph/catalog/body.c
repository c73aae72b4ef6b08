/*
 * body.c
 *	  Functions whose bodies are in SQL: their errors are those of one function.
 *
 * kg.f is in C, kg.f_body with the same arguments in SQL or PL/pgSQL.  An error
 * in it, or in what it calls, would bring lines of CONTEXT with queries that the
 * caller has not written; here they are taken away.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "graph/catalog/body.h"

/* The function that this one stands for. */
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

/* Where the first line of ours begins; all after it are ours or of callers. */
static char *
own_context(char *context)
{
	static const char *const own[] = {"SQL statement \"", "SQL function \"", "PL/pgSQL function kg."};
	char	   *line = context;

	while (line != NULL)
	{
		int			i;

		for (i = 0; i < (int) lengthof(own); i++)
		{
			if (strncmp(line, own[i], strlen(own[i])) == 0)
				return line;
		}
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	/* They are in another language. */
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
	/* What a user's trigger or policy has to say comes first, and stays. */
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

PG_FUNCTION_INFO_V1(kg_call_body);

/* f(...): f_body(...) */
Datum
kg_call_body(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	MemoryContext context = CurrentMemoryContext;
	FmgrInfo   *body = fcinfo->flinfo->fn_extra;
	volatile Datum result = (Datum) 0;

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
	PG_TRY();
	{
		result = FunctionCallInvoke(call);
	}
	PG_CATCH();
	{
		kg_rethrow_without_context(context);
	}
	PG_END_TRY();
	fcinfo->isnull = call->isnull;
	return result;
}
