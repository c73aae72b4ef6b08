/*
 * rounds.c
 *	  Paths of the least sum of weights among those of at most max_depth edges.
 *
 * The search works in rounds, as Bellman's and Ford's algorithm does: round i
 * relaxes the edges of the nodes that round i - 1 made cheaper, with the costs
 * that they had after that round.  So after round i each node has the least
 * cost of a path to it of at most i edges.  A node has a label for each round
 * that made it cheaper; "position" of a label, which needs no queue here, is
 * the node's label of an earlier round.  The search passes over a node if
 * bounds (levels.h) tell that the target is more edges away than are left.
 *
 * No cheapest path needs to visit a node twice, as weights are not negative.
 *
 * R. Bellman, On a routing problem, Quarterly of Applied Mathematics 16, 1958.
 */
#include "postgres.h"

#include <math.h>

#include "utils/float.h"

#include "graph/search/depth_first.h"
#include "graph/search/frontier.h"
#include "graph/search/labels.h"
#include "graph/search/levels.h"
#include "graph/search/path.h"
#include "graph/search/retrace.h"
#include "graph/search/rounds.h"

typedef struct Rounds
{
	KgEdgeSink	sink;
	KgPathSearch *paths;
	KgLabels	labels;
	KgBounds	bounds;
	KgNodeList	starts;			/* the first label of each round */
	KgFrontier	frontier;		/* nodes that the last round made cheaper */
	float8		best;			/* the least cost of a target so far */
	bool		all;			/* all paths of this cost are wanted */
} Rounds;

/* The label of a node after some round, or KG_NO_LABEL. */
static uint32
label_after(const Rounds *rounds, int64 node, int round)
{
	uint32		id = kg_labels_find(&rounds->labels, node);

	if ((Size) round + 1 >= rounds->starts.n)
		return id;
	while (id != KG_NO_LABEL && (int64) id >= rounds->starts.nodes[round + 1])
		id = kg_label(&rounds->labels, id)->position;
	return id;
}

/* The round in progress. */
static inline int
this_round(const Rounds *rounds)
{
	return (int) rounds->starts.n - 1;
}

/* The cost of the other end by this edge; infinite if it is of no use. */
static float8
improved_cost(const Rounds *rounds, const KgEdge *edge, float8 weight)
{
	int			round = this_round(rounds);
	uint32		from = label_after(rounds, edge->from, round - 1);
	uint32		to = kg_labels_find(&rounds->labels, edge->to);
	float8		cost = kg_label(&rounds->labels, from)->cost + weight;

	if (rounds->all ? cost > rounds->best : cost >= rounds->best)
		return get_float8_infinity();
	if (to != KG_NO_LABEL && cost >= kg_label(&rounds->labels, to)->cost)
		return get_float8_infinity();
	if (!kg_target_is_near(&rounds->bounds, edge->to,
						   rounds->paths->max_depth - round))
		return get_float8_infinity();
	return cost;
}

static int
rounds_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Rounds	   *rounds = (Rounds *) sink;
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		float8		weight = kg_unchecked_weight(&edges[i]);

		/* A bad weight is an error if the edge turns out visible. */
		if (!(weight >= 0) || !isinf(improved_cost(rounds, &edges[i], weight)))
			edges[kept++] = edges[i];
	}
	return kg_bans_apply(rounds->paths->bans, sink, edges, kept);
}

/* The label of this round for a node that has become cheaper. */
static KgLabel *
label_now(Rounds *rounds, int64 node)
{
	KgLabels   *labels = &rounds->labels;
	uint32		old = kg_labels_find(labels, node);
	uint32		id;

	if (old != KG_NO_LABEL && (int64) old >= rounds->starts.nodes[this_round(rounds)])
		return kg_label(labels, old);
	id = old == KG_NO_LABEL ? kg_labels_add(labels, node) :
		kg_labels_renew(labels, old);
	kg_label(labels, id)->position = old;
	kg_node_list_append(&rounds->frontier.next, node);
	return kg_label(labels, id);
}

static bool
rounds_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Rounds	   *rounds = (Rounds *) sink;
	const KgNodes *targets = &rounds->paths->targets;

	for (int i = 0; i < n; i++)
	{
		float8		cost = improved_cost(rounds, &edges[i],
										 kg_edge_weight(&edges[i]));
		KgLabel    *label;

		if (isinf(cost))
			continue;
		label = label_now(rounds, edges[i].to);
		label->cost = cost;
		label->parent = label_after(rounds, edges[i].from,
									this_round(rounds) - 1);
		if (kg_is_among(edges[i].to, targets->nodes, targets->n))
			rounds->best = Min(rounds->best, cost);
	}
	return true;
}

/* Returns whether there is a path. */
static bool
search_rounds(Rounds *rounds, KgPathSearch *paths, bool all)
{
	memset(rounds, 0, sizeof(*rounds));
	rounds->sink.wanted = rounds_wanted;
	rounds->sink.take = rounds_take;
	rounds->paths = paths;
	rounds->best = get_float8_infinity();
	rounds->all = all;
	kg_find_bounds(&rounds->bounds, paths);
	kg_labels_init(&rounds->labels, &paths->memory);
	kg_node_list_init(&rounds->starts, &paths->memory);
	kg_frontier_init(&rounds->frontier, &paths->memory);

	kg_node_list_append(&rounds->starts, 0);
	for (Size i = 0; i < paths->sources.n; i++)
	{
		uint32		id = kg_labels_add(&rounds->labels, paths->sources.nodes[i]);

		kg_label(&rounds->labels, id)->cost = 0;
		kg_node_list_append(&rounds->frontier.nodes, paths->sources.nodes[i]);
	}
	while (this_round(rounds) < paths->max_depth &&
		   rounds->frontier.nodes.n > 0)
	{
		kg_node_list_append(&rounds->starts, rounds->labels.n);
		kg_frontier_expand(&rounds->frontier, paths->forward, &rounds->sink);
	}
	return !isinf(rounds->best);
}

KgPath *
kg_least_cost_within(KgPathSearch *paths)
{
	Rounds		rounds;
	KgPath	   *path;
	uint32		id = KG_NO_LABEL;
	uint32		other;

	if (!search_rounds(&rounds, paths, false))
		return NULL;
	for (Size i = 0; i < paths->targets.n; i++)
	{
		other = kg_labels_find(&rounds.labels, paths->targets.nodes[i]);
		if (other != KG_NO_LABEL &&
			kg_label(&rounds.labels, other)->cost == rounds.best)
			id = other;
	}
	path = kg_path_new(kg_labels_before(&rounds.labels, id));
	for (Size i = path->length + 1; i-- > 0;)
	{
		path->steps[i].node = kg_label(&rounds.labels, id)->node;
		id = kg_label(&rounds.labels, id)->parent;
	}
	kg_read_steps(paths, path, 0, path->length, true);
	return path;
}

/*
 * In a search back from the target: does the edge, with the path behind it, end
 * a cheapest path to the target within the edges that are left?
 */
static bool
leads_back(KgDepthFirst *dfs, const KgEdge *edge)
{
	const Rounds *rounds = dfs->arg;
	const KgNodes *targets = &rounds->paths->targets;
	int			left = rounds->paths->max_depth - dfs->length;
	uint32		from;
	uint32		to;

	if (left == 0)
		return false;
	from = label_after(rounds, edge->from, left);
	to = label_after(rounds, edge->to, left - 1);
	if (to == KG_NO_LABEL)
		return false;
	/* Weights have been checked by the search. */
	return kg_label(&rounds->labels, to)->cost + kg_unchecked_weight(edge) ==
		kg_label(&rounds->labels, from)->cost &&
		!kg_is_among(edge->to, targets->nodes, targets->n) &&
		!kg_depth_first_has(dfs, edge->to);
}

void
kg_all_least_cost_within(KgPathSearch *paths, KgPutPath put, void *arg)
{
	Rounds		rounds;

	if (!search_rounds(&rounds, paths, true))
		return;
	for (Size i = 0; i < paths->targets.n; i++)
	{
		int64		target = paths->targets.nodes[i];
		uint32		id = kg_labels_find(&rounds.labels, target);

		if (id != KG_NO_LABEL &&
			kg_label(&rounds.labels, id)->cost == rounds.best &&
			!kg_paths_back(paths, target, leads_back, &rounds, put, arg))
			break;
	}
}
