/*
 * personalized_pagerank.c
 *	  kg.personalized_pagerank.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "algo/projection/projection.h"
#include "algo/push.h"
#include "graph/catalog/memory.h"
#include "graph/search/arguments.h"
#include "graph/search/notices.h"

/* Pushes from the seeds that exist, each once, with equal shares. */
static void
push_seeds(KgPush *push, KgAdjacency *adj, int64 *seeds, int n)
{
	uint32		nseeds = kg_existing_or_notice(adj, seeds, kg_distinct_nodes(seeds, n));
	double	   *shares = palloc(Max(nseeds, 1) * sizeof(double));

	for (uint32 i = 0; i < nseeds; i++)
		shares[i] = 1.0 / nseeds;
	kg_push_run(push, seeds, shares, nseeds);
}

static void
put_scores(const KgPush *push, KgProjection *p)
{
	for (uint64 i = 0; i < kg_push_nodes(push); i++)
	{
		int64		node;
		double		score = kg_push_score(push, i, &node);
		Datum		values[2] = {Int64GetDatum(node), Float8GetDatum(score)};

		if (score > 0)
			kg_projection_put(p, values);
	}
}

PG_FUNCTION_INFO_V1(kg_personalized_pagerank);

/*
 * personalized_pagerank(seeds anycompatible, damping float8, epsilon float8,
 *						 direction text, types text[], as_of timestamptz,
 *						 weighted boolean, graph text, known_at timestamptz)
 *	returns (entity bigint, score float8)
 */
Datum
kg_personalized_pagerank(PG_FUNCTION_ARGS)
{
	KgProjection p;
	KgPushOptions options = {0};
	KgAdjacency *adj;
	int64	   *seeds;
	int			nseeds;

	options.damping = kg_number_argument(fcinfo, 1, "damping", 0, 1);
	options.epsilon = kg_number_argument(fcinfo, 2, "epsilon", 1e-15, 1);
	if (options.damping == 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("damping must be less than 1"),
				 errdetail("With damping 1 no walk ever returns to the seeds.")));
	kg_projection_begin(&p, fcinfo, KG_DIRECTED | KG_WEIGHTED);
	options.both = p.query.direction == KG_BOTH;
	options.weighted = p.query.weighted;
	adj = kg_adjacency_open(p.graph, &p.query);
	if (!PG_ARGISNULL(0))
	{
		KgPush	   *push = kg_push_create(adj, &p.budget, &options);

		seeds = kg_nodes_argument(fcinfo, 0, "seeds", p.graph, &nseeds);
		push_seeds(push, adj, seeds, nseeds);
		put_scores(push, &p);
	}
	kg_adjacency_close(adj);
	kg_projection_end(&p);
	return (Datum) 0;
}
