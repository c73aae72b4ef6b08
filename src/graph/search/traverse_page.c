/*
 * traverse_page.c
 *	  kg.traverse_page: a traversal in a stable order, page by page.
 *
 * Rows are ordered by depth and, within a level, by key.  The search completes
 * a level before it returns the first of its rows, and stops after the level
 * in which the page ends.  If several edges lead to a node at its least depth,
 * the row has the edge from the node that comes first in this order and, if
 * this node has several, the one with the least id.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "graph/catalog/keys.h"
#include "graph/search/arguments.h"
#include "graph/search/labels.h"
#include "graph/search/traverse.h"

typedef struct Paging
{
	KgEdgeSink	sink;
	KgAdjacency *adj;
	const KgGraph *graph;
	ReturnSetInfo *result;
	KgMemory	memory;
	KgLabels	labels;			/* level by level */
	KgLabelData visited_by;		/* KgPredecessor */
	uint32		level;			/* the first label of the level in progress */
	int			depth;			/* of this level */
	int			max_rows;		/* -1: no limit */
	int			nrows;
	bool		has_after;
	int			after_depth;	/* rows after this depth are wanted, */
	int64		after;			/* and at this depth those after this node */
} Paging;

/* By node table, then by key: numbers as such, other keys by their bytes. */
static int
compare_nodes(const KgGraph *graph, int64 a, int64 b)
{
	int			table;
	Datum		x;
	Datum		y;
	Size		n;
	Size		m;
	int			order;

	if (a == b)
		return 0;
	if (graph->keys == NULL)
		return a < b ? -1 : 1;
	table = kg_keys_table(graph, a);
	if (table != kg_keys_table(graph, b))
		return table - kg_keys_table(graph, b);
	x = kg_keys_datum(graph, a);
	y = kg_keys_datum(graph, b);
	switch (graph->node_tables[table].kind)
	{
		case KG_KEY_INTEGER:
			return DatumGetInt64(x) < DatumGetInt64(y) ? -1 : 1;
		case KG_KEY_UUID:
			return memcmp(DatumGetUUIDP(x)->data, DatumGetUUIDP(y)->data,
						  UUID_LEN);
		case KG_KEY_TEXT:
			n = VARSIZE_ANY_EXHDR(DatumGetPointer(x));
			m = VARSIZE_ANY_EXHDR(DatumGetPointer(y));
			order = memcmp(VARDATA_ANY(DatumGetPointer(x)),
						   VARDATA_ANY(DatumGetPointer(y)), Min(n, m));
			return order != 0 ? order : n < m ? -1 : 1;
	}
	pg_unreachable();
}

static inline int
compare_labels(const Paging *page, uint32 a, uint32 b)
{
	return compare_nodes(page->graph, kg_label(&page->labels, a)->node,
						 kg_label(&page->labels, b)->node);
}

#define ST_SORT sort_level
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE(a, b, arg) compare_labels(arg, *(a), *(b))
#define ST_COMPARE_ARG_TYPE const Paging
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Is the edge better than the one known to its other end?  See the top. */
static bool
is_better(Paging *page, const KgEdge *edge)
{
	uint32		to = kg_labels_find(&page->labels, edge->to);
	const KgPredecessor *by;
	int			order;

	if (to == KG_NO_LABEL)
		return true;
	if (to < page->level)
		return false;
	order = compare_nodes(page->graph, edge->from,
						  kg_label(&page->labels,
								   kg_label(&page->labels, to)->parent)->node);
	if (order != 0)
		return order < 0;
	by = kg_label_data(&page->visited_by, to);
	if (page->sink.table != by->table)
		return page->sink.table < by->table;
	if (edge->id_is_null != by->edge_is_null)
		return by->edge_is_null;
	return edge->id < by->edge;
}

static int
page_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (is_better((Paging *) sink, &edges[i]))
			edges[kept++] = edges[i];
	}
	return kept;
}

static bool
page_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Paging	   *page = (Paging *) sink;

	for (int i = 0; i < n; i++)
	{
		KgPredecessor *by;
		uint32		to;

		if (!is_better(page, &edges[i]))
			continue;
		to = kg_labels_find(&page->labels, edges[i].to);
		if (to == KG_NO_LABEL)
			to = kg_labels_add(&page->labels, edges[i].to);
		kg_label(&page->labels, to)->parent = kg_labels_find(&page->labels,
															 edges[i].from);
		by = kg_label_data(&page->visited_by, to);
		by->edge = edges[i].id;
		by->edge_is_null = edges[i].id_is_null;
		by->table = sink->table;
	}
	return true;
}

static void
put_row(Paging *page, uint32 id)
{
	const KgLabel *label = kg_label(&page->labels, id);
	KgTraverseRow row = {.node = label->node,.depth = page->depth};

	if (label->parent != KG_NO_LABEL)
	{
		const KgPredecessor *by = kg_label_data(&page->visited_by, id);

		row.has_parent = true;
		row.parent = kg_label(&page->labels, label->parent)->node;
		row.has_edge = !by->edge_is_null;
		row.edge = by->edge;
	}
	kg_put_traverse_row(page->result, page->graph, &row);
}

/* Returns the level's rows that belong to the page; false if it is full. */
static bool
put_level(Paging *page)
{
	Size		n = page->labels.n - page->level;
	uint32	   *ids;

	if (page->has_after && page->depth < page->after_depth)
		return true;
	ids = kg_memory_alloc(&page->memory, Max(n, 1) * sizeof(uint32));
	for (Size i = 0; i < n; i++)
		ids[i] = page->level + i;
	sort_level(ids, n, page);
	for (Size i = 0; i < n && page->nrows != page->max_rows; i++)
	{
		int64		node = kg_label(&page->labels, ids[i])->node;

		if (page->has_after && page->depth == page->after_depth &&
			compare_nodes(page->graph, node, page->after) <= 0)
			continue;
		put_row(page, ids[i]);
		page->nrows++;
	}
	kg_memory_free(&page->memory, ids);
	return page->nrows != page->max_rows;
}

/* Searches and returns rows, level by level, until the page is full. */
static void
put_page(Paging *page, const int64 *start, Size n, int max_depth)
{
	KgNodeList	frontier;

	kg_memory_init(&page->memory, kg_adjacency_entities(page->adj),
				   "lower max_depth or max_rows");
	kg_labels_init(&page->labels, &page->memory);
	kg_label_data_init(&page->visited_by, &page->memory, sizeof(KgPredecessor));
	kg_node_list_init(&frontier, &page->memory);
	for (uint32 i = 0; i < n; i++)
		kg_labels_add(&page->labels, start[i]);
	while (page->level < page->labels.n && put_level(page) &&
		   page->depth != max_depth)
	{
		CHECK_FOR_INTERRUPTS();
		frontier.n = 0;
		for (uint32 i = page->level; i < page->labels.n; i++)
			kg_node_list_append(&frontier, kg_label(&page->labels, i)->node);
		kg_node_list_sort(&frontier, false);
		page->level = page->labels.n;
		page->depth++;
		kg_adjacency_expand(page->adj, frontier.nodes, frontier.n, &page->sink);
	}
	kg_memory_reset(&page->memory);
}

/* "after_depth integer, after text": the last row of the previous page. */
static void
after_arguments(FunctionCallInfo fcinfo, int argno, Paging *page)
{
	page->has_after = !PG_ARGISNULL(argno);
	if (page->has_after != !PG_ARGISNULL(argno + 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("after_depth and after must both be null or neither"),
				 errhint("They are the depth and the entity, or the key, of the last row of the previous page.")));
	if (!page->has_after)
		return;
	page->after_depth = PG_GETARG_INT32(argno);
	page->after = kg_node_lookup(page->graph,
								 text_to_cstring(PG_GETARG_TEXT_PP(argno + 1)));
}

PG_FUNCTION_INFO_V1(kg_traverse_page);

/*
 * traverse_page(start anycompatible, max_depth integer, direction text,
 *				 types text[], as_of timestamptz, max_rows integer, graph text,
 *				 properties jsonb, filter text, after_depth integer, after text,
 *				 known_at timestamptz)
 *	returns (entity bigint, depth integer, parent bigint, relation bigint,
 *			 key text, parent_key text)
 */
Datum
kg_traverse_page(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);
	Paging		page = {{page_wanted, page_take},.graph = graph};
	int			max_depth = kg_limit_argument(fcinfo, 1, "max_depth");
	KgEdgeQuery query;
	int64	   *start;
	Size		n;

	InitMaterializedSRF(fcinfo, 0);
	page.result = (ReturnSetInfo *) fcinfo->resultinfo;
	page.max_rows = kg_limit_argument(fcinfo, 5, "max_rows");
	kg_query_arguments(fcinfo, 2, graph, &query);
	kg_edge_filter_arguments(fcinfo, 7, &query);
	after_arguments(fcinfo, 9, &page);
	page.adj = kg_adjacency_open(graph, &query);
	start = kg_start_argument(fcinfo, page.adj, &n);
	put_page(&page, start, n, max_depth);
	kg_adjacency_close(page.adj);
	return (Datum) 0;
}
