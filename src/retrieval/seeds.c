/*
 * seeds.c
 *	  The nodes from which the graph leg starts, and their weights.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "graph/catalog/memory.h"
#include "graph/search/arguments.h"
#include "graph/search/notices.h"
#include "retrieval/seeds.h"

/* Counts the edges of each seed. */
typedef struct EdgeCounts
{
	KgEdgeSink	sink;
	const int64 *seeds;
	double	   *counts;
} EdgeCounts;

static int
count_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

static bool
count_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	EdgeCounts *counts = (EdgeCounts *) sink;
	uint32		at = 0;

	for (int i = 0; i < n; i++)
	{
		/* Edges of one seed come together. */
		if (counts->seeds[at] != edges[i].from)
		{
			at = 0;
			while (counts->seeds[at] != edges[i].from)
				at++;
		}
		counts->counts[at]++;
	}
	return true;
}

/* The relations that are counted: mentions, in a graph that has this type. */
static KgEdgeQuery
counted_edges(const KgSearchRequest *request)
{
	KgEdgeQuery query = request->edges;
	Datum		name = CStringGetTextDatum("mentions");

	if (request->graph->registered)
		return query;
	query.types = kg_find_types(request->graph, KG_RELATION_TYPE,
								DatumGetArrayTypeP(kg_make_array(&name, NULL, 1, TEXTOID)),
								&query.ntypes);
	if (query.ntypes > 0)
	{
		query.any_type = false;
		query.direction = KG_IN;
	}
	return query;
}

static double *
seed_shares(const KgSearchRequest *request, const int64 *seeds, uint32 n)
{
	EdgeCounts	counts = {.sink = {.wanted = count_wanted,.take = count_take},.seeds = seeds};
	KgEdgeQuery query = counted_edges(request);
	KgAdjacency *adj = kg_adjacency_open(request->graph, &query);
	double		sum = 0;

	counts.counts = palloc0(Max(n, 1) * sizeof(double));
	if (n > 0)
		kg_adjacency_expand(adj, seeds, n, &counts.sink);
	kg_adjacency_close(adj);
	for (uint32 i = 0; i < n; i++)
	{
		counts.counts[i] = 1 / Max(counts.counts[i], 1);
		sum += counts.counts[i];
	}
	for (uint32 i = 0; i < n; i++)
		counts.counts[i] /= sum;
	return counts.counts;
}

int64 *
kg_search_seeds(const KgSearchRequest *request, const KgNamedList *named, KgAdjacency *adj,
				double **shares, uint32 *n)
{
	int64	   *seeds = palloc((request->nseeds + named->n + 1) * sizeof(int64));
	bool		entities = request->nseeds > 0;
	Size		nseeds;

	if (request->nseeds > 0)
		memcpy(seeds, request->seeds, request->nseeds * sizeof(int64));
	nseeds = kg_distinct_nodes(seeds, request->nseeds);
	nseeds = kg_existing_or_notice(adj, seeds, nseeds);
	for (int i = 0; i < named->n; i++)
		entities |= !named->named[i].passage;
	for (int i = 0; i < named->n; i++)
	{
		if (!named->named[i].passage || !entities)
			seeds[nseeds++] = named->named[i].node;
	}
	nseeds = kg_distinct_nodes(seeds, nseeds);
	nseeds = kg_adjacency_existing(adj, seeds, nseeds);
	*shares = seed_shares(request, seeds, nseeds);
	*n = nseeds;
	return seeds;
}
