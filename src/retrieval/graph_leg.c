/*
 * graph_leg.c
 *	  What is near the seeds in the graph.
 *
 * A personalized PageRank from the entities that the question names and from
 * the caller's seeds, along all relations in both directions, by local push;
 * or scores that decay with each hop.  The edges come from the adjacency, so
 * hidden ones count for nothing.  What the other legs find is no seed: the
 * fusion is better with legs that err independently.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "utils/rel.h"

#include "algo/push.h"
#include "graph/catalog/catalog.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "retrieval/leg_query.h"
#include "retrieval/legs.h"
#include "retrieval/seeds.h"

struct KgGraphArea
{
	KgBudget	budget;
	KgPush	   *push;
};

/* A node with its score; sorted, the best first. */
typedef struct Ranked
{
	double		score;
	int64		node;
} Ranked;

static int
compare_ranked(const Ranked *a, const Ranked *b)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

#define ST_SORT sort_ranked
#define ST_ELEMENT_TYPE Ranked
#define ST_COMPARE(a, b) compare_ranked(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

typedef struct Lookup
{
	DestReceiver pub;
	const KgSearchRequest *request;
	const KgGraphArea *area;
	int			table;
	KgHits	   *hits;
} Lookup;

static double
area_score(const KgGraphArea *area, int64 node)
{
	uint64		position;

	return kg_push_find(area->push, node, &position) ?
		kg_push_score(area->push, position, &node) : 0;
}

/* (id, kind, entity if it is an observation) */
static bool
receive_node(TupleTableSlot *slot, DestReceiver *self)
{
	Lookup	   *lookup = (Lookup *) self;
	const KgGraph *graph = lookup->request->graph;
	MemoryContext old = MemoryContextSwitchTo(lookup->request->context);
	KgHitKind	kind;
	int64		id;

	slot_getallattrs(slot);
	kind = DatumGetInt32(slot->tts_values[1]);
	id = graph->keys == NULL || kind == KG_HIT_OBSERVATION ? DatumGetInt64(slot->tts_values[0]) :
		kg_keys_intern(graph, lookup->table, slot->tts_values[0]);
	kg_hits_add(lookup->hits, kind, id,
				area_score(lookup->area, kind == KG_HIT_OBSERVATION ?
						   DatumGetInt64(slot->tts_values[2]) : id));
	MemoryContextSwitchTo(old);
	return true;
}

/* Which of these nodes are wanted? */
static void
look_up_nodes(Lookup *lookup, const KgSearchTable *table, const int64 *nodes, int n)
{
	const KgSearchRequest *request = lookup->request;
	KgLegQuery	query;

	lookup->table = table->number;
	kg_leg_query_init(&query, request, kg_leg_names[KG_LEG_GRAPH]);
	kg_leg_query_value(&query, kg_key_array_type(table->nodes->kind),
					   PointerGetDatum(kg_keys_array(request->graph, table->number, nodes, n)));
	appendStringInfo(&query.sql, "SELECT %s, ", table->key);
	/* With a constant, an index on passages' keys answers without the rows. */
	if (table->content == NULL || !request->kinds[KG_HIT_PASSAGE])
		appendStringInfo(&query.sql, "%d", KG_HIT_ENTITY);
	else if (!request->kinds[KG_HIT_ENTITY])
		appendStringInfo(&query.sql, "%d", KG_HIT_PASSAGE);
	else
		appendStringInfo(&query.sql, "CASE WHEN e.%s IS NOT NULL THEN %d ELSE %d END",
						 table->content, KG_HIT_PASSAGE, KG_HIT_ENTITY);
	appendStringInfo(&query.sql, " FROM %s AS e WHERE %s", table->from,
					 kg_key_among_sql(table->nodes, "e", table->nodes->key));
	kg_leg_query_add_wanted_kinds(&query, table);
	kg_leg_query_add_wanted(&query, table);
	kg_leg_query_run(&query, &lookup->pub);
}

/* The observations of these entities that are wanted. */
static void
look_up_observations(Lookup *lookup, const int64 *nodes, int n)
{
	const KgSearchRequest *request = lookup->request;
	const KgGraph *graph = request->graph;
	Relation	rel = kg_graph_open(graph, graph->schema, graph->tables[KG_OBSERVATION]);
	KgLegQuery	query;

	kg_leg_query_init(&query, request, kg_leg_names[KG_LEG_GRAPH]);
	kg_leg_query_value(&query, INT8ARRAYOID, PointerGetDatum(kg_keys_array(graph, 0, nodes, n)));
	appendStringInfo(&query.sql, "SELECT o.id, %d, o.entity FROM %s AS o", KG_HIT_OBSERVATION,
					 kg_quoted_relation(rel));
	if (kg_leg_query_is_filtered(request))
		appendStringInfo(&query.sql, " JOIN %s AS e ON e.id OPERATOR(pg_catalog.=) o.entity",
						 request->tables[0].from);
	appendStringInfoString(&query.sql, " WHERE o.entity OPERATOR(pg_catalog.=) ANY ($1)");
	kg_leg_query_add_observation_times(&query);
	kg_leg_query_add_wanted(&query, &request->tables[0]);
	appendStringInfo(&query.sql, " ORDER BY o.id DESC LIMIT %d",
					 10 * request->legs[KG_LEG_GRAPH].limit);
	kg_leg_query_run(&query, &lookup->pub);
	table_close(rel, NoLock);
}

/* How many hits of these kinds there are. */
static int
count_hits(const KgHits *hits, bool observations)
{
	int			n = 0;

	for (int i = 0; i < hits->n; i++)
		n += (hits->hits[i].kind == KG_HIT_OBSERVATION) == observations;
	return n;
}

static void
look_up(Lookup *lookup, const int64 *nodes, int n, int limit)
{
	const KgSearchRequest *request = lookup->request;

	if ((request->kinds[KG_HIT_PASSAGE] || request->kinds[KG_HIT_ENTITY]) &&
		count_hits(lookup->hits, false) < limit)
	{
		for (int i = 0; i < request->ntables; i++)
		{
			if (request->tables[i].wanted)
				look_up_nodes(lookup, &request->tables[i], nodes, n);
		}
	}
	if (request->kinds[KG_HIT_OBSERVATION] && count_hits(lookup->hits, true) < limit)
		look_up_observations(lookup, nodes, n);
}

/* Looks up the best nodes until enough of them are wanted. */
static void
collect(Lookup *lookup)
{
	const KgSearchRequest *request = lookup->request;
	const KgPush *push = lookup->area->push;
	uint64		n = kg_push_nodes(push);
	int			limit = request->legs[KG_LEG_GRAPH].limit;
	Ranked	   *ranked = palloc_extended(Max(n, 1) * sizeof(Ranked), MCXT_ALLOC_HUGE);
	uint64		nranked = 0;
	uint64		slice = (uint64) limit * 2;
	int64	   *nodes = palloc_extended(Max(n, 1) * sizeof(int64), MCXT_ALLOC_HUGE);

	for (uint64 i = 0; i < n; i++)
	{
		ranked[nranked].score = kg_push_score(push, i, &ranked[nranked].node);
		nranked += ranked[nranked].score > 0;
	}
	sort_ranked(ranked, nranked);
	for (uint64 i = 0; i < nranked; i++)
		nodes[i] = ranked[i].node;
	for (uint64 done = 0; done < nranked; done += slice)
	{
		if ((!(request->kinds[KG_HIT_PASSAGE] || request->kinds[KG_HIT_ENTITY]) ||
			 count_hits(lookup->hits, false) >= limit) &&
			(!request->kinds[KG_HIT_OBSERVATION] || count_hits(lookup->hits, true) >= limit))
			break;
		look_up(lookup, nodes + done, Min(slice, nranked - done), limit);
	}
}

static void
explain_part(const KgSearchRequest *request, const KgAdjacency *part)
{
	KgPlanLines *lines = request->lines;
	Relation	out = part->reader->index == NULL ? NULL : part->reader->index(part, true);
	Relation	in = part->reader->index == NULL ? NULL : part->reader->index(part, false);

	lines->put(lines, kg_leg_names[KG_LEG_GRAPH],
			   psprintf("Edges of %s by the %s reader%s%s%s%s",
						kg_quoted_relation(part->edge_rel), part->reader->name,
						out == NULL ? "" : " using ",
						out == NULL ? "" : RelationGetRelationName(out),
						in == NULL ? "" : " and ",
						in == NULL ? "" : RelationGetRelationName(in)));
}

static void
explain(const KgSearchRequest *request, KgAdjacency *adj, uint32 nseeds)
{
	int			nparts;
	KgAdjacency **parts = kg_adjacency_parts(adj, &nparts);

	request->lines->put(request->lines, kg_leg_names[KG_LEG_GRAPH],
						request->hops > 0 ? psprintf("%d hops from %u seeds", request->hops, nseeds) :
						psprintf("PageRank by local push from %u seeds", nseeds));
	for (int i = 0; i < nparts; i++)
		explain_part(request, parts[i]);
}

KgGraphArea *
kg_graph_leg(const KgSearchRequest *request, const KgNamedList *named, KgTextWords *words,
			 KgHits *hits)
{
	KgGraphArea *area = palloc0(sizeof(KgGraphArea));
	Lookup		lookup = {.request = request,.area = area,.hits = hits};
	KgPushOptions options = {
		.damping = request->damping,.epsilon = request->epsilon,
		.hops = request->hops,.decay = request->decay,.early = true,.both = true,.traced = true
	};
	KgAdjacency *adj = kg_adjacency_open(request->graph, &request->edges);
	double	   *shares;
	int64	   *seeds;
	uint32		n;

	kg_budget_init(&area->budget, request->graph->name);
	seeds = kg_search_seeds(request, named, words, adj, &shares, &n);
	if (request->lines != NULL)
		explain(request, adj, n);
	area->push = kg_push_create(adj, &area->budget, &options);
	if (n > 0)
		kg_push_run(area->push, seeds, shares, n);
	kg_adjacency_close(adj);
	kg_receiver_init(&lookup.pub, receive_node);
	collect(&lookup);
	kg_hits_rank(hits, request->legs[KG_LEG_GRAPH].limit, false);
	return area;
}

KgAreaStep *
kg_graph_area_path(const KgGraphArea *area, int64 node, int *n)
{
	int			capacity = 8;
	KgAreaStep *steps = palloc(capacity * sizeof(KgAreaStep));
	uint64		position;
	uint64		from;
	KgArcEdge	edge;

	*n = 0;
	if (!kg_push_find(area->push, node, &position))
		return steps;
	while (kg_push_predecessor(area->push, position, &from, &edge))
	{
		KgAreaStep *step;

		if (*n == capacity)
			steps = repalloc(steps, (capacity *= 2) * sizeof(KgAreaStep));
		step = &steps[(*n)++];
		(void) kg_push_score(area->push, position, &step->node);
		(void) kg_push_score(area->push, from, &step->from);
		step->edge = edge;
		position = from;
	}
	for (int i = 0; i < *n / 2; i++)
	{
		KgAreaStep	other = steps[i];

		steps[i] = steps[*n - 1 - i];
		steps[*n - 1 - i] = other;
	}
	return steps;
}
