/*
 * showing.h
 *	  Looks up what is shown of results: names, contents, paths.
 */
#ifndef KG_RETRIEVAL_SHOWING_H
#define KG_RETRIEVAL_SHOWING_H

#include "postgres.h"

#include "retrieval/fusion.h"
#include "retrieval/legs.h"
#include "retrieval/request.h"

/* What the legs have found, and what they know of it. */
typedef struct KgFindings
{
	KgHits		hits[KG_LEGS];
	KgTextWords *words;			/* of the text leg */
	List	   *names;			/* of the name leg: char * */
	KgNamedList named;
	KgGraphArea *area;			/* of the graph leg, or NULL */
} KgFindings;

/* A node or an observation. */
typedef struct KgShown
{
	KgHitKind	kind;
	int64		id;				/* as of KgResult */
	int64		entity;			/* the node; of an observation: its entity */
	char	   *name;			/* NULL: none */
	char	   *content;		/* NULL: none */
} KgShown;

typedef struct KgShownRelation
{
	int64		id;
	char	   *type;
} KgShownRelation;

typedef struct KgShowing
{
	const KgSearchRequest *request;
	const KgFindings *findings;
	KgShown    *shown;			/* results, and nodes on their paths */
	int			n;
	int			capacity;
	KgShownRelation *relations;
	int			nrelations;
} KgShowing;

/* Looks up what is shown of n results. */
extern KgShowing *kg_showing_create(const KgSearchRequest *request, const KgFindings *findings,
									const KgResult *results, int n);

/* What is shown of a result or of a node on a path; NULL: nothing. */
extern const KgShown *kg_showing_find(const KgShowing *showing, KgHitKind kind, int64 id);

/* The type of an edge on a path; NULL if it is not known. */
extern const char *kg_showing_type(const KgShowing *showing, const KgArcEdge *edge);

#endif							/* KG_RETRIEVAL_SHOWING_H */
