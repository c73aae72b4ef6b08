/*
 * parts_reader.c
 *	  Opens a graph; reads those with several edge tables one after another.
 *
 * Each edge table is an adjacency of its own, with the reader that suits it.
 * Tables that the query's types exclude are not opened, so no privilege on
 * them is needed.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "graph/adjacency/adjacency.h"
#include "graph/catalog/keys.h"

typedef struct PartsState
{
	int			nparts;
	KgAdjacency **parts;
} PartsState;

static void
open_parts(KgAdjacency *adj)
{
	const KgGraph *graph = adj->graph;
	PartsState *state = palloc0(sizeof(PartsState));

	state->parts = palloc(Max(graph->nedge_tables, 1) * sizeof(KgAdjacency *));
	for (int i = 0; i < graph->nedge_tables; i++)
	{
		const KgEdgeTable *edges = &graph->edge_tables[i];

		if (kg_wants_edge_table(graph, edges, adj->query))
			state->parts[state->nparts++] = kg_adjacency_open_table(graph, edges, adj->query);
	}
	adj->state = state;
}

/* A part that can look up nodes of this table without SQL, or NULL. */
static KgAdjacency *
part_with_nodes(const PartsState *state, int table)
{
	for (int i = 0; i < state->nparts; i++)
	{
		KgAdjacency *part = state->parts[i];

		if (part->reader != &kg_sql_reader &&
			(part->edges->source_table == table || part->edges->target_table == table))
			return part;
	}
	return NULL;
}

static Size
parts_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	const KgGraph *graph = adj->graph;
	int64	   *found = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	Size		nfound = 0;

	for (int table = 0; table < graph->nnode_tables; table++)
	{
		KgAdjacency *part = part_with_nodes(adj->state, table);
		int64	   *own = found + nfound;
		Size		nown = 0;

		for (Size i = 0; i < n; i++)
		{
			if (kg_keys_table(graph, nodes[i]) == table)
				own[nown++] = nodes[i];
		}
		if (nown > 0)
			nfound += part != NULL ? kg_adjacency_existing(part, own, nown) :
				kg_sql_existing(graph, own, nown);
	}
	memcpy(nodes, found, nfound * sizeof(int64));
	pfree(found);
	if (graph->nnode_tables > 1)
		nfound = kg_distinct_nodes(nodes, nfound);
	return nfound;
}

static bool
parts_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	PartsState *state = adj->state;

	for (int i = 0; i < state->nparts; i++)
	{
		sink->table = state->parts[i]->edges - adj->graph->edge_tables;
		if (!kg_adjacency_expand(state->parts[i], nodes, n, sink))
			return false;
	}
	return true;
}

static void
parts_close(KgAdjacency *adj)
{
	PartsState *state = adj->state;

	for (int i = 0; i < state->nparts; i++)
		kg_adjacency_close(state->parts[i]);
	pfree(state->parts);
	pfree(state);
}

static const KgReader parts_reader = {
	.name = "parts",
	.existing = parts_existing,
	.expand = parts_expand,
	.close = parts_close
};

KgAdjacency *
kg_adjacency_open(const KgGraph *graph, const KgEdgeQuery *query)
{
	KgAdjacency *adj;

	if (graph->nedge_tables == 1 && graph->nnode_tables == 1 &&
		kg_wants_edge_table(graph, &graph->edge_tables[0], query))
		return kg_adjacency_open_table(graph, &graph->edge_tables[0], query);
	adj = palloc0(sizeof(KgAdjacency));
	adj->graph = graph;
	adj->own_query = *query;
	adj->query = &adj->own_query;
	adj->reader = &parts_reader;
	open_parts(adj);
	return adj;
}

KgAdjacency **
kg_adjacency_parts(KgAdjacency *adj, int *n)
{
	PartsState *state = adj->state;
	KgAdjacency **self;

	if (adj->reader == &parts_reader)
	{
		*n = state->nparts;
		return state->parts;
	}
	*n = 1;
	self = palloc(sizeof(KgAdjacency *));
	*self = adj;
	return self;
}

bool
kg_adjacency_trust_ends(KgAdjacency *adj, bool trust)
{
	KgAdjacency **parts;
	bool		looks_up_ends = false;
	int			nparts;

	parts = kg_adjacency_parts(adj, &nparts);
	for (int i = 0; i < nparts; i++)
	{
		parts[i]->trusts_ends = trust;
		looks_up_ends |= parts[i]->looks_up_ends;
	}
	return looks_up_ends;
}

bool
kg_adjacency_drops_ends(KgAdjacency *adj)
{
	int			nparts;
	KgAdjacency **parts = kg_adjacency_parts(adj, &nparts);

	for (int i = 0; i < nparts; i++)
	{
		if (parts[i]->drops_ends)
			return true;
	}
	return false;
}

const char *
kg_adjacency_readers(KgAdjacency *adj)
{
	List	   *names = NIL;
	StringInfoData text;
	KgAdjacency **parts;
	int			nparts;

	if (adj->reader != &parts_reader)
		return adj->reader->name;
	parts = kg_adjacency_parts(adj, &nparts);
	initStringInfo(&text);
	for (int i = 0; i < nparts; i++)
	{
		const char *name = parts[i]->reader->name;

		if (list_member_ptr(names, name))
			continue;
		appendStringInfo(&text, "%s%s", names == NIL ? "" : ", ", name);
		names = lappend(names, unconstify(char *, name));
	}
	return text.data;
}
