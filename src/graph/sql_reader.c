/*
 * sql_reader.c
 *	  Reads adjacency with one query a level.
 *
 * Serves where rights, policies or the tables themselves need the planner and
 * the executor: row-level security, views, partitions, foreign tables, other
 * types than usual.  The queries run as the current user with the caller's
 * snapshot.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "graph/adjacency.h"
#include "graph/filter.h"
#include "graph/plans.h"

/* A query takes so many nodes; larger frontiers are cut in slices. */
#define MAX_NODES_A_QUERY 65536

enum
{
	ARG_NODES,
	ARG_TYPES,
	ARG_AS_OF,
	ARG_PROPERTIES,
	NUM_ARGS
};

static Oid	arg_types[NUM_ARGS] = {INT8ARRAYOID, INT4ARRAYOID, TIMESTAMPTZOID, JSONBOID};

typedef struct SqlQuery
{
	char	   *sql;
	SPIPlanPtr	plan;			/* of a query with a filter, once it has run */
	MemoryContextCallback free_plan;
} SqlQuery;

typedef struct SqlReaderState
{
	MemoryContext context;		/* of this struct */
	SqlQuery	out;
	SqlQuery	in;
	SqlQuery	existing;
	bool		has_filter;
	Datum		args[NUM_ARGS];
	bool		nulls[NUM_ARGS];
} SqlReaderState;

/*
 * A filter ends with the line, because it may end with a comment.  Entities
 * are joined only if it asks for them.
 */
static void
append_filter(StringInfo sql, const KgAdjacency *adj)
{
	const char *filter = adj->query->filter;

	if (kg_filter_names_entities(filter))
	{
		const char *entity = kg_graph_quoted_table(adj->graph, KG_ENTITY);

		appendStringInfo(sql,
						 " AND EXISTS (SELECT FROM %s AS s, %s AS t"
						 " WHERE s.id OPERATOR(pg_catalog.=) r.source"
						 " AND t.id OPERATOR(pg_catalog.=) r.target AND (%s\n))",
						 entity, entity, filter);
	}
	else
		appendStringInfo(sql, " AND (%s\n)", filter);
}

/*
 * The query for the edges of one direction: from, to, relation and, with
 * details, type and weight.
 */
static char *
edge_query(const KgAdjacency *adj, const char *near, const char *far)
{
	const KgEdgeQuery *query = adj->query;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT r.%s::pg_catalog.int8, r.%s::pg_catalog.int8, r.id::pg_catalog.int8",
					 near, far);
	if (query->details)
		appendStringInfoString(&sql, ", r.type::pg_catalog.int4, r.weight::pg_catalog.float4");
	appendStringInfo(&sql,
					 " FROM %s AS r WHERE r.id IS NOT NULL AND r.%s OPERATOR(pg_catalog.=) ANY ($1)"
					 " AND EXISTS (SELECT FROM %s AS e WHERE e.id OPERATOR(pg_catalog.=) r.%s)",
					 kg_graph_quoted_table(adj->graph, KG_RELATION), near,
					 kg_graph_quoted_table(adj->graph, KG_ENTITY), far);
	if (!query->any_type)
		appendStringInfoString(&sql, " AND r.type OPERATOR(pg_catalog.=) ANY ($2)");
	if (!query->any_time)
		appendStringInfoString(&sql,
							   " AND (r.valid_from IS NULL OR r.valid_from OPERATOR(pg_catalog.<=) $3)"
							   " AND (r.valid_to IS NULL OR r.valid_to OPERATOR(pg_catalog.>) $3)");
	if (query->properties != NULL)
		appendStringInfoString(&sql, " AND r.properties OPERATOR(pg_catalog.@>) $4");
	if (query->filter != NULL)
		append_filter(&sql, adj);
	return sql.data;
}

static const char *
sql_reader_open(KgAdjacency *adj)
{
	const KgEdgeQuery *query = adj->query;
	SqlReaderState *state = palloc0(sizeof(SqlReaderState));

	state->context = CurrentMemoryContext;
	state->has_filter = query->filter != NULL;
	state->out.sql = edge_query(adj, "source", "target");
	state->in.sql = edge_query(adj, "target", "source");
	state->existing.sql =
		psprintf("SELECT DISTINCT e.id::pg_catalog.int8 FROM %s AS e"
				 " WHERE e.id OPERATOR(pg_catalog.=) ANY ($1) ORDER BY 1",
				 kg_graph_quoted_table(adj->graph, KG_ENTITY));
	state->nulls[ARG_NODES] = true;
	state->nulls[ARG_TYPES] = query->any_type;
	if (!query->any_type)
	{
		Datum	   *types = palloc(Max(query->ntypes, 1) * sizeof(Datum));
		int			i;

		for (i = 0; i < query->ntypes; i++)
			types[i] = Int32GetDatum(query->types[i]);
		state->args[ARG_TYPES] =
			PointerGetDatum(construct_array(types, query->ntypes, INT4OID,
											sizeof(int32), true, TYPALIGN_INT));
	}
	state->nulls[ARG_AS_OF] = query->any_time;
	state->args[ARG_AS_OF] = TimestampTzGetDatum(query->as_of);
	state->nulls[ARG_PROPERTIES] = query->properties == NULL;
	state->args[ARG_PROPERTIES] = JsonbPGetDatum(query->properties);
	if (state->has_filter)
		kg_check_filter_query(state->out.sql, query->filter, arg_types, NUM_ARGS);
	adj->state = state;
	return NULL;
}

static ArrayType *
int64_array(const int64 *values, Size n)
{
	Datum	   *datums = palloc(n * sizeof(Datum));
	ArrayType  *array;
	Size		i;

	for (i = 0; i < n; i++)
		datums[i] = Int64GetDatum(values[i]);
	array = construct_array(datums, n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	pfree(datums);
	return array;
}

static void
free_plan(void *plan)
{
	SPI_freeplan((SPIPlanPtr) plan);
}

/*
 * The plan of a query, to be used before SPI_finish.  Filters are of many
 * texts, so that plans of queries with them are not kept for the session but
 * for the search, even if it ends with an error.
 */
static SPIPlanPtr
plan_of(SqlReaderState *state, SqlQuery *query)
{
	/*
	 * Frontiers of ten and of a million nodes want different plans, so each
	 * is planned for: next to running the query that costs little.
	 */
	const int	options = CURSOR_OPT_CUSTOM_PLAN;

	if (!state->has_filter)
		return kg_plan(query->sql, NUM_ARGS, arg_types, options);
	if (query->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare_cursor(query->sql, NUM_ARGS, arg_types, options);

		if (plan == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", query->sql,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		query->plan = plan;
		query->free_plan.func = free_plan;
		query->free_plan.arg = plan;
		MemoryContextRegisterResetCallback(state->context, &query->free_plan);
	}
	return query->plan;
}

/* Runs a query on up to MAX_NODES_A_QUERY nodes. */
static void
run_query(SqlReaderState *state, SqlQuery *query, const int64 *nodes, Size n,
		  DestReceiver *dest)
{
	ArrayType  *array;

	SPI_connect();
	array = int64_array(nodes, n);
	state->args[ARG_NODES] = PointerGetDatum(array);
	state->nulls[ARG_NODES] = false;

	kg_run_plan(plan_of(state, query),
				NUM_ARGS, arg_types, state->args, state->nulls, dest);
	SPI_finish();
}

/* Receives edges as the executor finds them. */
typedef struct EdgeReceiver
{
	DestReceiver pub;
	KgEdgeSink *sink;
	bool		outgoing;
	bool		details;
	bool		stopped;
} EdgeReceiver;

static bool
receive_edge(TupleTableSlot *slot, DestReceiver *self)
{
	EdgeReceiver *receiver = (EdgeReceiver *) self;
	KgEdge		edge;

	slot_getallattrs(slot);
	edge.from = DatumGetInt64(slot->tts_values[0]);
	edge.to = DatumGetInt64(slot->tts_values[1]);
	edge.relation = DatumGetInt64(slot->tts_values[2]);
	edge.outgoing = receiver->outgoing;
	edge.relation_is_null = false;
	if (receiver->details)
	{
		edge.type = DatumGetInt32(slot->tts_values[3]);
		edge.type_is_null = slot->tts_isnull[3];
		edge.weight = DatumGetFloat4(slot->tts_values[4]);
		edge.weight_is_null = slot->tts_isnull[4];
	}
	if (receiver->sink->wanted(receiver->sink, &edge, 1) > 0 &&
		!receiver->sink->take(receiver->sink, &edge, 1))
		receiver->stopped = true;
	return !receiver->stopped;
}

/* Receives the ids of entities, in place. */
typedef struct NodeReceiver
{
	DestReceiver pub;
	int64	   *nodes;
	Size		n;
} NodeReceiver;

static bool
receive_node(TupleTableSlot *slot, DestReceiver *self)
{
	NodeReceiver *receiver = (NodeReceiver *) self;

	slot_getallattrs(slot);
	receiver->nodes[receiver->n++] = DatumGetInt64(slot->tts_values[0]);
	return true;
}

static bool
sql_reader_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	SqlReaderState *state = adj->state;
	EdgeReceiver receiver;
	Size		start;

	kg_receiver_init(&receiver.pub, receive_edge);
	receiver.sink = sink;
	receiver.details = adj->query->details;
	receiver.stopped = false;
	for (start = 0; start < n && !receiver.stopped; start += MAX_NODES_A_QUERY)
	{
		Size		count = Min(n - start, MAX_NODES_A_QUERY);

		if (adj->query->direction & KG_OUT)
		{
			receiver.outgoing = true;
			run_query(state, &state->out, nodes + start, count, &receiver.pub);
		}
		if ((adj->query->direction & KG_IN) && !receiver.stopped)
		{
			receiver.outgoing = false;
			run_query(state, &state->in, nodes + start, count, &receiver.pub);
		}
	}
	return !receiver.stopped;
}

static Size
sql_reader_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	SqlReaderState *state = adj->state;
	NodeReceiver receiver;
	Size		start;

	kg_receiver_init(&receiver.pub, receive_node);
	receiver.nodes = nodes;
	receiver.n = 0;
	for (start = 0; start < n; start += MAX_NODES_A_QUERY)
	{
		Size		count = Min(n - start, MAX_NODES_A_QUERY);

		/* The result overwrites slices of which queries have had a copy. */
		run_query(state, &state->existing, nodes + start, count, &receiver.pub);
	}
	return receiver.n;
}

static void
sql_reader_close(KgAdjacency *adj)
{
	/* The state goes with its context, as its callbacks are in there. */
	adj->state = NULL;
}

const KgReader kg_sql_reader = {
	.name = "sql",
	.open = sql_reader_open,
	.existing = sql_reader_existing,
	.expand = sql_reader_expand,
	.close = sql_reader_close
};
