/*
 * leg_query.c
 *	  The queries of a search.
 *
 * They run as the current user with the caller's snapshot, so privileges,
 * policies and views mean what they mean in a SELECT.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "commands/explain.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

#include "graph/catalog/plans.h"
#include "pg/compat.h"
#include "retrieval/leg_query.h"

void
kg_leg_query_init(KgLegQuery *query, const KgSearchRequest *request, const char *leg)
{
	memset(query, 0, sizeof(*query));
	query->request = request;
	query->leg = leg;
	initStringInfo(&query->sql);
}

int
kg_leg_query_value(KgLegQuery *query, Oid type, Datum value)
{
	Assert(query->nargs < KG_LEG_QUERY_ARGS);
	query->types[query->nargs] = type;
	query->values[query->nargs] = value;
	return ++query->nargs;
}

void
kg_leg_query_arg(KgLegQuery *query, Oid type, Datum value)
{
	appendStringInfo(&query->sql, "$%d", kg_leg_query_value(query, type, value));
}

void
kg_leg_query_add_kind(KgLegQuery *query, const KgSearchTable *table, KgHitKind kind)
{
	if (table->content == NULL)
	{
		if (kind == KG_HIT_PASSAGE)
			appendStringInfoString(&query->sql, " AND false");
	}
	else
		appendStringInfo(&query->sql, " AND e.%s IS %s", table->content,
						 kind == KG_HIT_PASSAGE ? "NOT NULL" : "NULL");
}

void
kg_leg_query_add_wanted_kinds(KgLegQuery *query, const KgSearchTable *table)
{
	const bool *kinds = query->request->kinds;

	if (kinds[KG_HIT_PASSAGE] != kinds[KG_HIT_ENTITY])
		kg_leg_query_add_kind(query, table,
							  kinds[KG_HIT_PASSAGE] ? KG_HIT_PASSAGE : KG_HIT_ENTITY);
}

bool
kg_leg_query_is_filtered(const KgSearchRequest *request)
{
	return request->filter != NULL || (!request->any_type && !request->graph->registered);
}

void
kg_leg_query_add_wanted(KgLegQuery *query, const KgSearchTable *table)
{
	const KgSearchRequest *request = query->request;

	if (!request->any_type && !request->graph->registered)
	{
		appendStringInfoString(&query->sql, " AND e.type OPERATOR(pg_catalog.=) ANY (");
		kg_leg_query_arg(query, INT4ARRAYOID, request->types);
		appendStringInfoChar(&query->sql, ')');
	}
	/* The filter may end with a comment. */
	if (request->filter != NULL)
		appendStringInfo(&query->sql, " AND (%s\n)", request->filter);
}

void
kg_leg_query_add_observation_times(KgLegQuery *query)
{
	const KgEdgeQuery *edges = &query->request->edges;

	if (!edges->any_time)
	{
		appendStringInfoString(&query->sql, " AND (o.valid_from IS NULL OR"
							   " o.valid_from OPERATOR(pg_catalog.<=) ");
		kg_leg_query_arg(query, TIMESTAMPTZOID, TimestampTzGetDatum(edges->as_of));
		appendStringInfo(&query->sql, ") AND (o.valid_to IS NULL OR"
						 " o.valid_to OPERATOR(pg_catalog.>) $%d)", query->nargs);
	}
	kg_leg_query_add_observation_known(query, false);
}

void
kg_leg_query_add_observation_known(KgLegQuery *query, bool literal)
{
	const KgEdgeQuery *edges = &query->request->edges;
	StringInfoData time;

	if (!edges->known_then)
	{
		appendStringInfoString(&query->sql, " AND o.expired_at IS NULL");
		return;
	}
	initStringInfo(&time);
	if (literal)
		appendStringInfo(&time, "%s::pg_catalog.timestamptz",
						 quote_literal_cstr(timestamptz_to_str(edges->known_at)));
	else
		appendStringInfo(&time, "$%d",
						 kg_leg_query_value(query, TIMESTAMPTZOID,
											TimestampTzGetDatum(edges->known_at)));
	appendStringInfo(&query->sql, " AND o.recorded_at OPERATOR(pg_catalog.<=) %s"
					 " AND (o.expired_at IS NULL OR o.expired_at OPERATOR(pg_catalog.>) %s)",
					 time.data, time.data);
}

/* Gives the lines of a plan that is ready to run to kg.explain_search. */
static void
explain_portal(const KgLegQuery *query, Portal portal)
{
	KgPlanLines *lines = query->request->lines;
	ExplainState *es = NewExplainState();
	char	   *line;

	es->costs = true;
	es->verbose = false;
	ExplainPrintPlan(es, portal->queryDesc);
	while ((line = strsep(&es->str->data, "\n")) != NULL)
	{
		if (*line != '\0')
			lines->put(lines, query->leg, line);
	}
}

static void
explain(KgLegQuery *query, SPIPlanPtr plan)
{
	char	   *nulls = palloc(query->nargs + 1);
	Portal		portal;

	for (int i = 0; i < query->nargs; i++)
		nulls[i] = query->nulls[i] ? 'n' : ' ';
	query->request->lines->put(query->request->lines, query->leg, query->sql.data);
	/* A cursor chooses its plan as the execution below does. */
	portal = SPI_cursor_open(NULL, plan, query->values, nulls, true);
	explain_portal(query, portal);
	SPI_cursor_close(portal);
}

void
kg_leg_query_run(KgLegQuery *query, DestReceiver *dest)
{
	int			options = query->custom ? CURSOR_OPT_CUSTOM_PLAN : CURSOR_OPT_GENERIC_PLAN;
	SPIPlanPtr	plan;

	SPI_connect();
	/* Callers' filters are as many as their values: their plans are not kept. */
	if (query->request->filter == NULL)
		plan = kg_plan(query->sql.data, query->nargs, query->types, options);
	else
		plan = SPI_prepare_cursor(query->sql.data, query->nargs, query->types, options);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query->sql.data,
			 SPI_result_code_string(SPI_result));
	if (query->request->lines != NULL)
		explain(query, plan);
	kg_run_plan(plan, query->nargs, query->types, query->values, query->nulls, dest);
	SPI_finish();
}
