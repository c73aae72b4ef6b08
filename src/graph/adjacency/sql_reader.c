/*
 * sql_reader.c
 *	  Reads adjacency with one query a level.
 *
 * It serves where privileges, policies or the tables themselves need the
 * planner and the executor: row-level security, views, partitions, foreign
 * tables, unusual types.  The queries run as the current user with the
 * caller's snapshot.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/edge_sql.h"
#include "graph/adjacency/edge_types.h"
#include "graph/adjacency/index_checks.h"
#include "graph/catalog/catalog.h"
#include "graph/catalog/filter.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"

/* Nodes that a query takes; larger frontiers are cut into slices. */
#define MAX_NODES_A_QUERY 65536

enum
{
	ARG_NODES,
	ARG_TYPES,
	ARG_AS_OF,
	ARG_KNOWN_AT,
	ARG_PROPERTIES,
	NUM_ARGS
};

typedef struct SqlQuery
{
	char	   *sql;
	int			table;			/* node table of the nodes that it is given */
	SPIPlanPtr	plan;			/* if it has a filter and has run */
	MemoryContextCallback free_plan;
} SqlQuery;

typedef struct SqlReaderState
{
	MemoryContext context;		/* the context in which this struct is */
	SqlQuery	out;
	SqlQuery	in;
	bool		has_filter;
	Oid			arg_types[NUM_ARGS];
	Datum		args[NUM_ARGS];
	bool		nulls[NUM_ARGS];
} SqlReaderState;

/*
 * A newline follows the filter, because it may end with a comment.  Entities
 * are joined only if the filter names them.
 */
static void
append_filter(StringInfo sql, const KgAdjacency *adj)
{
	const char *filter = adj->query->filter;
	const KgEdgeTable *edges = adj->edges;
	const KgNodeTable *nodes = adj->graph->node_tables;

	if (kg_filter_names_entities(filter))
		appendStringInfo(sql,
						 " AND EXISTS (SELECT FROM %s AS s, %s AS t"
						 " WHERE %s AND %s AND (%s\n))",
						 kg_quoted_relation(adj->node_rel),
						 kg_quoted_relation(adj->target_node_rel),
						 kg_keys_equal_sql("s", nodes[edges->source_table].key, "r", edges->source),
						 kg_keys_equal_sql("t", nodes[edges->target_table].key, "r", edges->target),
						 filter);
	else
		appendStringInfo(sql, " AND (%s\n)", filter);
}

/*
 * Does every visible edge have another end that exists and is visible, so that
 * the query need not ask for it?  As for the index reader: by a foreign key
 * between plain tables without policies.
 */
static bool
other_end_exists(const KgAdjacency *adj, bool outgoing)
{
	return kg_references_entities(adj, outgoing) &&
		kg_table_problem(adj->edge_rel) == NULL &&
		kg_table_problem(outgoing ? adj->target_node_rel : adj->node_rel) == NULL;
}

/*
 * Can the query tell the rows of the table apart?  A row of a plain table has
 * an address, which needs the privilege to read all columns.
 */
static bool
has_row_addresses(const KgAdjacency *adj)
{
	Relation	rel = adj->edge_rel;

	return (rel->rd_rel->relkind == RELKIND_RELATION || rel->rd_rel->relkind == RELKIND_MATVIEW) &&
		!rel->rd_rel->relhassubclass &&
		pg_class_aclcheck(RelationGetRelid(rel), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/*
 * The query for the edges of one direction: from, to, relation; with weights,
 * also type and weight; and the row's address, if that is asked for.
 */
static char *
edge_query(const KgAdjacency *adj, bool outgoing)
{
	const KgEdgeQuery *query = adj->query;
	const KgEdgeTable *edges = adj->edges;
	const KgNodeTable *source = &adj->graph->node_tables[edges->source_table];
	const KgNodeTable *target = &adj->graph->node_tables[edges->target_table];
	const KgNodeTable *near_nodes = outgoing ? source : target;
	const KgNodeTable *far_nodes = outgoing ? target : source;
	const char *near = outgoing ? edges->source : edges->target;
	const char *far = outgoing ? edges->target : edges->source;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s, %s, %s%s::pg_catalog.int8",
					 kg_key_sql(near_nodes, "r", near), kg_key_sql(far_nodes, "r", far),
					 edges->id ? "r." : "", edges->id ? quote_identifier(edges->id) : "NULL");
	if (query->weighted)
		kg_append_edge_details(&sql, adj->graph, adj->edge_rel, edges, query);
	if (query->rows && has_row_addresses(adj))
		appendStringInfoString(&sql, ", r.ctid");
	appendStringInfo(&sql, " FROM %s AS r WHERE %s",
					 kg_quoted_relation(adj->edge_rel), kg_key_among_sql(near_nodes, "r", near));
	if (other_end_exists(adj, outgoing))
		appendStringInfo(&sql, " AND %s", kg_key_not_null_sql("r", far));
	else
		appendStringInfo(&sql, " AND EXISTS (SELECT FROM %s AS e WHERE %s)",
						 kg_quoted_relation(outgoing ? adj->target_node_rel : adj->node_rel),
						 kg_keys_equal_sql("e", far_nodes->key, "r", far));
	if (!adj->graph->registered)
		appendStringInfoString(&sql, " AND r.id IS NOT NULL");
	kg_append_edge_conditions(&sql, edges, query, ARG_TYPES + 1);
	if (query->properties != NULL)
		appendStringInfoString(&sql, " AND r.properties OPERATOR(pg_catalog.@>) $5");
	if (query->filter != NULL)
		append_filter(&sql, adj);
	return sql.data;
}

static const char *
sql_reader_open(KgAdjacency *adj)
{
	const KgEdgeQuery *query = adj->query;
	const KgGraph *graph = adj->graph;
	SqlReaderState *state = palloc0(sizeof(SqlReaderState));

	state->context = CurrentMemoryContext;
	state->has_filter = query->filter != NULL;
	adj->drops_ends = ((query->direction & KG_OUT) != 0 && !other_end_exists(adj, true)) ||
		((query->direction & KG_IN) != 0 && !other_end_exists(adj, false));
	state->out.sql = edge_query(adj, true);
	state->out.table = adj->edges->source_table;
	state->in.sql = edge_query(adj, false);
	state->in.table = adj->edges->target_table;
	state->nulls[ARG_NODES] = true;
	state->args[ARG_TYPES] = kg_edge_types_array(graph, query, &state->arg_types[ARG_TYPES],
												 &state->nulls[ARG_TYPES]);
	state->arg_types[ARG_AS_OF] = TIMESTAMPTZOID;
	state->nulls[ARG_AS_OF] = query->any_time;
	state->args[ARG_AS_OF] = TimestampTzGetDatum(query->as_of);
	state->arg_types[ARG_KNOWN_AT] = TIMESTAMPTZOID;
	state->nulls[ARG_KNOWN_AT] = !query->known_then;
	state->args[ARG_KNOWN_AT] = TimestampTzGetDatum(query->known_at);
	state->arg_types[ARG_PROPERTIES] = JSONBOID;
	state->nulls[ARG_PROPERTIES] = query->properties == NULL;
	state->args[ARG_PROPERTIES] = JsonbPGetDatum(query->properties);
	if (state->has_filter)
	{
		state->arg_types[ARG_NODES] = kg_key_array_type(graph->node_tables[state->out.table].kind);
		kg_check_filter_query(state->out.sql, query->filter, state->arg_types, NUM_ARGS);
	}
	adj->state = state;
	return NULL;
}

static void
free_plan(void *plan)
{
	SPI_freeplan((SPIPlanPtr) plan);
}

/*
 * The plan of a query, to be used before SPI_finish.  Filters differ from call
 * to call, so plans of queries with a filter are not kept for the session but
 * for the search, and are freed even if it ends with an error.
 */
static SPIPlanPtr
plan_of(SqlReaderState *state, SqlQuery *query)
{
	/*
	 * Frontiers of ten and of a million nodes need different plans, so each
	 * run is planned.  That costs little compared with the run.
	 */
	const int	options = CURSOR_OPT_CUSTOM_PLAN;

	if (!state->has_filter)
		return kg_plan(query->sql, NUM_ARGS, state->arg_types, options);
	if (query->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare_cursor(query->sql, NUM_ARGS, state->arg_types, options);

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

/* Receives edges as the executor finds them. */
typedef struct EdgeReceiver
{
	DestReceiver pub;
	const KgAdjacency *adj;
	KgEdgeSink *sink;
	bool		outgoing;
	int			from_table;
	int			to_table;
	bool		stopped;
} EdgeReceiver;

static inline int64
node_number(const KgGraph *graph, int table, Datum key)
{
	return graph->keys == NULL ? DatumGetInt64(key) : kg_keys_intern(graph, table, key);
}

/*
 * The number of the row of an edge without id: the last column, if it is
 * there.
 */
static int64
row_number(const KgAdjacency *adj, TupleTableSlot *slot)
{
	int			column = adj->query->weighted ? 5 : 3;

	if (slot->tts_tupleDescriptor->natts <= column)
		return 0;
	return kg_row_number((ItemPointer) DatumGetPointer(slot->tts_values[column]));
}

/* Fills in type and weight, which are the fourth and fifth columns. */
static void
fill_details(const KgAdjacency *adj, TupleTableSlot *slot, KgEdge *edge)
{
	edge->type_is_null = slot->tts_isnull[3];
	if (adj->edges->type != NULL)
	{
		edge->type = adj->type;
		edge->type_is_null = false;
	}
	else if (edge->type_is_null)
		edge->type = 0;
	else if (adj->graph->registered)
		edge->type = kg_edge_type_intern(adj->graph, TextDatumGetCString(slot->tts_values[3]));
	else
		edge->type = DatumGetInt32(slot->tts_values[3]);
	edge->weight = DatumGetFloat8(slot->tts_values[4]);
	edge->weight_is_null = slot->tts_isnull[4];
}

static bool
receive_edge(TupleTableSlot *slot, DestReceiver *self)
{
	EdgeReceiver *receiver = (EdgeReceiver *) self;
	const KgAdjacency *adj = receiver->adj;
	KgEdge		edge;

	slot_getallattrs(slot);
	edge.from = node_number(adj->graph, receiver->from_table, slot->tts_values[0]);
	edge.to = node_number(adj->graph, receiver->to_table, slot->tts_values[1]);
	edge.outgoing = receiver->outgoing;
	edge.id_is_null = slot->tts_isnull[2];
	edge.id = edge.id_is_null ? row_number(adj, slot) : DatumGetInt64(slot->tts_values[2]);
	if (adj->query->weighted)
		fill_details(adj, slot, &edge);
	if (receiver->sink->wanted(receiver->sink, &edge, 1) > 0 &&
		!receiver->sink->take(receiver->sink, &edge, 1))
		receiver->stopped = true;
	return !receiver->stopped;
}

/* Gives the edges of one direction of up to MAX_NODES_A_QUERY nodes. */
static void
expand_direction(KgAdjacency *adj, EdgeReceiver *receiver, bool outgoing,
				 const int64 *nodes, Size n)
{
	SqlReaderState *state = adj->state;
	SqlQuery   *query = outgoing ? &state->out : &state->in;
	ArrayType  *array;

	receiver->outgoing = outgoing;
	receiver->from_table = query->table;
	receiver->to_table = outgoing ? state->in.table : state->out.table;
	SPI_connect();
	array = kg_keys_array(adj->graph, query->table, nodes, n);
	if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) > 0)
	{
		state->arg_types[ARG_NODES] = kg_key_array_type(adj->graph->node_tables[query->table].kind);
		state->args[ARG_NODES] = PointerGetDatum(array);
		state->nulls[ARG_NODES] = false;
		kg_run_plan(plan_of(state, query),
					NUM_ARGS, state->arg_types, state->args, state->nulls, &receiver->pub);
	}
	SPI_finish();
}

static bool
sql_reader_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	EdgeReceiver receiver;

	kg_receiver_init(&receiver.pub, receive_edge);
	receiver.adj = adj;
	receiver.sink = sink;
	receiver.stopped = false;
	for (Size start = 0; start < n && !receiver.stopped; start += MAX_NODES_A_QUERY)
	{
		Size		count = Min(n - start, MAX_NODES_A_QUERY);

		if (adj->query->direction & KG_OUT)
			expand_direction(adj, &receiver, true, nodes + start, count);
		if ((adj->query->direction & KG_IN) && !receiver.stopped)
			expand_direction(adj, &receiver, false, nodes + start, count);
	}
	return !receiver.stopped;
}

/* Receives nodes of one table. */
typedef struct NodeReceiver
{
	DestReceiver pub;
	const KgGraph *graph;
	int			table;
	int64	   *nodes;
	Size		n;
} NodeReceiver;

static bool
receive_node(TupleTableSlot *slot, DestReceiver *self)
{
	NodeReceiver *receiver = (NodeReceiver *) self;

	slot_getallattrs(slot);
	receiver->nodes[receiver->n++] = node_number(receiver->graph, receiver->table,
												 slot->tts_values[0]);
	return true;
}

/* Looks up at most MAX_NODES_A_QUERY nodes in the receiver's table. */
static void
look_up(const KgGraph *graph, NodeReceiver *receiver, const int64 *nodes, Size n)
{
	const KgNodeTable *table = &graph->node_tables[receiver->table];
	Oid			type = kg_key_array_type(table->kind);
	bool		isnull = false;
	char	   *sql;
	ArrayType  *array;
	Datum		arg;

	SPI_connect();
	array = kg_keys_array(graph, receiver->table, nodes, n);
	arg = PointerGetDatum(array);
	if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) > 0)
	{
		sql = psprintf("SELECT DISTINCT %s FROM %s AS e WHERE %s ORDER BY 1",
					   kg_key_sql(table, "e", table->key),
					   quote_qualified_identifier(table->schema, table->table),
					   kg_key_among_sql(table, "e", table->key));
		kg_run_plan(kg_plan(sql, 1, &type, CURSOR_OPT_CUSTOM_PLAN), 1, &type, &arg, &isnull,
					&receiver->pub);
	}
	SPI_finish();
}

Size
kg_sql_existing(const KgGraph *graph, int64 *nodes, Size n)
{
	NodeReceiver receiver;

	kg_receiver_init(&receiver.pub, receive_node);
	receiver.graph = graph;

	/* With one table, results overwrite nodes that the query has copied. */
	receiver.nodes = graph->nnode_tables == 1 ? nodes :
		palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	receiver.n = 0;
	for (receiver.table = 0; receiver.table < graph->nnode_tables; receiver.table++)
	{
		for (Size start = 0; start < n; start += MAX_NODES_A_QUERY)
			look_up(graph, &receiver, nodes + start, Min(n - start, MAX_NODES_A_QUERY));
	}
	if (graph->keys != NULL)
		receiver.n = kg_distinct_nodes(receiver.nodes, receiver.n);
	if (receiver.nodes != nodes)
	{
		memcpy(nodes, receiver.nodes, receiver.n * sizeof(int64));
		pfree(receiver.nodes);
	}
	return receiver.n;
}

static Size
sql_reader_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	return kg_sql_existing(adj->graph, nodes, n);
}

static void
sql_reader_close(KgAdjacency *adj)
{
	/* The state is freed with its context, in which its callbacks are. */
	adj->state = NULL;
}

const KgReader kg_sql_reader = {
	.name = "sql",
	.open = sql_reader_open,
	.existing = sql_reader_existing,
	.expand = sql_reader_expand,
	.close = sql_reader_close
};
