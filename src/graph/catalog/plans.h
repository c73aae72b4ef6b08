/*
 * plans.h
 *	  Prepared plans of the queries on graphs, kept for the session.
 */
#ifndef KG_GRAPH_PLANS_H
#define KG_GRAPH_PLANS_H

#include "postgres.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "tcop/dest.h"

/*
 * The plan of a query, prepared now or in an earlier call.  To be called
 * between SPI_connect and SPI_finish, and used before SPI_finish.
 * plancache.c replaces the plan when tables, policies or the current user
 * change.
 */
extern SPIPlanPtr kg_plan(const char *query, int nargs, Oid *argtypes, int cursor_options);

/*
 * Runs a plan with the caller's snapshot and gives its rows to "dest".
 * "values" and "nulls" have nargs elements of the types "argtypes".
 */
extern void kg_run_plan(SPIPlanPtr plan, int nargs, const Oid *argtypes,
						const Datum *values, const bool *nulls, DestReceiver *dest);

/*
 * SPI_execute_plan with the caller's snapshot and values that are not null.
 * Errors in this function and in kg_run_plan have no lines of CONTEXT about the
 * extension's queries.
 */
extern int	kg_execute_plan(SPIPlanPtr plan, Datum *values);

/*
 * Makes a receiver that passes each row on to "receive" when the executor
 * finds it; "receive" returns false when it needs no more rows.  Embed the
 * receiver as the first member of a struct of your own.
 */
extern void kg_receiver_init(DestReceiver *receiver,
							 bool (*receive) (TupleTableSlot *slot, DestReceiver *self));

#endif							/* KG_GRAPH_PLANS_H */
