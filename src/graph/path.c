/*
 * path.c
 *	  kg.shortest_path: breadth-first search from both ends.
 *
 * Whole levels are expanded, of the side whose frontier is smaller.  A path
 * of a + b edges between nodes searched to the depths a and b would have met
 * before, so when a level of one side reaches a node of the other, that node
 * is at the other's last depth and the path through it is a shortest one.
 *
 * How a node was reached is not kept: that would take several times the
 * memory of everything else.  Levels are, and the path is found once more
 * from the meeting back to both ends, a level at a time.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

#include "graph/adjacency.h"
#include "graph/arguments.h"
#include "graph/keys.h"
#include "graph/memory.h"

/* The search from one end. */
typedef struct Side
{
	KgEdgeSink	sink;
	KgAdjacency *adj;			/* leads away from this end */
	KgMemory   *memory;
	KgNodeSet	reached;
	KgNodeList	nodes;			/* of all complete levels, each ascending */
	KgNodeList	starts;			/* where in "nodes" each level starts */
	KgNodeList	next;			/* the level in progress */
	struct Side *other;
	KgEdge		meeting;		/* the edge that reached the other side, if
								 * met */
	bool		met;
} Side;

/* The last complete level, numbered from 0, which is the end itself. */
static int
last_level(const Side *side)
{
	return (int) side->starts.n - 1;
}

/* The nodes of a level; their number in *n. */
static int64 *
level_nodes(const Side *side, int level, Size *n)
{
	int64		start = side->starts.nodes[level];
	int64		end = level == last_level(side) ? (int64) side->nodes.n : side->starts.nodes[level + 1];

	*n = end - start;
	return side->nodes.nodes + start;
}

static Size
frontier_size(const Side *side)
{
	Size		n;

	level_nodes(side, last_level(side), &n);
	return n;
}

static int
side_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Side	   *side = (Side *) sink;
	int			kept = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (!kg_node_set_has(&side->reached, edges[i].to))
			edges[kept++] = edges[i];
	}
	return kept;
}

static void
reach(Side *side, int64 node)
{
	if (!kg_node_set_add(&side->reached, node))
		return;
	side->memory->reached++;
	kg_node_list_append(&side->next, node);
}

static bool
side_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Side	   *side = (Side *) sink;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (kg_node_set_has(&side->other->reached, edges[i].to))
		{
			side->meeting = edges[i];
			side->met = true;
			return false;
		}
		reach(side, edges[i].to);
	}
	return true;
}

/* The level in progress is complete. */
static void
end_level(Side *side)
{
	Size		i;

	kg_node_list_sort(&side->next, false);
	kg_node_list_append(&side->starts, side->nodes.n);
	for (i = 0; i < side->next.n; i++)
		kg_node_list_append(&side->nodes, side->next.nodes[i]);
	side->next.n = 0;
}

static void
begin_side(Side *side, KgAdjacency *adj, KgMemory *memory, Side *other, int64 node)
{
	side->sink.wanted = side_wanted;
	side->sink.take = side_take;
	side->sink.reached = &side->reached;
	side->adj = adj;
	side->memory = memory;
	side->other = other;
	side->met = false;
	kg_node_set_init(&side->reached, memory);
	kg_node_list_init(&side->nodes, memory);
	kg_node_list_init(&side->starts, memory);
	kg_node_list_init(&side->next, memory);
	reach(side, node);
	end_level(side);
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
		Side	   *side = frontier_size(forward) <= frontier_size(backward) ? forward : backward;
		Size		n;
		int64	   *nodes = level_nodes(side, last_level(side), &n);

		/* This end has reached all it can. */
		if (n == 0)
			return NULL;
		kg_adjacency_expand(side->adj, nodes, n, &side->sink);
		if (side->met)
			return side;
		end_level(side);
	}
	return NULL;
}

/* Looks for an edge to any node of a level. */
typedef struct Retrace
{
	KgEdgeSink	sink;
	int64	   *nodes;
	Size		n;
	KgEdge		edge;
	bool		found;
} Retrace;

static bool
is_among(int64 node, const int64 *nodes, Size n)
{
	Size		i = kg_find_node(nodes, n, node);

	return i < n && nodes[i] == node;
}

static int
retrace_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	Retrace    *retrace = (Retrace *) sink;
	int			kept = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (is_among(edges[i].to, retrace->nodes, retrace->n))
			edges[kept++] = edges[i];
	}
	return kept;
}

static bool
retrace_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Retrace    *retrace = (Retrace *) sink;

	if (n == 0)
		return true;
	retrace->edge = edges[0];
	retrace->found = true;
	return false;
}

/*
 * An edge by which a side reached a node: leads from the node to the level
 * before the node's.
 */
static KgEdge
edge_back(const Side *side, int level, int64 node)
{
	Retrace		retrace = {{retrace_wanted, retrace_take}};

	retrace.nodes = level_nodes(side, level - 1, &retrace.n);
	kg_adjacency_expand(side->other->adj, &node, 1, &retrace.sink);
	if (!retrace.found)
		elog(ERROR, "could not find the relation that led to entity %s",
			 kg_node_name(kg_adjacency_graph(side->adj), node));
	return retrace.edge;
}

typedef struct Step
{
	int64		entity;
	int64		relation;		/* leads here */
	bool		relation_is_null;	/* of step 0, nothing does */
} Step;

static void
put_step(ReturnSetInfo *result, const KgGraph *graph, int number, const Step *step)
{
	Datum		values[4];
	bool		nulls[4] = {false, false, step->relation_is_null, true};

	values[0] = Int32GetDatum(number);
	values[1] = Int64GetDatum(step->entity);
	values[2] = Int64GetDatum(step->relation);
	values[3] = kg_node_key(graph, step->entity, &nulls[3]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
lead_here(Step *step, const KgEdge *edge)
{
	step->relation = edge->relation;
	step->relation_is_null = edge->relation_is_null;
}

static void
put_path(ReturnSetInfo *result, const KgGraph *graph, const Side *forward, const Side *backward, const Side *met)
{
	int			before = last_level(forward);
	int			after = last_level(backward);
	Step	   *steps = palloc_extended((before + after + 2) * sizeof(Step), MCXT_ALLOC_HUGE);
	int			i;

	steps[0].relation_is_null = true;
	steps[before].entity = met == forward ? met->meeting.from : met->meeting.to;
	for (i = before; i > 0; i--)
	{
		KgEdge		edge = edge_back(forward, i, steps[i].entity);

		lead_here(&steps[i], &edge);
		steps[i - 1].entity = edge.to;
	}
	steps[before + 1].entity = met == forward ? met->meeting.to : met->meeting.from;
	lead_here(&steps[before + 1], &met->meeting);
	for (i = after; i > 0; i--)
	{
		Step	   *step = &steps[before + 1 + after - i];
		KgEdge		edge = edge_back(backward, i, step->entity);

		step[1].entity = edge.to;
		lead_here(&step[1], &edge);
	}
	for (i = 0; i < before + after + 2; i++)
		put_step(result, graph, i, &steps[i]);
	pfree(steps);
}

static void
search(ReturnSetInfo *result, KgAdjacency *adj, KgAdjacency *reverse_adj,
	   const int64 *ends, int max_depth)
{
	const KgGraph *graph = kg_adjacency_graph(adj);
	KgMemory	memory;
	Side		forward;
	Side		backward;
	Side	   *met;

	kg_memory_init(&memory, kg_adjacency_entities(adj), "lower max_depth");
	begin_side(&forward, adj, &memory, &backward, ends[0]);
	begin_side(&backward, reverse_adj, &memory, &forward, ends[1]);
	met = find_meeting(&forward, &backward, max_depth);
	if (met != NULL)
		put_path(result, graph, &forward, &backward, met);
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
 * shortest_path(source anycompatible, target anycompatible,
 *				 max_depth integer, direction text, types text[],
 *				 as_of timestamptz, graph text, properties jsonb,
 *				 filter text)
 *	returns (step integer, entity bigint, relation bigint, key text)
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
	kg_edge_filter_arguments(fcinfo, 7, &query);
	reverse = kg_reverse_query(&query);

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	adj = kg_adjacency_open(graph, &query);
	reverse_adj = kg_adjacency_open(graph, &reverse);
	if (!PG_ARGISNULL(0) && !PG_ARGISNULL(1))
	{
		int64		ends[2] = {
			kg_node_argument(fcinfo, 0, "source", graph),
			kg_node_argument(fcinfo, 1, "target", graph)
		};

		if (ends_exist(adj, ends))
		{
			Step		only = {ends[0], 0, true};

			if (ends[0] == ends[1])
				put_step(result, graph, 0, &only);
			else
				search(result, adj, reverse_adj, ends, max_depth);
		}
	}
	kg_adjacency_close(reverse_adj);
	kg_adjacency_close(adj);
	return (Datum) 0;
}
