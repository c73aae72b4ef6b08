/*
 * depth_first.c
 *	  Depth-first search: all paths from a node, one after the other.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "graph/search/depth_first.h"

/* Descending: the next step is taken from the end of "pending". */
static int
compare_steps(const KgStep *a, const KgStep *b)
{
	if (a->node != b->node)
		return a->node < b->node ? 1 : -1;
	if (a->edge_is_null != b->edge_is_null)
		return a->edge_is_null ? -1 : 1;
	if (a->edge != b->edge)
		return a->edge < b->edge ? 1 : -1;
	if (a->table != b->table)
		return a->table < b->table ? 1 : -1;
	return (a->weight < b->weight) - (a->weight > b->weight);
}

#define ST_SORT sort_steps
#define ST_ELEMENT_TYPE KgStep
#define ST_COMPARE(a, b) compare_steps(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

static int
dfs_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	KgDepthFirst *dfs = (KgDepthFirst *) sink;
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (dfs->wanted(dfs, &edges[i]))
			edges[kept++] = edges[i];
	}
	return kept;
}

static bool
dfs_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	KgDepthFirst *dfs = (KgDepthFirst *) sink;

	/* For the error if memory runs out: nodes on the path or next to it */
	dfs->memory->visited = dfs->before + dfs->length + 1 + dfs->npending + n;
	for (int i = 0; i < n; i++)
	{
		if (dfs->npending == dfs->pending_capacity)
			dfs->pending = kg_memory_enlarge(dfs->memory, dfs->pending,
											 &dfs->pending_capacity,
											 sizeof(KgStep));
		dfs->pending[dfs->npending++] = kg_edge_step(sink, &edges[i],
													 dfs->weighted);
	}
	return true;
}

void
kg_depth_first_begin(KgDepthFirst *dfs, KgPathSearch *search, int64 node,
					 bool forward)
{
	memset(dfs, 0, sizeof(*dfs));
	dfs->sink.wanted = dfs_wanted;
	dfs->sink.take = dfs_take;
	dfs->adj = forward ? search->forward : search->backward;
	dfs->memory = &search->memory;
	dfs->weighted = search->weighted;
	dfs->before = dfs->memory->visited;
	kg_node_list_init(&dfs->frames, dfs->memory);
	dfs->steps = kg_memory_enlarge(dfs->memory, NULL, &dfs->capacity,
								   sizeof(KgStep));
	dfs->steps[0].node = node;
	dfs->steps[0].edge_is_null = true;
}

bool
kg_depth_first_next(KgDepthFirst *dfs)
{
	CHECK_FOR_INTERRUPTS();
	if (!dfs->started)
	{
		dfs->started = true;
		return true;
	}
	while (dfs->frames.n > 0)
	{
		if (dfs->npending > (Size) dfs->frames.nodes[dfs->frames.n - 1])
		{
			dfs->length = dfs->frames.n;
			if ((Size) dfs->length == dfs->capacity)
				dfs->steps = kg_memory_enlarge(dfs->memory, dfs->steps,
											   &dfs->capacity, sizeof(KgStep));
			dfs->steps[dfs->length] = dfs->pending[--dfs->npending];
			return true;
		}
		dfs->frames.n--;
	}
	return false;
}

void
kg_depth_first_deeper(KgDepthFirst *dfs)
{
	Size		start = dfs->npending;

	kg_node_list_append(&dfs->frames, start);
	kg_adjacency_expand(dfs->adj, &dfs->steps[dfs->length].node, 1, &dfs->sink);
	if (dfs->npending > start + 1)
		sort_steps(dfs->pending + start, dfs->npending - start);
}

void
kg_depth_first_end(KgDepthFirst *dfs)
{
	kg_memory_free(dfs->memory, dfs->frames.nodes);
	kg_memory_free(dfs->memory, dfs->steps);
	if (dfs->pending != NULL)
		kg_memory_free(dfs->memory, dfs->pending);
}

bool
kg_depth_first_has(const KgDepthFirst *dfs, int64 node)
{
	for (int i = dfs->length; i >= 0; i--)
	{
		if (dfs->steps[i].node == node)
			return true;
	}
	return false;
}
