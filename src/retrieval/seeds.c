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
#include "retrieval/statistics.h"
#include "retrieval/text_source.h"

/* A seed with more edges than this is no rarer for having less. */
#define MAX_COUNT 1000

/* Counts the edges of each seed. */
typedef struct EdgeCounts
{
	KgEdgeSink	sink;
	uint32		at;				/* the seed that is counted now */
	double	   *counts;
} EdgeCounts;

static int
compare_int64(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
}

static int
count_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

static bool
count_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	EdgeCounts *counts = (EdgeCounts *) sink;

	counts->counts[counts->at] += n;
	return counts->counts[counts->at] < MAX_COUNT;
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

/* How many passages, or relations, each seed is in. */
static double *
count_edges(const KgSearchRequest *request, const int64 *seeds, uint32 n)
{
	EdgeCounts	counts = {.sink = {.wanted = count_wanted,.take = count_take}};
	KgEdgeQuery query = counted_edges(request);
	KgAdjacency *adj = kg_adjacency_open(request->graph, &query);

	counts.counts = palloc0(Max(n, 1) * sizeof(double));
	/* One by one, since a seed's edges are not counted further than needed. */
	for (uint32 i = 0; i < n; i++)
	{
		counts.at = i;
		counts.sink.enough = MAX_COUNT;
		kg_adjacency_expand(adj, &seeds[i], 1, &counts.sink);
	}
	kg_adjacency_close(adj);
	return counts.counts;
}

/*
 * In how many passages the words of a name would be together if words were
 * independent of each other.
 */
static double
expected_passages(const KgTextSource *source, const KgTextWords *words, const char *name)
{
	KgTerm	   *terms;
	int			n = kg_bm25_terms(kg_text_source_words(source, name), &terms);
	double		expected = words->counts.texts;

	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < words->n; j++)
		{
			if (terms[i].length == words->terms[j].length &&
				memcmp(terms[i].lexeme, words->terms[j].lexeme, terms[i].length) == 0)
				expected *= words->terms[j].texts / words->counts.texts;
		}
	}
	return n == 0 ? 0 : expected;
}

/*
 * A name of common words, such as "area", is common even if few passages are
 * linked with an entity of that name.
 */
static void
count_words(const KgSearchRequest *request, const KgNamedList *named, KgTextWords *words,
			const int64 *seeds, uint32 n, double *counts)
{
	KgTextSource source;

	if (named->n == 0 || request->graph->registered ||
		!kg_text_source(request, &request->tables[0], KG_HIT_PASSAGE, &source))
		return;
	if (!words->counted)
		kg_text_words(&source, words);
	if (words->counts.texts == 0)
		return;
	for (int i = 0; i < named->n; i++)
	{
		const int64 *seed = bsearch(&named->named[i].node, seeds, n, sizeof(int64), compare_int64);

		if (seed != NULL)
			counts[seed - seeds] = Max(counts[seed - seeds],
									   expected_passages(&source, words, named->named[i].key));
	}
}

/* Turns counts into shares. */
static void
invert(double *counts, uint32 n)
{
	double		sum = 0;

	for (uint32 i = 0; i < n; i++)
	{
		counts[i] = 1 / Max(counts[i], 1);
		sum += counts[i];
	}
	for (uint32 i = 0; i < n; i++)
		counts[i] /= sum;
}

int64 *
kg_search_seeds(const KgSearchRequest *request, const KgNamedList *named, KgTextWords *words,
				KgAdjacency *adj, double **shares, uint32 *n)
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
	*shares = count_edges(request, seeds, nseeds);
	count_words(request, named, words, seeds, nseeds, *shares);
	invert(*shares, nseeds);
	*n = nseeds;
	return seeds;
}
