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

#include "lib/pairingheap.h"
#include "miscadmin.h"
#include "utils/float.h"

#include "graph/keys.h"
#include "graph/path.h"
#include "graph/walk.h"

/* A batch is at most this part of the labels expanded so far. */
#define BATCH_DIVISOR 8
#define MAX_BATCH 4096

/*
 * What rounding may add to a sum: paths that may be among the shortest are
 * not dropped for it, but looked at.
 */
#define SLACK 1e-9

#define LABELS_A_CHUNK 512

typedef struct Label
{
	pairingheap_node heap;		/* if open */
	float8		cost;			/* from the side's end */
	struct Label *parent;		/* NULL: the end itself */
	KgStep		step;			/* from the parent to the label's node */
	bool		open;
	bool		on_path;		/* while a path is made */
} Label;

typedef struct LabelEntry
{
	int64		node;			/* key */
	Label	   *label;
	char		status;
} LabelEntry;

static inline uint32
hash_node(int64 node)
{
	return (uint32) (((uint64) node * UINT64CONST(0x9E3779B97F4A7C15)) >> 32);
}

#define SH_PREFIX label
#define SH_ELEMENT_TYPE LabelEntry
#define SH_KEY_TYPE int64
#define SH_KEY node
#define SH_HASH_KEY(tb, key) hash_node(key)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static inline void *
label_allocate(label_hash * labels, Size size)
{
	return kg_memory_alloc0(labels->private_data, size);
}

static inline void
label_free(label_hash * labels, void *chunk)
{
	kg_memory_free(labels->private_data, chunk);
}

typedef struct Search Search;

/* The search from one end. */
typedef struct Side
{
	KgEdgeSink	sink;
	Search	   *search;
	struct Side *other;
	KgAdjacency *adj;			/* leads away from this end */
	label_hash *labels;
	Label	   *chunk;			/* room for labels */
	int			nchunk;			/* of which are in use */
	pairingheap open;
	int64		nopen;
	KgNodeList	batch;
	Label	   *from;			/* of the edge before */
} Side;

struct Search
{
	KgPathSearch *paths;
	KgMemory   *memory;
	Side		forward;
	Side		backward;
	float8		best;			/* the cheapest path known; infinite: none */
	Side	   *met;			/* which side found it, by an edge between: */
	Label	   *near;			/* a label of this side, */
	Label	   *far;			/* one of the other, */
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

static int
compare_labels(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	float8		x = pairingheap_const_container(Label, heap, a)->cost;
	float8		y = pairingheap_const_container(Label, heap, b)->cost;

	return (x < y) - (x > y);
}

static Label *
find_label(const Side *side, int64 node)
{
	LabelEntry *entry = label_lookup(side->labels, node);

	return entry == NULL ? NULL : entry->label;
}

static Label *
new_label(Side *side, int64 node)
{
	KgMemory   *memory = side->search->memory;
	LabelEntry *entry;
	bool		found;

	if (side->nchunk == 0)
	{
		side->chunk = kg_memory_alloc0(memory, LABELS_A_CHUNK * sizeof(Label));
		side->nchunk = LABELS_A_CHUNK;
	}
	entry = label_insert(side->labels, node, &found);
	Assert(!found);
	entry->label = &side->chunk[--side->nchunk];
	memory->reached++;
	return entry->label;
}

static void
open_label(Side *side, Label *label, float8 cost, Label *parent, const KgStep *step)
{
	if (label->open)
	{
		pairingheap_remove(&side->open, &label->heap);
		side->nopen--;
	}
	label->cost = cost;
	label->parent = parent;
	label->step = *step;
	label->open = true;
	pairingheap_add(&side->open, &label->heap);
	side->nopen++;
}

/* The least cost of an open label; infinite if there is none. */
static float8
least_open(Side *side)
{
	if (pairingheap_is_empty(&side->open))
		return get_float8_infinity();
	return pairingheap_container(Label, heap, pairingheap_first(&side->open))->cost;
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
least_rest(const Side *side, const Label *other)
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
	Label	   *from;
	Label	   *to;				/* NULL: not reached yet */
	Label	   *other;			/* of the other side, or NULL */
	float8		cost;			/* of "to" by this edge */
	bool		improves;		/* "to" becomes cheaper */
	bool		meets;			/* a better path than the best one */
} Relaxation;

static Relaxation
relax(Side *side, const KgEdge *edge, float8 weight)
{
	Search	   *search = side->search;
	Relaxation	relaxation;

	/* Edges of a node follow each other. */
	if (side->from == NULL || side->from->step.node != edge->from)
		side->from = find_label(side, edge->from);
	relaxation.from = side->from;
	relaxation.to = find_label(side, edge->to);
	relaxation.other = find_label(side->other, edge->to);
	relaxation.cost = side->from->cost + weight;
	relaxation.improves =
		(relaxation.to == NULL || relaxation.cost < relaxation.to->cost) &&
		!is_too_much(search, relaxation.cost + least_rest(side, relaxation.other));
	relaxation.meets = relaxation.other != NULL &&
		relaxation.cost + relaxation.other->cost < search->best;
	return relaxation;
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
		KgStep		step = kg_edge_step(sink, &edges[i], true);

		if (relaxation.improves)
		{
			if (relaxation.to == NULL)
				relaxation.to = new_label(side, edges[i].to);
			open_label(side, relaxation.to, relaxation.cost, relaxation.from, &step);
		}
		if (relaxation.meets)
		{
			search->best = relaxation.cost + relaxation.other->cost;
			search->met = side;
			search->near = relaxation.from;
			search->far = relaxation.other;
			search->between = step;
		}
	}
	return true;
}

static void
begin_side(Search *search, Side *side, Side *other, bool forward)
{
	KgPathSearch *paths = search->paths;
	KgStep		end = {.node = forward ? paths->source : paths->target,.relation_is_null = true};

	side->sink.wanted = side_wanted;
	side->sink.take = side_take;
	side->search = search;
	side->other = other;
	side->adj = forward ? paths->forward : paths->backward;
	side->labels = label_create(search->memory->context, 64, search->memory);
	side->open.ph_compare = compare_labels;
	kg_node_list_init(&side->batch, search->memory);
	open_label(side, new_label(side, end.node), 0, NULL, &end);
}

/* Expands the cheapest open labels, those that may be of use. */
static void
expand_batch(Side *side)
{
	Search	   *search = side->search;
	int64		size = Min(1 + search->nexpanded / BATCH_DIVISOR, MAX_BATCH);
	float8		rest = search->finishing ? 0 : least_open(side->other);

	side->batch.n = 0;
	while ((int64) side->batch.n < size && !pairingheap_is_empty(&side->open) &&
		   !is_too_much(search, least_open(side) + rest))
	{
		Label	   *label = pairingheap_container(Label, heap,
												  pairingheap_remove_first(&side->open));

		label->open = false;
		side->nopen--;
		if (!is_too_much(search, label->cost + least_rest(side, find_label(side->other, label->step.node))))
			kg_node_list_append(&side->batch, label->step.node);
	}
	search->nexpanded += side->batch.n;
	kg_node_list_sort(&side->batch, false);
	side->from = NULL;
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
		float8		f = least_open(forward);
		float8		b = least_open(backward);

		CHECK_FOR_INTERRUPTS();
		if (isinf(f) || isinf(b) || is_too_much(search, f + b))
			break;
		expand_batch(forward->nopen <= backward->nopen ? forward : backward);
	}
}

/* Labels between this one and the side's end, without the latter. */
static int
count_parents(const Label *label)
{
	int			n = 0;

	for (; label != NULL && label->parent != NULL; label = label->parent)
		n++;
	return n;
}

/*
 * The path through the best meeting.
 *
 * Where relations weigh nothing, both halves may lead through the same node;
 * the way from there and back is left out.
 */
static KgPath *
retrace(const Search *search)
{
	bool		met_forward = search->met == &search->forward;
	Label	   *last = met_forward ? search->near : search->far;
	Label	   *first = met_forward ? search->far : search->near;
	KgStep		between = search->between;
	KgPath	   *path = palloc(sizeof(KgPath));
	Label	   *label;
	int			i;

	for (label = last; label != NULL; label = label->parent)
		label->on_path = true;
	for (label = first; label != NULL; label = label->parent)
	{
		Label	   *same = find_label(&search->forward, label->step.node);

		if (same == NULL || !same->on_path)
			continue;
		for (; last != same; last = last->parent)
			last->on_path = false;
		between = label->step;
		first = label->parent;
	}

	/* A label of the backward side holds the step from its node on. */
	path->length = count_parents(last) + (first == NULL ? 0 : 1 + count_parents(first));
	path->steps = palloc_extended((path->length + 1) * sizeof(KgStep), MCXT_ALLOC_HUGE);
	i = count_parents(last);
	for (label = last; label != NULL; label = label->parent)
		path->steps[i--] = label->step;
	i = count_parents(last) + 1;
	for (label = first; label != NULL; label = label->parent)
	{
		path->steps[i] = between;
		path->steps[i++].node = label->step.node;
		between = label->step;
	}
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

/* On a walk from the target: does the edge lead back the cheapest way? */
static bool
leads_back(KgWalk *walk, const KgEdge *edge)
{
	const Search *search = walk->arg;
	const Label *label = find_label(&search->forward, edge->to);
	const Label *from = find_label(&search->forward, edge->from);

	if (label == NULL || from == NULL)
		return false;
	/* What is wrong with a weight has been said. */
	return label->cost + (edge->weight_is_null ? 1 : edge->weight) == from->cost &&
		!kg_walk_has(walk, edge->to);
}

/* The path whose steps against the edges these are. */
static void
reverse_path(const KgWalk *walk, KgPath *path)
{
	int			i;

	path->length = walk->length;
	path->steps = palloc_extended((path->length + 1) * sizeof(KgStep), MCXT_ALLOC_HUGE);
	for (i = 0; i <= path->length; i++)
	{
		KgStep	   *step = &path->steps[path->length - i];

		if (i < path->length)
			*step = walk->steps[i + 1];
		else
			memset(step, 0, sizeof(*step));
		step->node = walk->steps[i].node;
	}
	path->steps[0].relation_is_null = true;
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
	KgWalk		walk;

	begin_search(&search, paths, true);
	find_meeting(&search);
	if (search.met == NULL)
		return;
	search.least_backward = least_open(&search.backward);
	search.finishing = true;
	while (!is_too_much(&search, least_open(&search.forward)))
	{
		CHECK_FOR_INTERRUPTS();
		expand_batch(&search.forward);
	}

	kg_walk_begin(&walk, paths, false);
	walk.arg = &search;
	walk.wanted = leads_back;
	while (kg_walk_next(&walk))
	{
		if (walk.steps[walk.length].node != paths->source)
			kg_walk_deeper(&walk);
		else
		{
			KgPath		path;
			bool		go_on;

			reverse_path(&walk, &path);
			go_on = put(arg, &path);
			pfree(path.steps);
			if (!go_on)
				break;
		}
	}
}
