/*
 * plans.c
 *	  A session's prepared plans, by the text of their queries.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "nodes/params.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "graph/catalog/body.h"
#include "graph/catalog/plans.h"

/*
 * Queries beyond this number are planned in each call: a session that visits
 * thousands of graphs must not keep thousands of plans.  No plan makes way for
 * another, because it may be running further up the stack.
 */
#define MAX_PLANS 128

/* Plans of longer queries are not kept; names have at most 63 bytes. */
#define MAX_QUERY_LENGTH 1024

#define MAX_ARGS 8

typedef struct PlanEntry
{
	char		query[MAX_QUERY_LENGTH];	/* key */
	Oid			argtypes[MAX_ARGS];
	SPIPlanPtr	plan;
} PlanEntry;

static HTAB *plans = NULL;

/* The entry of a query, made if the table is not full; else NULL. */
static PlanEntry *
find_entry(const char *query)
{
	PlanEntry  *entry;
	bool		found;

	if (plans == NULL)
	{
		HASHCTL		control = {0};

		control.keysize = MAX_QUERY_LENGTH;
		control.entrysize = sizeof(PlanEntry);
		plans = hash_create("kg plans", MAX_PLANS, &control, HASH_ELEM | HASH_STRINGS);
	}
	if (strlen(query) >= MAX_QUERY_LENGTH)
		return NULL;
	entry = hash_search(plans, query, HASH_FIND, NULL);
	if (entry == NULL && hash_get_num_entries(plans) < MAX_PLANS)
	{
		entry = hash_search(plans, query, HASH_ENTER, &found);
		entry->plan = NULL;
	}
	return entry;
}

SPIPlanPtr
kg_plan(const char *query, int nargs, Oid *argtypes, int cursor_options)
{
	PlanEntry  *entry = find_entry(query);
	SPIPlanPtr	plan;

	Assert(nargs <= MAX_ARGS);

	/* The extension's types have other oids if it was made anew. */
	if (entry != NULL && entry->plan != NULL &&
		memcmp(entry->argtypes, argtypes, nargs * sizeof(Oid)) == 0)
		return entry->plan;

	plan = SPI_prepare_cursor(query, nargs, argtypes, cursor_options);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query, SPI_result_code_string(SPI_result));
	if (entry != NULL)
	{
		SPI_keepplan(plan);
		memcpy(entry->argtypes, argtypes, nargs * sizeof(Oid));
		entry->plan = plan;
	}
	return plan;
}

void
kg_run_plan(SPIPlanPtr plan, int nargs, const Oid *argtypes,
			const Datum *values, const bool *nulls, DestReceiver *dest)
{
	SPIExecuteOptions options = {0};
	ParamListInfo params = makeParamList(nargs);
	MemoryContext context = CurrentMemoryContext;
	volatile int result = 0;

	for (int i = 0; i < nargs; i++)
	{
		params->params[i].value = values[i];
		params->params[i].isnull = nulls[i];
		params->params[i].pflags = PARAM_FLAG_CONST;
		params->params[i].ptype = argtypes[i];
	}
	options.params = params;
	options.read_only = true;
	options.dest = dest;
	PG_TRY();
	{
		result = SPI_execute_plan_extended(plan, &options);
	}
	PG_CATCH();
	{
		kg_rethrow_without_context(context);
	}
	PG_END_TRY();
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not run a query on a graph: %s", SPI_result_code_string(result));
	pfree(params);
}

int
kg_execute_plan(SPIPlanPtr plan, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	volatile int result = 0;

	PG_TRY();
	{
		result = SPI_execute_plan(plan, values, NULL, true, 0);
	}
	PG_CATCH();
	{
		kg_rethrow_without_context(context);
	}
	PG_END_TRY();
	return result;
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static void
receiver_nothing(DestReceiver *self)
{
}

void
kg_receiver_init(DestReceiver *receiver,
				 bool (*receive) (TupleTableSlot *slot, DestReceiver *self))
{
	receiver->receiveSlot = receive;
	receiver->rStartup = receiver_startup;
	receiver->rShutdown = receiver_nothing;
	receiver->rDestroy = receiver_nothing;
	receiver->mydest = DestTuplestore;	/* any but DestNone and DestSPI */
}
