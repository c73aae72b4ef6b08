/*
 * push.c
 *	  kg.personalized_pagerank, by local push.
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
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "algo/projection/projection.h"
#include "graph/search/arguments.h"
#include "graph/search/notices.h"

#define INITIAL_CAPACITY 256

typedef struct PushNode
{
	int64		id;
	double		score;
	double		residual;
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
} RawEdge;

static int
compare_edges(const RawEdge *a, const RawEdge *b)
{
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->weight > b->weight) - (a->weight < b->weight);
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

typedef struct Push
{
	KgEdgeSink	sink;
	KgBudget   *budget;
	KgAdjacency *adj;
	bool		both;			/* edges are read in both directions */
	bool		weighted;
	double		damping;
	double		epsilon;
	positions_hash *positions;
	Array		nodes;			/* PushNode */
	Array		arcs;			/* uint32, positions of their ends */
	Array		weights;		/* double, if weighted */
	Array		edges;			/* RawEdge, read in one round */
	Array		queue;			/* uint32, positions of this round's nodes */
	Array		next;			/* uint32, of the next round's nodes */
	uint32		nseeds;			/* the first nodes */
} Push;

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
node_at(const Push *push, uint32 position)
{
	return (PushNode *) push->nodes.items + position;
}

static uint32
position_of(Push *push, int64 id)
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
		push->budget->entities++;
	}
	return entry->position;
}

/*
 * Is the residual large enough to push?  A node that was not expanded yet
 * counts as one with a single arc.
 */
static bool
must_push(const Push *push, const PushNode *node)
{
	return node->residual > 0 &&
		node->residual >= push->epsilon * Max(node->narcs, 1);
}

static void
receive(Push *push, uint32 position, double amount)
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

static int
push_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

static bool
push_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Push	   *push = (Push *) sink;

	for (int i = 0; i < n; i++)
	{
		RawEdge    *edge;

		/* A loop is one arc, though it is found from both ends. */
		if (push->both && !edges[i].outgoing && edges[i].from == edges[i].to)
			continue;
		edge = array_add(push->budget, &push->edges, sizeof(RawEdge));
		edge->from = edges[i].from;
		edge->to = edges[i].to;
		edge->weight = 1;
		if (push->weighted && !edges[i].weight_is_null)
		{
			kg_check_weight(kg_adjacency_graph(push->adj), edge->from, edge->to,
							edges[i].weight);
			edge->weight = edges[i].weight;
		}
		push->budget->relations++;
	}
	return true;
}

/* Makes the edges that were read arcs of the nodes they start from. */
static void
add_arcs(Push *push)
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
		if (push->weighted)
			*(double *) array_add(push->budget, &push->weights,
								  sizeof(double)) = edges[i].weight;
	}
	push->edges.n = 0;
}

/* Expands the nodes in the queue that were not expanded before. */
static void
expand_queue(Push *push)
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

static void
push_node(Push *push, uint32 position)
{
	PushNode   *node = node_at(push, position);
	double		rest = push->damping * node->residual;

	node->queued = false;
	if (!must_push(push, node))
		return;
	node->score += node->residual - rest;
	node->residual = 0;
	if (node->out_weight > 0)
	{
		const uint32 *arcs = (uint32 *) push->arcs.items + node->first_arc;
		const double *weights = push->weighted ?
		(double *) push->weights.items + node->first_arc : NULL;
		double		share = rest / node->out_weight;
		uint64		n = node->narcs;

		for (uint64 i = 0; i < n; i++)
			receive(push, arcs[i], weights ? share * weights[i] : share);
	}
	else
	{
		/* A walk that cannot go on starts again at a seed. */
		for (uint64 i = 0; i < push->nseeds; i++)
			receive(push, i, rest / push->nseeds);
	}
}

static void
push_all(Push *push)
{
	while (push->next.n > 0)
	{
		Array		done = push->queue;

		push->queue = push->next;
		push->next = done;
		push->next.n = 0;
		expand_queue(push);
		for (uint64 i = 0; i < push->queue.n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			push_node(push, ((uint32 *) push->queue.items)[i]);
		}
	}
}

/* Gives the seeds that exist, each once, equal first residuals. */
static void
start_at_seeds(Push *push, int64 *seeds, int n)
{
	sort_ids(seeds, n);
	for (uint32 i = 0; i < (uint32) n; i++)
	{
		if (push->nseeds == 0 || seeds[push->nseeds - 1] != seeds[i])
			seeds[push->nseeds++] = seeds[i];
	}
	push->nseeds = kg_existing_or_notice(push->adj, seeds, push->nseeds);
	for (uint32 i = 0; i < push->nseeds; i++)
		position_of(push, seeds[i]);
	for (uint32 i = 0; i < push->nseeds; i++)
		receive(push, i, 1.0 / push->nseeds);
}

static void
put_scores(const Push *push, KgProjection *p)
{
	for (uint64 i = 0; i < push->nodes.n; i++)
	{
		const PushNode *node = node_at(push, i);
		Datum		values[2] = {
			Int64GetDatum(node->id), Float8GetDatum(node->score)
		};

		if (node->score > 0)
			kg_projection_put(p, values);
	}
}

PG_FUNCTION_INFO_V1(kg_personalized_pagerank);

/*
 * personalized_pagerank(seeds anycompatible, damping float8, epsilon float8,
 *						 direction text, types text[], as_of timestamptz,
 *						 weighted boolean, graph text, known_at timestamptz)
 *	returns (entity bigint, score float8)
 */
Datum
kg_personalized_pagerank(PG_FUNCTION_ARGS)
{
	KgProjection p;
	Push		push = {0};
	int64	   *seeds;
	int			nseeds;

	push.damping = kg_number_argument(fcinfo, 1, "damping", 0, 1);
	push.epsilon = kg_number_argument(fcinfo, 2, "epsilon", 1e-15, 1);
	if (push.damping == 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("damping must be less than 1"),
				 errdetail("With damping 1 no walk ever returns to the seeds.")));
	kg_projection_begin(&p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	push.sink.wanted = push_wanted;
	push.sink.take = push_take;
	push.budget = &p.budget;
	push.both = p.query.direction == KG_BOTH;
	push.weighted = p.query.weighted;
	push.adj = kg_adjacency_open(p.graph, &p.query);
	push.positions = positions_create(p.budget.context, INITIAL_CAPACITY,
									  &p.budget);
	if (!PG_ARGISNULL(0))
	{
		seeds = kg_nodes_argument(fcinfo, 0, "seeds", p.graph, &nseeds);
		start_at_seeds(&push, seeds, nseeds);
		push_all(&push);
		put_scores(&push, &p);
	}
	kg_adjacency_close(push.adj);
	kg_projection_end(&p);
	return (Datum) 0;
}
