/*
 * all_paths.c
 *	  kg.paths: all simple paths; kg.all_shortest_paths: all of least length.
 */
#include "postgres.h"

#include "funcapi.h"

#include "graph/search/arguments.h"
#include "graph/search/costs.h"
#include "graph/search/depth_first.h"
#include "graph/search/levels.h"
#include "graph/search/path.h"
#include "graph/search/rounds.h"

typedef struct SimplePaths
{
	KgPathSearch *search;
	bool		edge_unique;	/* no edge twice; else no node twice */
	KgBounds	bounds;			/* if there is a target */
} SimplePaths;

/* Is the edge on the path? */
static bool
has_edge(const KgDepthFirst *dfs, const KgEdge *edge)
{
	for (int i = dfs->length; i > 0; i--)
	{
		const KgStep *step = &dfs->steps[i];
		int64		before = step[-1].node;

		if (kg_is_edge_of(step, &dfs->sink, edge) &&
			((before == edge->from && step->node == edge->to) ||
			 (before == edge->to && step->node == edge->from)))
			return true;
	}
	return false;
}

static bool
may_go_on(KgDepthFirst *dfs, const KgEdge *edge)
{
	const SimplePaths *paths = dfs->arg;
	int			max_depth = paths->search->max_depth;

	if (paths->edge_unique)
	{
		/* An edge from a node to itself comes twice; it is one step. */
		if (edge->from == edge->to && !edge->outgoing &&
			paths->search->query.direction == KG_BOTH)
			return false;
		if (has_edge(dfs, edge))
			return false;
	}
	else if (kg_depth_first_has(dfs, edge->to))
		return false;
	return paths->search->targets.n == 0 ||
		kg_target_is_near(&paths->bounds, edge->to,
						  max_depth < 0 ? -1 : max_depth - dfs->length - 1);
}

static void
find_paths(SimplePaths *paths, KgPathRows *rows)
{
	KgPathSearch *search = paths->search;
	bool		has_target = search->targets.n > 0;
	KgDepthFirst dfs;

	if (has_target)
		kg_find_bounds(&paths->bounds, search);
	kg_depth_first_begin(&dfs, search, search->sources.nodes[0], true);
	dfs.arg = paths;
	dfs.wanted = may_go_on;
	while (kg_depth_first_next(&dfs))
	{
		KgPath		path = {dfs.length, dfs.steps};
		bool		at_target = has_target &&
		dfs.steps[dfs.length].node == search->targets.nodes[0];

		if ((at_target || !has_target) && !kg_put_path_row(rows, &path))
			break;
		/* A path that visits no node twice cannot return to the target. */
		if (dfs.length != search->max_depth &&
			!(at_target && !paths->edge_unique))
			kg_depth_first_deeper(&dfs);
	}
}

PG_FUNCTION_INFO_V1(kg_paths);

/*
 * paths(source anycompatible, target anycompatible, max_depth integer,
 *		 direction text, types text[], as_of timestamptz, uniqueness text,
 *		 max_paths integer, graph text, properties jsonb, filter text,
 *		 known_at timestamptz)
 *	returns (nodes bigint[], relations bigint[], length integer, keys text[])
 */
Datum
kg_paths(PG_FUNCTION_ARGS)
{
	static const KgWords uniqueness = {
		"uniqueness", "uniqueness", "Use 'node' or 'edge'.", {"node", "edge"}
	};
	KgPathArguments arguments = {.max_depth = 2,.direction = 3,.graph = 8};
	KgPathSearch search;
	KgPathRows	rows;
	SimplePaths paths = {&search};
	int			max_paths = kg_limit_argument(fcinfo, 7, "max_paths");

	paths.edge_unique = kg_word_argument(fcinfo, 6, &uniqueness) == 1;
	arguments.rows = paths.edge_unique;
	InitMaterializedSRF(fcinfo, 0);
	if (kg_path_search_open(&search, fcinfo, &arguments, true))
	{
		kg_path_rows_begin(&rows, fcinfo, &search);
		rows.max_paths = max_paths;
		find_paths(&paths, &rows);
	}
	kg_path_search_close(&search);
	return (Datum) 0;
}

/* Returns a path of no edges for each source that is a target. */
static void
put_common_ends(const KgPathSearch *search, KgPathRows *rows)
{
	Size		i = kg_common_end(search, 0);

	while (i < search->sources.n &&
		   kg_put_path_row(rows, kg_path_of_node(search->sources.nodes[i])))
		i = kg_common_end(search, i + 1);
}

PG_FUNCTION_INFO_V1(kg_all_shortest_paths);

/*
 * all_shortest_paths(source anycompatible, target anycompatible,
 *					  max_depth integer, direction text, types text[],
 *					  as_of timestamptz, max_paths integer, graph text,
 *					  properties jsonb, filter text, weighted boolean,
 *					  known_at timestamptz)
 *	returns (nodes bigint[], relations bigint[], length integer,
 *			 cost double precision, keys text[])
 */
Datum
kg_all_shortest_paths(PG_FUNCTION_ARGS)
{
	const KgPathArguments arguments = {
		.max_depth = 2,.direction = 3,.graph = 7,.weighted = 10,.sets = true
	};
	KgPathSearch search;
	KgPathRows	rows;
	int			max_paths = kg_limit_argument(fcinfo, 6, "max_paths");

	InitMaterializedSRF(fcinfo, 0);
	if (kg_path_search_open(&search, fcinfo, &arguments, false))
	{
		kg_path_rows_begin(&rows, fcinfo, &search);
		rows.max_paths = max_paths;
		rows.with_cost = true;
		if (kg_common_end(&search, 0) < search.sources.n)
			put_common_ends(&search, &rows);
		else if (search.weighted && search.max_depth >= 0)
			kg_all_least_cost_within(&search, kg_put_path_row, &rows);
		else if (search.weighted)
			kg_all_least_cost(&search, kg_put_path_row, &rows);
		else
			kg_all_fewest_edges(&search, kg_put_path_row, &rows);
	}
	kg_path_search_close(&search);
	return (Datum) 0;
}
