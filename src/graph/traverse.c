/*
 * traverse.c
 *	  kg.traverse: breadth-first search; kg.neighbors: the edges of an entity.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "graph/adjacency.h"
#include "graph/arguments.h"
#include "graph/keys.h"
#include "graph/memory.h"

/* A search in progress.  Rows leave as nodes are reached. */
typedef struct Traversal
{
	KgEdgeSink	sink;
	const KgGraph *graph;
	ReturnSetInfo *result;
	KgMemory	memory;
	KgNodeSet	reached;
	KgNodeList	frontier;		/* nodes at this depth */
	KgNodeList	next;			/* nodes at depth + 1 */
	int			depth;
	int			max_depth;		/* -1: no limit */
	int			max_nodes;		/* -1: no limit */
	int			nrows;
} Traversal;

static bool
is_full(const Traversal *t)
{
	return t->nrows == t->max_nodes;
}

static void
put_row(Traversal *t, int64 entity, int depth, const KgEdge *edge)
{
	Datum		values[5];
	bool		nulls[5] = {false, false, edge == NULL, edge == NULL || edge->relation_is_null, true};

	values[0] = Int64GetDatum(entity);
	values[1] = Int32GetDatum(depth);
	values[2] = edge ? Int64GetDatum(edge->from) : (Datum) 0;
	values[3] = edge ? Int64GetDatum(edge->relation) : (Datum) 0;
	values[4] = kg_node_key(t->graph, entity, &nulls[4]);
	tuplestore_putvalues(t->result->setResult, t->result->setDesc, values, nulls);
	t->nrows++;
}

static int
traversal_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Traversal  *t = (Traversal *) sink;
	int			kept = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (!kg_node_set_has(&t->reached, edges[i].to))
			edges[kept++] = edges[i];
	}
	return kept;
}

static bool
traversal_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Traversal  *t = (Traversal *) sink;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (!kg_node_set_add(&t->reached, edges[i].to))
			continue;
		t->memory.reached++;
		put_row(t, edges[i].to, t->depth + 1, &edges[i]);
		if (is_full(t))
			return false;
		/* Nodes at the last depth are not expanded. */
		if (t->depth + 1 != t->max_depth)
			kg_node_list_append(&t->next, edges[i].to);
	}
	return true;
}

/* Puts those start nodes that exist into the frontier, each once. */
static void
reach_start(Traversal *t, KgAdjacency *adj, const int64 *start, int nstart)
{
	Size		i;
	int			j;

	for (j = 0; j < nstart; j++)
		kg_node_list_append(&t->frontier, start[j]);
	kg_node_list_sort(&t->frontier, true);
	t->frontier.n = kg_adjacency_existing(adj, t->frontier.nodes, t->frontier.n);
	for (i = 0; i < t->frontier.n && !is_full(t); i++)
	{
		kg_node_set_add(&t->reached, t->frontier.nodes[i]);
		t->memory.reached++;
		put_row(t, t->frontier.nodes[i], 0, NULL);
	}
}

static void
traverse(Traversal *t, KgAdjacency *adj, const int64 *start, int n)
{
	reach_start(t, adj, start, n);
	while (t->frontier.n > 0 && t->depth != t->max_depth && !is_full(t))
	{
		KgNodeList	done = t->frontier;

		if (!kg_adjacency_expand(adj, t->frontier.nodes, t->frontier.n, &t->sink))
			break;
		kg_node_list_sort(&t->next, false);
		t->frontier = t->next;
		t->next = done;
		t->next.n = 0;
		t->depth++;
	}
}

PG_FUNCTION_INFO_V1(kg_traverse);

/*
 * traverse(start anycompatiblearray, max_depth integer, direction text,
 *			types text[], as_of timestamptz, max_nodes integer, graph text,
 *			properties jsonb, filter text)
 *	returns (entity bigint, depth integer, parent bigint, relation bigint,
 *			 key text)
 */
Datum
kg_traverse(PG_FUNCTION_ARGS)
{
	Traversal	t = {0};
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);
	KgAdjacency *adj;
	KgEdgeQuery query;
	int64	   *start = NULL;
	int			nstart = 0;

	if (!PG_ARGISNULL(0))
		start = kg_nodes_argument(fcinfo, 0, "start", graph, &nstart);
	t.max_depth = kg_limit_argument(fcinfo, 1, "max_depth");
	t.max_nodes = kg_limit_argument(fcinfo, 5, "max_nodes");
	kg_query_arguments(fcinfo, 2, graph, &query);
	kg_edge_filter_arguments(fcinfo, 7, &query);

	InitMaterializedSRF(fcinfo, 0);
	t.result = (ReturnSetInfo *) fcinfo->resultinfo;
	t.graph = graph;
	t.sink.wanted = traversal_wanted;
	t.sink.take = traversal_take;
	t.sink.reached = &t.reached;
	adj = kg_adjacency_open(graph, &query);
	kg_memory_init(&t.memory, kg_adjacency_entities(adj), "lower max_depth or max_nodes");
	kg_node_set_init(&t.reached, &t.memory);
	kg_node_list_init(&t.frontier, &t.memory);
	kg_node_list_init(&t.next, &t.memory);
	traverse(&t, adj, start, nstart);
	kg_memory_reset(&t.memory);
	kg_adjacency_close(adj);
	return (Datum) 0;
}

/* A list of neighbours in progress. */
typedef struct Neighbors
{
	KgEdgeSink	sink;
	const KgGraph *graph;
	ReturnSetInfo *result;
	int			max_rows;		/* -1: no limit */
	int			nrows;
} Neighbors;

static int
neighbors_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

static bool
neighbors_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Neighbors  *list = (Neighbors *) sink;
	int			i;

	for (i = 0; i < n && list->nrows != list->max_rows; i++, list->nrows++)
	{
		Datum		values[7];
		bool		nulls[7] = {
			false, edges[i].relation_is_null,
			edges[i].type_is_null || list->graph->registered,
			edges[i].weight_is_null
		};

		values[0] = Int64GetDatum(edges[i].to);
		values[1] = Int64GetDatum(edges[i].relation);
		values[2] = Int32GetDatum(edges[i].type);
		values[3] = Float4GetDatum(edges[i].weight);
		values[4] = BoolGetDatum(edges[i].outgoing);
		values[5] = kg_type_name(list->graph, &edges[i], &nulls[5]);
		values[6] = kg_node_key(list->graph, edges[i].to, &nulls[6]);
		tuplestore_putvalues(list->result->setResult, list->result->setDesc, values, nulls);
	}
	return list->nrows != list->max_rows;
}

PG_FUNCTION_INFO_V1(kg_neighbors);

/*
 * neighbors(entity anycompatible, direction text, types text[],
 *			 as_of timestamptz, max_rows integer, graph text, properties jsonb,
 *			 filter text)
 *	returns (neighbor bigint, relation bigint, type integer, weight real,
 *			 outgoing boolean, type_name text, key text)
 */
Datum
kg_neighbors(PG_FUNCTION_ARGS)
{
	Neighbors	list = {0};
	KgGraph    *graph = kg_graph_argument(fcinfo, 5);
	KgAdjacency *adj;
	KgEdgeQuery query;
	int64		entity;

	list.max_rows = kg_limit_argument(fcinfo, 4, "max_rows");
	kg_query_arguments(fcinfo, 1, graph, &query);
	kg_edge_filter_arguments(fcinfo, 6, &query);
	query.details = true;

	InitMaterializedSRF(fcinfo, 0);
	list.result = (ReturnSetInfo *) fcinfo->resultinfo;
	list.graph = graph;
	list.sink.wanted = neighbors_wanted;
	list.sink.take = neighbors_take;
	adj = kg_adjacency_open(graph, &query);
	if (!PG_ARGISNULL(0) && list.max_rows != 0)
	{
		entity = kg_node_argument(fcinfo, 0, "entity", graph);
		if (kg_adjacency_existing(adj, &entity, 1) > 0)
			kg_adjacency_expand(adj, &entity, 1, &list.sink);
	}
	kg_adjacency_close(adj);
	return (Datum) 0;
}
