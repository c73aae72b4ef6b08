/*
 * distances.c
 *	  kg.distances, kg.cost_matrix: Dijkstra's algorithm from one end.
 *
 * Open labels are expanded in batches, as in costs.c; a label that becomes
 * cheaper after it was expanded is opened again.  So labels up to the least
 * open cost are final.
 *
 * E. W. Dijkstra, A note on two problems in connexion with graphs, Numerische
 * Mathematik 1, 1959.
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/tuplestore.h"

#include "graph/catalog/keys.h"
#include "graph/search/arguments.h"
#include "graph/search/labels.h"
#include "graph/search/path.h"

typedef struct Distances
{
	KgEdgeSink	sink;
	KgAdjacency *adj;
	KgMemory   *memory;
	KgLabels	labels;
	KgNodeList	batch;
	uint32		from;			/* where the last edge came from, or
								 * KG_NO_LABEL */
	bool		weighted;
	float8		max_cost;		/* labels that cost more are of no use */
	int64		nexpanded;
	bool		with_predecessors;
	KgLabelData predecessors;	/* KgPredecessor, if with_predecessors */
} Distances;

/* The cost of the other end by this edge; infinite if it is of no use. */
static float8
improved_cost(Distances *search, const KgEdge *edge, float8 weight)
{
	const KgLabels *labels = &search->labels;
	uint32		to;
	float8		cost;

	search->from = kg_labels_find_again(labels, edge->from, search->from);
	cost = kg_label(labels, search->from)->cost + weight;
	if (cost > search->max_cost)
		return get_float8_infinity();
	to = kg_labels_find(labels, edge->to);
	if (to != KG_NO_LABEL && cost >= kg_label(labels, to)->cost)
		return get_float8_infinity();
	return cost;
}

static int
distances_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Distances  *search = (Distances *) sink;
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		float8		weight = 1;

		if (search->weighted)
			weight = kg_unchecked_weight(&edges[i]);
		/* A bad weight is an error if the edge turns out visible. */
		if (!(weight >= 0) || !isinf(improved_cost(search, &edges[i], weight)))
			edges[kept++] = edges[i];
	}
	return kept;
}

static void
set_predecessor(Distances *search, uint32 id, const KgEdge *edge)
{
	KgPredecessor *by = kg_label_data(&search->predecessors, id);

	by->edge = edge->id;
	by->edge_is_null = edge->id_is_null;
}

static bool
distances_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Distances  *search = (Distances *) sink;
	KgLabels   *labels = &search->labels;

	for (int i = 0; i < n; i++)
	{
		float8		weight = search->weighted ? kg_edge_weight(&edges[i]) : 1;
		float8		cost = improved_cost(search, &edges[i], weight);
		uint32		to;

		if (isinf(cost))
			continue;
		to = kg_labels_find(labels, edges[i].to);
		if (to == KG_NO_LABEL)
			to = kg_labels_add(labels, edges[i].to);
		kg_labels_open(labels, to, cost);
		kg_label(labels, to)->parent = search->from;
		if (search->with_predecessors)
			set_predecessor(search, to, &edges[i]);
	}
	return true;
}

/*
 * Begins at these nodes, which exist.  search->adj, weighted, max_cost and
 * with_predecessors are set before.
 */
static void
begin(Distances *search, KgMemory *memory, const int64 *nodes, Size n)
{
	search->sink.wanted = distances_wanted;
	search->sink.take = distances_take;
	search->memory = memory;
	kg_labels_init(&search->labels, memory);
	kg_label_data_init(&search->predecessors, memory, sizeof(KgPredecessor));
	kg_node_list_init(&search->batch, memory);
	for (Size i = 0; i < n; i++)
		kg_labels_open(&search->labels,
					   kg_labels_add(&search->labels, nodes[i]), 0);
}

/* Expands the cheapest open labels, of which there must be one. */
static void
expand_batch(Distances *search)
{
	KgLabels   *labels = &search->labels;
	int64		size = kg_label_batch(search->nexpanded);

	CHECK_FOR_INTERRUPTS();
	search->batch.n = 0;
	while ((int64) search->batch.n < size && labels->nopen > 0)
		kg_node_list_append(&search->batch,
							kg_label(labels, kg_labels_close_first(labels))->node);
	search->nexpanded += search->batch.n;
	kg_node_list_sort(&search->batch, false);
	search->from = KG_NO_LABEL;
	kg_adjacency_expand(search->adj, search->batch.nodes, search->batch.n,
						&search->sink);
}

/* Are more than max_nodes labels (-1: no limit) final? */
static bool
has_more(const Distances *search, int max_nodes)
{
	const KgLabels *labels = &search->labels;
	float8		least = kg_labels_least(labels);
	int64		final = 0;

	if (max_nodes < 0 || labels->n - labels->nopen <= (Size) max_nodes)
		return false;
	for (uint32 i = 0; i < labels->n; i++)
		final += kg_label(labels, i)->cost <= least;
	return final > max_nodes;
}

/*
 * The label of the start from which a label was visited.  All labels between
 * remember it in "position", as the queue is not needed any more.
 */
static uint32
start_of(const KgLabels *labels, uint32 id)
{
	uint32		start = id;
	uint32		next;

	while (kg_label(labels, start)->position == KG_CLOSED &&
		   kg_label(labels, start)->parent != KG_NO_LABEL)
		start = kg_label(labels, start)->parent;
	if (kg_label(labels, start)->position != KG_CLOSED)
		start = kg_label(labels, start)->position;
	for (; id != KG_NO_LABEL &&
		 kg_label(labels, id)->position == KG_CLOSED; id = next)
	{
		next = kg_label(labels, id)->parent;
		kg_label(labels, id)->position = start;
	}
	return start;
}

static void
put_distance(Distances *search, const KgGraph *graph, ReturnSetInfo *result,
			 uint32 id)
{
	const KgLabels *labels = &search->labels;
	const KgLabel *label = kg_label(labels, id);
	int64		start = kg_label(labels, start_of(labels, id))->node;
	Datum		values[8];
	bool		nulls[8] = {false};

	values[0] = kg_node_integer(graph, label->node, &nulls[0]);
	values[1] = Float8GetDatum(label->cost);
	nulls[2] = nulls[3] = nulls[6] = true;
	values[4] = kg_node_integer(graph, start, &nulls[4]);
	values[5] = kg_node_key(graph, label->node, &nulls[5]);
	if (label->parent != KG_NO_LABEL)
	{
		const KgPredecessor *by = kg_label_data(&search->predecessors, id);
		int64		parent = kg_label(labels, label->parent)->node;

		values[2] = kg_node_integer(graph, parent, &nulls[2]);
		values[3] = Int64GetDatum(by->edge);
		nulls[3] = by->edge_is_null;
		values[6] = kg_node_key(graph, parent, &nulls[6]);
	}
	values[7] = kg_node_key(graph, start, &nulls[7]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Returns the nodes whose costs are final, nearest first. */
static void
put_distances(Distances *search, const KgGraph *graph, ReturnSetInfo *result,
			  int max_nodes)
{
	float8		final = kg_labels_least(&search->labels);
	uint32	   *ids = kg_labels_by_cost(&search->labels);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "kg distances",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);

	for (uint32 i = 0; i < search->labels.n &&
		 kg_label(&search->labels, ids[i])->cost <= final; i++)
	{
		if (max_nodes >= 0 && i == (uint32) max_nodes)
		{
			kg_notice_cut_off("max_nodes", max_nodes);
			break;
		}
		put_distance(search, graph, result, ids[i]);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* "max_cost double precision"; null: infinite. */
static float8
max_cost_argument(FunctionCallInfo fcinfo, int argno)
{
	float8		max_cost;

	if (PG_ARGISNULL(argno))
		return get_float8_infinity();
	max_cost = PG_GETARG_FLOAT8(argno);
	if (!(max_cost >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_cost must not be negative, but is %g", max_cost),
				 errhint("Null stands for no limit.")));
	return max_cost;
}

PG_FUNCTION_INFO_V1(kg_distances);

/*
 * distances(start anycompatible, max_cost double precision, direction text,
 *			 types text[], as_of timestamptz, max_nodes integer, graph text,
 *			 properties jsonb, filter text, weighted boolean,
 *			 known_at timestamptz)
 *	returns (entity bigint, cost double precision, parent bigint,
 *			 relation bigint, source bigint, key text, parent_key text,
 *			 source_key text)
 */
Datum
kg_distances(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);
	Distances	search = {.with_predecessors = true};
	int			max_nodes = kg_limit_argument(fcinfo, 5, "max_nodes");
	KgMemory	memory;
	KgEdgeQuery query;
	int64	   *start;
	Size		n;

	InitMaterializedSRF(fcinfo, 0);
	search.max_cost = max_cost_argument(fcinfo, 1);
	kg_query_arguments(fcinfo, 2, graph, &query);
	kg_edge_filter_arguments(fcinfo, 7, &query);
	query.weighted = search.weighted = !PG_ARGISNULL(9) && PG_GETARG_BOOL(9);
	search.adj = kg_adjacency_open(graph, &query);
	start = kg_start_argument(fcinfo, search.adj, &n);
	kg_memory_init(&memory, kg_adjacency_entities(search.adj),
				   "lower max_cost or max_nodes");
	begin(&search, &memory, start, n);
	while (search.labels.nopen > 0 && !has_more(&search, max_nodes))
		expand_batch(&search);
	put_distances(&search, graph, (ReturnSetInfo *) fcinfo->resultinfo,
				  max_nodes);
	kg_memory_reset(&memory);
	kg_adjacency_close(search.adj);
	return (Datum) 0;
}

/*
 * The greatest cost of a target, infinite as long as one has not been visited.
 * Labels that cost more are of no use.
 */
static float8
greatest_cost(const Distances *search, const KgNodes *targets)
{
	float8		greatest = 0;

	for (Size i = 0; i < targets->n; i++)
	{
		uint32		id = kg_labels_find(&search->labels, targets->nodes[i]);

		if (id == KG_NO_LABEL)
			return get_float8_infinity();
		greatest = Max(greatest, kg_label(&search->labels, id)->cost);
	}
	return greatest;
}

/* Returns the costs of all targets from this source. */
static void
put_costs(const Distances *search, const KgPathSearch *paths, int64 source,
		  ReturnSetInfo *result)
{
	const KgGraph *graph = paths->graph;

	for (Size i = 0; i < paths->targets.n; i++)
	{
		int64		target = paths->targets.nodes[i];
		uint32		id = kg_labels_find(&search->labels, target);
		Datum		values[5];
		bool		nulls[5] = {false};

		if (id == KG_NO_LABEL)
			continue;
		values[0] = kg_node_integer(graph, source, &nulls[0]);
		values[1] = kg_node_integer(graph, target, &nulls[1]);
		values[2] = Float8GetDatum(kg_label(&search->labels, id)->cost);
		values[3] = kg_node_key(graph, source, &nulls[3]);
		values[4] = kg_node_key(graph, target, &nulls[4]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		if (!nulls[3])
		{
			pfree(DatumGetPointer(values[3]));
			pfree(DatumGetPointer(values[4]));
		}
	}
}

/* Searches from a source until the costs of all targets are final. */
static void
find_costs(const KgPathSearch *paths, int64 source, float8 max_cost,
		   KgMemory *memory,
		   ReturnSetInfo *result)
{
	Distances	search = {.adj = paths->forward,.weighted = paths->weighted};
	float8		greatest = get_float8_infinity();

	search.max_cost = max_cost;
	begin(&search, memory, &source, 1);
	while (search.labels.nopen > 0 &&
		   kg_labels_least(&search.labels) < greatest)
	{
		expand_batch(&search);
		greatest = greatest_cost(&search, &paths->targets);
		search.max_cost = Min(max_cost, greatest);
	}
	put_costs(&search, paths, source, result);
}

PG_FUNCTION_INFO_V1(kg_cost_matrix);

/*
 * cost_matrix(sources anycompatible, targets anycompatible,
 *			   max_cost double precision, direction text, types text[],
 *			   as_of timestamptz, graph text, properties jsonb, filter text,
 *			   weighted boolean, known_at timestamptz)
 *	returns (source bigint, target bigint, cost double precision,
 *			 source_key text, target_key text)
 */
Datum
kg_cost_matrix(PG_FUNCTION_ARGS)
{
	const KgPathArguments arguments = {.direction = 3,.graph = 6,.weighted = 9,.sets = true};
	KgPathSearch paths;
	float8		max_cost = max_cost_argument(fcinfo, 2);

	InitMaterializedSRF(fcinfo, 0);
	if (!kg_path_search_open(&paths, fcinfo, &arguments, false))
		paths.sources.n = 0;
	for (Size i = 0; i < paths.sources.n; i++)
	{
		KgMemory	memory;

		kg_memory_init(&memory, paths.memory.entities, paths.memory.advice);
		find_costs(&paths, paths.sources.nodes[i], max_cost, &memory,
				   (ReturnSetInfo *) fcinfo->resultinfo);
		kg_memory_reset(&memory);
	}
	kg_path_search_close(&paths);
	return (Datum) 0;
}
