/*
 * order.c
 *	  kg.topological_order, kg.find_cycle, kg.longest_path.
 *
 * A. B. Kahn, "Topological sorting of large networks", CACM 1962: again and
 * again take a node that no arc from the remaining nodes leads to.  A node that
 * is never taken is on a cycle, or a cycle leads to it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "algo/projection/projection.h"
#include "graph/catalog/keys.h"

#define INTERRUPT_EVERY 65536

typedef struct Order
{
	KgProjection p;
	uint32	   *waits_for;		/* arcs from nodes not taken yet; 0: taken */
	uint32	   *taken;			/* nodes in the order they were taken */
	uint32	   *before;			/* a predecessor of each node */
	uint32		ntaken;
} Order;

/* Bytes of Order for each node. */
#define ORDER_NODE_SIZE (3 * sizeof(uint32))

static void
take_nodes(Order *o)
{
	const KgCsr *csr = &o->p.csr;
	uint64		narcs = csr->offsets[csr->n];
	uint32		v;

	o->waits_for = kg_budget_alloc0(&o->p.budget, csr->n, sizeof(uint32));
	o->taken = kg_budget_alloc(&o->p.budget, csr->n, sizeof(uint32));
	o->before = kg_budget_alloc(&o->p.budget, csr->n, sizeof(uint32));
	for (uint64 i = 0; i < narcs; i++)
	{
		o->waits_for[csr->targets[i]]++;
		if ((i & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	for (v = 0; v < csr->n; v++)
	{
		if (o->waits_for[v] == 0)
			o->taken[o->ntaken++] = v;
	}
	for (uint32 done = 0; done < o->ntaken; done++)
	{
		v = o->taken[done];
		CHECK_FOR_INTERRUPTS();
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			if (--o->waits_for[csr->targets[i]] == 0)
				o->taken[o->ntaken++] = csr->targets[i];
		}
	}
}

/*
 * Finds a predecessor of each node that was not taken, among the nodes that
 * were not taken.  There is one, or the node would have been taken.
 */
static void
find_before(Order *o)
{
	const KgCsr *csr = &o->p.csr;

	memset(o->before, 0xff, (Size) csr->n * sizeof(uint32));
	for (uint32 v = 0; v < csr->n; v++)
	{
		CHECK_FOR_INTERRUPTS();
		if (o->waits_for[v] == 0)
			continue;
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			if (o->before[csr->targets[i]] == KG_NO_NODE)
				o->before[csr->targets[i]] = v;
		}
	}
}

/* The least node of the cycle that predecessors lead to. */
static uint32
node_on_cycle(Order *o)
{
	uint32	   *seen = o->taken;
	uint32		least;
	uint32		v = 0;

	find_before(o);
	memset(seen, 0, (Size) o->p.csr.n * sizeof(uint32));
	while (o->waits_for[v] == 0)
		v++;
	for (; !seen[v]; v = o->before[v])
		seen[v] = 1;
	least = v;
	for (uint32 w = o->before[v]; w != v; w = o->before[w])
		least = Min(least, w);
	return least;
}

/*
 * Finds the shortest cycle through a node that is on one: afterwards o->before
 * leads from the node back along the cycle.
 */
static void
shortest_cycle(Order *o, uint32 start)
{
	const KgCsr *csr = &o->p.csr;
	uint32	   *queue = o->taken;
	uint32		nqueue = 0;

	memset(o->before, 0xff, (Size) csr->n * sizeof(uint32));
	queue[nqueue++] = start;
	for (uint32 done = 0; o->before[start] == KG_NO_NODE; done++)
	{
		uint32		v = queue[done];

		CHECK_FOR_INTERRUPTS();
		for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		{
			uint32		w = csr->targets[i];

			if (o->before[w] != KG_NO_NODE)
				continue;
			o->before[w] = v;
			if (w != start)
				queue[nqueue++] = w;
		}
	}
}

/*
 * Writes a shortest cycle from its first node into o->taken; returns the
 * number of its arcs.
 */
static uint32
cycle(Order *o)
{
	uint32		start = node_on_cycle(o);
	uint32		length = 0;
	uint32		v;

	shortest_cycle(o, start);
	v = start;
	do
	{
		v = o->before[v];
		length++;
	} while (v != start);
	/* The queue in o->taken is not needed any more. */
	for (uint32 at = length; at > 0; at--)
		o->taken[at - 1] = v = o->before[v];
	Assert(v == start);
	return length;
}

/* Raises an error that shows a cycle, of a long one its beginning. */
static void
reject_cycle(Order *o)
{
	const int	most = 10;
	uint32		length;
	StringInfoData text;

	if (o->ntaken == o->p.csr.n)
		return;
	length = cycle(o);
	initStringInfo(&text);
	for (uint32 i = 0; i < Min(length, (uint32) most); i++)
		appendStringInfo(&text, "%s -> ",
						 kg_node_name(o->p.graph, o->p.nodes.ids[o->taken[i]]));
	if (length > (uint32) most)
		appendStringInfoString(&text, "... -> ");
	appendStringInfoString(&text,
						   kg_node_name(o->p.graph,
										o->p.nodes.ids[o->taken[0]]));
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("graph \"%s\" has a cycle", o->p.graph->name),
			 errdetail("It has %u relations: %s.", length, text.data),
			 errhint("kg.find_cycle returns it. Leave relations out with types or as_of.")));
}

/*
 * Writes the level of each node into o->before: the greatest number of arcs on
 * a path to it.
 */
static void
find_levels(Order *o)
{
	const KgCsr *csr = &o->p.csr;

	memset(o->before, 0, (Size) csr->n * sizeof(uint32));
	for (uint32 i = 0; i < csr->n; i++)
	{
		uint32		v = o->taken[i];

		CHECK_FOR_INTERRUPTS();
		for (uint64 arc = csr->offsets[v]; arc < csr->offsets[v + 1]; arc++)
		{
			uint32		w = csr->targets[arc];

			o->before[w] = Max(o->before[w], o->before[v] + 1);
		}
	}
}

/* Sorts the nodes by level, and by number within a level, into o->taken. */
static void
sort_by_level(Order *o)
{
	const uint32 *level = o->before;
	uint32	   *start = o->waits_for;
	uint32		n = o->p.csr.n;
	uint32		position = 0;

	/* All nodes were taken, so waits_for is 0 everywhere. */
	for (uint32 v = 0; v < n; v++)
		start[level[v]]++;
	for (uint32 v = 0; v < n; v++)
	{
		uint32		count = start[v];

		start[v] = position;
		position += count;
	}
	for (uint32 v = 0; v < n; v++)
		o->taken[start[level[v]]++] = v;
}

PG_FUNCTION_INFO_V1(kg_topological_order);

/*
 * topological_order(direction text, types text[], as_of timestamptz,
 *					 graph text, known_at timestamptz)
 *	returns (entity bigint, ordinal bigint, level integer)
 */
Datum
kg_topological_order(PG_FUNCTION_ARGS)
{
	Order		o = {0};

	kg_projection_begin(&o.p, fcinfo, KG_DIRECTED);
	if (o.p.query.direction == KG_BOTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("direction must be out or in, but is both"),
				 errhint("In both directions each relation is a cycle.")));
	kg_projection_build(&o.p, ORDER_NODE_SIZE, 0);
	take_nodes(&o);
	reject_cycle(&o);
	find_levels(&o);
	sort_by_level(&o);
	for (uint32 i = 0; i < o.p.nodes.n; i++)
	{
		uint32		v = o.taken[i];
		Datum		values[3] = {
			Int64GetDatum(o.p.nodes.ids[v]),
			Int64GetDatum((int64) i + 1),
			Int64GetDatum(o.before[v])
		};

		kg_projection_put(&o.p, values);
	}
	kg_projection_end(&o.p);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(kg_find_cycle);

/*
 * find_cycle(types text[], as_of timestamptz, graph text,
 *			known_at timestamptz)
 *	returns (step integer, entity bigint)
 */
Datum
kg_find_cycle(PG_FUNCTION_ARGS)
{
	Order		o = {0};
	uint32		length;

	kg_projection_begin(&o.p, fcinfo, KG_PLAIN);
	o.p.query.direction = KG_OUT;
	kg_projection_build(&o.p, ORDER_NODE_SIZE, 0);
	take_nodes(&o);
	if (o.ntaken < o.p.nodes.n)
	{
		length = cycle(&o);
		for (uint32 i = 0; i <= length; i++)
		{
			Datum		values[2] = {
				Int32GetDatum((int32) i),
				Int64GetDatum(o.p.nodes.ids[o.taken[i == length ? 0 : i]])
			};

			kg_projection_put(&o.p, values);
		}
	}
	kg_projection_end(&o.p);
	return (Datum) 0;
}

/*
 * Finds the longest path to each node: its cost, and the node's predecessor on
 * it in o->before.  Returns the last node of the longest path.
 */
static uint32
find_longest(Order *o, double *cost)
{
	const KgCsr *csr = &o->p.csr;
	uint32		longest = 0;
	uint32		v;

	memset(o->before, 0xff, (Size) csr->n * sizeof(uint32));
	for (uint32 i = 0; i < csr->n; i++)
	{
		v = o->taken[i];
		CHECK_FOR_INTERRUPTS();
		for (uint64 arc = csr->offsets[v]; arc < csr->offsets[v + 1]; arc++)
		{
			uint32		w = csr->targets[arc];
			double		through = cost[v] + kg_csr_weight(csr, arc);

			if (through > cost[w])
			{
				cost[w] = through;
				o->before[w] = v;
			}
		}
	}
	for (v = 0; v < csr->n; v++)
	{
		if (cost[v] > cost[longest])
			longest = v;
	}
	return longest;
}

PG_FUNCTION_INFO_V1(kg_longest_path);

/*
 * longest_path(types text[], as_of timestamptz, weighted boolean, graph text,
 *			known_at timestamptz)
 *	returns (step integer, entity bigint, cost float8)
 */
Datum
kg_longest_path(PG_FUNCTION_ARGS)
{
	Order		o = {0};
	double	   *cost;
	uint32		npath = 0;
	uint32		v;

	kg_projection_begin(&o.p, fcinfo, KG_WEIGHTED);
	o.p.query.direction = KG_OUT;
	kg_projection_build(&o.p, ORDER_NODE_SIZE + sizeof(double), 0);
	take_nodes(&o);
	reject_cycle(&o);
	cost = kg_budget_alloc0(&o.p.budget, o.p.nodes.n, sizeof(double));
	v = find_longest(&o, cost);
	/* Write the path backwards over the order. */
	for (; o.p.nodes.n > 0 && v != KG_NO_NODE; v = o.before[v])
		o.taken[npath++] = v;
	for (uint32 i = 0; i < npath; i++)
	{
		Datum		values[3];

		v = o.taken[npath - 1 - i];
		values[0] = Int32GetDatum((int32) i);
		values[1] = Int64GetDatum(o.p.nodes.ids[v]);
		values[2] = Float8GetDatum(cost[v]);
		kg_projection_put(&o.p, values);
	}
	kg_projection_end(&o.p);
	return (Datum) 0;
}
