/*
 * edge_ends.c
 *	  Drops edges whose other end does not exist, on their way to a sink.
 *
 * Without foreign keys an edge may lead to a node that does not exist, or that
 * the snapshot does not see.  Edges are kept back until the level is done, or
 * until there are as many as memory allows.  Then their other ends are looked
 * up together: sorted, they are merged with the leaf pages of the index on the
 * nodes' key, as a frontier is merged with the index of the edges.  The result
 * is remembered, whether a node was found or not, so that each is looked up
 * once in a search.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "graph/adjacency/edge_ends.h"
#include "graph/adjacency/index_checks.h"
#include "graph/catalog/dictionary.h"

/* Kept edges take a quarter of work_mem at most, within these bounds. */
#define MIN_EDGES 256
#define MAX_EDGES (1 << 20)
#define EDGE_SIZE (sizeof(KgEdge) + 2 * sizeof(int64) + sizeof(bool))

/* The first capacity of the array of these edges. */
#define FIRST_EDGES 1024

/*
 * When the sets of nodes take more than this part of work_mem, they are
 * emptied.  The nodes of one lookup cannot make them exceed the whole.
 */
#define MEMORY_DIVISOR 8

struct KgEdgeEnds
{
	KgEdgeSink	sink;			/* the sink that the reader gets */
	KgEdgeSink *inner;			/* the sink of the search */
	const KgAdjacency *adj;
	KgNodeLookup *nodes;
	bool		check_source;	/* look up the sources of incoming edges, */
	bool		check_target;	/* and the targets of outgoing ones */

	KgEdge	   *edges;			/* edges that are kept back */
	int			n;
	int			room;			/* capacity of "edges" */
	int			max_edges;		/* limit of the capacity */
	int			limit;			/* edges to keep back in this call, at most */

	KgMemory	memory;			/* of the sets */
	KgNodeSet	known;			/* nodes that exist, */
	KgNodeSet	missing;		/* and nodes that do not */
	uint64		nknown;
	uint64		nmissing;
};

static inline bool
needs_check(const KgEdgeEnds *ends, const KgEdge *edge)
{
	return edge->outgoing ? ends->check_target : ends->check_source;
}

static inline bool
is_known(const KgEdgeEnds *ends, const KgEdge *edge)
{
	const KgNodeSet *known = ends->inner->known;

	return !needs_check(ends, edge) ||
		(known != NULL && kg_node_set_has(known, edge->to)) ||
		(ends->nknown > 0 && kg_node_set_has(&ends->known, edge->to));
}

static inline bool
is_missing(const KgEdgeEnds *ends, const KgEdge *edge)
{
	return ends->nmissing > 0 && needs_check(ends, edge) &&
		kg_node_set_has(&ends->missing, edge->to);
}

static void
init_sets(KgEdgeEnds *ends)
{
	kg_memory_init(&ends->memory, 0, "reach fewer entities");
	kg_node_set_init(&ends->known, &ends->memory);
	kg_node_set_init(&ends->missing, &ends->memory);
	ends->nknown = 0;
	ends->nmissing = 0;
}

/* Empties the sets if there is no memory to add to them. */
static void
make_room(KgEdgeEnds *ends)
{
	if (ends->memory.used <= ends->memory.limit / MEMORY_DIVISOR)
		return;
	kg_memory_reset(&ends->memory);
	init_sets(ends);
}

static void
note_missing(KgEdgeEnds *ends, int64 node)
{
	kg_node_set_add(&ends->missing, node);
	ends->nmissing++;
	if (ends->inner->claims != NULL)
		kg_node_set_remove(ends->inner->claims, node);
}

/*
 * Looks up the other ends of n edges, which are not known, and adds them to
 * the sets; returns whether any do not exist.
 */
static bool
look_up(KgEdgeEnds *ends, int n)
{
	int64	   *memory = palloc_extended(2 * n * sizeof(int64), MCXT_ALLOC_HUGE);
	bool	   *found = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	uint64		nmissing = ends->nmissing;
	int64	   *far;
	Size		nfar;

	for (Size i = 0; i < (Size) n; i++)
		memory[i] = ends->edges[i].to;
	far = kg_sort_int64(memory, memory + n, n, 0);
	nfar = kg_drop_duplicates(far, n);
	kg_node_lookup_find(ends->nodes, far, nfar, found);
	for (Size i = 0; i < nfar; i++)
	{
		if (likely(found[i]))
			ends->nknown += kg_node_set_add(&ends->known, far[i]);
		else
			note_missing(ends, far[i]);
	}
	pfree(found);
	pfree(memory);
	return ends->nmissing > nmissing;
}

/* Gives the sink those of the kept edges whose other end exists. */
static bool
flush(KgEdgeEnds *ends)
{
	KgEdgeSink *inner = ends->inner;
	KgEdge	   *edges = ends->edges;
	int			n = ends->n;
	int			kept = 0;
	bool		go_on;

	ends->n = 0;
	if (n > 0 && inner->claims == NULL)
		n = inner->wanted(inner, edges, n);
	if (n == 0)
		return true;
	make_room(ends);
	if (look_up(ends, n))
	{
		for (int i = 0; i < n; i++)
		{
			if (!kg_node_set_has(&ends->missing, edges[i].to))
				edges[kept++] = edges[i];
		}
		n = kept;
	}
	inner->claimed = inner->claims != NULL;
	go_on = n == 0 || inner->take(inner, edges, n);
	inner->claimed = false;
	return go_on;
}

static int
ends_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	KgEdgeSink *inner = ((KgEdgeEnds *) sink)->inner;

	return inner->wanted(inner, edges, n);
}

/* Enlarges the array of edges. */
static pg_noinline void
enlarge(KgEdgeEnds *ends)
{
	ends->room = Min(Max(2 * ends->room, FIRST_EDGES), ends->max_edges);
	if (ends->edges == NULL)
		ends->edges = palloc(ends->room * sizeof(KgEdge));
	else
		ends->edges = repalloc(ends->edges, ends->room * sizeof(KgEdge));
}

/* Keeps an edge back; returns false if the sink needs no more edges. */
static inline bool
keep_back(KgEdgeEnds *ends, const KgEdge *edge)
{
	KgNodeSet  *claims = ends->inner->claims;

	if (claims != NULL && !kg_node_set_add(claims, edge->to))
		return true;
	if (ends->n == ends->room)
		enlarge(ends);
	ends->edges[ends->n++] = *edge;
	return ends->n < ends->limit || flush(ends);
}

/* Which edges, at most KG_KEYS_AHEAD, lead to nodes known to exist? */
static void
find_known(KgEdgeEnds *ends, const KgEdge *edges, int n, bool *known)
{
	int64		nodes[KG_KEYS_AHEAD];
	int			nth[KG_KEYS_AHEAD];
	bool		there[KG_KEYS_AHEAD];
	int			asked = 0;

	for (int i = 0; i < n; i++)
	{
		known[i] = is_known(ends, &edges[i]);
		if (known[i] || is_missing(ends, &edges[i]))
			continue;
		/* A batch is mostly of one direction. */
		if (asked > 0 && edges[i].outgoing != edges[nth[0]].outgoing)
			continue;
		nodes[asked] = edges[i].to;
		nth[asked++] = i;
	}
	if (asked == 0)
		return;
	kg_node_lookup_cached(ends->nodes, edges[nth[0]].outgoing, nodes, asked, there);
	for (int i = 0; i < asked; i++)
		known[nth[i]] = there[i];
}

/* Takes at most KG_KEYS_AHEAD edges. */
static bool
take_some(KgEdgeEnds *ends, const KgEdge *edges, int n)
{
	KgEdgeSink *inner = ends->inner;
	bool		known[KG_KEYS_AHEAD];
	int			first = 0;		/* first known edge that the sink has not got */

	find_known(ends, edges, n, known);
	for (int i = 0; i < n; i++)
	{
		if (known[i])
			continue;
		if (first < i && !inner->take(inner, edges + first, i - first))
			return false;
		first = i + 1;
		if (!is_missing(ends, &edges[i]) && !keep_back(ends, &edges[i]))
			return false;
	}
	return first == n || inner->take(inner, edges + first, n - first);
}

static bool
ends_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	for (int i = 0; i < n; i += KG_KEYS_AHEAD)
	{
		if (!take_some((KgEdgeEnds *) sink, edges + i, Min(n - i, KG_KEYS_AHEAD)))
			return false;
	}
	return true;
}

KgEdgeEnds *
kg_edge_ends_open(KgAdjacency *adj, KgNodeLookup *nodes)
{
	bool		check_source = (adj->query->direction & KG_IN) != 0 &&
	!kg_references_entities(adj, false);
	bool		check_target = (adj->query->direction & KG_OUT) != 0 &&
	!kg_references_entities(adj, true);
	Size		share = (Size) work_mem * 1024 / 4 / EDGE_SIZE;
	KgEdgeEnds *ends;

	if (!check_source && !check_target)
		return NULL;
	ends = palloc0(sizeof(KgEdgeEnds));
	ends->sink.wanted = ends_wanted;
	ends->sink.take = ends_take;
	ends->adj = adj;
	adj->looks_up_ends = true;
	ends->nodes = nodes;
	ends->check_source = check_source;
	ends->check_target = check_target;
	ends->max_edges = Max(MIN_EDGES, Min(share, MAX_EDGES));
	init_sets(ends);
	return ends;
}

KgEdgeSink *
kg_edge_ends_begin(KgEdgeEnds *ends, KgEdgeSink *sink)
{
	if (ends == NULL)
		return sink;
	ends->inner = sink;
	ends->n = 0;
	if (sink->only_known || ends->adj->trusts_ends)
		return sink;
	ends->sink.visited = sink->visited;
	ends->sink.only_visited = sink->only_visited;
	ends->limit = ends->max_edges;
	if (sink->enough > 0)
		ends->limit = (int) Min(sink->enough, (Size) ends->max_edges);
	return &ends->sink;
}

bool
kg_edge_ends_end(KgEdgeEnds *ends, bool go_on)
{
	return ends == NULL || !go_on ? go_on : flush(ends);
}

void
kg_edge_ends_close(KgEdgeEnds *ends)
{
	if (ends == NULL)
		return;
	if (ends->edges != NULL)
		pfree(ends->edges);
	kg_memory_reset(&ends->memory);
	pfree(ends);
}
