/*
 * walk.c
 *	  Depth-first walk: all paths from a node, one after the other.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "graph/search/depth_first.h"

/* Descending, because the next step is the last one. */
static int
compare_steps(const KgStep *a, const KgStep *b)
{
	if (a->node != b->node)
		return a->node < b->node ? 1 : -1;
	if (a->relation_is_null != b->relation_is_null)
		return a->relation_is_null ? -1 : 1;
	if (a->relation != b->relation)
		return a->relation < b->relation ? 1 : -1;
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
walk_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	KgWalk	   *walk = (KgWalk *) sink;
	int			kept = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		if (walk->wanted(walk, &edges[i]))
			edges[kept++] = edges[i];
	}
	return kept;
}

static bool
walk_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	KgWalk	   *walk = (KgWalk *) sink;
	int			i;

	/* For the message, should memory run out: on the path, or next to it */
	walk->memory->reached = walk->before + walk->length + 1 + walk->npending + n;
	for (i = 0; i < n; i++)
	{
		if (walk->npending == walk->pending_capacity)
			walk->pending = kg_memory_enlarge(walk->memory, walk->pending,
											  &walk->pending_capacity, sizeof(KgStep));
		walk->pending[walk->npending++] = kg_edge_step(sink, &edges[i], walk->weighted);
	}
	return true;
}

void
kg_walk_begin(KgWalk *walk, KgPathSearch *search, int64 node, bool forward)
{
	memset(walk, 0, sizeof(*walk));
	walk->sink.wanted = walk_wanted;
	walk->sink.take = walk_take;
	walk->adj = forward ? search->forward : search->backward;
	walk->memory = &search->memory;
	walk->weighted = search->weighted;
	walk->before = walk->memory->reached;
	kg_node_list_init(&walk->frames, walk->memory);
	walk->steps = kg_memory_enlarge(walk->memory, NULL, &walk->capacity, sizeof(KgStep));
	walk->steps[0].node = node;
	walk->steps[0].relation_is_null = true;
}

bool
kg_walk_next(KgWalk *walk)
{
	CHECK_FOR_INTERRUPTS();
	if (!walk->started)
	{
		walk->started = true;
		return true;
	}
	while (walk->frames.n > 0)
	{
		if (walk->npending > (Size) walk->frames.nodes[walk->frames.n - 1])
		{
			walk->length = walk->frames.n;
			if ((Size) walk->length == walk->capacity)
				walk->steps = kg_memory_enlarge(walk->memory, walk->steps,
												&walk->capacity, sizeof(KgStep));
			walk->steps[walk->length] = walk->pending[--walk->npending];
			return true;
		}
		walk->frames.n--;
	}
	return false;
}

void
kg_walk_deeper(KgWalk *walk)
{
	Size		start = walk->npending;

	kg_node_list_append(&walk->frames, start);
	kg_adjacency_expand(walk->adj, &walk->steps[walk->length].node, 1, &walk->sink);
	if (walk->npending > start + 1)
		sort_steps(walk->pending + start, walk->npending - start);
}

void
kg_walk_end(KgWalk *walk)
{
	kg_memory_free(walk->memory, walk->frames.nodes);
	kg_memory_free(walk->memory, walk->steps);
	if (walk->pending != NULL)
		kg_memory_free(walk->memory, walk->pending);
}

bool
kg_walk_has(const KgWalk *walk, int64 node)
{
	int			i;

	for (i = walk->length; i >= 0; i--)
	{
		if (walk->steps[i].node == node)
			return true;
	}
	return false;
}
