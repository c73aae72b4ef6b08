/*
 * fusion.h
 *	  One list of results out of the hits of all legs.
 */
#ifndef KG_RETRIEVAL_FUSION_H
#define KG_RETRIEVAL_FUSION_H

#include "postgres.h"

#include "retrieval/hits.h"
#include "retrieval/request.h"

/* What some legs have found. */
typedef struct KgResult
{
	KgHitKind	kind;
	int64		id;
	double		score;
	KgHit	   *hits[KG_LEGS];	/* NULL: the leg has not found it */
} KgResult;

/* The results, best first, palloc'd; *n is their number. */
extern KgResult *kg_fuse(const KgSearchRequest *request, KgHits *hits, int *n);

/*
 * Orders results so that those which resemble better ones come later, by
 * their embeddings: maximal marginal relevance.  Returns how many it kept, at
 * most k.
 */
extern int	kg_diversify(const KgSearchRequest *request, KgResult *results, int n);

#endif							/* KG_RETRIEVAL_FUSION_H */
