/*
 * levels.c
 *	  Breadth-first search from both ends: paths of the fewest edges.
 *
 * The side with the smaller frontier expands it as a whole.  When the sides
 * have a and b complete levels behind their ends and have not met, no path has
 * a + b edges or less.  So when a new level of one side visits a node of the
 * other, this node is in the other's last level, and the path through it is a
 * shortest one.
 *
 * The search keeps levels, but not the edge by which it visited each node:
 * edges would take several times the memory of all else.  It finds the edges
 * of a path afterwards, with the levels.
 */
#include "postgres.h"

#include "graph/catalog/keys.h"
#include "graph/search/depth_first.h"
#include "graph/search/levels.h"
#include "graph/search/wanted.h"

static Size
frontier_size(const KgSide *side)
{
	Size		n;

	kg_level_nodes(side, kg_last_level(side), &n);
	return n;
}

static int
side_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	KgSide	   *side = (KgSide *) sink;

	n = kg_want_others(&side->visited, edges, n);
	return kg_bans_apply(side->bans, sink, edges, n);
}

static void
visit(KgSide *side, int64 node)
{
	if (!side->sink.claimed && !kg_node_set_add(&side->visited, node))
		return;
	side->memory->visited++;
	kg_node_list_append(&side->next, node);
}

static bool
side_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	KgSide	   *side = (KgSide *) sink;

	for (int i = 0; i < n; i++)
	{
		if (side->other != NULL &&
			kg_node_set_has(&side->other->visited, edges[i].to))
		{
			side->meeting = kg_edge_step(sink, &edges[i], false);
			side->meeting_from = edges[i].from;
			side->met = true;
			return false;
		}
		visit(side, edges[i].to);
	}
	return true;
}

/* Completes the level in progress. */
static void
end_level(KgSide *side)
{
	kg_node_list_sort(&side->next, false);
	kg_node_list_append(&side->starts, side->nodes.n);
	for (Size i = 0; i < side->next.n; i++)
		kg_node_list_append(&side->nodes, side->next.nodes[i]);
	side->next.n = 0;
}

void
kg_side_begin(KgSide *side, KgPathSearch *search, bool forward, KgSide *other)
{
	const KgNodes *ends = forward ? &search->sources : &search->targets;

	memset(side, 0, sizeof(*side));
	side->sink.wanted = side_wanted;
	side->sink.take = side_take;
	side->sink.visited = &side->visited;
	side->sink.claims = &side->visited;
	/* A reader gives edges to these at once, so the sides meet early. */
	if (other != NULL)
		side->sink.known = &other->visited;
	side->adj = forward ? search->forward : search->backward;
	side->bans = search->bans;
	side->memory = &search->memory;
	side->other = other;
	kg_node_set_init(&side->visited, side->memory);
	kg_node_list_init(&side->nodes, side->memory);
	kg_node_list_init(&side->starts, side->memory);
	kg_node_list_init(&side->next, side->memory);
	for (Size i = 0; i < ends->n; i++)
		visit(side, ends->nodes[i]);
	end_level(side);
}

bool
kg_side_grow(KgSide *side)
{
	Size		n;
	int64	   *nodes = kg_level_nodes(side, kg_last_level(side), &n);

	/* This side has visited all nodes that it can. */
	if (n == 0)
		return false;
	kg_adjacency_expand(side->adj, nodes, n, &side->sink);
	if (!side->met)
		end_level(side);
	return true;
}

KgSide *
kg_smaller_side(KgSide *forward, KgSide *backward)
{
	return frontier_size(forward) <= frontier_size(backward) ?
		forward : backward;
}

KgSide *
kg_find_meeting(KgSide *forward, KgSide *backward, int max_depth)
{
	for (int depth = 0; depth != max_depth; depth++)
	{
		KgSide	   *side = kg_smaller_side(forward, backward);

		if (!kg_side_grow(side))
			return NULL;
		if (side->met)
			return side;
	}
	return NULL;
}

/*
 * Both sides together get max_depth - 1 levels, each time the side that is
 * cheaper to grow.  Levels of the source's side give no bound: near the sources
 * a search visits fewer nodes than one more level around the targets has.
 */
void
kg_find_bounds(KgBounds *bounds, KgPathSearch *search)
{
	KgSide	   *side;

	kg_side_begin(&bounds->from_target, search, false, NULL);
	kg_side_begin(&bounds->from_source, search, true, NULL);
	for (int depth = 1; search->max_depth < 0 || depth < search->max_depth; depth++)
	{
		side = kg_smaller_side(&bounds->from_source, &bounds->from_target);
		/* If the source's side is complete, only the target's grows. */
		if (!kg_side_grow(side) &&
			(side == &bounds->from_target ||
			 !kg_side_grow(&bounds->from_target)))
			break;
	}
}

bool
kg_target_is_near(const KgBounds *bounds, int64 node, int left)
{
	const KgSide *side = &bounds->from_target;
	int			last = kg_last_level(side);
	Size		n;

	kg_level_nodes(side, last, &n);
	if (left < 0 || left > last)
	{
		/* A node beyond the last level may be near enough. */
		return n > 0 || kg_node_set_has(&side->visited, node);
	}
	if (!kg_node_set_has(&side->visited, node))
		return false;
	for (int level = 0; level <= left; level++)
	{
		const int64 *nodes = kg_level_nodes(side, level, &n);

		if (kg_is_among(node, nodes, n))
			return true;
	}
	return false;
}

/*
 * The edge to a node of a level of at most this many nodes is looked for among
 * the edges that made the level.  The node's own edges may be many more: in
 * graphs with hubs, the nodes on shortest paths are hubs.
 */
#define SMALL_LEVEL 1024

/* Looks for one edge to any of these nodes. */
typedef struct Retrace
{
	KgEdgeSink	sink;
	const KgBans *bans;
	const int64 *nodes;
	Size		n;
	KgStep		step;
	int64		from;
	bool		found;
} Retrace;

static int
retrace_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Retrace    *retrace = (Retrace *) sink;

	n = kg_want_among(retrace->nodes, retrace->n, edges, n);
	return kg_bans_apply(retrace->bans, sink, edges, n);
}

static bool
retrace_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Retrace    *retrace = (Retrace *) sink;

	if (n == 0)
		return true;
	retrace->step = kg_edge_step(sink, &edges[0], false);
	retrace->from = edges[0].from;
	retrace->found = true;
	return false;
}

/*
 * An edge by which a side visited a node of this level, as a step from the node
 * back to the level before.
 */
static KgStep
step_back(const KgSide *side, int level, int64 node)
{
	Retrace		retrace = {{retrace_wanted, retrace_take}, side->bans};
	Size		level_size;
	Size		nbefore;
	const int64 *before = kg_level_nodes(side, level - 1, &nbefore);

	retrace.sink.only_known = true;
	(void) kg_level_nodes(side, level, &level_size);
	if (level_size <= SMALL_LEVEL)
	{
		retrace.nodes = &node;
		retrace.n = 1;
		kg_adjacency_expand(side->adj, before, nbefore, &retrace.sink);
		retrace.step.node = retrace.from;
	}
	else
	{
		retrace.nodes = before;
		retrace.n = nbefore;
		kg_adjacency_expand(side->other->adj, &node, 1, &retrace.sink);
	}
	if (!retrace.found)
		elog(ERROR, "could not find the relation that led to entity %s",
			 kg_node_name(kg_adjacency_graph(side->adj), node));
	return retrace.step;
}

/* A step to this node by the edge of another step. */
static KgStep
step_to(int64 node, const KgStep *by)
{
	KgStep		step = *by;

	step.node = node;
	return step;
}

/* The path through the step where the sides met. */
static KgPath *
retrace(const KgSide *forward, const KgSide *backward, const KgSide *met)
{
	int			before = kg_last_level(forward);
	int			after = kg_last_level(backward);
	KgPath	   *path = kg_path_new(before + 1 + after);
	KgStep	   *steps = path->steps;

	steps[before].node = met == forward ? met->meeting_from : met->meeting.node;
	for (int i = before; i > 0; i--)
	{
		KgStep		back = step_back(forward, i, steps[i].node);

		steps[i] = step_to(steps[i].node, &back);
		steps[i - 1].node = back.node;
	}
	steps[before + 1] =
		step_to(met == forward ? met->meeting.node : met->meeting_from,
				&met->meeting);
	for (int i = after; i > 0; i--)
	{
		KgStep	   *step = &steps[before + 1 + after - i];

		step[1] = step_back(backward, i, step->node);
	}
	return path;
}

KgPath *
kg_fewest_edges(KgPathSearch *search)
{
	KgSide		forward;
	KgSide		backward;
	KgSide	   *met;

	kg_side_begin(&forward, search, true, &backward);
	kg_side_begin(&backward, search, false, &forward);
	met = kg_find_meeting(&forward, &backward, search->max_depth);
	return met == NULL ? NULL : retrace(&forward, &backward, met);
}

/*
 * All paths of the fewest edges.
 *
 * A layer is the set of nodes on such paths at one distance from the source.
 * The two layers where the sides met are the ends of the edges between their
 * last levels.  From there outwards, a layer is the nodes of a side's level
 * that have an edge to the layer found before.
 */
typedef struct Layers
{
	KgEdgeSink	sink;
	const int64 *nodes;			/* wanted at other ends of edges; ascending */
	Size		n;
	bool		keep_from;		/* keep the expanded node, else the other end */
	KgNodeList *found;			/* the layer in progress */
	int			nlayers;
	KgNodeList *layers;			/* by the distance from the source */
} Layers;

static int
layers_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Layers	   *layers = (Layers *) sink;

	return kg_want_among(layers->nodes, layers->n, edges, n);
}

static bool
layers_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Layers	   *layers = (Layers *) sink;

	for (int i = 0; i < n; i++)
	{
		int64		node = layers->keep_from ? edges[i].from : edges[i].to;
		KgNodeList *found = layers->found;

		/* Several edges of a node often follow each other. */
		if (found->n == 0 || found->nodes[found->n - 1] != node)
			kg_node_list_append(found, node);
	}
	return true;
}

/*
 * Finds the edges from "nodes" to layers->nodes.  The layer is the nodes that
 * they come from if keep_from, else their other ends.
 */
static void
find_layer(Layers *layers, KgNodeList *found, KgAdjacency *adj,
		   const int64 *nodes, Size n)
{
	layers->found = found;
	kg_adjacency_expand(adj, nodes, n, &layers->sink);
	kg_node_list_sort(found, true);
}

static void
find_layers(Layers *layers, KgPathSearch *search, const KgSide *forward,
			const KgSide *backward)
{
	int			before = kg_last_level(forward);
	int			after = kg_last_level(backward);
	int64	   *nodes;
	Size		n;

	layers->sink.only_known = true;
	layers->nlayers = before + after + 2;
	layers->layers = kg_memory_alloc0(&search->memory,
									  layers->nlayers * sizeof(KgNodeList));
	for (int i = 0; i < layers->nlayers; i++)
		kg_node_list_init(&layers->layers[i], &search->memory);

	nodes = kg_level_nodes(forward, before, &n);
	layers->nodes = kg_level_nodes(backward, after, &layers->n);
	layers->keep_from = true;
	find_layer(layers, &layers->layers[before], search->forward, nodes, n);
	layers->keep_from = false;
	for (int i = before; i > 0; i--)
	{
		layers->nodes = kg_level_nodes(forward, i - 1, &layers->n);
		find_layer(layers, &layers->layers[i - 1], search->backward,
				   layers->layers[i].nodes, layers->layers[i].n);
	}
	for (int i = after; i >= 0; i--)
	{
		KgNodeList *last = &layers->layers[layers->nlayers - 2 - i];

		layers->nodes = kg_level_nodes(backward, i, &layers->n);
		find_layer(layers, last + 1, search->forward, last->nodes, last->n);
	}
}

/* Does the step lead to the next layer? */
static bool
leads_to_layer(KgDepthFirst *dfs, const KgEdge *edge)
{
	const Layers *layers = dfs->arg;
	const KgNodeList *layer = &layers->layers[dfs->length + 1];

	return kg_is_among(edge->to, layer->nodes, layer->n);
}

/* Gives the paths from this source to "put"; returns false when "put" does. */
static bool
dfs_layers(Layers *layers, KgPathSearch *search, int64 source, KgPutPath put,
		   void *arg)
{
	KgDepthFirst dfs;
	bool		go_on = true;

	kg_depth_first_begin(&dfs, search, source, true);
	dfs.arg = layers;
	dfs.wanted = leads_to_layer;
	dfs.sink.only_known = true;
	while (go_on && kg_depth_first_next(&dfs))
	{
		KgPath		path = {dfs.length, dfs.steps};

		if (dfs.length < layers->nlayers - 1)
			kg_depth_first_deeper(&dfs);
		else
			go_on = put(arg, &path);
	}
	kg_depth_first_end(&dfs);
	return go_on;
}

void
kg_all_fewest_edges(KgPathSearch *search, KgPutPath put, void *arg)
{
	KgSide		forward;
	KgSide		backward;
	Layers		layers = {{layers_wanted, layers_take}};

	kg_side_begin(&forward, search, true, &backward);
	kg_side_begin(&backward, search, false, &forward);
	if (kg_find_meeting(&forward, &backward, search->max_depth) == NULL)
		return;
	find_layers(&layers, search, &forward, &backward);
	for (Size i = 0; i < layers.layers[0].n; i++)
	{
		if (!dfs_layers(&layers, search, layers.layers[0].nodes[i], put, arg))
			break;
	}
}
