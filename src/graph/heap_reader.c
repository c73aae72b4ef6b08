/*
 * heap_reader.c
 *	  Reads adjacency through the user's plain indexes, with index scans.
 *
 * An index on the source and one on the target are what most tables of edges
 * have.  They tell where the edges of a node are; the rows themselves are
 * fetched from the heap, which knows whether they are visible, and any other
 * column is read from them.  So this reader serves where an index does not
 * hold all columns, and for keys of any integer type.
 *
 * Rows are fetched as a bitmap heap scan would: many at a time, in the order in
 * which they lie in the heap.  That the index entry may have gone by then does
 * no harm, as there: a row that took its place is newer than the snapshot.
 *
 * Without foreign keys the ends of an edge may be missing: the nodes that the
 * sink wants are looked up.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "catalog/pg_type_d.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "graph/adjacency.h"
#include "graph/columns.h"
#include "graph/index_checks.h"
#include "graph/keys.h"

/* Interrupts are checked once for so many rows of a node; a power of two. */
#define INTERRUPT_EVERY 1024

/* So many rows are fetched at a time, if work_mem allows. */
#define MAX_BATCH 32768

/* A b-tree, open for lookups of one integer. */
typedef struct Lookup
{
	Relation	index;
	IndexScanDesc scan;
	ScanKeyData key;
	TupleTableSlot *slot;
} Lookup;

/* A row that may be an edge of a node. */
typedef struct Candidate
{
	int64		node;
	ItemPointerData row;
} Candidate;

static inline int
compare_candidates(const Candidate *a, const Candidate *b)
{
	BlockNumber x = BlockIdGetBlockNumber(&a->row.ip_blkid);
	BlockNumber y = BlockIdGetBlockNumber(&b->row.ip_blkid);

	if (x != y)
		return x < y ? -1 : 1;
	return (int) a->row.ip_posid - (int) b->row.ip_posid;
}

#define ST_SORT sort_candidates
#define ST_ELEMENT_TYPE Candidate
#define ST_COMPARE(a, b) compare_candidates(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

typedef struct HeapReaderState
{
	Lookup		out;			/* each open if the direction needs it */
	Lookup		in;
	Lookup		sources;		/* nodes */
	Lookup		targets;		/* if they are of another table */
	IndexFetchTableData *fetch;
	TupleTableSlot *slot;
	Candidate  *batch;
	int			nbatch;
	int			batch_size;
	bool		check_source;	/* no foreign key says that it exists */
	bool		check_target;
	Oid			weight_type;	/* of the column */
} HeapReaderState;

/* Opens the smallest index that leads with this column; false if there is none. */
static bool
open_lookup(Lookup *lookup, Relation heap, AttrNumber lead)
{
	lookup->index = kg_find_index(heap, lead, 0, NULL, 0);
	if (lookup->index == NULL)
		return false;
	kg_index_key_init(lookup->index, &lookup->key);
	lookup->scan = kg_index_beginscan(heap, lookup->index, GetActiveSnapshot(), 1);
	lookup->slot = table_slot_create(heap, NULL);
	return true;
}

static void
close_lookup(Lookup *lookup)
{
	if (lookup->index == NULL)
		return;
	index_endscan(lookup->scan);
	ExecDropSingleTupleTableSlot(lookup->slot);
	index_close(lookup->index, NoLock);
}

static void
start_lookup(Lookup *lookup, Datum key)
{
	lookup->key.sk_argument = key;
	index_rescan(lookup->scan, &lookup->key, 1, NULL, 0);
}

static bool
next_row(Lookup *lookup)
{
	return index_getnext_slot(lookup->scan, ForwardScanDirection, lookup->slot);
}

static bool
entity_exists(const KgAdjacency *adj, int64 node)
{
	HeapReaderState *state = adj->state;
	int			table = kg_keys_table(adj->graph, node);
	Lookup	   *lookup = table == adj->edges->source_table ? &state->sources : &state->targets;
	bool		found;

	start_lookup(lookup, kg_keys_datum(adj->graph, node));
	found = next_row(lookup);
	ExecClearTuple(lookup->slot);
	return found;
}

static bool
text_is_of_types(const KgEdgeQuery *query, text *type)
{
	int			i;

	for (i = 0; i < query->ntypes; i++)
	{
		if (strlen(query->type_names[i]) == VARSIZE_ANY_EXHDR(type) &&
			memcmp(query->type_names[i], VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type)) == 0)
			return true;
	}
	return false;
}

/* In registered graphs the column is text, in others integer. */
static bool
is_of_types(const KgAdjacency *adj, TupleTableSlot *slot)
{
	bool		isnull;
	Datum		type = slot_getattr(slot, adj->columns.type, &isnull);

	if (isnull)
		return false;
	return adj->graph->registered ? text_is_of_types(adj->query, DatumGetTextPP(type)) :
		kg_is_of_types(adj->query, kg_integer(type, kg_column_type(adj->relation, adj->columns.type)));
}

static bool
is_valid_then(const KgAdjacency *adj, TupleTableSlot *slot)
{
	bool		isnull;
	Datum		value;

	if (adj->columns.valid_from != 0)
	{
		value = slot_getattr(slot, adj->columns.valid_from, &isnull);
		if (!isnull && adj->query->as_of < kg_time(value, kg_column_type(adj->relation, adj->columns.valid_from)))
			return false;
	}
	if (adj->columns.valid_to != 0)
	{
		value = slot_getattr(slot, adj->columns.valid_to, &isnull);
		if (!isnull && adj->query->as_of >= kg_time(value, kg_column_type(adj->relation, adj->columns.valid_to)))
			return false;
	}
	return true;
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
		edge->type = kg_type_intern(adj->graph, TextDatumGetCString(type));
	else
		edge->type = kg_type_number(kg_integer(type, kg_column_type(adj->relation, adj->columns.type)));
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

/* Is the row an edge that passes the query?  Fills in the edge. */
static bool
read_row(const KgAdjacency *adj, TupleTableSlot *slot, bool outgoing, KgEdge *edge)
{
	const KgRelationColumns *c = &adj->columns;
	AttrNumber	far = outgoing ? c->target : c->source;
	bool		isnull;
	Datum		value;

	if (!adj->query->any_type && !is_of_types(adj, slot))
		return false;
	if (!adj->query->any_time && !is_valid_then(adj, slot))
		return false;
	value = slot_getattr(slot, far, &isnull);
	if (isnull)
		return false;
	edge->to = kg_keys_node(adj->graph,
							outgoing ? adj->edges->target_table : adj->edges->source_table,
							value, kg_column_type(adj->relation, far));
	edge->outgoing = outgoing;
	edge->relation = 0;
	edge->relation_is_null = true;
	if (c->id != 0)
	{
		value = slot_getattr(slot, c->id, &edge->relation_is_null);
		if (!edge->relation_is_null)
			edge->relation = kg_integer(value, kg_column_type(adj->relation, c->id));
		else if (!adj->graph->registered)
			return false;
	}
	if (edge->relation_is_null && adj->query->rows)
		edge->relation = kg_row_number(&slot->tts_tid);
	if (adj->query->weighted)
		fill_details(adj, slot, edge);
	return true;
}

/* Gives those rows of the batch that are edges to the sink, and empties it. */
static bool
take_batch(const KgAdjacency *adj, bool outgoing, KgEdgeSink *sink)
{
	HeapReaderState *state = adj->state;
	bool		check = outgoing ? state->check_target : state->check_source;
	Snapshot	snapshot = GetActiveSnapshot();
	bool		go_on = true;
	KgEdge		edge;
	int			i;

	sort_candidates(state->batch, state->nbatch);
	for (i = 0; i < state->nbatch && go_on; i++)
	{
		Candidate  *candidate = &state->batch[i];
		bool		call_again = false;

		if ((i & (INTERRUPT_EVERY - 1)) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!table_index_fetch_tuple(state->fetch, &candidate->row, snapshot, state->slot,
									 &call_again, NULL))
			continue;
		edge.from = candidate->node;
		go_on = !read_row(adj, state->slot, outgoing, &edge) ||
			sink->wanted(sink, &edge, 1) == 0 ||
			(check && !entity_exists(adj, edge.to)) ||
			sink->take(sink, &edge, 1);
	}
	ExecClearTuple(state->slot);
	table_index_fetch_reset(state->fetch);
	state->nbatch = 0;
	return go_on;
}

/* Gives the edges of the nodes in one direction to the sink. */
static bool
expand_direction(const KgAdjacency *adj, bool outgoing, const int64 *nodes, Size n,
				 KgEdgeSink *sink)
{
	HeapReaderState *state = adj->state;
	Lookup	   *lookup = outgoing ? &state->out : &state->in;
	int			table = outgoing ? adj->edges->source_table : adj->edges->target_table;
	Size		i;

	for (i = 0; i < n; i++)
	{
		ItemPointer row;

		CHECK_FOR_INTERRUPTS();
		if (kg_keys_table(adj->graph, nodes[i]) != table)
			continue;
		start_lookup(lookup, kg_keys_datum(adj->graph, nodes[i]));
		while ((row = index_getnext_tid(lookup->scan, ForwardScanDirection)) != NULL)
		{
			if (state->nbatch == state->batch_size && !take_batch(adj, outgoing, sink))
				return false;
			state->batch[state->nbatch].node = nodes[i];
			state->batch[state->nbatch++].row = *row;
		}
	}
	return take_batch(adj, outgoing, sink);
}

static bool
heap_reader_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	KgDirection direction = adj->query->direction;

	if ((direction & KG_OUT) && !expand_direction(adj, true, nodes, n, sink))
		return false;
	return !(direction & KG_IN) || expand_direction(adj, false, nodes, n, sink);
}

static Size
heap_reader_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	Size		found = 0;
	Size		i;

	for (i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (entity_exists(adj, nodes[i]))
			nodes[found++] = nodes[i];
	}
	return found;
}

static void
heap_reader_close(KgAdjacency *adj)
{
	HeapReaderState *state = adj->state;

	close_lookup(&state->out);
	close_lookup(&state->in);
	close_lookup(&state->sources);
	close_lookup(&state->targets);
	if (state->fetch != NULL)
	{
		table_index_fetch_end(state->fetch);
		ExecDropSingleTupleTableSlot(state->slot);
		pfree(state->batch);
	}
	pfree(state);
	adj->state = NULL;
}

/* Text that is equal if its bytes are. */
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
	const KgRelationColumns *c = &adj->columns;
	const AttrNumber times[] = {c->valid_from, c->valid_to};
	AttrNumber	bad = 0;
	int			i;

	if (c->id != 0 && !kg_is_integer(kg_column_type(adj->relation, c->id)))
		bad = c->id;
	for (i = 0; i < (int) lengthof(times); i++)
	{
		if (times[i] != 0 && !kg_is_time(kg_column_type(adj->relation, times[i])))
			bad = times[i];
	}
	if (c->type != 0 && (adj->graph->registered ? !is_plain_text(adj->relation, c->type) :
						 !kg_is_integer(kg_column_type(adj->relation, c->type))))
		bad = c->type;
	if (c->weight != 0 && !kg_is_weight(kg_column_type(adj->relation, c->weight)))
		bad = c->weight;
	if (bad == 0)
		return NULL;
	return psprintf("Column \"%s\" is of type %s.",
					NameStr(TupleDescAttr(RelationGetDescr(adj->relation), bad - 1)->attname),
					format_type_be(kg_column_type(adj->relation, bad)));
}

static const char *
tables_problem(const KgAdjacency *adj)
{
	const char *problem = NULL;

	if (adj->query->properties != NULL || adj->query->filter != NULL)
		return "A filter on relations is for SQL.";
	problem = kg_table_problem(adj->relation);
	if (problem == NULL)
		problem = kg_table_problem(adj->entity);
	if (problem == NULL)
		problem = kg_table_problem(adj->target_entity);
	if (problem == NULL)
		problem = kg_ends_problem(adj);
	return problem == NULL ? column_problem(adj) : problem;
}

static const char *
no_index_on(const KgAdjacency *adj, const char *column)
{
	return psprintf("No valid b-tree of \"%s\" leads with column \"%s\".",
					RelationGetRelationName(adj->relation), column);
}

static const char *
heap_reader_open(KgAdjacency *adj)
{
	const KgRelationColumns *c = &adj->columns;
	HeapReaderState *state;
	const char *problem = tables_problem(adj);

	if (problem != NULL)
		return problem;
	adj->state = state = palloc0(sizeof(HeapReaderState));
	if ((adj->query->direction & KG_OUT) && !open_lookup(&state->out, adj->relation, c->source))
		problem = no_index_on(adj, adj->edges->source);
	else if ((adj->query->direction & KG_IN) && !open_lookup(&state->in, adj->relation, c->target))
		problem = no_index_on(adj, adj->edges->target);
	else if (!open_lookup(&state->sources, adj->entity, adj->entity_id) ||
			 (adj->edges->target_table != adj->edges->source_table &&
			  !open_lookup(&state->targets, adj->target_entity, adj->target_entity_id)))
		problem = "No valid b-tree leads with the entity's id.";
	if (problem != NULL)
	{
		heap_reader_close(adj);
		return problem;
	}
	state->check_source = !kg_references_entities(adj, c->source);
	state->check_target = !kg_references_entities(adj, c->target);
	state->weight_type = kg_column_type(adj->relation, c->weight);
	state->fetch = table_index_fetch_begin(adj->relation);
	state->slot = table_slot_create(adj->relation, NULL);
	state->batch_size = Min(MAX_BATCH, (Size) work_mem * 1024 / 4 / sizeof(Candidate));
	state->batch = palloc(state->batch_size * sizeof(Candidate));
	return NULL;
}

static Relation
heap_reader_index(const KgAdjacency *adj, bool outgoing)
{
	const HeapReaderState *state = adj->state;

	return outgoing ? state->out.index : state->in.index;
}

const KgReader kg_heap_reader = {
	.name = "heap",
	.open = heap_reader_open,
	.existing = heap_reader_existing,
	.expand = heap_reader_expand,
	.close = heap_reader_close,
	.index = heap_reader_index
};
