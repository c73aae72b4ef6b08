/*
 * far_ends.c
 *	  Drops edges whose far end is not there, on their way to a sink.
 *
 * Without foreign keys an edge may lead to a node that is not there, or that the
 * snapshot does not see.
 */
#include "postgres.h"

#include "graph/far_ends.h"
#include "graph/index_checks.h"

/* So many edges are kept back. */
#define MAX_EDGES 2048

struct KgFarEnds
{
	KgEdgeSink	sink;			/* what the reader is given */
	KgEdgeSink *inner;			/* the search's */
	KgNodeLookup *nodes;
	bool		check_source;	/* of edges that are not outgoing */
	bool		check_target;	/* of others */
	KgEdge	   *edges;
	int64	   *far;
	int			n;
};

static inline bool
needs_check(const KgFarEnds *ends, const KgEdge *edge)
{
	return edge->outgoing ? ends->check_target : ends->check_source;
}

/* Gives those edges that were kept back to the sink whose far end is there. */
static bool
flush(KgFarEnds *ends)
{
	KgEdge	   *edges = ends->edges;
	int			n = ends->n;
	int			kept = 0;
	Size		nfar = 0;
	int			i;

	ends->n = 0;
	if (n > 0)
		n = ends->inner->wanted(ends->inner, edges, n);
	for (i = 0; i < n; i++)
	{
		if (needs_check(ends, &edges[i]))
			ends->far[nfar++] = edges[i].to;
	}
	nfar = kg_distinct_nodes(ends->far, nfar);
	if (nfar > 0)
		nfar = kg_node_lookup_existing(ends->nodes, ends->far, nfar);
	for (i = 0; i < n; i++)
	{
		if (!needs_check(ends, &edges[i]) || kg_is_among(edges[i].to, ends->far, nfar))
			edges[kept++] = edges[i];
	}
	return kept == 0 || ends->inner->take(ends->inner, edges, kept);
}

static int
ends_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	KgEdgeSink *inner = ((KgFarEnds *) sink)->inner;

	return inner->wanted(inner, edges, n);
}

static bool
ends_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	KgFarEnds  *ends = (KgFarEnds *) sink;

	while (n > 0)
	{
		int			count = Min(n, MAX_EDGES - ends->n);

		memcpy(&ends->edges[ends->n], edges, count * sizeof(KgEdge));
		ends->n += count;
		edges += count;
		n -= count;
		if (ends->n == MAX_EDGES && !flush(ends))
			return false;
	}
	return true;
}

KgFarEnds *
kg_far_ends_open(const KgAdjacency *adj, KgNodeLookup *nodes)
{
	bool		check_source = (adj->query->direction & KG_IN) != 0 &&
	!kg_references_entities(adj, adj->columns.source);
	bool		check_target = (adj->query->direction & KG_OUT) != 0 &&
	!kg_references_entities(adj, adj->columns.target);
	KgFarEnds  *ends;

	if (!check_source && !check_target)
		return NULL;
	ends = palloc0(sizeof(KgFarEnds));
	ends->sink.wanted = ends_wanted;
	ends->sink.take = ends_take;
	ends->nodes = nodes;
	ends->check_source = check_source;
	ends->check_target = check_target;
	ends->edges = palloc(MAX_EDGES * sizeof(KgEdge));
	ends->far = palloc(MAX_EDGES * sizeof(int64));
	return ends;
}

KgEdgeSink *
kg_far_ends_begin(KgFarEnds *ends, KgEdgeSink *sink)
{
	if (ends == NULL)
		return sink;
	ends->inner = sink;
	ends->sink.reached = sink->reached;
	ends->sink.only_reached = sink->only_reached;
	ends->n = 0;
	return &ends->sink;
}

bool
kg_far_ends_end(KgFarEnds *ends, bool go_on)
{
	return ends == NULL || !go_on ? go_on : flush(ends);
}

void
kg_far_ends_close(KgFarEnds *ends)
{
	if (ends == NULL)
		return;
	pfree(ends->edges);
	pfree(ends->far);
	pfree(ends);
}
