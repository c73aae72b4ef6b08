/*
 * edge_types.h
 *	  Names of edge types in registered graphs, and their numbers.
 */
#ifndef KG_GRAPH_EDGE_TYPES_H
#define KG_GRAPH_EDGE_TYPES_H

#include "postgres.h"

#include "graph/adjacency/edge.h"
#include "graph/catalog/graph.h"

/*
 * The name of an edge's type in a registered graph, as a text datum.  Null if
 * it has none, and in graphs of kg.create_graph, where the type is an id in
 * relation_type.
 */
extern Datum kg_edge_type_name(const KgGraph *graph, const KgEdge *edge, bool *isnull);

/* The number of a type name in KgEdge; a new name gets a new number. */
extern int32 kg_edge_type_intern(const KgGraph *graph, const char *name);

#endif							/* KG_GRAPH_EDGE_TYPES_H */
