/*
 * path.c
 *	  Arguments, steps and rows of the searches for paths.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "graph/catalog/keys.h"
#include "graph/search/arguments.h"
#include "graph/search/notices.h"
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

/* Drops the ends that are not among "nodes". */
static void
keep_ends(KgNodes *ends, const int64 *nodes, Size n)
{
	Size		kept = 0;

	for (Size i = 0; i < ends->n; i++)
	{
		if (kg_is_among(ends->nodes[i], nodes, n))
			ends->nodes[kept++] = ends->nodes[i];
	}
	ends->n = kept;
}

/* Drops the sources and targets that do not exist. */
static void
find_ends(KgPathSearch *search)
{
	KgNodes    *sources = &search->sources;
	KgNodes    *targets = &search->targets;
	Size		n = sources->n + targets->n;
	int64	   *nodes = palloc_extended(Max(n, 1) * sizeof(int64),
										MCXT_ALLOC_HUGE);

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
				 edge->id_is_null ?
				 errmsg("a relation has the weight %g", edge->weight) :
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

/* Is the edge a banned step from the source, seen from either end? */
static bool
is_banned_step(const KgBans *bans, const KgEdgeSink *sink, const KgEdge *edge)
{
	int64		to;

	if (edge->from == bans->source)
		to = edge->to;
	else if (edge->to == bans->source)
		to = edge->from;
	else
		return false;
	for (int i = 0; i < bans->nsteps; i++)
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

	if (bans == NULL)
		return n;
	for (int i = 0; i < n; i++)
	{
		if (!kg_node_set_has(&bans->nodes, edges[i].to) &&
			!is_banned_step(bans, sink, &edges[i]))
			edges[kept++] = edges[i];
	}
	return kept;
}

KgPath *
kg_path_new(int length)
{
	KgPath	   *path = palloc(sizeof(KgPath));

	path->length = length;
	path->steps = palloc_extended((length + 1) * sizeof(KgStep),
								  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	path->steps[0].edge_is_null = true;
	return path;
}

KgPath *
kg_path_of_node(int64 node)
{
	KgPath	   *path = kg_path_new(0);

	path->steps[0].node = node;
	return path;
}

Size
kg_common_end(const KgPathSearch *search, Size i)
{
	const KgNodes *sources = &search->sources;
	const KgNodes *targets = &search->targets;

	while (i < sources->n &&
		   !kg_is_among(sources->nodes[i], targets->nodes, targets->n))
		i++;
	return i;
}

float8
kg_path_cost(const KgPath *path)
{
	float8		cost = 0;

	for (int i = 1; i <= path->length; i++)
		cost += path->steps[i].weight;
	return cost;
}

void
kg_path_rows_begin(KgPathRows *rows, FunctionCallInfo fcinfo,
				   const KgPathSearch *search)
{
	memset(rows, 0, sizeof(*rows));
	rows->result = (ReturnSetInfo *) fcinfo->resultinfo;
	rows->graph = search->graph;
	rows->max_paths = -1;
	rows->context = AllocSetContextCreate(CurrentMemoryContext, "kg path",
										  ALLOCSET_DEFAULT_SIZES);
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

	if (rows->npaths == rows->max_paths)
	{
		kg_notice_cut_off("max_paths", rows->max_paths);
		return false;
	}
	rows->npaths++;
	old = MemoryContextSwitchTo(rows->context);
	elements = palloc_extended(n * sizeof(Datum), MCXT_ALLOC_HUGE);
	element_nulls = palloc0(n * sizeof(bool));

	for (int i = 0; i < n; i++)
		elements[i] = kg_node_integer(rows->graph, path->steps[i].node,
									  &nulls[column]);
	values[column++] = kg_make_array(elements, element_nulls, n, INT8OID);
	for (int i = 1; i < n; i++)
	{
		elements[i - 1] = Int64GetDatum(path->steps[i].edge);
		element_nulls[i - 1] = path->steps[i].edge_is_null;
	}
	values[column++] = kg_make_array(elements, element_nulls, n - 1, INT8OID);
	values[column++] = Int32GetDatum(path->length);
	if (rows->with_cost)
		values[column++] = Float8GetDatum(kg_path_cost(path));
	for (int i = 0; i < n; i++)
		elements[i] = kg_node_key(rows->graph, path->steps[i].node,
								  &element_nulls[i]);
	/* Either all nodes of a graph have keys or none has. */
	nulls[column] = element_nulls[0];
	values[column] = nulls[column] ? (Datum) 0 :
		kg_make_array(elements, element_nulls, n, TEXTOID);

	tuplestore_putvalues(rows->result->setResult, rows->result->setDesc, values,
						 nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(rows->context);
	return true;
}
