/*
 * retrace.c
 *	  Edges of paths, for searches that keep only nodes and their costs.
 */
#include "postgres.h"

#include <math.h>

#include "utils/float.h"

#include "graph/catalog/keys.h"
#include "graph/search/depth_first.h"
#include "graph/search/path.h"
#include "graph/search/retrace.h"

/* A node of a path. */
typedef struct PathNode
{
	int64		node;
	int			position;		/* in the path */
} PathNode;

/* Looks for edges between adjacent nodes of a path. */
typedef struct Retrace
{
	KgEdgeSink	sink;
	const KgBans *bans;
	KgPath	   *path;
	int			next;			/* 1 or -1: from the position of an expanded
								 * node to that of the edge's other end */
	PathNode   *expanded;		/* ascending by node */
	int			n;
} Retrace;

static int
compare_path_nodes(const void *a, const void *b)
{
	int64		x = ((const PathNode *) a)->node;
	int64		y = ((const PathNode *) b)->node;

	return (x > y) - (x < y);
}

/* The step that the edge makes cheaper than those found before, or NULL. */
static KgStep *
retraced(const Retrace *retrace, const KgEdge *edge)
{
	KgStep	   *steps = retrace->path->steps;
	PathNode	key = {edge->from, 0};
	const PathNode *from = bsearch(&key, retrace->expanded, retrace->n,
								   sizeof(PathNode), compare_path_nodes);
	int			to = from->position + retrace->next;
	KgStep	   *step = &steps[Max(from->position, to)];

	if (steps[to].node != edge->to ||
		!(kg_unchecked_weight(edge) < step->weight))
		return NULL;
	return step;
}

static int
retrace_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Retrace    *retrace = (Retrace *) sink;
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (retraced(retrace, &edges[i]) != NULL)
			edges[kept++] = edges[i];
	}
	return kg_bans_apply(retrace->bans, sink, edges, kept);
}

static bool
retrace_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Retrace    *retrace = (Retrace *) sink;

	for (int i = 0; i < n; i++)
	{
		KgStep	   *step = retraced(retrace, &edges[i]);
		int64		node;

		if (step == NULL)
			continue;
		node = step->node;
		*step = kg_edge_step(sink, &edges[i], true);
		step->node = node;
	}
	return true;
}

void
kg_read_steps(KgPathSearch *search, KgPath *path, int first, int last,
			  bool forward)
{
	Retrace		retrace = {{retrace_wanted, retrace_take,.only_known = true}};
	int			n = last - first;
	int64	   *nodes;

	if (n == 0)
		return;
	retrace.bans = search->bans;
	retrace.path = path;
	retrace.next = forward ? 1 : -1;
	retrace.n = n;
	retrace.expanded = palloc_extended(n * sizeof(PathNode), MCXT_ALLOC_HUGE);
	nodes = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		retrace.expanded[i].position = forward ? first + i : first + i + 1;
		retrace.expanded[i].node = path->steps[retrace.expanded[i].position].node;
		path->steps[first + i + 1].weight = get_float8_infinity();
	}
	qsort(retrace.expanded, n, sizeof(PathNode), compare_path_nodes);
	for (int i = 0; i < n; i++)
		nodes[i] = retrace.expanded[i].node;
	kg_adjacency_expand(forward ? search->forward : search->backward, nodes, n,
						&retrace.sink);
	for (int i = first + 1; i <= last; i++)
	{
		if (isinf(path->steps[i].weight))
			elog(ERROR, "could not find the relation that led to entity %s",
				 kg_node_name(search->graph, path->steps[i].node));
	}
	pfree(retrace.expanded);
	pfree(nodes);
}

/* The path of a search back from the target, from the source on. */
static KgPath *
reversed_path(const KgDepthFirst *dfs)
{
	KgPath	   *path = kg_path_new(dfs->length);

	for (int i = 0; i <= path->length; i++)
	{
		KgStep	   *step = &path->steps[path->length - i];

		if (i < path->length)
			*step = dfs->steps[i + 1];
		step->node = dfs->steps[i].node;
	}
	return path;
}

bool
kg_paths_back(KgPathSearch *search, int64 target, KgDepthFirstWanted wanted,
			  void *state,
			  KgPutPath put, void *arg)
{
	const KgNodes *sources = &search->sources;
	KgDepthFirst dfs;
	bool		go_on = true;

	kg_depth_first_begin(&dfs, search, target, false);
	dfs.arg = state;
	dfs.wanted = wanted;
	while (go_on && kg_depth_first_next(&dfs))
	{
		if (!kg_is_among(dfs.steps[dfs.length].node, sources->nodes,
						 sources->n))
			kg_depth_first_deeper(&dfs);
		else
		{
			KgPath	   *path = reversed_path(&dfs);

			go_on = put(arg, path);
			pfree(path->steps);
			pfree(path);
		}
	}
	kg_depth_first_end(&dfs);
	return go_on;
}
