/*
 * catalog.h
 *	  Reads the catalogue of graphs and opens their tables.
 */
#ifndef KG_GRAPH_CATALOG_H
#define KG_GRAPH_CATALOG_H

#include "postgres.h"
#include "utils/relcache.h"

#include "graph/catalog/graph.h"

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
 * Opens the node tables of a registered graph and fills in how their keys
 * identify nodes: the second half of each KgNodeTable, and graph->keys.  To
 * be called once, before nodes are read or given.  For a graph of
 * kg.create_graph it does nothing.
 *
 * Errors: a table or a key column is missing, or its type cannot be a key's.
 */
extern void kg_graph_resolve(KgGraph *graph);

/*
 * Opens a table of the graph with AccessShareLock; an error if the table is
 * missing or if the caller has no USAGE on its schema.  Close it with NoLock:
 * the lock stays until the transaction ends, as after any SELECT.  The table
 * is found by its name, which may have come to mean another table since the
 * entry was read: check its columns after this.
 */
extern Relation kg_graph_open(const KgGraph *graph, const char *schema, const char *table);

/*
 * The number of a column of one of the graph's tables, 0 for a name of NULL;
 * an error if it is missing.
 */
extern AttrNumber kg_graph_column(const KgGraph *graph, Relation rel, const char *name);

/*
 * The columns of a key; an error if one is missing, or if there are more than
 * INDEX_MAX_KEYS.
 */
extern KgKeyAttrs kg_graph_key(const KgGraph *graph, Relation rel, const char *key);

/*
 * The description of an edge table that is open: without the columns of known
 * times if it is one of kg.create_graph that lacks them, since it was made
 * before kg.upgrade_graph.
 */
extern const KgEdgeTable *kg_graph_edges_of(const KgGraph *graph, const KgEdgeTable *edges,
											Relation rel);

/*
 * An error unless the columns at both ends of an edge table can hold the keys
 * of the node tables there.
 */
extern void kg_graph_check_ends(const KgGraph *graph, Relation rel, const KgEdgeTable *edges);

/* "schema"."table", quoted for SQL, palloc'd; an error if it is missing. */
extern char *kg_graph_quoted_table(const KgGraph *graph, KgTable table);

/* The same for a table that is open. */
extern char *kg_quoted_relation(Relation rel);

/*
 * Runs a command that writes the catalogue as the owner of kg.graph, after the
 * caller's rights have been checked; returns how many rows it wrote or locked.
 */
extern uint64 kg_catalog_write(const char *command, int nargs, Oid *types, Datum *values);

#endif							/* KG_GRAPH_CATALOG_H */
