/*
 * index_reader.c
 *	  Reads adjacency from covering b-trees, with index-only scans.
 *
 * This is what the executor does for
 *
 *		SELECT target, id FROM relation WHERE source = $1
 *
 * through an index-only scan, but without executor, planner and SQL, and an
 * edge may be dropped before its visibility is looked up.  Code that reads an
 * index by itself must make the checks that the planner would have made
 * (index_checks.c), and take the locks that the executor would have taken for
 * SERIALIZABLE (row_is_visible).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/itup.h"
#include "access/relscan.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/visibilitymap.h"
#include "catalog/pg_type_d.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/edge_ends.h"
#include "graph/adjacency/index_checks.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/keys.h"
#include "pg/btree.h"
#include "pg/compat.h"

/*
 * With up to this many types, each (node, type) is looked up.  With more, all
 * edges of a node are read and filtered, because a descent costs as much as
 * some twenty neighbouring edges.
 */
#define MAX_TYPE_LOOKUPS 4

/* Edges of a node between checks for interrupts; a power of two. */
#define INTERRUPT_EVERY 1024

/* A b-tree, open for lookups that need no columns of the heap. */
typedef struct Lookup
{
	Relation	heap;
	Relation	index;
	Snapshot	snapshot;
	IndexScanDesc scan;
	ScanKeyData keys[2];		/* the first column; the type, if nkeys is 2 */
	int			nkeys;
	TupleTableSlot *slot;
	Buffer		vmbuffer;
} Lookup;

/* The edges of one direction. */
typedef struct EdgeLookup
{
	Lookup		lookup;
	bool		outgoing;
	int			from_table;		/* node tables */
	int			to_table;
	int32		type_of_all;	/* if no column has it */
	KgIndexColumn to;
	KgIndexColumn id;
	KgIndexColumn type;
	KgIndexColumn weight;
	KgIndexColumn valid_from;
	KgIndexColumn valid_to;
	KgIndexColumn recorded_at;
	KgIndexColumn expired_at;
	uint32		nread;			/* paces checks for interrupts */
} EdgeLookup;

typedef struct IndexReaderState
{
	EdgeLookup	out;			/* each is open if the direction needs it */
	EdgeLookup	in;
	KgNodeLookup *nodes;
	KgEdgeEnds *edge_ends;
} IndexReaderState;

static void
begin_lookup(Lookup *lookup, Relation heap, Relation index, int nkeys)
{
	lookup->heap = heap;
	lookup->index = index;
	lookup->nkeys = nkeys;
	lookup->snapshot = GetActiveSnapshot();
	lookup->slot = table_slot_create(heap, NULL);
	lookup->vmbuffer = InvalidBuffer;
	kg_index_key_init(index, &lookup->keys[0]);
	ScanKeyInit(&lookup->keys[1], 2, BTEqualStrategyNumber, F_INT4EQ, (Datum) 0);
	lookup->scan = kg_index_beginscan(heap, index, lookup->snapshot, nkeys);
	lookup->scan->xs_want_itup = true;
}

static void
end_lookup(Lookup *lookup)
{
	if (lookup->index == NULL)
		return;
	index_endscan(lookup->scan);
	ExecDropSingleTupleTableSlot(lookup->slot);
	if (BufferIsValid(lookup->vmbuffer))
		ReleaseBuffer(lookup->vmbuffer);
	index_close(lookup->index, NoLock);
}

static inline void
start_lookup(Lookup *lookup)
{
	index_rescan(lookup->scan, lookup->keys, lookup->nkeys, NULL, 0);
}

/*
 * Is the row of the current index entry visible to the snapshot?
 *
 * The steps and their order are those of IndexOnlyNext, whose comments say why
 * concurrent changes do no harm: the index entry was read before the
 * visibility map, and the scan still pins its page.
 */
static inline bool
row_is_visible(Lookup *lookup, ItemPointer tid)
{
	BlockNumber block = ItemPointerGetBlockNumber(tid);

	if (VM_ALL_VISIBLE(lookup->heap, block, &lookup->vmbuffer))
	{
		/* The heap would have locked the tuple for SERIALIZABLE. */
		PredicateLockPage(lookup->heap, block, lookup->snapshot);
		return true;
	}
	if (!index_fetch_heap(lookup->scan, lookup->slot))
		return false;
	ExecClearTuple(lookup->slot);
	if (lookup->scan->xs_heap_continue)
		elog(ERROR, "non-MVCC snapshots are not supported in index-only scans");
	return true;
}

/* The type and the weight, unless all edges have the same or none. */
static void
read_details(const EdgeLookup *edges, KgEdge *edge)
{
	const IndexScanDesc scan = edges->lookup.scan;
	Datum		weight;

	edge->type = edges->type_of_all;
	edge->type_is_null = false;
	if (edges->type.attno != 0)
		edge->type = kg_type_number(kg_index_integer(scan->xs_itup, scan->xs_itupdesc,
													 &edges->type));
	edge->weight_is_null = true;
	if (edges->weight.attno == 0)
		return;
	weight = index_getattr(scan->xs_itup, edges->weight.attno, scan->xs_itupdesc,
						   &edge->weight_is_null);
	if (!edge->weight_is_null)
		edge->weight = kg_weight(weight, edges->weight.type);
}

static inline int64
far_node(const KgGraph *graph, const EdgeLookup *edges)
{
	const IndexScanDesc scan = edges->lookup.scan;
	bool		isnull;

	if (graph->keys == NULL)
		return kg_index_integer(scan->xs_itup, scan->xs_itupdesc, &edges->to);
	return kg_keys_node(graph, edges->to_table,
						index_getattr(scan->xs_itup, edges->to.attno, scan->xs_itupdesc, &isnull),
						edges->to.type);
}

/* Is it an edge that is known, now or at the time that is asked for? */
static inline bool
is_known(const EdgeLookup *edges, const KgEdgeQuery *query)
{
	const IndexScanDesc scan = edges->lookup.scan;

	if (query->known_then)
		return kg_index_is_valid(scan->xs_itup, scan->xs_itupdesc, &edges->recorded_at,
								 &edges->expired_at, query->known_at);
	return edges->expired_at.attno == 0 ||
		kg_index_is_null(scan->xs_itup, edges->expired_at.attno);
}

/* Gives the edges that the current lookup finds to the sink. */
static bool
read_edges(const KgAdjacency *adj, EdgeLookup *edges, bool filter_types, int64 from,
		   KgEdgeSink *sink)
{
	const KgEdgeQuery *query = adj->query;
	Lookup	   *lookup = &edges->lookup;
	TupleDesc	desc = lookup->scan->xs_itupdesc;
	KgEdge		edge;
	ItemPointer tid;

	edge.from = from;
	edge.outgoing = edges->outgoing;
	while ((tid = index_getnext_tid(lookup->scan, ForwardScanDirection)) != NULL)
	{
		IndexTuple	itup;

		if ((++edges->nread & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
		if (lookup->scan->xs_recheck)
			elog(ERROR, "b-tree scan asks for a recheck");
		itup = lookup->scan->xs_itup;
		if (kg_index_is_null(itup, edges->to.attno) || !is_known(edges, query))
			continue;
		if (filter_types && !kg_is_of_types(query, kg_index_integer(itup, desc, &edges->type)))
			continue;
		if (!query->any_time && !kg_index_is_valid(itup, desc, &edges->valid_from,
												   &edges->valid_to, query->as_of))
			continue;
		edge.to = far_node(adj->graph, edges);
		edge.id_is_null = edges->id.attno == 0 || kg_index_is_null(itup, edges->id.attno);
		edge.id = edge.id_is_null ? 0 : kg_index_integer(itup, desc, &edges->id);
		if (query->weighted)
			read_details(edges, &edge);
		if (sink->wanted(sink, &edge, 1) > 0 && row_is_visible(lookup, tid) &&
			!sink->take(sink, &edge, 1))
			return false;
	}
	return true;
}

static bool
expand_node(const KgAdjacency *adj, EdgeLookup *edges, int64 node, KgEdgeSink *sink)
{
	const KgEdgeQuery *query = adj->query;
	Lookup	   *lookup = &edges->lookup;

	if (kg_keys_table(adj->graph, node) != edges->from_table)
		return true;
	lookup->keys[0].sk_argument = kg_keys_datum(adj->graph, node);
	if (lookup->nkeys == 1)
	{
		start_lookup(lookup);
		return read_edges(adj, edges, !query->any_type, node, sink);
	}
	for (int i = 0; i < query->ntypes; i++)
	{
		lookup->keys[1].sk_argument = Int32GetDatum(query->types[i]);
		start_lookup(lookup);
		if (!read_edges(adj, edges, false, node, sink))
			return false;
	}
	return true;
}

static bool
index_reader_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	IndexReaderState *state = adj->state;
	KgDirection direction = adj->query->direction;
	bool		go_on = true;

	sink = kg_edge_ends_begin(state->edge_ends, sink);
	for (Size i = 0; i < n && go_on; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (direction & KG_OUT)
			go_on = expand_node(adj, &state->out, nodes[i], sink);
		if (go_on && (direction & KG_IN))
			go_on = expand_node(adj, &state->in, nodes[i], sink);
	}
	return kg_edge_ends_end(state->edge_ends, go_on);
}

static Size
index_reader_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	return kg_node_lookup_existing(((IndexReaderState *) adj->state)->nodes, nodes, n);
}

/*
 * Opens an index for the edges of one direction; says why if there is none.
 */
static const char *
open_edges(const KgAdjacency *adj, EdgeLookup *edges, bool outgoing)
{
	const KgEdgeColumns *c = &adj->columns;
	const KgKeyAttrs *near = outgoing ? &c->source : &c->target;
	const KgKeyAttrs *far = outgoing ? &c->target : &c->source;
	AttrNumber	needed[KG_NEEDED_COLUMNS];
	int			nneeded = kg_needed_columns(c, far, needed);
	Relation	heap = adj->edge_rel;
	Relation	index;
	bool		by_type;

	by_type = !adj->query->any_type && adj->query->ntypes <= MAX_TYPE_LOOKUPS;
	index = kg_find_index(heap, near, by_type ? c->type : 0, needed, nneeded);
	if (index == NULL)
		return kg_no_index(heap, near, needed, nneeded);
	edges->outgoing = outgoing;
	edges->from_table = outgoing ? adj->edges->source_table : adj->edges->target_table;
	edges->to_table = outgoing ? adj->edges->target_table : adj->edges->source_table;
	edges->type_of_all = adj->type;
	edges->to = kg_index_locate(heap, index, far->attnos[0]);
	edges->id = kg_index_locate(heap, index, c->id);
	edges->type = kg_index_locate(heap, index, c->type);
	edges->weight = kg_index_locate(heap, index, c->weight);
	edges->valid_from = kg_index_locate(heap, index, c->valid_from);
	edges->valid_to = kg_index_locate(heap, index, c->valid_to);
	edges->recorded_at = kg_index_locate(heap, index, c->recorded_at);
	edges->expired_at = kg_index_locate(heap, index, c->expired_at);
	begin_lookup(&edges->lookup, heap, index,
				 by_type && kg_index_has_second_key(heap, index, c->type) ? 2 : 1);
	return NULL;
}

static void
index_reader_close(KgAdjacency *adj)
{
	IndexReaderState *state = adj->state;

	end_lookup(&state->out.lookup);
	end_lookup(&state->in.lookup);
	kg_edge_ends_close(state->edge_ends);
	kg_node_lookup_close(state->nodes);
	pfree(state);
	adj->state = NULL;
}

static const char *
index_reader_open(KgAdjacency *adj)
{
	IndexReaderState *state;
	const char *problem = kg_index_problem(adj);

	if (problem == NULL && adj->columns.source.n + adj->columns.target.n > 2)
		problem = "Keys of several columns are for the leaf reader.";
	if (problem != NULL)
		return problem;
	adj->state = state = palloc0(sizeof(IndexReaderState));
	if (adj->query->direction & KG_OUT)
		problem = open_edges(adj, &state->out, true);
	if (problem == NULL && (adj->query->direction & KG_IN))
		problem = open_edges(adj, &state->in, false);
	if (problem == NULL)
		problem = kg_node_lookup_open(adj, false, &state->nodes);
	if (problem != NULL)
		index_reader_close(adj);
	else
		state->edge_ends = kg_edge_ends_open(adj, state->nodes);
	return problem;
}

static Relation
index_reader_index(const KgAdjacency *adj, bool outgoing)
{
	const IndexReaderState *state = adj->state;

	return outgoing ? state->out.lookup.index : state->in.lookup.index;
}

const KgReader kg_index_reader = {
	.name = "index",
	.open = index_reader_open,
	.existing = index_reader_existing,
	.expand = index_reader_expand,
	.close = index_reader_close,
	.index = index_reader_index
};
