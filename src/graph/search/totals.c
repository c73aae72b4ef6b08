/*
 * totals.c
 *	  kg.path_totals: sums and products of weights along all paths.
 *
 * Without max_depth, a first search finds all nodes that can be reached from
 * the start, and counts the edges to each.  Then each node is expanded after
 * all edges to it were followed (Kahn's order).  So when an edge adds to the
 * totals of its other end, the totals of the node that it comes from are
 * complete.  Nodes that are never expanded are on a cycle or behind one.
 *
 * With max_depth, paths of at most max_depth edges count, with repetition, so
 * also around cycles: round i makes the totals of paths of i edges from those
 * of i - 1 edges.
 *
 * A. B. Kahn, Topological sorting of large networks, Communications of the ACM
 * 5, 1962.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "graph/catalog/keys.h"
#include "graph/search/arguments.h"
#include "graph/search/frontier.h"
#include "graph/search/labels.h"
#include "graph/search/path.h"
#include "graph/search/wanted.h"

/* The most entities of a cycle that an error names. */
#define MAX_NAMED 10

/* The totals of the paths to a node. */
typedef struct Total
{
	float8		paths;			/* their number; 0: nothing else is set */
	float8		total;			/* sum of their products, or of their sums */
	float8		least;
	float8		greatest;
} Total;

/*
 * A label's "position" is the number of edges to the node that were not
 * followed yet.
 */
typedef struct Totals
{
	KgEdgeSink	sink;
	KgAdjacency *adj;
	KgMemory	memory;
	bool		product;		/* of weights along a path; else the sum */
	bool		counting;		/* the first search: edges are only counted */
	KgLabels	labels;
	KgLabelData totals;			/* Total: the results */
	KgLabelData now;			/* Total, if by_rounds: of paths as long as
								 * the last round, */
	KgLabelData later;			/* and of paths one edge longer */
	KgFrontier	frontier;
	bool		by_rounds;		/* there is a max_depth */
} Totals;

static void
add_total(Total *to, const Total *by)
{
	if (to->paths == 0)
	{
		*to = *by;
		return;
	}
	to->paths += by->paths;
	to->total += by->total;
	to->least = Min(to->least, by->least);
	to->greatest = Max(to->greatest, by->greatest);
}

/* The totals of these paths after each gets one more edge of this weight. */
static Total
extended(const Totals *totals, const Total *from, float8 weight)
{
	Total		total = {.paths = from->paths};

	if (totals->product)
	{
		float8		a = from->least * weight;
		float8		b = from->greatest * weight;

		total.total = from->total * weight;
		total.least = Min(a, b);
		total.greatest = Max(a, b);
	}
	else
	{
		total.total = from->total + from->paths * weight;
		total.least = from->least + weight;
		total.greatest = from->greatest + weight;
	}
	return total;
}

/* Counts an edge to a node; the first one puts the node into the frontier. */
static void
count_edge(Totals *totals, int64 node)
{
	uint32		id = kg_labels_find(&totals->labels, node);

	if (id == KG_NO_LABEL)
	{
		id = kg_labels_add(&totals->labels, node);
		kg_label(&totals->labels, id)->position = 0;
		kg_node_list_append(&totals->frontier.next, node);
	}
	kg_label(&totals->labels, id)->position++;
}

static void
add_edge(Totals *totals, const KgEdge *edge)
{
	uint32		from = kg_labels_find(&totals->labels, edge->from);
	uint32		to = kg_labels_find(&totals->labels, edge->to);
	KgLabelData *before = totals->by_rounds ? &totals->now : &totals->totals;
	KgLabelData *after = totals->by_rounds ? &totals->later : &totals->totals;
	Total		total;

	if (to == KG_NO_LABEL)
		to = kg_labels_add(&totals->labels, edge->to);
	total = extended(totals, kg_label_data(before, from),
					 kg_unchecked_weight(edge));
	if (totals->by_rounds && ((Total *) kg_label_data(after, to))->paths == 0)
		kg_node_list_append(&totals->frontier.next, edge->to);
	add_total(kg_label_data(after, to), &total);
	if (!totals->by_rounds && --kg_label(&totals->labels, to)->position == 0)
		kg_node_list_append(&totals->frontier.next, edge->to);
}

static bool
totals_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	Totals	   *totals = (Totals *) sink;

	for (int i = 0; i < n; i++)
	{
		if (totals->counting)
			count_edge(totals, edges[i].to);
		else
			add_edge(totals, &edges[i]);
	}
	return true;
}

/* Begins with the paths of no edges. */
static void
begin(Totals *totals, const int64 *start, Size n)
{
	Total		none = {.paths = 1};

	none.total = none.least = none.greatest = totals->product ? 1 : 0;
	totals->sink.wanted = kg_want_all;
	totals->sink.take = totals_take;
	kg_labels_init(&totals->labels, &totals->memory);
	kg_label_data_init(&totals->totals, &totals->memory, sizeof(Total));
	kg_label_data_init(&totals->now, &totals->memory, sizeof(Total));
	kg_label_data_init(&totals->later, &totals->memory, sizeof(Total));
	kg_frontier_init(&totals->frontier, &totals->memory);
	for (Size i = 0; i < n; i++)
	{
		uint32		id = kg_labels_add(&totals->labels, start[i]);

		kg_label(&totals->labels, id)->position = 0;
		*(Total *) kg_label_data(&totals->totals, id) = none;
		if (totals->by_rounds)
			*(Total *) kg_label_data(&totals->now, id) = none;
		kg_node_list_append(&totals->frontier.nodes, start[i]);
	}
}

/* Adds the paths that are one edge longer. */
static void
add_round(Totals *totals)
{
	kg_frontier_expand(&totals->frontier, totals->adj, &totals->sink);
	for (Size i = 0; i < totals->frontier.nodes.n; i++)
	{
		uint32		id = kg_labels_find(&totals->labels,
										totals->frontier.nodes.nodes[i]);
		Total	   *later = kg_label_data(&totals->later, id);

		add_total(kg_label_data(&totals->totals, id), later);
		*(Total *) kg_label_data(&totals->now, id) = *later;
		memset(later, 0, sizeof(*later));
	}
}

/* Looks for an edge that comes from a node on a cycle or behind one. */
typedef struct BackSearch
{
	KgEdgeSink	sink;
	const KgLabels *labels;
	uint32		found;
} BackSearch;

static bool
is_unexpanded(const KgLabels *labels, int64 node)
{
	uint32		id = kg_labels_find(labels, node);

	return id != KG_NO_LABEL && kg_label(labels, id)->position > 0;
}

static int
back_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (is_unexpanded(((BackSearch *) sink)->labels, edges[i].to))
			edges[kept++] = edges[i];
	}
	return kept;
}

static bool
back_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	BackSearch *back = (BackSearch *) sink;

	if (n == 0)
		return true;
	back->found = kg_labels_find(back->labels, edges[0].to);
	return false;
}

/*
 * Finds a node on a cycle.  Each node that was not expanded has an edge from
 * another such node, so whoever follows these edges back meets a node twice.
 * "parent" of a label is the label before it on this way back.
 */
static uint32
find_cycle(Totals *totals, KgAdjacency *reverse)
{
	KgLabels   *labels = &totals->labels;
	uint32		id = 0;

	for (uint32 i = 0; i < labels->n; i++)
		kg_label(labels, i)->parent = KG_NO_LABEL;
	while (kg_label(labels, id)->position == 0)
		id++;
	for (;;)
	{
		BackSearch	back = {{back_wanted, back_take}, labels, KG_NO_LABEL};

		CHECK_FOR_INTERRUPTS();
		kg_adjacency_expand(reverse, &kg_label(labels, id)->node, 1,
							&back.sink);
		if (back.found == KG_NO_LABEL)
			elog(ERROR, "could not find the relation that led to an entity");
		if (kg_label(labels, back.found)->parent != KG_NO_LABEL ||
			back.found == id)
		{
			kg_label(labels, back.found)->parent = id;
			return back.found;
		}
		kg_label(labels, back.found)->parent = id;
		id = back.found;
	}
}

static void
report_cycle(Totals *totals, const KgGraph *graph, const KgEdgeQuery *query)
{
	KgEdgeQuery reverse_query = kg_reverse_query(query);
	KgAdjacency *reverse = kg_adjacency_open(graph, &reverse_query);
	uint32		first = find_cycle(totals, reverse);
	uint32		id = first;
	StringInfoData names;
	int			n = 0;

	initStringInfo(&names);
	do
	{
		appendStringInfo(&names, "%s -> ",
						 kg_node_name(graph, kg_label(&totals->labels, id)->node));
		id = kg_label(&totals->labels, id)->parent;
	} while (id != first && ++n < MAX_NAMED);
	appendStringInfoString(&names, id == first ?
						   kg_node_name(graph,
										kg_label(&totals->labels, id)->node) : "others");
	kg_adjacency_close(reverse);
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("paths of graph \"%s\" go round a cycle through entity %s",
					graph->name,
					kg_node_name(graph,
								 kg_label(&totals->labels, first)->node)),
			 errdetail("The cycle is %s.", names.data),
			 errhint("Set max_depth, so that only walks of at most max_depth relations count, or exclude relations by types or filter.")));
}

/* Totals of all paths; an error if a cycle makes them infinitely many. */
static void
find_all(Totals *totals, const KgGraph *graph, const KgEdgeQuery *query)
{
	uint32		nexpanded = 0;

	totals->counting = true;
	while (totals->frontier.nodes.n > 0)
		kg_frontier_expand(&totals->frontier, totals->adj, &totals->sink);
	totals->counting = false;
	for (uint32 i = 0; i < totals->labels.n; i++)
	{
		const KgLabel *label = kg_label(&totals->labels, i);

		if (label->position == 0)
			kg_node_list_append(&totals->frontier.nodes, label->node);
	}
	kg_node_list_sort(&totals->frontier.nodes, false);
	while (totals->frontier.nodes.n > 0)
	{
		nexpanded += totals->frontier.nodes.n;
		kg_frontier_expand(&totals->frontier, totals->adj, &totals->sink);
	}
	if (nexpanded < totals->labels.n)
		report_cycle(totals, graph, query);
}

static void
put_totals(Totals *totals, const KgGraph *graph, ReturnSetInfo *result)
{
	for (uint32 i = 0; i < totals->labels.n; i++)
	{
		const Total *total = kg_label_data(&totals->totals, i);
		int64		node = kg_label(&totals->labels, i)->node;
		Datum		values[6];
		bool		nulls[6] = {false};

		values[0] = kg_node_integer(graph, node, &nulls[0]);
		values[1] = Float8GetDatum(total->total);
		values[2] = Float8GetDatum(total->paths);
		values[3] = Float8GetDatum(total->least);
		values[4] = Float8GetDatum(total->greatest);
		values[5] = kg_node_key(graph, node, &nulls[5]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		if (!nulls[5])
			pfree(DatumGetPointer(values[5]));
	}
}

PG_FUNCTION_INFO_V1(kg_path_totals);

/*
 * path_totals(start anycompatible, max_depth integer, direction text,
 *			   types text[], as_of timestamptz, along text, graph text,
 *			   properties jsonb, filter text, known_at timestamptz)
 *	returns (entity bigint, total double precision, paths double precision,
 *			 minimum double precision, maximum double precision, key text)
 */
Datum
kg_path_totals(PG_FUNCTION_ARGS)
{
	static const KgWords along = {
		"along", "kind of total", "Use 'product' or 'sum'.", {"product", "sum"}
	};
	KgGraph    *graph = kg_graph_argument(fcinfo, 6);
	Totals		totals = {.product = kg_word_argument(fcinfo, 5, &along) == 0};
	int			max_depth = kg_limit_argument(fcinfo, 1, "max_depth");
	KgEdgeQuery query;
	int64	   *start;
	Size		n;

	InitMaterializedSRF(fcinfo, 0);
	kg_query_arguments(fcinfo, 2, graph, &query);
	kg_edge_filter_arguments(fcinfo, 7, &query);
	query.weighted = true;
	totals.adj = kg_adjacency_open(graph, &query);
	start = kg_start_argument(fcinfo, totals.adj, &n);
	kg_memory_init(&totals.memory, kg_adjacency_entities(totals.adj),
				   "lower max_depth");
	totals.by_rounds = max_depth >= 0;
	begin(&totals, start, n);
	if (totals.by_rounds)
	{
		for (; max_depth > 0 && totals.frontier.nodes.n > 0; max_depth--)
			add_round(&totals);
	}
	else
		find_all(&totals, graph, &query);
	put_totals(&totals, graph, (ReturnSetInfo *) fcinfo->resultinfo);
	kg_memory_reset(&totals.memory);
	kg_adjacency_close(totals.adj);
	return (Datum) 0;
}
