/*
 * leg_query.h
 *	  The queries of a search.
 */
#ifndef KG_RETRIEVAL_LEG_QUERY_H
#define KG_RETRIEVAL_LEG_QUERY_H

#include "postgres.h"
#include "lib/stringinfo.h"
#include "tcop/dest.h"

#include "retrieval/hits.h"
#include "retrieval/request.h"

#define KG_LEG_QUERY_ARGS 8

/* A query of a leg. */
typedef struct KgLegQuery
{
	const KgSearchRequest *request;
	const char *leg;			/* for kg.explain_search */
	StringInfoData sql;
	bool		custom;			/* planned for these values in each call */
	int			nargs;
	Oid			types[KG_LEG_QUERY_ARGS];
	Datum		values[KG_LEG_QUERY_ARGS];
	bool		nulls[KG_LEG_QUERY_ARGS];
} KgLegQuery;

extern void kg_leg_query_init(KgLegQuery *query, const KgSearchRequest *request, const char *leg);

/* A value for the query; returns its n as in $n. */
extern int	kg_leg_query_value(KgLegQuery *query, Oid type, Datum value);

/* The same, and adds $n to the query. */
extern void kg_leg_query_arg(KgLegQuery *query, Oid type, Datum value);

/*
 * Adds " AND ..." for nodes of a table: a kind; the kinds that the caller
 * wants; the types that he wants and his filter.
 */
extern void kg_leg_query_add_kind(KgLegQuery *query, const KgSearchTable *table, KgHitKind kind);
extern void kg_leg_query_add_wanted_kinds(KgLegQuery *query, const KgSearchTable *table);
extern void kg_leg_query_add_wanted(KgLegQuery *query, const KgSearchTable *table);

/* Adds " AND ..." for observations o: valid and known at the wanted times. */
extern void kg_leg_query_add_observation_times(KgLegQuery *query);

/*
 * Adds " AND ...": the observation "o" is known, now or at the request's time.
 * "literal" puts the time itself into the query.
 */
extern void kg_leg_query_add_observation_known(KgLegQuery *query, bool literal);

/* Is there anything that kg_leg_query_add_wanted would add? */
extern bool kg_leg_query_is_filtered(const KgSearchRequest *request);

/* Runs the query with the caller's snapshot. */
extern void kg_leg_query_run(KgLegQuery *query, DestReceiver *dest);

#endif							/* KG_RETRIEVAL_LEG_QUERY_H */
