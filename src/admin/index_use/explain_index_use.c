/*
 * explain_index_use.c
 *	  kg.explain_index_use: which kg_hnsw indexes a query uses, and why it does
 *	  not use the others.
 *
 * The query is analysed and planned, by the caller's privileges and settings, and
 * not run.  Each distance that it computes gets a row for each kg_hnsw index
 * of the column that is used, and a row for each reason of one that is not.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "admin/index_use/derived.h"
#include "admin/index_use/distance.h"
#include "admin/index_use/expression_text.h"
#include "admin/index_use/hnsw.h"
#include "admin/index_use/planned.h"
#include "admin/index_use/reasons.h"
#include "admin/index_use/statement.h"
#include "admin/index_use/unplanned.h"
#include "types/ball.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(kg_explain_index_use);

#define RESULT_COLUMNS 5

/* Where rows go. */
typedef struct Output
{
	ReturnSetInfo *result;
	int64		rows;
	List	   *told;			/* texts of the rows */
} Output;

/* Members of a UNION or relations of a self-join may say the same again. */
static bool
is_told(Output *output, char *text)
{
	ListCell   *lc;

	foreach(lc, output->told)
	{
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	}
	output->told = lappend(output->told, text);
	return false;
}

static void
put_row(Output *output, const char *distance, Oid index, bool used,
		const KgReason *reason)
{
	Datum		values[RESULT_COLUMNS] = {0};
	bool		nulls[RESULT_COLUMNS] = {0};

	if (is_told(output, psprintf("%s\n%u\n%s", distance ? distance : "", index,
								 reason ? reason->reason : "")))
		return;
	nulls[0] = distance == NULL;
	if (distance)
		values[0] = CStringGetTextDatum(distance);
	nulls[1] = !OidIsValid(index);
	values[1] = ObjectIdGetDatum(index);
	values[2] = BoolGetDatum(used);
	nulls[3] = reason == NULL;
	nulls[4] = reason == NULL || reason->hint == NULL;
	if (!nulls[3])
		values[3] = CStringGetTextDatum(reason->reason);
	if (!nulls[4])
		values[4] = CStringGetTextDatum(reason->hint);
	tuplestore_putvalues(output->result->setResult, output->result->setDesc,
						 values, nulls);
	output->rows++;
}

static void
put_reasons(Output *output, const char *distance, Oid index, List *reasons)
{
	ListCell   *lc;

	foreach(lc, reasons)
	{
		put_row(output, distance, index, false, lfirst(lc));
	}
}

static void
put_reason(Output *output, const char *distance, const char *reason,
		   const char *hint)
{
	put_reasons(output, distance, InvalidOid,
				kg_reason_add(NIL, pstrdup(reason), hint ? pstrdup(hint) : NULL));
}

/* Is the query vector that of an index scan's key? */
static bool
is_key(List *keys, const KgDistance *distance)
{
	ListCell   *lc;

	foreach(lc, keys)
	{
		OpExpr	   *key = lfirst(lc);

		if (!IsA(key, OpExpr) || list_length(key->args) != 2 ||
			(exprType(lsecond(key->args)) == kg_ball_type()) != distance->ball)
			continue;
		if (contain_var_clause(distance->other) ||
			equal(linitial(key->args), distance->other) ||
			equal(lsecond(key->args), distance->other))
			return true;
	}
	return false;
}

static bool
is_used(KgPlanned *planned, const KgDistance *distance, Oid index)
{
	IndexScan  *scan = kg_planned_find(planned, distance->root,
									   distance->relation, index);

	if (scan == NULL)
		return false;
	return is_key(distance->ball ? scan->indexqualorig :
				  scan->indexorderbyorig, distance);
}

/* The indexes of a table on one of the columns in an expression. */
static List *
related_indexes(Oid table, List *columns)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, kg_hnsw_indexes(table))
	{
		ListCell   *column;

		foreach(column, columns)
		{
			if (kg_hnsw_has_column(lfirst(lc),
								   ((Var *) lfirst(column))->varattno))
			{
				result = lappend(result, lfirst(lc));
				break;
			}
		}
	}
	return result;
}

/* The column is that of a subquery or CTE. */
static bool
explain_derived(Output *output, const KgDistance *distance, const char *text,
				Node *column)
{
	KgDerived	derived;
	List	   *indexes;
	List	   *reasons;
	const char *kind;
	ListCell   *lc;

	if (!kg_derived_find(distance->root, column, &derived))
		return false;
	kind = derived.cte ? "CTE" : "subquery or view";
	reasons = kg_reason_add(NIL,
							psprintf("the column is that of the %s \"%s\", which is computed first%s%s%s",
									 kind, derived.name,
									 derived.because ? " for its " : "",
									 derived.because ? derived.because : "",
									 derived.security_barrier ? " as a security barrier" : ""),
							derived.cte && derived.because == NULL ?
							psprintf("Move ORDER BY and LIMIT into the CTE, or write \"%s AS NOT MATERIALIZED\".", derived.name) :
							psprintf("Move ORDER BY and LIMIT into the %s, to the SELECT that reads the table.", kind));
	indexes = related_indexes(derived.table,
							  list_make1(makeVar(1, derived.attno, InvalidOid,
												 -1, InvalidOid, 0)));
	foreach(lc, indexes)
	{
		put_reasons(output, text, ((KgHnswIndex *) lfirst(lc))->oid, reasons);
	}
	if (indexes == NIL)
		put_reasons(output, text, InvalidOid, reasons);
	return true;
}

/* An index that the plan does not use for the distance. */
static void
explain_unused(Output *output, KgPlanned *planned, const KgDistance *distance,
			   const KgHnswIndex *index, Oid used)
{
	List	   *reasons = kg_reasons_of_query(distance);
	KgReason   *failure = kg_reason_to_fail(distance, index);

	reasons = list_concat(reasons, kg_reasons_of_index(distance, index));
	if (reasons == NIL && OidIsValid(used))
		reasons = kg_reason_add(NIL,
								psprintf("the plan uses %s, which serves the distance as well",
										 kg_relation_name(used)),
								NULL);
	if (reasons == NIL)
		reasons = kg_reasons_of_cost(planned, distance, index);
	if (failure)
		reasons = lappend(reasons, failure);
	put_reasons(output, kg_expression_text(distance->root, distance->expr),
				index->oid, reasons);
}

static void
explain_distance(Output *output, KgPlanned *planned, KgDistance *distance)
{
	char	   *text = kg_expression_text(distance->root, distance->expr);
	List	   *columns = pull_var_clause(distance->column,
										  PVC_RECURSE_AGGREGATES |
										  PVC_RECURSE_WINDOWFUNCS |
										  PVC_RECURSE_PLACEHOLDERS);
	List	   *indexes = NIL;
	Oid			used = InvalidOid;
	Oid			table;
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	if (columns != NIL &&
		explain_derived(output, distance, text, linitial(columns)))
		return;
	if (kg_distance_table(distance, &table))
		indexes = related_indexes(table, columns);
	foreach(lc, indexes)
	{
		KgHnswIndex *index = lfirst(lc);

		if (!is_used(planned, distance, index->oid))
			continue;
		used = index->oid;
		put_row(output, text, used, true, kg_reason_to_fail(distance, index));
	}
	foreach(lc, indexes)
	{
		KgHnswIndex *index = lfirst(lc);

		if (!is_used(planned, distance, index->oid))
			explain_unused(output, planned, distance, index, used);
	}
	if (indexes == NIL)
		put_reasons(output, text, InvalidOid,
					lcons(kg_reason_without_index(distance),
						  kg_reasons_of_query(distance)));
}

static void
explain_query(Output *output, KgStatement *statement, Query *query)
{
	KgPlanned  *planned = kg_planned_make(statement, query);
	int64		before = output->rows;
	ListCell   *lc;

	foreach(lc, kg_distances_find(planned))
	{
		explain_distance(output, planned, lfirst(lc));
	}
	foreach(lc, kg_unplanned_nulls(query))
	{
		put_reason(output, lfirst(lc),
				   "the query vector is NULL, so all distances are NULL and no row is nearer than another",
				   "Look for the reason that the query vector is missing.");
	}
	if (output->rows == before && kg_unplanned_has_distance(query))
		put_reason(output, NULL,
				   "no rows of a table are chosen or ordered by the distance",
				   NULL);
}

Datum
kg_explain_index_use(PG_FUNCTION_ARGS)
{
	Output		output = {.result = (ReturnSetInfo *) fcinfo->resultinfo};
	KgStatement *statement;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	statement = kg_statement_read(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (statement->not_found)
		put_reason(&output, NULL, statement->not_found,
				   statement->not_found_hint);
	foreach(lc, statement->queries)
	{
		Query	   *query = lfirst_node(Query, lc);

		if (query->commandType != CMD_UTILITY)
			explain_query(&output, statement, query);
	}
	if (output.rows == 0)
		put_reason(&output, NULL, "the query computes no distance of vectors",
				   "An index serves ORDER BY embedding <-> q LIMIT n, and WHERE embedding <<->> kg.ball(q, radius).");
	return (Datum) 0;
}
