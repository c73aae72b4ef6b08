/*
 * costs.c
 *	  Bidirectional Dijkstra search: paths of the least sum of weights.
 *
 * Each side has labels: the least cost known so far from its end to a node.
 * Open labels are in a heap; expanding one gives labels to its neighbours.
 * An edge to a node that the other side knows makes a path, and the search
 * ends when no path through open labels can be cheaper than the best one: when
 * the least open costs of both sides add up to no less.
 *
 * Open labels are expanded in batches, the cheapest ones at once, because a
 * reader takes many nodes better than one; a batch is a small part of what
 * was expanded before, so little is expanded in vain.  A label that becomes
 * cheaper after it has been expanded is opened again.  So all labels below
 * the least open cost are final, as in Dijkstra's algorithm, which is what
 * the end of the search rests on.
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
 * What rounding may add to a sum: paths that may be among the shortest are
 * not dropped for it, but looked at.
 */
#define SLACK 1e-9

typedef struct Search Search;

/* The search from one end. */
typedef struct Side
{
	KgEdgeSink	sink;
	Search	   *search;
	struct Side *other;
	KgAdjacency *adj;			/* leads away from this end */
	KgLabels	labels;
	KgNodeList	batch;
	uint32		from;			/* label of the edge before, or KG_NO_LABEL */
} Side;

struct Search
{
	KgPathSearch *paths;
	KgMemory   *memory;
	Side		forward;
	Side		backward;
	float8		best;			/* the cheapest path known; infinite: none */
	Side	   *met;			/* which side found it, by an edge between: */
	uint32		near;			/* a label of this side, */
	uint32		far;			/* one of the other, */
	KgStep		between;		/* and the step that the edge is for it */
	int64		nexpanded;

	/*
	 * All shortest paths are wanted: paths as cheap as the best one are
	 * looked at, and the forward side goes on up to the target.
	 */
	bool		all;
	bool		finishing;
	float8		least_backward; /* cost of labels the backward side has not */
};

/* NULL: not reached yet. */
static inline KgLabel *
find_label(const Side *side, int64 node)
{
	uint32		id = kg_labels_find(&side->labels, node);

	return id == KG_NO_LABEL ? NULL : kg_label(&side->labels, id);
}

/* Can a path of this cost, or more, be of use? */
static inline bool
is_too_much(const Search *search, float8 cost)
{
	if (search->all)
		return cost > search->best * (1 + SLACK);
	return cost >= search->best;
}

/* The least that the way from a node to the other side's end can cost. */
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

/* What an edge would do. */
typedef struct Relaxation
{
	uint32		from;
	uint32		to;				/* KG_NO_LABEL: not reached yet */
	uint32		other;			/* of the other side, or KG_NO_LABEL */
	float8		cost;			/* of "to" by this edge */
	bool		improves;		/* "to" becomes cheaper */
	bool		meets;			/* a better path than the best one, */
	float8		total;			/* of this cost */
} Relaxation;

static Relaxation
relax(Side *side, const KgEdge *edge, float8 weight)
{
	Search	   *search = side->search;
	const KgLabels *labels = &side->labels;
	const KgLabels *others = &side->other->labels;
	const KgLabel *other;
	Relaxation	r;

	/* Edges of a node follow each other. */
	if (side->from == KG_NO_LABEL || kg_label(labels, side->from)->node != edge->from)
		side->from = kg_labels_find(labels, edge->from);
	r.from = side->from;
	r.to = kg_labels_find(labels, edge->to);
	r.other = kg_labels_find(others, edge->to);
	other = r.other == KG_NO_LABEL ? NULL : kg_label(others, r.other);
	r.cost = kg_label(labels, r.from)->cost + weight;
	r.improves = (r.to == KG_NO_LABEL || r.cost < kg_label(labels, r.to)->cost) &&
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
	int			i;

	for (i = 0; i < n; i++)
	{
		float8		weight = edges[i].weight_is_null ? 1 : edges[i].weight;
		bool		wanted = true;

		/* What is wrong with a relation is said if it is visible. */
		if (weight >= 0)
		{
			Relaxation	relaxation = relax(side, &edges[i], weight);

			wanted = (relaxation.improves || relaxation.meets) && !isinf(weight);
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
	int			i;

	for (i = 0; i < n; i++)
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
			search->near = relaxation.from;
			search->far = relaxation.other;
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
	Size		i;

	side->sink.wanted = side_wanted;
	side->sink.take = side_take;
	side->search = search;
	side->other = other;
	side->adj = forward ? paths->forward : paths->backward;
	kg_labels_init(&side->labels, search->memory);
	kg_node_list_init(&side->batch, search->memory);
	for (i = 0; i < ends->n; i++)
		kg_labels_open(&side->labels, kg_labels_add(&side->labels, ends->nodes[i]), 0);
}

/* Expands the cheapest open labels, those that may be of use. */
static void
expand_batch(Side *side)
{
	Search	   *search = side->search;
	KgLabels   *labels = &side->labels;
	int64		size = kg_label_batch(search->nexpanded);
	float8		rest = search->finishing ? 0 : kg_labels_least(&side->other->labels);

	side->batch.n = 0;
	while ((int64) side->batch.n < size && labels->nopen > 0 &&
		   !is_too_much(search, kg_labels_least(labels) + rest))
	{
		const KgLabel *label = kg_label(labels, kg_labels_close_first(labels));

		if (!search->finishing ||
			!is_too_much(search, label->cost + least_rest(side, find_label(side->other, label->node))))
			kg_node_list_append(&side->batch, label->node);
	}
	search->nexpanded += side->batch.n;
	kg_node_list_sort(&side->batch, false);
	side->from = KG_NO_LABEL;
	kg_adjacency_expand(side->adj, side->batch.nodes, side->batch.n, &side->sink);
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

/* Finds the cost of the cheapest path, and where the sides met on it. */
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
		expand_batch(forward->labels.nopen <= backward->labels.nopen ? forward : backward);
	}
}

/* Labels from this one to the side's end. */
static int
count_labels(const Side *side, uint32 id)
{
	int			n = 0;

	for (; id != KG_NO_LABEL; id = kg_label(&side->labels, id)->parent)
		n++;
	return n;
}

/*
 * Puts the nodes of labels into the path, from this one to the side's end, at
 * places from "place" on upwards or downwards.  The labels remember these in
 * their otherwise useless "place".
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
 * Where relations weigh nothing, both halves may lead through the same node;
 * the way from there and back is left out.  Of labels of the backward side from
 * "first" on, returns the last one whose node is at a place up to *last of the
 * path, and that place; KG_NO_LABEL if there is none.
 */
static uint32
find_common(const Search *search, const KgPath *path, uint32 first, int *last)
{
	uint32		common = KG_NO_LABEL;
	uint32		id;

	for (id = first; id != KG_NO_LABEL; id = kg_label(&search->backward.labels, id)->parent)
	{
		int64		node = kg_label(&search->backward.labels, id)->node;
		const KgLabel *same = find_label(&search->forward, node);

		if (same == NULL || same->position > (uint32) *last ||
			path->steps[same->position].node != node)
			continue;
		*last = same->position;
		common = id;
	}
	return common;
}

/* The path through the best meeting. */
static KgPath *
retrace(Search *search)
{
	Side	   *forward = &search->forward;
	Side	   *backward = &search->backward;
	bool		met_forward = search->met == forward;
	uint32		near = met_forward ? search->near : search->far;
	uint32		far = met_forward ? search->far : search->near;
	int			last = count_labels(forward, near) - 1;
	int			first = last + 1;
	KgPath	   *path = palloc(sizeof(KgPath));
	uint32		common;

	path->steps = palloc_extended((last + 1 + count_labels(backward, far)) * sizeof(KgStep),
								  MCXT_ALLOC_HUGE);
	put_nodes(forward, near, path, last, -1);
	common = find_common(search, path, far, &last);
	if (common != KG_NO_LABEL)
	{
		far = common;
		first = last;
	}
	path->length = first + count_labels(backward, far) - 1;
	put_nodes(backward, far, path, first, 1);
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
 * On a walk from the target: does the edge lead back the cheapest way?  Not
 * by way of another target, since the rest of that path is as short.
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
	/* What is wrong with a weight has been said. */
	return label->cost + (edge->weight_is_null ? 1 : edge->weight) == from->cost &&
		!kg_is_among(edge->to, targets->nodes, targets->n) && !kg_depth_first_has(dfs, edge->to);
}

/*
 * The sides meet first, which gives the cost and how far each node is from the
 * target at least.  With that the forward side goes on to the target, past
 * nodes that cannot be on a shortest path.  Its labels tell which edges are:
 * those whose weight is the difference between two labels.  Costs are sums in
 * the same order then, so that rounding does not matter.
 */
void
kg_all_least_cost(KgPathSearch *paths, KgPutPath put, void *arg)
{
	Search		search;
	KgNodes    *targets = &paths->targets;
	float8		least = get_float8_infinity();
	const KgLabel *label;
	Size		i;

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

	for (i = 0; i < targets->n; i++)
	{
		label = find_label(&search.forward, targets->nodes[i]);
		if (label != NULL)
			least = Min(least, label->cost);
	}
	for (i = 0; i < targets->n; i++)
	{
		label = find_label(&search.forward, targets->nodes[i]);
		if (label != NULL && label->cost == least &&
			!kg_paths_back(paths, targets->nodes[i], leads_back, &search, put, arg))
			break;
	}
}
