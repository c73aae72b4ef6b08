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

/* A table of nodes; NULL stands for columns that it does not have. */
typedef struct KgNodeTable
{
	char	   *schema;
	char	   *table;
	char	   *label;			/* NULL in graphs of kg.create_graph */
	char	   *key;			/* columns; this may be several (key_sql.h) */
	char	   *name;
	char	   *embedding;
	KgKeyKind	kind;			/* these five once it is resolved */
	bool		by_sql;			/* its keys are texts in queries */
	bool		by_columns;		/* but readers know the columns that they are
								 * of (key_columns.h) */
	int			ncolumns;		/* of the key */
	Oid		   *types;			/* of these, below domains */
} KgNodeTable;

/* A table of edges; NULL stands for columns that it does not have. */
typedef struct KgEdgeTable
{
	char	   *schema;
	char	   *table;
	int			source_table;	/* index in node_tables */
	int			target_table;
	char	   *type;			/* of all its edges; NULL: see type_column */
	char	   *source;			/* columns; these two may be several */
	char	   *target;
	char	   *type_column;
	char	   *id;
	char	   *weight;
	char	   *valid_from;
	char	   *valid_to;
	bool		trust_ends;		/* take it that all ends are there */
} KgEdgeTable;

/* The columns of a key in a table of nodes or, of an end, in one of edges. */
typedef struct KgKeyAttrs
{
	int			n;
	AttrNumber	attnos[INDEX_MAX_KEYS];
} KgKeyAttrs;

/* Names of types of edges that readers have met. */
typedef struct KgTypeNames
{
	MemoryContext context;
	List	   *names;			/* char *, by number */
} KgTypeNames;

/* A row of kg.graph and, of a registered graph, what belongs to it. */
typedef struct KgGraph
{
	char	   *name;
	bool		registered;		/* over tables that kg.create_graph did not
								 * make */
	char	   *schema;			/* these two not of registered graphs */
	char	   *tables[KG_NUM_TABLES];
	char	   *metric;			/* "cosine", "l2" or "ip" */
	int			nnode_tables;
	KgNodeTable *node_tables;
	int			nedge_tables;
	KgEdgeTable *edge_tables;
	struct KgKeys *keys;		/* dictionary of nodes; NULL: a node's number
								 * is its key (keys.h) */
	KgTypeNames *types;			/* of registered graphs */
} KgGraph;

#endif							/* KG_GRAPH_H */
