/*
 * traverse.c
 *	  kg.traverse, kg.neighborhood: breadth-first search; kg.neighbors: the
 *	  edges of a node.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/edge_types.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/memory.h"
#include "graph/search/arguments.h"
#include "graph/search/notices.h"
#include "graph/search/traverse.h"
#include "graph/search/wanted.h"

static int
search_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	KgBreadthFirst *search = (KgBreadthFirst *) sink;

	return kg_want_others(&search->visited, edges, n);
}

/* Visits a new node; returns false if it would exceed max_nodes. */
static bool
visit(KgBreadthFirst *search, int64 node, int depth, const KgEdge *edge)
{
	if (search->nvisited == search->max_nodes)
	{
		search->truncated = true;
		return false;
	}
	search->nvisited++;
	search->memory.visited++;
	search->visit(search, node, depth, edge);
	return true;
}

static bool
search_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	KgBreadthFirst *search = (KgBreadthFirst *) sink;

	for (int i = 0; i < n; i++)
	{
		if (!sink->claimed && !kg_node_set_add(&search->visited, edges[i].to))
			continue;
		if (!visit(search, edges[i].to, search->depth + 1, &edges[i]))
			return false;
		/* The search does not expand nodes at the last depth. */
		if (search->depth + 1 != search->max_depth)
			kg_node_list_append(&search->frontier.next, edges[i].to);
	}
	return true;
}

void
kg_breadth_first_init(KgBreadthFirst *search, KgAdjacency *adj)
{
	search->sink.wanted = search_wanted;
	search->sink.take = search_take;
	search->sink.visited = &search->visited;
	search->sink.only_visited = true;
	search->sink.claims = &search->visited;
	kg_memory_init(&search->memory, kg_adjacency_entities(adj),
				   "lower max_depth or max_nodes");
	kg_node_set_init(&search->visited, &search->memory);
	kg_frontier_init(&search->frontier, &search->memory);
}

void
kg_breadth_first(KgBreadthFirst *search, KgAdjacency *adj, const int64 *start,
				 Size nstart)
{
	for (Size i = 0; i < nstart && visit(search, start[i], 0, NULL); i++)
	{
		kg_node_set_add(&search->visited, start[i]);
		kg_node_list_append(&search->frontier.nodes, start[i]);
	}
	while (search->frontier.nodes.n > 0 && search->depth != search->max_depth &&
		   !search->truncated)
	{
		/* One node more than max_nodes shows that the result is cut off. */
		if (search->max_nodes >= 0)
			search->sink.enough = search->max_nodes - search->nvisited + 1;
		if (!kg_frontier_expand(&search->frontier, adj, &search->sink))
			break;
		search->depth++;
	}
}

const char *
kg_breadth_first_as_asked(KgBreadthFirst *search, FunctionCallInfo fcinfo,
						  KgGraph *graph)
{
	KgAdjacency *adj;
	KgEdgeQuery query;
	const char *readers;
	int64	   *start;
	Size		nstart;

	search->max_depth = kg_limit_argument(fcinfo, 1, "max_depth");
	search->max_nodes = kg_limit_argument(fcinfo, 5, "max_nodes");
	kg_query_arguments(fcinfo, 2, graph, &query);
	kg_edge_filter_arguments(fcinfo, 7, &query);

	adj = kg_adjacency_open(graph, &query);
	start = kg_start_argument(fcinfo, adj, &nstart);
	kg_breadth_first_init(search, adj);
	kg_breadth_first(search, adj, start, nstart);
	if (search->truncated)
		kg_notice_cut_off("max_nodes", search->max_nodes);
	readers = kg_adjacency_readers(adj);
	kg_adjacency_close(adj);
	return readers;
}

/* kg.traverse: adds a row to the result for each node visited. */
typedef struct Traversal
{
	KgBreadthFirst search;
	const KgGraph *graph;
	ReturnSetInfo *result;
	HeapTuple	row;			/* for a node without a key; see make_row */
} Traversal;

/* The data of this tuple, aligned as its columns are. */
typedef struct RowData
{
	int64		entity;
	int32		depth;
	int64		parent;
	int64		edge;
} RowData;

/*
 * A tuple without keys, for all such rows in turn.  Most rows differ only in
 * four numbers, and storing these in the tuple takes a quarter of the time of
 * forming a new one.
 */
static HeapTuple
make_row(TupleDesc desc)
{
	Datum		values[6] = {0};
	bool		nulls[6] = {false, false, false, false, true, true};
	HeapTuple	row = heap_form_tuple(desc, values, nulls);

	if (row->t_len - row->t_data->t_hoff != sizeof(RowData))
		elog(ERROR, "unexpected layout of a row");
	return row;
}

void
kg_put_traverse_row(ReturnSetInfo *result, const KgGraph *graph,
					const KgTraverseRow *row)
{
	Datum		values[6] = {0};
	bool		nulls[6] = {false, false, true, !row->has_edge, true, true};

	values[0] = kg_node_integer(graph, row->node, &nulls[0]);
	values[1] = Int32GetDatum(row->depth);
	values[3] = Int64GetDatum(row->edge);
	values[4] = kg_node_key(graph, row->node, &nulls[4]);
	if (row->has_parent)
	{
		values[2] = kg_node_integer(graph, row->parent, &nulls[2]);
		values[5] = kg_node_key(graph, row->parent, &nulls[5]);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	if (!nulls[4])
		pfree(DatumGetPointer(values[4]));
	if (!nulls[5])
		pfree(DatumGetPointer(values[5]));
}

static void
put_row(KgBreadthFirst *search, int64 node, int depth, const KgEdge *edge)
{
	Traversal  *t = (Traversal *) search;
	KgTraverseRow row = kg_traverse_row(node, depth, edge);
	RowData    *data;

	if (!row.has_edge || t->graph->keys != NULL)
	{
		kg_put_traverse_row(t->result, t->graph, &row);
		return;
	}
	data = (RowData *) ((char *) t->row->t_data + t->row->t_data->t_hoff);
	data->entity = row.node;
	data->depth = row.depth;
	data->parent = row.parent;
	data->edge = row.edge;
	tuplestore_puttuple(t->result->setResult, t->row);
}

PG_FUNCTION_INFO_V1(kg_traverse);

/*
 * traverse(start anycompatible, max_depth integer, direction text,
 *			types text[], as_of timestamptz, max_nodes integer, graph text,
 *			properties jsonb, filter text, known_at timestamptz)
 *	returns (entity bigint, depth integer, parent bigint, relation bigint,
 *			 key text, parent_key text)
 */
Datum
kg_traverse(PG_FUNCTION_ARGS)
{
	Traversal	t = {0};
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);

	InitMaterializedSRF(fcinfo, 0);
	t.result = (ReturnSetInfo *) fcinfo->resultinfo;
	t.row = make_row(t.result->setDesc);
	t.graph = graph;
	t.search.visit = put_row;
	kg_breadth_first_as_asked(&t.search, fcinfo, graph);
	kg_memory_reset(&t.search.memory);
	return (Datum) 0;
}

/* kg.neighborhood: only nodes. */
typedef struct Neighborhood
{
	KgBreadthFirst search;
	KgNodeList	nodes;
} Neighborhood;

static void
add_node(KgBreadthFirst *search, int64 node, int depth, const KgEdge *edge)
{
	KgNodeList *nodes = &((Neighborhood *) search)->nodes;

	if (nodes->memory == NULL)
		kg_node_list_init(nodes, &search->memory);
	kg_node_list_append(nodes, node);
}

/* The nodes as bigint[]. */
static ArrayType *
node_array(const KgNodeList *list)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + sizeof(int64) * list->n;
	ArrayType  *array;

	if (list->n == 0)
		return construct_empty_array(INT8OID);
	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an array cannot hold %zu entities", list->n),
				 errhint("Use kg.traverse, or lower max_depth or max_nodes.")));
	array = palloc0(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = INT8OID;
	ARR_DIMS(array)[0] = (int) list->n;
	ARR_LBOUND(array)[0] = 1;
	memcpy((char *) array + ARR_OVERHEAD_NONULLS(1), list->nodes,
		   sizeof(int64) * list->n);
	return array;
}

PG_FUNCTION_INFO_V1(kg_neighborhood);

/*
 * neighborhood(start anycompatible, max_depth integer, direction text,
 *				types text[], as_of timestamptz, max_nodes integer,
 *				graph text, properties jsonb, filter text,
 *				known_at timestamptz)
 *	returns bigint[]
 */
Datum
kg_neighborhood(PG_FUNCTION_ARGS)
{
	Neighborhood n = {0};
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);
	ArrayType  *result;

	if (graph->keys)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("kg.neighborhood returns integers, and entities of graph \"%s\" have other keys",
						graph->name),
				 errhint("Use kg.traverse.")));
	n.search.visit = add_node;
	kg_breadth_first_as_asked(&n.search, fcinfo, graph);
	result = node_array(&n.nodes);
	kg_memory_reset(&n.search.memory);
	PG_RETURN_ARRAYTYPE_P(result);
}

/* kg.neighbors: adds a row to the result for each edge. */
typedef struct Neighbors
{
	KgEdgeSink	sink;
	const KgGraph *graph;
	ReturnSetInfo *result;
	int			max_rows;		/* -1: no limit */
	int			nrows;
	bool		truncated;
} Neighbors;

static bool
neighbors_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Neighbors  *list = (Neighbors *) sink;

	for (int i = 0; i < n; i++)
	{
		Datum		values[7];
		bool		nulls[7] = {
			false, edges[i].id_is_null,
			edges[i].type_is_null || list->graph->registered,
			edges[i].weight_is_null
		};

		if (list->nrows == list->max_rows)
		{
			list->truncated = true;
			return false;
		}
		list->nrows++;
		values[0] = kg_node_integer(list->graph, edges[i].to, &nulls[0]);
		values[1] = Int64GetDatum(edges[i].id);
		values[2] = Int32GetDatum(edges[i].type);
		values[3] = Float8GetDatum(edges[i].weight);
		values[4] = BoolGetDatum(edges[i].outgoing);
		values[5] = kg_edge_type_name(list->graph, &edges[i], &nulls[5]);
		values[6] = kg_node_key(list->graph, edges[i].to, &nulls[6]);
		tuplestore_putvalues(list->result->setResult, list->result->setDesc,
							 values, nulls);
	}
	return true;
}

PG_FUNCTION_INFO_V1(kg_neighbors);

/*
 * neighbors(entity anycompatible, direction text, types text[],
 *			 as_of timestamptz, max_rows integer, graph text, properties jsonb,
 *			 filter text, known_at timestamptz)
 *	returns (neighbor bigint, relation bigint, type integer, weight double precision,
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
	query.weighted = query.typed = true;

	InitMaterializedSRF(fcinfo, 0);
	list.result = (ReturnSetInfo *) fcinfo->resultinfo;
	list.graph = graph;
	list.sink.wanted = kg_want_all;
	list.sink.take = neighbors_take;
	list.sink.enough = list.max_rows + 1;
	adj = kg_adjacency_open(graph, &query);
	if (!PG_ARGISNULL(0))
	{
		entity = kg_node_argument(fcinfo, 0, "entity", graph);
		if (kg_existing_or_notice(adj, &entity, 1) > 0)
			kg_adjacency_expand(adj, &entity, 1, &list.sink);
	}
	if (list.truncated)
		kg_notice_cut_off("max_rows", list.max_rows);
	kg_adjacency_close(adj);
	return (Datum) 0;
}
