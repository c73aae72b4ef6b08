/*
 * heap_reader.c
 *	  Reads adjacency through the user's plain indexes.
 *
 * Most tables of edges have an index on the source and one on the target.
 * These tell where the rows of a node's edges are: by their leaf pages
 * (leaf_scan.c) or, if these cannot be read, by index scans.  The rows are
 * fetched from the heap, which knows whether they are visible, and other
 * columns are read from the rows.  So this reader serves where no index holds
 * all columns.
 *
 * Rows are fetched as by a bitmap heap scan: many at a time, in the order of
 * the heap.  VACUUM may remove an index entry and its row before the row is
 * fetched. That does no harm, as in a bitmap heap scan: a row that took its
 * place is newer than the snapshot.
 *
 * Without foreign keys the ends of an edge may not exist: the nodes that the
 * sink wants are looked up (edge_ends.c).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_type_d.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/edge_ends.h"
#include "graph/adjacency/edge_types.h"
#include "graph/adjacency/heap_rows.h"
#include "graph/adjacency/index_checks.h"
#include "graph/adjacency/leaf_scan.h"
#include "graph/adjacency/node_lookup.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_columns.h"
#include "graph/catalog/keys.h"
#include "pg/compat.h"

/* Rows that are sorted together, if a quarter of work_mem holds them. */
#define MAX_BATCH 32768
#define MIN_BATCH (2 * KG_LEAF_EDGES)
#define BATCH_ROW (sizeof(Candidate) + 2 * sizeof(int64))

/* Of these rows, the most that the sink is given at a time. */
#define MAX_EDGES 2048

/* A b-tree of edges, read by its pages or, if "pages" is NULL, by scans. */
typedef struct Lookup
{
	KgLeafScan *pages;
	Relation	index;
	IndexScanDesc scan;
	ScanKeyData key;
} Lookup;

/* A row that may be an edge of a node. */
typedef struct Candidate
{
	int64		node;
	ItemPointerData row;
} Candidate;

typedef struct HeapReaderState
{
	Lookup		out;			/* each is open if the direction needs it */
	Lookup		in;
	KgNodeLookup *nodes;
	KgEdgeEnds *edge_ends;
	KgEdge	   *page;			/* edges of a leaf page */
	HeapTupleData tuple;		/* the current row, which "slot" holds */
	TupleTableSlot *slot;
	Candidate  *batch;
	int			nbatch;
	int			batch_size;
	KgEdge	   *edges;			/* edges of MAX_EDGES rows of the batch */
	Oid			weight_type;	/* of the column */
	StringInfoData json;		/* for keys of several columns */
} HeapReaderState;

/* Opens the smallest index on the key of the given nodes; false if none. */
static bool
open_lookup(const KgAdjacency *adj, bool outgoing, Lookup *lookup)
{
	HeapReaderState *state = adj->state;
	const KgKeyAttrs *near = outgoing ? &adj->columns.source : &adj->columns.target;

	if (kg_leaf_scan_open_edges(adj, outgoing, false, state->page, &lookup->pages) == NULL)
		return true;
	if (near->n > 1)
		return false;
	lookup->index = kg_find_index(adj->edge_rel, near, 0, NULL, 0);
	if (lookup->index == NULL)
		return false;
	kg_index_key_init(lookup->index, &lookup->key);
	lookup->scan = kg_index_beginscan(adj->edge_rel, lookup->index, GetActiveSnapshot(), 1);
	return true;
}

static void
close_lookup(Lookup *lookup)
{
	kg_leaf_scan_close(lookup->pages);
	if (lookup->index == NULL)
		return;
	index_endscan(lookup->scan);
	index_close(lookup->index, NoLock);
}

static bool
text_is_of_types(const KgEdgeQuery *query, text *type)
{
	for (int i = 0; i < query->ntypes; i++)
	{
		if (strlen(query->type_names[i]) == VARSIZE_ANY_EXHDR(type) &&
			memcmp(query->type_names[i], VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type)) == 0)
			return true;
	}
	return false;
}

/* The column is text in registered graphs, and an integer in others. */
static bool
is_of_types(const KgAdjacency *adj, TupleTableSlot *slot)
{
	bool		isnull;
	Datum		type = slot_getattr(slot, adj->columns.type, &isnull);

	if (isnull)
		return false;
	return adj->graph->registered ? text_is_of_types(adj->query, DatumGetTextPP(type)) :
		kg_is_of_types(adj->query, kg_integer(type,
											  kg_column_type(adj->edge_rel, adj->columns.type)));
}

/* Is the time in [from, to)?  A column 0, or a null in it, is no bound. */
static bool
is_between(const KgAdjacency *adj, TupleTableSlot *slot, AttrNumber from, AttrNumber to,
		   TimestampTz time)
{
	bool		isnull;
	Datum		value;

	if (from != 0)
	{
		value = slot_getattr(slot, from, &isnull);
		if (!isnull && time < kg_time(value, kg_column_type(adj->edge_rel, from)))
			return false;
	}
	if (to == 0)
		return true;
	value = slot_getattr(slot, to, &isnull);
	return isnull || time < kg_time(value, kg_column_type(adj->edge_rel, to));
}

/* Is the row an edge of the times that the query asks for? */
static bool
is_of_times(const KgAdjacency *adj, TupleTableSlot *slot)
{
	const KgEdgeQuery *query = adj->query;
	const KgEdgeColumns *c = &adj->columns;
	HeapReaderState *state = adj->state;

	/* Most edges are known now: a bit of the row says it. */
	if (!query->known_then && c->expired_at != 0 &&
		!heap_attisnull(&state->tuple, c->expired_at, RelationGetDescr(adj->edge_rel)))
		return false;
	if (query->known_then &&
		!is_between(adj, slot, c->recorded_at, c->expired_at, query->known_at))
		return false;
	return query->any_time || is_between(adj, slot, c->valid_from, c->valid_to, query->as_of);
}

static void
fill_type(const KgAdjacency *adj, TupleTableSlot *slot, KgEdge *edge)
{
	Datum		type;

	edge->type = adj->type;
	edge->type_is_null = false;
	if (adj->columns.type == 0)
		return;
	type = slot_getattr(slot, adj->columns.type, &edge->type_is_null);
	if (edge->type_is_null)
		edge->type = 0;
	else if (adj->graph->registered)
		edge->type = kg_edge_type_intern(adj->graph, TextDatumGetCString(type));
	else
		edge->type = kg_type_number(kg_integer(type,
											   kg_column_type(adj->edge_rel, adj->columns.type)));
}

static void
fill_details(const KgAdjacency *adj, TupleTableSlot *slot, KgEdge *edge)
{
	HeapReaderState *state = adj->state;
	Datum		weight;

	fill_type(adj, slot, edge);
	edge->weight_is_null = true;
	if (adj->columns.weight == 0)
		return;
	weight = slot_getattr(slot, adj->columns.weight, &edge->weight_is_null);
	if (!edge->weight_is_null)
		edge->weight = kg_weight(weight, state->weight_type);
}

/* Reads a key of several columns, and finds its node; false if one is null. */
static bool
read_key(const KgAdjacency *adj, TupleTableSlot *slot, const KgKeyAttrs *key, int table,
		 int64 *node)
{
	StringInfo	json = &((HeapReaderState *) adj->state)->json;
	Datum		values[INDEX_MAX_KEYS];
	bool		isnull;

	for (int i = 0; i < key->n; i++)
	{
		Oid			type = kg_column_type(adj->edge_rel, key->attnos[i]);

		values[i] = slot_getattr(slot, key->attnos[i], &isnull);
		if (isnull)
			return false;
		if (kg_is_integer(type))
			values[i] = Int64GetDatum(kg_integer(values[i], type));
	}
	resetStringInfo(json);
	/* space for the header */
	appendStringInfoSpaces(json, VARHDRSZ);
	kg_append_key(json, &adj->graph->node_tables[table], values);
	SET_VARSIZE(json->data, json->len);
	*node = kg_keys_intern(adj->graph, table, PointerGetDatum(json->data));
	return true;
}

/* Finds the node at the other end; false if it is null. */
static bool
read_other_end(const KgAdjacency *adj, TupleTableSlot *slot, bool outgoing, int64 *node)
{
	const KgKeyAttrs *far = outgoing ? &adj->columns.target : &adj->columns.source;
	int			table = outgoing ? adj->edges->target_table : adj->edges->source_table;
	bool		isnull;
	Datum		value;

	if (far->n > 1)
		return read_key(adj, slot, far, table, node);
	value = slot_getattr(slot, far->attnos[0], &isnull);
	if (!isnull)
		*node = kg_keys_node(adj->graph, table, value,
							 kg_column_type(adj->edge_rel, far->attnos[0]));
	return !isnull;
}

/* Is the row an edge that passes the query?  Fills in the edge. */
static bool
read_row(const KgAdjacency *adj, TupleTableSlot *slot, bool outgoing, KgEdge *edge)
{
	const KgEdgeColumns *c = &adj->columns;
	Datum		value;

	if (!is_of_times(adj, slot))
		return false;
	if (!adj->query->any_type && !is_of_types(adj, slot))
		return false;
	if (!read_other_end(adj, slot, outgoing, &edge->to))
		return false;
	edge->outgoing = outgoing;
	edge->id = 0;
	edge->id_is_null = true;
	if (c->id != 0)
	{
		value = slot_getattr(slot, c->id, &edge->id_is_null);
		if (!edge->id_is_null)
			edge->id = kg_integer(value, kg_column_type(adj->edge_rel, c->id));
		else if (!adj->graph->registered)
			return false;
	}
	if (edge->id_is_null && adj->query->rows)
		edge->id = kg_row_number(&slot->tts_tid);
	if (adj->query->weighted)
		fill_details(adj, slot, edge);
	return true;
}

/*
 * Fetches the candidate's row into the reader's slot; false if no version of
 * it is visible to the snapshot.
 */
static bool
fetch_row(const KgAdjacency *adj, Buffer buffer, const Candidate *candidate)
{
	HeapReaderState *state = adj->state;
	ItemPointerData row = candidate->row;
	bool		found;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	found = heap_hot_search_buffer(&row, adj->edge_rel, buffer, GetActiveSnapshot(),
								   &state->tuple, NULL, true);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	if (!found)
		return false;
	state->tuple.t_tableOid = RelationGetRelid(adj->edge_rel);
	ExecStoreHeapTuple(&state->tuple, state->slot, false);
	return true;
}

/*
 * Fetches the rows from "from" to "to" - 1 of the batch, and fills in those
 * that are edges; returns their number.
 */
static int
read_rows(const KgAdjacency *adj, bool outgoing, KgHeapRows *rows, int from, int to)
{
	HeapReaderState *state = adj->state;
	int			n = 0;

	for (int i = from; i < to; i++)
	{
		const Candidate *candidate = &state->batch[kg_heap_rows_nth(rows, i)];

		kg_heap_rows_expect(rows, i);
		if (!fetch_row(adj, kg_heap_rows_pin(rows, i), candidate))
			continue;
		state->edges[n].from = candidate->node;
		n += read_row(adj, state->slot, outgoing, &state->edges[n]);
	}
	ExecClearTuple(state->slot);
	return n;
}

/* Gives the batch's rows that are edges to the sink; empties the batch. */
static bool
take_batch(const KgAdjacency *adj, bool outgoing, KgEdgeSink *sink)
{
	HeapReaderState *state = adj->state;
	bool		go_on = true;
	KgHeapRows	rows;

	kg_heap_rows_begin(&rows, adj->edge_rel, &state->batch->row, sizeof(Candidate),
					   state->nbatch);
	for (int done = 0; go_on && done < state->nbatch; done += MAX_EDGES)
	{
		int			n = read_rows(adj, outgoing, &rows, done,
								  Min(done + MAX_EDGES, state->nbatch));

		if (n > 0)
			n = sink->wanted(sink, state->edges, n);
		go_on = n == 0 || sink->take(sink, state->edges, n);
	}
	kg_heap_rows_end(&rows);
	state->nbatch = 0;
	return go_on;
}

static inline void
add_candidate(HeapReaderState *state, int64 node, const ItemPointerData * row)
{
	state->batch[state->nbatch].node = node;
	state->batch[state->nbatch++].row = *row;
}

static bool
expand_by_page(const KgAdjacency *adj, bool outgoing, const int64 *nodes, Size n,
			   KgEdgeSink *sink)
{
	HeapReaderState *state = adj->state;
	KgLeafScan *pages = (outgoing ? &state->out : &state->in)->pages;
	bool		go_on = true;
	const KgEdge *page;
	int			npage;

	kg_leaf_scan_begin(pages, nodes, n, NULL);
	while (go_on && (page = kg_leaf_scan_next(pages, &npage)) != NULL)
	{
		for (int i = 0; i < npage; i++)
			add_candidate(state, page[i].from, &page[i].row);
		if (state->nbatch + KG_LEAF_EDGES > state->batch_size)
			go_on = take_batch(adj, outgoing, sink);
	}
	kg_leaf_scan_end(pages);
	return go_on && take_batch(adj, outgoing, sink);
}

static bool
expand_by_scans(const KgAdjacency *adj, bool outgoing, const int64 *nodes, Size n,
				KgEdgeSink *sink)
{
	HeapReaderState *state = adj->state;
	Lookup	   *lookup = outgoing ? &state->out : &state->in;
	int			table = outgoing ? adj->edges->source_table : adj->edges->target_table;

	for (Size i = 0; i < n; i++)
	{
		ItemPointer row;

		CHECK_FOR_INTERRUPTS();
		if (kg_keys_table(adj->graph, nodes[i]) != table)
			continue;
		lookup->key.sk_argument = kg_keys_datum(adj->graph, nodes[i]);
		index_rescan(lookup->scan, &lookup->key, 1, NULL, 0);
		while ((row = index_getnext_tid(lookup->scan, ForwardScanDirection)) != NULL)
		{
			if (state->nbatch == state->batch_size && !take_batch(adj, outgoing, sink))
				return false;
			add_candidate(state, nodes[i], row);
		}
	}
	return take_batch(adj, outgoing, sink);
}

/* Gives the edges of the nodes in one direction to the sink. */
static bool
expand_direction(const KgAdjacency *adj, bool outgoing, const int64 *nodes, Size n,
				 KgEdgeSink *sink)
{
	HeapReaderState *state = adj->state;

	if ((outgoing ? &state->out : &state->in)->pages != NULL)
		return expand_by_page(adj, outgoing, nodes, n, sink);
	return expand_by_scans(adj, outgoing, nodes, n, sink);
}

static bool
heap_reader_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	KgEdgeEnds *edge_ends = ((HeapReaderState *) adj->state)->edge_ends;
	KgDirection direction = adj->query->direction;
	bool		go_on = true;

	sink = kg_edge_ends_begin(edge_ends, sink);
	if (direction & KG_OUT)
		go_on = expand_direction(adj, true, nodes, n, sink);
	if (go_on && (direction & KG_IN))
		go_on = expand_direction(adj, false, nodes, n, sink);
	return kg_edge_ends_end(edge_ends, go_on);
}

static Size
heap_reader_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	return kg_node_lookup_existing(((HeapReaderState *) adj->state)->nodes, nodes, n);
}

static void
heap_reader_close(KgAdjacency *adj)
{
	HeapReaderState *state = adj->state;

	close_lookup(&state->out);
	close_lookup(&state->in);
	kg_edge_ends_close(state->edge_ends);
	kg_node_lookup_close(state->nodes);
	if (state->slot != NULL)
	{
		ExecDropSingleTupleTableSlot(state->slot);
		pfree(state->batch);
		pfree(state->edges);
	}
	pfree(state->page);
	pfree(state->json.data);
	pfree(state);
	adj->state = NULL;
}

/* Is the column a text for which only equal bytes are equal? */
static bool
is_plain_text(Relation rel, AttrNumber attno)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attno - 1);

	return (att->atttypid == TEXTOID || att->atttypid == VARCHAROID) &&
		get_collation_isdeterministic(att->attcollation);
}

/* A column whose values this reader cannot interpret, or NULL. */
static const char *
column_problem(const KgAdjacency *adj)
{
	const KgEdgeColumns *c = &adj->columns;
	const AttrNumber times[] = {c->valid_from, c->valid_to, c->recorded_at, c->expired_at};
	AttrNumber	bad = 0;

	if (c->id != 0 && !kg_is_integer(kg_column_type(adj->edge_rel, c->id)))
		bad = c->id;
	for (int i = 0; i < (int) lengthof(times); i++)
	{
		if (times[i] != 0 && !kg_is_time(kg_column_type(adj->edge_rel, times[i])))
			bad = times[i];
	}
	if (c->type != 0 && (adj->graph->registered ? !is_plain_text(adj->edge_rel, c->type) :
						 !kg_is_integer(kg_column_type(adj->edge_rel, c->type))))
		bad = c->type;
	if (c->weight != 0 && !kg_is_weight(kg_column_type(adj->edge_rel, c->weight)))
		bad = c->weight;
	if (bad == 0)
		return NULL;
	return psprintf("Column \"%s\" is of type %s.",
					NameStr(TupleDescAttr(RelationGetDescr(adj->edge_rel), bad - 1)->attname),
					format_type_be(kg_column_type(adj->edge_rel, bad)));
}

static const char *
tables_problem(const KgAdjacency *adj)
{
	const char *problem = NULL;

	if (adj->query->properties != NULL || adj->query->filter != NULL)
		return "A filter on relations is for SQL.";
	problem = kg_table_problem(adj->edge_rel);
	if (problem == NULL && adj->edge_rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		problem = psprintf("\"%s\" is not stored as a heap.",
						   RelationGetRelationName(adj->edge_rel));
	if (problem == NULL)
		problem = kg_table_problem(adj->node_rel);
	if (problem == NULL)
		problem = kg_table_problem(adj->target_node_rel);
	if (problem == NULL)
		problem = kg_virtual_problem(adj);
	if (problem == NULL)
		problem = kg_ends_problem(adj);
	return problem == NULL ? column_problem(adj) : problem;
}

static const char *
no_index_on(const KgAdjacency *adj, const KgKeyAttrs *key)
{
	return psprintf("No valid b-tree of \"%s\" leads with column%s \"%s\".",
					RelationGetRelationName(adj->edge_rel), key->n > 1 ? "s" : "",
					kg_key_names(adj->edge_rel, key));
}

static const char *
heap_reader_open(KgAdjacency *adj)
{
	const KgEdgeColumns *c = &adj->columns;
	HeapReaderState *state;
	const char *problem = tables_problem(adj);

	if (problem != NULL)
		return problem;
	adj->state = state = palloc0(sizeof(HeapReaderState));
	initStringInfo(&state->json);
	state->page = palloc(KG_LEAF_EDGES * sizeof(KgEdge));
	if ((adj->query->direction & KG_OUT) && !open_lookup(adj, true, &state->out))
		problem = no_index_on(adj, &adj->columns.source);
	else if ((adj->query->direction & KG_IN) && !open_lookup(adj, false, &state->in))
		problem = no_index_on(adj, &adj->columns.target);
	else
		problem = kg_node_lookup_open(adj, false, &state->nodes);
	if (problem != NULL)
	{
		heap_reader_close(adj);
		return problem;
	}
	state->edge_ends = kg_edge_ends_open(adj, state->nodes);
	kg_node_lookup_share(state->nodes, state->page);
	state->weight_type = kg_column_type(adj->edge_rel, c->weight);
	state->slot = MakeSingleTupleTableSlot(RelationGetDescr(adj->edge_rel), &TTSOpsHeapTuple);
	state->batch_size = Max(MIN_BATCH, Min(MAX_BATCH, (Size) work_mem * 1024 / 4 / BATCH_ROW));
	state->batch = palloc(state->batch_size * sizeof(Candidate));
	state->edges = palloc(MAX_EDGES * sizeof(KgEdge));
	return NULL;
}

static Relation
heap_reader_index(const KgAdjacency *adj, bool outgoing)
{
	const HeapReaderState *state = adj->state;

	const Lookup *lookup = outgoing ? &state->out : &state->in;

	return lookup->pages != NULL ? kg_leaf_scan_index(lookup->pages) : lookup->index;
}

const KgReader kg_heap_reader = {
	.name = "heap",
	.open = heap_reader_open,
	.existing = heap_reader_existing,
	.expand = heap_reader_expand,
	.close = heap_reader_close,
	.index = heap_reader_index
};
