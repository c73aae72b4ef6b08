/*
 * graph.h
 *	  A graph and its tables, as the catalogue describes them.
 */
#ifndef KG_GRAPH_H
#define KG_GRAPH_H

#include "postgres.h"
#include "access/attnum.h"
#include "nodes/pg_list.h"

/* The tables of a graph that kg.create_graph made. */
typedef enum KgTable
{
	KG_ENTITY,
	KG_RELATION,
	KG_OBSERVATION,
	KG_ENTITY_TYPE,
	KG_RELATION_TYPE
} KgTable;

#define KG_NUM_TABLES (KG_RELATION_TYPE + 1)

typedef enum KgKeyKind
{
	KG_KEY_INTEGER,				/* smallint, integer or bigint */
	KG_KEY_UUID,
	KG_KEY_TEXT					/* text or varchar */
} KgKeyKind;

/* A table of nodes. */
typedef struct KgNodeTable
{
	char	   *schema;
	char	   *table;
	char	   *label;			/* NULL in graphs of kg.create_graph */

	/* Names of columns; NULL: the table has no such column. */
	char	   *key;			/* one column or several (key_sql.h) */
	char	   *name;
	char	   *embedding;
	char	   *content;		/* in graphs of kg.create_graph NULL */

	/*
	 * How the key identifies nodes: set by kg_graph_resolve in registered
	 * graphs; one integer in others.
	 */
	KgKeyKind	kind;
	bool		by_sql;			/* keys are converted to texts in queries, as
								 * no reader but the SQL reader knows them */
	bool		by_columns;		/* by_sql because of several columns alone:
								 * other readers too make these texts, from
								 * the columns (key_columns.h) */
	int			ncolumns;		/* of the key */
	Oid		   *types;			/* base types of the key's columns */
} KgNodeTable;

/* A table of edges. */
typedef struct KgEdgeTable
{
	char	   *schema;
	char	   *table;
	int			source_table;	/* index in node_tables */
	int			target_table;
	char	   *type;			/* the type of all its edges; NULL: each has
								 * its type in type_column */

	/* Names of columns; NULL: the table has no such column. */
	char	   *source;			/* one column or several, as the key of the
								 * nodes there */
	char	   *target;
	char	   *type_column;
	char	   *id;
	char	   *weight;
	char	   *valid_from;
	char	   *valid_to;
	char	   *recorded_at;
	char	   *expired_at;

	bool		trust_ends;		/* the owner vouches that the nodes at all
								 * ends exist */
} KgEdgeTable;

/*
 * The numbers of the columns of a key, in a table of nodes or, for the source
 * or the target, in a table of edges.
 */
typedef struct KgKeyAttrs
{
	int			n;
	AttrNumber	attnos[INDEX_MAX_KEYS];
} KgKeyAttrs;

/* The names of edge types, numbered as readers meet them. */
typedef struct KgTypeNames
{
	MemoryContext context;
	List	   *names;			/* char *, by number */
} KgTypeNames;

/*
 * A row of kg.graph, with the graph's rows of kg.node_table and kg.edge_table
 * if it is a registered graph.
 */
typedef struct KgGraph
{
	char	   *name;
	bool		registered;		/* its tables are in kg.node_table and
								 * kg.edge_table */
	char	   *schema;			/* NULL in registered graphs, as are the names
								 * in tables */
	char	   *tables[KG_NUM_TABLES];
	char	   *metric;			/* "cosine", "l2" or "ip" */
	int			nnode_tables;	/* 1 in graphs of kg.create_graph */
	KgNodeTable *node_tables;
	int			nedge_tables;
	KgEdgeTable *edge_tables;
	struct KgKeys *keys;		/* the dictionary, which numbers nodes; NULL:
								 * a node's number is its key (keys.h) */
	KgTypeNames *types;			/* NULL in graphs of kg.create_graph */
} KgGraph;

#endif							/* KG_GRAPH_H */
