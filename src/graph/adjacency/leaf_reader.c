/*
 * leaf_reader.c
 *	  Reads adjacency from the leaf pages of covering b-trees.
 *
 * The pages' entries (leaf_scan.c) are edges.  Their visibility is looked up
 * in the map or deferred (visibility.c).  As for the index reader,
 * index_checks.c decides whether indexes may be read without a query, and
 * which.
 */
#include "postgres.h"

#include "catalog/pg_am_d.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/edge_ends.h"
#include "graph/adjacency/index_checks.h"
#include "graph/adjacency/leaf_scan.h"
#include "graph/adjacency/node_lookup.h"
#include "graph/adjacency/visibility.h"

typedef struct LeafReaderState
{
	KgLeafScan *out;			/* each is open if the direction needs it */
	KgLeafScan *in;
	KgNodeLookup *nodes;
	KgEdgeEnds *edge_ends;
	KgVisibility rows;
	KgEdge	   *edges;			/* the edges of a page */
} LeafReaderState;

/* Gives the sink the edges of the nodes, from one index. */
static bool
expand_index(LeafReaderState *state, KgLeafScan *scan, const int64 *nodes, Size n,
			 KgEdgeSink *sink)
{
	bool		go_on = true;
	KgEdge	   *edges;
	int			nedges;

	kg_leaf_scan_begin(scan, nodes, n, sink->visited);
	while (go_on && (edges = kg_leaf_scan_next(scan, &nedges)) != NULL)
	{
		if (nedges > 0 && !sink->only_visited)
			nedges = sink->wanted(sink, edges, nedges);
		go_on = kg_take_visible(&state->rows, edges, nedges, sink);
	}
	kg_leaf_scan_end(scan);
	return go_on;
}

static bool
leaf_reader_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	LeafReaderState *state = adj->state;
	bool		go_on = true;

	sink = kg_edge_ends_begin(state->edge_ends, sink);
	if (state->out != NULL)
		go_on = expand_index(state, state->out, nodes, n, sink);
	if (go_on && state->in != NULL)
		go_on = expand_index(state, state->in, nodes, n, sink);
	if (go_on)
		go_on = kg_take_deferred(&state->rows, sink);
	kg_visibility_end(&state->rows);
	return kg_edge_ends_end(state->edge_ends, go_on);
}

static Size
leaf_reader_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	return kg_node_lookup_existing(((LeafReaderState *) adj->state)->nodes, nodes, n);
}

static void
leaf_reader_close(KgAdjacency *adj)
{
	LeafReaderState *state = adj->state;

	kg_leaf_scan_close(state->out);
	kg_leaf_scan_close(state->in);
	kg_edge_ends_close(state->edge_ends);
	kg_node_lookup_close(state->nodes);
	kg_visibility_close(&state->rows);
	pfree(state->edges);
	pfree(state);
	adj->state = NULL;
}

/*
 * If an index does not tell when edges were recorded, their rows are asked.
 * Returns why they cannot be, or NULL.
 */
static const char *
ask_rows(KgAdjacency *adj)
{
	LeafReaderState *state = adj->state;
	AttrNumber	recorded_at = adj->columns.recorded_at;
	const KgLeafScan *lacking = NULL;

	if (recorded_at == 0)
		return NULL;
	if (state->in != NULL && !kg_leaf_scan_tells_recorded(state->in))
		lacking = state->in;
	if (state->out != NULL && !kg_leaf_scan_tells_recorded(state->out))
		lacking = state->out;
	if (lacking == NULL)
		return NULL;
	kg_visibility_known_at(&state->rows, recorded_at, adj->query->known_at);
	adj->problems = lappend(adj->problems,
							psprintf("leaf: Index \"%s\" lacks \"%s\", which is read from the rows of edges.",
									 RelationGetRelationName(kg_leaf_scan_index(lacking)),
									 NameStr(TupleDescAttr(RelationGetDescr(adj->edge_rel),
														   recorded_at - 1)->attname)));
	return kg_virtual_problem(adj);
}

static const char *
leaf_reader_open(KgAdjacency *adj)
{
	LeafReaderState *state;
	const char *problem = kg_index_problem(adj);

	if (problem == NULL && adj->edge_rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		problem = psprintf("\"%s\" is not stored as a heap.",
						   RelationGetRelationName(adj->edge_rel));
	if (problem != NULL)
		return problem;
	adj->state = state = palloc0(sizeof(LeafReaderState));
	state->edges = palloc(KG_LEAF_EDGES * sizeof(KgEdge));
	kg_visibility_init(&state->rows, adj->edge_rel, GetActiveSnapshot());
	if (adj->query->direction & KG_OUT)
		problem = kg_leaf_scan_open_edges(adj, true, true, state->edges, &state->out);
	if (problem == NULL && (adj->query->direction & KG_IN))
		problem = kg_leaf_scan_open_edges(adj, false, true, state->edges, &state->in);
	if (problem == NULL)
		problem = ask_rows(adj);
	if (problem == NULL)
		problem = kg_node_lookup_open(adj, true, &state->nodes);
	if (problem != NULL)
	{
		leaf_reader_close(adj);
		return problem;
	}
	state->edge_ends = kg_edge_ends_open(adj, state->nodes);

	/* With edge_ends, lookups fall between edges of a page. */
	if (state->edge_ends == NULL)
		kg_node_lookup_share(state->nodes, state->edges);
	return problem;
}

static Relation
leaf_reader_index(const KgAdjacency *adj, bool outgoing)
{
	const LeafReaderState *state = adj->state;

	return kg_leaf_scan_index(outgoing ? state->out : state->in);
}

const KgReader kg_leaf_reader = {
	.name = "leaf",
	.open = leaf_reader_open,
	.existing = leaf_reader_existing,
	.expand = leaf_reader_expand,
	.close = leaf_reader_close,
	.index = leaf_reader_index
};
