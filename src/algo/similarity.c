/*
 * similarity.c
 *	  kg.node_similarity, kg.link_prediction.
 *
 * Both compare entities by the neighbours they share, and so compare only pairs
 * that share one.  The measures are from D. Liben-Nowell,
 * J. Kleinberg, "The link-prediction problem for social networks", CIKM 2003;
 * L. Adamic, E. Adar, "Friends and neighbors on the web", Social Networks
 * 2003; T. Zhou, L. Lu, Y.-C. Zhang, "Predicting missing links via local
 * information", Eur. Phys. J. B 2009 (resource allocation).
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "algo/projection/projection.h"
#include "algo/tally.h"
#include "graph/search/arguments.h"

typedef enum Measure
{
	COMMON_NEIGHBORS,
	JACCARD,
	OVERLAP,
	ADAMIC_ADAR,
	RESOURCE_ALLOCATION
} Measure;

static const char *const measure_names[] = {
	"common_neighbors", "jaccard", "overlap", "adamic_adar",
	"resource_allocation"
};

/* An entity that shares neighbours with another, and its score. */
typedef struct Match
{
	uint32		node;
	double		score;
} Match;

/* Best first; of equal scores, the lower number first. */
static int
compare_matches(const Match *a, const Match *b)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

#define ST_SORT sort_matches
#define ST_ELEMENT_TYPE Match
#define ST_COMPARE(a, b) compare_matches(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

typedef struct Similarity
{
	KgProjection p;
	KgCsr		reverse;		/* arcs against their direction; empty if it
								 * is both */
	const KgCsr *back;			/* the reverse, or the graph itself */
	Measure		measure;
	bool		unlinked;		/* skip neighbours */
	bool	   *is_target;		/* may the node be a match?  NULL: all */
	bool	   *is_neighbor;	/* of the current entity */
	int			k;				/* matches an entity; -1: all */
	KgTally		tally;
	Match	   *matches;
} Similarity;

static Measure
measure_argument(FunctionCallInfo fcinfo, int argno)
{
	char	   *name;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("measure must not be null")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(argno));
	for (int i = 0; i < (int) lengthof(measure_names); i++)
	{
		if (strcmp(name, measure_names[i]) == 0)
			return (Measure) i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown measure \"%s\"", name),
			 errhint("Use 'jaccard', 'overlap', 'adamic_adar', 'common_neighbors' or 'resource_allocation'.")));
}

/* The weight of a shared neighbour: the more nodes share it, the less. */
static double
neighbor_weight(const Similarity *s, uint32 shared)
{
	double		degree = kg_csr_degree(s->back, shared);

	switch (s->measure)
	{
		case ADAMIC_ADAR:
			/* A neighbour of degree 1 is shared by no pair. */
			return degree > 1 ? 1 / log(degree) : 0;
		case RESOURCE_ALLOCATION:
			return 1 / degree;
		default:
			return 1;
	}
}

static double
score(const Similarity *s, uint32 a, uint32 b)
{
	double		sum = s->tally.sum[b];
	double		na = kg_csr_degree(&s->p.csr, a);
	double		nb = kg_csr_degree(&s->p.csr, b);

	switch (s->measure)
	{
		case JACCARD:
			return sum / (na + nb - sum);
		case OVERLAP:
			return sum / Min(na, nb);
		default:
			return sum;
	}
}

static void
mark_neighbors(Similarity *s, const KgCsr *csr, uint32 v, bool mark)
{
	for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
		s->is_neighbor[csr->targets[i]] = mark;
}

/* Sums the weights of shared neighbours by the node that shares them. */
static void
tally_sharers(Similarity *s, uint32 v)
{
	const KgCsr *csr = &s->p.csr;

	kg_tally_clear(&s->tally);
	for (uint64 i = csr->offsets[v]; i < csr->offsets[v + 1]; i++)
	{
		uint32		shared = csr->targets[i];
		double		amount = neighbor_weight(s, shared);

		CHECK_FOR_INTERRUPTS();
		for (uint64 j = s->back->offsets[shared]; j < s->back->offsets[shared + 1];
			 j++)
		{
			uint32		w = s->back->targets[j];

			if (w != v && (s->is_target == NULL || s->is_target[w]) &&
				!(s->unlinked && s->is_neighbor[w]))
				kg_tally_add(&s->tally, w, amount);
		}
	}
}

static void
put_matches(Similarity *s, uint32 v)
{
	uint32		n;

	if (s->unlinked)
	{
		mark_neighbors(s, &s->p.csr, v, true);
		mark_neighbors(s, s->back, v, true);
	}
	tally_sharers(s, v);
	if (s->unlinked)
	{
		mark_neighbors(s, &s->p.csr, v, false);
		mark_neighbors(s, s->back, v, false);
	}
	n = s->tally.nseen;
	for (uint32 i = 0; i < n; i++)
	{
		s->matches[i].node = s->tally.seen[i];
		s->matches[i].score = score(s, v, s->tally.seen[i]);
	}
	sort_matches(s->matches, n);
	if (s->k >= 0)
		n = Min(n, (uint32) s->k);
	for (uint32 i = 0; i < n; i++)
	{
		Datum		values[3] = {
			Int64GetDatum(s->p.nodes.ids[v]),
			Int64GetDatum(s->p.nodes.ids[s->matches[i].node]),
			Float8GetDatum(s->matches[i].score)
		};

		kg_projection_put(&s->p, values);
	}
}

/* An argument of nodes as a set, NULL for all; skips nodes not in the graph. */
static bool *
set_argument(FunctionCallInfo fcinfo, int argno, const char *name,
			 KgProjection *p)
{
	bool	   *set;
	int64	   *ids;
	int			n;

	if (PG_ARGISNULL(argno))
		return NULL;
	ids = kg_nodes_argument(fcinfo, argno, name, p->graph, &n);
	kg_projection_notice_missing(p, ids, n);
	set = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		uint32		v = kg_nodes_find(&p->nodes, ids[i]);

		if (v != KG_NO_NODE)
			set[v] = true;
	}
	pfree(ids);
	return set;
}

/*
 * The arguments of both functions: entities anycompatible, others
 * anycompatible, k integer, measure text, direction text, types text[], as_of
 * timestamptz, graph text, known_at timestamptz
 */
static Datum
compare_entities(FunctionCallInfo fcinfo, bool unlinked)
{
	Similarity	s = {0};
	KgProjection *p = &s.p;
	bool	   *is_wanted;

	s.k = kg_limit_argument(fcinfo, 2, "k");
	s.measure = measure_argument(fcinfo, 3);
	s.unlinked = unlinked;
	kg_projection_begin(p, fcinfo, KG_DIRECTED);
	kg_projection_build(p, 3 * sizeof(bool) + KG_TALLY_SIZE + sizeof(Match) +
						(p->query.direction == KG_BOTH ? 0 : sizeof(uint64)),
						p->query.direction == KG_BOTH ? 0 : sizeof(uint32));
	kg_csr_simplify(&p->csr);
	s.back = &p->csr;
	if (p->query.direction != KG_BOTH)
	{
		kg_csr_transpose(&s.reverse, &p->csr, &p->budget);
		s.back = &s.reverse;
	}
	is_wanted = set_argument(fcinfo, 0, "entities", p);
	s.is_target = set_argument(fcinfo, 1, "others", p);
	s.is_neighbor = kg_budget_alloc0(&p->budget, p->nodes.n, sizeof(bool));
	s.matches = kg_budget_alloc(&p->budget, p->nodes.n, sizeof(Match));
	kg_tally_init(&s.tally, p->nodes.n, &p->budget);
	for (uint32 v = 0; v < p->nodes.n; v++)
	{
		if (is_wanted == NULL || is_wanted[v])
			put_matches(&s, v);
	}
	kg_projection_end(p);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(kg_node_similarity);

/* returns (entity bigint, other bigint, score float8) */
Datum
kg_node_similarity(PG_FUNCTION_ARGS)
{
	return compare_entities(fcinfo, false);
}

PG_FUNCTION_INFO_V1(kg_link_prediction);

/* returns (entity bigint, other bigint, score float8) */
Datum
kg_link_prediction(PG_FUNCTION_ARGS)
{
	return compare_entities(fcinfo, true);
}
