/*
 * leaf_scan.c
 *	  The entries of a b-tree for given nodes, a leaf page at a time.
 *
 * Nodes, sorted as the index is, are merged with it.  What is of use of a page
 * is copied out while it is locked; visibility is for later, and the caller.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "access/xact.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "graph/adjacency/index_checks.h"
#include "graph/adjacency/leaf_pages.h"
#include "graph/adjacency/leaf_scan.h"
#include "graph/adjacency/leaf_scan_state.h"
#include "graph/adjacency/sorted_keys.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_columns.h"
#include "graph/catalog/keys.h"
#include "pg/buffer_hints.h"
#include "pg/compat.h"

/* With what functions are to know of the first column: see copy_other. */
#define FORMAT_OTHER 64

/* The index is unique: see find_unique. */
#define FORMAT_UNIQUE 128

/* So often find_unique guesses before it searches. */
#define MAX_GUESSES 3

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
passes_filter(const KgLeafScan *scan, IndexTuple itup)
{
	const KgEdgeQuery *query = scan->query;

	if (!query->any_type &&
		!kg_is_of_types(query, kg_index_integer(itup, scan->desc, &scan->type)))
		return false;
	return query->any_time || kg_index_is_valid(itup, scan->desc, &scan->valid_from,
												&scan->valid_to, query->as_of);
}

/* The type and the weight, unless all edges have the same or none. */
static void
copy_details(const KgLeafScan *scan, IndexTuple itup, KgEdge *edge)
{
	Datum		weight;

	edge->type = scan->type_of_all;
	edge->type_is_null = false;
	if (scan->type.attno != 0)
		edge->type = kg_type_number(kg_index_integer(itup, scan->desc, &scan->type));
	edge->weight_is_null = true;
	if (scan->weight.attno == 0)
		return;
	weight = index_getattr(itup, scan->weight.attno, scan->desc, &edge->weight_is_null);
	if (!edge->weight_is_null)
		edge->weight = kg_weight(weight, scan->weight.type);
}

/* Copies what the search needs of a tuple, once for each row it stands for. */
static inline void
copy_edge(KgLeafScan *scan, IndexTuple itup, int64 from, int64 to)
{
	KgEdge	   *edge = &scan->edges[scan->n];

	edge->from = from;
	edge->to = to;
	edge->outgoing = scan->outgoing;
	edge->id_is_null = scan->id.attno == 0 ||
		(scan->id.nullable && kg_index_is_null(itup, scan->id.attno));
	edge->id = edge->id_is_null ? 0 : kg_index_integer(itup, scan->desc, &scan->id);
	if (scan->details)
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
is_no_edge(const KgLeafScan *scan, IndexTuple itup)
{
	return IndexTupleHasNulls(itup) &&
		(kg_index_is_null(itup, 1) ||
		 (scan->to.attno != 0 && kg_index_is_null(itup, scan->to.attno)) ||
		 (scan->far_key != NULL && kg_key_is_null(scan->far_key, itup)));
}

/*
 * Notes the keys at the other end of the edges from "first" on, which are those of
 * one tuple: the dictionary may take longer than a page should be locked.
 */
static void
keep_far_keys(KgLeafScan *scan, IndexTuple itup, int first)
{
	Datum		key = kg_index_value(itup, scan->desc, scan->to.attno);
	char	   *copy = scan->far_bytes + scan->far_used;
	int			i;

	if (scan->far_key != NULL)
		scan->far_used += kg_key_copy(scan->far_key, itup, scan->desc, copy);
	else if (kg_is_integer(scan->to.type))
	{
		for (i = first; i < scan->n; i++)
			scan->edges[i].to = kg_integer(key, scan->to.type);
		return;
	}
	else if (scan->to.type == UUIDOID)
	{
		memcpy(copy, DatumGetPointer(key), UUID_LEN);
		scan->far_used += UUID_LEN;
	}
	else
	{
		memcpy(copy, DatumGetPointer(key), VARSIZE_ANY(DatumGetPointer(key)));
		scan->far_used += INTALIGN(VARSIZE_ANY(DatumGetPointer(key)));
	}
	for (i = first; i < scan->n; i++)
		scan->far[i] = copy;
}

void
kg_leaf_copy_tuple(KgLeafScan *scan, IndexTuple itup, int64 from)
{
	int			first = scan->n;

	if (is_no_edge(scan, itup) || (scan->filter && !passes_filter(scan, itup)))
		return;
	copy_edge(scan, itup, from, 0);
	if (scan->to.attno != 0)
		keep_far_keys(scan, itup, first);
}

/* Copies a tuple with the i-th key: with a dictionary, or only its rows. */
static void
copy_other(KgLeafScan *scan, IndexTuple itup, Size i)
{
	int64		from = scan->pages.nodes[i];

	if (scan->graph->keys != NULL)
		from = kg_sorted_keys_node(&scan->sorted, i, scan->pages.width == UUID_LEN ?
								   kg_uuid_rest(kg_index_data(itup)) : 0);
	if (scan->graph->keys == NULL || from != 0)
		kg_leaf_copy_tuple(scan, itup, from);
}

/*
 * Copies the edges of the i-th node from "offset" on; returns the offset of the
 * first tuple that is not the node's.
 */
static pg_attribute_always_inline OffsetNumber
copy_node(KgLeafScan *scan, Page page, OffsetNumber offset, Size i, int format)
{
	int64		node = scan->pages.nodes[i];
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	ptrdiff_t	to_next = scan->to_next;

	for (; offset <= max; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		IndexTuple	itup = (IndexTuple) PageGetItem(page, item);
		int64		to;

		if (kg_tuple_node(itup, format, &scan->sorted) != node)
			break;
		kg_prefetch((const char *) itup + to_next);
		if (scan->by_type)
		{
			int32		type = kg_tuple_type(itup, format);
			int32		needed;

			if (!find_type(scan->query, type, &needed))
				needed = PG_INT32_MAX;
			if (needed != type && type != PG_INT32_MAX)
			{
				offset = kg_page_gallop(page, offset + 1, node, needed, format, &scan->sorted) - 1;
				continue;
			}
		}
		if (unlikely(ItemIdIsDead(item)) && scan->ignore_dead)
			continue;
		if (format & FORMAT_OTHER)
		{
			copy_other(scan, itup, i);
			continue;
		}
		if ((format & KG_FORMAT_NULLS) && is_no_edge(scan, itup))
			continue;
		to = kg_index_integer(itup, scan->desc, &scan->to);
		if (scan->visited != NULL && kg_node_set_has(scan->visited, to))
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
find_rest(KgLeafScan *scan, IndexTuple high_key)
{
	KgLeafPages *pages = &scan->pages;
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
 * The first tuple from "low" on that is not less than the node, as
 * kg_page_gallop, on the page of an index that is unique.  Keys are mostly
 * spread evenly over it, and a guess from the first one and the high key reads
 * a few lines of memory less than a search by halves.
 */
static pg_attribute_always_inline OffsetNumber
find_unique(Page page, OffsetNumber low, int64 node, int64 high_key, int format,
			KgSortedKeys *sorted)
{
	OffsetNumber high = PageGetMaxOffsetNumber(page) + 1;
	int			guesses;

	for (guesses = 0; guesses < MAX_GUESSES && low < high; guesses++)
	{
		int64		low_key = kg_tuple_node(kg_page_tuple(page, low), format, sorted);
		OffsetNumber guess;

		if (node <= low_key)
			return low;
		/* A deleted key may have been at the border. */
		if (high_key <= node)
			break;
		guess = low + (OffsetNumber) (((double) node - low_key) / ((double) high_key - low_key) * (high - low));
		guess = Min(guess, high - 1);
		if (kg_tuple_is_less(kg_page_tuple(page, guess), node, PG_INT32_MIN, format, sorted))
		{
			low = guess + 1;
			continue;
		}
		high = guess;
		high_key = kg_tuple_node(kg_page_tuple(page, guess), format, sorted);
		if (kg_tuple_is_less(kg_page_tuple(page, guess - 1), node, PG_INT32_MIN, format, sorted))
			return guess;
	}
	return kg_page_gallop(page, low, node, PG_INT32_MIN, format, sorted);
}

/*
 * Copies the edges of the nodes from "next" on; returns the first node of
 * which there may be more to the right of the page.
 */
static pg_attribute_always_inline Size
copy_nodes(KgLeafScan *scan, IndexTuple high_key, int format)
{
	const KgLeafPages *pages = &scan->pages;
	KgSortedKeys *sorted = &scan->sorted;
	Page		page = pages->page;
	OffsetNumber offset = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber max = PageGetMaxOffsetNumber(page);
	Size		i = pages->next;
	int64		high = high_key ? kg_tuple_node(high_key, format, sorted) : PG_INT64_MAX;

	while (i < pages->n && pages->nodes[i] <= high)
	{
		int64		key;

		if (format & FORMAT_UNIQUE)
			offset = find_unique(page, offset, pages->nodes[i], high, format, sorted);
		else
			offset = kg_page_gallop(page, offset, pages->nodes[i], PG_INT32_MIN, format, sorted);
		offset = copy_node(scan, page, offset, i, format);
		if (offset > max)
			break;
		key = kg_tuple_node(kg_page_tuple(page, offset), format, sorted);
		do
			i++;
		while (i < pages->n && pages->nodes[i] < key);
	}
	if (high_key == NULL)
		return pages->n;
	while (i < pages->n && pages->nodes[i] < high)
		i++;
	return i;
}

/* Merges the current page, which is locked, with the nodes. */
static void
copy_page(KgLeafScan *scan)
{
	KgLeafPages *pages = &scan->pages;
	Page		page = pages->page;
	IndexTuple	high_key = P_RIGHTMOST(BTPageGetOpaque(page)) ? NULL :
	kg_page_tuple(page, P_HIKEY);
	Size		i;

	scan->n = 0;
	scan->far_used = 0;
	scan->to_next = pages->following ? pages->following - (const char *) page : 0;
	scan->jump_type = PG_INT32_MIN;
	pages->more = false;

	/*
	 * If the first column is null, it is so in the high key, since nulls are
	 * last.
	 */
	if (pages->width == KG_RANKED)
		i = kg_leaf_copy_by_rank(scan, high_key);
	else if (pages->spread && high_key != NULL && pages->width == sizeof(int64))
		i = copy_nodes(scan, high_key, sizeof(int64) | KG_FORMAT_NULLS | FORMAT_OTHER | FORMAT_UNIQUE);
	else if (pages->spread && high_key != NULL && pages->width == sizeof(int32))
		i = copy_nodes(scan, high_key, sizeof(int32) | KG_FORMAT_NULLS | FORMAT_OTHER | FORMAT_UNIQUE);
	else if (scan->other)
		i = copy_nodes(scan, high_key, pages->width | KG_FORMAT_NULLS | FORMAT_OTHER);
	else if (scan->nulls || high_key == NULL || kg_index_is_null(high_key, 1))
		i = copy_nodes(scan, high_key, pages->width | KG_FORMAT_NULLS);
	else if (pages->width == sizeof(int64))
		i = copy_nodes(scan, high_key, sizeof(int64));
	else if (pages->width == sizeof(int32))
		i = copy_nodes(scan, high_key, sizeof(int32));
	else
		i = copy_nodes(scan, high_key, sizeof(int16));
	if (i != pages->next)
		pages->from_type = PG_INT32_MIN;
	pages->next = i;
	if (i < pages->n && pages->nodes[i] == kg_tuple_node(high_key, pages->width | KG_FORMAT_NULLS, &scan->sorted))
		find_rest(scan, high_key);
}

/* Makes the keys of n copies of columns, in "json". */
static void
write_far_keys(const KgLeafScan *scan, const char **far, int n, StringInfo json)
{
	Size		ends[KG_KEYS_AHEAD];
	Datum		values[INDEX_MAX_KEYS];
	int			i;

	resetStringInfo(json);
	for (i = 0; i < n; i++)
	{
		ends[i] = INTALIGN(json->len);
		enlargeStringInfo(json, ALIGNOF_INT + VARHDRSZ);
		json->len = ends[i] + VARHDRSZ;
		kg_key_copied(scan->far_key, far[i], values);
		kg_append_key(json, &scan->graph->node_tables[scan->to_table], values);
		SET_VARSIZE(json->data + ends[i], json->len - ends[i]);
	}
	for (i = 0; i < n; i++)
		far[i] = json->data + ends[i];
}

/* Numbers those other ends from "first" on that the dictionary takes together. */
static void
number_far_bytes(KgLeafScan *scan, int first, int64 *nodes)
{
	const char **far = scan->far + first;
	int			n = Min(scan->n - first, KG_KEYS_AHEAD);

	if (scan->far_key != NULL)
		write_far_keys(scan, far, n, &scan->json);
	kg_keys_numbers(scan->graph, scan->to_table, far, n, true, nodes);
}

/* Has the dictionary number the other ends, and drops edges to what was visited. */
static void
number_far_keys(KgLeafScan *scan)
{
	int64		nodes[KG_KEYS_AHEAD];
	int			kept = 0;
	int			i;

	for (i = 0; i < scan->n; i++)
	{
		KgEdge	   *edge = &scan->edges[i];

		if (scan->far == NULL)
			edge->to = kg_keys_intern(scan->graph, scan->to_table, Int64GetDatum(edge->to));
		else
		{
			if (i % KG_KEYS_AHEAD == 0)
				number_far_bytes(scan, i, nodes);
			edge->to = nodes[i % KG_KEYS_AHEAD];
		}
		if (scan->visited == NULL || !kg_node_set_has(scan->visited, edge->to))
			scan->edges[kept++] = *edge;
	}
	scan->n = kept;
}

void
kg_leaf_scan_begin(KgLeafScan *scan, const int64 *nodes, Size n, const KgNodeSet *visited)
{
	if (scan->edges == NULL)
		scan->edges = scan->own_edges = palloc(KG_LEAF_EDGES * sizeof(KgEdge));
	kg_sorted_keys_begin(&scan->sorted, nodes, n);
	scan->max_found = n;
	if (scan->sorted.ncolumns == 1)
		kg_leaf_choose_for_texts(scan, n);
	scan->visited = visited;
	scan->started = false;
}

KgEdge *
kg_leaf_scan_next(KgLeafScan *scan, int *n)
{
	KgLeafPages *pages = &scan->pages;

	while (!scan->started || !kg_leaf_pages_next(pages))
	{
		kg_leaf_scan_end(scan);
		if (!kg_sorted_keys_next(&scan->sorted))
			return NULL;
		kg_leaf_pages_begin(pages, scan->sorted.keys, scan->sorted.n);
		scan->started = true;
	}
	copy_page(scan);
	kg_leaf_pages_unlock(pages);
	if (scan->jump_type != PG_INT32_MIN)
		kg_leaf_pages_jump(pages, scan->jump_type);
	if (scan->graph->keys != NULL && scan->to.attno != 0)
		number_far_keys(scan);
	*n = scan->n;
	return scan->edges;
}

void
kg_leaf_scan_end(KgLeafScan *scan)
{
	if (scan->started)
		kg_leaf_pages_end(&scan->pages);
	scan->started = false;
}

void
kg_leaf_scan_share(KgLeafScan *scan, KgEdge *edges)
{
	scan->edges = edges;
}

Relation
kg_leaf_scan_index(const KgLeafScan *scan)
{
	return scan->pages.index;
}

void
kg_leaf_scan_close(KgLeafScan *scan)
{
	if (scan == NULL)
		return;
	index_close(scan->pages.index, NoLock);
	kg_sorted_keys_free(&scan->sorted);
	if (scan->own_edges != NULL)
		pfree(scan->own_edges);
	if (scan->far != NULL)
	{
		pfree(scan->far);
		pfree(scan->far_bytes);
	}
	if (scan->far_key != NULL)
	{
		pfree(scan->far_key);
		pfree(scan->json.data);
	}
	pfree(scan);
}

/* Why an index, the first columns of which are a key, cannot be read by the page, or NULL. */
static const char *
index_problem(Relation index, int ncolumns)
{
	const char *name = RelationGetRelationName(index);
	bool		heapkeyspace;
	bool		allequalimage;
	int			i;

	for (i = 0; i < ncolumns; i++)
	{
		if (index->rd_indoption[i] & INDOPTION_DESC)
			return psprintf("Index \"%s\" is in descending order.", name);
		if (index->rd_indoption[i] & INDOPTION_NULLS_FIRST)
			return psprintf("Index \"%s\" has nulls first.", name);
	}
	/* Of before PostgreSQL 12, brought here by pg_upgrade. */
	_bt_metaversion(index, &heapkeyspace, &allequalimage);
	if (!heapkeyspace)
		return psprintf("Index \"%s\" is of an old format.", name);
	return NULL;
}

/* What to open. */
typedef struct Wanted
{
	Relation	heap;
	const KgKeyAttrs *key;
	AttrNumber	second;			/* as for kg_find_index */
	const AttrNumber *needed;
	int			nneeded;
	int			table;			/* node table of the first columns */
} Wanted;

static const char *
open_scan(const KgAdjacency *adj, const Wanted *wanted, KgEdge *edges, KgLeafScan **opened)
{
	Snapshot	snapshot = GetActiveSnapshot();
	const char *problem;
	KgLeafScan *scan;
	Relation	index;

	*opened = NULL;
	if (!IsMVCCSnapshot(snapshot))
		return "The snapshot is not an MVCC snapshot.";
	index = kg_find_index(wanted->heap, wanted->key, wanted->second, wanted->needed,
						  wanted->nneeded);
	if (index == NULL)
		return psprintf("No valid b-tree on (%s) holds all columns that are needed.",
						kg_key_names(wanted->heap, wanted->key));
	problem = index_problem(index, wanted->key->n);
	if (problem != NULL)
	{
		index_close(index, NoLock);
		return problem;
	}
	*opened = scan = palloc0(sizeof(KgLeafScan));
	kg_leaf_pages_init(&scan->pages, wanted->heap, index, snapshot);
	scan->pages.sorted = &scan->sorted;
	kg_sorted_keys_init(&scan->sorted, adj->graph, wanted->table);
	if (wanted->key->n > 1)
		scan->pages.width = KG_RANKED;
	if (scan->pages.width == KG_RANKED)
		kg_sorted_keys_by_rank(&scan->sorted, wanted->heap, index, wanted->key);
	scan->graph = adj->graph;
	scan->desc = RelationGetDescr(index);
	scan->edges = edges;
	/* As RelationGetIndexScan: a standby's snapshots may be older. */
	scan->ignore_dead = !TransactionStartedDuringRecovery();
	scan->nulls = !kg_never_null(RelationGetDescr(wanted->heap), wanted->key->attnos[0] - 1);
	return NULL;
}

/* The columns of a covering index, and what they are tested for. */
static void
locate_columns(const KgAdjacency *adj, KgLeafScan *scan, const KgKeyAttrs *far)
{
	const KgEdgeColumns *c = &adj->columns;
	const KgEdgeQuery *query = adj->query;
	Relation	heap = adj->edge_rel;
	Relation	index = scan->pages.index;

	scan->query = query;
	scan->details = query->weighted;
	scan->type_of_all = adj->type;
	scan->to = kg_index_locate(heap, index, far->attnos[0]);
	if (far->n > 1)
	{
		scan->far_key = palloc(sizeof(KgKeyColumns));
		kg_key_locate(scan->far_key, heap, index, far);
		initStringInfo(&scan->json);
	}
	scan->id = kg_index_locate(heap, index, c->id);
	scan->nulls |= scan->to.nullable;
	scan->type = kg_index_locate(heap, index, c->type);
	scan->weight = kg_index_locate(heap, index, c->weight);
	scan->valid_from = kg_index_locate(heap, index, c->valid_from);
	scan->valid_to = kg_index_locate(heap, index, c->valid_to);
	scan->by_type = !query->any_type && kg_index_has_second_key(heap, index, c->type) &&
		index->rd_indoption[1] == 0 && scan->type.width != 0 && scan->graph->keys == NULL;
	scan->filter = (!query->any_type && !scan->by_type) || !query->any_time;
}

const char *
kg_leaf_scan_open_edges(const KgAdjacency *adj, bool outgoing, bool covering, KgEdge *edges,
						KgLeafScan **opened)
{
	const KgEdgeColumns *c = &adj->columns;
	const KgEdgeTable *table = adj->edges;
	const KgKeyAttrs *far = outgoing ? &c->target : &c->source;
	AttrNumber	needed[KG_NEEDED_COLUMNS];
	Wanted		wanted = {adj->edge_rel, outgoing ? &c->source : &c->target};
	const char *problem;
	KgLeafScan *scan;

	wanted.table = outgoing ? table->source_table : table->target_table;
	if (covering)
	{
		wanted.second = adj->query->any_type ? 0 : c->type;
		wanted.needed = needed;
		wanted.nneeded = kg_needed_columns(c, far, needed);
	}
	problem = open_scan(adj, &wanted, edges, opened);
	if (problem != NULL)
		return problem;
	scan = *opened;
	scan->outgoing = outgoing;
	scan->to_table = outgoing ? table->target_table : table->source_table;
	scan->other = !covering || scan->graph->keys != NULL;
	if (!covering)
		return NULL;
	locate_columns(adj, scan, far);
	if (scan->graph->keys != NULL && (scan->far_key != NULL || !kg_is_integer(scan->to.type)))
	{
		scan->far = palloc(KG_LEAF_EDGES * sizeof(char *));
		scan->far_bytes = palloc(scan->far_key != NULL ? KG_KEY_COPY * BLCKSZ : BLCKSZ);
	}
	return NULL;
}

const char *
kg_leaf_scan_open_nodes(const KgAdjacency *adj, bool targets, KgLeafScan **opened)
{
	Wanted		wanted = {targets ? adj->target_node_rel : adj->node_rel,
	targets ? &adj->target_node_key : &adj->node_key};
	const char *problem;

	wanted.table = targets ? adj->edges->target_table : adj->edges->source_table;
	problem = open_scan(adj, &wanted, NULL, opened);
	if (problem != NULL)
		return problem;
	(*opened)->other = true;
	(*opened)->pages.spread = adj->graph->keys == NULL &&
		(*opened)->pages.index->rd_index->indisunique;
	return NULL;
}
