/*
 * source.c
 *	  Reads the nodes and edges of a graph.
 *
 * A query for each table runs as the current user.  So privileges and policies
 * work as in any SELECT, and a table may be a view or partitioned.  The
 * executor passes rows to a receiver of ours, so no row is stored on the way.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "optimizer/plancat.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "algo/projection/source.h"
#include "graph/adjacency/edge_sql.h"
#include "graph/catalog/catalog.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"

typedef struct Receiver
{
	DestReceiver pub;
	KgNodeTaker take_node;
	KgEdgeTaker take_edge;
	const KgGraph *graph;
	int			source_table;	/* while nodes are read: their table */
	int			target_table;
	bool		weighted;
	void	   *arg;
} Receiver;

static bool
receive_node(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *receiver = (Receiver *) self;
	const KgGraph *graph = receiver->graph;

	slot_getallattrs(slot);
	if (!slot->tts_isnull[0])
		receiver->take_node(receiver->arg, graph->keys == NULL ?
							DatumGetInt64(slot->tts_values[0]) :
							kg_keys_intern(graph, receiver->source_table,
										   slot->tts_values[0]));
	return true;
}

void
kg_check_weight(const KgGraph *graph, int64 source, int64 target, float8 weight)
{
	if (weight >= 0 && isfinite(weight))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("weight %g of a relation from %s to %s is not a finite number of at least 0",
					weight, kg_node_name(graph, source),
					kg_node_name(graph, target)),
			 errhint("Leave such relations out with types or as_of, or set weighted to false.")));
}

/* The number of an edge's end; 0 for a key that is of no node. */
static inline int64
end_of_edge(const Receiver *receiver, int table, Datum key)
{
	return receiver->graph->keys == NULL ? DatumGetInt64(key) :
		kg_keys_find(receiver->graph, table, key);
}

static bool
receive_edge(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *receiver = (Receiver *) self;
	float8		weight = 1;
	int64		source;
	int64		target;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return true;
	source = end_of_edge(receiver, receiver->source_table, slot->tts_values[0]);
	target = end_of_edge(receiver, receiver->target_table, slot->tts_values[1]);
	if (receiver->graph->keys != NULL && (source == 0 || target == 0))
		return true;
	if (receiver->weighted && !slot->tts_isnull[2])
	{
		weight = DatumGetFloat8(slot->tts_values[2]);
		kg_check_weight(receiver->graph, source, target, weight);
	}
	receiver->take_edge(receiver->arg, source, target, weight);
	return true;
}

/* The arguments of the query for edges: $1 types, $2 as_of, $3 known_at. */
enum
{
	ARG_TYPES,
	ARG_AS_OF,
	ARG_KNOWN_AT,
	NUM_ARGS
};

/*
 * In graphs with a dictionary of keys, nodes get numbers as they are read.
 * They are read in the order of their keys, so that numbers do not depend on
 * the order of the table's rows.
 */
static void
read_node_table(const KgGraph *graph, const KgNodeTable *table,
				Receiver *receiver)
{
	Relation	rel = kg_graph_open(graph, table->schema, table->table);
	char	   *sql;

	kg_graph_key(graph, rel, table->key);
	SPI_connect();
	sql = psprintf("SELECT %s FROM %s AS e%s",
				   kg_key_sql(table, "e", table->key),
				   kg_quoted_relation(rel),
				   graph->keys == NULL ? "" : " ORDER BY 1");
	kg_run_plan(kg_plan(sql, 0, NULL, CURSOR_OPT_CUSTOM_PLAN), 0, NULL, NULL,
				NULL,
				&receiver->pub);
	SPI_finish();
	table_close(rel, NoLock);
}

void
kg_source_nodes(const KgGraph *graph, KgNodeTaker take, void *arg)
{
	Receiver	receiver = {0};

	kg_receiver_init(&receiver.pub, receive_node);
	receiver.take_node = take;
	receiver.graph = graph;
	receiver.arg = arg;
	for (int i = 0; i < graph->nnode_tables; i++)
	{
		receiver.source_table = i;
		read_node_table(graph, &graph->node_tables[i], &receiver);
	}
}

static void
append_end(StringInfo sql, const KgGraph *graph, const char *column, int table)
{
	appendStringInfo(sql, "%s, ",
					 kg_key_sql(&graph->node_tables[table], "r", column));
}

static char *
edge_query(const KgGraph *graph, const KgEdgeTable *edges,
		   const KgEdgeQuery *query)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	append_end(&sql, graph, edges->source, edges->source_table);
	append_end(&sql, graph, edges->target, edges->target_table);
	if (query->weighted && edges->weight != NULL)
		appendStringInfo(&sql, "r.%s::pg_catalog.float8",
						 quote_identifier(edges->weight));
	else
		appendStringInfoString(&sql, "NULL::pg_catalog.float8");
	appendStringInfo(&sql, " FROM %s AS r WHERE true",
					 quote_qualified_identifier(edges->schema, edges->table));
	kg_append_edge_conditions(&sql, edges, query, ARG_TYPES + 1);
	return sql.data;
}

/* Raises an error that names the graph if a column or the table is missing. */
static void
check_columns(const KgGraph *graph, Relation rel, const KgEdgeTable *edges,
			  const KgEdgeQuery *query)
{
	kg_graph_key(graph, rel, edges->source);
	kg_graph_key(graph, rel, edges->target);
	kg_graph_check_ends(graph, rel, edges);
	if (!query->any_type)
		kg_graph_column(graph, rel, edges->type_column);
	if (query->weighted)
		kg_graph_column(graph, rel, edges->weight);
	if (!query->any_time)
	{
		kg_graph_column(graph, rel, edges->valid_from);
		kg_graph_column(graph, rel, edges->valid_to);
	}
	if (query->known_then)
		kg_graph_column(graph, rel, edges->recorded_at);
	kg_graph_column(graph, rel, edges->expired_at);
}

static void
read_edge_table(const KgGraph *graph, const KgEdgeTable *edges,
				const KgEdgeQuery *query,
				Receiver *receiver)
{
	Relation	rel = kg_graph_open(graph, edges->schema, edges->table);
	KgEdgeQuery own = kg_edge_table_query(edges, query);
	Oid			arg_types[NUM_ARGS];
	Datum		values[NUM_ARGS];
	bool		nulls[NUM_ARGS];

	edges = kg_graph_edges_of(graph, edges, rel);
	kg_check_known_at(graph, edges, query);
	check_columns(graph, rel, edges, &own);
	table_close(rel, NoLock);
	receiver->source_table = edges->source_table;
	receiver->target_table = edges->target_table;
	SPI_connect();
	values[ARG_TYPES] = kg_edge_types_array(graph, &own, &arg_types[ARG_TYPES],
											&nulls[ARG_TYPES]);
	arg_types[ARG_AS_OF] = TIMESTAMPTZOID;
	values[ARG_AS_OF] = TimestampTzGetDatum(own.as_of);
	nulls[ARG_AS_OF] = own.any_time;
	arg_types[ARG_KNOWN_AT] = TIMESTAMPTZOID;
	values[ARG_KNOWN_AT] = TimestampTzGetDatum(own.known_at);
	nulls[ARG_KNOWN_AT] = !own.known_then;
	kg_run_plan(kg_plan(edge_query(graph, edges, &own), NUM_ARGS, arg_types,
						CURSOR_OPT_CUSTOM_PLAN),
				NUM_ARGS, arg_types, values, nulls, &receiver->pub);
	SPI_finish();
}

void
kg_source_edges(const KgGraph *graph, const KgEdgeQuery *query,
				KgEdgeTaker take, void *arg)
{
	Receiver	receiver = {0};

	kg_receiver_init(&receiver.pub, receive_edge);
	receiver.take_edge = take;
	receiver.graph = graph;
	receiver.weighted = query->weighted;
	receiver.arg = arg;
	for (int i = 0; i < graph->nedge_tables; i++)
	{
		if (kg_wants_edge_table(graph, &graph->edge_tables[i], query))
			read_edge_table(graph, &graph->edge_tables[i], query, &receiver);
	}
}

/* An estimate of the rows of a table that the caller sees, or -1. */
static double
count_rows(const KgGraph *graph, const char *schema, const char *table)
{
	Relation	rel = kg_graph_open(graph, schema, table);
	double		tuples = -1;

	/* A policy may hide any part of the table. */
	if (rel->rd_rel->relkind == RELKIND_RELATION &&
		!rel->rd_rel->relhassubclass &&
		check_enable_rls(RelationGetRelid(rel), InvalidOid, true) !=
		RLS_ENABLED &&
		rel->rd_rel->reltuples > 0)
	{
		BlockNumber pages;
		double		allvisfrac;

		estimate_rel_size(rel, NULL, &pages, &tuples, &allvisfrac);
	}
	table_close(rel, NoLock);
	return tuples;
}

/* A sum of counts; -1 if one of them is unknown. */
static double
add_count(double sum, double count)
{
	return sum < 0 || count < 0 ? -1 : sum + count;
}

double
kg_source_count_nodes(const KgGraph *graph)
{
	double		sum = 0;

	for (int i = 0; i < graph->nnode_tables; i++)
		sum = add_count(sum, count_rows(graph, graph->node_tables[i].schema,
										graph->node_tables[i].table));
	return sum;
}

/*
 * The fraction of a table's edges that are known now, as ANALYZE estimates it,
 * or -1.
 */
static double
known_fraction(const KgGraph *graph, const KgEdgeTable *edges)
{
	Relation	rel = kg_graph_open(graph, edges->schema, edges->table);
	AttrNumber	expired_at = kg_graph_column(graph, rel,
											 kg_graph_edges_of(graph, edges, rel)->expired_at);
	HeapTuple	stats = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(rel)),
										Int16GetDatum(expired_at), BoolGetDatum(false));
	double		fraction = expired_at == InvalidAttrNumber ? 1 : -1;

	if (HeapTupleIsValid(stats))
	{
		fraction = ((Form_pg_statistic) GETSTRUCT(stats))->stanullfrac;
		ReleaseSysCache(stats);
	}
	table_close(rel, NoLock);
	return fraction;
}

double
kg_source_count_edges(const KgGraph *graph, const KgEdgeQuery *query)
{
	double		sum = 0;

	/* A filter may hide any part of the tables. */
	if (!query->any_type || !query->any_time || query->known_then)
		return -1;
	for (int i = 0; i < graph->nedge_tables; i++)
	{
		const KgEdgeTable *edges = &graph->edge_tables[i];
		double		fraction = known_fraction(graph, edges);
		double		rows = count_rows(graph, edges->schema, edges->table);

		sum = add_count(sum, fraction < 0 || rows < 0 ? -1 : fraction * rows);
	}
	return sum;
}
