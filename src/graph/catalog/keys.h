/*
 * keys.h
 *	  Nodes inside and outside: numbers, keys and addresses.
 *
 * Inside, a node is an int64.  In graphs of one node table with an integer
 * key, those of kg.create_graph among them, that is the key.  In others a
 * dictionary that lives as long as the call numbers the nodes as readers meet
 * them, from 1; graph->keys is that dictionary and not NULL.  It belongs to the
 * KgGraph, so all that a call opens with the same KgGraph agrees on numbers.
 *
 * Outside, such a node is a text, its address: the key's text if there is one
 * node table, "label:key" if there are several.
 */
#ifndef KG_GRAPH_KEYS_H
#define KG_GRAPH_KEYS_H

#include "postgres.h"

#include "graph/catalog/dictionary.h"
#include "graph/catalog/graph.h"

/*
 * For functions that return nodes: the address of a node as a text datum, or
 * null if its number is its key.
 */
extern Datum kg_node_key(const KgGraph *graph, int64 node, bool *isnull);

/* The same, but it may be the dictionary's own, and lives no longer than that. */
extern Datum kg_node_key_shared(const KgGraph *graph, int64 node, bool *isnull);

/* The same for messages: palloc'd, the number if that is the key. */
extern char *kg_node_name(const KgGraph *graph, int64 node);

/*
 * What the columns of integers show of a node: its key, or, as its number would
 * look like one, null if it has none there.
 */
static inline Datum
kg_node_integer(const KgGraph *graph, int64 node, bool *isnull)
{
	*isnull = graph->keys != NULL;
	return Int64GetDatum(node);
}

/*
 * For functions that are given nodes: the number of the node of this address.
 * Whether it exists is another question (kg_adjacency_existing).
 *
 * Errors: not the address of any node.
 */
extern int64 kg_node_lookup(const KgGraph *graph, const char *address);

#endif							/* KG_GRAPH_KEYS_H */
