/*
 * notices.c
 *	  Notices about nodes and relation types that do not exist.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/varlena.h"

#include "graph/catalog/catalog.h"
#include "graph/catalog/keys.h"
#include "graph/catalog/plans.h"
#include "graph/search/notices.h"

/* Nodes that are copied, so that the notice can name a missing one. */
#define MAX_KEPT_NODES 1000

/* The most rows of a table whose type names are read. */
#define MAX_ROWS 100000

/* Names are compared by their first bytes, at most this many. */
#define MAX_COMPARED 100

/* The most names that a hint offers. */
#define MAX_OFFERED 3

void
kg_notice_missing(const KgGraph *graph, const int64 *node, Size missing, Size n)
{
	if (n == 1)
		ereport(NOTICE,
				(errmsg("entity %s of graph \"%s\" is not there",
						kg_node_name(graph, *node), graph->name)));
	else if (node != NULL)
		ereport(NOTICE,
				(errmsg("%zu of %zu entities of graph \"%s\" are not there, %s among them",
						missing, n, graph->name, kg_node_name(graph, *node))));
	else
		ereport(NOTICE,
				(errmsg("%zu of %zu entities of graph \"%s\" are not there",
						missing, n, graph->name)));
}

Size
kg_existing_or_notice(KgAdjacency *adj, int64 *nodes, Size n)
{
	const KgGraph *graph = kg_adjacency_graph(adj);
	Size		nkept = Min(n, MAX_KEPT_NODES);
	int64	   *kept = palloc(Max(nkept, 1) * sizeof(int64));
	Size		found;
	Size		i;

	memcpy(kept, nodes, nkept * sizeof(int64));
	found = kg_adjacency_existing(adj, nodes, n);
	/* The first node that differs is missing: both arrays are ascending. */
	for (i = 0; i < Min(nkept, found) && kept[i] == nodes[i]; i++)
		;
	if (found < n)
		kg_notice_missing(graph, i < nkept ? &kept[i] : NULL, n - found, n);
	pfree(kept);
	return found;
}

/*
 * May the caller see all names in the column, and is the table small enough to
 * read them?
 */
static bool
is_open(const KgGraph *graph, Relation rel, const char *column)
{
	Oid			relid = RelationGetRelid(rel);
	AttrNumber	attno = kg_graph_column(graph, rel, column);

	return rel->rd_rel->relkind == RELKIND_RELATION &&
		check_enable_rls(relid, InvalidOid, true) != RLS_ENABLED &&
		RelationGetNumberOfBlocks(rel) <= MAX_ROWS / 20 &&
		rel->rd_rel->reltuples <= MAX_ROWS &&
		(pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		 pg_attribute_aclcheck(relid, attno, GetUserId(),
							   ACL_SELECT) == ACLCHECK_OK);
}

/* Adds the names in a column to the list; false if not all may be shown. */
static bool
add_names(const KgGraph *graph, const char *schema, const char *table,
		  const char *column,
		  List **known)
{
	MemoryContext context = CurrentMemoryContext;
	Relation	rel = kg_graph_open(graph, schema, table);
	bool		open = is_open(graph, rel, column);

	if (open)
	{
		char	   *sql = psprintf("SELECT DISTINCT t.%1$s::pg_catalog.text FROM %2$s AS t WHERE t.%1$s IS NOT NULL",
								   quote_identifier(column),
								   kg_quoted_relation(rel));

		SPI_connect();
		if (kg_execute_plan(kg_plan(sql, 0, NULL, 0), NULL) != SPI_OK_SELECT)
			elog(ERROR, "could not read the names of types");
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			MemoryContext old = MemoryContextSwitchTo(context);

			*known = lappend(*known, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
			MemoryContextSwitchTo(old);
		}
		SPI_finish();
	}
	table_close(rel, NoLock);
	return open;
}

/* All relation types of the graph; false if not all may be shown. */
static bool
known_types(const KgGraph *graph, List **known)
{
	if (!graph->registered)
		return add_names(graph, graph->schema, graph->tables[KG_RELATION_TYPE],
						 "name", known);
	for (int i = 0; i < graph->nedge_tables; i++)
	{
		const KgEdgeTable *edges = &graph->edge_tables[i];

		if (edges->type != NULL)
			*known = lappend(*known, edges->type);
		else if (!add_names(graph, edges->schema, edges->table,
							edges->type_column, known))
			return false;
	}
	return true;
}

typedef struct Offer
{
	const char *name;
	int			distance;
} Offer;

static int
compare_offers(const void *a, const void *b)
{
	const Offer *x = a;
	const Offer *y = b;

	if (x->distance != y->distance)
		return x->distance - y->distance;
	return strcmp(x->name, y->name);
}

static int
compared_length(const char *name)
{
	return pg_mbcliplen(name, strlen(name), MAX_COMPARED);
}

/* The known names nearest to this one, quoted. */
static char *
nearest(const char *name, const List *known)
{
	Offer	   *offers = palloc(Max(list_length(known), 1) * sizeof(Offer));
	StringInfoData text;
	ListCell   *lc;
	int			n = 0;

	foreach(lc, known)
	{
		offers[n].name = lfirst(lc);
		offers[n].distance = varstr_levenshtein(name, compared_length(name),
												offers[n].name,
												compared_length(offers[n].name),
												1, 1, 1, false);
		n++;
	}
	qsort(offers, n, sizeof(Offer), compare_offers);
	initStringInfo(&text);
	for (int i = 0; i < n && text.len < 1000; i++)
	{
		if (i > 0 && strcmp(offers[i].name, offers[i - 1].name) == 0)
			continue;
		if (i >= MAX_OFFERED)
			break;
		appendStringInfo(&text, "%s\"%s\"", text.len == 0 ? "" : ", ",
						 offers[i].name);
	}
	return text.data;
}

void
kg_notice_unknown_types(const KgGraph *graph, char **names, int n)
{
	List	   *known = NIL;
	ListCell   *lc;

	if (!known_types(graph, &known))
		return;
	for (int i = 0; i < n; i++)
	{
		bool		found = false;

		foreach(lc, known)
		{
			found |= strcmp(lfirst(lc), names[i]) == 0;
		}
		if (!found)
			ereport(NOTICE,
					(errmsg("graph \"%s\" has no relation type \"%s\"",
							graph->name, names[i]),
					 known == NIL ? 0 :
					 errhint("The nearest are %s.",
							 nearest(names[i], known))));
	}
}
