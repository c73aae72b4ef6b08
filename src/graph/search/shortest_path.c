/*
 * shortest_path.c
 *	  kg.shortest_path, kg.reachable; the choice of the search for them.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "graph/catalog/keys.h"
#include "graph/search/costs.h"
#include "graph/search/levels.h"
#include "graph/search/rounds.h"
#include "graph/search/shortest_path.h"

typedef KgPath *(*FindPath) (KgPathSearch *search);

/* Runs a search and frees the memory that it has taken. */
static KgPath *
find_in_own_memory(KgPathSearch *search, FindPath find)
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
 * With weights and max_depth, the cheapest of all paths is mostly short enough,
 * and a search for it takes less time than one that limits the length.
 */
static KgPath *
find_path(KgPathSearch *search)
{
	KgPath	   *path;

	if (!search->weighted)
		return kg_fewest_edges(search);
	if (search->max_depth < 0)
		return kg_least_cost(search);
	path = find_in_own_memory(search, kg_least_cost);
	return path == NULL || path->length <= search->max_depth ? path :
		kg_least_cost_within(search);
}

/* Do all nodes of the path exist? */
static bool
nodes_exist(const KgPathSearch *search, const KgPath *path)
{
	int64	   *nodes = palloc_extended((path->length + 1) * sizeof(int64),
										MCXT_ALLOC_HUGE);
	Size		n;
	bool		exist;

	for (int i = 0; i <= path->length; i++)
		nodes[i] = path->steps[i].node;
	n = kg_distinct_nodes(nodes, path->length + 1);
	exist = kg_adjacency_existing(search->forward, nodes, n) == n;
	pfree(nodes);
	return exist;
}

/*
 * Searches as if the nodes at the ends of all edges existed, and then looks up
 * the nodes of the path found.  That saves a look-up for each other node that
 * the search visits.  The path is a shortest one among more edges than there
 * are, so if all its nodes exist, it is a shortest one of the graph.  Returns
 * false if one does not exist: then the search has told nothing.
 */
static bool
find_path_trusting(KgPathSearch *search, KgPath **path)
{
	*path = find_in_own_memory(search, find_path);
	return *path == NULL || nodes_exist(search, *path);
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
	 * Not with weights: a bad weight of an edge whose end does not exist must
	 * be no error.  And both sides must see the same edges, or they miss each
	 * other.
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

PG_FUNCTION_INFO_V1(kg_shortest_path);

/*
 * shortest_path(source anycompatible, target anycompatible,
 *				 max_depth integer, direction text, types text[],
 *				 as_of timestamptz, graph text, properties jsonb,
 *				 filter text, weighted boolean, known_at timestamptz)
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

	InitMaterializedSRF(fcinfo, 0);
	if (kg_path_search_open(&search, fcinfo, &arguments, false))
		path = kg_find_path(&search);
	for (int i = 0; path != NULL && i <= path->length; i++)
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
 *			 properties jsonb, filter text, known_at timestamptz)
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
