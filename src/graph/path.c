/*
 * path.c
 *	  kg.shortest_path: breadth-first search from both ends.
 *
 * Whole levels are expanded, of the side whose frontier is smaller.  A path
 * of a + b edges between nodes searched to the depths a and b would have met
 * before, so when a level of one side reaches a node of the other, that node
 * is at the other's last depth and the path through it is a shortest one.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "graph/adjacency.h"
#include "graph/arguments.h"
#include "graph/memory.h"

/* How a node was reached. */
typedef struct Reached
{
	int64		node;
	int64		parent;			/* one step nearer to where the side began */
	int64		relation;
	char		status;			/* for simplehash */
} Reached;

/* Fibonacci hashing; simplehash uses the low bits. */
#define HASH_NODE(node) \
	((uint32) (((uint64) (node) * UINT64CONST(0x9E3779B97F4A7C15)) >> 32))

#define SH_PREFIX reached
#define SH_ELEMENT_TYPE Reached
#define SH_KEY_TYPE int64
#define SH_KEY node
#define SH_HASH_KEY(tb, key) HASH_NODE(key)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static inline void *
reached_allocate(reached_hash *table, Size size)
{
	return kg_memory_alloc0(table->private_data, size);
}

static inline void
reached_free(reached_hash *table, void *pointer)
{
	kg_memory_free(table->private_data, pointer);
}

/* The search from one end. */
typedef struct Side
{
	KgEdgeSink	sink;
	KgAdjacency *adj;
	KgMemory   *memory;
	reached_hash *reached;
	KgNodeList	frontier;
	KgNodeList	next;
	struct Side *other;
	int64		meeting;		/* node that both sides reached, if met */
	bool		met;
} Side;

static int
side_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Side	   *side = (Side *) sink;
	int			kept = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (reached_lookup(side->reached, edges[i].to) == NULL)
			edges[kept++] = edges[i];
	}
	return kept;
}

static void
reach(Side *side, int64 node, int64 parent, int64 relation)
{
	bool		found;
	Reached    *entry = reached_insert(side->reached, node, &found);

	if (found)
		return;
	side->memory->reached++;
	entry->parent = parent;
	entry->relation = relation;
	kg_node_list_append(&side->next, node);
}

static bool
side_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Side	   *side = (Side *) sink;
	int			i;

	for (i = 0; i < n; i++)
	{
		reach(side, edges[i].to, edges[i].from, edges[i].relation);
		if (reached_lookup(side->other->reached, edges[i].to) != NULL)
		{
			side->meeting = edges[i].to;
			side->met = true;
			return false;
		}
	}
	return true;
}

static void
advance(Side *side)
{
	KgNodeList	done = side->frontier;

	kg_node_list_sort(&side->next, false);
	side->frontier = side->next;
	side->next = done;
	side->next.n = 0;
}

static void
begin_side(Side *side, KgAdjacency *adj, KgMemory *memory, Side *other, int64 node)
{
	side->sink.wanted = side_wanted;
	side->sink.take = side_take;
	side->adj = adj;
	side->memory = memory;
	side->other = other;
	side->met = false;
	side->reached = reached_create(memory->context, 128, memory);
	kg_node_list_init(&side->frontier, memory);
	kg_node_list_init(&side->next, memory);
	reach(side, node, node, 0);
	advance(side);
}

/*
 * Searches until the sides meet; returns the side that met the other, or NULL
 * if there is no path of at most max_depth steps (-1: no limit).
 */
static Side *
find_meeting(Side *forward, Side *backward, int max_depth)
{
	int			depth;

	for (depth = 0; depth != max_depth; depth++)
	{
		Side	   *side = forward->frontier.n <= backward->frontier.n ? forward : backward;

		/* One end has reached all it can. */
		if (side->frontier.n == 0)
			return NULL;
		kg_adjacency_expand(side->adj, side->frontier.nodes, side->frontier.n, &side->sink);
		if (side->met)
			return side;
		advance(side);
	}
	return NULL;
}

static void
put_step(ReturnSetInfo *result, int step, int64 entity, int64 relation)
{
	Datum		values[3];
	bool		nulls[3] = {false, false, step == 0};

	values[0] = Int32GetDatum(step);
	values[1] = Int64GetDatum(entity);
	values[2] = Int64GetDatum(relation);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* From the meeting back to the source, then on to the target. */
static void
put_path(ReturnSetInfo *result, Side *forward, Side *backward, int64 meeting)
{
	const Reached *entry;
	const Reached **steps;
	int			nsteps = 0;
	int			step = 0;

	for (entry = reached_lookup(forward->reached, meeting);
		 entry->parent != entry->node;
		 entry = reached_lookup(forward->reached, entry->parent))
		nsteps++;
	steps = palloc_extended((nsteps + 1) * sizeof(Reached *), MCXT_ALLOC_HUGE);
	entry = reached_lookup(forward->reached, meeting);
	for (step = nsteps; step >= 0; step--)
	{
		steps[step] = entry;
		entry = reached_lookup(forward->reached, entry->parent);
	}
	for (step = 0; step <= nsteps; step++)
		put_step(result, step, steps[step]->node, steps[step]->relation);
	pfree(steps);

	for (entry = reached_lookup(backward->reached, meeting);
		 entry->parent != entry->node;
		 entry = reached_lookup(backward->reached, entry->parent))
		put_step(result, step++, entry->parent, entry->relation);
}

static void
search(ReturnSetInfo *result, KgAdjacency *adj, KgAdjacency *reverse_adj,
	   const int64 *ends, int max_depth)
{
	KgMemory	memory;
	Side		forward;
	Side		backward;
	Side	   *met;

	kg_memory_init(&memory, kg_adjacency_entities(adj), "lower max_depth");
	begin_side(&forward, adj, &memory, &backward, ends[0]);
	begin_side(&backward, reverse_adj, &memory, &forward, ends[1]);
	met = find_meeting(&forward, &backward, max_depth);
	if (met != NULL)
		put_path(result, &forward, &backward, met->meeting);
	kg_memory_reset(&memory);
}

/* Are both ends there? */
static bool
ends_exist(KgAdjacency *adj, const int64 *ends)
{
	int64		nodes[2] = {Min(ends[0], ends[1]), Max(ends[0], ends[1])};
	Size		n = nodes[0] == nodes[1] ? 1 : 2;

	return kg_adjacency_existing(adj, nodes, n) == n;
}

PG_FUNCTION_INFO_V1(kg_shortest_path);

/*
 * shortest_path(source bigint, target bigint, max_depth integer,
 *				 direction text, types text[], as_of timestamptz, graph text)
 *	returns (step integer, entity bigint, relation bigint)
 */
Datum
kg_shortest_path(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);
	int			max_depth = kg_limit_argument(fcinfo, 2, "max_depth");
	KgEdgeQuery query;
	KgEdgeQuery reverse;
	KgAdjacency *adj;
	KgAdjacency *reverse_adj;
	ReturnSetInfo *result;

	kg_query_arguments(fcinfo, 3, graph, &query);
	reverse = kg_reverse_query(&query);

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	adj = kg_adjacency_open(graph, &query);
	reverse_adj = kg_adjacency_open(graph, &reverse);
	if (!PG_ARGISNULL(0) && !PG_ARGISNULL(1))
	{
		int64		ends[2] = {PG_GETARG_INT64(0), PG_GETARG_INT64(1)};

		if (ends_exist(adj, ends))
		{
			if (ends[0] == ends[1])
				put_step(result, 0, ends[0], 0);
			else
				search(result, adj, reverse_adj, ends, max_depth);
		}
	}
	kg_adjacency_close(reverse_adj);
	kg_adjacency_close(adj);
	return (Datum) 0;
}
