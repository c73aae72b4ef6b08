/*
 * hits.h
 *	  What the legs of a search find.
 */
#ifndef KG_RETRIEVAL_HITS_H
#define KG_RETRIEVAL_HITS_H

#include "postgres.h"

typedef enum KgHitKind
{
	KG_HIT_PASSAGE,				/* an entity with content */
	KG_HIT_ENTITY,				/* any other entity */
	KG_HIT_OBSERVATION
} KgHitKind;

#define KG_HIT_KINDS (KG_HIT_OBSERVATION + 1)

typedef enum KgLeg
{
	KG_LEG_EMBEDDING,
	KG_LEG_TEXT,
	KG_LEG_NAME,
	KG_LEG_GRAPH
} KgLeg;

#define KG_LEGS (KG_LEG_GRAPH + 1)

/* "embedding", "text", "name", "graph" */
extern const char *const kg_leg_names[KG_LEGS];

/* "passage", "entity", "observation" */
extern const char *const kg_kind_names[KG_HIT_KINDS];

typedef struct KgHit
{
	KgHitKind	kind;
	int64		id;				/* number of the node, or the observation's id */
	double		score;			/* the higher the better */
	int			rank;			/* from 1, once the leg is done */
	uint64		detail;			/* of the leg's own, for "why" */
} KgHit;

typedef struct KgHits
{
	KgHit	   *hits;
	int			n;
	int			capacity;
} KgHits;

extern void kg_hits_init(KgHits *hits);
extern KgHit *kg_hits_add(KgHits *hits, KgHitKind kind, int64 id, double score);

/* Orders hits by score, then by kind and id. */
extern void kg_hits_sort(KgHit *hits, int n);

/*
 * Sorts hits, numbers them and drops those beyond the limit.  With
 * "each_kind", each kind has ranks and a limit of its own: their scores cannot
 * be compared.
 */
extern void kg_hits_rank(KgHits *hits, int limit, bool each_kind);

#endif							/* KG_RETRIEVAL_HITS_H */
