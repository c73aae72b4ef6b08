/*
 * leaf_scan.c
 *	  The entries of a b-tree for given nodes, a leaf page at a time.
 *
 * The nodes are sorted as the index is, and merged with it.  Entries are
 * copied from a page while it is locked; the caller looks up their visibility
 * later.
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
#include "graph/adjacency/leaf_ranked.h"
#include "graph/adjacency/leaf_scan.h"
#include "graph/adjacency/sorted_keys.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_columns.h"
#include "graph/catalog/keys.h"
#include "pg/btree.h"
#include "pg/buffer_hints.h"
#include "pg/compat.h"

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

	if (pages->width == KG_RANKED)
		i = kg_leaf_copy_by_rank(scan, high_key);
	else
		i = kg_leaf_copy_by_key(scan, high_key);
	if (i != pages->next)
		pages->from_type = PG_INT32_MIN;
	pages->next = i;
	if (i < pages->n && pages->nodes[i] ==
		kg_tuple_node(high_key, pages->width | KG_FORMAT_NULLS, &scan->sorted))
		kg_leaf_find_overflow(scan, high_key);
}

/* Replaces n copies of key columns by the keys made of them, in "json". */
static void
write_far_keys(const KgLeafScan *scan, const char **far, int n, StringInfo json)
{
	Size		ends[KG_KEYS_AHEAD];
	Datum		values[INDEX_MAX_KEYS];

	resetStringInfo(json);
	for (int i = 0; i < n; i++)
	{
		ends[i] = INTALIGN(json->len);
		enlargeStringInfo(json, ALIGNOF_INT + VARHDRSZ);
		json->len = ends[i] + VARHDRSZ;
		kg_key_copied(scan->far_key, far[i], values);
		kg_append_key(json, &scan->graph->node_tables[scan->to_table], values);
		SET_VARSIZE(json->data + ends[i], json->len - ends[i]);
	}
	for (int i = 0; i < n; i++)
		far[i] = json->data + ends[i];
}

/* Numbers the other ends from "first" on, KG_KEYS_AHEAD at most. */
static void
number_far_bytes(KgLeafScan *scan, int first, int64 *nodes)
{
	const char **far = scan->far + first;
	int			n = Min(scan->n - first, KG_KEYS_AHEAD);

	if (scan->far_key != NULL)
		write_far_keys(scan, far, n, &scan->json);
	kg_keys_numbers(scan->graph, scan->to_table, far, n, true, nodes);
}

/*
 * Numbers the other ends by the dictionary, and drops edges to visited nodes.
 */
static void
number_far_keys(KgLeafScan *scan)
{
	int64		nodes[KG_KEYS_AHEAD];
	int			kept = 0;

	for (int i = 0; i < scan->n; i++)
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

/* Tells where the index is damaged. */
static void
tell_page(void *arg)
{
	const KgLeafPages *pages = arg;

	if (geterrcode() != ERRCODE_INDEX_CORRUPTED)
		return;
	if (BufferIsValid(pages->buffer))
		errcontext("block %u of index \"%s\"", BufferGetBlockNumber(pages->buffer),
				   RelationGetRelationName(pages->index));
	else
		errcontext("internal pages of index \"%s\"", RelationGetRelationName(pages->index));
}

/* Copies the next page's edges, while it is locked; false if there is none. */
static bool
copy_next_page(KgLeafScan *scan)
{
	KgLeafPages *pages = &scan->pages;
	ErrorContextCallback context = {error_context_stack, tell_page, pages};
	bool		found;

	error_context_stack = &context;
	found = kg_leaf_pages_next(pages);
	if (found)
	{
		copy_page(scan);
		kg_leaf_pages_unlock(pages);
	}
	error_context_stack = context.previous;
	return found;
}

KgEdge *
kg_leaf_scan_next(KgLeafScan *scan, int *n)
{
	KgLeafPages *pages = &scan->pages;

	while (!scan->started || !copy_next_page(scan))
	{
		kg_leaf_scan_end(scan);
		if (!kg_sorted_keys_next(&scan->sorted))
			return NULL;
		kg_leaf_pages_begin(pages, scan->sorted.keys, scan->sorted.n);
		scan->started = true;
	}
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

/*
 * Why the pages of an index that starts with this key cannot be read, or NULL.
 */
static const char *
index_problem(Relation index, int ncolumns)
{
	const char *name = RelationGetRelationName(index);
	bool		heapkeyspace;
	bool		allequalimage;

	for (int i = 0; i < ncolumns; i++)
	{
		if (index->rd_indoption[i] & INDOPTION_DESC)
			return psprintf("Index \"%s\" is in descending order.", name);
		if (index->rd_indoption[i] & INDOPTION_NULLS_FIRST)
			return psprintf("Index \"%s\" has nulls first.", name);
	}
	/* An index from before PostgreSQL 12 that pg_upgrade has brought along. */
	_bt_metaversion(index, &heapkeyspace, &allequalimage);
	if (!heapkeyspace)
		return psprintf("Index \"%s\" is of an old format.", name);
	return NULL;
}

/* The index to open. */
typedef struct Wanted
{
	Relation	heap;
	const KgKeyAttrs *key;
	AttrNumber	second;			/* second key column, as for kg_find_index */
	const AttrNumber *needed;
	int			nneeded;
	int			table;			/* node table whose keys the first columns are */
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
		return kg_no_index(wanted->heap, wanted->key, wanted->needed, wanted->nneeded);
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

	/* As RelationGetIndexScan: snapshots of a standby may be older. */
	scan->ignore_dead = !TransactionStartedDuringRecovery();
	scan->nulls = !kg_never_null(RelationGetDescr(wanted->heap), wanted->key->attnos[0] - 1);
	return NULL;
}

/*
 * Finds the columns of a covering index, and the tests that edges must pass.
 */
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
	if (query->known_then)
	{
		if (kg_index_column(index, c->recorded_at) != 0)
			scan->recorded_at = kg_index_locate(heap, index, c->recorded_at);
		scan->expired_at = kg_index_locate(heap, index, c->expired_at);
	}
	else if (c->expired_at != 0)
		scan->expired = kg_index_column(index, c->expired_at);
	scan->by_type = !query->any_type && kg_index_has_second_key(heap, index, c->type) &&
		index->rd_indoption[1] == 0 && scan->type.width != 0 && scan->graph->keys == NULL;
	scan->filter = (!query->any_type && !scan->by_type) || !query->any_time ||
		query->known_then;
}

/* Opens an index that may lack this one of the needed columns. */
static const char *
open_without(const KgAdjacency *adj, const Wanted *wanted, AttrNumber column, KgEdge *edges,
			 KgLeafScan **opened)
{
	AttrNumber	needed[KG_NEEDED_COLUMNS];
	Wanted		other = *wanted;

	other.needed = needed;
	other.nneeded = 0;
	for (int i = 0; i < wanted->nneeded; i++)
	{
		if (wanted->needed[i] != column)
			needed[other.nneeded++] = wanted->needed[i];
	}
	return open_scan(adj, &other, edges, opened);
}

bool
kg_leaf_scan_tells_recorded(const KgLeafScan *scan)
{
	return scan->recorded_at.attno != 0;
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
	if (problem != NULL && covering && c->recorded_at != 0)
		problem = open_without(adj, &wanted, c->recorded_at, edges, opened);
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
