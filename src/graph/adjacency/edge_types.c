/*
 * edge_types.c
 *	  Names of edge types in registered graphs, and their numbers.
 */
#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/builtins.h"

#include "graph/adjacency/edge_types.h"

int32
kg_edge_type_intern(const KgGraph *graph, const char *name)
{
	ListCell   *lc;
	MemoryContext old;

	foreach(lc, graph->types->names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return foreach_current_index(lc);
	}
	old = MemoryContextSwitchTo(graph->types->context);
	graph->types->names = lappend(graph->types->names, pstrdup(name));
	MemoryContextSwitchTo(old);
	return list_length(graph->types->names) - 1;
}

Datum
kg_edge_type_name(const KgGraph *graph, const KgEdge *edge, bool *isnull)
{
	*isnull = !graph->registered || edge->type_is_null;
	if (*isnull)
		return (Datum) 0;
	return CStringGetTextDatum(list_nth(graph->types->names, edge->type));
}
