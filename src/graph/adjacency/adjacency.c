/*
 * adjacency.c
 *	  Opens a graph for a search: privileges, and the choice of the reader.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "graph/adjacency/adjacency.h"
#include "graph/adjacency/edge_types.h"
#include "graph/catalog/catalog.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/keys.h"

typedef enum ReaderChoice
{
	READER_AUTO,
	READER_LEAF,
	READER_INDEX,
	READER_HEAP,
	READER_SQL
} ReaderChoice;

static int	reader_choice = READER_AUTO;	/* ReaderChoice */

static const struct config_enum_entry reader_options[] = {
	{"auto", READER_AUTO, false},
	{"leaf", READER_LEAF, false},
	{"index", READER_INDEX, false},
	{"heap", READER_HEAP, false},
	{"sql", READER_SQL, false},
	{NULL, 0, false}
};

void
kg_graph_init(void)
{
	DefineCustomEnumVariable("kg.adjacency_reader",
							 "How traversals read relations.",
							 "\"auto\" reads indexes where that gives what a SELECT "
							 "would, and else runs a query for each level; \"leaf\" "
							 "(the pages of indexes), \"index\" (index-only scans) and "
							 "\"heap\" (index scans) make it an error if they cannot "
							 "serve, and say why.",
							 &reader_choice, READER_AUTO, reader_options,
							 PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
}

static void
find_columns(KgAdjacency *adj)
{
	const KgEdgeQuery *query = adj->query;
	const KgEdgeTable *edges = adj->edges;
	const KgGraph *graph = adj->graph;
	KgEdgeColumns *columns = &adj->columns;

#define COLUMN(name) kg_graph_column(graph, adj->edge_rel, (name))
	memset(columns, 0, sizeof(*columns));
	kg_graph_check_ends(graph, adj->edge_rel, edges);
	columns->id = COLUMN(edges->id);
	columns->source = kg_graph_key(graph, adj->edge_rel, edges->source);
	columns->target = kg_graph_key(graph, adj->edge_rel, edges->target);
	if (!query->any_type || query->typed)
		columns->type = COLUMN(edges->type_column);
	if (query->weighted)
		columns->weight = COLUMN(edges->weight);
	if (!query->any_time)
	{
		columns->valid_from = COLUMN(edges->valid_from);
		columns->valid_to = COLUMN(edges->valid_to);
	}
	if (query->known_then)
		columns->recorded_at = COLUMN(edges->recorded_at);
	columns->expired_at = COLUMN(edges->expired_at);
	if (query->properties != NULL)
	{
		if (graph->registered &&
			get_attnum(RelationGetRelid(adj->edge_rel), "properties") == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table %s of graph \"%s\" has no column \"properties\"",
							kg_quoted_relation(adj->edge_rel), graph->name),
					 errhint("Filter by its columns instead, as in filter => 'r.column = 1'.")));
		columns->properties = COLUMN("properties");
	}
#undef COLUMN
	adj->node_key = kg_graph_key(graph, adj->node_rel,
								 graph->node_tables[edges->source_table].key);
	adj->target_node_key = kg_graph_key(graph, adj->target_node_rel,
										graph->node_tables[edges->target_table].key);
}

/*
 * As the executor does for a SELECT: checks the privilege on the table, or
 * else on each column that is read.
 */
static void
check_select(Relation rel, const AttrNumber *columns, int ncolumns)
{
	Oid			relid = RelationGetRelid(rel);
	Oid			user = GetUserId();

	if (pg_class_aclcheck(relid, user, ACL_SELECT) == ACLCHECK_OK)
		return;
	for (int i = 0; i < ncolumns; i++)
	{
		if (columns[i] != InvalidAttrNumber &&
			pg_attribute_aclcheck(relid, columns[i], user, ACL_SELECT) != ACLCHECK_OK)
			aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(rel->rd_rel->relkind),
						   RelationGetRelationName(rel));
	}
}

static bool
is_readable(Relation rel, AttrNumber column)
{
	return column == InvalidAttrNumber ||
		pg_class_aclcheck(RelationGetRelid(rel), GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck(RelationGetRelid(rel), column, GetUserId(), ACL_SELECT) ==
		ACLCHECK_OK;
}

/*
 * Leaves out the type and the weight of edges where they are shown if
 * possible, but not needed: if the query is as_readable and the user may not
 * read the column, or if the weights' column no longer has numbers.
 */
static void
hide_details(KgAdjacency *adj)
{
	const KgEdgeQuery *query = adj->query;
	KgEdgeColumns *columns = &adj->columns;
	bool		as_readable = query->as_readable && adj->graph->registered;
	bool		no_weight = columns->weight != InvalidAttrNumber &&
	(!kg_is_weight(kg_column_type(adj->edge_rel, columns->weight)) ||
	 (as_readable && !is_readable(adj->edge_rel, columns->weight)));
	bool		no_type = as_readable && query->any_type &&
	!is_readable(adj->edge_rel, columns->type);
	KgEdgeTable *edges;

	if (!no_weight && !no_type)
		return;
	edges = palloc(sizeof(KgEdgeTable));
	*edges = *adj->edges;
	if (no_weight)
	{
		columns->weight = InvalidAttrNumber;
		edges->weight = NULL;
	}
	if (no_type)
	{
		columns->type = InvalidAttrNumber;
		edges->type_column = NULL;
		edges->type = "";
		adj->type = kg_edge_type_intern(adj->graph, edges->type);
	}
	adj->edges = edges;
}

static void
check_privileges(const KgAdjacency *adj)
{
	const KgEdgeColumns *columns = &adj->columns;
	AttrNumber	read[] = {
		columns->id, columns->type,
		columns->weight, columns->valid_from, columns->valid_to,
		columns->recorded_at, columns->expired_at, columns->properties
	};

	check_select(adj->edge_rel, read, lengthof(read));
	check_select(adj->edge_rel, columns->source.attnos, columns->source.n);
	check_select(adj->edge_rel, columns->target.attnos, columns->target.n);
	check_select(adj->node_rel, adj->node_key.attnos, adj->node_key.n);
	check_select(adj->target_node_rel, adj->target_node_key.attnos, adj->target_node_key.n);
}

/* Does the query want edges of a table whose edges are all of this type? */
static bool
is_wanted_type(const KgEdgeQuery *query, const char *type)
{
	for (int i = 0; i < query->ntypes; i++)
	{
		if (strcmp(query->type_names[i], type) == 0)
			return true;
	}
	return query->any_type;
}

bool
kg_wants_edge_table(const KgGraph *graph, const KgEdgeTable *edges, const KgEdgeQuery *query)
{
	return !graph->registered || edges->type == NULL || is_wanted_type(query, edges->type);
}

KgEdgeQuery
kg_edge_table_query(const KgEdgeTable *edges, const KgEdgeQuery *query)
{
	KgEdgeQuery own = *query;

	if (edges->type_column == NULL)
		own.any_type = true;
	if (edges->valid_from == NULL && edges->valid_to == NULL)
		own.any_time = true;
	return own;
}

void
kg_check_known_at(const KgGraph *graph, const KgEdgeTable *edges, const KgEdgeQuery *query)
{
	if (!query->known_then || edges->recorded_at != NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("table %s of graph \"%s\" does not say when its relations were recorded",
					quote_qualified_identifier(edges->schema, edges->table), graph->name),
			 errdetail("So nobody can tell what was known at a time."),
			 graph->registered ?
			 errhint("Register the graph anew with \"recorded_at\" and \"expired_at\", the columns that say it.") :
			 errhint("Add the columns with SELECT kg.upgrade_graph(%s).",
					 quote_literal_cstr(graph->name))));
}

static Relation
open_node_table(const KgGraph *graph, int table)
{
	return kg_graph_open(graph, graph->node_tables[table].schema,
						 graph->node_tables[table].table);
}

static void
open_tables(KgAdjacency *adj)
{
	const KgEdgeTable *edges = adj->edges;

	adj->node_rel = open_node_table(adj->graph, edges->source_table);
	adj->target_node_rel = edges->source_table == edges->target_table ? adj->node_rel :
		open_node_table(adj->graph, edges->target_table);
	adj->edge_rel = kg_graph_open(adj->graph, edges->schema, edges->table);
}

/* Opens the first reader that is allowed and can serve. */
static void
choose_reader(KgAdjacency *adj)
{
	static const struct
	{
		ReaderChoice choice;
		const KgReader *reader;
	}			readers[] = {
		{READER_LEAF, &kg_leaf_reader},
		{READER_INDEX, &kg_index_reader},
		{READER_HEAP, &kg_heap_reader},
		{READER_SQL, &kg_sql_reader}
	};
	const char *problem = NULL;

	for (int i = 0; i < (int) lengthof(readers); i++)
	{
		if (reader_choice != READER_AUTO && reader_choice != (int) readers[i].choice)
			continue;
		adj->reader = readers[i].reader;
		problem = adj->reader->open(adj);
		if (problem == NULL)
			return;
		adj->problems = lappend(adj->problems, psprintf("%s: %s", adj->reader->name, problem));
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the %s reader cannot serve graph \"%s\"",
					adj->reader->name, adj->graph->name),
			 errdetail_internal("%s", problem),
			 errhint("Set kg.adjacency_reader to auto.")));
}

KgAdjacency *
kg_adjacency_open_table(const KgGraph *graph, const KgEdgeTable *edges, const KgEdgeQuery *query)
{
	KgAdjacency *adj = palloc0(sizeof(KgAdjacency));

	adj->graph = graph;
	adj->edges = edges;
	open_tables(adj);
	adj->edges = edges = kg_graph_edges_of(graph, edges, adj->edge_rel);
	kg_check_known_at(graph, edges, query);
	adj->own_query = kg_edge_table_query(edges, query);
	adj->query = &adj->own_query;
	if (edges->type != NULL && query->typed)
		adj->type = kg_edge_type_intern(graph, edges->type);
	find_columns(adj);
	if (query->typed)
		hide_details(adj);
	check_privileges(adj);
	choose_reader(adj);
	return adj;
}

Size
kg_adjacency_existing(KgAdjacency *adj, int64 *nodes, Size n)
{
	return n == 0 ? 0 : adj->reader->existing(adj, nodes, n);
}

bool
kg_adjacency_expand(KgAdjacency *adj, const int64 *nodes, Size n, KgEdgeSink *sink)
{
	/* The query asks for types, but none of these names exists. */
	if (!adj->query->any_type && adj->query->ntypes == 0)
		return true;
	return n == 0 ? true : adj->reader->expand(adj, nodes, n, sink);
}

const KgGraph *
kg_adjacency_graph(const KgAdjacency *adj)
{
	return adj->graph;
}

double
kg_adjacency_entities(const KgAdjacency *adj)
{
	double		entities = 0;

	for (int i = 0; i < adj->graph->nnode_tables; i++)
	{
		Relation	rel = open_node_table(adj->graph, i);

		entities += Max(rel->rd_rel->reltuples, 0);
		table_close(rel, NoLock);
	}
	return entities;
}

void
kg_adjacency_close(KgAdjacency *adj)
{
	adj->reader->close(adj);
	if (adj->edge_rel != NULL)
	{
		table_close(adj->edge_rel, NoLock);
		if (adj->target_node_rel != adj->node_rel)
			table_close(adj->target_node_rel, NoLock);
		table_close(adj->node_rel, NoLock);
	}
	pfree(adj);
}
