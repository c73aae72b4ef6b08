/*
 * keys.c
 *	  Nodes inside and outside: numbers, keys and addresses.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "graph/keys.h"

Datum
kg_node_key(const KgGraph *graph, int64 node, bool *isnull)
{
	*isnull = true;
	return (Datum) 0;
}

char *
kg_node_name(const KgGraph *graph, int64 node)
{
	return psprintf(INT64_FORMAT, node);
}

int64
kg_node_lookup(const KgGraph *graph, const char *address)
{
	return DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(address)));
}
