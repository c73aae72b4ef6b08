/*
 * rows.c
 *	  Planner support: the number of rows of algorithms with one for each
 *	  entity.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"

#include "algo/projection/source.h"
#include "graph/catalog/catalog.h"

PG_FUNCTION_INFO_V1(kg_entity_rows);

/*
 * entity_rows(internal) returns internal: the support function.  The last
 * arguments of the algorithms are the name of the graph, and known_at.
 */
Datum
kg_entity_rows(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	KgGraph    *graph;
	List	   *args;
	Node	   *name;

	if (!IsA(request, SupportRequestRows) || !is_funcclause(request->node))
		PG_RETURN_POINTER(NULL);
	args = castNode(FuncExpr, request->node)->args;
	name = list_nth(args, list_length(args) - 2);
	if (!IsA(name, Const) || ((Const *) name)->constisnull)
		PG_RETURN_POINTER(NULL);
	graph = kg_graph_find(TextDatumGetCString(((Const *) name)->constvalue));
	if (graph == NULL)
		PG_RETURN_POINTER(NULL);
	request->rows = kg_source_count_nodes(graph);
	PG_RETURN_POINTER(request->rows < 0 ? NULL : request);
}
