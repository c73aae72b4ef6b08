/*
 * costs.c
 *	  Dijkstra's algorithm from both ends: paths of the least sum of weights.
 *
 * Each side has labels, the least known costs from its end to nodes.  Open
 * labels are in a priority queue; a side expands the cheapest, which gives
 * labels to their neighbours.  An edge to a node that has a label of the other
 * side makes a path.  The search ends when no path through open labels can be
 * cheaper than the best one found: when the least open costs of both sides add
 * up to no less.
 *
 * A side expands its cheapest open labels in batches, because a reader is
 * faster with many nodes than with one.  A batch is a small part of all labels
 * expanded before, so few labels are expanded in vain.  A label that becomes
 * cheaper after it was expanded is opened again.  So all labels below the
 * least open cost are final, as in Dijkstra's algorithm, and the condition for
 * the end of the search holds.
 *
 * I. Pohl, Bi-directional Search, Machine Intelligence 6, 1971.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"

#include "graph/search/costs.h"
#include "graph/search/depth_first.h"
#include "graph/search/labels.h"
#include "graph/search/path.h"
#include "graph/search/retrace.h"

/*
 * The part by which rounding may change a sum.  Labels whose costs exceed the
 * best by no more are not dropped when all cheapest paths are wanted.
 */
#define SLACK 1e-9

typedef struct Search Search;

/* The search from one end. */
typedef struct Side
{
	KgEdgeSink	sink;
	Search	   *search;
	struct Side *other;
	KgAdjacency *adj;			/* for steps away from this end */
	KgLabels	labels;
	KgNodeList	batch;
	uint32		from;			/* where the last edge came from, or
								 * KG_NO_LABEL */
} Side;

struct Search
{
	KgPathSearch *paths;
	KgMemory   *memory;
	Side		forward;
	Side		backward;
	float8		best;			/* cost of the best path; infinite: none */

	/* The best path is known by an edge between labels of both sides. */
	Side	   *met;			/* the side that found the edge */
	uint32		own;			/* the label of this side */
	uint32		others;			/* the label of the other side */
	KgStep		between;		/* the edge as a step of this side */
	int64		nexpanded;

	/*
	 * All cheapest paths are wanted: the search does not drop paths as cheap
	 * as the best one, and at the end the forward side goes on to the target
	 * ("finishing").
	 */
	bool		all;
	bool		finishing;
	float8		least_backward; /* least open cost of the backward side */
};

/* The label of a node, or NULL. */
static inline KgLabel *
find_label(const Side *side, int64 node)
{
	uint32		id = kg_labels_find(&side->labels, node);

	return id == KG_NO_LABEL ? NULL : kg_label(&side->labels, id);
}

/* Is a path of this cost of no use? */
static inline bool
is_too_much(const Search *search, float8 cost)
{
	if (search->all)
		return cost > search->best * (1 + SLACK);
	return cost >= search->best;
}

/*
 * A lower bound of the cost from a node to the other side's end; "other" is the
 * node's label of the other side, or NULL.
 */
static float8
least_rest(const Side *side, const KgLabel *other)
{
	const Search *search = side->search;

	if (!search->finishing)
		return 0;
	if (other == NULL || other->cost > search->least_backward)
		return search->least_backward;
	return other->cost;
}

/* The effect of an edge on the search. */
typedef struct Relaxation
{
	uint32		from;
	uint32		to;				/* KG_NO_LABEL: not visited yet */
	uint32		other;			/* the other side's label of the node, or
								 * KG_NO_LABEL */
	float8		cost;			/* of "to" by this edge */
	bool		improves;		/* makes "to" cheaper */
	bool		meets;			/* makes a path better than the best one */
	float8		total;			/* cost of that path */
} Relaxation;

static Relaxation
relax(Side *side, const KgEdge *edge, float8 weight)
{
	Search	   *search = side->search;
	const KgLabels *labels = &side->labels;
	const KgLabels *others = &side->other->labels;
	const KgLabel *other;
	Relaxation	r;

	side->from = kg_labels_find_again(labels, edge->from, side->from);
	r.from = side->from;
	r.to = kg_labels_find(labels, edge->to);
	r.other = kg_labels_find(others, edge->to);
	other = r.other == KG_NO_LABEL ? NULL : kg_label(others, r.other);
	r.cost = kg_label(labels, r.from)->cost + weight;
	r.improves = (r.to == KG_NO_LABEL ||
				  r.cost < kg_label(labels, r.to)->cost) &&
		!is_too_much(search, r.cost + least_rest(side, other));
	r.total = other == NULL ? get_float8_infinity() : r.cost + other->cost;
	r.meets = r.total < search->best;
	return r;
}

static int
side_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Side	   *side = (Side *) sink;
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		float8		weight = kg_unchecked_weight(&edges[i]);
		bool		wanted = true;

		/* A bad weight is an error if the edge turns out visible. */
		if (weight >= 0)
		{
			Relaxation	relaxation = relax(side, &edges[i], weight);

			wanted = (relaxation.improves || relaxation.meets) &&
				!isinf(weight);
		}
		if (wanted)
			edges[kept++] = edges[i];
	}
	return kg_bans_apply(side->search->paths->bans, sink, edges, kept);
}

static bool
side_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Side	   *side = (Side *) sink;
	Search	   *search = side->search;

	for (int i = 0; i < n; i++)
	{
		float8		weight = kg_edge_weight(&edges[i]);
		Relaxation	relaxation = relax(side, &edges[i], weight);

		if (relaxation.improves)
		{
			if (relaxation.to == KG_NO_LABEL)
				relaxation.to = kg_labels_add(&side->labels, edges[i].to);
			kg_labels_open(&side->labels, relaxation.to, relaxation.cost);
			kg_label(&side->labels, relaxation.to)->parent = relaxation.from;
		}
		if (relaxation.meets)
		{
			search->best = relaxation.total;
			search->met = side;
			search->own = relaxation.from;
			search->others = relaxation.other;
			search->between = kg_edge_step(sink, &edges[i], true);
		}
	}
	return true;
}

static void
begin_side(Search *search, Side *side, Side *other, bool forward)
{
	KgPathSearch *paths = search->paths;
	const KgNodes *ends = forward ? &paths->sources : &paths->targets;

	side->sink.wanted = side_wanted;
	side->sink.take = side_take;
	side->search = search;
	side->other = other;
	side->adj = forward ? paths->forward : paths->backward;
	kg_labels_init(&side->labels, search->memory);
	kg_node_list_init(&side->batch, search->memory);
	for (Size i = 0; i < ends->n; i++)
		kg_labels_open(&side->labels,
					   kg_labels_add(&side->labels, ends->nodes[i]), 0);
}

/* Expands the cheapest open labels that may be of use. */
static void
expand_batch(Side *side)
{
	Search	   *search = side->search;
	KgLabels   *labels = &side->labels;
	int64		size = kg_label_batch(search->nexpanded);
	float8		rest = 0;

	if (!search->finishing)
		rest = kg_labels_least(&side->other->labels);
	side->batch.n = 0;
	while ((int64) side->batch.n < size && labels->nopen > 0 &&
		   !is_too_much(search, kg_labels_least(labels) + rest))
	{
		const KgLabel *label = kg_label(labels, kg_labels_close_first(labels));

		if (!search->finishing ||
			!is_too_much(search, label->cost +
						 least_rest(side, find_label(side->other, label->node))))
			kg_node_list_append(&side->batch, label->node);
	}
	search->nexpanded += side->batch.n;
	kg_node_list_sort(&side->batch, false);
	side->from = KG_NO_LABEL;
	kg_adjacency_expand(side->adj, side->batch.nodes, side->batch.n,
						&side->sink);
}

static void
begin_search(Search *search, KgPathSearch *paths, bool all)
{
	memset(search, 0, sizeof(*search));
	search->paths = paths;
	search->memory = &paths->memory;
	search->best = get_float8_infinity();
	search->all = all;
	begin_side(search, &search->forward, &search->backward, true);
	begin_side(search, &search->backward, &search->forward, false);
}

/* Finds the cost of the cheapest path, and the edge where the sides met. */
static void
find_meeting(Search *search)
{
	Side	   *forward = &search->forward;
	Side	   *backward = &search->backward;

	for (;;)
	{
		float8		f = kg_labels_least(&forward->labels);
		float8		b = kg_labels_least(&backward->labels);

		CHECK_FOR_INTERRUPTS();
		if (isinf(f) || isinf(b) || is_too_much(search, f + b))
			break;
		expand_batch(forward->labels.nopen <= backward->labels.nopen ?
					 forward : backward);
	}
}

/*
 * Puts the nodes of the labels from this one to the side's end into the path,
 * the first at "position", then upwards (by = 1) or downwards (by = -1).  Each
 * label remembers the position, as the queue is not needed any more.
 */
static void
put_nodes(const Side *side, uint32 id, KgPath *path, int position, int by)
{
	while (id != KG_NO_LABEL)
	{
		KgLabel    *label = kg_label(&side->labels, id);

		label->position = position;
		path->steps[position].node = label->node;
		position += by;
		id = label->parent;
	}
}

/*
 * Looks for a node that both halves of the path visit, which may be if edges
 * weigh nothing; the detour between the two visits is left out.  Returns the
 * last of the backward side's labels from "first" on whose node is at a
 * position up to *last of the path, and this position in *last; KG_NO_LABEL if
 * there is none.
 */
static uint32
find_common(const Search *search, const KgPath *path, uint32 first, int *last)
{
	const KgLabels *labels = &search->backward.labels;
	uint32		common = KG_NO_LABEL;

	for (uint32 id = first; id != KG_NO_LABEL; id = kg_label(labels, id)->parent)
	{
		int64		node = kg_label(labels, id)->node;
		const KgLabel *same = find_label(&search->forward, node);

		if (same == NULL || same->position > (uint32) *last ||
			path->steps[same->position].node != node)
			continue;
		*last = same->position;
		common = id;
	}
	return common;
}

/* The path through the edge where the sides met. */
static KgPath *
retrace(Search *search)
{
	Side	   *forward = &search->forward;
	Side	   *backward = &search->backward;
	bool		met_forward = search->met == forward;
	uint32		source_half = met_forward ? search->own : search->others;
	uint32		target_half = met_forward ? search->others : search->own;
	int			last = kg_labels_before(&forward->labels, source_half);
	int			first = last + 1;
	int			after = kg_labels_before(&backward->labels, target_half);
	KgPath	   *path = kg_path_new(first + after);
	uint32		common;

	put_nodes(forward, source_half, path, last, -1);
	common = find_common(search, path, target_half, &last);
	if (common != KG_NO_LABEL)
	{
		target_half = common;
		first = last;
	}
	path->length = first + kg_labels_before(&backward->labels, target_half);
	put_nodes(backward, target_half, path, first, 1);
	if (common == KG_NO_LABEL)
	{
		int64		node = path->steps[first].node;

		path->steps[first] = search->between;
		path->steps[first].node = node;
	}
	kg_read_steps(search->paths, path, 0, last, true);
	kg_read_steps(search->paths, path, first, path->length, false);
	return path;
}

KgPath *
kg_least_cost(KgPathSearch *paths)
{
	Search		search;

	begin_search(&search, paths, false);
	find_meeting(&search);
	return search.met == NULL ? NULL : retrace(&search);
}

/*
 * In a search back from the target: is the edge on a cheapest path?  Such a
 * path does not visit another target, as it could end there.
 */
static bool
leads_back(KgDepthFirst *dfs, const KgEdge *edge)
{
	const Search *search = dfs->arg;
	const KgNodes *targets = &search->paths->targets;
	const KgLabel *label = find_label(&search->forward, edge->to);
	const KgLabel *from = find_label(&search->forward, edge->from);

	if (label == NULL || from == NULL)
		return false;
	/* Weights have been checked by the search. */
	return label->cost + kg_unchecked_weight(edge) == from->cost &&
		!kg_is_among(edge->to, targets->nodes, targets->n) &&
		!kg_depth_first_has(dfs, edge->to);
}

/*
 * First the sides meet.  That gives the least cost, and from the backward
 * labels a lower bound of each node's cost to the target.  Then the forward
 * side goes on to the target and skips nodes that cannot be on a cheapest
 * path.  At last its labels tell the edges on cheapest paths: their weights
 * are the differences between the costs of their ends.  All these costs are
 * sums in the same order, so rounding does not matter.
 */
void
kg_all_least_cost(KgPathSearch *paths, KgPutPath put, void *arg)
{
	Search		search;
	KgNodes    *targets = &paths->targets;
	float8		least = get_float8_infinity();
	const KgLabel *label;

	begin_search(&search, paths, true);
	find_meeting(&search);
	if (search.met == NULL)
		return;
	search.least_backward = kg_labels_least(&search.backward.labels);
	search.finishing = true;
	while (!is_too_much(&search, kg_labels_least(&search.forward.labels)))
	{
		CHECK_FOR_INTERRUPTS();
		expand_batch(&search.forward);
	}

	for (Size i = 0; i < targets->n; i++)
	{
		label = find_label(&search.forward, targets->nodes[i]);
		if (label != NULL)
			least = Min(least, label->cost);
	}
	for (Size i = 0; i < targets->n; i++)
	{
		label = find_label(&search.forward, targets->nodes[i]);
		if (label != NULL && label->cost == least &&
			!kg_paths_back(paths, targets->nodes[i], leads_back, &search, put,
						   arg))
			break;
	}
}
