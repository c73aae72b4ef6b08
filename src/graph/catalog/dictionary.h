/*
 * dictionary.h
 *	  The dictionary of a graph: numbers of nodes for their keys (keys.h).
 */
#ifndef KG_GRAPH_DICTIONARY_H
#define KG_GRAPH_DICTIONARY_H

#include "postgres.h"
#include "utils/array.h"

#include "graph/catalog/graph.h"

/* Makes the dictionary; node_tables are resolved. */
extern struct KgKeys *kg_keys_create(const KgGraph *graph);

/* It may grow as large as maintenance_work_mem instead of work_mem. */
extern void kg_keys_for_maintenance(const KgGraph *graph);

/* The number of the node with this key, of KgKeyKind, in this node table. */
extern int64 kg_keys_intern(const KgGraph *graph, int table, Datum key);

/* The same, but 0 if the dictionary does not have it. */
extern int64 kg_keys_find(const KgGraph *graph, int table, Datum key);

/*
 * The numbers of n keys that are no integers: interned if "add", else 0 of those
 * that the dictionary does not have.  What of it is needed is brought into the
 * cache for all of them at once.
 */
#define KG_KEYS_AHEAD 32
extern void kg_keys_numbers(const KgGraph *graph, int table, const char *const *keys, int n,
							bool add, int64 *nodes);

/*
 * The node with this value of a column, whose type below domains is "type", as
 * its key; with or without a dictionary.
 */
extern int64 kg_keys_node(const KgGraph *graph, int table, Datum value, Oid type);

/* The node table of a node; 0 without a dictionary. */
extern int	kg_keys_table(const KgGraph *graph, int64 node);

/*
 * The key of a node, as kg_key_type has it; with or without a dictionary.  It
 * belongs to the dictionary.
 */
extern Datum kg_keys_datum(const KgGraph *graph, int64 node);

/*
 * Those of the nodes that are of the table, as an array of their keys for a
 * query; without a dictionary, all of them.
 */
extern ArrayType *kg_keys_array(const KgGraph *graph, int table,
								const int64 *nodes, Size n);

/* The types of a key and of an array of keys, and the former's name in SQL. */
extern Oid	kg_key_type(KgKeyKind kind);
extern Oid	kg_key_array_type(KgKeyKind kind);
extern const char *kg_key_type_name(KgKeyKind kind);

#endif							/* KG_GRAPH_DICTIONARY_H */
