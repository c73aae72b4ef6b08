/*
 * leaf_reader.c
 *	  Reads adjacency from the leaf pages of covering b-trees.
 *
 * The frontier is sorted, and so is the index: they are merged.  All of a
 * page's edges that are of use are copied out while it is locked, then it is
 * unlocked, and only then visibility is looked at (visibility.c) and the sink
 * runs.  That an index may be read without a query, and which, is the same
 * question as for the index reader (index_checks.c).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "access/xact.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_index.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "graph/adjacency.h"
#include "graph/columns.h"
#include "graph/index_checks.h"
#include "graph/leaf_pages.h"
#include "graph/visibility.h"
#include "recent.h"

/* One index. */
typedef struct LeafIndex
{
	KgLeafPages pages;
	bool		outgoing;
	bool		by_type;		/* is the second key the type, ascending? */
	bool		nulls;			/* may an end be null? */
	bool		details;		/* the type and the weight are asked for */
	int32		type_of_all;	/* unless there is a column for it */
	KgIndexColumn to;
	KgIndexColumn id;
	KgIndexColumn type;
	KgIndexColumn weight;
	KgIndexColumn valid_from;
	KgIndexColumn valid_to;
} LeafIndex;

typedef struct LeafReaderState
{
	LeafIndex  *out;			/* each open if the direction needs it */
	LeafIndex  *in;
	LeafIndex  *entities;
	KgVisibility relation_rows;
	KgVisibility entity_rows;
	bool		ignore_dead;	/* pass over index entries marked as dead */
	KgEdge	   *edges;			/* those of a page: MaxTIDsPerBTreePage */
} LeafReaderState;

/* What reading a page needs to know. */
typedef struct LeafScan
{
	LeafIndex  *index;
	TupleDesc	desc;
	const KgEdgeQuery *query;	/* NULL: of entities, where there is none */
	bool		by_type;		/* types are skipped that are not needed */
	bool		filter;			/* by type or time */
	bool		ignore_dead;
	const KgNodeSet *reached;	/* or NULL */
	int32		jump_type;		/* where the rest of a node is, or
								 * PG_INT32_MIN */
	ptrdiff_t	to_next;		/* from this page to the next in memory, or 0 */
	KgEdge	   *edges;
	int			n;
} LeafScan;

static bool
is_valid_at(const LeafScan *scan, IndexTuple itup, TimestampTz as_of)
{
	bool		isnull;
	Datum		value;

	if (scan->index->valid_from.attno != 0)
	{
		value = index_getattr(itup, scan->index->valid_from.attno, scan->desc, &isnull);
		if (!isnull && as_of < kg_time(value, scan->index->valid_from.type))
			return false;
	}
	if (scan->index->valid_to.attno == 0)
		return true;
	value = index_getattr(itup, scan->index->valid_to.attno, scan->desc, &isnull);
	return isnull || as_of < kg_time(value, scan->index->valid_to.type);
}

/* The first type of the query from this one on; false if there is none. */
static bool
find_type(const KgEdgeQuery *query, int32 from, int32 *type)
{
	int			i = 0;

	while (i < query->ntypes && query->types[i] < from)
		i++;
	if (i == query->ntypes)
		return false;
	*type = query->types[i];
	return true;
}

static bool
passes_filter(const LeafScan *scan, IndexTuple itup)
{
	const KgEdgeQuery *query = scan->query;

	if (!query->any_type &&
		!kg_is_of_types(query, kg_index_integer(itup, scan->desc, &scan->index->type)))
		return false;
	return query->any_time || is_valid_at(scan, itup, query->as_of);
}

/* The type and the weight, unless all edges have the same or none. */
static void
copy_details(const LeafScan *scan, IndexTuple itup, KgEdge *edge)
{
	const LeafIndex *index = scan->index;
	Datum		weight;

	edge->type = index->type_of_all;
	edge->type_is_null = false;
	if (index->type.attno != 0)
		edge->type = kg_type_number(kg_index_integer(itup, scan->desc, &index->type));
	edge->weight_is_null = true;
	if (index->weight.attno == 0)
		return;
	weight = index_getattr(itup, index->weight.attno, scan->desc, &edge->weight_is_null);
	if (!edge->weight_is_null)
		edge->weight = kg_weight(weight, index->weight.type);
}

/* Copies what the search needs of a tuple, once for each row it stands for. */
static inline void
copy_edge(LeafScan *scan, IndexTuple itup, int64 from, int64 to)
{
	const LeafIndex *index = scan->index;
	KgEdge	   *edge = &scan->edges[scan->n];

	edge->from = from;
	edge->to = to;
	edge->outgoing = index->outgoing;
	edge->relation_is_null = index->id.attno == 0 ||
		(index->id.nullable && kg_index_is_null(itup, index->id.attno));
	if (!edge->relation_is_null)
		edge->relation = kg_index_integer(itup, scan->desc, &index->id);
	if (index->details)
		copy_details(scan, itup, edge);
	if (unlikely(BTreeTupleIsPosting(itup)))
	{
		int			nrows = BTreeTupleGetNPosting(itup);
		int			i;

		for (i = 0; i < nrows; i++)
		{
			scan->edges[scan->n] = *edge;
			scan->edges[scan->n++].row = *BTreeTupleGetPostingN(itup, i);
		}
		return;
	}
	edge->row = itup->t_tid;
	scan->n++;
}

/* Is an end of the edge null? */
static inline bool
is_no_edge(const LeafScan *scan, IndexTuple itup)
{
	return IndexTupleHasNulls(itup) &&
		(kg_index_is_null(itup, 1) || kg_index_is_null(itup, scan->index->to.attno));
}

/*
 * Copies the edges of one node from "offset" on; returns the offset of the
 * first tuple that is not the node's.
 */
static pg_attribute_always_inline OffsetNumber
copy_node(LeafScan *scan, Page page, OffsetNumber offset, int64 node, int lead)
{
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	ptrdiff_t	to_next = scan->to_next;

	for (; offset <= max; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		IndexTuple	itup = (IndexTuple) PageGetItem(page, item);
		int64		to;

		if (kg_tuple_node(itup, lead) != node)
			break;
		kg_prefetch((const char *) itup + to_next);
		if (scan->by_type)
		{
			int32		type = kg_tuple_type(itup, lead);
			int32		needed;

			if (!find_type(scan->query, type, &needed))
				needed = PG_INT32_MAX;
			if (needed != type && type != PG_INT32_MAX)
			{
				offset = kg_page_gallop(page, offset + 1, node, needed, lead) - 1;
				continue;
			}
		}
		if (unlikely(ItemIdIsDead(item)) && scan->ignore_dead)
			continue;
		if ((lead & KG_LEAD_NULLS) && is_no_edge(scan, itup))
			continue;
		to = kg_index_integer(itup, scan->desc, &scan->index->to);
		if (scan->reached != NULL && kg_node_set_has(scan->reached, to))
			continue;
		if (scan->filter && !passes_filter(scan, itup))
			continue;
		copy_edge(scan, itup, node, to);
	}
	return offset;
}

/*
 * The tuples of a node go on to the right of this page.  Those of types that
 * are needed may be further away, or there may be none.
 */
static void
find_rest(LeafScan *scan, IndexTuple high_key)
{
	KgLeafPages *pages = &scan->index->pages;
	int32		high_type;
	int32		type;

	pages->more = true;
	if (!scan->by_type || BTreeTupleGetNAtts(high_key, pages->index) < 2)
		return;
	high_type = kg_tuple_type(high_key, pages->width);
	if (!find_type(scan->query, high_type, &type))
	{
		pages->more = false;
		pages->next++;
		pages->from_type = PG_INT32_MIN;
	}
	else if (type > high_type)
		scan->jump_type = type;
}

/*
 * Copies the edges of the nodes from "next" on; returns the first node of
 * which there may be more to the right of the page.
 */
static pg_attribute_always_inline Size
copy_nodes(LeafScan *scan, IndexTuple high_key, int lead)
{
	KgLeafPages *pages = &scan->index->pages;
	Page		page = pages->page;
	OffsetNumber offset = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	Size		i = pages->next;

	while (i < pages->n)
	{
		int64		key;

		offset = kg_page_gallop(page, offset, pages->nodes[i], PG_INT32_MIN, lead);
		offset = copy_node(scan, page, offset, pages->nodes[i], lead);
		if (offset > max)
			break;
		key = kg_tuple_node(kg_page_tuple(page, offset), lead);
		do
			i++;
		while (i < pages->n && pages->nodes[i] < key);
	}
	if (high_key == NULL)
		return pages->n;
	while (i < pages->n && pages->nodes[i] < kg_tuple_node(high_key, lead))
		i++;
	return i;
}

/* Merges the current page, which is locked, with the nodes. */
static void
copy_page(LeafScan *scan)
{
	KgLeafPages *pages = &scan->index->pages;
	Page		page = pages->page;
	IndexTuple	high_key = P_RIGHTMOST(BTPageGetOpaque(page)) ? NULL :
	kg_page_tuple(page, P_HIKEY);
	Size		i;

	scan->n = 0;
	scan->to_next = pages->following ? pages->following - (const char *) page : 0;
	scan->jump_type = PG_INT32_MIN;
	pages->more = false;

	/*
	 * If the first column is null, it is so in the high key, since nulls are
	 * last.
	 */
	if (scan->index->nulls || high_key == NULL || kg_index_is_null(high_key, 1))
		i = copy_nodes(scan, high_key, pages->width | KG_LEAD_NULLS);
	else if (pages->width == sizeof(int64))
		i = copy_nodes(scan, high_key, sizeof(int64));
	else if (pages->width == sizeof(int32))
		i = copy_nodes(scan, high_key, sizeof(int32));
	else
		i = copy_nodes(scan, high_key, sizeof(int16));
	if (i != pages->next)
		pages->from_type = PG_INT32_MIN;
	pages->next = i;
	if (i < pages->n && pages->nodes[i] == kg_tuple_node(high_key, pages->width | KG_LEAD_NULLS))
		find_rest(scan, high_key);
}

/* Gives the edges of the nodes that one index holds to the sink. */
static bool
expand_index(LeafReaderState *state, const KgEdgeQuery *query, LeafIndex *index,
			 const int64 *nodes, Size n, KgEdgeSink *sink)
{
	KgVisibility *rows = query ? &state->relation_rows : &state->entity_rows;
	KgLeafPages *pages = &index->pages;
	bool		go_on = true;
	LeafScan	scan;

	scan.index = index;
	scan.desc = RelationGetDescr(pages->index);
	scan.query = query;
	scan.by_type = query && !query->any_type && index->by_type;
	scan.filter = query && ((!query->any_type && !scan.by_type) || !query->any_time);
	scan.ignore_dead = state->ignore_dead;
	scan.reached = sink->reached;
	scan.edges = state->edges;
	kg_leaf_pages_begin(pages, nodes, n);
	while (go_on && kg_leaf_pages_next(pages))
	{
		copy_page(&scan);
		kg_leaf_pages_unlock(pages);
		if (scan.jump_type != PG_INT32_MIN)
			kg_leaf_pages_jump(pages, scan.jump_type);
		if (scan.n > 0 && !sink->only_reached)
			scan.n = sink->wanted(sink, scan.edges, scan.n);
		go_on = kg_take_visible(rows, scan.edges, scan.n, sink);
	}
	kg_leaf_pages_end(pages);
	return go_on;
}

static bool
leaf_reader_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	LeafReaderState *state = adj->state;
	KgVisibility *rows = &state->relation_rows;
	bool		go_on = true;

	if (state->out != NULL)
		go_on = expand_index(state, adj->query, state->out, nodes, n, sink);
	if (go_on && state->in != NULL)
		go_on = expand_index(state, adj->query, state->in, nodes, n, sink);
	if (go_on)
		go_on = kg_take_put_off(rows, sink);
	kg_visibility_end(rows);
	return go_on;
}

/* Marks which nodes are there. */
typedef struct FoundNodes
{
	KgEdgeSink	sink;
	const int64 *nodes;
	Size		n;
	bool	   *found;
} FoundNodes;

static int
found_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

static bool
found_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	FoundNodes *found = (FoundNodes *) sink;
	int			i;

	for (i = 0; i < n; i++)
		found->found[kg_find_node(found->nodes, found->n, edges[i].from)] = true;
	return true;
}

static Size
leaf_reader_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	LeafReaderState *state = adj->state;
	FoundNodes	found = {{found_wanted, found_take}, nodes, n};
	Size		kept = 0;
	Size		i;

	found.found = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	expand_index(state, NULL, state->entities, nodes, n, &found.sink);
	kg_take_put_off(&state->entity_rows, &found.sink);
	kg_visibility_end(&state->entity_rows);
	for (i = 0; i < n; i++)
	{
		if (found.found[i])
			nodes[kept++] = nodes[i];
	}
	pfree(found.found);
	return kept;
}

/*
 * Opens the b-tree that leads with "near"; returns why it cannot be read by
 * the page, or NULL.
 */
static const char *
open_index(Relation heap, AttrNumber near, AttrNumber second,
		   const AttrNumber *needed, int nneeded, LeafIndex **opened)
{
	Relation	rel = kg_find_index(heap, near, second, needed, nneeded);
	LeafIndex  *index;
	bool		heapkeyspace;
	bool		allequalimage;

	if (rel == NULL)
		return psprintf("No valid b-tree on (%s) holds all columns that are needed.",
						NameStr(TupleDescAttr(RelationGetDescr(heap), near - 1)->attname));
	*opened = index = palloc0(sizeof(LeafIndex));
	kg_leaf_pages_init(&index->pages, heap, rel, GetActiveSnapshot());
	if (rel->rd_indoption[0] & INDOPTION_DESC)
		return psprintf("Index \"%s\" is in descending order.", RelationGetRelationName(rel));
	if (rel->rd_indoption[0] & INDOPTION_NULLS_FIRST)
		return psprintf("Index \"%s\" has nulls first.", RelationGetRelationName(rel));
	/* Of before PostgreSQL 12, brought here by pg_upgrade. */
	_bt_metaversion(rel, &heapkeyspace, &allequalimage);
	if (!heapkeyspace)
		return psprintf("Index \"%s\" is of an old format.", RelationGetRelationName(rel));
	return NULL;
}

static const char *
open_edges(const KgAdjacency *adj, bool outgoing, LeafIndex **opened)
{
	const KgRelationColumns *c = &adj->columns;
	AttrNumber	near = outgoing ? c->source : c->target;
	AttrNumber	far = outgoing ? c->target : c->source;
	AttrNumber	needed[] = {
		far, c->id, c->type, c->weight, c->valid_from, c->valid_to
	};
	Relation	heap = adj->relation;
	const char *problem = open_index(heap, near, adj->query->any_type ? 0 : c->type,
									 needed, lengthof(needed), opened);
	LeafIndex  *index = *opened;

	if (problem != NULL)
		return problem;
	index->outgoing = outgoing;
	index->details = adj->query->weighted;
	index->type_of_all = adj->type;
	index->to = kg_index_locate(heap, index->pages.index, far);
	index->id = kg_index_locate(heap, index->pages.index, c->id);
	index->nulls = index->to.nullable || !kg_never_null(RelationGetDescr(heap), near - 1);
	index->type = kg_index_locate(heap, index->pages.index, c->type);
	index->by_type = kg_index_has_second_key(heap, index->pages.index, c->type) &&
		index->pages.index->rd_indoption[1] == 0 && index->type.width != 0;
	index->weight = kg_index_locate(heap, index->pages.index, c->weight);
	index->valid_from = kg_index_locate(heap, index->pages.index, c->valid_from);
	index->valid_to = kg_index_locate(heap, index->pages.index, c->valid_to);
	return NULL;
}

static const char *
open_entities(const KgAdjacency *adj, LeafIndex **opened)
{
	const char *problem = open_index(adj->entity, adj->entity_id, 0, &adj->entity_id, 1, opened);

	if (problem != NULL)
		return problem;
	(*opened)->to = kg_index_locate(adj->entity, (*opened)->pages.index, adj->entity_id);
	(*opened)->nulls = (*opened)->to.nullable;
	return NULL;
}

static void
close_index(LeafIndex *index)
{
	if (index == NULL)
		return;
	index_close(index->pages.index, NoLock);
	pfree(index);
}

static void
leaf_reader_close(KgAdjacency *adj)
{
	LeafReaderState *state = adj->state;

	close_index(state->out);
	close_index(state->in);
	close_index(state->entities);
	kg_visibility_close(&state->relation_rows);
	kg_visibility_close(&state->entity_rows);
	pfree(state->edges);
	pfree(state);
	adj->state = NULL;
}

static const char *
heap_problem(Relation rel)
{
	if (rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		return psprintf("\"%s\" is not stored as a heap.", RelationGetRelationName(rel));
	return NULL;
}

static const char *
leaf_reader_open(KgAdjacency *adj)
{
	LeafReaderState *state;
	Snapshot	snapshot = GetActiveSnapshot();
	const char *problem = kg_index_problem(adj);

	if (problem == NULL && adj->graph->keys != NULL)
		problem = "The graph has several node tables, or keys that are no integers.";
	if (problem == NULL)
		problem = heap_problem(adj->relation);
	if (problem == NULL)
		problem = heap_problem(adj->entity);
	if (problem == NULL && !IsMVCCSnapshot(snapshot))
		problem = "The snapshot is not an MVCC snapshot.";
	if (problem != NULL)
		return problem;
	adj->state = state = palloc0(sizeof(LeafReaderState));
	state->edges = palloc(MaxTIDsPerBTreePage * sizeof(KgEdge));
	/* As RelationGetIndexScan: a standby's snapshots may be older. */
	state->ignore_dead = !TransactionStartedDuringRecovery();
	kg_visibility_init(&state->relation_rows, adj->relation, snapshot);
	kg_visibility_init(&state->entity_rows, adj->entity, snapshot);
	if (adj->query->direction & KG_OUT)
		problem = open_edges(adj, true, &state->out);
	if (problem == NULL && (adj->query->direction & KG_IN))
		problem = open_edges(adj, false, &state->in);
	if (problem == NULL)
		problem = open_entities(adj, &state->entities);
	if (problem != NULL)
		leaf_reader_close(adj);
	return problem;
}

static Relation
leaf_reader_index(const KgAdjacency *adj, bool outgoing)
{
	const LeafReaderState *state = adj->state;

	return (outgoing ? state->out : state->in)->pages.index;
}

const KgReader kg_leaf_reader = {
	.name = "leaf",
	.open = leaf_reader_open,
	.existing = leaf_reader_existing,
	.expand = leaf_reader_expand,
	.close = leaf_reader_close,
	.index = leaf_reader_index
};
