/*
 * hits.c
 *	  What the legs of a search find.
 */
#include "postgres.h"

#include "retrieval/hits.h"

const char *const kg_leg_names[KG_LEGS] = {"embedding", "text", "name", "graph"};
const char *const kg_kind_names[KG_HIT_KINDS] = {"passage", "entity", "observation"};

void
kg_hits_init(KgHits *hits)
{
	hits->n = 0;
	hits->capacity = 64;
	hits->hits = palloc(hits->capacity * sizeof(KgHit));
}

KgHit *
kg_hits_add(KgHits *hits, KgHitKind kind, int64 id, double score)
{
	KgHit	   *hit;

	if (hits->n == hits->capacity)
	{
		hits->capacity *= 2;
		hits->hits = repalloc_huge(hits->hits, hits->capacity * sizeof(KgHit));
	}
	hit = &hits->hits[hits->n++];
	hit->kind = kind;
	hit->id = id;
	hit->score = score;
	hit->rank = 0;
	hit->detail = 0;
	return hit;
}

static int
compare_hits(const KgHit *a, const KgHit *b)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

#define ST_SORT sort_hits
#define ST_ELEMENT_TYPE KgHit
#define ST_COMPARE(a, b) compare_hits(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
kg_hits_sort(KgHit *hits, int n)
{
	sort_hits(hits, n);
}

void
kg_hits_rank(KgHits *hits, int limit, bool each_kind)
{
	int			counts[KG_HIT_KINDS] = {0};
	int			kept = 0;

	sort_hits(hits->hits, hits->n);
	for (int i = 0; i < hits->n; i++)
	{
		KgHit		hit = hits->hits[i];
		int		   *count = &counts[each_kind ? hit.kind : 0];

		if (*count >= limit)
			continue;
		hit.rank = ++*count;
		hits->hits[kept++] = hit;
	}
	hits->n = kept;
}
