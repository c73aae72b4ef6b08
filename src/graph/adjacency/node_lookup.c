/*
 * node_lookup.c
 *	  Finds out which nodes exist, by the b-trees on their keys.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "access/skey.h"
#include "access/tableam.h"
#include "catalog/pg_am_d.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "graph/adjacency/index_checks.h"
#include "graph/adjacency/leaf_scan.h"
#include "graph/adjacency/node_cache.h"
#include "graph/adjacency/node_lookup.h"
#include "graph/adjacency/visibility.h"
#include "graph/catalog/keys.h"
#include "pg/compat.h"

/* One node table. */
typedef struct TableLookup
{
	int			table;
	KgVisibility rows;
	KgNodeCache *cache;
	KgLeafScan *pages;			/* of the index; NULL: "scan" reads it */
	Relation	index;
	IndexScanDesc scan;
	ScanKeyData key;
} TableLookup;

struct KgNodeLookup
{
	const KgGraph *graph;
	int			ntables;
	TableLookup tables[2];
};

/* Marks which nodes are there. */
typedef struct FoundNodes
{
	KgEdgeSink	sink;
	const int64 *nodes;
	Size		n;
	bool	   *found;
	Size		last;			/* index of the node that was marked last */
	KgNodeCache *cache;			/* of the table that is being read */
} FoundNodes;

static int
found_wanted(KgEdgeSink *sink, KgEdge *edges, int n)
{
	return n;
}

/* The index of a node; mostly the next one, if integers are the keys. */
static inline Size
index_of(FoundNodes *found, int64 node)
{
	Size		next = found->last + 1;

	if (next < found->n && found->nodes[next] == node)
		return next;
	/* Numbers from a dictionary are mostly without gaps. */
	if ((Size) (node - found->nodes[0]) < found->n &&
		found->nodes[node - found->nodes[0]] == node)
		return node - found->nodes[0];
	return kg_find_node(found->nodes, found->n, node);
}

static bool
found_take(KgEdgeSink *sink, const KgEdge *edges, int n)
{
	FoundNodes *found = (FoundNodes *) sink;

	for (int i = 0; i < n; i++)
	{
		found->last = index_of(found, edges[i].from);
		found->found[found->last] = true;
		kg_node_cache_add(found->cache, edges[i].from, ItemPointerGetBlockNumber(&edges[i].row));
	}
	return true;
}

static void
find_by_page(TableLookup *lookup, FoundNodes *found)
{
	KgEdge	   *edges;
	int			n;

	kg_leaf_scan_begin(lookup->pages, found->nodes, found->n, NULL);
	while ((edges = kg_leaf_scan_next(lookup->pages, &n)) != NULL)
		kg_take_visible(&lookup->rows, edges, n, &found->sink);
}

static void
find_by_scans(const KgGraph *graph, TableLookup *lookup, FoundNodes *found)
{
	for (Size i = 0; i < found->n; i++)
	{
		KgEdge		edge = {.from = found->nodes[i]};
		ItemPointer row;

		CHECK_FOR_INTERRUPTS();
		if (kg_keys_table(graph, edge.from) != lookup->table)
			continue;
		lookup->key.sk_argument = kg_keys_datum(graph, edge.from);
		index_rescan(lookup->scan, &lookup->key, 1, NULL, 0);
		while ((row = index_getnext_tid(lookup->scan, ForwardScanDirection)) != NULL)
		{
			edge.row = *row;
			kg_take_visible(&lookup->rows, &edge, 1, &found->sink);
		}
	}
}

void
kg_node_lookup_find(KgNodeLookup *lookup, const int64 *nodes, Size n, bool *found)
{
	FoundNodes	nodes_found = {{found_wanted, found_take}, nodes, n, found};

	for (int i = 0; i < lookup->ntables; i++)
	{
		TableLookup *table = &lookup->tables[i];

		nodes_found.cache = table->cache;
		if (table->pages != NULL)
			find_by_page(table, &nodes_found);
		else
			find_by_scans(lookup->graph, table, &nodes_found);
		kg_take_deferred(&table->rows, &nodes_found.sink);
		kg_visibility_end(&table->rows);
	}
}

void
kg_node_lookup_cached(KgNodeLookup *lookup, bool targets, const int64 *nodes, int n, bool *there)
{
	const TableLookup *table = &lookup->tables[lookup->ntables == 1 ? 0 : targets];

	kg_node_cache_find(table->cache, nodes, n, there);
}

/* Sets found[i] for each node that the cache knows to exist. */
static void
find_cached(KgNodeLookup *lookup, const int64 *nodes, Size n, bool *found)
{
	for (int j = 0; j < lookup->ntables; j++)
	{
		for (Size i = 0; i < n; i++)
		{
			if (kg_keys_table(lookup->graph, nodes[i]) == lookup->tables[j].table)
				kg_node_cache_find(lookup->tables[j].cache, &nodes[i], 1, &found[i]);
		}
	}
}

Size
kg_node_lookup_existing(KgNodeLookup *lookup, int64 *nodes, Size n)
{
	int64	   *rest = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	bool	   *found = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	bool	   *rest_found = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Size		nrest = 0;
	Size		kept = 0;

	find_cached(lookup, nodes, n, found);
	for (Size i = 0; i < n; i++)
	{
		if (!found[i])
			rest[nrest++] = nodes[i];
	}
	if (nrest > 0)
		kg_node_lookup_find(lookup, rest, nrest, rest_found);
	nrest = 0;
	for (Size i = 0; i < n; i++)
	{
		if (found[i] || rest_found[nrest++])
			nodes[kept++] = nodes[i];
	}
	pfree(rest);
	pfree(found);
	pfree(rest_found);
	return kept;
}

static const char *
open_table(const KgAdjacency *adj, bool targets, bool by_page, TableLookup *lookup)
{
	Relation	rel = targets ? adj->target_node_rel : adj->node_rel;
	const KgKeyAttrs *key = targets ? &adj->target_node_key : &adj->node_key;
	const char *problem;

	if (rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		return psprintf("\"%s\" is not stored as a heap.", RelationGetRelationName(rel));
	kg_visibility_init(&lookup->rows, rel, GetActiveSnapshot());
	lookup->table = targets ? adj->edges->target_table : adj->edges->source_table;
	lookup->cache = kg_node_cache_open(adj->graph, lookup->table, rel, key);
	problem = kg_leaf_scan_open_nodes(adj, targets, &lookup->pages);
	if (problem == NULL || by_page || key->n > 1)
		return problem;
	lookup->index = kg_find_index(rel, key, 0, NULL, 0);
	if (lookup->index == NULL)
		return "No valid b-tree leads with the entity's id.";
	kg_index_key_init(lookup->index, &lookup->key);
	lookup->scan = kg_index_beginscan(rel, lookup->index, GetActiveSnapshot(), 1);

	/*
	 * As in an index-only scan: the page stays pinned until the map is read.
	 */
	lookup->scan->xs_want_itup = true;
	return NULL;
}

const char *
kg_node_lookup_open(const KgAdjacency *adj, bool by_page, KgNodeLookup **opened)
{
	KgNodeLookup *lookup = palloc0(sizeof(KgNodeLookup));
	const char *problem = NULL;

	lookup->graph = adj->graph;
	lookup->ntables = adj->edges->source_table == adj->edges->target_table ? 1 : 2;
	for (int i = 0; i < lookup->ntables && problem == NULL; i++)
		problem = open_table(adj, i == 1, by_page, &lookup->tables[i]);
	*opened = lookup;
	return problem;
}

void
kg_node_lookup_share(KgNodeLookup *lookup, KgEdge *edges)
{
	for (int i = 0; i < lookup->ntables; i++)
	{
		if (lookup->tables[i].pages != NULL)
			kg_leaf_scan_share(lookup->tables[i].pages, edges);
	}
}

static void
close_table(TableLookup *lookup)
{
	kg_visibility_close(&lookup->rows);
	kg_node_cache_close(lookup->cache);
	kg_leaf_scan_close(lookup->pages);
	if (lookup->index == NULL)
		return;
	index_endscan(lookup->scan);
	index_close(lookup->index, NoLock);
}

void
kg_node_lookup_close(KgNodeLookup *lookup)
{
	if (lookup == NULL)
		return;
	close_table(&lookup->tables[0]);
	close_table(&lookup->tables[1]);
	pfree(lookup);
}
