/*
 * graph.h
 *	  The catalogue of graphs, as the modules of src/graph see it.
 */
#ifndef KG_GRAPH_H
#define KG_GRAPH_H

#include "postgres.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

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

/* Defines the kg.* settings of traversals.  Called once, from _PG_init. */
extern void kg_graph_init(void);

/*
 * The entry of a graph, palloc'd in the current context; an error if there is
 * none.
 */
extern KgGraph *kg_graph_get(const char *name);

/* The same, but NULL if there is none. */
extern KgGraph *kg_graph_find(const char *name);

/*
 * Looks at the node tables of a registered graph, which decide how nodes are
 * told apart; to be called once before nodes are read or given.
 *
 * Errors: a table or a key column is missing, or not of a fit type.
 */
extern void kg_graph_resolve(KgGraph *graph);

/*
 * Opens a table of the graph with AccessShareLock; an error if it is missing
 * or if the caller has no USAGE on its schema.  Close it with NoLock: the
 * lock stays until the transaction ends, as after any SELECT.
 */
extern Relation kg_graph_open(const KgGraph *graph, const char *schema, const char *table);

/*
 * The number of a column of one of the graph's tables, 0 for a name of NULL;
 * an error if it is missing.
 */
extern AttrNumber kg_graph_column(const KgGraph *graph, Relation rel, const char *name);

/* The columns of a key; an error if one is missing, or they are too many. */
extern KgKeyAttrs kg_graph_key(const KgGraph *graph, Relation rel, const char *key);

/* An error unless the ends of an edge table are of the types of their nodes' keys. */
extern void kg_graph_check_ends(const KgGraph *graph, Relation rel, const KgEdgeTable *edges);

/* "schema"."table", quoted for SQL, palloc'd; an error if it is missing. */
extern char *kg_graph_quoted_table(const KgGraph *graph, KgTable table);

/* The same of a table that is open. */
extern char *kg_quoted_relation(Relation rel);

/* One of the extension's own types. */
extern Oid	kg_type(const char *name);

#endif							/* KG_GRAPH_H */
