/*
 * request.h
 *	  What a call of kg.search asks for.
 */
#ifndef KG_RETRIEVAL_REQUEST_H
#define KG_RETRIEVAL_REQUEST_H

#include "postgres.h"
#include "utils/relcache.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/graph.h"
#include "retrieval/hits.h"
#include "types/vector.h"

/* A leg's weight in the fusion, and the most hits that it gives. */
typedef struct KgLegOptions
{
	double		weight;			/* 0: the leg does not run */
	int			limit;
} KgLegOptions;

typedef enum KgFusion
{
	KG_FUSE_RANKS,				/* weight / (10 + rank) */
	KG_FUSE_SCORES				/* weight * score, scaled to 0 .. 1 in its leg */
} KgFusion;

/* A table whose rows are nodes, ready for queries.  The alias is e. */
typedef struct KgSearchTable
{
	const KgNodeTable *nodes;
	int			number;			/* in graph->node_tables */
	Relation	rel;
	char	   *from;			/* "schema"."table" */
	char	   *key;			/* expression: the key */
	char	   *name;			/* expression of text: the name */
	const char *content;		/* column with the text, quoted; NULL: none */
	bool		wanted;			/* does the caller want nodes of this table? */
	bool		hidden_rows;	/* may policies hide nodes of it? */
} KgSearchTable;

/* Where the lines of plans go. */
typedef struct KgPlanLines
{
	void		(*put) (struct KgPlanLines *lines, const char *leg, const char *text);
} KgPlanLines;

typedef struct KgSearchRequest
{
	MemoryContext context;		/* lives as long as the call */
	KgGraph    *graph;
	char	   *query;			/* NULL: no text */
	Oid			language;		/* text search configuration; registered
								 * graphs: the session's default */
	bool		folded;			/* have the words of the graph's texts been
								 * folded? */
	const Vector *embedding;	/* NULL: none */
	int			k;				/* -1: no limit */
	bool		kinds[KG_HIT_KINDS];
	bool		any_type;
	Datum		types;			/* integer[] of entity_type.id, unless
								 * any_type or registered */
	const char *filter;			/* condition on e, or NULL */
	int64	   *seeds;			/* the caller's */
	int			nseeds;
	KgLegOptions legs[KG_LEGS];
	KgFusion	fusion;
	int			hops;			/* 0: PageRank */
	double		decay;			/* of each hop */
	double		damping;		/* of PageRank */
	double		epsilon;
	double		diversity;		/* 0: by score alone; 1: by difference alone */
	KgEdgeQuery edges;			/* time; all types, both directions */
	KgSearchTable *tables;		/* of graph->node_tables */
	int			ntables;
	bool		hidden_rows;	/* may policies hide nodes of any table? */
	KgPlanLines *lines;			/* NULL, unless plans are to be shown */
} KgSearchRequest;

/* Is this leg of any use for this request? */
static inline bool
kg_leg_runs(const KgSearchRequest *request, KgLeg leg)
{
	return request->legs[leg].weight > 0 && request->legs[leg].limit > 0;
}

#endif							/* KG_RETRIEVAL_REQUEST_H */
