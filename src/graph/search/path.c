/*
 * path.c
 *	  What searches for paths have in common; kg.shortest_path, kg.reachable.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "graph/search/arguments.h"
#include "graph/search/notices.h"
#include "graph/catalog/keys.h"
#include "graph/search/path.h"

/* The nodes of an argument, none if it is null. */
static KgNodes
ends_argument(FunctionCallInfo fcinfo, int argno, const char *name,
			  const KgPathArguments *arguments, const KgGraph *graph)
{
	KgNodes		ends = {NULL, 0};
	int			n = 1;

	if (PG_ARGISNULL(argno))
		return ends;
	if (arguments->sets)
		ends.nodes = kg_nodes_argument(fcinfo, argno, name, graph, &n);
	else
	{
		ends.nodes = palloc(sizeof(int64));
		ends.nodes[0] = kg_node_argument(fcinfo, argno, name, graph);
	}
	ends.n = kg_distinct_nodes(ends.nodes, n);
	return ends;
}

/* Leaves those that are among "nodes". */
static void
keep_ends(KgNodes *ends, const int64 *nodes, Size n)
{
	Size		kept = 0;
	Size		i;

	for (i = 0; i < ends->n; i++)
	{
		if (kg_is_among(ends->nodes[i], nodes, n))
			ends->nodes[kept++] = ends->nodes[i];
	}
	ends->n = kept;
}

/* Leaves those ends that are there. */
static void
find_ends(KgPathSearch *search)
{
	KgNodes    *sources = &search->sources;
	KgNodes    *targets = &search->targets;
	Size		n = sources->n + targets->n;
	int64	   *nodes = palloc_extended(Max(n, 1) * sizeof(int64), MCXT_ALLOC_HUGE);

	if (sources->n > 0)
		memcpy(nodes, sources->nodes, sources->n * sizeof(int64));
	if (targets->n > 0)
		memcpy(nodes + sources->n, targets->nodes, targets->n * sizeof(int64));
	n = kg_distinct_nodes(nodes, n);
	n = kg_existing_or_notice(search->forward, nodes, n);
	keep_ends(sources, nodes, n);
	keep_ends(targets, nodes, n);
	pfree(nodes);
}

bool
kg_path_search_open(KgPathSearch *search, FunctionCallInfo fcinfo,
					const KgPathArguments *arguments, bool any_target)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, arguments->graph);
	KgEdgeQuery *query = &search->query;

	memset(search, 0, sizeof(*search));
	search->graph = graph;
	search->max_depth = arguments->max_depth == 0 ? -1 :
		kg_limit_argument(fcinfo, arguments->max_depth, "max_depth");
	kg_query_arguments(fcinfo, arguments->direction, graph, query);
	kg_edge_filter_arguments(fcinfo, arguments->graph + 1, query);
	if (arguments->weighted != 0 && !PG_ARGISNULL(arguments->weighted))
		search->weighted = PG_GETARG_BOOL(arguments->weighted);
	query->weighted = search->weighted;
	query->rows = arguments->rows;
	search->reverse_query = kg_reverse_query(query);
	search->forward = kg_adjacency_open(graph, query);
	search->backward = kg_adjacency_open(graph, &search->reverse_query);
	kg_memory_init(&search->memory, kg_adjacency_entities(search->forward),
				   search->weighted ? "filter relations" : "lower max_depth");

	if (PG_ARGISNULL(0) || (PG_ARGISNULL(1) && !any_target))
		return false;
	search->sources = ends_argument(fcinfo, 0, "source", arguments, graph);
	search->targets = ends_argument(fcinfo, 1, "target", arguments, graph);
	find_ends(search);
	return search->sources.n > 0 && (search->targets.n > 0 || PG_ARGISNULL(1));
}

void
kg_path_search_close(KgPathSearch *search)
{
	kg_memory_reset(&search->memory);
	kg_adjacency_close(search->backward);
	kg_adjacency_close(search->forward);
}

float8
kg_edge_weight(const KgEdge *edge)
{
	if (edge->weight_is_null)
		return 1;
	if (unlikely(edge->weight < 0 || isnan(edge->weight)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 edge->id_is_null ? errmsg("a relation has the weight %g", edge->weight) :
				 errmsg("relation " INT64_FORMAT " has the weight %g", edge->id,
						edge->weight),
				 errhint("Weights of paths must be numbers that are not negative.")));
	return edge->weight;
}

KgStep
kg_edge_step(const KgEdgeSink *sink, const KgEdge *edge, bool weighted)
{
	KgStep		step = {0};

	step.node = edge->to;
	step.edge = edge->id;
	step.table = sink->table;
	step.edge_is_null = edge->id_is_null;
	step.weight = weighted ? kg_edge_weight(edge) : 1;
	return step;
}

/* Is this the step, seen from either end? */
static bool
is_banned_step(const KgBans *bans, const KgEdgeSink *sink, const KgEdge *edge)
{
	int64		to;
	int			i;

	if (edge->from == bans->source)
		to = edge->to;
	else if (edge->to == bans->source)
		to = edge->from;
	else
		return false;
	for (i = 0; i < bans->nsteps; i++)
	{
		const KgStep *step = bans->steps[i];

		if (step->node == to && kg_is_edge_of(step, sink, edge))
			return true;
	}
	return false;
}

int
kg_bans_apply(const KgBans *bans, const KgEdgeSink *sink, KgEdge *edges, int n)
{
	int			kept = 0;
	int			i;

	if (bans == NULL)
		return n;
	for (i = 0; i < n; i++)
	{
		if (!kg_node_set_has(&bans->nodes, edges[i].to) &&
			!is_banned_step(bans, sink, &edges[i]))
			edges[kept++] = edges[i];
	}
	return kept;
}

typedef KgPath *(*FindPath) (KgPathSearch *search);

/* Gives back the memory that the search has held. */
static KgPath *
find_and_forget(KgPathSearch *search, FindPath find)
{
	KgMemory	memory = search->memory;
	KgPath	   *path;

	kg_memory_init(&search->memory, memory.entities, memory.advice);
	search->memory.used = memory.used;
	path = find(search);
	kg_memory_reset(&search->memory);
	search->memory = memory;
	return path;
}

/*
 * With weights and max_depth, a path of the least cost of all is mostly short
 * enough, and found sooner than one of so many relations.
 */
static KgPath *
find_path(KgPathSearch *search)
{
	KgPath	   *path;

	if (!search->weighted)
		return kg_fewest_edges(search);
	if (search->max_depth < 0)
		return kg_least_cost(search);
	path = find_and_forget(search, kg_least_cost);
	return path == NULL || path->length <= search->max_depth ? path : kg_least_cost_within(search);
}

/* Are all nodes of the path there? */
static bool
nodes_exist(const KgPathSearch *search, const KgPath *path)
{
	int64	   *nodes = palloc_extended((path->length + 1) * sizeof(int64), MCXT_ALLOC_HUGE);
	Size		n;
	bool		exist;
	int			i;

	for (i = 0; i <= path->length; i++)
		nodes[i] = path->steps[i].node;
	n = kg_distinct_nodes(nodes, path->length + 1);
	exist = kg_adjacency_existing(search->forward, nodes, n) == n;
	pfree(nodes);
	return exist;
}

/*
 * Searches as if edges led to nodes that are there, which saves looking up all
 * those that the search comes by, and looks up those of the path that it
 * finds.  A shortest path among more edges is one among fewer if it is still
 * there.  If it is not, nothing is found yet.
 */
static bool
find_path_trusting(KgPathSearch *search, KgPath **path)
{
	*path = find_and_forget(search, find_path);
	return *path == NULL || nodes_exist(search, *path);
}

KgPath *
kg_path_of_node(int64 node)
{
	KgPath	   *path = palloc(sizeof(KgPath));

	path->length = 0;
	path->steps = palloc0(sizeof(KgStep));
	path->steps[0].node = node;
	path->steps[0].edge_is_null = true;
	return path;
}

Size
kg_common_end(const KgPathSearch *search, Size i)
{
	const KgNodes *sources = &search->sources;
	const KgNodes *targets = &search->targets;

	while (i < sources->n && !kg_is_among(sources->nodes[i], targets->nodes, targets->n))
		i++;
	return i;
}

KgPath *
kg_find_path(KgPathSearch *search)
{
	Size		common = kg_common_end(search, 0);
	KgPath	   *path;
	bool		trusts;
	bool		looks_up_ends;
	bool		found;

	if (common < search->sources.n)
		return kg_path_of_node(search->sources.nodes[common]);

	/*
	 * With weights, those of edges that are none must not be errors.  And
	 * what one side goes through the other must, or they miss each other.
	 */
	trusts = !search->weighted && !kg_adjacency_drops_ends(search->forward) &&
		!kg_adjacency_drops_ends(search->backward);
	looks_up_ends = trusts && kg_adjacency_trust_ends(search->forward, true);
	looks_up_ends |= trusts && kg_adjacency_trust_ends(search->backward, true);
	found = looks_up_ends && find_path_trusting(search, &path);
	kg_adjacency_trust_ends(search->forward, false);
	kg_adjacency_trust_ends(search->backward, false);
	return found ? path : find_path(search);
}

float8
kg_path_cost(const KgPath *path)
{
	float8		cost = 0;
	int			i;

	for (i = 1; i <= path->length; i++)
		cost += path->steps[i].weight;
	return cost;
}

void
kg_path_rows_begin(KgPathRows *rows, FunctionCallInfo fcinfo, const KgPathSearch *search)
{
	memset(rows, 0, sizeof(*rows));
	rows->result = (ReturnSetInfo *) fcinfo->resultinfo;
	rows->graph = search->graph;
	rows->max_paths = -1;
	rows->context = AllocSetContextCreate(CurrentMemoryContext, "kg path", ALLOCSET_DEFAULT_SIZES);
}

bool
kg_put_path_row(void *arg, const KgPath *path)
{
	KgPathRows *rows = arg;
	MemoryContext old;
	int			n = path->length + 1;
	Datum	   *elements;
	bool	   *element_nulls;
	Datum		values[5];
	bool		nulls[5] = {false};
	int			column = 0;
	int			i;

	if (rows->npaths == rows->max_paths)
	{
		kg_notice_cut_off("max_paths", rows->max_paths);
		return false;
	}
	rows->npaths++;
	old = MemoryContextSwitchTo(rows->context);
	elements = palloc_extended(n * sizeof(Datum), MCXT_ALLOC_HUGE);
	element_nulls = palloc0(n * sizeof(bool));

	for (i = 0; i < n; i++)
		elements[i] = kg_node_integer(rows->graph, path->steps[i].node, &nulls[column]);
	values[column++] = kg_make_array(elements, element_nulls, n, INT8OID);
	for (i = 1; i < n; i++)
	{
		elements[i - 1] = Int64GetDatum(path->steps[i].edge);
		element_nulls[i - 1] = path->steps[i].edge_is_null;
	}
	values[column++] = kg_make_array(elements, element_nulls, n - 1, INT8OID);
	values[column++] = Int32GetDatum(path->length);
	if (rows->with_cost)
		values[column++] = Float8GetDatum(kg_path_cost(path));
	for (i = 0; i < n; i++)
		elements[i] = kg_node_key(rows->graph, path->steps[i].node, &element_nulls[i]);
	/* Either all nodes have one or none has. */
	nulls[column] = element_nulls[0];
	values[column] = nulls[column] ? (Datum) 0 : kg_make_array(elements, element_nulls, n, TEXTOID);

	tuplestore_putvalues(rows->result->setResult, rows->result->setDesc, values, nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(rows->context);
	return true;
}

PG_FUNCTION_INFO_V1(kg_shortest_path);

/*
 * shortest_path(source anycompatible, target anycompatible,
 *				 max_depth integer, direction text, types text[],
 *				 as_of timestamptz, graph text, properties jsonb,
 *				 filter text, weighted boolean)
 *	returns (step integer, entity bigint, relation bigint,
 *			 cost double precision, key text)
 */
Datum
kg_shortest_path(PG_FUNCTION_ARGS)
{
	const KgPathArguments arguments = {
		.max_depth = 2,.direction = 3,.graph = 6,.weighted = 9,.sets = true
	};
	KgPathSearch search;
	KgPath	   *path = NULL;
	float8		cost = 0;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	if (kg_path_search_open(&search, fcinfo, &arguments, false))
		path = kg_find_path(&search);
	for (i = 0; path != NULL && i <= path->length; i++)
	{
		ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
		const KgStep *step = &path->steps[i];
		Datum		values[5];
		bool		nulls[5] = {false, false, step->edge_is_null, false, true};

		cost += step->weight;
		values[0] = Int32GetDatum(i);
		values[1] = kg_node_integer(search.graph, step->node, &nulls[1]);
		values[2] = Int64GetDatum(step->edge);
		values[3] = Float8GetDatum(cost);
		values[4] = kg_node_key(search.graph, step->node, &nulls[4]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	kg_path_search_close(&search);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(kg_reachable);

/*
 * reachable(source anycompatible, target anycompatible, max_depth integer,
 *			 direction text, types text[], as_of timestamptz, graph text,
 *			 properties jsonb, filter text)
 *	returns boolean
 */
Datum
kg_reachable(PG_FUNCTION_ARGS)
{
	const KgPathArguments arguments = {.max_depth = 2,.direction = 3,.graph = 6,.sets = true};
	KgPathSearch search;
	bool		reachable = false;

	if (kg_path_search_open(&search, fcinfo, &arguments, false))
		reachable = kg_find_path(&search) != NULL;
	kg_path_search_close(&search);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(reachable);
}
