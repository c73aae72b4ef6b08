/*
 * fusion.c
 *	  One list of results out of the hits of all legs.
 *
 * G. Cormack, C. Clarke, S. Buettcher, "Reciprocal rank fusion outperforms
 * Condorcet and individual rank learning methods", SIGIR 2009.  Ranks need no
 * scale: scores of BM25, of PageRank and distances have none in common.
 */
#include "postgres.h"

#include "retrieval/fusion.h"

/*
 * How flat the weights of ranks are.  The paper's 60 suits lists of 1000, of
 * which many are to be found.  Here a leg's first ranks should count more than
 * being somewhere in every list (docs/retrieval.md has the measurement).
 */
#define RANK_OFFSET 10

typedef struct Found
{
	KgHit	   *hit;
	KgLeg		leg;
} Found;

static int
compare_found(const Found *a, const Found *b)
{
	if (a->hit->kind != b->hit->kind)
		return a->hit->kind < b->hit->kind ? -1 : 1;
	if (a->hit->id != b->hit->id)
		return a->hit->id < b->hit->id ? -1 : 1;
	return (int) a->leg - (int) b->leg;
}

#define ST_SORT sort_found
#define ST_ELEMENT_TYPE Found
#define ST_COMPARE(a, b) compare_found(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static int
compare_results(const KgResult *a, const KgResult *b)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

#define ST_SORT sort_results
#define ST_ELEMENT_TYPE KgResult
#define ST_COMPARE(a, b) compare_results(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* What a leg's hit adds to its result. */
static double
contribution(const KgSearchRequest *request, KgLeg leg, const KgHits *hits, const KgHit *hit)
{
	double		weight = request->legs[leg].weight;
	double		least;
	double		greatest;

	if (request->fusion == KG_FUSE_RANKS)
		return weight / (RANK_OFFSET + hit->rank);
	least = greatest = hits->hits[0].score;
	for (int i = 1; i < hits->n; i++)
	{
		least = Min(least, hits->hits[i].score);
		greatest = Max(greatest, hits->hits[i].score);
	}
	return greatest > least ? weight * (hit->score - least) / (greatest - least) : weight;
}

KgResult *
kg_fuse(const KgSearchRequest *request, KgHits *hits, int *n)
{
	Found	   *found;
	KgResult   *results;
	int			nfound = 0;

	for (int leg = 0; leg < KG_LEGS; leg++)
		nfound += hits[leg].n;
	found = palloc_extended(Max(nfound, 1) * sizeof(Found), MCXT_ALLOC_HUGE);
	results = palloc_extended(Max(nfound, 1) * sizeof(KgResult), MCXT_ALLOC_HUGE);
	nfound = 0;
	for (int leg = 0; leg < KG_LEGS; leg++)
	{
		for (int i = 0; i < hits[leg].n; i++)
		{
			found[nfound].hit = &hits[leg].hits[i];
			found[nfound++].leg = leg;
		}
	}
	sort_found(found, nfound);
	*n = 0;
	for (int i = 0; i < nfound; i++)
	{
		KgHit	   *hit = found[i].hit;
		KgResult   *result = &results[Max(*n - 1, 0)];

		if (*n == 0 || result->kind != hit->kind || result->id != hit->id)
		{
			result = &results[(*n)++];
			memset(result, 0, sizeof(*result));
			result->kind = hit->kind;
			result->id = hit->id;
		}
		result->hits[found[i].leg] = hit;
		result->score += contribution(request, found[i].leg, &hits[found[i].leg], hit);
	}
	sort_results(results, *n);
	return results;
}
