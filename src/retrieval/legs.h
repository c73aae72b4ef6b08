/*
 * legs.h
 *	  The legs of a search: each finds hits in its own way.
 */
#ifndef KG_RETRIEVAL_LEGS_H
#define KG_RETRIEVAL_LEGS_H

#include "postgres.h"

#include "algo/push.h"
#include "retrieval/bm25.h"
#include "retrieval/hits.h"
#include "retrieval/request.h"

/* A name that stands in the question, and the nodes that have it. */
typedef struct KgNamed
{
	int64		node;
	bool		passage;		/* found by its title */
	char	   *key;			/* kg.name_key of the name that was found */
} KgNamed;

typedef struct KgNamedList
{
	KgNamed    *named;
	int			n;
	int			capacity;
} KgNamedList;

/* The words of the question, as texts of one kind have them. */
typedef struct KgTextWords
{
	bool		counted;		/* are the rest filled in? */
	KgTerm	   *terms;
	int			n;
	KgTextCounts counts;
} KgTextWords;

extern void kg_embedding_leg(const KgSearchRequest *request, KgHits *hits);

/* "words" has an element for each table of nodes and kind. */
extern void kg_text_leg(const KgSearchRequest *request, KgHits *hits, KgTextWords *words);

/*
 * "named": the nodes whose names stand in the question, of any kind and type.
 * "detail" of a hit is an index in keys, which is the name that was found.
 */
extern void kg_name_leg(const KgSearchRequest *request, KgHits *hits, List **keys,
						KgNamedList *named);

/* The graph's part near the seeds, as a search of the graph leg left it. */
typedef struct KgGraphArea KgGraphArea;

/*
 * "words" are those of passages in the first table; they are counted now if the
 * text leg has not done so.
 */
extern KgGraphArea *kg_graph_leg(const KgSearchRequest *request, const KgNamedList *named,
								 KgTextWords *words, KgHits *hits);

/*
 * The way on which most came from a seed to a node: *n steps, palloc'd.  A
 * step leads over an edge, from the node before to "node".
 */
typedef struct KgAreaStep
{
	int64		from;
	int64		node;
	KgArcEdge	edge;
} KgAreaStep;

extern KgAreaStep *kg_graph_area_path(const KgGraphArea *area, int64 node, int *n);

#endif							/* KG_RETRIEVAL_LEGS_H */
