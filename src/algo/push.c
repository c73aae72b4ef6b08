/*
 * push.c
 *	  Personalized PageRank by local push.
 *
 * R. Andersen, F. Chung, K. Lang, "Local graph partitioning using PageRank
 * vectors", FOCS 2006.  Each node has a score and a residual.  A push adds a
 * share of the residual to the score and passes the remainder on along the
 * arcs.  Only nodes with a large enough residual push, so the part of the graph
 * that is read depends on epsilon and not on the size of the graph.  Nodes push
 * in rounds, because reading the edges of many nodes at once is cheaper.  Edges
 * are read once and stored.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "algo/projection/source.h"
#include "algo/push.h"

#define INITIAL_CAPACITY 256

#define NO_ARC PG_UINT64_MAX

#define EARLY_ARCS 4

typedef struct PushNode
{
	int64		id;
	double		score;
	double		residual;
	uint32		predecessor;	/* position of the node that gave first, and */
	uint64		arc;			/* the arc, if traced; NO_ARC: a seed */
	/* Once expanded: */
	double		out_weight;		/* sum of the weights of its arcs */
	uint64		first_arc;
	uint32		narcs;
	bool		expanded;
	bool		queued;
} PushNode;

/* An entry of the hash table from ids to positions in the array of nodes. */
typedef struct PositionEntry
{
	int64		id;
	uint32		position;
	char		status;
} PositionEntry;

/* Hashes both halves, as ids may differ in any of their bits. */
static inline uint32
hash_id(int64 id)
{
	return hash_combine(murmurhash32((uint32) ((uint64) id >> 32)),
						murmurhash32((uint32) id));
}

#define SH_PREFIX positions
#define SH_ELEMENT_TYPE PositionEntry
#define SH_KEY_TYPE int64
#define SH_KEY id
#define SH_HASH_KEY(tb, key) hash_id(key)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
struct positions_hash;
static inline void *positions_allocate(struct positions_hash *table, Size size);
static inline void positions_free(struct positions_hash *table, void *chunk);
#include "lib/simplehash.h"

static inline void *
positions_allocate(struct positions_hash *table, Size size)
{
	return kg_budget_alloc0(table->private_data, 1, size);
}

static inline void
positions_free(struct positions_hash *table, void *chunk)
{
	kg_budget_free(table->private_data, chunk);
}

/* An edge as it was read, before it becomes an arc. */
typedef struct RawEdge
{
	int64		from;
	int64		to;
	double		weight;
	KgArcEdge	edge;
} RawEdge;

static int
compare_edges(const RawEdge *a, const RawEdge *b)
{
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	return (a->edge.id > b->edge.id) - (a->edge.id < b->edge.id);
}

#define ST_SORT sort_edges
#define ST_ELEMENT_TYPE RawEdge
#define ST_COMPARE(a, b) compare_edges(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_ids
#define ST_ELEMENT_TYPE int64
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* An array that grows. */
typedef struct Array
{
	void	   *items;
	uint64		n;
	uint64		capacity;
} Array;

struct KgPush
{
	KgEdgeSink	sink;
	KgBudget   *budget;
	KgAdjacency *adj;
	KgPushOptions options;
	positions_hash *positions;
	Array		nodes;			/* PushNode */
	Array		arcs;			/* uint32, positions of their ends */
	Array		weights;		/* double, if weighted */
	Array		arc_edges;		/* KgArcEdge, if traced */
	Array		edges;			/* RawEdge, read in one round */
	Array		queue;			/* uint32, positions of this round's nodes */
	Array		next;			/* uint32, of the next round's nodes */
	const double *shares;		/* of the seeds, the first nodes */
	uint32		nseeds;
	uint64		most_edges;		/* to read at once; 0: all */
};

static void *
array_add(KgBudget *budget, Array *array, Size size)
{
	if (array->n == array->capacity)
	{
		array->capacity = array->capacity == 0 ? INITIAL_CAPACITY :
			array->capacity * 2;
		array->items = array->items == NULL ?
			kg_budget_alloc(budget, array->capacity, size) :
			kg_budget_resize(budget, array->items, array->capacity, size);
	}
	return (char *) array->items + array->n++ * size;
}

static inline PushNode *
node_at(const KgPush *push, uint32 position)
{
	return (PushNode *) push->nodes.items + position;
}

static uint32
position_of(KgPush *push, int64 id)
{
	bool		found;
	PositionEntry *entry = positions_insert(push->positions, id, &found);

	if (!found)
	{
		PushNode   *node;

		entry->position = push->nodes.n;
		node = array_add(push->budget, &push->nodes, sizeof(PushNode));
		memset(node, 0, sizeof(*node));
		node->id = id;
		node->arc = NO_ARC;
		push->budget->entities++;
	}
	return entry->position;
}

/*
 * Is the residual large enough to push?  A node that was not expanded yet
 * counts as one with a single arc; with "early" as one with some, since to
 * expand it costs more than most such nodes have to push.
 */
static bool
must_push(const KgPush *push, const PushNode *node)
{
	uint32		least = push->options.early && !node->expanded ? EARLY_ARCS : 1;

	return node->residual > 0 &&
		node->residual >= push->options.epsilon * Max(node->narcs, least);
}

static void
receive(KgPush *push, uint32 position, double amount)
{
	PushNode   *node = node_at(push, position);

	node->residual += amount;
	if (!node->queued && must_push(push, node))
	{
		node->queued = true;
		*(uint32 *) array_add(push->budget, &push->next, sizeof(uint32)) =
			position;
	}
}

/* Notes by which arc a node gets something for the first time. */
static inline void
trace(KgPush *push, uint32 position, uint32 from, uint64 arc)
{
	PushNode   *node = node_at(push, position);

	if (node->score > 0 || node->residual > 0 || position < push->nseeds)
		return;
	node->predecessor = from;
	node->arc = arc;
}

static int
push_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

static bool
push_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	KgPush	   *push = (KgPush *) sink;

	for (int i = 0; i < n; i++)
	{
		RawEdge    *edge;

		/* A loop is one arc, though it is found from both ends. */
		if (push->options.both && !edges[i].outgoing && edges[i].from == edges[i].to)
			continue;
		edge = array_add(push->budget, &push->edges, sizeof(RawEdge));
		edge->from = edges[i].from;
		edge->to = edges[i].to;
		edge->weight = 1;
		edge->edge.id = edges[i].id;
		edge->edge.id_is_null = edges[i].id_is_null;
		edge->edge.table = sink->table;
		edge->edge.outgoing = edges[i].outgoing;
		if (push->options.weighted && !edges[i].weight_is_null)
		{
			kg_check_weight(kg_adjacency_graph(push->adj), edge->from, edge->to,
							edges[i].weight);
			edge->weight = edges[i].weight;
		}
		push->budget->relations++;
	}
	return push->most_edges == 0 || push->edges.n <= push->most_edges;
}

/* Makes the edges that were read arcs of the nodes they start from. */
static void
add_arcs(KgPush *push)
{
	RawEdge    *edges = push->edges.items;

	if (push->edges.n > 0)
		sort_edges(edges, push->edges.n);
	for (uint64 i = 0; i < push->edges.n; i++)
	{
		uint32		to = position_of(push, edges[i].to);
		PushNode   *from = node_at(push, position_of(push, edges[i].from));

		if (from->narcs == 0)
			from->first_arc = push->arcs.n;
		from->narcs++;
		from->out_weight += edges[i].weight;
		*(uint32 *) array_add(push->budget, &push->arcs, sizeof(uint32)) = to;
		if (push->options.weighted)
			*(double *) array_add(push->budget, &push->weights,
								  sizeof(double)) = edges[i].weight;
		if (push->options.traced)
			*(KgArcEdge *) array_add(push->budget, &push->arc_edges,
									 sizeof(KgArcEdge)) = edges[i].edge;
	}
	push->edges.n = 0;
}

/* Expands the nodes in the queue that were not expanded before. */
static void
expand_queue(KgPush *push)
{
	const uint32 *queue = push->queue.items;
	int64	   *ids = kg_budget_alloc(push->budget, push->queue.n,
									  sizeof(int64));
	uint64		n = 0;

	for (uint64 i = 0; i < push->queue.n; i++)
	{
		PushNode   *node = node_at(push, queue[i]);

		if (!node->expanded)
			ids[n++] = node->id;
		node->expanded = true;
	}
	if (n > 0)
	{
		sort_ids(ids, n);
		kg_adjacency_expand(push->adj, ids, n, &push->sink);
		add_arcs(push);
	}
	kg_budget_free(push->budget, ids);
}

/*
 * Expands the nodes in the queue one by one, each only as far as it may push:
 * a node that has more arcs than its residual allows is left until it has
 * twice as much.
 */
static void
expand_queue_early(KgPush *push)
{
	const uint32 *queue = push->queue.items;
	uint64		n = push->queue.n;

	for (uint64 i = 0; i < n; i++)
	{
		PushNode   *node = node_at(push, queue[i]);
		int64		id = node->id;
		double		most = node->residual / push->options.epsilon;

		CHECK_FOR_INTERRUPTS();
		if (node->expanded || !must_push(push, node))
			continue;
		push->most_edges = Min(most, 1e9);
		push->sink.enough = push->most_edges + 1;
		kg_adjacency_expand(push->adj, &id, 1, &push->sink);
		node->narcs = 0;
		node->expanded = push->edges.n <= push->most_edges;
		if (node->expanded)
			add_arcs(push);
		else
			node->narcs = 2 * push->most_edges;
		push->edges.n = 0;
	}
	push->sink.enough = 0;
}

static void
push_node(KgPush *push, uint32 position)
{
	PushNode   *node = node_at(push, position);
	double		rest = push->options.damping * node->residual;

	node->queued = false;
	if (!must_push(push, node) || !node->expanded)
		return;
	node->score += node->residual - rest;
	node->residual = 0;
	if (node->out_weight > 0)
	{
		const uint32 *arcs = (uint32 *) push->arcs.items + node->first_arc;
		const double *weights = push->options.weighted ?
		(double *) push->weights.items + node->first_arc : NULL;
		double		share = rest / node->out_weight;
		uint64		n = node->narcs;

		for (uint64 i = 0; i < n; i++)
		{
			trace(push, arcs[i], position, node->first_arc + i);
			receive(push, arcs[i], weights ? share * weights[i] : share);
		}
	}
	else
	{
		/* A walk that cannot go on starts again at a seed. */
		for (uint64 i = 0; i < push->nseeds; i++)
			receive(push, i, rest * push->shares[i]);
	}
}

/* Pushes until no node has enough left. */
static void
push_all(KgPush *push)
{
	while (push->next.n > 0)
	{
		Array		done = push->queue;

		push->queue = push->next;
		push->next = done;
		push->next.n = 0;
		if (push->options.early)
			expand_queue_early(push);
		else
			expand_queue(push);
		for (uint64 i = 0; i < push->queue.n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			push_node(push, ((uint32 *) push->queue.items)[i]);
		}
	}
}

/*
 * Passes what a node has on along its arcs, to nodes that are one hop farther
 * from the seeds: those that were not expanded yet.
 */
static void
spread_node(KgPush *push, uint32 position)
{
	PushNode   *node = node_at(push, position);
	double		amount = push->options.decay * node->residual;

	for (uint64 i = 0; i < node->narcs; i++)
	{
		uint64		arc = node->first_arc + i;
		uint32		to = ((uint32 *) push->arcs.items)[arc];
		PushNode   *next = node_at(push, to);

		if (next->expanded)
			continue;
		trace(push, to, position, arc);
		next->residual += amount;
		if (!next->queued)
			*(uint32 *) array_add(push->budget, &push->next, sizeof(uint32)) = to;
		next->queued = true;
	}
}

/* Scores the nodes within so many hops of the seeds. */
static void
spread_all(KgPush *push)
{
	for (int hop = 0; push->next.n > 0; hop++)
	{
		Array		done = push->queue;

		push->queue = push->next;
		push->next = done;
		push->next.n = 0;
		if (hop < push->options.hops)
			expand_queue(push);
		for (uint64 i = 0; i < push->queue.n; i++)
		{
			uint32		position = ((uint32 *) push->queue.items)[i];

			CHECK_FOR_INTERRUPTS();
			if (hop < push->options.hops)
				spread_node(push, position);
			node_at(push, position)->score = node_at(push, position)->residual;
		}
	}
}

KgPush *
kg_push_create(KgAdjacency *adj, KgBudget *budget, const KgPushOptions *options)
{
	KgPush	   *push = kg_budget_alloc0(budget, 1, sizeof(KgPush));

	push->sink.wanted = push_wanted;
	push->sink.take = push_take;
	push->adj = adj;
	push->budget = budget;
	push->options = *options;
	push->positions = positions_create(budget->context, INITIAL_CAPACITY, budget);
	return push;
}

void
kg_push_run(KgPush *push, const int64 *seeds, const double *shares, uint32 n)
{
	push->shares = shares;
	push->nseeds = n;
	for (uint32 i = 0; i < n; i++)
		position_of(push, seeds[i]);
	for (uint32 i = 0; i < n; i++)
		receive(push, i, shares[i]);
	if (push->options.hops > 0)
		spread_all(push);
	else
		push_all(push);
}

uint64
kg_push_nodes(const KgPush *push)
{
	return push->nodes.n;
}

double
kg_push_score(const KgPush *push, uint64 position, int64 *node)
{
	const PushNode *pushed = node_at(push, position);

	*node = pushed->id;
	return pushed->score;
}

bool
kg_push_predecessor(const KgPush *push, uint64 position, uint64 *from, KgArcEdge *edge)
{
	const PushNode *node = node_at(push, position);

	if (node->arc == NO_ARC)
		return false;
	*from = node->predecessor;
	*edge = ((KgArcEdge *) push->arc_edges.items)[node->arc];
	return true;
}

bool
kg_push_find(const KgPush *push, int64 node, uint64 *position)
{
	const PositionEntry *entry = positions_lookup(push->positions, node);

	if (entry == NULL)
		return false;
	*position = entry->position;
	return true;
}
