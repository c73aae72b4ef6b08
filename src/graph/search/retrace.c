/*
 * retrace.c
 *	  Paths from what a search by weights knows of nodes.
 */
#include "postgres.h"

#include <math.h>

#include "utils/float.h"

#include "graph/catalog/keys.h"
#include "graph/search/depth_first.h"
#include "graph/search/path.h"
#include "graph/search/retrace.h"

/* A node of a path. */
typedef struct Place
{
	int64		node;
	int			position;		/* in the path */
} Place;

/* Looks for relations between nodes that follow each other. */
typedef struct Retrace
{
	KgEdgeSink	sink;
	const KgBans *bans;
	KgPath	   *path;
	int			next;			/* places from a node that is expanded to the
								 * one its edge leads to: 1 or -1 */
	Place	   *places;			/* of nodes that are expanded, by node */
	int			n;
} Retrace;

static int
compare_places(const void *a, const void *b)
{
	int64		x = ((const Place *) a)->node;
	int64		y = ((const Place *) b)->node;

	return (x > y) - (x < y);
}

/* The step of the path that the edge may be, or NULL. */
static KgStep *
retraced(const Retrace *retrace, const KgEdge *edge)
{
	KgStep	   *steps = retrace->path->steps;
	Place		key = {edge->from, 0};
	const Place *from = bsearch(&key, retrace->places, retrace->n, sizeof(Place), compare_places);
	KgStep	   *step = &steps[Max(from->position, from->position + retrace->next)];

	if (steps[from->position + retrace->next].node != edge->to ||
		!((edge->weight_is_null ? 1 : edge->weight) < step->weight))
		return NULL;
	return step;
}

static int
retrace_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Retrace    *retrace = (Retrace *) sink;
	int			kept = 0;
	int			i;

	for (i = 0; i < n; i++)
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
	int			i;

	for (i = 0; i < n; i++)
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
kg_read_steps(KgPathSearch *search, KgPath *path, int first, int last, bool forward)
{
	Retrace		retrace = {{retrace_wanted, retrace_take,.only_known = true}};
	int			n = last - first;
	int64	   *nodes;
	int			i;

	if (first == 0)
	{
		memset(&path->steps[0].edge, 0, sizeof(KgStep) - offsetof(KgStep, edge));
		path->steps[0].edge_is_null = true;
	}
	if (n == 0)
		return;
	retrace.bans = search->bans;
	retrace.path = path;
	retrace.next = forward ? 1 : -1;
	retrace.n = n;
	retrace.places = palloc_extended(n * sizeof(Place), MCXT_ALLOC_HUGE);
	nodes = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	for (i = 0; i < n; i++)
	{
		retrace.places[i].position = forward ? first + i : first + i + 1;
		retrace.places[i].node = path->steps[retrace.places[i].position].node;
		path->steps[first + i + 1].weight = get_float8_infinity();
	}
	qsort(retrace.places, n, sizeof(Place), compare_places);
	for (i = 0; i < n; i++)
		nodes[i] = retrace.places[i].node;
	kg_adjacency_expand(forward ? search->forward : search->backward, nodes, n, &retrace.sink);
	for (i = first + 1; i <= last; i++)
	{
		if (isinf(path->steps[i].weight))
			elog(ERROR, "could not find the relation that led to entity %s",
				 kg_node_name(search->graph, path->steps[i].node));
	}
	pfree(retrace.places);
	pfree(nodes);
}

/* The path whose steps against the edges these are. */
static void
reverse_path(const KgDepthFirst *dfs, KgPath *path)
{
	int			i;

	path->length = dfs->length;
	path->steps = palloc_extended((path->length + 1) * sizeof(KgStep), MCXT_ALLOC_HUGE);
	for (i = 0; i <= path->length; i++)
	{
		KgStep	   *step = &path->steps[path->length - i];

		if (i < path->length)
			*step = dfs->steps[i + 1];
		else
			memset(step, 0, sizeof(*step));
		step->node = dfs->steps[i].node;
	}
	path->steps[0].edge_is_null = true;
}

bool
kg_paths_back(KgPathSearch *search, int64 target, KgDepthFirstWanted wanted, void *state,
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
		if (!kg_is_among(dfs.steps[dfs.length].node, sources->nodes, sources->n))
			kg_depth_first_deeper(&dfs);
		else
		{
			KgPath		path;

			reverse_path(&dfs, &path);
			go_on = put(arg, &path);
			pfree(path.steps);
		}
	}
	kg_depth_first_end(&dfs);
	return go_on;
}
