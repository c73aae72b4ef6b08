/*
 * catalog.c
 *	  Reads the catalogue: kg.graph, kg.node_table and kg.edge_table.
 *
 * Everyone may read the catalogue; only register.c writes it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation_d.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "graph/catalog/casts.h"
#include "graph/catalog/catalog.h"
#include "graph/catalog/columns.h"
#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"

/* Columns of the catalogue's tables, in the order of catalog.sql. */
enum
{
	ANUM_GRAPH_NAME = 1,
	ANUM_GRAPH_SCHEMA,
	ANUM_GRAPH_FIRST_TABLE,		/* KG_NUM_TABLES in the order of KgTable */
	ANUM_GRAPH_METRIC = ANUM_GRAPH_FIRST_TABLE + KG_NUM_TABLES
};

enum
{
	ANUM_NODE_GRAPH = 1,
	ANUM_NODE_LABEL,
	ANUM_NODE_SCHEMA,
	ANUM_NODE_TABLE,
	ANUM_NODE_KEY,
	ANUM_NODE_NAME,
	ANUM_NODE_EMBEDDING,
	ANUM_NODE_CONTENT
};

enum
{
	ANUM_EDGE_GRAPH = 1,
	ANUM_EDGE_NUMBER,
	ANUM_EDGE_SCHEMA,
	ANUM_EDGE_TABLE,
	ANUM_EDGE_SOURCE,
	ANUM_EDGE_TARGET,
	ANUM_EDGE_SOURCE_LABEL,
	ANUM_EDGE_TARGET_LABEL,
	ANUM_EDGE_TYPE,
	ANUM_EDGE_TYPE_COLUMN,
	ANUM_EDGE_ID,
	ANUM_EDGE_WEIGHT,
	ANUM_EDGE_VALID_FROM,
	ANUM_EDGE_VALID_TO,
	ANUM_EDGE_TRUST_ENDS,
	ANUM_EDGE_RECORDED_AT,
	ANUM_EDGE_EXPIRED_AT
};

/* The value of a column of type text, palloc'd; NULL for a null. */
static char *
text_column(HeapTuple tuple, TupleDesc desc, int attno)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, attno, desc, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

typedef void (*RowTaker) (KgGraph *graph, HeapTuple tuple, TupleDesc desc);

/*
 * Calls "take" for each row of a catalogue table that belongs to the graph; the
 * table's first column is the graph's name.  Like a scan of a system catalogue,
 * this one has a snapshot of its own: the name of a graph, like the name of a
 * table, means what it means now.  Who may come between this scan and the
 * opening of the graph's tables is in the README ("Reading the catalogue").
 */
static void
read_catalog(const char *table, const char *index, KgGraph *graph, RowTaker take)
{
	Oid			namespace = get_namespace_oid("kg", false);
	Oid			relid = get_relname_relid(table, namespace);
	Oid			indexid = get_relname_relid(index, namespace);
	Relation	rel;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	if (!OidIsValid(relid) || !OidIsValid(indexid))
		elog(ERROR, "the catalogue kg.%s is missing", table);
	rel = table_open(relid, AccessShareLock);
	ScanKeyEntryInitialize(&key, 0, 1, BTEqualStrategyNumber,
						   InvalidOid, DEFAULT_COLLATION_OID, F_TEXTEQ,
						   CStringGetTextDatum(graph->name));
	scan = systable_beginscan(rel, indexid, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		take(graph, tuple, RelationGetDescr(rel));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static void
take_graph(KgGraph *graph, HeapTuple tuple, TupleDesc desc)
{
	graph->schema = text_column(tuple, desc, ANUM_GRAPH_SCHEMA);
	graph->registered = graph->schema == NULL;
	for (int i = 0; i < KG_NUM_TABLES; i++)
		graph->tables[i] = text_column(tuple, desc, ANUM_GRAPH_FIRST_TABLE + i);
	graph->metric = text_column(tuple, desc, ANUM_GRAPH_METRIC);
}

static void
take_node_table(KgGraph *graph, HeapTuple tuple, TupleDesc desc)
{
	KgNodeTable *table;

	if (graph->nnode_tables == 0)
		graph->node_tables = palloc(sizeof(KgNodeTable));
	else
		graph->node_tables = repalloc(graph->node_tables,
									  (graph->nnode_tables + 1) * sizeof(KgNodeTable));
	table = &graph->node_tables[graph->nnode_tables++];
	memset(table, 0, sizeof(*table));
	table->label = text_column(tuple, desc, ANUM_NODE_LABEL);
	table->schema = text_column(tuple, desc, ANUM_NODE_SCHEMA);
	table->table = text_column(tuple, desc, ANUM_NODE_TABLE);
	table->key = text_column(tuple, desc, ANUM_NODE_KEY);
	table->name = text_column(tuple, desc, ANUM_NODE_NAME);
	table->embedding = text_column(tuple, desc, ANUM_NODE_EMBEDDING);
	table->content = text_column(tuple, desc, ANUM_NODE_CONTENT);
}

/* The number of the node table with this label, or -1. */
static int
find_label(const KgGraph *graph, char *label)
{
	for (int i = 0; i < graph->nnode_tables; i++)
	{
		if (strcmp(graph->node_tables[i].label, label) == 0)
			return i;
	}
	return -1;
}

static void
take_edge_table(KgGraph *graph, HeapTuple tuple, TupleDesc desc)
{
	KgEdgeTable *table;
	bool		isnull;

	if (graph->nedge_tables == 0)
		graph->edge_tables = palloc(sizeof(KgEdgeTable));
	else
		graph->edge_tables = repalloc(graph->edge_tables,
									  (graph->nedge_tables + 1) * sizeof(KgEdgeTable));
	table = &graph->edge_tables[graph->nedge_tables++];
	memset(table, 0, sizeof(*table));
	table->schema = text_column(tuple, desc, ANUM_EDGE_SCHEMA);
	table->table = text_column(tuple, desc, ANUM_EDGE_TABLE);
	table->source = text_column(tuple, desc, ANUM_EDGE_SOURCE);
	table->target = text_column(tuple, desc, ANUM_EDGE_TARGET);
	table->source_table = find_label(graph, text_column(tuple, desc, ANUM_EDGE_SOURCE_LABEL));
	table->target_table = find_label(graph, text_column(tuple, desc, ANUM_EDGE_TARGET_LABEL));
	table->type = text_column(tuple, desc, ANUM_EDGE_TYPE);
	table->type_column = text_column(tuple, desc, ANUM_EDGE_TYPE_COLUMN);
	table->id = text_column(tuple, desc, ANUM_EDGE_ID);
	table->weight = text_column(tuple, desc, ANUM_EDGE_WEIGHT);
	table->valid_from = text_column(tuple, desc, ANUM_EDGE_VALID_FROM);
	table->valid_to = text_column(tuple, desc, ANUM_EDGE_VALID_TO);
	table->recorded_at = text_column(tuple, desc, ANUM_EDGE_RECORDED_AT);
	table->expired_at = text_column(tuple, desc, ANUM_EDGE_EXPIRED_AT);
	table->trust_ends = DatumGetBool(heap_getattr(tuple, ANUM_EDGE_TRUST_ENDS, desc, &isnull));
}

/*
 * Describes the tables of kg.create_graph as a table of nodes and one of
 * edges.
 */
static void
describe_created(KgGraph *graph)
{
	KgNodeTable *nodes = palloc0(sizeof(KgNodeTable));
	KgEdgeTable *edges = palloc0(sizeof(KgEdgeTable));

	nodes->schema = edges->schema = graph->schema;
	nodes->table = graph->tables[KG_ENTITY];
	nodes->key = "id";
	nodes->ncolumns = 1;
	nodes->name = "name";
	nodes->embedding = "embedding";
	edges->table = graph->tables[KG_RELATION];
	edges->source = "source";
	edges->target = "target";
	edges->type_column = "type";
	edges->id = "id";
	edges->weight = "weight";
	edges->valid_from = "valid_from";
	edges->valid_to = "valid_to";
	edges->recorded_at = "recorded_at";
	edges->expired_at = "expired_at";
	graph->nnode_tables = graph->nedge_tables = 1;
	graph->node_tables = nodes;
	graph->edge_tables = edges;
}

KgGraph *
kg_graph_find(const char *name)
{
	KgGraph    *graph = palloc0(sizeof(KgGraph));

	graph->name = pstrdup(name);
	read_catalog("graph", "graph_pkey", graph, take_graph);
	if (graph->metric == NULL)
		return NULL;
	if (graph->registered)
	{
		read_catalog("node_table", "node_table_pkey", graph, take_node_table);
		read_catalog("edge_table", "edge_table_pkey", graph, take_edge_table);
		graph->types = palloc0(sizeof(KgTypeNames));
		graph->types->context = CurrentMemoryContext;
	}
	else
		describe_created(graph);
	return graph;
}

static void
no_such_graph(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("graph \"%s\" does not exist", name),
			 errhint("Make it with SELECT kg.create_graph(%s), or see the graphs of this database in the table kg.graph.",
					 quote_literal_cstr(name))));
}

KgGraph *
kg_graph_get(const char *name)
{
	KgGraph    *graph = kg_graph_find(name);

	if (graph == NULL)
		no_such_graph(name);
	return graph;
}

char *
kg_quoted_relation(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
									  RelationGetRelationName(rel));
}

/* The errhint for a table or column that a registered graph lacks. */
static int
hint_register_anew(const KgGraph *graph)
{
	return errhint("If it has another name now, register the graph anew after SELECT kg.drop_graph(%s), which leaves the tables alone.",
				   quote_literal_cstr(graph->name));
}

Relation
kg_graph_open(const KgGraph *graph, const char *schema, const char *table)
{
	RangeVar   *name = makeRangeVar(unconstify(char *, schema), unconstify(char *, table), -1);
	Oid			relid = InvalidOid;
	Relation	rel;

	/* A missing schema is reported below, where the message names the graph. */
	if (OidIsValid(get_namespace_oid(schema, true)))
		relid = RangeVarGetRelid(name, AccessShareLock, true);
	/* The graph may have been dropped while this waited for the lock. */
	if (!OidIsValid(relid) && kg_graph_find(graph->name) == NULL)
		no_such_graph(graph->name);
	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("graph \"%s\" is registered but its table %s is missing",
						graph->name, quote_qualified_identifier(schema, table)),
				 graph->registered ? hint_register_anew(graph) :
				 errhint("Bring the table back, or remove what is left of the graph with SELECT kg.drop_graph(%s).",
						 quote_literal_cstr(graph->name))));
	rel = table_open(relid, NoLock);
	kg_check_casts(rel);
	return rel;
}

char *
kg_graph_quoted_table(const KgGraph *graph, KgTable table)
{
	table_close(kg_graph_open(graph, graph->schema, graph->tables[table]), NoLock);
	return quote_qualified_identifier(graph->schema, graph->tables[table]);
}

AttrNumber
kg_graph_column(const KgGraph *graph, Relation rel, const char *name)
{
	int			attno;

	if (name == NULL)
		return InvalidAttrNumber;
	/* Unlike get_attnum(), this reads no system catalogue. */
	attno = SPI_fnumber(RelationGetDescr(rel), name);
	if (attno <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table %s of graph \"%s\" has no column \"%s\"",
						kg_quoted_relation(rel), graph->name, name),
				 graph->registered ? hint_register_anew(graph) : 0));
	return attno;
}

/* The kind of a key column; an error if its type cannot be a key's. */
static KgKeyKind
key_kind(const KgGraph *graph, Relation rel, AttrNumber attno)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attno - 1);

	switch (getBaseType(att->atttypid))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return KG_KEY_INTEGER;
		case UUIDOID:
			return KG_KEY_UUID;
		case TEXTOID:
		case VARCHAROID:
			if (!get_collation_isdeterministic(att->attcollation))
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("column \"%s\" of table %s in graph \"%s\" has the nondeterministic collation \"%s\"",
								NameStr(att->attname), kg_quoted_relation(rel), graph->name,
								get_collation_name(att->attcollation)),
						 errdetail("Keys that differ in their bytes are different nodes.")));
			return KG_KEY_TEXT;
		default:
			if (kg_is_key_by_sql(getBaseType(att->atttypid)))
				return KG_KEY_TEXT;
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of table %s in graph \"%s\" is of type %s",
							NameStr(att->attname), kg_quoted_relation(rel), graph->name,
							format_type_be(att->atttypid)),
					 errdetail("Keys of nodes are of type smallint, integer, bigint, uuid, text, varchar, char, name, numeric, date, oid or an enum.")));
	}
}

KgKeyAttrs
kg_graph_key(const KgGraph *graph, Relation rel, const char *key)
{
	KgKeyAttrs	attrs = {0};
	List	   *columns = kg_key_columns(key);
	ListCell   *lc;

	if (list_length(columns) > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("a key in table %s of graph \"%s\" is %d columns, more than %d",
						kg_quoted_relation(rel), graph->name, list_length(columns),
						INDEX_MAX_KEYS)));
	foreach(lc, columns)
	{
		attrs.attnos[attrs.n++] = kg_graph_column(graph, rel, lfirst(lc));
	}
	return attrs;
}

/*
 * Fills in the members of a node table that follow from the types of its key.
 */
static void
resolve_key(const KgGraph *graph, Relation rel, KgNodeTable *nodes)
{
	List	   *columns = kg_key_columns(nodes->key);
	ListCell   *lc;

	nodes->ncolumns = list_length(columns);
	nodes->types = palloc(nodes->ncolumns * sizeof(Oid));
	foreach(lc, columns)
	{
		AttrNumber	attno = kg_graph_column(graph, rel, lfirst(lc));
		Oid			type = getBaseType(TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid);

		nodes->kind = key_kind(graph, rel, attno);
		nodes->types[foreach_current_index(lc)] = type;
		nodes->by_sql |= kg_is_key_by_sql(type);
	}
	nodes->by_columns = nodes->ncolumns > 1 && !nodes->by_sql;
	nodes->by_sql |= nodes->ncolumns > 1;
	if (nodes->by_sql)
		nodes->kind = KG_KEY_TEXT;
}

/*
 * Can a column of an edge table hold keys of this type?  For keys, integers
 * of all widths are one type, and so are text and varchar.
 */
static bool
is_key_type(const KgGraph *graph, Relation rel, AttrNumber attno, Oid type)
{
	Oid			own = getBaseType(TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid);

	if (kg_is_key_by_sql(own) || kg_is_key_by_sql(type))
		return own == type;
	key_kind(graph, rel, attno);
	return (kg_is_integer(own) && kg_is_integer(type)) || own == type ||
		((own == TEXTOID || own == VARCHAROID) && (type == TEXTOID || type == VARCHAROID));
}

static void
check_end(const KgGraph *graph, Relation rel, const char *end, int node_table)
{
	const KgNodeTable *nodes = &graph->node_tables[node_table];
	List	   *columns = kg_key_columns(end);
	ListCell   *lc;

	if (list_length(columns) != nodes->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("an end of the edges in table %s of graph \"%s\" is %d columns, but the key of its nodes is %d",
						kg_quoted_relation(rel), graph->name, list_length(columns),
						nodes->ncolumns),
				 errdetail("The end is %s, the key %s of table %s.", end, nodes->key,
						   quote_qualified_identifier(nodes->schema, nodes->table))));
	foreach(lc, columns)
	{
		AttrNumber	attno = kg_graph_column(graph, rel, lfirst(lc));

		if (is_key_type(graph, rel, attno, nodes->types[foreach_current_index(lc)]))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table %s in graph \"%s\" is of type %s, but the key of its nodes is not",
						(char *) lfirst(lc), kg_quoted_relation(rel), graph->name,
						format_type_be(TupleDescAttr(RelationGetDescr(rel), attno - 1)->atttypid)),
				 errdetail("The key is column \"%s\" of table %s.", nodes->key,
						   quote_qualified_identifier(nodes->schema, nodes->table))));
	}
}

void
kg_graph_check_ends(const KgGraph *graph, Relation rel, const KgEdgeTable *edges)
{
	if (!graph->registered)
		return;
	check_end(graph, rel, edges->source, edges->source_table);
	check_end(graph, rel, edges->target, edges->target_table);
}

const KgEdgeTable *
kg_graph_edges_of(const KgGraph *graph, const KgEdgeTable *edges, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	bool		recorded_at = SPI_fnumber(desc, "recorded_at") > 0;
	bool		expired_at = SPI_fnumber(desc, "expired_at") > 0;
	KgEdgeTable *own;

	if (graph->registered || (recorded_at && expired_at))
		return edges;
	own = palloc(sizeof(KgEdgeTable));
	*own = *edges;
	if (!recorded_at)
		own->recorded_at = NULL;
	if (!expired_at)
		own->expired_at = NULL;
	return own;
}

void
kg_graph_resolve(KgGraph *graph)
{
	if (!graph->registered)
		return;
	if (graph->nnode_tables == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("kg.node_table has no row for graph \"%s\"", graph->name),
				 errhint("Register the graph anew after SELECT kg.drop_graph(%s), which leaves the tables alone.",
						 quote_literal_cstr(graph->name))));
	for (int i = 0; i < graph->nedge_tables; i++)
	{
		const KgEdgeTable *edges = &graph->edge_tables[i];

		if (edges->source_table < 0 || edges->target_table < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the ends of edge table %s in graph \"%s\" have a label that no node table has",
							quote_qualified_identifier(edges->schema, edges->table),
							graph->name)));
	}
	for (int i = 0; i < graph->nnode_tables; i++)
	{
		KgNodeTable *table = &graph->node_tables[i];
		Relation	rel = kg_graph_open(graph, table->schema, table->table);

		resolve_key(graph, rel, table);
		table_close(rel, NoLock);
	}
	if (graph->nnode_tables > 1 || graph->node_tables[0].kind != KG_KEY_INTEGER)
		graph->keys = kg_keys_create(graph);
}

static void
check_node_columns(const KgGraph *graph, const KgNodeTable *table)
{
	Relation	rel = kg_graph_open(graph, table->schema, table->table);

	kg_graph_key(graph, rel, table->key);
	kg_graph_column(graph, rel, table->name);
	kg_graph_column(graph, rel, table->embedding);
	kg_graph_column(graph, rel, table->content);
	table_close(rel, NoLock);
}

static void
check_edge_columns(const KgGraph *graph, const KgEdgeTable *table)
{
	Relation	rel = kg_graph_open(graph, table->schema, table->table);

	table = kg_graph_edges_of(graph, table, rel);
	kg_graph_key(graph, rel, table->source);
	kg_graph_key(graph, rel, table->target);
	kg_graph_column(graph, rel, table->type_column);
	kg_graph_column(graph, rel, table->id);
	kg_graph_column(graph, rel, table->weight);
	kg_graph_column(graph, rel, table->valid_from);
	kg_graph_column(graph, rel, table->valid_to);
	kg_graph_column(graph, rel, table->recorded_at);
	kg_graph_column(graph, rel, table->expired_at);
	table_close(rel, NoLock);
}

PG_FUNCTION_INFO_V1(kg_check_graph);

/*
 * check_graph(graph text): an error that names the table or column that a
 * graph lacks, if there is one.  Functions in SQL call this first; otherwise
 * the error would come from a query of theirs, and show a part of it.
 */
Datum
kg_check_graph(PG_FUNCTION_ARGS)
{
	KgGraph    *graph = kg_graph_get(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	kg_graph_resolve(graph);
	for (int i = 0; i < graph->nnode_tables; i++)
		check_node_columns(graph, &graph->node_tables[i]);
	for (int i = 0; i < graph->nedge_tables; i++)
		check_edge_columns(graph, &graph->edge_tables[i]);
	for (int i = 0; i < KG_NUM_TABLES && !graph->registered; i++)
		table_close(kg_graph_open(graph, graph->schema, graph->tables[i]), NoLock);
	PG_RETURN_VOID();
}
