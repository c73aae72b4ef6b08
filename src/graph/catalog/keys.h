/*
 * keys.h
 *	  Numbers, keys and addresses of nodes.
 *
 * Within the extension a node is a number, an int64.  In a graph of one node
 * table with an integer key, as kg.create_graph makes them, the number is the
 * key.  In any other graph a dictionary numbers the nodes from 1 on, in the
 * order in which readers meet them.  graph->keys is this dictionary; without
 * one it is NULL.  The dictionary belongs to the KgGraph and lives as long as
 * the call, so everything that a call opens with one KgGraph agrees on the
 * numbers.
 *
 * For users, a node of a graph with a dictionary is a text, its address: the
 * text of its key if there is one node table, "label:key" if there are several.
 */
#ifndef KG_GRAPH_KEYS_H
#define KG_GRAPH_KEYS_H

#include "postgres.h"

#include "graph/catalog/dictionary.h"
#include "graph/catalog/graph.h"

/*
 * The address of a node as a text datum, for functions that return nodes; null
 * if the node's number is its key.
 */
extern Datum kg_node_key(const KgGraph *graph, int64 node, bool *isnull);

/*
 * The same, but the datum may belong to the dictionary and live as long as
 * it.
 */
extern Datum kg_node_key_shared(const KgGraph *graph, int64 node, bool *isnull);

/*
 * The same as a palloc'd string, for messages; the number if that is the key.
 */
extern char *kg_node_name(const KgGraph *graph, int64 node);

/*
 * The value of integer columns that return a node: its key.  Null in a graph
 * with a dictionary, whose numbers users would take for keys.
 */
static inline Datum
kg_node_integer(const KgGraph *graph, int64 node, bool *isnull)
{
	*isnull = graph->keys != NULL;
	return Int64GetDatum(node);
}

/*
 * The number of the node with this address, for functions that are given nodes.
 * The node need not exist: kg_adjacency_existing tells.
 *
 * Errors: no node of the graph can have this address.
 */
extern int64 kg_node_lookup(const KgGraph *graph, const char *address);

#endif							/* KG_GRAPH_KEYS_H */
