/*
 * graph.h
 *	  The catalogue of graphs, as the modules of src/graph see it.
 */
#ifndef KG_GRAPH_H
#define KG_GRAPH_H

#include "postgres.h"
#include "utils/relcache.h"

typedef enum KgTable
{
	KG_ENTITY,
	KG_RELATION,
	KG_OBSERVATION,
	KG_ENTITY_TYPE,
	KG_RELATION_TYPE
} KgTable;

#define KG_NUM_TABLES (KG_RELATION_TYPE + 1)

/* A row of kg.graph. */
typedef struct KgGraph
{
	char	   *name;
	char	   *schema;
	char	   *tables[KG_NUM_TABLES];
	char	   *metric;			/* "cosine", "l2" or "ip" */
	struct KgKeys *keys;		/* dictionary of nodes; NULL: a node's number
								 * is its key (keys.h) */
} KgGraph;

/* Defines the kg.* settings of traversals.  Called once, from _PG_init. */
extern void kg_graph_init(void);

/*
 * The entry of a graph, palloc'd in the current context; an error if there is
 * none.
 */
extern KgGraph *kg_graph_get(const char *name);

/*
 * Opens a table of the graph with AccessShareLock; an error if it is missing
 * or if the caller has no USAGE on its schema.  Close it with NoLock: the
 * lock stays until the transaction ends, as after any SELECT.
 */
extern Relation kg_graph_open_table(const KgGraph *graph, KgTable table);

/* "schema"."table", quoted for SQL; palloc'd. */
extern char *kg_graph_quoted_table(const KgGraph *graph, KgTable table);

#endif							/* KG_GRAPH_H */
