/*
 * dictionary.h
 *	  The dictionary of a graph, which numbers nodes by their keys (keys.h).
 */
#ifndef KG_GRAPH_DICTIONARY_H
#define KG_GRAPH_DICTIONARY_H

#include "postgres.h"
#include "utils/array.h"

#include "graph/catalog/graph.h"

/* Makes the dictionary of a graph whose node tables are resolved. */
extern struct KgKeys *kg_keys_create(const KgGraph *graph);

/* Makes maintenance_work_mem the dictionary's limit, instead of work_mem. */
extern void kg_keys_for_maintenance(const KgGraph *graph);

/*
 * The number of the node with this key, of kg_key_type, in this node table; a
 * new number for a new key.
 */
extern int64 kg_keys_intern(const KgGraph *graph, int table, Datum key);

/* The same, but 0 if the dictionary does not have it. */
extern int64 kg_keys_find(const KgGraph *graph, int table, Datum key);

/*
 * The numbers of at most KG_KEYS_AHEAD keys that are uuids or texts.  A key
 * that the dictionary does not have gets a new number if "add", else 0.  The
 * parts of the dictionary that are needed are brought into the cache for all
 * keys at once.
 */
#define KG_KEYS_AHEAD 32
extern void kg_keys_numbers(const KgGraph *graph, int table, const char *const *keys, int n,
							bool add, int64 *nodes);

/*
 * The number of the node whose key is this value of a column with the base type
 * "type"; with or without a dictionary.
 */
extern int64 kg_keys_node(const KgGraph *graph, int table, Datum value, Oid type);

/* The node table of a node; 0 without a dictionary. */
extern int	kg_keys_table(const KgGraph *graph, int64 node);

/*
 * The key of a node, of kg_key_type; with or without a dictionary.  The datum
 * belongs to the dictionary.
 */
extern Datum kg_keys_datum(const KgGraph *graph, int64 node);

/*
 * The keys of those nodes that belong to the table, as an array for a query;
 * without a dictionary, of all nodes.
 */
extern ArrayType *kg_keys_array(const KgGraph *graph, int table,
								const int64 *nodes, Size n);

/*
 * The types of a key and of an array of keys; the name of the key's type in
 * SQL.
 */
extern Oid	kg_key_type(KgKeyKind kind);
extern Oid	kg_key_array_type(KgKeyKind kind);
extern const char *kg_key_type_name(KgKeyKind kind);

#endif							/* KG_GRAPH_DICTIONARY_H */
