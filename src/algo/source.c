/*
 * source.c
 *	  Reads the nodes and edges of a graph that kg.create_graph made.
 *
 * One query each, as the current user: privileges, policies and views work as
 * in any SELECT, and what the table is does not matter.  The executor pushes
 * rows into a receiver of ours, so nothing is stored on the way.
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "optimizer/plancat.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "algo/source.h"
#include "graph/plans.h"

typedef struct Receiver
{
	DestReceiver pub;
	KgNodeTaker take_node;
	KgEdgeTaker take_edge;
	bool		weighted;
	void	   *arg;
} Receiver;

static bool
receive_node(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *receiver = (Receiver *) self;

	slot_getallattrs(slot);
	if (!slot->tts_isnull[0])
		receiver->take_node(receiver->arg, DatumGetInt64(slot->tts_values[0]));
	return true;
}

void
kg_check_weight(int64 source, int64 target, float4 weight)
{
	if (weight >= 0 && isfinite(weight))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("weight %g of a relation from " INT64_FORMAT " to " INT64_FORMAT
					" is not a finite number of at least 0",
					weight, source, target),
			 errhint("Leave such relations out with types or as_of, or set weighted to false.")));
}

static bool
receive_edge(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *receiver = (Receiver *) self;
	float4		weight = 1;
	int64		source;
	int64		target;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return true;
	source = DatumGetInt64(slot->tts_values[0]);
	target = DatumGetInt64(slot->tts_values[1]);
	if (receiver->weighted && !slot->tts_isnull[2])
	{
		weight = DatumGetFloat4(slot->tts_values[2]);
		kg_check_weight(source, target, weight);
	}
	receiver->take_edge(receiver->arg, source, target, weight);
	return true;
}

/* The arguments of the query for edges: $1 types, $2 as_of. */
enum
{
	ARG_TYPES,
	ARG_AS_OF,
	NUM_ARGS
};

static Oid	arg_types[NUM_ARGS] = {INT4ARRAYOID, TIMESTAMPTZOID};

static void
run(const char *sql, const Datum *values, const bool *nulls, Receiver *receiver)
{
	kg_run_plan(kg_plan(sql, NUM_ARGS, arg_types, CURSOR_OPT_CUSTOM_PLAN),
				NUM_ARGS, arg_types, values, nulls, &receiver->pub);
}

void
kg_source_nodes(const KgGraph *graph, KgNodeTaker take, void *arg)
{
	Datum		values[NUM_ARGS] = {0};
	bool		nulls[NUM_ARGS] = {true, true};
	Receiver	receiver = {0};

	kg_receiver_init(&receiver.pub, receive_node);
	receiver.take_node = take;
	receiver.arg = arg;
	/* opened for the error if it is missing */
	table_close(kg_graph_open_table(graph, KG_ENTITY), NoLock);
	SPI_connect();
	run(psprintf("SELECT e.id::pg_catalog.int8 FROM %s AS e",
				 kg_graph_quoted_table(graph, KG_ENTITY)),
		values, nulls, &receiver);
	SPI_finish();
}

static char *
edge_query(const KgGraph *graph, const KgEdgeQuery *query)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT r.source::pg_catalog.int8, r.target::pg_catalog.int8%s FROM %s AS r WHERE true",
					 query->details ? ", r.weight::pg_catalog.float4" : "",
					 kg_graph_quoted_table(graph, KG_RELATION));
	if (!query->any_type)
		appendStringInfoString(&sql, " AND r.type OPERATOR(pg_catalog.=) ANY ($1)");
	if (!query->any_time)
		appendStringInfoString(&sql,
							   " AND (r.valid_from IS NULL OR r.valid_from OPERATOR(pg_catalog.<=) $2)"
							   " AND (r.valid_to IS NULL OR r.valid_to OPERATOR(pg_catalog.>) $2)");
	return sql.data;
}

static ArrayType *
int32_array(const int32 *values, int n)
{
	Datum	   *datums = palloc(Max(n, 1) * sizeof(Datum));
	int			i;

	for (i = 0; i < n; i++)
		datums[i] = Int32GetDatum(values[i]);
	return construct_array(datums, n, INT4OID, sizeof(int32), true, TYPALIGN_INT);
}

void
kg_source_edges(const KgGraph *graph, const KgEdgeQuery *query, KgEdgeTaker take, void *arg)
{
	Datum		values[NUM_ARGS] = {0};
	bool		nulls[NUM_ARGS] = {query->any_type, query->any_time};
	Receiver	receiver = {0};

	kg_receiver_init(&receiver.pub, receive_edge);
	receiver.take_edge = take;
	receiver.weighted = query->details;
	receiver.arg = arg;
	table_close(kg_graph_open_table(graph, KG_RELATION), NoLock);
	SPI_connect();
	if (!query->any_type)
		values[ARG_TYPES] = PointerGetDatum(int32_array(query->types, query->ntypes));
	if (!query->any_time)
		values[ARG_AS_OF] = TimestampTzGetDatum(query->as_of);
	run(edge_query(graph, query), values, nulls, &receiver);
	SPI_finish();
}

/* About how many rows of a table the caller sees, or -1. */
static double
count_rows(const KgGraph *graph, KgTable table)
{
	Relation	rel = kg_graph_open_table(graph, table);
	double		tuples = -1;

	/* A policy may leave any part of the table. */
	if (rel->rd_rel->relkind == RELKIND_RELATION && !rel->rd_rel->relhassubclass &&
		check_enable_rls(RelationGetRelid(rel), InvalidOid, true) != RLS_ENABLED &&
		rel->rd_rel->reltuples > 0)
	{
		BlockNumber pages;
		double		allvisfrac;

		estimate_rel_size(rel, NULL, &pages, &tuples, &allvisfrac);
	}
	table_close(rel, NoLock);
	return tuples;
}

double
kg_source_count_nodes(const KgGraph *graph)
{
	return count_rows(graph, KG_ENTITY);
}

double
kg_source_count_edges(const KgGraph *graph, const KgEdgeQuery *query)
{
	/* So may a filter. */
	return query->any_type && query->any_time ? count_rows(graph, KG_RELATION) : -1;
}
